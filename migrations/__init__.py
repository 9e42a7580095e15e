"""Alembic's environment. `foiscrawl migrate` and the first crawl of a SQLite archive run it; see storage/migrate.py."""
