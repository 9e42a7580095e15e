"""Word-level differences: their size, and the pieces in which they are shown."""

from hypothesis import given
from hypothesis import strategies as st

from foiscrawl.difference import Piece, pieces, size, words
from foiscrawl.text import hashable

# Words, marks and blanks in the spellings that French typography and editors give them.
LETTERS = st.sampled_from(["mot", "été", "l'été", "rendez-vous", "3,5", "a", "fin."])
SPACED = st.sampled_from(
    [" ", "\u00a0", "\u202f", "  ", "\n\n", " « ", " » ", ' "', '" ', "« ", " : ", " !", " – ", "…"]
)
TEXTS = st.lists(st.one_of(LETTERS, SPACED), max_size=30).map("".join)


def test_size_counts_words_removed_and_added():
    assert size("un deux trois", "un deux trois") == 0
    assert size("un deux trois", "un deux trois quatre") == 1
    assert size("un deux trois", "un trois") == 1
    assert size("un deux trois", "un drei trois") == 2
    assert size("", "un deux") == 2


def test_typography_is_no_difference():
    plain = 'Il a dit "non" : c\'est "tout" ! Vraiment...'

    assert size(plain, "Il a dit « non »\u00a0: c’est « tout » ! Vraiment…") == 0
    assert size(plain, "Il a dit «\u202fnon\u202f»: c’est «tout»! Vraiment...") == 0


def test_pieces_hold_both_texts_whole_and_mark_the_words_that_differ():
    found = pieces("Le maire a dit « oui » hier soir.", "Le maire a dit « non » hier soir, tard.")

    assert found == [
        Piece(True, "Le maire a dit ", "Le maire a dit "),
        Piece(False, "« oui » hier soir.", "« non » hier soir, tard."),
    ]


def test_one_or_two_equal_words_between_two_changes_are_shown_as_part_of_one():
    short, long = pieces("a x b y c", "a u b v c"), pieces("a x b b b y c", "a u b b b v c")

    assert [one.is_same for one in short] == [True, False, True]
    assert [one.is_same for one in long] == [True, False, True, False, True]


def test_texts_without_words_are_one_piece():
    assert pieces("", "") == [Piece(True, "", "")]
    assert pieces("", "un") == [Piece(False, "", "un")]


@given(TEXTS, TEXTS)
def test_pieces_give_both_texts_back_and_equal_ones_read_as_equal(before, after):
    found = pieces(before, after)

    assert "".join(one.before for one in found) == before
    assert "".join(one.after for one in found) == after
    for one in found:
        if one.is_same:
            assert [word.key for word in words(one.before)] == [word.key for word in words(one.after)]
    assert (size(before, after) == 0) == ([one.key for one in words(before)] == [one.key for one in words(after)])


@given(
    TEXTS,
    st.sampled_from([("'", "’"), ("...", "…"), ("« ", "«\u00a0"), (" »", "\u202f»"), (" :", "\u00a0:"), ("–", "-")]),
)
def test_a_text_whose_typography_is_changed_has_the_same_words(text, change):
    other = text.replace(*change)

    assert hashable(other) == hashable(text)
    assert size(text, other) == 0
