"""`foiscrawl browse`: the archive in a web browser, on this machine only."""

import argparse
import sys
import webbrowser

from scrapy.commands import ScrapyCommand

from foiscrawl.commands import ArchiveCommand, refused, say
from foiscrawl.errors import FoiscrawlError, UsageError
from foiscrawl.spiders.job import database_url

PORT = 8001


class Command(ArchiveCommand, ScrapyCommand):
    def syntax(self) -> str:
        return "[--port PORT] [--open]"

    def short_desc(self) -> str:
        return "Open the archive in a web browser: articles, fronts, removals, tables, SQL"

    def long_desc(self) -> str:
        return (
            "Serves pages on 127.0.0.1 until Ctrl-C. The archive is only read, a crawl may go on meanwhile. What is "
            "archived is shown as cleaned text: no script of it runs and nothing is loaded from elsewhere."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--port", default=str(PORT), metavar="PORT", help=f"port on 127.0.0.1 (default {PORT}; 0: any free one)"
        )
        parser.add_argument("--open", action="store_true", help="show it in this machine's web browser")

    def check(self, args: list[str], opts: argparse.Namespace) -> None:
        super().check(args, opts)
        if not (opts.port.isascii() and opts.port.isdecimal() and len(opts.port) < 6 and int(opts.port) < 65536):
            raise UsageError(f"--port {opts.port} is no port; it is a number from 0 to 65535")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            _serve(database_url(self.settings), int(opts.port), opts.open)
        except FoiscrawlError as error:
            self.exitcode = refused(error)


def _serve(url: str, port: int, show: bool) -> None:
    # Imported here: Scrapy loads every command before it runs one, and the extra may be absent.
    try:
        from foiscrawl.browse import server
    except ModuleNotFoundError as error:
        if str(error.name).startswith("foiscrawl"):
            raise
        raise UsageError("browse needs the extra `browse`: pip install 'foiscrawl[browse]'") from error
    from sqlalchemy import make_url

    from foiscrawl.storage.engine import sqlite_file
    from foiscrawl.storage.migrate import open_archive

    engine = open_archive(url, read_only=True)
    try:
        file = sqlite_file(make_url(url))
        assert file is not None
        with server.listen(port) as door:
            server.serve(server.make(file, engine), door, lambda address: _started(address, show))
    finally:
        engine.dispose()


def _started(address: str, show: bool) -> None:
    say([f"The archive is at {address} (only on this machine; Ctrl-C ends it)"])
    if show and not webbrowser.open(address):
        print("foiscrawl: no web browser was found; open the address yourself", file=sys.stderr)
