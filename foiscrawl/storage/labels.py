"""Labels of duplicates. They label and never delete.

An exact copy names the first stored article with its content hash. A near-copy names the article it resembles most
among the older ones without a label, with the similarity measured between these two. So labels lead to older articles
only, and never through a second label of the same kind: no cycles, no chains.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, bindparam, column, delete, func, select, true, update

from foiscrawl import fingerprint
from foiscrawl.storage.bulk import BulkInsert, among, numbers, run_many, texts
from foiscrawl.storage.models import articles, near_bands


@dataclass(slots=True)
class Text:
    """The text of an article that a batch stored, and the one it had before (None: the article is new)."""

    content_hash: str
    signature: bytes | None
    bands: tuple[int, ...]
    old_hash: str | None = None
    old_signature: bytes | None = None


@dataclass(slots=True)
class _Judged:
    """An article whose near label is found anew. labelled: it has one now; exact: it is an exact copy."""

    signature: bytes | None
    labelled: bool
    exact: bool


_roots = (
    select(articles.c.content_hash, func.min(articles.c.id).label("root"))
    .where(among(articles.c.content_hash, texts("hashes")))
    .group_by(articles.c.content_hash)
    .subquery()
)
_MISLABELLED = (
    select(articles.c.id, _roots.c.root, articles.c.near_duplicate_of_id, articles.c.signature)
    .join(_roots, _roots.c.content_hash == articles.c.content_hash)
    .where(func.coalesce(articles.c.duplicate_of_id, articles.c.id) != _roots.c.root)
)
_FOLLOWERS = select(articles.c.id, articles.c.signature).where(
    among(articles.c.near_duplicate_of_id, numbers("originals"))
)
_EXACT = select(articles.c.id).where(among(articles.c.id, numbers("ids")), articles.c.duplicate_of_id.is_not(None))
_original = articles.alias("original")
# Band by band: asked for any of 600 at once, PostgreSQL reads the whole table while it has no statistics of it.
_each = func.unnest(numbers("bands")).table_valued(column("band", BigInteger)).render_derived(name="each")
_holders = select(near_bands.c.article_id).where(near_bands.c.band == _each.c.band).offset(0).lateral("holders")
_HOLDERS = {
    "sqlite": select(near_bands.c.band, near_bands.c.article_id).where(among(near_bands.c.band, numbers("bands"))),
    "postgresql": select(_each.c.band, _holders.c.article_id).select_from(_each.join(_holders, true())),
}
_ORIGINALS = (
    select(articles.c.id, _original.c.id)
    .join(
        _original,
        _original.c.id == func.coalesce(articles.c.duplicate_of_id, articles.c.near_duplicate_of_id, articles.c.id),
    )
    .where(
        among(articles.c.id, numbers("ids")),
        _original.c.duplicate_of_id.is_(None),
        _original.c.near_duplicate_of_id.is_(None),
    )
)
_SIGNATURES = select(articles.c.id, articles.c.signature).where(among(articles.c.id, numbers("ids")))
_LABEL_EXACT = (
    update(articles)
    .where(articles.c.id == bindparam("row_id"))
    .values(duplicate_of_id=bindparam("original"), near_duplicate_of_id=None, near_similarity=None)
)
_LABEL_NEAR = (
    update(articles)
    .where(articles.c.id == bindparam("row_id"))
    .values(near_duplicate_of_id=bindparam("original"), near_similarity=bindparam("similarity"))
)
_INSERT_BANDS = BulkInsert(near_bands, ("band", "article_id"))
_DELETE_BANDS = delete(near_bands).where(
    near_bands.c.band == bindparam("old_band"), near_bands.c.article_id == bindparam("of_article")
)


def relabel(conn: Connection, stored: Mapping[int, Text]) -> None:
    """Label the articles whose text a batch has just stored, and those that were labelled after their old texts.

    stored   by article id; the rows in `articles` hold the new texts already, `near_bands` still the old ones
    """
    if not stored:
        return
    judged = _exact(conn, stored)
    _unlabel(conn, [id_ for id_, one in judged.items() if one.labelled])
    run_many(conn, _DELETE_BANDS, list(_old_bands(stored)))
    keys = {
        id_: stored[id_].bands if id_ in stored else fingerprint.bands(one.signature)
        for id_, one in judged.items()
        if one.signature is not None and not one.exact
    }
    _near(conn, judged, keys, _candidates(conn, keys))
    _INSERT_BANDS(conn, [(band, id_) for id_, one in stored.items() for band in one.bands])


def _exact(conn: Connection, stored: Mapping[int, Text]) -> dict[int, _Judged]:
    """Put the exact labels right. Gives all articles whose near label has to be found anew.

    These are the stored ones, those whose exact label changed, and those that were labelled as near-copies of either.
    """
    hashes = {one.content_hash for one in stored.values()} | {one.old_hash for one in stored.values() if one.old_hash}
    wrong = conn.execute(_MISLABELLED, {"hashes": hashes}).all()
    right = {row.id: None if row.id == row.root else row.root for row in wrong}
    run_many(conn, _LABEL_EXACT, [{"row_id": id_, "original": original} for id_, original in right.items()])
    judged = {
        id_: _Judged(one.signature, labelled=one.old_hash is not None, exact=False) for id_, one in stored.items()
    }
    for row in wrong:
        judged[row.id] = _Judged(row.signature, labelled=False, exact=row.id != row.root)
    originals = {row.id for row in wrong} | {id_ for id_, one in stored.items() if one.old_hash is not None}
    if originals:
        for id_, signature in conn.execute(_FOLLOWERS, {"originals": originals}):
            judged.setdefault(id_, _Judged(signature, labelled=True, exact=False))
        for id_ in conn.execute(_EXACT, {"ids": judged}).scalars():
            judged[id_].exact = True
    return judged


def _unlabel(conn: Connection, ids: Collection[int]) -> None:
    """Take near labels off before candidates are looked up, so that none leads to an article that is judged now."""
    run_many(conn, _LABEL_NEAR, [{"row_id": one, "original": None, "similarity": None} for one in ids])


def _old_bands(stored: Mapping[int, Text]) -> Iterable[dict[str, int]]:
    """Found by computing them: the table has no index by article, and needs none."""
    for id_, one in stored.items():
        if one.old_signature is not None:
            yield from ({"old_band": band, "of_article": id_} for band in fingerprint.bands(one.old_signature))


def _candidates(conn: Connection, keys: Mapping[int, tuple[int, ...]]) -> dict[int, set[int]]:
    """For each band that more than one article has: those that a label may name, stored before or in this batch."""
    bands = {band for own in keys.values() for band in own}
    found = defaultdict[int, set[int]](set)
    if bands:
        holders = conn.execute(_HOLDERS[conn.dialect.name], {"bands": bands}).all()
        ids = {id_ for _, id_ in holders}
        originals = {row[0]: row[1] for row in conn.execute(_ORIGINALS, {"ids": ids})} if ids else {}
        for band, id_ in holders:
            if id_ in originals:
                found[band].add(originals[id_])
    first: dict[int, int] = {}
    for id_, own in keys.items():
        for band in own:
            other = first.setdefault(band, id_)
            if other != id_:
                found[band] |= {other, id_}
    return found


def _near(
    conn: Connection,
    judged: Mapping[int, _Judged],
    keys: Mapping[int, tuple[int, ...]],
    candidates: Mapping[int, set[int]],
) -> None:
    older = {id_: {one for band in own for one in candidates.get(band, ()) if one < id_} for id_, own in keys.items()}
    unknown = {one for some in older.values() for one in some} - judged.keys()
    signatures = {id_: one.signature for id_, one in judged.items()}
    if unknown:
        signatures |= {row.id: row.signature for row in conn.execute(_SIGNATURES, {"ids": unknown})}
    labels: dict[int, tuple[int, float]] = {}
    for id_ in sorted(keys):  # the older first: it may get a label, and then it can be nobody's original
        originals = {labels[one][0] if one in labels else one for one in older[id_]}
        likest = max(((_alike(signatures, id_, one), -one) for one in originals), default=(0.0, 0))
        if likest[0] >= fingerprint.NEAR_DUPLICATE:
            labels[id_] = (-likest[1], likest[0])
    run_many(
        conn,
        _LABEL_NEAR,
        [{"row_id": id_, "original": one, "similarity": value} for id_, (one, value) in labels.items()],
    )


def _alike(signatures: Mapping[int, bytes | None], a: int, b: int) -> float:
    ours, theirs = signatures[a], signatures[b]
    return fingerprint.similarity(ours, theirs) if ours is not None and theirs is not None else 0.0
