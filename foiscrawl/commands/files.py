"""Files that commands write: refused where one stands already, whole or not at all."""

import os
from pathlib import Path

from foiscrawl.errors import UsageError, cannot_write


def check_new(file: Path, *, force: bool) -> None:
    """Raises UsageError where `file` cannot be made, or exists and may not be written over."""
    if file.exists() and not file.is_file():
        raise UsageError(f"{file} is not a file")
    if file.exists() and not force:
        raise UsageError(f"{file} exists; write over it with --force")
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {file.parent}")


def write_whole(file: Path, text: str) -> None:
    """Another process sees the old file or the new one. Raises UsageError, DiskFull."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        part.write_text(text, "utf-8")
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise cannot_write(file, error) from error
