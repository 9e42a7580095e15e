"""Datasette with our pages, on loopback, until it is asked to end."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn
from datasette.app import Datasette
from datasette.plugins import DEFAULT_PLUGINS, pm
from sqlalchemy import Engine

from foiscrawl.browse import plugin
from foiscrawl.browse.csv_cells import Disarmed
from foiscrawl.browse.guard import Guard
from foiscrawl.browse.locked import Archive
from foiscrawl.browse.reading import Shelf
from foiscrawl.errors import UsageError

HOST = "127.0.0.1"
ARCHIVE = "archive"  # the database's name in addresses, whatever its file is called
HERE = Path(__file__).parent
SETTINGS = {
    "sql_time_limit_ms": 10_000,
    "facet_time_limit_ms": 1000,
    "suggest_facets": False,  # tries each column of each table whenever one is looked at
    "max_returned_rows": 1000,
    "default_page_size": 50,
    "truncate_cells_html": 300,
    "allow_download": False,
    "allow_csv_stream": False,
    "default_cache_ttl": 0,
}
# Of Datasette's own plugins those that a reader of one file needs; its handler of errors prints archived text.
OWN = [one for one in DEFAULT_PLUGINS if "publish" not in one and not one.endswith((".handle_exception", "_cookie"))]
_GRACE = 3  # s for answers that are under way when the end is asked for


def make(file: Path, engine: Engine, note: str | None = None) -> Datasette:
    """Datasette with this archive alone and no plugin but ours, whatever else is installed beside it.

    engine: of the same file, read-only. note: a line for the front page.
    """
    for name, other in list(pm.list_name_plugin()):
        if name not in OWN and other is not plugin:
            pm.unregister(other)
    if not pm.is_registered(plugin):
        pm.register(plugin, "foiscrawl.browse.plugin")
    made = Datasette(
        files=[],
        settings=SETTINGS,
        template_dir=str(HERE / "templates"),
        static_mounts=[("assets", str(HERE / "assets"))],
        metadata={"title": "foiscrawl"},
    )
    made.remove_database("_memory")
    made.add_database(Archive(made, str(file)), name=ARCHIVE)
    made.foiscrawl = Shelf(engine, file, note)
    return made


def listen(port: int) -> socket.socket:
    """A socket on loopback; port 0 takes any free one. Raises UsageError when it is taken."""
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise UsageError(
            f"port {port} cannot be used ({why}); name another with --port, or --port 0 for any free one"
        ) from error


def serve(made: Datasette, door: socket.socket, started: Callable[[str], None]) -> None:
    """Answer until Ctrl-C or SIGTERM. started: called with the address once a browser can be sent there."""
    port = door.getsockname()[1]
    config = uvicorn.Config(
        Guard(Disarmed(made.app()), port),
        log_config=None,
        log_level="error",  # that a request made no sense is nobody's news
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_keep_alive=60,
        timeout_graceful_shutdown=_GRACE,
        limit_concurrency=100,
    )
    logging.getLogger("uvicorn.error").addFilter(lambda record: "graceful shutdown" not in record.getMessage())
    server = _Server(config, lambda: started(f"http://{HOST}:{port}/"))
    # uvicorn sends itself the signal again when it has shut down; then nothing is left to end.
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: None)
    try:
        asyncio.run(server.serve(sockets=[door]))
    finally:
        made.get_database(ARCHIVE).close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._started()
