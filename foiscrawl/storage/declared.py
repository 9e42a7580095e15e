"""What the site's lists declare as a whole, and which of them could not be read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, case, func, or_, select

from foiscrawl.items import Outcome, UrlKind
from foiscrawl.parsing.rest import PER_PAGE
from foiscrawl.storage.models import fetches, urls

LISTS = (UrlKind.REST, UrlKind.SITEMAP, UrlKind.FEED, UrlKind.LISTING)


@dataclass(frozen=True, slots=True)
class Declared:
    """How many posts the REST list says there are, when it said so, and how many its pages listed."""

    total: int
    listed: int
    at: datetime

    @property
    def unlisted(self) -> int:
        return max(0, self.total - self.listed)


@dataclass(frozen=True, slots=True)
class UnreadList:
    """A list that could not be read, was not read whole, or has not been read yet.

    state   new, failed, cut (it ended too early) or outside (left aside: older than the horizon)
    """

    url_id: int
    kind: str
    url: str
    state: str
    reason: str | None
    last_tried_at: datetime | None
    due_at: datetime | None


_REST_PAGES = (
    select(urls.c.page, fetches.c.declared, fetches.c.listed, fetches.c.settled_at)
    .join(urls, urls.c.id == fetches.c.url_id)
    .where(
        urls.c.site_id == bindparam("site_id"),
        fetches.c.kind == UrlKind.REST.value,
        fetches.c.outcome == Outcome.READ.value,
        fetches.c.declared.is_not(None),
    )
    .order_by(fetches.c.id)
)


def declared(conn: Connection, number: int) -> Declared | None:
    """From the readings that asked for the whole list: those of a back-fill. Of each page the last one counts."""
    latest = {row.page: row for row in conn.execute(_REST_PAGES, {"site_id": number})}
    if not latest:
        return None
    last = max(latest.values(), key=lambda row: row.settled_at)
    pages = [row for page, row in latest.items() if (page - 1) * PER_PAGE < last.declared]
    return Declared(last.declared, sum(row.listed for row in pages), last.settled_at)


_UNREAD = (
    select(
        urls.c.id,
        urls.c.kind,
        urls.c.url,
        case((urls.c.reason == "incomplete", "cut"), else_=urls.c.state),
        urls.c.reason,
        urls.c.last_fetched_at,
        urls.c.next_fetch_at,
    )
    .where(
        urls.c.site_id == bindparam("site_id"),
        urls.c.kind.in_([kind.value for kind in LISTS]),
        or_(
            urls.c.state.in_(["new", "outside"]),
            # What answers with something else than a list is no list: as good as a door that is shut.
            and_(urls.c.state == "failed", func.coalesce(urls.c.reason, "").not_like("no_source:%")),
            and_(urls.c.state == "known", urls.c.reason == "incomplete"),
        ),
    )
    .order_by(urls.c.kind, urls.c.id)
)


def unread_lists(conn: Connection, number: int) -> list[UnreadList]:
    return [UnreadList(*row) for row in conn.execute(_UNREAD, {"site_id": number})]
