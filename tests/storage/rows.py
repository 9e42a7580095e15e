"""Rows for tests, with as little said as a table asks for."""

from datetime import UTC, datetime

from sqlalchemy import Connection, insert

from foiscrawl.storage.models import articles, fetches, revisions, runs, sites, urls

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def add_site(connection: Connection, **values: object) -> int:
    row = {"name": "essai", "title": "Essai", "home": "https://essai.test/", "created_at": NOON, **values}
    return int(connection.execute(insert(sites).values(row)).inserted_primary_key[0])


def add_run(connection: Connection, site_id: int, **values: object) -> int:
    row = {"site_id": site_id, "mode": "update", "arguments": {}, "versions": {}, "started_at": NOON}
    return int(connection.execute(insert(runs).values({**row, "heartbeat_at": NOON, **values})).inserted_primary_key[0])


def add_url(connection: Connection, site_id: int, run_id: int, key: str, **values: object) -> int:
    row = {"site_id": site_id, "url_key": key, "url": f"https://{key}", "kind": "article", "found_in": "feed"}
    seen = {"first_seen_at": NOON, "last_seen_at": NOON, "first_run_id": run_id}
    return int(connection.execute(insert(urls).values({**row, **seen, **values})).inserted_primary_key[0])


def add_fetch(connection: Connection, run_id: int, url_id: int, **values: object) -> int:
    row = {"run_id": run_id, "url_id": url_id, "kind": "article", "taken_at": NOON, **values}
    return int(connection.execute(insert(fetches).values(row)).inserted_primary_key[0])


def add_article(connection: Connection, site_id: int, key: str, **values: object) -> int:
    row = {"site_id": site_id, "canonical_url": f"https://{key}", "url_key": key, "content_hash": "0" * 64}
    seen = {"first_seen_at": NOON, "last_seen_at": NOON, "last_checked_at": NOON}
    return int(connection.execute(insert(articles).values({**row, **seen, **values})).inserted_primary_key[0])


def add_revision(connection: Connection, article_id: int, fetch_id: int, **values: object) -> None:
    row = {"article_id": article_id, "number": 1, "fetch_id": fetch_id, "captured_at": NOON, "body_text": "Un texte."}
    rest = {"body_html": "<p>Un texte.</p>", "access": "open", "content_hash": "0" * 64, "layout": "generic"}
    connection.execute(
        insert(revisions).values({**row, **rest, "extractor_version": "1", "origins": {}, "flags": [], **values})
    )
