"""Which articles are asked for: site, sections, authors, states and dates; search, export and report share it.

A filter compares names as a reader does: case, accents and punctuation do not matter, and a section may be named by its
label or as it stands in addresses.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, select

from foiscrawl.storage.bulk import among, texts
from foiscrawl.storage.models import ARTICLE_STATES, article_sections, articles, authors, revisions, sections, sites
from foiscrawl.text import comparable


class UnknownName(LookupError):
    """A site, section, author or state that the archive does not hold; `known` are those that it does."""

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        super().__init__(f"the archive holds no {kind} {name}")
        self.name = name
        self.known = list(known)


_SLUGS = (
    select(article_sections.c.name, article_sections.c.slug).distinct().union(select(sections.c.name, sections.c.slug))
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Names as the archive spells them; empty: all. Several of one kind: any of them.

    sections       any section of the article, not the main one alone
    since, until   aware instants, both inclusive; articles without a believable date of publication are left out
    """

    site: str | None = None
    sections: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def told(self) -> dict[str, Any]:
        """What is asked for, without what is not; for a manifest or a message."""
        plain = {name: value for name, value in asdict(self).items() if value}
        return {name: list(one) if isinstance(one, tuple) else _iso(one) for name, one in plain.items()}


def resolve(conn: Connection, wanted: Filter) -> Filter:
    """The filter with each name as the archive spells it. Raises UnknownName."""
    for state in wanted.states:
        if state not in ARTICLE_STATES:
            raise UnknownName("state", state, ARTICLE_STATES)
    known_sites = site_names(conn)
    if wanted.site is not None and wanted.site not in known_sites:
        raise UnknownName("site", wanted.site, known_sites)
    return Filter(
        wanted.site,
        _all_spelt(conn, "section", wanted.sections),
        _all_spelt(conn, "author", wanted.authors),
        tuple(dict.fromkeys(wanted.states)),
        wanted.since,
        wanted.until,
    )


def site_names(conn: Connection) -> list[str]:
    return list(conn.execute(select(sites.c.name).order_by(sites.c.id)).scalars())


def conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """What a row of `articles`, joined with that of `revisions` which counts, has to meet."""
    met: list[ColumnElement[bool]] = []
    if wanted.site is not None:
        met.append(articles.c.site_id == select(sites.c.id).where(sites.c.name == wanted.site).scalar_subquery())
    if wanted.states:
        met.append(articles.c.state.in_(wanted.states))
    for table, names in ((article_sections, wanted.sections), (authors, wanted.authors)):
        if names:
            met.append(exists().where(table.c.article_id == articles.c.id, table.c.name.in_(names)))
    if wanted.since is not None:
        met.append(revisions.c.published_at >= wanted.since)
    if wanted.until is not None:
        met.append(revisions.c.published_at <= wanted.until)
    return met


def _all_spelt(conn: Connection, kind: str, wanted: Collection[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for name in wanted for one in _spelt(conn, kind, name)))


def _spelt(conn: Connection, kind: str, wanted: str) -> list[str]:
    """The names in the archive that are meant; the very name, which an index finds, saves reading all of them."""
    table = article_sections if kind == "section" else authors
    one = select(table.c.name).where(among(table.c.name, texts("names"))).limit(1)
    if conn.execute(one, {"names": [wanted]}).first():
        return [wanted]
    known = {name: {comparable(name)} for name in conn.execute(select(table.c.name).distinct()).scalars()}
    if kind == "section":
        for name, slug in conn.execute(_SLUGS):
            known.setdefault(name, {comparable(name)}).add(comparable((slug or "").replace("-", " ")))
    meant = {comparable(wanted), comparable(wanted.replace("-", " "))} - {""}
    found = sorted(name for name, forms in known.items() if forms & meant)
    if not found:
        raise UnknownName(kind, wanted, sorted(known))
    return found


def _iso(value: Any) -> Any:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value
