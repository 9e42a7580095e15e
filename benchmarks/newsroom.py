"""The site that is crawled, in a process of its own: rendered beforehand, and told what to do line by line."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.crawling import ROOT, environment
from tests.newsroom import Clock, Newsroom, Server, serve

ARTICLES_A_DAY = 40


class Site:
    """The other end of `main`: each method is one line there and one line back."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.home: str = self._read()["home"]

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the newsroom has died")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _ask(self, **order: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return self._read()

    def now(self) -> str:
        return str(self._ask(do="now")["now"])

    def forward(self, hours: float) -> None:
        self._ask(do="forward", hours=hours)

    def requests(self) -> int:
        """How many came since this was last asked."""
        return self.traffic()[0]

    def traffic(self) -> tuple[int, int]:
        """Requests that came since this was last asked, and bytes of the bodies that were sent, as they travelled."""
        told = self._ask(do="traffic")
        return told["requests"], told["bytes"]

    def change(self, new: int, edited: int) -> tuple[set[str], set[str]]:
        """Publish and edit so many; their numbers."""
        told = self._ask(do="change", new=new, edited=edited)
        return set(told["new"]), set(told["edited"])


@contextmanager
def newsroom(articles: int) -> Iterator[Site]:
    """A site with so many plain articles, on a free port of this machine."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.newsroom", str(articles)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment(),
    )
    with process:
        try:
            yield Site(process)
        finally:
            process.terminate()


def main() -> None:
    articles = int(sys.argv[1])
    clock = Clock()
    newsroom = Newsroom(
        now=clock, articles=articles, days=max(articles / ARTICLES_A_DAY, 1), oddities=(), same_second=0
    )
    with serve(newsroom, prerender=True) as server:
        print(json.dumps({"home": f"{server.url}/"}), flush=True)
        for line in sys.stdin:
            print(json.dumps(_answer(json.loads(line), server, clock)), flush=True)


def _answer(order: dict[str, Any], server: Server, clock: Clock) -> dict[str, Any]:
    newsroom = server.newsroom
    match order["do"]:
        case "now":
            return {"now": clock().isoformat()}
        case "forward":
            clock.forward(hours=order["hours"])
            return {}
        case "traffic":
            log = server.requests
            server.forget()
            return {"requests": len(log), "bytes": sum(one.size for one in log)}
        case "change":
            old = sorted(newsroom.articles.values(), key=lambda one: one.published, reverse=True)
            edited = old[:: max(1, len(old) // order["edited"])][: order["edited"]]  # new ones and old ones
            for one, kind in zip(edited, ("headline", "body", "letter") * len(edited), strict=False):
                newsroom.edit(one, kind)
            new = [newsroom.publish() for _ in range(order["new"])]
            return {"new": [str(one.id) for one in new], "edited": [str(one.id) for one in edited]}
    raise ValueError(f"no such order: {order}")


if __name__ == "__main__":
    main()
