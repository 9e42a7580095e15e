"""`foiscrawl grant-reader ROLE`: a role of PostgreSQL that can read the views and nothing else."""

import argparse

from scrapy.commands import ScrapyCommand

from foiscrawl.commands import ArchiveCommand, refused, say
from foiscrawl.errors import FoiscrawlError, UsageError
from foiscrawl.spiders.job import database_url


class Command(ArchiveCommand, ScrapyCommand):
    def syntax(self) -> str:
        return "ROLE"

    def short_desc(self) -> str:
        return "Make, or mend, a PostgreSQL role that can read the views and nothing else"

    def long_desc(self) -> str:
        return (
            "Run it with the URL of the owner of the database, best as a superuser; run it again after an upgrade. It "
            "takes no password: it tells how to give one."
        )

    def check(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError("name one role, as in: foiscrawl grant-reader foiscrawl_reader")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Imported here: Scrapy loads every command before it runs one.
        from sqlalchemy import make_url
        from sqlalchemy.exc import DBAPIError

        from foiscrawl.storage.asking.readers import grant_reader
        from foiscrawl.storage.engine import sqlite_file, translate
        from foiscrawl.storage.migrate import open_archive

        assert self.settings is not None
        role = args[0]
        try:
            url = database_url(self.settings)
            file = sqlite_file(make_url(url))
            if file is not None:
                say([f"{file} is a file: who may read it is a matter of its permissions; `foiscrawl query` only reads"])
                return
            engine = open_archive(url)
            try:
                with engine.begin() as connection:
                    granted = grant_reader(connection, role)
            except DBAPIError as error:
                raise translate(error, engine.url) from error
            finally:
                engine.dispose()
            say([*granted.done, *(f"note: {one}" for one in granted.left)])
            say([f"give it a password, if it needs one, in psql: \\password {role}"])
        except FoiscrawlError as error:
            self.exitcode = refused(error)
