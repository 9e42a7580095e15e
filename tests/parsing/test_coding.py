"""Content codings undone, and cut bodies told from whole ones."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foiscrawl.parsing.coding import CutBodyError, TooLargeError, decoded, unfold


@given(st.binary(max_size=5000))
def test_a_whole_gzip_body_is_unfolded(body):
    assert unfold(gzip.compress(body), 0) == body


@given(st.binary(min_size=1, max_size=5000), st.data())
def test_a_gzip_body_that_ends_early_is_refused(body, data):
    whole = gzip.compress(body)
    end = data.draw(st.integers(min_value=1, max_value=len(whole) - 1))

    with pytest.raises(CutBodyError):
        unfold(whole[:end], 0)


@given(st.binary(min_size=1, max_size=5000), st.data())
def test_a_gzip_body_with_a_flipped_bit_never_passes_as_another_body(body, data):
    whole = bytearray(gzip.compress(body))
    whole[data.draw(st.integers(min_value=10, max_value=len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    try:
        unfolded = unfold(bytes(whole), 0)
    except CutBodyError:
        return
    assert unfolded == body  # a bit that says nothing


def test_two_members_are_one_whole_body():
    assert unfold(gzip.compress(b"premier ") + gzip.compress(b"second") + b"\0\0", 0) == b"premier second"


def test_what_is_no_gzip_at_all_is_refused():
    for body in (b"<html>", b""):
        with pytest.raises(CutBodyError):
            unfold(body, 0)


def test_a_bomb_is_refused_before_it_is_unfolded():
    bomb = gzip.compress(b"\0" * 30_000_000)

    with pytest.raises(TooLargeError) as refused:
        unfold(bomb, 1_000_000)

    assert refused.value.args[0] < 3_000_000


def test_codings_are_undone_from_the_last_to_the_first():
    page = "<p>Été</p>".encode()
    bare = zlib.compressobj(wbits=-15)

    assert decoded(page, "") == decoded(page, "identity") == page
    assert decoded(gzip.compress(page), "x-gzip") == page
    assert decoded(zlib.compress(page), "deflate") == page
    assert decoded(bare.compress(page) + bare.flush(), "Deflate") == page
    assert decoded(gzip.compress(zlib.compress(page)), "deflate, gzip") == page
    assert decoded(b"", "gzip") == b""


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_body_that_cannot_be_decoded_is_refused(coding):
    with pytest.raises(CutBodyError):
        decoded(gzip.compress(b"texte" * 100)[:-5], coding)
