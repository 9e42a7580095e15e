"""How an archive's database is: one check, one function, one row of `foiscrawl doctor`."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import URL, Connection, func, select, text
from sqlalchemy.exc import DBAPIError

from foiscrawl.errors import AlreadyRunning
from foiscrawl.storage.asking.readers import READABLE
from foiscrawl.storage.engine import first_line, make_engine
from foiscrawl.storage.lock import refuse_while_running
from foiscrawl.storage.models import alarms, captures, runs, sites

SILENT = timedelta(minutes=10)  # a living run gives signs of life every few seconds
RARE = timedelta(days=2)  # a schedule that has not run for so long may be gone

_RIGHTS = text("""
SELECT rolsuper AS super,
    has_database_privilege(current_database(), 'CREATE') OR has_database_privilege(current_database(), 'TEMPORARY')
        OR has_schema_privilege('public', 'CREATE') AS makes,
    (SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
        AND (has_table_privilege(c.oid, 'INSERT') OR has_table_privilege(c.oid, 'UPDATE')
             OR has_table_privilege(c.oid, 'DELETE') OR has_table_privilege(c.oid, 'TRUNCATE'))) AS writes,
    (SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
        AND c.relname <> ALL(:readable) AND has_table_privilege(c.oid, 'SELECT')) AS reads
FROM pg_roles WHERE rolname = current_user
""")


@dataclass(frozen=True, slots=True)
class Check:
    """One row. told: what is so, and what to do where something is to be done."""

    name: str
    verdict: Literal["ok", "warn", "fail"]
    told: str


def check_database(conn: Connection, now: datetime, *, reader: bool) -> list[Check]:
    """All checks of a database with today's schema; those that a role of `grant-reader` may make, for a `reader`."""
    checks: tuple[Callable[[Connection, datetime], Check], ...] = (integrity, reader_role if reader else role)
    if not reader:
        checks += (sqlite_version, last_run, running, open_alarms, clock)
    found = []
    for one in checks:
        try:
            found.append(one(conn, now))
        except DBAPIError as error:  # such as a role that may not look; the transaction is over for PostgreSQL
            conn.rollback()
            found.append(Check(one.__name__.replace("_", " "), "fail", f"cannot be looked at: {first_line(error)}"))
    return found


def integrity(conn: Connection, _now: datetime) -> Check:
    if conn.dialect.name == "postgresql":
        version, encoding = conn.execute(text("SELECT current_setting('server_version'), getdatabaseencoding()")).one()
        return Check("database", "ok", f"PostgreSQL {version}, {encoding}")
    (told, *more) = conn.execute(text("PRAGMA quick_check(20)")).scalars().all()
    if told != "ok":
        many = f" and {len(more)} more" if more else ""
        return Check("database", "fail", f"damaged: {told}{many}; restore a backup, then run `foiscrawl verify`")
    return Check("database", "ok", f"SQLite {sqlite3.sqlite_version}, quick_check found nothing")


def role(conn: Connection, _now: datetime) -> Check:
    """The role of a crawl has to write; it need not be a superuser."""
    if conn.dialect.name == "sqlite":
        return Check("role", "ok", "whoever may write the file may write the archive; `foiscrawl query` only reads")
    rights = conn.execute(_RIGHTS, {"readable": list(READABLE)}).one()
    if rights.super:
        return Check("role", "warn", "a superuser: let crawls run as a plain owner of the database")
    return Check("role", "ok", "may write, as a crawl has to; for readers: `foiscrawl grant-reader ROLE`")


def reader_role(conn: Connection, _now: datetime) -> Check:
    """The role of people who ask has no other right."""
    if conn.dialect.name == "sqlite":
        return Check("reader's role", "ok", "a file has no roles; `foiscrawl query` only reads")
    rights = conn.execute(_RIGHTS, {"readable": list(READABLE)}).one()
    can = [
        *(["is a superuser"] if rights.super else []),
        *([f"could write {rights.writes} relations"] if rights.writes else []),
        *(["could make tables"] if rights.makes else []),
        *([f"could read {rights.reads} relations that are not for readers"] if rights.reads else []),
    ]
    if can:
        return Check(
            "reader's role", "fail", f"this role {', '.join(can)}; make one with `foiscrawl grant-reader ROLE`"
        )
    return Check("reader's role", "ok", "can read the views and nothing else")


def sqlite_version(conn: Connection, _now: datetime) -> Check:
    """Releases from 3.7.0 on could lose a commit when two connections wrote and one of them reset the log."""
    if conn.dialect.name == "postgresql":
        return Check("SQLite version", "ok", "not used")
    version = sqlite3.sqlite_version_info
    mended = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    if mended:
        return Check("SQLite version", "ok", f"{sqlite3.sqlite_version}, without the fault of older ones in their log")
    several = conn.execute(select(func.count()).select_from(sites)).scalar_one() > 1
    told = f"{sqlite3.sqlite_version} may lose a commit when two programs write at once (mended in 3.51.3)"
    if several:
        return Check("SQLite version", "warn", f"{told}, and this archive has several sites: crawl one after the other")
    return Check("SQLite version", "ok", f"{told}; one run at a time writes here: let no other program write")


def last_run(conn: Connection, now: datetime) -> Check:
    row = conn.execute(select(runs).where(runs.c.outcome != "running").order_by(runs.c.id.desc()).limit(1)).first()
    if row is None:
        return Check("last run", "warn", "none has ended yet; `foiscrawl crawl francaisfois` makes the first")
    ended = row.ended_at or row.heartbeat_at
    told = f"run {row.id} ended {row.outcome} on {ended:%Y-%m-%d %H:%M} UTC" + (f": {row.reason}" if row.reason else "")
    if row.outcome != "done":
        return Check("last run", "warn", told)
    if now - ended > RARE:
        return Check("last run", "warn", f"{told}, {(now - ended).days} days ago: is the schedule alive?")
    return Check("last run", "ok", told)


def running(conn: Connection, now: datetime) -> Check:
    """A run that is entered as running lives as long as it holds its lock and gives signs of life."""
    row = conn.execute(select(runs).where(runs.c.outcome == "running").order_by(runs.c.heartbeat_at).limit(1)).first()
    held = _held(conn)
    if row is None:
        return Check("running", "ok", "a run is just beginning" if held else "no run is at work")
    if not held:
        told = f"run {row.id} died on {row.heartbeat_at:%Y-%m-%d %H:%M} UTC; the next run puts its work in order"
        return Check("running", "warn", told)
    if now - row.heartbeat_at > SILENT:
        minutes = (now - row.heartbeat_at) // timedelta(minutes=1)
        told = f"run {row.id} holds its lock and has been silent for {minutes} minutes; end it (SIGTERM, then SIGKILL)"
        return Check("running", "fail", told)
    return Check("running", "ok", f"run {row.id} is at work")


def _held(conn: Connection) -> bool:
    """True when a run of any site holds its lock."""
    engine = conn.engine
    if conn.dialect.name == "sqlite":  # the connection's own URL is one of SQLite's, for reading only
        file = conn.execute(text("SELECT file FROM pragma_database_list WHERE name = 'main'")).scalar_one()
        engine = make_engine(URL.create("sqlite", database=file).render_as_string())
    try:
        refuse_while_running(engine)
    except AlreadyRunning:
        return True
    return False


def open_alarms(conn: Connection, _now: datetime) -> Check:
    found = conn.execute(select(alarms.c.message).where(alarms.c.decided_at.is_(None)).order_by(alarms.c.id)).all()
    if not found:
        return Check("alarms", "ok", "none is open")
    return Check("alarms", "warn", f"{len(found)} open, first: {found[0].message}; see `foiscrawl review`")


def clock(conn: Connection, now: datetime) -> Check:
    last = conn.execute(select(func.max(runs.c.heartbeat_at))).scalar()
    if last is not None and last - now > timedelta(seconds=2):  # stored to the second
        told = f"it is {now:%Y-%m-%d %H:%M} UTC here, but the archive has been written on {last:%Y-%m-%d %H:%M}"
        return Check("clock", "fail", f"{told}; set the clock before the next run")
    return Check("clock", "ok", "not behind the last stored time")


def has_captures(conn: Connection) -> bool:
    return conn.execute(select(captures.c.id).limit(1)).first() is not None
