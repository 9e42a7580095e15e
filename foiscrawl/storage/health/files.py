"""How the files around an archive are: one check, one function, one row of `foiscrawl doctor`."""

import re
import shutil
import stat
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from foiscrawl.storage.health import Check

_FOR_TESTS = {"dev", "test"}
# Files that people keep settings in, and what a password in one looks like.
_SETTINGS = (".env", "scrapy.cfg", "foiscrawl.env")
_PASSWORDS = (".pgpass", ".pg_service.conf")
_PASSWORD = re.compile(
    r"://[^\s/:@]+:[^\s/@]+@|^\s*(?:export\s+)?PGPASSWORD\s*=\s*\S|^\s*password\s*=\s*\S", re.MULTILINE
)


def permissions(database: Path | None, captures: Path) -> Check:
    """What the crawl writes is for its own account only."""
    wide = [one for one in _archive_files(database, captures) if one.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if wide:
        more = f" and {len(wide) - 1} more" if len(wide) > 1 else ""
        return Check("permissions", "warn", f"others may open {wide[0]}{more}: chmod go= on it")
    return Check("permissions", "ok", "the archive's files are their owner's only")


def disk(folder: Path, minimum: int) -> Check:
    """`folder` need not be there yet."""
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    told = f"{free // 1_000_000:,} MB are free at {folder}"
    if free < minimum:
        return Check("disk", "fail", f"{told}; a run needs {minimum // 1_000_000:,} MB")
    return Check("disk", "warn" if free < 10 * minimum else "ok", told)


def capture_folder(captures: Path, *, named: bool) -> Check:
    """`named`: rows of the archive name files in it."""
    if captures.is_dir():
        return Check("captures", "ok", f"{captures} is there; `foiscrawl verify` reads what is in it")
    if named:
        return Check("captures", "fail", f"{captures} is not there, and the archive names files in it")
    return Check("captures", "ok", f"{captures} is not there yet, and nothing is stored in it")


def passwords(folder: Path, home: Path) -> Check:
    """Files that others may read and that hold a password: libpq's own, and settings beside the archive."""
    for file in [*(folder / one for one in _SETTINGS), *(home / one for one in _PASSWORDS)]:
        if file.is_file() and file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            held = file.name == ".pgpass" or _PASSWORD.search(file.read_text("utf-8", errors="replace")[:100_000])
            if held:
                return Check("passwords", "fail", f"others may read the password in {file}: chmod 600 on it")
    return Check("passwords", "ok", "no file with a password that others may read, of those looked at")


def extras() -> Check:
    """What is installed beside the core."""
    known = sorted(set(metadata.metadata("foiscrawl").get_all("Provides-Extra") or ()) - _FOR_TESTS)
    there = [one for one in known if all(map(_installed, _requirements(one)))]
    lacking = [one for one in known if one not in there]
    told = f"installed: {', '.join(there) or 'none'}" + (f"; not installed: {', '.join(lacking)}" if lacking else "")
    return Check("extras", "ok", told)


def _requirements(extra: str) -> list[str]:
    found = []
    for one in metadata.requires("foiscrawl") or ():
        name = re.match(r"[\w.-]+", one)
        if name and re.search(rf"extra == ['\"]{re.escape(extra)}['\"]", one):
            found.append(name[0])
    return found


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _archive_files(database: Path | None, captures: Path) -> Iterator[Path]:
    if database is not None and database.exists():
        yield from sorted(database.parent.glob(f"{database.name}*"))
    if captures.is_dir():
        yield captures
        yield from sorted(one for one in captures.rglob("*") if one.is_file())
