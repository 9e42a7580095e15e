"""`foiscrawl query "SELECT …"`: ask the archive in SQL, and change nothing whatever the question is."""

import argparse
import math
import re
import sys
from pathlib import Path

from scrapy.commands import ScrapyCommand

from foiscrawl.commands import ArchiveCommand, check_pairs, refused, say
from foiscrawl.commands.files import check_new
from foiscrawl.commands.query_formats import FORMATS, SUFFIXES
from foiscrawl.errors import ExitCode, FoiscrawlError, UsageError
from foiscrawl.spiders.job import database_url

_SECONDS, _MOST_SECONDS = 60, 86_400
_EXAMPLE = "SELECT count(*) FROM articles_current"
_LARGEST_FILE = 4_000_000  # bytes of a question


class Command(ArchiveCommand, ScrapyCommand):
    def syntax(self) -> str:
        return '"SELECT ..." | -f FILE | --schema  [options]'

    def short_desc(self) -> str:
        return "Ask the archive in SQL; nothing that is asked can change it"

    def long_desc(self) -> str:
        return (
            "One SELECT, WITH, VALUES or EXPLAIN; `foiscrawl query --schema` lists what can be asked. A parameter is "
            "written as :name in the question and given with -p name=VALUE: where it is compared with a number it is "
            f"a number, else a text. Exit codes: 0 answered, 2 wrong question, {int(ExitCode.TIME_LIMIT)} stopped at "
            "the time limit, 5 database."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("-f", "--file", metavar="FILE", help="read the question from a file; - reads the input")
        parser.add_argument("-p", "--parameter", metavar="NAME=VALUE", action="append", default=[])
        parser.add_argument(
            "--format", choices=FORMATS, help="table on a terminal, by the name of the -o FILE, else csv by default"
        )
        parser.add_argument("-o", "--output", metavar="FILE", help="write to a file, whole or not at all")
        parser.add_argument("--force", action="store_true", help="write over an existing FILE")
        parser.add_argument(
            "--limit-seconds",
            metavar="N",
            default=str(_SECONDS),
            help=f"stop after so long, writing included (default: {_SECONDS})",
        )
        parser.add_argument(
            "--formulas",
            action="store_true",
            help="leave CSV cells as they are, for programs; a spreadsheet would run some as formulas",
        )
        parser.add_argument("--schema", action="store_true", help="list the views and their columns")
        parser.add_argument("--all", action="store_true", help="with --schema: the tables, too")

    def check(self, args: list[str], opts: argparse.Namespace) -> None:
        if opts.schema:
            if args or opts.file is not None:
                raise UsageError("--schema and a question cannot be asked for together")
            return
        if opts.all:
            raise UsageError("--all is of use with --schema only")
        opts.sql = _sql(args, opts.file)
        opts.values = _values(opts.parameter)
        opts.seconds = _seconds(opts.limit_seconds)
        opts.file_out = _output(opts)
        terminal = opts.file_out is None and sys.stdout is not None and sys.stdout.isatty()
        if opts.format is None:
            opts.format = "table" if terminal else SUFFIXES.get(Path(opts.output or "").suffix.lower(), "csv")
        if opts.format == "parquet" and opts.file_out is None:
            raise UsageError("Parquet is written to files only: add -o FILE")
        if opts.formulas and opts.format != "csv":
            raise UsageError(f"--formulas is of use with CSV only, not with {opts.format}")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if opts.schema:
            from foiscrawl.commands.query_schema import schema

            say(schema(tables=opts.all))
            return
        # Imported here: Scrapy loads every command before it runs one.
        from foiscrawl.commands.query_run import Output, bound_memory, drop_output, run
        from foiscrawl.storage.asking import open_reader

        assert self.settings is not None
        url = database_url(self.settings)
        try:
            reader = open_reader(url)
            if not url.startswith("sqlite"):  # SQLite bounds its memory itself
                bound_memory(parquet=opts.format == "parquet")
            with Output(opts.file_out, force=opts.force) as output:
                run(reader, opts.sql, opts.values, opts.seconds, output, opts.format, formulas=opts.formulas)
        except FoiscrawlError as error:
            self.exitcode = refused(error)
        except BrokenPipeError:  # nobody reads any more, as in `| head -1`
            drop_output()
        except KeyboardInterrupt:
            self.exitcode = int(ExitCode.INTERRUPTED)


def _sql(args: list[str], file: str | None) -> str:
    for one in args:
        if one.startswith("-") and " " not in one and "\n" not in one:
            raise UsageError(f"unknown option {one}; see foiscrawl query --help")
    if file is not None:
        if args:
            raise UsageError("give the question as an argument or with -f, not both")
        return _read(file)
    if len(args) != 1:
        much = "quote the whole question" if args else "ask something"
        raise UsageError(f'{much}, as in: foiscrawl query "{_EXAMPLE}"')
    return args[0]


def _read(file: str) -> str:
    try:
        if file == "-":
            data = sys.stdin.buffer.read(_LARGEST_FILE + 1)
        else:
            with Path(file).open("rb") as stream:
                data = stream.read(_LARGEST_FILE + 1)
        if len(data) > _LARGEST_FILE:
            raise UsageError(f"{file} is larger than {_LARGEST_FILE // 1_000_000} MB")
        return data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise UsageError(f"the question cannot be read from {file}: {why}") from error


def _values(pairs: list[str]) -> dict[str, str]:
    check_pairs("-p", pairs)
    values: dict[str, str] = {}
    for one in pairs:
        name, _, value = one.partition("=")
        name = name.removeprefix(":")
        if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
            raise UsageError(f"-p {name}: a parameter's name has letters, digits and _ only")
        if name in values:
            raise UsageError(f"-p {name} is given twice")
        values[name] = value
    return values


def _seconds(raw: str) -> float:
    try:
        seconds = float(raw)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= _MOST_SECONDS:
        raise UsageError(f"--limit-seconds {raw} must be above 0 and at most {_MOST_SECONDS}")
    return seconds


def _output(opts: argparse.Namespace) -> Path | None:
    if opts.force and opts.output is None:
        raise UsageError("--force is of use with -o only")
    if opts.output is None or opts.output == "-":
        return None
    file = Path(opts.output)
    check_new(file, force=opts.force)
    return file
