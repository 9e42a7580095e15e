"""Markup that would hang the parser is cut before it is parsed; what people write is not."""

import pytest

from foiscrawl.parsing.guard import safe_length


@pytest.mark.parametrize(
    "markup",
    [
        b"",
        b"<p>Un",
        b"<ul>" + b"<li>un <b>mot</b>" * 20_000,
        b"<table>" + b"<tr><td>1<td>2" * 20_000,
        b"<div><span>a</span></div>" * 20_000,
        b"<select>" + b"<option>x" * 20_000,
        b"<img src='data:" + b"A/b c" * 100_000 + b"'>",
    ],
)
def test_long_pages_made_for_readers_are_parsed_whole(markup: bytes) -> None:
    assert safe_length(markup) == len(markup)


@pytest.mark.parametrize("tag", [b"<div>", b"<x-y>", b"<ul><li>", b"<table><tr><td>", b"<div></span>", b"<body>"])
def test_nesting_that_no_browser_builds_is_cut(tag: bytes) -> None:
    kept = safe_length(b"<p>Avant</p>" + tag * 30_000)

    assert len(b"<p>Avant</p>") < kept < 20_000


def test_a_tag_with_thousands_of_attributes_is_cut() -> None:
    attributes = b" ".join(b"a%d=1" % number for number in range(50_000))

    assert safe_length(b"<p>Avant</p><p " + attributes + b">") == len(b"<p>Avant</p>")
