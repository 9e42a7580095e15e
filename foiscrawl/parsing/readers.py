"""One reader per origin of the site file: "css:…", "jsonld:…", "meta:…", "class:…", "link:…" and "generic"."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import TypeVar

from selectolax.lexbor import LexborNode

from foiscrawl.parsing.document import Document, node_text
from foiscrawl.parsing.generic import Generic, read_generic
from foiscrawl.parsing.structured import Thing, article_things, strings
from foiscrawl.urls import post_id

Value = TypeVar("Value")

_POST_ID = re.compile(r"(?:^|\s)post(?:id)?-(\d{1,19})(?=\s|$)")
_MATCHES_MAX = 20  # of one selector; what a field needs stands among the first


class Readers:
    """The origins of one page. Nothing is read before it is asked for."""

    def __init__(self, page: Document) -> None:
        self.page = page
        self.generic_flag: str | None = None

    def first(self, origins: Iterable[str], accept: Callable[[str], Value | None]) -> tuple[Value, str] | None:
        """The first string that `accept` makes a value of, and the origin that gave it."""
        for origin in origins:
            for raw in self.strings(origin):
                value = accept(raw)
                if value is not None:
                    return value, origin
        return None

    def strings(self, origin: str) -> Iterator[str]:
        """What an origin says, in page order."""
        kind, _, name = origin.partition(":")
        if kind == "css":
            return self._css(name)
        if kind == "jsonld":
            return strings(self.things, name, self.page)
        if kind == "meta":
            return iter(self.page.meta.get(name, ()))
        if kind == "link":
            return iter(self.page.links.get(name, ()))
        if kind == "class":
            return iter(self._class(name))
        return iter(())  # the generic extractor is asked for bodies only

    def siblings(self, origin: str) -> Iterator[str]:
        """Texts of a css origin's first match and of those beside it: further matches belong to cards."""
        nodes = self.nodes(origin)
        parent = nodes[0].parent if nodes else None
        for node in nodes:
            if parent is not None and node.parent is not None and node.parent.mem_id == parent.mem_id:
                yield node_text(node)

    def nodes(self, origin: str) -> list[LexborNode]:
        """The elements that a css origin finds, [] for any other origin."""
        kind, _, name = origin.partition(":")
        return self.page.css(_split(name)[0])[:_MATCHES_MAX] if kind == "css" else []

    @cached_property
    def things(self) -> list[Thing]:
        """What the JSON-LD says of this article, best first."""
        canonical = [self.page.absolute(href) for href in self.page.links.get("canonical", ())]
        return article_things(self.page, (self.page.url, *canonical))

    @cached_property
    def body_classes(self) -> frozenset[str]:
        body = self.page.tree.body
        return frozenset((body.attributes.get("class") or "").split()) if body is not None else frozenset()

    @cached_property
    def post(self) -> str | None:
        """The post id that the body's class names."""
        return next((one[7:] for one in self.body_classes if one.startswith("postid-") and one[7:].isdecimal()), None)

    @cached_property
    def article_ids(self) -> list[str]:
        """The post ids of all <article id="post-N">: this one and, on some themes, the related ones."""
        ids = (node.id or "" for node in self.page.holders("article[id^='post-']")[:_MATCHES_MAX])
        return [one[5:] for one in ids if one[5:].isdecimal()]

    @cached_property
    def generic(self) -> Generic:
        found = read_generic(self.page)
        self.generic_flag = found.flag
        return found

    def _css(self, name: str) -> Iterator[str]:
        selector, attribute = _split(name)
        for node in self.page.css(selector)[:_MATCHES_MAX]:
            text = node.attributes.get(attribute) if attribute else node_text(node)
            if text:
                yield text

    def _class(self, name: str) -> list[str]:
        if name == "postid":
            return [self.post] if self.post else []
        if name == "article-id":
            return self._own_article_id()
        return [one.removeprefix(f"{name}-") for one in self._post_classes if one.startswith(f"{name}-")]

    def _own_article_id(self) -> list[str]:
        """The id of the article itself: the one that the body's class confirms, or the only one."""
        if self.post in self.article_ids:
            return [self.post] if self.post else []
        ids = list(dict.fromkeys(self.article_ids))
        return ids if len(ids) == 1 else []

    @cached_property
    def _post_classes(self) -> list[str]:
        """Classes that WordPress gave to the element of this post: its categories and tags among them."""
        post = next(iter(self._own_article_id()), None) or self.post
        if post is None:
            return []
        node = self.page.tree.css_first(f"#post-{post}, .post-{post}")
        return (node.attributes.get("class") or "").split() if node is not None else []


def is_own_post(node: LexborNode, post: str | None) -> bool:
    """Whether an element stands inside the element of the post with this id."""
    above: LexborNode | None = node
    while above is not None and post is not None:
        found = _POST_ID.search(f"{above.id or ''} {above.attributes.get('class') or ''}")
        if found:
            return found[1] == post
        above = above.parent
    return False


def shortlink_id(raw: str) -> str | None:
    """A post id as "123" or as the address ?p=123."""
    raw = raw.strip()
    return raw if raw.isdecimal() and len(raw) < 20 else post_id(raw)


@lru_cache(maxsize=1024)
def _split(name: str) -> tuple[str, str]:
    """Selector and attribute of a css origin, attribute "" for the element's text."""
    selector, mark, attribute = name.rpartition("@")
    return (selector, attribute) if mark and "]" not in attribute and " " not in attribute else (name, "")
