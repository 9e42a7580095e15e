"""The WARC files that a run writes: one for each day in UTC, and a further one at 1 GB.

A file has its final name from the first byte on. What a name with `.open` would tell, the file itself does not need to
be told: records are only ever appended, so a file that was left by `kill -9` is whole up to its last record, a reader
stops there, and no row names what stands behind it. A renaming would leave rows and files that disagree whenever it was
not reached. Nobody appends to the file of another run, and a new file is made with O_EXCL: two never share a name.
"""

import contextlib
import errno
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from foiscrawl.errors import CaptureError, DiskFull, UsageError
from foiscrawl.items import Exchange
from foiscrawl.storage import warc

LARGEST = 1_000_000_000  # bytes from which on a further file is begun
SUFFIX = ".warc.gz"
_NAME = re.compile(r"(?P<site>.+)-(?P<day>\d{8})-run(?P<run>\d+)-(?P<serial>\d{3,})\.warc\.gz")
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an exchange stands. The request record follows the response record.

    record_digest   SHA-256 of the bytes of both, as they stand in the file
    """

    file: str
    offset: int
    length: int
    request_length: int
    record_id: str
    digest: str
    record_digest: str
    original: int | None


class Recorder:
    """The one writer of this run's files; used by the archive's thread only.

    An exchange that was placed is not written again when its batch is tried again, until `forget`.
    """

    def __init__(self, folder: Path, site: str, info: Mapping[str, str], *, largest: int = LARGEST) -> None:
        self._placed: dict[int, tuple[Exchange, Placed]] = {}  # by identity, which lasts while it is held here
        self._folder = folder
        self._site = site
        self._info = info
        self._largest = largest
        self._file: int | None = None  # descriptor
        self._name = ""
        self._day = ""
        self._end = 0
        self._unsafe = False  # something is written that is not known to be on the disk
        self._serial = 0

    def prepare(self) -> Path:
        """The folder, or where it will be made with the first record. Raises UsageError when that is of no use."""
        place = self._folder.absolute()
        while not place.exists():
            place = place.parent
        if not place.is_dir():
            raise UsageError(f"{self._folder} cannot hold raw answers: {place} is not a folder")
        if not os.access(place, os.W_OK | os.X_OK):
            raise UsageError(f"{self._folder} cannot hold raw answers: {place} cannot be written")
        return place

    def place(
        self, exchange: Exchange, digest: str, original: warc.Original | None, run_id: int, now: datetime
    ) -> Placed:
        """Append it. digest: of its payload. Raises DiskFull, CaptureError; the file is as it was before."""
        made = warc.make(exchange, digest, original)
        with self._told():
            self._turn(run_id, now)
            offset, data = self._end, made.response + made.request
            self._append(data)
        placed = Placed(
            self._name,
            offset,
            len(made.response),
            len(made.request),
            made.record_id,
            original.digest if original is not None else digest,
            hashlib.sha256(data).hexdigest(),
            original.id if original is not None else None,
        )
        self._placed[id(exchange)] = exchange, placed
        return placed

    def placed(self, exchange: Exchange) -> Placed | None:
        """Where it stands, when it was placed since the last `forget`."""
        found = self._placed.get(id(exchange))
        return found[1] if found is not None else None

    def sync(self) -> None:
        """What was placed is on the disk when this returns. Raises DiskFull, CaptureError."""
        if self._unsafe and self._file is not None:
            with self._told():
                os.fsync(self._file)
            self._unsafe = False

    def forget(self) -> None:
        """The batch is settled: what it placed is in the database, or is given up."""
        self._placed.clear()

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _turn(self, run_id: int, now: datetime) -> None:
        """Begin a file when there is none, when the day is over or when it is full."""
        day = f"{now.astimezone(UTC):%Y%m%d}"
        if self._file is not None and day == self._day and self._end < self._largest:
            return
        self.sync()
        self.close()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while self._file is None:
            self._serial += 1
            self._name = f"{self._site}-{day}-run{run_id}-{self._serial:03d}{SUFFIX}"
            with contextlib.suppress(FileExistsError):
                self._file = os.open(self._folder / self._name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._day, self._end = day, 0
        try:
            self._append(warc.warcinfo(self._name, now, self._info))
        except OSError:
            self.close()  # no file goes on without its first record
            (self._folder / self._name).unlink(missing_ok=True)
            raise
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # else the file may have no name after a power cut
        finally:
            os.close(folder)

    def _append(self, data: bytes) -> None:
        assert self._file is not None
        self._unsafe = True
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            with contextlib.suppress(OSError):  # the first error is the one to be told
                os.ftruncate(self._file, self._end)
                os.lseek(self._file, self._end, os.SEEK_SET)
            raise
        self._end += len(data)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = self._folder / self._name
            if error.errno in _FULL:
                raise DiskFull(f"{where}: the disk is full") from error
            raise CaptureError(f"{where}: {error.strerror} at byte {self._end}") from error


def run_of(name: str) -> int | None:
    """The run that wrote a file of this name; None when it is no name of ours."""
    found = _NAME.fullmatch(name)
    return int(found["run"]) if found else None
