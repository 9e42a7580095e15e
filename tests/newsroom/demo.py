"""`make demo`: the bundled newsroom, a real crawl of it into a SQLite file, and a few questions with their answers."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from tests.newsroom import Newsroom, serve

FOLDER = Path("demo-data")
ARTICLES = 240
QUESTIONS = (
    (
        "How many articles per section?",
        "SELECT section, count(*) AS articles, sum(word_count) AS words\n"
        "FROM articles_current GROUP BY section ORDER BY articles DESC, section LIMIT 6",
    ),
    (
        "What was published last, and who is credited?",
        "SELECT published_at, headline, credit FROM articles_current\nORDER BY published_at DESC LIMIT 5",
    ),
    (
        "Which texts stand twice on the site?",
        "SELECT copy.headline AS copy, first.headline AS first_told_as,\n"
        "  CASE WHEN copy.duplicate_of_url IS NULL THEN 'nearly' ELSE 'exactly' END AS alike\n"
        "FROM articles_current copy\n"
        "JOIN articles_current first ON first.url = coalesce(copy.duplicate_of_url, copy.near_duplicate_of_url)\n"
        "ORDER BY copy.id LIMIT 4",
    ),
    (
        "Was anything lost? (silent must be 0)",
        'SELECT taken, stored, unchanged, "read", quarantined, refused, failed, silent\n'
        "FROM run_accounting ORDER BY run_id DESC LIMIT 1",
    ),
)


def main() -> int:
    console = Console()
    shutil.rmtree(FOLDER, ignore_errors=True)
    with serve(Newsroom(articles=ARTICLES, days=25)) as server:
        console.print(f"A small news site of {ARTICLES} articles is up at {server.url}\n")
        command = [
            *(str(Path(sys.executable).with_name("scrapy")), "crawl", "francaisfois"),
            *("-a", f"home={server.url}/", "-s", "DOWNLOAD_DELAY=0.01", "-s", "AUTOTHROTTLE_ENABLED=False"),
        ]
        console.print("$ scrapy " + " ".join(command[1:]), style="bold", highlight=False, soft_wrap=True)
        environment = {**os.environ, "FOISCRAWL_DATA_DIR": str(FOLDER), "FOISCRAWL_PROGRESS_SECONDS": "2"}
        environment.pop("FOISCRAWL_DATABASE_URL", None)
        code = subprocess.run(command, env=environment, check=False).returncode
    if code:
        console.print(f"The crawl ended with exit code {code}.", style="bold red")
        return code
    file = FOLDER / "foiscrawl.db"
    with sqlite3.connect(file) as archive:
        for title, sql in QUESTIONS:
            _answer(console, archive, title, sql)
    archive.close()
    console.print(f'\nThe newsroom is closed; the archive is {file}. Ask it more: sqlite3 {file} "SELECT …"')
    return 0


def _answer(console: Console, archive: sqlite3.Connection, title: str, sql: str) -> None:
    cursor = archive.execute(sql)
    table = Table(*(one[0] for one in cursor.description), box=None, header_style="dim", pad_edge=False)
    for row in cursor:
        table.add_row(*("" if one is None else str(one) for one in row))
    console.print(f"\n[bold]{title}[/bold]")
    console.print(Syntax(sql, "sql", theme="ansi_light", background_color="default"))
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
