"""WordPress' REST lists of posts and categories, with its parameters, totals and refusals."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.newsroom.answer import Answer, Ask, to_json
from tests.newsroom.article_pages import body_html, description_of
from tests.newsroom.filling import TAG_NAMES
from tests.newsroom.lists import Lists
from tests.newsroom.model import ZONE, Article, Newsroom
from tests.newsroom.sections import BY_SLUG
from tests.newsroom.text import escape, slugify, title_html

_ORDERS = ("date", "modified", "id", "slug", "title", "relevance", "author", "include")


class _RefusedError(ValueError):
    """A parameter that WordPress answers with 400 rest_invalid_param."""


def refusal(code: str, message: str, status: int) -> Answer:
    return to_json({"code": code, "message": message, "data": {"status": status}}, status)


def route(newsroom: Newsroom, ask: Ask, lists: Lists, path: str) -> Answer:
    """The answer to a path below the API's root, such as "/wp/v2/posts"."""
    if newsroom.options.rest == "401":
        return refusal("rest_not_logged_in", "Vous n’êtes pas connecté.", 401)
    if newsroom.options.rest == "404":
        return refusal("rest_no_route", "Aucune route ne correspond.", 404)
    parts = path.strip("/").split("/")
    try:
        if path.strip("/") == "":
            return to_json(
                {
                    "name": newsroom.title,
                    "url": newsroom.base,
                    "timezone_string": "Europe/Paris",
                    "namespaces": ["wp/v2"],
                }
            )
        if parts == ["wp", "v2", "posts"]:
            return _posts(newsroom, ask, lists)
        if parts[:3] == ["wp", "v2", "posts"] and len(parts) == 4:
            found = [one for one in lists.articles if str(one.id) == parts[3] and one.state == "live"]
            if not found:
                return refusal("rest_post_invalid_id", "Identifiant de publication non valide.", 404)
            return to_json(_post(newsroom, found[0], ask))
        if parts == ["wp", "v2", "categories"]:
            return _categories(newsroom, lists)
        if parts == ["wp", "v2", "users"]:
            return refusal(
                "rest_user_cannot_view", "Désolé, vous n’avez pas l’autorisation de lister les comptes.", 401
            )
    except _RefusedError as error:
        return refusal("rest_invalid_param", f"Paramètre(s) non valide(s) : {error}", 400)
    return refusal("rest_no_route", "Aucune route ne correspond.", 404)


def _whole(ask: Ask, name: str, default: int, least: int, most: int) -> int:
    raw = ask.query.get(name)
    if raw is None:
        return default
    if not raw.isdigit() or not least <= int(raw) <= most:
        raise _RefusedError(name)
    return int(raw)


def _bound(ask: Ask, name: str) -> datetime | None:
    """A date without zone is site time; one with a zone is converted."""
    raw = ask.query.get(name)
    if raw is None:
        return None
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError as error:
        raise _RefusedError(name) from error
    return moment.replace(tzinfo=ZONE) if moment.tzinfo is None else moment


def _posts(newsroom: Newsroom, ask: Ask, lists: Lists) -> Answer:
    per_page = _whole(ask, "per_page", 10, 1, 100)
    page = _whole(ask, "page", 1, 1, 10**9)
    offset = _whole(ask, "offset", (page - 1) * per_page, 0, 10**9)
    posts = _ordered(ask, _chosen(ask, lists))
    pages = -(-len(posts) // per_page)
    if page > max(pages, 1) and "offset" not in ask.query:
        return refusal(
            "rest_post_invalid_page_number", "Le numéro de page demandé est plus grand que le nombre de pages.", 400
        )
    found = [_post(newsroom, one, ask) for one in posts[offset : offset + per_page]]
    return to_json(found, headers={"X-WP-Total": str(len(posts)), "X-WP-TotalPages": str(pages)})


def _chosen(ask: Ask, lists: Lists) -> list[Article]:
    posts = [one for one in lists.articles if one.state == "live"]
    after, before = _bound(ask, "after"), _bound(ask, "before")
    modified_after, modified_before = _bound(ask, "modified_after"), _bound(ask, "modified_before")
    include = {raw for raw in ask.query.get("include", "").split(",") if raw}
    slugs = {raw for raw in ask.query.get("slug", "").split(",") if raw}
    categories = {raw for raw in ask.query.get("categories", "").split(",") if raw}
    return [
        one
        for one in posts
        if (after is None or one.published > after)
        and (before is None or one.published < before)
        and (modified_after is None or one.modified > modified_after)
        and (modified_before is None or one.modified < modified_before)
        and (not include or str(one.id) in include)
        and (not slugs or one.slug in slugs)
        and (not categories or categories & {str(BY_SLUG[slug].id) for slug in one.sections})
    ]


def _ordered(ask: Ask, posts: list[Article]) -> list[Article]:
    orderby, order = ask.query.get("orderby", "date"), ask.query.get("order", "desc")
    if orderby not in _ORDERS:
        raise _RefusedError("orderby")
    if order not in ("asc", "desc"):
        raise _RefusedError("order")
    keys = {
        "modified": lambda one: (one.modified, one.id),
        "id": lambda one: one.id,
        "slug": lambda one: one.slug,
        "title": lambda one: one.title,
    }
    return sorted(posts, key=keys.get(orderby, lambda one: (one.published, one.id)), reverse=order == "desc")


def _post(newsroom: Newsroom, article: Article, ask: Ask) -> dict[str, Any]:
    """One post with the fields asked for by `_fields`, all of them when it is not given."""
    protected = article.kind == "protected"
    title = title_html(article.title).replace("’", "&#8217;").replace("…", "&#8230;")
    makers: dict[str, Callable[[], Any]] = {  # made only when asked for: a body costs a millisecond
        "id": lambda: article.id,
        "date": lambda: _site(article.published),
        "date_gmt": lambda: _gmt(article.published),
        "guid": lambda: {"rendered": f"{newsroom.base}/?p={article.id}"},
        "modified": lambda: _site(article.modified),
        "modified_gmt": lambda: _gmt(article.modified),
        "slug": lambda: article.slug,
        "status": lambda: "publish",
        "type": lambda: "post",
        "link": lambda: newsroom.url(article),
        "title": lambda: {"rendered": title},
        "content": lambda: {"rendered": "" if protected else body_html(newsroom, article), "protected": protected},
        "excerpt": lambda: {
            "rendered": f"<p>{escape(description_of(article))} [&hellip;]</p>",
            "protected": protected,
        },
        "author": lambda: 1,
        "featured_media": lambda: article.id + 1,
        "comment_status": lambda: "open",
        "sticky": lambda: article.sticky,
        "format": lambda: "standard",
        "categories": lambda: [BY_SLUG[one].id for one in article.sections],
        "tags": lambda: [100 + TAG_NAMES.index(one) for one in article.tags if one in TAG_NAMES],
    }
    wanted = {one.strip().split(".")[0] for one in ask.query.get("_fields", "").split(",") if one.strip()}
    return {name: make() for name, make in makers.items() if not wanted or name in wanted}


def _categories(newsroom: Newsroom, lists: Lists) -> Answer:
    found = [
        {
            "id": one.id,
            "count": len(lists.by_section[one.slug]),
            "link": f"{newsroom.base}/category/{one.slug}/",
            "name": escape(one.name),
            "slug": slugify(one.name),
            "taxonomy": "category",
            "parent": 0,
        }
        for one in BY_SLUG.values()
    ]
    return to_json(found, headers={"X-WP-Total": str(len(found)), "X-WP-TotalPages": "1"})


def _site(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%Y-%m-%dT%H:%M:%S}"


def _gmt(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
