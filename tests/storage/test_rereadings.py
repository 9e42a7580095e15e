"""Stored texts read again: what differs changes in its place, and is kept as it was."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine

from foiscrawl.site import Site
from foiscrawl.storage import mending, rereadings, revision_rows
from foiscrawl.storage.models import articles, held_changes, revisions
from foiscrawl.storage.models import rereadings as table
from tests.storage.holding import SITE, Page, Past
from tests.storage.making import DAY, rows, words


@pytest.fixture
def past(engine: Engine) -> Iterator[Past]:
    with engine.begin() as connection:
        yield Past(connection)


def with_layout(**fields: object) -> Site:
    """The site with one more layout, for pages of the theme that these tests show."""
    old = next(one for one in SITE.layouts if one.name == "smartmag-modern")
    return replace(SITE, layouts=(replace(old, name="later", **fields), *SITE.layouts))


def read(past: Past, site: Site) -> list[rereadings.Reread]:
    ids = rereadings.ids(past.conn, rows(past.conn, articles)[0]["site_id"])
    return rereadings.read_again(past.conn, site, past.read, ids)


def dump(conn: Connection) -> list[object]:
    return [rows(conn, one) for one in (articles, revisions, table, held_changes)]


def test_the_same_code_reads_the_same_and_nothing_is_written(past: Past):
    past.publish(3)
    before = dump(past.conn)

    found = read(past, SITE)

    assert [(one.before, one.problem, one.from_layout == one.to_layout) for one in found] == [({}, None, True)] * 3
    assert rereadings.apply(past.conn, found, past.now) == 0
    assert dump(past.conn) == before


def test_what_a_new_layout_reads_otherwise_changes_in_its_place_and_is_kept_as_it_was(past: Past):
    page, copy = past.publish(2)
    copy.body = page.body + " fin"
    past.look([copy])
    before = rows(past.conn, revisions)
    site = with_layout(headline=("css:title",))

    found = read(past, site)
    assert [sorted(one.before) for one in found] == [["content_hash", "headline"]] * 3
    assert {one.after["headline"] for one in found} == {"T"}
    assert rows(past.conn, revisions) == before
    assert rereadings.apply(past.conn, found, past.now + DAY) == 3

    after = rows(past.conn, revisions)
    assert [(one["number"], one["kind"], one["captured_at"]) for one in after] == [
        (one["number"], one["kind"], one["captured_at"]) for one in before
    ]
    assert {one["headline"] for one in after} == {"T"}
    assert {one["layout"] for one in after} == {"later"}
    assert [one["row_digest"] for one in after] == [revision_rows.row_digest(one) for one in after]
    kept = rows(past.conn, table)
    assert [one["before"]["headline"] for one in kept] == [one["headline"] for one in before]
    assert {(one["from_layout"], one["to_layout"], one["read_at"]) for one in kept} == {
        ("smartmag-modern", "later", past.now + DAY)
    }
    current = {one["article_id"]: one["content_hash"] for one in after}  # the last of each
    assert {one["id"]: one["content_hash"] for one in rows(past.conn, articles)} == current
    assert [one.before for one in read(past, site)] == [{}] * 3


def test_copies_are_labelled_by_what_is_read_now(past: Past):
    page, copy = past.publish(2)
    copy.body = page.body
    past.look([copy])
    assert [one["duplicate_of_id"] for one in rows(past.conn, articles)] == [None, None]  # the headlines differ

    rereadings.apply(past.conn, read(past, with_layout(headline=("css:title",))), past.now)

    first, second = rows(past.conn, articles)
    assert (first["duplicate_of_id"], second["duplicate_of_id"]) == (None, first["id"])
    assert rereadings.equal_neighbours(past.conn, first["site_id"]) == 0


def test_revisions_that_become_equal_stay_and_are_counted(past: Past):
    (page,) = past.publish(1)
    page.headline = "Un autre titre"
    past.look([page])

    rereadings.apply(past.conn, read(past, with_layout(headline=("css:title",))), past.now)

    assert rereadings.equal_neighbours(past.conn, rows(past.conn, articles)[0]["site_id"]) == 1
    assert [one["number"] for one in rows(past.conn, revisions)] == [1, 2]


def test_what_cannot_be_read_stays_as_it_is_and_says_why(past: Past):
    past.publish(2)
    past.captures.pop(min(past.captures))
    before = dump(past.conn)

    found = read(past, with_layout(body=("css:.nothing",), headline=("css:title",)))
    assert [one.problem for one in found] == ["no_captures", "no_body"]
    rereadings.apply(past.conn, found, past.now)

    assert dump(past.conn) == before


def test_held_changes_are_judged_again_by_what_they_read_like_now(past: Past):
    pages = past.publish(15)
    for one in pages:
        one.content_class = "relooked"
    decoy = Decoy(pages)
    decoy.on()
    past.look(pages)
    assert {one["state"] for one in rows(past.conn, held_changes)} == {"held"}
    site_id = rows(past.conn, articles)[0]["site_id"]

    as_before = mending.plan(past.conn, site_id, SITE, past.read)
    mended = mending.plan(past.conn, site_id, with_layout(match=".relooked", body=("css:.relooked",)), past.read)

    assert (as_before.apply, as_before.doubtful, as_before.close) == ([], 15, [])
    assert (len(mended.apply), mended.same, mended.edits, mended.close) == (15, 14, 1, [1])


class Decoy:
    """Pages whose old element for the body holds the same advertisement; the first of them was edited besides."""

    def __init__(self, pages: list[Page]) -> None:
        self.pages = pages

    def on(self) -> None:
        offer = words("offre", count=120)
        self.pages[0].body += " corrigé"
        for one in self.pages:
            one.headline += f'</h1><div class="post-content entry-content"><p>{offer}</p></div><h1>'
