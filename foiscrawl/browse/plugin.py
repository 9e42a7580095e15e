"""The plugin that makes Datasette ours: pages, questions of the cookbook, its errors in our words."""

import sys
import traceback
from typing import Any

from datasette import Response, hookimpl
from datasette.utils.asgi import Base400, NotFound
from datasette.views.base import DatasetteError
from markupsafe import Markup

from foiscrawl.browse import pages
from foiscrawl.browse.showing import HELPERS, finished
from foiscrawl.cookbook import questions
from foiscrawl.errors import FoiscrawlError, UsageError
from foiscrawl.text import harmless

_GIVEN_UP = "The question was given up, it takes too long. Ask for less, or ask it with foiscrawl query."


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    return pages.ROUTES


@hookimpl
def prepare_jinja2_environment(env: Any) -> None:
    env.finalize = finished
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(HELPERS)


@hookimpl
def canned_queries() -> dict[str, Any]:
    return {
        one.name: {
            "sql": one.sql,
            "title": one.title,
            "description": one.about,
            "params": [given.name for given in one.parameters],
        }
        for one in questions()
    }


@hookimpl
def extra_template_vars(template: str) -> dict[str, Any]:
    """`cookbook`: the questions by name, for the page of one of them."""
    return {"cookbook": {one.name: one for one in questions()}} if template == "query.html" else {}


@hookimpl
def render_cell(value: Any, column: str, table: str | None) -> Markup | None:
    """Numbers of articles lead to the article."""
    if isinstance(value, int) and (column == "article_id" or (column == "id" and table == "articles_current")):
        return Markup('<a href="/article/{0}">{0}</a>').format(value)
    return None


@hookimpl
def forbidden(message: str) -> Response:
    return Response.text(message, status=403)


@hookimpl
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Any:
    async def told() -> Response:
        status, words = _words(exception)
        if request.path.endswith(".json"):
            return Response.json({"ok": False, "error": words, "status": status}, status=status)
        told = {"status": status, "error": words}
        return Response.html(await datasette.render_template("error.html", told, request=request), status=status)

    return told


def _words(exception: Exception) -> tuple[int, str]:
    if isinstance(exception, UsageError):
        return 400, str(exception)
    if isinstance(exception, NotFound):
        told = str(exception)
        return 404, told if told.startswith("The archive ") else "There is no such page."
    if isinstance(exception, Base400):
        return exception.status, str(exception)
    if isinstance(exception, DatasetteError):
        # Its one message in HTML is that a question was given up.
        words = _GIVEN_UP if exception.message_is_html else str(exception.message)
        return 400 if exception.status == 500 else exception.status, words  # all of them are the asker's
    if isinstance(exception, FoiscrawlError):
        return 500, str(exception)
    sys.stderr.write(harmless("".join(traceback.format_exception(exception))))
    return 500, f"{type(exception).__name__}: an error of this program; the terminal shows more."
