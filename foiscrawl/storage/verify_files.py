"""Check the WARC files: each byte of them against the rows of `captures`, each row against its record."""

import hashlib
import itertools
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Row, func, select

from foiscrawl.storage import warc
from foiscrawl.storage.models import captures, runs
from foiscrawl.storage.recorder import SUFFIX, run_of

PIECE = 1 << 20  # bytes read at a time where nothing is known of them
# Runs that can have left records without rows: they died, or lost their database, between the two.
BROKEN_OFF = {"running", "crashed", "failed"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one item. damage: False where it is only told, as what a killed run has left."""

    item: str
    what: str
    damage: bool = True


_original = captures.alias("original")
_ROWS = (
    select(
        captures,
        _original.c.record.label("original_record"),
        _original.c.record_id.label("original_record_id"),
        _original.c.digest.label("original_digest"),
    )
    .outerjoin(_original, _original.c.id == captures.c.refers_to_id)
    .order_by(captures.c.file, captures.c.record_offset)
)


def size(conn: Connection, since: datetime | None) -> int:
    """Bytes that `files` will read, for a progress bar."""
    wanted = select(func.coalesce(func.sum(captures.c.record_length + captures.c.request_length), 0))
    return int(conn.execute(_since(wanted, since)).scalar_one())


def files(
    conn: Connection, folder: Path, *, since: datetime | None, quick: bool, step: Callable[[int], object]
) -> Iterator[Finding]:
    """Read every file. since: only of runs that began then or later; quick: do not unpack the records.

    step is told how many bytes have been read.
    """
    of_runs = conn.execute(select(runs.c.id, runs.c.outcome, runs.c.started_at)).all()
    outcomes: dict[int, str] = {row.id: row.outcome for row in of_runs}
    wanted = {row.id for row in of_runs if since is None or row.started_at >= since}
    seen = set()
    rows = conn.execute(_since(_ROWS, since).execution_options(yield_per=1000))
    for name, of_file in itertools.groupby(rows, lambda row: str(row.file)):
        seen.add(name)
        yield from _file(folder, name, of_file, outcomes, quick=quick, step=step)
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        run_id = run_of(path.name)
        if path.name not in seen and (since is None or run_id in wanted):
            yield from _file(folder, path.name, (), outcomes, quick=quick, step=step)


def _since(statement: Any, since: datetime | None) -> Any:
    if since is None:
        return statement
    return statement.where(captures.c.run_id.in_(select(runs.c.id).where(runs.c.started_at >= since)))


def _file(
    folder: Path,
    name: str,
    rows: Iterable[Row[Any]],
    outcomes: dict[int, str],
    *,
    quick: bool,
    step: Callable[[int], object],
) -> Iterator[Finding]:
    outcome = outcomes.get(run_of(name) or 0)
    try:
        file = (folder / name).open("rb")
    except OSError as error:
        yield Finding(name, f"{error.strerror}; {sum(1 for _ in rows)} captures stood in it")
        return
    with file:
        end = 0
        for row in rows:
            if row.record_offset > end:
                yield from _without_rows(file, name, end, row.record_offset, outcome)
            file.seek(row.record_offset)
            data = file.read(row.record_length + row.request_length)
            what = _record(row, data, quick=quick)
            if what is None and row.record_offset < end:
                what = "it stands where another row has its record"
            if what is not None:
                yield Finding(f"{name}, offset {row.record_offset}", f"{what} ({row.url})")
            end = max(end, row.record_offset + row.record_length + row.request_length)
            step(len(data))
        whole = os.fstat(file.fileno()).st_size
        if whole > end:
            yield from _without_rows(file, name, end, whole, outcome)


# --- a row and its record --------------------------------------------------------------------------------------------


def _record(row: Row[Any], data: bytes, *, quick: bool) -> str | None:
    """What is wrong with the bytes of a row, or None."""
    if len(data) < row.record_length + row.request_length:
        return "the file ends before it"
    if hashlib.sha256(data).hexdigest() != row.record_digest:
        return "the bytes are not those that were written"
    if row.record == "revisit" and (row.original_record, row.original_digest) != ("response", row.digest):
        return "it refers to a capture that does not hold its payload"
    if quick:
        return None
    try:
        response, request = (
            warc.parse(warc.split(part)[0]) for part in (data[: row.record_length], data[row.record_length :])
        )
        return _differs(row, response, request)
    except (ValueError, KeyError) as error:
        return str(error)


def _differs(row: Row[Any], response: warc.Record, request: warc.Record) -> str | None:
    """Raises ValueError."""
    first, _, payload = warc.http(response)
    found = response.headers
    told = {
        "record": response.type,
        "record_id": response.record_id,
        "url": found["warc-target-uri"],
        "captured_at": found["warc-date"],
        "status": first.split(" ")[1],
        "digest": found["warc-payload-digest"],
        "truncated": found.get("warc-truncated"),
    }
    wanted = {name: row._mapping[name] for name in told}
    wanted |= {"captured_at": warc.date(row.captured_at), "status": str(row.status)}
    wrong = [name for name in told if told[name] != wanted[name]]
    if wrong:
        return f"the row says another {wrong[0]} than the record"
    if row.record == "response" and warc.digest(payload) != row.digest:
        return "the payload is not that of its digest"
    if row.record == "revisit" and found["warc-refers-to"] != f"<urn:uuid:{row.original_record_id}>":
        return "it refers to another record than its row"
    if any(warc.digest(one.block) != one.headers["warc-block-digest"] for one in (response, request)):
        return "the block is not that of its digest"
    if request.type != "request" or request.headers["warc-concurrent-to"] != found["warc-record-id"]:
        return "the request beside it is another one's"
    return None


# --- what no row names -----------------------------------------------------------------------------------------------


def _without_rows(file: BinaryIO, name: str, start: int, stop: int, outcome: str | None) -> Iterator[Finding]:
    """The warcinfo record at the beginning; then what a run wrote and did not enter."""
    file.seek(start)
    if start == 0:
        start = _warcinfo(file, name, stop)
        if start == 0:
            alone = stop == os.fstat(file.fileno()).st_size and outcome in BROKEN_OFF
            yield Finding(f"{name}, offset 0", "the file does not begin with its warcinfo record", not alone)
    records, broken = _members(file, start, stop)
    if start == stop:
        return
    what = f"{records} records"
    if broken < stop:
        what += f" and {stop - broken} bytes of a broken one"
    ended = outcome or "unknown"
    yield Finding(f"{name}, offset {start}", f"{what} that no row names (its run: {ended})", outcome not in BROKEN_OFF)


def _warcinfo(file: BinaryIO, name: str, stop: int) -> int:
    """Where the warcinfo record ends; 0 when it is not as it was written, to the byte."""
    data = file.read(min(stop, 1 << 16))
    try:
        content, length = warc.split(data)
        record = warc.parse(content)
    except ValueError:
        return 0
    genuine = (
        warc.stored(content) == data[:length]
        and (record.type, record.headers.get("warc-filename")) == ("warcinfo", name)
        and record.headers.get("warc-block-digest") == warc.digest(record.block)
    )
    return length if genuine else 0


def _members(file: BinaryIO, start: int, stop: int) -> tuple[int, int]:
    """How many whole gzip members stand there, and where the last one ends."""
    count, end, place = 0, start, start
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    file.seek(start)
    while place < stop:
        data = file.read(min(PIECE, stop - place))
        if not data:
            break
        place += len(data)
        while data:
            try:
                inflate.decompress(data)
            except zlib.error:
                return count, end
            if not inflate.eof:
                break
            data = inflate.unused_data
            count, end = count + 1, place - len(data)
            inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    return count, end
