"""Whether a run was well: what it did not see counts only where front page, sources and live articles answered.

A site that is down, parked or half broken answers 404 as calmly as one that has removed an article.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, select

from foiscrawl import removal
from foiscrawl.items import Outcome, UrlKind
from foiscrawl.storage.bulk import among, numbers, texts
from foiscrawl.storage.frontier import Taken, section_names, take_these
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.looks import ANSWERED
from foiscrawl.storage.models import articles, fetches, looks, urls

SOURCES = (UrlKind.FEED, UrlKind.SITEMAP, UrlKind.REST)
KNOWN_FOR = timedelta(days=30)  # a source that was last read before that is none of the site's any more
_READ = (Outcome.READ.value, Outcome.UNCHANGED.value)
_AS_KNOWN = (Outcome.UNCHANGED.value, Outcome.REVISED.value)

_ANSWERED = select(func.count(fetches.c.article_id.distinct())).where(
    fetches.c.run_id == bindparam("run_id"),
    fetches.c.kind == UrlKind.ARTICLE.value,
    fetches.c.outcome.in_(_AS_KNOWN),
)
_ANSWERED_OF = _ANSWERED.where(among(fetches.c.article_id, numbers("ids")))
_KNOWN_LIVE = (
    select(urls.c.id)
    .join(articles, articles.c.id == urls.c.article_id)
    .where(
        articles.c.site_id == bindparam("site_id"),
        urls.c.url_key == articles.c.url_key,
        urls.c.state == "known",  # it answered when it was last asked
        ~exists().where(fetches.c.run_id == bindparam("run_id"), fetches.c.url_id == urls.c.id),
    )
    .order_by(articles.c.id.desc())
    .limit(removal.CANARIES)
)


def call(conn: Connection, run: Run, now: datetime) -> list[Taken]:
    """Take up articles that are known to be live, when this run has failing looks and saw too few of them answer.

    They are to be asked before the run is judged.
    """
    if not has_failing_looks(conn, run) or _answered(conn, run) >= removal.CANARIES:
        return []
    values: dict[str, Any] = {"site_id": run.site_id, "run_id": run.id}
    statement = _KNOWN_LIVE
    if run.sections:  # the operator wants nothing asked beyond these
        names = section_names(conn, run)
        statement = statement.where(among(urls.c.section, texts("sections")))
        values["sections"] = names
    return take_these(conn, run, conn.execute(statement, values).scalars().all(), now)


def has_failing_looks(conn: Connection, run: Run) -> bool:
    return bool(conn.execute(select(exists().where(looks.c.run_id == run.id, looks.c.verdict != ANSWERED))).scalar())


def complaint(conn: Connection, run: Run, called: Sequence[int]) -> str | None:
    """What was not well in this run; None: it was well. called: articles that `call` took up."""
    if not _was_read(conn, run, (UrlKind.HOME,)):
        return "the front page could not be read"
    if not _was_read(conn, run, SOURCES):
        # Nothing is wrong with a site that has no such source, or with a run that was not to ask them.
        if _has_sources(conn, run) and _asked(conn, run):
            return "no feed, sitemap or REST list could be read"
        if not _was_read(conn, run, (UrlKind.LISTING,)):
            return "no list could be read"
    if not has_failing_looks(conn, run):
        return None
    answered = _answered(conn, run, called) if called else _answered(conn, run)
    if answered * 2 > len(called):
        return None
    if not called:
        return "no article that is known to be live answered"
    return f"of {len(called)} articles that are known to be live {answered} answered"


def _answered(conn: Connection, run: Run, ids: Collection[int] | None = None) -> int:
    """How many known articles answered in this run, or how many of these."""
    if ids is None:
        return conn.execute(_ANSWERED, {"run_id": run.id}).scalar_one()
    return conn.execute(_ANSWERED_OF, {"run_id": run.id, "ids": ids}).scalar_one()


def _was_read(conn: Connection, run: Run, kinds: Collection[UrlKind]) -> bool:
    mine = fetches.c.run_id == run.id, fetches.c.kind.in_(kinds), fetches.c.outcome.in_(_READ)
    return bool(conn.execute(select(exists().where(*mine))).scalar())


def _asked(conn: Connection, run: Run) -> bool:
    mine = fetches.c.run_id == run.id, fetches.c.kind.in_(SOURCES)
    return bool(conn.execute(select(exists().where(*mine))).scalar())


def _has_sources(conn: Connection, run: Run) -> bool:
    """Whether a feed, sitemap or REST list of the site has been read lately."""
    lately = fetches.c.settled_at >= run.started_at - KNOWN_FOR
    read = exists().where(fetches.c.url_id == urls.c.id, fetches.c.outcome.in_(_READ), lately)
    mine = urls.c.site_id == run.site_id, urls.c.kind.in_(SOURCES), read
    return bool(conn.execute(select(exists().where(*mine))).scalar())
