"""What differs at every fetch is no edit, and one letter is one."""

from dataclasses import dataclass

import pytest

from tests.newsroom import Article
from tests.rehearsal import Rehearsal, rehearse

ARTICLES, ROUNDS = 25, 4  # a hundred fetches
LAYOUTS = ("cover", "modern", "large", "classic")


@dataclass(frozen=True)
class Letter:
    """One letter of one field of one article, changed without a word."""

    kind: str
    article: Article

    def edit(self, here: Rehearsal) -> None:
        article, edit = self.article, here.newsroom.edit
        match self.kind:
            case "headline" | "byline":
                text = getattr(article, self.kind)
                edit(article, self.kind, f"{text[:-2]}{'x' if text[-2] != 'x' else 'y'}{text[-1]}", silently=True)
            case "body":
                edit(article, "letter", silently=True)
            case "published":  # a digit of it
                edit(article, "date", silently=True)


@pytest.fixture
def noisy(database_url: str):
    """A site whose pages differ at every fetch, in every theme that the site file knows, once stored."""
    with rehearse(
        database_url, articles=ARTICLES, noise=True, filler=False, oddities=("decomposed", "broken-jsonld")
    ) as here:
        for number, one in enumerate(here.newsroom.articles.values()):
            one.layout = LAYOUTS[number % len(LAYOUTS)]
            one.byline = ("Élodie D’Arcy", "Personnel", "Noël L’Hénoret-Œuf")[number % 3]
        here.newsroom.changed()
        here.crawl()
        yield here


def test_a_hundred_fetches_of_unchanged_articles_give_no_revision_and_one_letter_gives_one(noisy: Rehearsal) -> None:
    pages = set()
    for _ in range(ROUNDS):
        noisy.clock.forward(hours=1)
        told = noisy.crawl("recheck=all")
        seen = [one for one in noisy.server.requests if one.shows is not None]
        pages |= {(one.shows, one.size) for one in seen}
        assert len({one.shows for one in seen}) == ARTICLES
        assert (told["stored"], told["revised"], told["quarantined"]) == (0, 0, 0)
    assert len(pages) > 0.9 * ARTICLES * ROUNDS, "the pages did not differ"
    assert noisy.ask("SELECT count(*) FROM revisions") == [(ARTICLES,)]
    assert noisy.ask("SELECT count(*) FROM term_changes") == [(0,)]

    plain = noisy.plain()
    letters = [Letter(kind, one) for kind, one in zip(("headline", "body", "byline", "published"), plain, strict=False)]
    for one in letters:
        one.edit(noisy)
    noisy.clock.forward(hours=1)
    noisy.crawl("recheck=all")

    found = noisy.ask("SELECT source_id, revision, kind FROM article_history WHERE revision > 1 ORDER BY source_id")
    assert found == sorted((str(one.article.id), 2, one.kind) for one in letters)
