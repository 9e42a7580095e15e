"""What happens on the site of the demo: before the first crawl, and between one crawl and the next.

Each thing happens at least once that the questions of the cookbook ask for.
"""

from datetime import timedelta

from tests.newsroom.model import Article, Newsroom
from tests.newsroom.options import ODDITIES

# Nothing here depends on how fast pages are answered, so that each playing gives the same archive, numbers of rows
# included: one article of several pages may be stored before or after the next one.
OPTIONS = {"articles": 240, "days": 20, "oddities": tuple(one for one in ODDITIES if one != "multi-page")}
LATER = (7, 26)  # hours to the second crawl, and from there to the third
_LOOKS = (1, 6, 24, 72, 168)  # hours after publication at which a stored article is looked at again
_WRITERS = ("Maëlle Tisserac", "Loïc Norseraud", "Aurèle Guidorville")


def begin(newsroom: Newsroom) -> None:
    """What stands there besides the filler: who may not be crawled, kept or read, and who has written."""
    now = newsroom.now()
    for number, one in enumerate(_plain(newsroom)):
        if number % 5 == 0:
            one.byline = _WRITERS[number // 5 % len(_WRITERS)]
    newsroom.robots_rules += "Disallow: /reserve-aux-partenaires\n"
    newsroom.publish(section="economie", slug="reserve-aux-partenaires", at=now - timedelta(hours=50))
    newsroom.publish(section="culture", noarchive="meta", at=now - timedelta(hours=45))
    newsroom.publish(
        section="economie",
        body_html=f"<p>Le port attend <a href='/{_plain(newsroom)[12].slug}/'>la crue</a>, et les quais sont vides.</p>"
        "<div class='paywall'>La suite se paie.</div>",
        at=now - timedelta(hours=40),
    )
    newsroom.publish(section="politique", at=now - timedelta(minutes=40), credit="AFP")


def go_on(newsroom: Newsroom, step: int) -> str:
    """What the site does half-way before crawl `step` + 2. Gives it in words."""
    return (_evening, _next_day)[step](newsroom)


def _evening(newsroom: Newsroom) -> str:
    fresh, titled, mended, gone, closed, away = _looked_at_soon(newsroom)[:6]
    newsroom.edit(titled, "headline", silently=True)
    newsroom.edit(mended, "body", silently=True)
    newsroom.remove(gone)
    newsroom.remove(closed, 410)
    newsroom.remove(away)
    corrected, wavering, cut = _old(newsroom)[:3]
    newsroom.edit(corrected, "correction")
    newsroom.edit(wavering, "body")
    newsroom.edit(cut, "cut")
    newsroom.edit(cut, "tags", ["Grand format"])
    newsroom.edit(fresh, "credit", "Le Monde avec AFP")
    newsroom.edit(fresh, "letter")
    fresh.modified = fresh.published + timedelta(minutes=25)
    newsroom.changed()
    for section in ("politique", "culture", "politique"):
        newsroom.publish(section=section, tags=["Archives ouvertes"])
    return "news, two silent edits, four announced ones, three articles less"


def _next_day(newsroom: Newsroom) -> str:
    _, wavering, cut = _old(newsroom)[:3]
    newsroom.undo(wavering)
    newsroom.edit(cut, "byline", _WRITERS[0])
    newsroom.restore(next(one for one in newsroom.articles.values() if one.state == 404))
    for section in ("societe", "international"):
        newsroom.publish(section=section, tags=["Archives ouvertes"])
    return "news, one edit taken back, one article back again"


def _plain(newsroom: Newsroom) -> list[Article]:
    """The articles that are odd in no way, newest first."""
    plain = (one for one in newsroom.articles.values() if one.kind == "article" and one.oddity is None)
    return sorted(plain, key=lambda one: (one.published, one.id), reverse=True)


def _looked_at_soon(newsroom: Newsroom) -> list[Article]:
    """Those at which the second crawl looks although nothing announces it; now is half-way between two crawls."""

    def is_due(one: Article) -> bool:
        age = (newsroom.now() - one.published) / timedelta(hours=1)
        return any(abs(hours - age) < LATER[0] / 2 for hours in _LOOKS)

    return [one for one in _plain(newsroom) if is_due(one)]


def _old(newsroom: Newsroom) -> list[Article]:
    return _plain(newsroom)[-60:]
