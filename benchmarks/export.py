"""Export to Parquet against a bare read of the same rows by the database's own driver; peak memory of the export.

    python -m benchmarks.export sqlite:///big.db

The archive is one that `benchmarks.million` has filled. Run it as a program of its own: the kernel counts for a child
at least the memory that its parent had, so that after filling an archive in the same process the peak is too high.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from foiscrawl.storage.engine import make_engine

BATCH = 1_000
_BARE = """
SELECT a.*, r.* FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision_count ORDER BY a.id
"""


def bare(url: str) -> int:
    """Fetch all articles with their texts, in batches, through a cursor of the server's."""
    engine = make_engine(url, read_only=True)
    connection = engine.raw_connection()
    driver = connection.driver_connection
    assert driver is not None
    cursor = driver.cursor(name="bare") if engine.dialect.name == "postgresql" else driver.cursor()
    cursor.execute(_BARE)
    count = 0
    while rows := cursor.fetchmany(BATCH):
        count += len(rows)
    cursor.close()
    connection.close()
    engine.dispose()
    return count


def measure(url: str) -> dict[str, float]:
    """Seconds of both, their ratio, and the peak memory of the export in MB."""
    began = time.monotonic()
    count = bare(url)
    read = time.monotonic() - began
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        program = str(Path(sys.executable).with_name("foiscrawl"))
        began = time.monotonic()
        subprocess.run(
            [program, "export", str(out), "-s", f"FOISCRAWL_DATABASE_URL={url}"], check=True, stdout=subprocess.DEVNULL
        )
        took = time.monotonic() - began
        size = sum(one.stat().st_size for one in out.rglob("*") if one.is_file())
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {
        "articles": count,
        "bare": read,
        "export": took,
        "ratio": took / read,
        "peak_mb": peak,
        "out_mb": size / 1e6,
    }


if __name__ == "__main__":
    for name, value in measure(sys.argv[1]).items():
        print(f"{name:10} {value:,.2f}")
