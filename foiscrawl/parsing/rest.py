"""The WordPress REST list of posts: the request for one page of it, and its answer to link hints."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from foiscrawl.items import LinkHint, ListingItem, UrlKind
from foiscrawl.parsing import NotASource
from foiscrawl.parsing.hints import Collector, plain
from foiscrawl.site import Site

PER_PAGE = 100  # the most that WordPress gives; 101 is an error
_FIELDS = "id,link,title,status,date_gmt,modified_gmt"  # no bodies: hints only
_PAST_THE_END = "rest_post_invalid_page_number"


def rest_query(base: str, mode: Literal["update", "backfill"], since: datetime | None, page: int) -> str:
    """The address of one page of the list.

    mode    "update": last modified first, so the walk can stop early; "backfill": by id, so that articles which are
            published meanwhile come at the end and shift nothing
    since   aware; only what was modified after it, bounds excluded (the caller takes off an overlap). None: all
    """
    query = {"per_page": str(PER_PAGE), "page": str(page), "_fields": _FIELDS}
    query |= {"orderby": "id", "order": "asc"} if mode == "backfill" else {"orderby": "modified", "order": "desc"}
    if since is not None:
        query["modified_after"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # without Z it is site time
    return _with_query(base, query)


def parse_rest(
    body: bytes, headers: Mapping[str, str], url: str, number: int, *, site: Site, now: datetime
) -> ListingItem:
    """The hints of page `number`. Empty past the end; raises NotASource for an answer that is no list of posts."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotASource("not_json") from error
    if isinstance(answer, dict) and answer.get("code") == _PAST_THE_END:
        return ListingItem()
    if not isinstance(answer, list):
        code = answer.get("code") if isinstance(answer, dict) else None
        raise NotASource(code if isinstance(code, str) else "not_a_list")
    collector = Collector(site, now)
    for rank, post in enumerate(answer, start=1):
        _collect(post, rank, collector)
    known = {name.lower(): value for name, value in headers.items()}
    pages = _count(known.get("x-wp-totalpages"))
    # A cache may strip the headers; then a full page may have a successor, and an error 400 ends the walk.
    more = number < pages if pages is not None else 'rel="next"' in known.get("link", "") or len(answer) >= PER_PAGE
    following = None
    if more and answer:
        address = _with_query(url, {"page": str(number + 1)})
        following = LinkHint(url=address, kind=UrlKind.REST, found_in="rest", page=number + 1)
    windowed = "modified_after" in dict(parse_qsl(urlsplit(url).query))  # then the total is that of the window
    return collector.item(next_page=following, total=None if windowed else _count(known.get("x-wp-total")))


def _collect(post: Any, rank: int, collector: Collector) -> None:
    if not isinstance(post, dict) or not isinstance(post.get("link"), str):
        collector.skipped["entry_without_link"] += 1
        return
    if post.get("status", "publish") != "publish":
        collector.skipped["not_published"] += 1
        return
    title, number = post.get("title"), post.get("id")
    title = title.get("rendered") if isinstance(title, dict) else title
    collector.add(
        LinkHint(
            url=post["link"],
            kind=UrlKind.ARTICLE,
            found_in="rest",
            title=plain(title) if isinstance(title, str) else None,
            published=collector.instant(_text(post, "date_gmt"), utc=True),
            modified=collector.instant(_text(post, "modified_gmt"), utc=True),
            source_id=str(number) if type(number) is int and number > 0 else None,
            rank=rank,
        )
    )


def _text(post: Mapping[str, Any], name: str) -> str | None:
    value = post.get(name)
    return value if isinstance(value, str) else None


def _count(raw: str | None) -> int | None:
    return int(raw) if raw and raw.isascii() and raw.isdigit() and len(raw) < 19 else None


def _with_query(url: str, values: Mapping[str, str]) -> str:
    """The address with these query parameters set; the others, `rest_route` for one, stay."""
    parts = urlsplit(url)
    kept = {name: value for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in values}
    return parts._replace(query=urlencode({**kept, **values}, safe="/,:"), fragment="").geturl()
