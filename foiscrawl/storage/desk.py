"""An archive opened by a command that changes it: under the lock of the site, so that no run is at work meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from foiscrawl.storage.engine import make_engine, translate
from foiscrawl.storage.lock import site_lock
from foiscrawl.storage.migrate import open_archive
from foiscrawl.storage.transactions import Transactions


@contextmanager
def writing(url: str, site: str, wait: float) -> Iterator[Transactions]:
    """Run work in transactions of its own. wait: seconds for which a database that is away is waited for.

    Raises AlreadyRunning, UsageError, DatabaseError, DiskFull.
    """
    make_engine(url, read_only=True).dispose()  # refuses an archive that is not there, which the next line would make
    engine = open_archive(url)
    try:
        lock = site_lock(engine, site)
        lock.acquire()
        try:
            yield Transactions(engine, lock, wait)
        finally:
            lock.release()
    except DBAPIError as error:
        raise translate(error, engine.url) from error
    finally:
        engine.dispose()
