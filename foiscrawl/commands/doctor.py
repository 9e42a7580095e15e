"""`foiscrawl doctor`: what is well with an archive and this machine, line by line, and what to do where it is not."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand

from foiscrawl.commands import ArchiveCommand, say
from foiscrawl.errors import ExitCode, FoiscrawlError
from foiscrawl.spiders.checks import number, start_of
from foiscrawl.spiders.job import Clock, capture_folder, database_url
from foiscrawl.text import harmless


class Command(ArchiveCommand, ScrapyCommand):
    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Say line by line whether the archive and this machine are well, and what to do where not"

    def long_desc(self) -> str:
        degraded = int(ExitCode.DEGRADED)
        return f"Changes nothing, asks the site for nothing. Exit codes: 0, or {degraded} when a line says fail."

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON document, for programs")
        parser.add_argument(
            "--reader", action="store_true", help="the database URL is meant for questions: fail if it could write"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        found = self._checks(reader=opts.reader)
        if opts.json:
            say([json.dumps([asdict(one) for one in found], indent=2)])
        else:
            width = max(len(one.name) for one in found)
            say(f"{one.verdict:4}  {one.name:{width}}  {harmless(one.told)}" for one in found)
        self.exitcode = int(ExitCode.DEGRADED if any(one.verdict == "fail" for one in found) else ExitCode.DONE)

    def _checks(self, *, reader: bool) -> list[Any]:
        # Imported here: Scrapy loads every command before it runs one.
        from foiscrawl.storage.health import files as health_files

        assert self.settings is not None
        captures = capture_folder(self.settings)
        found, database, named = self._database(reader=reader)
        if reader:
            return found
        minimum = int(number(self.settings, "FOISCRAWL_MIN_FREE_MB") * 1_000_000)
        return [
            *found,
            health_files.permissions(database, captures),
            health_files.disk(captures if database is None else database.parent, minimum),
            health_files.capture_folder(captures, named=named),
            health_files.passwords(Path.cwd(), Path.home()),
            health_files.extras(),
        ]

    def _database(self, *, reader: bool) -> tuple[list[Any], Path | None, bool]:
        """The checks of the database, its file, and whether it names files of captures."""
        from sqlalchemy import make_url
        from sqlalchemy.exc import DBAPIError

        from foiscrawl.storage.engine import make_engine, sqlite_file, translate
        from foiscrawl.storage.health import Check, check_database, has_captures
        from foiscrawl.storage.migrate import current_and_head

        assert self.settings is not None
        file = None
        try:
            engine = make_engine(database_url(self.settings), read_only=True)
            try:
                file = sqlite_file(make_url(database_url(self.settings)))
                current, head = current_and_head(engine)
                if current != head:
                    told = f"{current or 'no tables'}, and this program needs {head}: run `foiscrawl migrate`"
                    return [Check("schema", "fail", told)], file, False
                schema = Check("schema", "ok", f"{head}, as this program needs it")
                with engine.connect() as connection:
                    now = Clock(start_of(self.settings["FOISCRAWL_NOW"]))()
                    checks = check_database(connection, now, reader=reader)
                    return [schema, *checks], file, not reader and has_captures(connection)
            except DBAPIError as error:
                raise translate(error, engine.url) from error
            finally:
                engine.dispose()
        except FoiscrawlError as error:
            return [Check("database", "fail", str(error))], file, False
