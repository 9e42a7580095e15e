"""The picture of the rooms in docs/architecture.md is that of the code."""

import re
from pathlib import Path

import foiscrawl

PACKAGE = Path(foiscrawl.__file__).parent
ROOMS = Path("docs/architecture.md").read_text("utf-8").partition("## Rooms")[2].split("```")[1]


def names(folder: Path) -> set[str]:
    """Modules and packages in a folder."""
    return {one.stem for one in folder.iterdir() if (not one.name.startswith("__") and (one / "__init__.py").exists())
            or (one.suffix == ".py" and not one.name.startswith("__"))}  # fmt: skip


def test_each_room_is_in_the_picture():
    storage = names(PACKAGE / "storage")
    assert len(storage) > 40
    assert sorted((names(PACKAGE) | storage) - set(re.findall(r"\w+", ROOMS))) == []


def test_each_command_and_no_other_is_in_the_picture():
    told = re.search(r"commands of ours: ([\w,\s-]+?);", ROOMS)
    assert told is not None
    commands = {one.stem for one in (PACKAGE / "commands").glob("*.py") if "class Command(" in one.read_text("utf-8")}
    assert set(re.findall(r"[\w-]+", told[1])) == commands
