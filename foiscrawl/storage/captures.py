"""Captures: the raw answers of a visit, written to WARC and entered into the database, and read back from there."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select

from foiscrawl.errors import CaptureError
from foiscrawl.items import Exchange
from foiscrawl.storage import warc
from foiscrawl.storage.bulk import among, numbers, run_many, texts
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.models import captures, fetches
from foiscrawl.storage.recorder import Placed, Recorder

# A payload that is no larger than what a revisit record says of it is written again.
SMALL = 512  # bytes

_EARLIER = select(captures.c.id, captures.c.record_id, captures.c.url, captures.c.captured_at, captures.c.digest).where(
    among(captures.c.digest, texts("digests")),
    among(captures.c.url, texts("urls")),
    captures.c.record == "response",
    captures.c.truncated.is_(None),
)
# The newest whole page of an address, which a 304 says is still the same. By way of the fetches: they are indexed.
_earlier_fetch = fetches.alias("earlier")
_holder = captures.alias("holder")
_LAST_WHOLE = (
    select(_holder.c.id, _holder.c.record_id, _holder.c.url, _holder.c.captured_at, _holder.c.digest)
    .select_from(fetches)
    .join(_earlier_fetch, _earlier_fetch.c.url_id == fetches.c.url_id)
    .join(captures, captures.c.fetch_id == _earlier_fetch.c.id)
    .join(_holder, _holder.c.id == func.coalesce(captures.c.refers_to_id, captures.c.id))
    .where(
        fetches.c.id == bindparam("of_fetch"),
        captures.c.url == bindparam("of_url"),
        captures.c.status == 200,
        captures.c.truncated.is_(None),
    )
    .order_by(_earlier_fetch.c.id.desc(), captures.c.position.desc())
    .limit(1)
)
_INSERT = insert(captures)
_IDS = select(captures.c.id, captures.c.fetch_id).where(among(captures.c.fetch_id, numbers("fetches")))
_OF_FETCHES = (
    select(captures)
    .where(among(captures.c.fetch_id, numbers("fetches")))
    .order_by(captures.c.fetch_id, captures.c.position)
)
_BY_IDS = select(captures).where(among(captures.c.id, numbers("ids")))


def keep(
    conn: Connection, run: Run, recorder: Recorder, found: dict[int, Sequence[Exchange]], now: datetime
) -> dict[int, list[int]]:
    """Write the exchanges of these fetches and enter them. Gives the ids of their rows, in the order of the exchanges.

    When this returns the records are on the disk, so that a committed row never points nowhere.
    Raises DiskFull, CaptureError.
    """
    fresh = [
        (fetch_id, one, warc.digest(one.body))
        for fetch_id, many in found.items()
        for one in many
        if recorder.placed(one) is None
    ]
    same = _same(conn, [(digest, one.url) for _, one, digest in fresh if len(one.body) > SMALL])
    for fetch_id, one, digest in fresh:
        original = _unmodified(conn, fetch_id, one) if one.status == 304 else same.get((digest, one.url))
        recorder.place(one, digest, original, run.id, now)
    recorder.sync()
    rows = [
        _row(run, fetch_id, position, one, placed)
        for fetch_id, many in found.items()
        for position, one in enumerate(many, 1)
        if (placed := recorder.placed(one)) is not None
    ]
    run_many(conn, _INSERT, rows)
    ids: dict[int, list[int]] = {fetch_id: [] for fetch_id in found}
    if rows:
        for row in conn.execute(_IDS.order_by(captures.c.fetch_id, captures.c.position), {"fetches": list(found)}):
            ids[row.fetch_id].append(row.id)
    return ids


def _same(conn: Connection, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], warc.Original]:
    """Whole records of these payloads, by digest and address."""
    if not wanted:
        return {}
    digests, urls = (set(one) for one in zip(*wanted, strict=True))
    found = conn.execute(_EARLIER, {"digests": digests, "urls": urls})
    return {(row.digest, row.url): warc.Original(*row) for row in found}


def _unmodified(conn: Connection, fetch_id: int, one: Exchange) -> warc.Original | None:
    row = conn.execute(_LAST_WHOLE, {"of_fetch": fetch_id, "of_url": one.url}).first()
    return warc.Original(*row) if row is not None else None


def _row(run: Run, fetch_id: int, position: int, exchange: Exchange, placed: Placed) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "fetch_id": fetch_id,
        "position": position,
        "url": exchange.url,
        "captured_at": exchange.at,
        "status": exchange.status,
        "record": "response" if placed.original is None else "revisit",
        "record_id": placed.record_id,
        "file": placed.file,
        "record_offset": placed.offset,
        "record_length": placed.length,
        "request_length": placed.request_length,
        "digest": placed.digest,
        "record_digest": placed.record_digest,
        "refers_to_id": placed.original,
        "truncated": exchange.truncated,
    }


# --- reading back ----------------------------------------------------------------------------------------------------


def exchanges(conn: Connection, folder: Path, fetch_id: int) -> list[Exchange]:
    """The raw answers of a fetch in their order, as they came; empty when none was kept.

    folder: of the WARC files (setting FOISCRAWL_CAPTURE_DIR). The payload of a revisit is read where it stands.
    Raises CaptureError naming file and offset when a record is not there or not what its row says.
    """
    return Answers(conn, folder, [fetch_id])(fetch_id, requests=True)


class Answers:
    """The raw answers of these fetches: their rows are asked for in one go, each record is read when it is wanted."""

    def __init__(self, conn: Connection, folder: Path, fetch_ids: Collection[int]) -> None:
        self._folder = folder
        self._rows: dict[int, list[Row[Any]]] = {}
        for row in conn.execute(_OF_FETCHES, {"fetches": fetch_ids}):
            self._rows.setdefault(row.fetch_id, []).append(row)
        referred = {row.refers_to_id for rows in self._rows.values() for row in rows if _stands_elsewhere(row)}
        originals = conn.execute(_BY_IDS, {"ids": referred}).all() if referred else ()
        self._originals: Mapping[int, Row[Any]] = {row.id: row for row in originals}

    def __call__(self, fetch_id: int, *, requests: bool = False) -> list[Exchange]:
        """Those of one fetch; without `requests` theirs are left empty. Raises CaptureError."""
        return [self._exchange(row, requests=requests) for row in self._rows.get(fetch_id, ())]

    def _exchange(self, row: Row[Any], *, requests: bool) -> Exchange:
        data = _bytes(self._folder, row)
        try:
            response = _record(data[: row.record_length])
            request = _record(data[row.record_length :]) if requests else None
            if not _stands_elsewhere(row):  # the digest of the record, which is proved, is one of its payload as well
                return warc.exchange(response, request)
            original = self._originals[row.refers_to_id]
            body = warc.http(_record(_bytes(self._folder, original)[: original.record_length]))[2]
            found = replace(warc.exchange(response, request), body=body)
        except (ValueError, KeyError) as error:
            raise damage(row, str(error)) from error
        if warc.digest(body) != row.digest:
            raise damage(row, "the payload is not the one that was written")
        return found


def _stands_elsewhere(row: Row[Any]) -> bool:
    """Whether the payload is that of another record. After a 304 nothing came."""
    return row.refers_to_id is not None and row.status != 304


def _record(member: bytes) -> warc.Record:
    return warc.parse(warc.split(member)[0])


def _bytes(folder: Path, row: Row[Any]) -> bytes:
    """The response or revisit record of a row and its request record, as gzip members. Raises CaptureError."""
    try:
        with (folder / row.file).open("rb", buffering=0) as file:  # one record is read, and nothing after it
            file.seek(row.record_offset)
            data: bytes = file.read(row.record_length + row.request_length)
    except OSError as error:
        raise damage(row, error.strerror or type(error).__name__) from error
    if hashlib.sha256(data).hexdigest() != row.record_digest:
        raise damage(row, "the bytes are not those that were written")
    return data


def damage(row: Row[Any], what: str) -> CaptureError:
    return CaptureError(f"{row.file}, offset {row.record_offset}: {what} ({row.url})")
