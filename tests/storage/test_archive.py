import asyncio
import logging
import re
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, func, select, text

from foiscrawl.errors import AlreadyRunning, DatabaseError, DiskFull, UsageError
from foiscrawl.items import Fetch, Outcome, OutcomeItem, UrlKind
from foiscrawl.storage import archive as archive_module
from foiscrawl.storage import engine as engine_module
from foiscrawl.storage.archive import Archive, ensure_free_space
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.lock import site_lock
from foiscrawl.storage.models import fetches, sites
from foiscrawl.storage.writer import Written
from tests.postgres import Postgres
from tests.storage.making import article
from tests.storage.rows import NOON, add_fetch, add_run, add_site, add_url


def take(engine: Engine, count: int) -> tuple[Run, list[Fetch]]:
    """A run that has taken up so many addresses."""
    taken = []
    with engine.begin() as connection:
        site_id = add_site(connection)
        run = Run(id=add_run(connection, site_id), site_id=site_id, mode="update", started_at=NOON)
        for number in range(count):
            url_id = add_url(connection, site_id, run.id, f"essai.test/{number}")
            add_fetch(connection, run.id, url_id)
            url = f"https://essai.test/{number}"
            taken.append(Fetch(url_id=url_id, url=url, kind=UrlKind.ARTICLE, final_url=url, fetched_at=NOON))
    return run, taken


def skipped(fetch: Fetch, reason: str = "page") -> OutcomeItem:
    return OutcomeItem(fetch=fetch, outcome=Outcome.SKIPPED, reason=reason)


def outcomes(engine: Engine) -> dict[tuple[str | None, str | None], int]:
    with engine.connect() as connection:
        rows = connection.execute(
            select(fetches.c.outcome, fetches.c.reason, func.count()).group_by(fetches.c.outcome, fetches.c.reason)
        )
        return {(outcome, reason): count for outcome, reason, count in rows}


@asynccontextmanager
async def opened(url: str, run: Run | None = None, *, wait: float = 30.0) -> AsyncIterator[Archive]:
    archive = Archive.open(url, "essai", wait=wait, clock=lambda: NOON)
    archive.run = run
    try:
        yield archive
    finally:
        await archive.close()


@contextmanager
def commits() -> Iterator[list[Connection]]:
    """The connections of all transactions that are about to be committed."""
    seen: list[Connection] = []

    def count(connection: Connection) -> None:
        seen.append(connection)

    event.listen(Engine, "commit", count)
    try:
        yield seen
    finally:
        event.remove(Engine, "commit", count)


def name_site(connection: Connection, name: str, moment: datetime = NOON) -> int:
    return add_site(connection, name=name, created_at=moment)


def names(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(sites.c.name).order_by(sites.c.id)))


def test_a_call_gives_its_result_once_it_is_committed(engine: Engine, database_url: str):
    async def crawl() -> tuple[int, list[str]]:
        async with opened(database_url) as archive:
            return await archive.call(name_site, "autre", moment=NOON), names(engine)

    number, readable = asyncio.run(crawl())

    assert number == 1
    assert readable == ["autre"]


def test_what_a_call_raises_reaches_its_caller_and_nothing_is_stored(engine: Engine, database_url: str):
    def fail(connection: Connection) -> None:
        name_site(connection, "autre")
        raise UsageError("not like this")

    async def crawl() -> None:
        async with opened(database_url) as archive:
            with pytest.raises(UsageError, match="not like this"):
                await archive.call(fail)
            with pytest.raises(DatabaseError, match="frobnicate"):
                await archive.call(lambda connection: connection.execute(text("SELECT frobnicate")))
            await archive.call(name_site, "bon")

    asyncio.run(crawl())

    assert names(engine) == ["bon"]


def test_what_gathers_while_the_thread_is_busy_is_one_transaction(engine: Engine, database_url: str):
    run, taken = take(engine, 150)
    gate = threading.Event()

    async def crawl() -> list[Written]:
        async with opened(database_url, run) as archive:
            busy = asyncio.create_task(archive.call(lambda connection: gate.wait(10)))
            puts = [asyncio.create_task(archive.put(skipped(fetch))) for fetch in taken]
            await asyncio.sleep(0.1)
            with commits() as seen:
                gate.set()
                await busy
                written = await asyncio.gather(*puts)
            assert len(seen) == 3  # the call, a full batch, the rest
            return written

    written = asyncio.run(crawl())

    assert [one.url_id for one in written] == [fetch.url_id for fetch in taken]
    assert outcomes(engine) == {("skipped", "page"): 150}


def test_articles_wait_for_company_and_share_one_transaction_with_whatever_comes(
    engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(archive_module, "LINGER", 3600.0)
    monkeypatch.setattr(archive_module, "BATCH", 3)
    run, taken = take(engine, 3)

    async def crawl() -> int:
        async with opened(database_url, run) as archive:
            with commits() as seen:
                puts = [asyncio.create_task(archive.put(replace(article("0"), fetch=one))) for one in taken[:2]]
                await asyncio.sleep(0.05)  # the thread has the first one in hand and waits
                await asyncio.wait_for(asyncio.gather(*puts, archive.put(skipped(taken[2]))), 60)
            return len(seen)

    assert asyncio.run(crawl()) == 1


def test_articles_do_not_wait_when_all_that_could_come_is_there(
    engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(archive_module, "LINGER", 3600.0)
    run, taken = take(engine, 3)
    found = [replace(article("0"), fetch=one) for one in taken]

    async def crawl() -> int:
        async with opened(database_url, run) as archive:
            with commits() as seen:
                first = asyncio.create_task(archive.put(found[0], in_hand=2))
                await asyncio.sleep(0.05)  # the thread has it in hand and waits
                assert not first.done()
                await asyncio.wait_for(asyncio.gather(first, archive.put(found[1], in_hand=2)), 60)
                await asyncio.wait_for(archive.put(found[2], in_hand=1), 60)
            return len(seen)

    assert asyncio.run(crawl()) == 2


def test_a_call_is_answered_while_articles_wait_and_closing_stores_them(
    engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(archive_module, "LINGER", 3600.0)
    run, taken = take(engine, 2)

    async def crawl() -> list[Written]:
        async with opened(database_url, run) as archive:
            puts = [asyncio.create_task(archive.put(replace(article("0"), fetch=one))) for one in taken]
            await asyncio.sleep(0.05)
            assert await asyncio.wait_for(archive.call(lambda _: "answered"), 60) == "answered"
            assert not any(one.done() for one in puts)
            await archive.close()
            return await asyncio.gather(*puts)

    assert [one.outcome for one in asyncio.run(crawl())] == [Outcome.STORED, Outcome.UNCHANGED]


REFUSE_SECRETS = {
    "sqlite": "CREATE TRIGGER refuse BEFORE UPDATE ON fetches WHEN NEW.reason LIKE 'un texte%'"
    " BEGIN SELECT RAISE(ABORT, 'refused'); END",
    # Its error repeats the row.
    "postgresql": "ALTER TABLE fetches ADD CONSTRAINT refuse CHECK (reason NOT LIKE 'un texte%')",
}


def test_an_item_that_cannot_be_stored_is_settled_as_failed_and_the_others_are_stored(
    engine: Engine, database_url: str, caplog: pytest.LogCaptureFixture
):
    run, taken = take(engine, 30)
    secret = "un texte qui ne va pas au journal"
    with engine.begin() as connection:
        connection.execute(text(REFUSE_SECRETS[engine.dialect.name]))

    async def crawl() -> list[Written]:
        async with opened(database_url, run) as archive:
            items = [skipped(fetch, secret if number == 13 else "page") for number, fetch in enumerate(taken)]
            return await asyncio.gather(*map(archive.put, items))

    with caplog.at_level(logging.WARNING):
        written = asyncio.run(crawl())

    assert (written[13].outcome, written[13].reason) == (Outcome.FAILED, "store_error")
    assert outcomes(engine) == {("skipped", "page"): 29, ("failed", "store_error"): 1}
    assert "https://essai.test/13 cannot be stored" in caplog.text
    assert "un texte" not in caplog.text


def test_a_caller_that_is_cancelled_does_not_take_its_item_away(engine: Engine, database_url: str):
    run, taken = take(engine, 2)
    gate = threading.Event()

    async def crawl() -> None:
        async with opened(database_url, run) as archive:
            busy = asyncio.create_task(archive.call(lambda connection: gate.wait(10)))
            first, second = (asyncio.create_task(archive.put(skipped(fetch))) for fetch in taken)
            await asyncio.sleep(0.05)
            first.cancel()
            await asyncio.sleep(0)
            gate.set()
            await asyncio.gather(busy, second)

    asyncio.run(crawl())

    assert outcomes(engine) == {("skipped", "page"): 2}


def test_closing_finishes_what_is_queued_and_refuses_what_comes_later(engine: Engine, database_url: str):
    run, taken = take(engine, 20)

    async def crawl() -> None:
        async with opened(database_url, run) as archive:
            puts = [asyncio.create_task(archive.put(skipped(fetch))) for fetch in taken]
            await asyncio.sleep(0)
            await archive.close()
            await asyncio.gather(*puts)
            with pytest.raises(DatabaseError, match="the archive is closed"):
                await archive.call(name_site, "trop tard")

    asyncio.run(crawl())

    assert outcomes(engine) == {("skipped", "page"): 20}


def test_a_second_archive_of_the_site_is_refused_until_the_first_is_closed(database_url: str):
    async def crawl() -> None:
        async with opened(database_url):
            with pytest.raises(AlreadyRunning):
                Archive.open(database_url, "essai")
        async with opened(database_url):
            pass

    asyncio.run(crawl())


def test_too_little_free_space_is_refused_before_anything(migrated_file: Path, tmp_path: Path):
    with pytest.raises(DiskFull, match=r"MB are free, 1099511627776 MB are needed"):
        Archive.open(f"sqlite:///{tmp_path / 'archive.db'}", "essai", min_free=2**60)

    ensure_free_space(tmp_path, 1)


def test_a_full_disk_is_told_and_the_archive_goes_on_when_there_is_room(tmp_path: Path, migrated_file: Path):
    file = tmp_path / "archive.db"
    file.write_bytes(migrated_file.read_bytes())
    engine = make_engine(f"sqlite:///{file}")
    run, taken = take(engine, 2)

    def limit(connection: Connection, more: int) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + more}")

    async def crawl() -> None:
        async with opened(f"sqlite:///{file}", run) as archive:
            await archive.call(limit, 0)
            with pytest.raises(DiskFull, match="the disk is full"):
                await asyncio.gather(*(archive.put(skipped(fetch, "x" * 20_000)) for fetch in taken))
            await archive.call(limit, 1000)
            await archive.put(skipped(taken[0]))

    asyncio.run(crawl())

    assert outcomes(engine) == {("skipped", "page"): 1, (None, None): 1}
    engine.dispose()


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another program that writes to the file."""
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


@pytest.mark.parametrize("busy_timeout", [30, 0.05], ids=["SQLite waits", "we wait"])
def test_a_lock_of_another_program_is_waited_for(
    tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch, busy_timeout: float
):
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT", busy_timeout)
    file = tmp_path / "archive.db"
    file.write_bytes(migrated_file.read_bytes())
    engine = make_engine(f"sqlite:///{file}")
    run, taken = take(engine, 10)

    async def crawl() -> list[bool]:
        async with opened(f"sqlite:///{file}", run) as archive:
            with locked(file):
                puts = [asyncio.create_task(archive.put(skipped(fetch))) for fetch in taken]
                await asyncio.sleep(1)
                early = [put.done() for put in puts]
            await asyncio.gather(*puts)
            return early

    assert asyncio.run(crawl()) == [False] * 10
    assert outcomes(engine) == {("skipped", "page"): 10}
    engine.dispose()


def test_a_database_that_stays_away_is_given_up_for_everybody(
    tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT", 0.05)
    file = tmp_path / "archive.db"
    file.write_bytes(migrated_file.read_bytes())
    engine = make_engine(f"sqlite:///{file}")
    run, taken = take(engine, 250)

    async def crawl() -> None:
        async with opened(f"sqlite:///{file}", run, wait=0.5) as archive:
            with locked(file):
                puts = [archive.put(skipped(fetch)) for fetch in taken]
                told = await asyncio.gather(*puts, archive.call(name_site, "x"), return_exceptions=True)
            assert {type(one) for one in told} == {DatabaseError}
            assert re.search(r"stayed away for \d+ s: database is locked", str(told[0]))
            with pytest.raises(DatabaseError, match="stayed away"):
                await archive.call(name_site, "trop tard")

    asyncio.run(crawl())

    assert outcomes(engine) == {(None, None): 250}
    assert names(engine) == ["essai"]
    engine.dispose()


def test_a_database_that_neither_answers_nor_refuses_is_given_up(
    database_url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(archive_module, "SILENCE", 0.1)
    gate = threading.Event()

    async def crawl() -> None:
        async with opened(database_url, wait=0.1) as archive:
            with pytest.raises(DatabaseError, match="has not answered"):
                await archive.call(lambda connection: gate.wait(10))
            with pytest.raises(DatabaseError, match="has not answered"):
                await archive.call(name_site, "x")
            gate.set()

    asyncio.run(crawl())


@pytest.fixture
def server(postgres: Postgres) -> Postgres:
    if not postgres.own:
        pytest.skip("a server that others use is not stopped")
    return postgres


@pytest.fixture
def postgres_url(postgres: Postgres, migrated_database: str) -> Iterator[str]:
    with postgres.database(f"TEMPLATE {migrated_database}") as url:
        yield url


def test_what_was_acknowledged_before_the_server_crashed_is_there_and_the_rest_follows(
    server: Postgres, postgres_url: str
):
    engine = make_engine(postgres_url)
    run, taken = take(engine, 400)
    acknowledged: list[int] = []

    async def produce(archive: Archive, waiting: Iterator[Fetch]) -> None:
        for fetch in waiting:
            written = await archive.put(skipped(fetch))
            acknowledged.append(written.url_id)

    async def crawl() -> int:
        async with opened(postgres_url, run) as archive:
            waiting = iter(taken)
            producers = [asyncio.create_task(produce(archive, waiting)) for _ in range(8)]
            while len(acknowledged) < 100:
                await asyncio.sleep(0.001)
            await asyncio.to_thread(server.stop)
            before = len(acknowledged)
            await asyncio.sleep(0.5)
            assert len(acknowledged) == before
            await asyncio.to_thread(server.start)
            await asyncio.gather(*producers)
            return before

    before = asyncio.run(crawl())

    engine.dispose()
    assert 100 <= before < 400
    assert sorted(acknowledged) == sorted(fetch.url_id for fetch in taken)
    assert outcomes(engine) == {("skipped", "page"): 400}
    engine.dispose()


@pytest.mark.parametrize("arrived", [True, False])
def test_a_connection_lost_during_commit_stores_once(postgres_url: str, arrived: bool):
    engine = make_engine(postgres_url)
    tries: list[int] = []
    cuts: list[int] = []

    def work(connection: Connection) -> int:
        tries.append(1)
        return name_site(connection, "une fois")

    def cut(connection: Connection) -> None:
        if not cuts:
            cuts.append(1)
            driver = connection.connection.dbapi_connection
            if arrived:
                driver.commit()
            driver.close()

    async def crawl() -> int:
        async with opened(postgres_url) as archive:
            event.listen(Engine, "commit", cut)
            try:
                return await archive.call(work)
            finally:
                event.remove(Engine, "commit", cut)

    asyncio.run(crawl())

    assert len(tries) == (1 if arrived else 2)
    assert names(engine) == ["une fois"]
    engine.dispose()


def test_a_cut_connection_is_replaced(postgres: Postgres, postgres_url: str):
    engine = make_engine(postgres_url)

    async def crawl() -> None:
        async with opened(postgres_url) as archive:
            await archive.call(name_site, "avant")
            postgres.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                f"'{engine.url.database}' AND pid <> pg_backend_pid()"
            )
            await archive.call(name_site, "après")

    asyncio.run(crawl())

    assert names(engine) == ["avant", "après"]
    engine.dispose()


def test_a_run_whose_lock_went_to_another_while_the_server_was_away_stops(postgres: Postgres, postgres_url: str):
    engine = make_engine(postgres_url)
    other = site_lock(engine, "essai")

    def cut_and_be_overtaken(connection: Connection) -> None:
        postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
            f"'{engine.url.database}' AND pid <> pg_backend_pid()"
        )
        engine.dispose()
        other.acquire()
        name_site(connection, "à moitié")

    async def crawl() -> None:
        async with opened(postgres_url) as archive:
            with pytest.raises(AlreadyRunning):
                await archive.call(cut_and_be_overtaken)
            with pytest.raises(AlreadyRunning):
                await archive.call(name_site, "trop tard")

    asyncio.run(crawl())

    other.release()
    assert names(engine) == []
    engine.dispose()
