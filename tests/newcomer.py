"""Goes the newcomer's way: the tracked files in an empty folder, an empty environment, and a terminal."""

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
import termios
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
FIRST_SCREEN = 25  # lines of the README
_LINES, _COLUMNS = 25, 100
# A real installation costs minutes and needs a package index: it is made where this is set (`make newcomer`). Elsewhere
# the environment that runs the tests stands in, and everything but the installation is as a newcomer has it.
INSTALLS = "FOISCRAWL_TEST_INSTALL" in os.environ


def blocks(readme: str) -> list[str]:
    """The indented blocks of the README's first screen, without their indentation."""
    screen = "\n".join(readme.splitlines()[:FIRST_SCREEN])
    found = re.findall(r"(?:^    .*\n?)+", screen, re.MULTILINE)
    return ["\n".join(line[4:] for line in one.rstrip("\n").split("\n")) for one in found]


def check_out(folder: Path) -> None:
    """The tracked files, as `git clone` would bring them, and where INSTALLS is not wanted an environment."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    if INSTALLS:
        return
    made = folder / ".venv"
    venv.create(made, symlinks=True)
    (site_packages,) = made.glob("lib/python*/site-packages")
    # A line of a .pth file is a folder to import from; the files of that name within it do not count, so that the
    # program comes from `folder` and not from where the tests run.
    (site_packages / "running.pth").write_text(f"{folder}\n{sysconfig.get_path('purelib')}\n")
    for name in ("scrapy", "foiscrawl"):
        script = Path(sys.executable).with_name(name).read_text().partition("\n")[2]
        (made / "bin" / name).write_text(f"#!{made}/bin/python\n{script}")
        (made / "bin" / name).chmod(0o755)
    (made / "core").touch()


def type_in(commands: str, folder: Path, home: Path) -> tuple[int, str]:
    """Run the lines in a shell whose output goes to a terminal; what it says of its progress goes to the tests' own.

    Gives the exit code of the first line that failed, and what was to be read.
    """
    environment = {
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).resolve().parent}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
    }
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, _COLUMNS, 0, 0))
    process = subprocess.Popen(
        ["sh", "-e", "-c", commands], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=theirs
    )
    os.close(theirs)
    read = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # the last one who could write has ended
            break
        if not more:
            break
        read += more
    os.close(ours)
    return process.wait(), read.decode().replace("\r\n", "\n")
