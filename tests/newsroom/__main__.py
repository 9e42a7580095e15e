"""Serve a newsroom for a demo or a benchmark: python -m tests.newsroom --port 8000 --articles 500."""

import argparse
import asyncio
import contextlib
import signal
import sys

from tests.newsroom import options as choices
from tests.newsroom.model import Newsroom
from tests.newsroom.server import Server, run


def parser() -> argparse.ArgumentParser:
    plain = choices.Options()
    out = argparse.ArgumentParser(
        prog="python -m tests.newsroom",
        description="Serve a made-up French news site on 127.0.0.1. It prints its address; Ctrl-C ends it.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    out.add_argument("--port", type=int, default=8000, help="0 takes a free one")
    out.add_argument("--articles", type=int, default=plain.articles, help="how many articles there are")
    out.add_argument("--days", type=float, default=plain.days, help="they are spread backwards over so many days")
    out.add_argument("--seed", type=int, default=plain.seed, help="same seed, same site")
    out.add_argument("--layout", choices=choices.LAYOUTS, default=plain.layout, help="theme layout of the pages")
    out.add_argument(
        "--pagination", choices=choices.PAGINATIONS, default=plain.pagination, help="how section lists go on"
    )
    out.add_argument(
        "--sources",
        nargs="*",
        choices=("feeds", "sitemaps", "rest"),
        default=["feeds", "sitemaps", "rest"],
        help="machine-readable sources that are open; none after the option closes all",
    )
    out.add_argument("--sitemaps", choices=choices.SITEMAPS, default=plain.sitemaps, help="who writes the sitemaps")
    out.add_argument("--rest", choices=choices.REST, default=plain.rest, help="what the REST API answers")
    out.add_argument("--seo", choices=choices.SEOS, default=plain.seo, help="plugin behind the pages' metadata")
    out.add_argument(
        "--permalinks", choices=choices.PERMALINKS, default=plain.permalinks, help="shape of the addresses"
    )
    out.add_argument("--page-size", type=int, default=plain.page_size, help="cards on a list page")
    out.add_argument("--plain", action="store_true", help="no odd articles, no shared second")
    out.add_argument("--noise", action="store_true", help="every fetch of a page differs in what does not matter")
    out.add_argument("--latency", type=float, default=0.0, help="seconds that every answer waits")
    out.add_argument("--prerender", action="store_true", help="render all pages before the first request")
    return out


def newsroom_from(arguments: argparse.Namespace) -> Newsroom:
    names = (
        "articles",
        "days",
        "seed",
        "layout",
        "pagination",
        "sitemaps",
        "rest",
        "seo",
        "permalinks",
        "page_size",
        "noise",
    )
    chosen = {name: getattr(arguments, name) for name in names}
    chosen["feeds"] = "feeds" in arguments.sources
    if "sitemaps" not in arguments.sources:
        chosen["sitemaps"] = "none"
    if "rest" not in arguments.sources and arguments.rest == "open":
        chosen["rest"] = "404"
    if arguments.plain:
        chosen.update(oddities=(), same_second=0)
    return Newsroom(**chosen)


async def serve_until_told(server: Server, arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)

    def ready() -> None:
        if arguments.prerender:
            print(f"prerendered {server.prerender()} pages", file=sys.stderr, flush=True)
        print(server.url + "/", flush=True)

    await run(server, arguments.port, ready, stop)


def main() -> int:
    arguments = parser().parse_args()
    try:
        newsroom = newsroom_from(arguments)
    except ValueError as error:
        parser().error(str(error))
    with contextlib.suppress(KeyboardInterrupt):
        try:
            asyncio.run(serve_until_told(Server(newsroom, latency=arguments.latency), arguments))
        except OSError as error:
            print(f"cannot serve on port {arguments.port}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
