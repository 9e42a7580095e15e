"""Where articles stood: the lists of the site, and who was in them at which rank."""

from sqlalchemy import Column, Index, Integer, Table, UniqueConstraint

from foiscrawl.storage.columns import moment, one_of, partial_index, ref, row_id, string
from foiscrawl.storage.models.base import metadata

PLACE_KINDS = ("front", "ticker", "widget", "featured", "listing", "feed")

places = Table(
    "places",
    metadata,
    row_id(),
    ref("site_id", "sites", "Site"),
    string(
        "kind",
        "front (front page), ticker, widget, featured (strip above a list), listing (section page) or feed",
        nullable=False,
    ),
    ref("url_id", "urls", "Page on which the list stands"),
    string("section", "Section of a listing or featured strip"),
    ref("last_run_id", "runs", "Run that last read it whole"),
    moment("last_read_at", "When it was last read whole"),
    UniqueConstraint("site_id", "kind", "url_id"),
    one_of("kind", PLACE_KINDS),
    comment="Lists in which articles stand",
)

sightings = Table(
    "sightings",
    metadata,
    row_id(),
    ref("place_id", "places", "List"),
    ref("url_id", "urls", "Address that stood in it", index=True),
    Column("rank", Integer, nullable=False, comment="Its place in the list, from 1"),
    ref("from_run_id", "runs", "First run that saw it there"),
    moment("from_at", "When that run read the list"),
    ref("to_run_id", "runs", "Last run that saw it there; NULL: it stands there still", nullable=True),
    moment("to_at", "When that run read the list; NULL: it stands there still", nullable=True),
    comment="Which address stood at which rank from which run to which run; no row is added while nothing changes",
)
partial_index(
    "uq_sightings_open", sightings.c.place_id, sightings.c.rank, where=sightings.c.to_run_id.is_(None), unique=True
)
Index("ix_sightings_place_id", sightings.c.place_id, sightings.c.from_at)
