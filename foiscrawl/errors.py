"""Every error of ours.

FoiscrawlError
├── UsageError            a wrong argument, setting or site file; nothing was done     exit 2
│   └── SchemaBehind      the database needs `foiscrawl migrate` first                 exit 2
├── TimeLimit             a question took longer than it was allowed to                exit 9
├── AlreadyRunning        another run holds the lock of this site                      exit 4
├── DatabaseError         the database cannot be reached, read or written              exit 5
├── CaptureError          a WARC file cannot be written, or does not hold what a row says    exit 5
└── DiskFull              no room for the archive                                      exit 6

The message is one line for a person: it names the item and says what to do. The exit codes of a run
that did start (0 done, 3 degraded, 7 interrupted) are outcomes, not errors: see `ExitCode`.
"""

import errno
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What `scrapy crawl` tells the schedule that started it; the table stands in docs/usage.md."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    DEGRADED = 3
    ALREADY_RUNNING = 4
    DATABASE = 5
    DISK = 6
    INTERRUPTED = 7
    DAMAGED = 8
    TIME_LIMIT = 9


class FoiscrawlError(Exception):
    """Base of the tree; raised only through a branch."""

    exit_code = ExitCode.UNEXPECTED


class UsageError(FoiscrawlError):
    """A person gave something we cannot use. Raised before the first request."""

    exit_code = ExitCode.USAGE


class SchemaBehind(UsageError):
    """The database was made by another version of the schema. Raised when an archive is opened."""


class TimeLimit(FoiscrawlError):
    """A question was stopped at its time limit; what it had answered until then may be out already."""

    exit_code = ExitCode.TIME_LIMIT


class AlreadyRunning(FoiscrawlError):
    """A living process holds the lock of this site in this archive."""

    exit_code = ExitCode.ALREADY_RUNNING


class DatabaseError(FoiscrawlError):
    """The database refused, went away or is not ours. What was not committed is not recorded as done."""

    exit_code = ExitCode.DATABASE


class CaptureError(FoiscrawlError):
    """A WARC file cannot be written, or a record is not what its row says; the message names file and offset."""

    exit_code = ExitCode.DATABASE


class DiskFull(FoiscrawlError):
    """Too little free space to start, or the disk filled while writing."""

    exit_code = ExitCode.DISK


def cannot_write(what: Path | str, error: OSError) -> UsageError | DiskFull:
    """Our error for that of a file which a person has asked for."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"{what}: the disk is full")
    return UsageError(f"{what} cannot be written: {error.strerror or error}")
