"""What a site asks of crawlers (robots.txt, tdmrep.json), as last read: the copy that serves when it cannot be read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from foiscrawl.storage.models import policies
from foiscrawl.text import clean_text


@dataclass(frozen=True, slots=True)
class Policy:
    fetched_at: datetime
    status: int | None
    body: str


def kept(conn: Connection, site_id: int, kind: str) -> Policy | None:
    """The stored copy of this kind ("robots", "tdmrep"), or None."""
    row = conn.execute(
        select(policies.c.fetched_at, policies.c.status, policies.c.body).where(
            policies.c.site_id == site_id, policies.c.kind == kind
        )
    ).one_or_none()
    return None if row is None else Policy(row.fetched_at, row.status, row.body or "")


def keep(conn: Connection, site_id: int, kind: str, url: str, status: int, body: str, now: datetime) -> None:
    """Replace the stored copy."""
    conn.execute(delete(policies).where(policies.c.site_id == site_id, policies.c.kind == kind))
    conn.execute(
        insert(policies).values(
            site_id=site_id, kind=kind, url=url, fetched_at=now, status=status, body=clean_text(body)
        )
    )
