"""Our pages: front page, search, list of articles, article, section fronts, removed articles, runs, questions."""

from datetime import UTC, datetime
from typing import Any

from datasette import Response
from datasette.utils.asgi import NotFound
from sqlalchemy import Connection

from foiscrawl.browse import searching
from foiscrawl.browse.reading import Shelf
from foiscrawl.browse.showing import link
from foiscrawl.cookbook import questions
from foiscrawl.errors import UsageError
from foiscrawl.storage import history
from foiscrawl.storage.browsing import dossier, fronts, overview, shelves
from foiscrawl.storage.browsing.shelves import Wanted
from foiscrawl.storage.models import ARTICLE_STATES
from foiscrawl.storage.models.changes import REMOVAL_STATES

RECENT = 12  # articles on the front page
REMOVED = 50  # disappearances on a page
_LONGEST = 300  # letters of a value in an address


async def front(datasette: Any, request: Any) -> Response:
    shelf: Shelf = datasette.foiscrawl
    told = {
        "page": "front",
        "note": shelf.note,
        "seen": await shelf.figures(),
        "recent": await shelf.ask(shelves.entries, Wanted(), 1, RECENT),
        "runs": await shelf.last_runs(),
        "sections": await shelf.facet("section", Wanted()),
        "questions": questions(),
    }
    return await _page(datasette, request, "front.html", told)


async def articles(datasette: Any, request: Any) -> Response:
    shelf: Shelf = datasette.foiscrawl
    month = _given(request, "month")
    wanted = Wanted(_given(request, "section"), _given(request, "author"), month and shelves.check_month(month))
    leaf = _number(request, shelves.DEEPEST)
    total, facets = await shelf.counts(wanted)
    told = {
        "page": "articles",
        "wanted": wanted,
        "entries": await shelf.ask(shelves.entries, wanted, leaf),
        "total": total,
        "facets": facets,
        "leaf": leaf,
        "per_page": shelves.PAGE,
        "deepest": shelves.DEEPEST,
    }
    return await _page(datasette, request, "articles.html", told)


async def search(datasette: Any, request: Any) -> Response:
    shelf: Shelf = datasette.foiscrawl
    names = ("q", "section", "author", "state", "since", "until", "history")
    asked = searching.Asked(*(_given(request, one) for one in names))
    if asked.is_address:
        return Response.redirect(link("/go", address=asked.words))
    leaf, result, error = _number(request, searching.DEEPEST), None, None
    try:
        result = await shelf.ask(searching.answer, asked, leaf)
    except UsageError as wrong:
        error = str(wrong)
    told = {
        "page": "search",
        "asked": asked,
        "result": result,
        "error": error,
        "sections": (await shelf.facet("section", Wanted())).counts or [],
        "states": ARTICLE_STATES,
        "leaf": leaf,
        "per_page": searching.SIZE,
        "deepest": searching.DEEPEST,
        "counted": searching.COUNTED,
    }
    return await _page(datasette, request, "search.html", told, status=400 if error else 200)


async def article(datasette: Any, request: Any) -> Response:
    shelf: Shelf = datasette.foiscrawl
    asked = request.url_vars["id"]
    told = await shelf.ask(_article, int(asked)) if len(asked) < 19 else None
    if told is None:
        raise NotFound(f"The archive has no article {asked}.")
    return await _page(datasette, request, "article.html", {"page": "articles", **told})


def _article(conn: Connection, asked: int) -> dict[str, Any] | None:
    found = history.find(conn, str(asked))
    if found is None:
        return None
    return {"history": history.history(conn, found), "dossier": dossier.dossier(conn, found), "most": dossier.MOST}


async def go(datasette: Any, request: Any) -> Response:
    """To the article at an address, as `foiscrawl history` finds it."""
    address = _given(request, "address")
    if address is None:
        raise UsageError("Give an address of an article, or its number in this archive.")
    found, near = await datasette.foiscrawl.ask(_find, address)
    if found is None:
        raise NotFound(f"The archive knows no article {address}." + (f" Did you mean {near} ?" if near else ""))
    return Response.redirect(f"/article/{found}")


def _find(conn: Connection, address: str) -> tuple[int | None, str | None]:
    try:
        found = history.find(conn, address)
        return found, history.nearest(conn, address) if found is None else None
    except ValueError:  # no address at all
        return None, None


async def section_fronts(datasette: Any, request: Any) -> Response:
    shelf: Shelf = datasette.foiscrawl
    places = await shelf.ask(fronts.all_places)
    chosen = _place(places, _given(request, "place"))
    at = _given(request, "at")
    moment = _moment(at) if at else datetime.now(UTC)
    told = {
        "page": "fronts",
        "places": places,
        "place": chosen,
        "at": at,
        "front": await shelf.ask(fronts.front, chosen, moment) if chosen else None,
        "leaders": await shelf.ask(fronts.leaders, chosen) if chosen else [],
    }
    return await _page(datasette, request, "fronts.html", told)


def _place(places: list[fronts.Place], asked: str | None) -> fronts.Place | None:
    """The one asked for, else the front page of the first site; None: the archive has seen no list."""
    if asked is None:
        return next((one for one in places if one.kind == "front"), places[0] if places else None)
    found = next((one for one in places if str(one.id) == asked), None)
    if found is None:
        raise NotFound(f"The archive has no list {asked}.")
    return found


async def removed(datasette: Any, request: Any) -> Response:
    shelf: Shelf = datasette.foiscrawl
    state = _given(request, "state")
    if state is not None and state not in REMOVAL_STATES:
        raise UsageError(f"{state} is no state; it is one of {', '.join(REMOVAL_STATES)}")
    leaf = _number(request, 10_000)
    rows = await shelf.ask(overview.disappearances, state, leaf, REMOVED + 1)
    told = {
        "page": "removed",
        "state": state,
        "counts": await shelf.ask(overview.disappearance_counts),
        "rows": rows[:REMOVED],
        "leaf": leaf,
        "more": len(rows) > REMOVED,
    }
    return await _page(datasette, request, "removed.html", told)


async def runs(datasette: Any, request: Any) -> Response:
    told = {"page": "runs", "runs": await datasette.foiscrawl.ask(overview.newest_runs), "most": overview.RUNS}
    return await _page(datasette, request, "runs.html", told)


async def cookbook(datasette: Any, request: Any) -> Response:
    return await _page(datasette, request, "questions.html", {"page": "questions", "questions": questions()})


async def _page(datasette: Any, request: Any, template: str, told: dict[str, Any], status: int = 200) -> Response:
    return Response.html(await datasette.render_template(template, told, request=request), status=status)


def _given(request: Any, name: str) -> str | None:
    value = (request.args.get(name) or "").strip()
    if len(value) > _LONGEST:
        raise UsageError(f"{name} is longer than {_LONGEST} letters")
    return value or None


def _number(request: Any, most: int) -> int:
    asked = _given(request, "page") or "1"
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 6 and 1 <= int(asked) <= most):
        raise UsageError(f"page {asked} cannot be shown; it is a number from 1 to {most}")
    return int(asked)


def _moment(asked: str) -> datetime:
    """As a browser's field for date and time gives it, in UTC."""
    try:
        found = datetime.fromisoformat(asked)
    except ValueError:
        raise UsageError(f"{asked} is no moment; it looks like 2026-11-20T17:00") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


ROUTES: list[tuple[str, Any]] = [
    (r"^/$", front),
    (r"^/search$", search),
    (r"^/articles$", articles),
    (r"^/article/(?P<id>[0-9]{1,19})$", article),
    (r"^/go$", go),
    (r"^/fronts$", section_fronts),
    (r"^/removed$", removed),
    (r"^/runs$", runs),
    (r"^/questions$", cookbook),
]
