import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foiscrawl.errors import UsageError
from foiscrawl.search_query import Group, Query, Term, parse
from foiscrawl.snippets import LENGTH, marked, snippet, wanted
from foiscrawl.stems import LONGEST, MOST_BYTES, stem_text, stems


def word(*stems: str, **values: object) -> Term:
    return Term(stems, **values)


@pytest.mark.parametrize(
    ("asked", "groups"),
    [
        ("Terres rares", [Group((word("terr"), word("rar")))]),
        ('"terres rares"', [Group((word("terr", "rar"),))]),
        ("terres -rares", [Group((word("terr"),), (word("rar"),))]),
        ("terres OR rares mer", [Group((word("terr"),)), Group((word("rar"), word("mer")))]),
        ("or terres", [Group((word("or"), word("terr")))]),
        ("minist*", [Group((word("minist", prefix=True),))]),
        ("vice-prés*", [Group((word("vic", "pre", prefix=True),))]),
        ("HEADLINE:l'école", [Group((word("ecol", field="headline"),))]),
        ('-body:"chef d\'État" roi', [Group((word("roi"),), (word("chef", "etat", field="body"),))]),
        ("headline: roi", [Group((word("headlin"), word("roi")))]),
        ("roi roi *** - ( ) & | ' ’ \0 🙂", [Group((word("roi"),))]),
        ("a:b", [Group((word("a", "b"),))]),
    ],
)
def test_what_is_typed_means(asked: str, groups: list[Group]):
    assert parse(asked) == Query(tuple(groups))


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("", "no word to search for"),
        ("  *** 🙂 ( ", "no word to search for"),
        ("l'", "no word to search for"),
        ('"', "not closed"),
        ('terres "rares', "not closed"),
        ("-terres", "add a word that is to be found"),
        ("terres OR -rares", "add a word that is to be found"),
        ("OR", "OR stands between two words"),
        ("terres OR", "OR stands between two words"),
        ("OR terres", "OR stands between two words"),
        ("terres OR OR rares", "OR stands between two words"),
        ("terres OR !!!", "OR stands between two words"),
        ("a*", "too short"),
        ("x" * 1_000_000, "at most 2,000"),
        (" ".join(f"mot{number}" for number in range(65)), "more than 64 words"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line(asked: str, why: str):
    with pytest.raises(UsageError, match=why) as refusal:
        parse(asked)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("publié publiée publiés publiées publie PUBLIE\u0301E", ["publ"] * 6),
        ("L’État, l'état, d´État", ["etat"] * 3),
        ("aujourd’hui aujourd'hui aujourdhui", ["aujourdhui"] * 3),
        ("qu'il jusqu’ici puisqu'elle", ["il", "ici", "elle"]),
        ("œuvre OEUVRES ß ﬁn", ["oeuvr", "oeuvr", "ss", "fin"]),
        ("CO2 3,5 % 1\u00a0500", ["co2", "3", "5", "1", "500"]),
        ("Київ 東京", ["киів", "東京"]),
        ("_ * « » … \0 🙂", []),
        ("a" * 100, ["a" * LONGEST]),
    ],
)
def test_stems(text: str, found: list[str]):
    assert stems(text) == found


@given(st.text())
def test_stems_are_plain_words_that_both_databases_keep_as_they_are(text: str):
    for one in stems(text):
        assert 0 < len(one) <= LONGEST
        assert one == one.strip()
        assert not set(one) & set(" |'\"\\%_:*&!()\0")


def test_the_stems_of_a_very_long_text_fit_into_the_index():
    found = stem_text("漢字" * 30 + " " + " ".join(f"mot{number}" for number in range(100_000)))
    assert MOST_BYTES - 100 < len(found.encode()) <= MOST_BYTES
    assert set(found.split()[1:]) <= {f"mot{number}" for number in range(100_000)}


@given(st.text(), st.sampled_from(["terres rares", "mot*", "l'école OR œuvre", "a b c", "東京"]))
def test_pieces_are_the_text_itself(text: str, asked: str):
    asked_for = wanted(parse(asked))
    assert "".join("".join(one.text for one in marked(text, asked_for)).split()) == "".join(text.split())
    shown = "".join(one.text for one in snippet(text, asked_for)).removeprefix("… ").removesuffix(" …")
    assert "".join(shown.split()) in "".join(text.split())


@pytest.mark.parametrize(
    ("asked", "text", "matches"),
    [
        ("manoeuvre", "La manœuvre, les MANŒUVRES.", ["manœuvre", "MANŒUVRES"]),
        ("accord", "L’accord, d'Accords; accorder", ["accord", "Accords", "accorder"]),
        ("journal*", "Les journaux et journalistes ajournés", ["journaux", "journalistes"]),
        ("heureuse -triste", "heureux, triste", ["heureux"]),
        ("aujourd'hui", "C’est aujourd’hui.", ["aujourd’hui"]),
        ("vice-président", "Le vice-président", ["vice", "président"]),
        ("Київ", "у Києві Київ", ["Київ"]),
        ("les", "des le les", ["le", "les"]),
    ],
)
def test_the_words_that_answer_are_marked(asked: str, text: str, matches: list[str]):
    assert [one.text for one in marked(text, wanted(parse(asked))) if one.is_match] == matches


WORDS = st.text("aeéoœæsßtTrz1", min_size=1, max_size=6)


@given(WORDS, WORDS, st.lists(WORDS, max_size=12).map(" ".join))
@example("oeuf", "or1", "œuf Œuf oeuf ouf or1")
def test_two_words_are_marked_where_each_of_them_is(one: str, other: str, text: str):
    def places(asked: str) -> set[int]:
        found, at = set[int](), 0
        for piece in marked(text, wanted(parse(asked))):
            found.update(range(at, at + len(piece.text)) if piece.is_match else ())
            at += len(piece.text)
        return found

    assert places(f"{one} {other}") == places(one) | places(other)


def test_a_snippet_shows_where_most_words_stand_together():
    filler = "mot " * 200
    text = f"terres {filler} rares {filler} terres très rares {filler}"

    pieces = snippet(text, wanted(parse("terres rares")))

    assert [one.text for one in pieces if one.is_match] == ["terres", "rares"]
    assert (pieces[0].text, pieces[-1].text) == ("… ", " …")
    assert len("".join(one.text for one in pieces)) <= LENGTH + 4
