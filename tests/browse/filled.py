"""Two archives to be browsed: one whose counts are known, one in which every text is hostile."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from foiscrawl.storage import searchable
from foiscrawl.storage.models import (
    alarms,
    article_sections,
    articles,
    authors,
    captures,
    fetches,
    images,
    links,
    looks,
    places,
    removals,
    revisions,
    sections,
    sightings,
    tags,
    term_changes,
    urls,
)
from foiscrawl.storage.searchable import Text
from tests.storage.rows import NOON, add_article, add_fetch, add_revision, add_run, add_site, add_url

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECTIONS = ("Politique", "Société", "Économie", "Île & côte", "a/b?c=d&e")
AUTHORS = ("Anaïs Durand", "Côme d'Arc", 'Zoé "Z" Petit')


@dataclass(frozen=True)
class Book:
    """What is known of an article of the library."""

    id: int
    sections: tuple[str, ...]
    authors: tuple[str, ...]
    month: str
    published: datetime | None


def library(conn: Connection, number: int = 130) -> list[Book]:
    """Articles with several sections, authors and months, every seventh with a second revision of another month."""
    dice = random.Random(4)
    site = add_site(conn, title="Essai Fois")
    run = add_run(conn, site, ended_at=NOON + HOUR, outcome="done")
    return [_book(conn, dice, site, run, one) for one in range(number)]


def _book(conn: Connection, dice: random.Random, site: int, run: int, number: int) -> Book:
    key = f"essai.test/article-{number}"
    published = None if number % 29 == 28 else NOON - DAY * dice.randrange(200) - HOUR * dice.randrange(24)
    second = number % 7 == 3
    url = add_url(conn, site, run, key)
    fetch = add_fetch(conn, run, url, outcome="stored", settled_at=NOON)
    id_ = add_article(conn, site, key, revision_count=1 + second, source_id=str(1000 + number))
    conn.execute(update(urls).where(urls.c.id == url).values(article_id=id_))
    mine = tuple(dict.fromkeys(dice.choices(SECTIONS, k=dice.choice((1, 1, 2, 3)))))
    by = tuple(dict.fromkeys(dice.choices(AUTHORS, k=dice.choice((0, 1, 1, 2)))))
    body = f"Premier paragraphe de l'article {number}.\n\nLe second paragraphe parle de terres rares."
    text = {"headline": f"Titre {number}", "section": mine[0], "byline": " et ".join(by) or None}
    first = {"kind": "first", "published_at": published, "body_text": body, "body_html": html(body)}
    add_revision(conn, id_, fetch, word_count=12, **first, **text)
    if second:
        again = body.replace("terres rares", "métaux communs")
        published = published and published - DAY * 40
        later = {"number": 2, "kind": "body", "change_size": 4, "captured_at": NOON + HOUR, "published_at": published}
        add_revision(conn, id_, fetch, body_text=again, body_html=html(again), word_count=12, **later, **text)
    for table, names in ((article_sections, mine), (authors, by)):
        for position, name in enumerate(names, 1):
            conn.execute(insert(table).values(article_id=id_, position=position, name=name))
    return Book(id_, mine, by, f"{published:%Y-%m}" if published else "undated", published)


def html(body: str) -> str:
    return "".join(f"<p>{one}</p>" for one in body.split("\n\n"))


def story(conn: Connection) -> None:
    """What article 1 went through: another address, a copy, looks and a removal, raw answers, places in two lists."""
    site, run = 1, 1
    old = add_url(conn, site, run, "essai.test/vieille-adresse", article_id=1, found_in="listing")
    own = conn.execute(select(urls.c.id).where(urls.c.article_id == 1).order_by(urls.c.id)).scalars().first()
    first = conn.execute(select(fetches.c.id).where(fetches.c.url_id == own)).scalar_one()
    conn.execute(update(articles).where(articles.c.id == 1).values(state="removed"))
    conn.execute(update(articles).where(articles.c.id == 2).values(duplicate_of_id=1))
    row = {"run_id": run, "fetch_id": first, "url": "https://essai.test/article-0", "captured_at": NOON, "status": 200}
    row |= {"record": "response", "record_id": "1", "file": "essai-run1-001.warc.gz", "record_offset": 4096}
    conn.execute(insert(captures).values(**row, record_length=1234, digest="sha1:x", record_digest="0" * 64))
    for days in (1, 8, 16):
        look_run = add_run(conn, site, ended_at=NOON + DAY * days, outcome="done", canaries="well")
        fetch = add_fetch(conn, look_run, own, outcome="gone", status=404, settled_at=NOON)
        told = {"article_id": 1, "url_id": own, "fetch_id": fetch, "run_id": look_run, "status": 404}
        conn.execute(insert(looks).values(**told, looked_at=NOON + DAY * days, verdict="not_found"))
    gone = {"article_id": 1, "state": "removed", "rule": "1", "looks": 3, "last_status": 404}
    times = {"first_failed_at": NOON + DAY, "last_failed_at": NOON + DAY * 16, "confirmed_at": NOON + DAY * 16}
    conn.execute(insert(removals).values(**gone, **times))
    back = {"article_id": 3, "state": "returned", "rule": "1", "looks": 2, "returned_at": NOON + DAY * 3}
    conn.execute(insert(removals).values(**back, first_failed_at=NOON, last_failed_at=NOON + DAY))
    conn.execute(insert(tags).values(article_id=1, position=1, name="terres rares"))
    conn.execute(insert(term_changes).values(_change()))
    conn.execute(insert(sections).values(_section(site)))
    standing(conn, site, run, own, old)


def _change() -> dict[str, Any]:
    fetch = {"article_id": 4, "fetch_id": 1, "seen_at": NOON + HOUR}
    return fetch | {"kind": "section", "change": "added", "name": "Culture"}


def _section(site: int) -> dict[str, Any]:
    row = {"site_id": site, "url_key": "essai.test/politique", "url": "https://essai.test/politique", "position": 1}
    return row | {"name": "Politique", "first_seen_at": NOON, "last_seen_at": NOON}


def standing(conn: Connection, site: int, run: int, first: int, other: int) -> None:
    """Two lists: at noon `first` stood above article 5, at 14 h article 6 came to the head, `first` is second since."""
    page = add_url(conn, site, run, "essai.test", kind="home")
    at = {row.article_id: row.id for row in conn.execute(select(urls).where(urls.c.article_id.in_([5, 6])))}
    for kind, section in (("front", None), ("listing", "Politique")):
        last = {"last_run_id": run, "last_read_at": NOON + 3 * HOUR}
        row = {"site_id": site, "kind": kind, "section": section, "url_id": page, **last}
        place = conn.execute(insert(places).values(row)).inserted_primary_key[0]
        stood = ((first, 1, 0, 1), (at[5], 2, 0, 1), (at[6], 1, 2, None), (first, 2, 2, None))
        for url, rank, came, went in stood:
            to = {"to_run_id": run, "to_at": NOON + went * HOUR} if went is not None else {}
            row = {"place_id": place, "url_id": url, "rank": rank, "from_run_id": run, "from_at": NOON + came * HOUR}
            conn.execute(insert(sightings).values({**row, **to}))


def searched(engine: Engine) -> None:
    """Make the texts searchable that were inserted by hand."""
    with engine.begin() as conn:
        of_article = articles.c.id == revisions.c.article_id
        found = conn.execute(select(revisions, articles.c.revision_count).join(articles, of_article))
        texts = [
            Text(
                row.article_id,
                row.number,
                row.number == row.revision_count,
                row.published_at,
                row.headline,
                row.standfirst,
                row.body_text,
            )
            for row in found
        ]
        searchable.add(conn, texts)


def trap(conn: Connection, hostile: list[str]) -> int:
    """One article for each hostile text, which stands in all of its fields; gives how many articles there are."""
    site = add_site(conn, title=hostile[0], home="https://piege.test/" + hostile[0])
    run = add_run(conn, site, ended_at=NOON, outcome="degraded", reason=hostile[15], canaries="well")
    conn.execute(insert(alarms).values(site_id=site, run_id=run, kind="layout", message=hostile[1], raised_at=NOON))
    page = add_url(conn, site, run, "piege.test", kind="home")
    row = {"site_id": site, "kind": "listing", "url_id": page, "section": hostile[0], "last_run_id": run}
    place = conn.execute(insert(places).values(**row, last_read_at=NOON)).inserted_primary_key[0]
    for number, text in enumerate(hostile):
        _trapped(conn, site, run, place, number, text)
    return len(hostile)


def _trapped(conn: Connection, site: int, run: int, place: int, number: int, text: str) -> None:
    key = f"piege.test/{number}/{text}"
    url = add_url(conn, site, run, key, url=text, title=text, reason=text, section=text, found_in=text)
    fetch = add_fetch(conn, run, url, outcome="stored", settled_at=NOON, reason=text, final_url=text)
    id_ = add_article(conn, site, key, canonical_url=text, source_id=f"{number}{text}", revision_count=2)
    conn.execute(update(urls).where(urls.c.id == url).values(article_id=id_))
    names = ("headline", "standfirst", "byline", "credit", "body_html", "published_raw", "section", "language")
    fields = dict.fromkeys((*names, "layout", "extractor_version", "published_flag"), text)
    when = {"published_at": datetime(2026, 1 + number % 12, 1, tzinfo=UTC)}
    add_revision(conn, id_, fetch, body_text=f"{text} avant\n\nfin", kind="first", **fields, **when)
    changed = {"number": 2, "kind": "headline,standfirst,byline,credit,body", "change_size": 9, **when}
    after = {**fields, "headline": f"{text} deux", "byline": f"deux {text}", "credit": None}
    add_revision(conn, id_, fetch, body_text=f"{text} après {text}\n\nfin", **changed, **after)
    for table in (article_sections, tags):
        conn.execute(insert(table).values(article_id=id_, position=1, name=text, slug=text))
    conn.execute(insert(authors).values(article_id=id_, position=1, name=text))
    picture = {"url": text, "role": "body", "caption": text, "credit": text, "alt": text}
    conn.execute(insert(images).values(article_id=id_, position=1, **picture))
    conn.execute(insert(links).values(article_id=id_, position=1, url=text, text=text, kind="external"))
    row = {"run_id": run, "fetch_id": fetch, "url": text, "captured_at": NOON, "status": 200, "record": "response"}
    file = {"record_id": "1", "file": text, "record_offset": 1, "record_length": 2, "digest": text}
    conn.execute(insert(captures).values(**row, **file, record_digest=text, truncated=text))
    look = {"article_id": id_, "url_id": url, "fetch_id": fetch, "run_id": run, "looked_at": NOON}
    conn.execute(insert(looks).values(**look, verdict="gone", status=410))
    gone = {"article_id": id_, "state": "removed", "rule": text, "looks": 3, "last_status": 410}
    conn.execute(insert(removals).values(**gone, first_failed_at=NOON, last_failed_at=NOON, confirmed_at=NOON))
    term = {"article_id": id_, "fetch_id": fetch, "seen_at": NOON, "kind": "tag", "change": "removed", "name": text}
    conn.execute(insert(term_changes).values(term))
    stood = {"place_id": place, "url_id": url, "rank": number + 1, "from_run_id": run, "from_at": NOON}
    conn.execute(insert(sightings).values(stood))
    if number:
        conn.execute(update(articles).where(articles.c.id == id_).values(duplicate_of_id=id_ - 1))
