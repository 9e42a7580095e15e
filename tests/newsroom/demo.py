"""`make demo`: the bundled newsroom, three real crawls of it into a SQLite file, a few questions and their answers."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from tests.newsroom import Clock, Newsroom, Server, demo_site, serve

FOLDER = Path("demo-data")
AT_FIRST = (
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
)
AFTERWARDS = (
    (
        "What did the publisher change without a word?",
        "SELECT new.kind, new.change_size AS words, old.headline AS before, new.headline AS after\n"
        "FROM article_history new\n"
        "JOIN article_history old ON old.article_id = new.article_id AND old.revision = new.revision - 1\n"
        "WHERE new.modified_at = old.modified_at ORDER BY new.article_id",
    ),
    (
        "What has disappeared? (404 is believed after 14 days of looking)",
        "SELECT headline, state, last_status, looks, first_failed_at FROM removed_articles",
    ),
    (
        "Who led the site's ticker, and until when?",
        "SELECT headline, from_at, to_at FROM section_fronts\nWHERE place = 'ticker' AND rank = 1 ORDER BY from_at",
    ),
    (
        "Was anything lost? (silent must be 0)",
        'SELECT taken, stored, revised, unchanged, "read", gone, quarantined, failed, silent\n'
        "FROM run_accounting ORDER BY run_id",
    ),
)


def main() -> int:
    console = Console()
    shutil.rmtree(FOLDER, ignore_errors=True)
    clock = Clock()
    newsroom = Newsroom(now=clock, **demo_site.OPTIONS)
    demo_site.begin(newsroom)
    with serve(newsroom) as server:
        console.print(f"A small news site of {len(newsroom.articles)} articles is up at {server.url}\n")
        code = _crawl(console, server, clock) or _ask(console, AT_FIRST)
        for step, hours in enumerate(demo_site.LATER):
            if code:
                break
            clock.forward(hours=hours / 2)
            happened = demo_site.go_on(newsroom, step)
            clock.forward(hours=hours / 2)
            console.print(f"\n{hours} hours later on the site's clock: {happened}.\n")
            code = _crawl(console, server, clock)
        code = code or _ask(console, AFTERWARDS)
    if code:
        console.print(f"The crawl ended with exit code {code}.", style="bold red")
        return code
    console.print(
        f"\nThe newsroom is closed; the archive stays in {FOLDER}. Ask it more:\n\n"
        f'FOISCRAWL_DATA_DIR={FOLDER} .venv/bin/foiscrawl query "SELECT …"',
        soft_wrap=True,
    )
    return 0


def _crawl(console: Console, server: Server, clock: Clock) -> int:
    command = [
        *(str(Path(sys.executable).with_name("scrapy")), "crawl", "francaisfois"),
        *("-a", f"home={server.url}/", "-s", "DOWNLOAD_DELAY=0.01", "-s", "AUTOTHROTTLE_ENABLED=False"),
        *("-s", "CONCURRENT_REQUESTS=1"),
    ]
    console.print("$ scrapy " + " ".join(command[1:]), style="bold", highlight=False, soft_wrap=True)
    ours = {"FOISCRAWL_DATA_DIR": str(FOLDER), "FOISCRAWL_PROGRESS_SECONDS": "2", "FOISCRAWL_NOW": clock().isoformat()}
    environment = {**os.environ, **ours}
    environment.pop("FOISCRAWL_DATABASE_URL", None)
    return subprocess.run(command, env=environment, check=False).returncode


def _ask(console: Console, questions: tuple[tuple[str, str], ...]) -> int:
    with sqlite3.connect(FOLDER / "foiscrawl.db") as archive:
        for title, sql in questions:
            _answer(console, archive, title, sql)
    archive.close()
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
