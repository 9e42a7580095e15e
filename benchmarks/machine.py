"""The machine and the versions that a figure depends on; no names and no paths."""

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("scrapy", "twisted", "sqlalchemy", "selectolax", "parsel", "lxml", "psycopg", "pyarrow")


def describe(postgresql: str | None) -> dict[str, str]:
    told = {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
    }
    if postgresql is not None:
        told["PostgreSQL"] = postgresql
    return told | {name: version(name) for name in LIBRARIES}


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    return next((one.partition(":")[2].strip() for one in lines if one.startswith("model name")), platform.processor())
