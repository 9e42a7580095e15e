import random
import struct
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foiscrawl.fingerprint import MIN_WORDS, NEAR_DUPLICATE, bands, content_hash, signature, similarity

SIXTY_WORDS = " ".join(f"mot{number}" for number in range(60))


def words_of(seed: int, count: int) -> list[str]:
    """Words of our own with the frequencies of a language: few common ones, many rare ones."""
    draw = random.Random(seed)
    return [f"mot{int(20_000 ** draw.random())}" for _ in range(count)]


def sketch(words: list[str]) -> bytes:
    made = signature(" ".join(words))
    assert made is not None
    return made


def substituted(words: list[str], share: float, seed: int) -> list[str]:
    draw = random.Random(seed)
    places = set(draw.sample(range(len(words)), round(share * len(words))))
    return [f"autre{draw.randrange(20_000)}" if place in places else word for place, word in enumerate(words)]


def inserted_and_deleted(words: list[str], share: float, seed: int) -> list[str]:
    draw = random.Random(seed)
    copy = list(words)
    for number in range(round(share * len(words))):
        place = draw.randrange(len(copy))
        copy[place : place + number % 2] = [] if number % 2 else [f"autre{draw.randrange(20_000)}"]
    return copy


def other_ends(words: list[str], share: float, seed: int) -> list[str]:
    half = round(share * len(words) / 2)
    return words_of(seed + 1_000, half) + words[half:-half] + words_of(seed + 2_000, half)


def test_the_values_are_the_ones_in_every_archive():
    """Never update these: a change of the algorithm needs a new table of bands and a rebuild of the signatures."""
    made = signature(SIXTY_WORDS)

    assert made is not None
    assert len(made) == 512
    assert made[:16].hex() == "cdd59572ce1b09289c3f9f12fff5e2c0"
    assert bands(made)[:3] == (7540649801225812234, -8184852765542606034, 7220443841341985022)
    assert bands(made)[-1] == 1356976153969504135
    assert len(bands(made)) == 28
    assert (
        content_hash("Un titre", "Un chapeau", "Un corps.\n\nUne fin.")
        == "8a4747b06cfed976cb7e3f787dcf0a933628e13d2a3ab263f3292ba769a94a51"
    )


def test_another_process_with_another_hash_seed_gives_the_same_values():
    code = f"from foiscrawl.fingerprint import *; s = signature({SIXTY_WORDS!r}); print(s.hex(), bands(s))"
    made = signature(SIXTY_WORDS)
    assert made is not None

    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for seed in ("1", "2")
    }

    assert outputs == {f"{made.hex()} {bands(made)}"}


@pytest.mark.parametrize(
    ("change", "share", "least_found"),
    [
        (substituted, 0.02, 1.0),
        (substituted, 0.05, 1.0),
        (substituted, 0.10, 0.97),
        (inserted_and_deleted, 0.02, 1.0),
        (inserted_and_deleted, 0.05, 1.0),
        (inserted_and_deleted, 0.10, 0.97),
        (other_ends, 0.20, 0.97),
    ],
)
def test_altered_copies_share_a_band_and_are_near(change, share, least_found):
    found = 0
    for seed in range(100):
        words = words_of(seed, 300 + 9 * seed)
        one, other = sketch(words), sketch(change(words, share, seed))
        found += bool(set(bands(one)) & set(bands(other))) and similarity(one, other) >= NEAR_DUPLICATE

    assert found / 100 >= least_found


def test_unrelated_texts_share_no_band_and_are_far():
    seen: dict[int, int] = {}
    shared = 0
    for seed in range(300):
        for band in bands(sketch(words_of(seed, 300 + 3 * seed))):
            shared += band in seen
            seen[band] = seed

    assert shared <= 1
    assert similarity(sketch(words_of(1, 600)), sketch(words_of(2, 600))) < 0.05


def test_similarity_estimates_the_share_of_common_triples():
    words = [f"mot{number}" for number in range(1002)]
    other = words[:502] + [f"autre{number}" for number in range(500)]  # 500 of 1,500 different triples are common

    assert similarity(sketch(words), sketch(other)) == pytest.approx(1 / 3, abs=0.12)
    assert similarity(sketch(words), sketch(words)) == 1.0


def test_the_signature_is_blind_to_case_punctuation_and_spaces():
    one = "« L’accord », dit-il, a été signé… à Paris\u202f! " * 6 + SIXTY_WORDS
    other = '"L\'Accord" dit il a été signé. À Paris ?\n\n' * 6 + SIXTY_WORDS.upper()

    assert signature(one) == signature(other)


@pytest.mark.parametrize("text", ["", "mot", " ".join(["mot"] * (MIN_WORDS - 1)), "… « » ! " * 100])
def test_a_text_of_few_words_has_no_signature(text):
    assert signature(text) is None


def test_a_text_of_just_enough_words_has_a_signature():
    assert signature(" ".join(["mot"] * MIN_WORDS)) is not None


@given(st.text(st.characters(codec=None), max_size=50), st.text(max_size=50))
def test_any_text_has_a_hash_and_bands_that_fit_a_bigint_column(piece, other):
    made = signature(f"{piece} {SIXTY_WORDS} {other}")

    assert made is not None
    assert all(-(2**63) <= band < 2**63 for band in bands(made))
    assert len(content_hash(piece, other, piece)) == 64


def test_the_hash_is_blind_to_typography_and_to_nothing_else():
    hashed = content_hash("L’été « chaud »", None, "Un jour…\n\nDeux – trois")

    assert content_hash('L\'été "chaud"', "", "Un\u00a0jour...\nDeux - trois ") == hashed
    assert content_hash("L’ete « chaud »", None, "Un jour…\n\nDeux – trois") != hashed
    assert content_hash("l’été « chaud »", None, "Un jour…\n\nDeux – trois") != hashed
    assert content_hash("L’été « chaud »", None, "Un jour…\n\nDeux – troi") != hashed


def test_the_hash_tells_which_field_a_text_stands_in():
    assert content_hash("a", "b", "c") != content_hash("a", None, "b c")
    assert content_hash("a", "b", "") != content_hash("a", None, "b")


def test_a_signature_of_another_length_is_refused():
    with pytest.raises(struct.error, match="512 bytes"):
        bands(b"short")
