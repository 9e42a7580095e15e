"""The pages in a browser: nothing wider than the window, landmarks and labels, contrast, day and night, paper."""

from typing import Any

import pytest

from tests.browse.serving import Served
from tests.browser import Browser, needs_browser
from tests.crawling import wait_until

pytestmark = needs_browser

PAGES = (
    "/",
    "/search?q=terres+rares&section=Politique",
    "/articles?section=Politique",
    "/article/1",
    "/article/4",
    "/fronts",
    "/removed",
    "/runs",
    "/questions",
    "/archive",
    "/archive/articles_current?_facet=section",
    "/archive/articles/1",
    "/archive/first-in-a-section?section=Politique",
    "/nowhere",
)
# Contrast as WCAG 2 reckons it, of each text with the first opaque colour behind it.
LOOK = """
const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
const parts = colour => colour.match(/[\\d.]+/g).map(Number);
const behind = one => {
  for (; one; one = one.parentElement) {
    const found = parts(getComputedStyle(one).backgroundColor);
    if (found.length === 3 || found[3] === 1) return found;
  }
  return [255, 255, 255];
};
let pale = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let text; text = walker.nextNode();) {
  const one = text.parentElement;
  if (!text.data.trim() || ['OPTION', 'TEXTAREA'].includes(one.tagName) || !one.checkVisibility()) continue;
  const [a, b] = [light(parts(getComputedStyle(one).color)), light(behind(one))];
  const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (contrast < 4.5) pale.push(contrast.toFixed(1) + ' ' + text.data.trim().slice(0, 30));
}
const all = selector => [...document.querySelectorAll(selector)];
return {
  wide: document.documentElement.scrollWidth, window: innerWidth, pale,
  landmarks: ['body > header nav', 'main', 'footer'].filter(one => all(one).length !== 1),
  headings: all('h1').length,
  unnamed: all('input:not([type=hidden]), select, textarea').filter(one => !one.labels.length && !one.ariaLabel).length
    + all('a, button').filter(one => !one.textContent.trim() && !one.ariaLabel).length,
  hidden_scroll: all('.scroll').filter(one => one.scrollWidth > one.clientWidth && one.tabIndex < 0).length,
  tables: all('table').filter(one => !one.querySelector('th[scope]')).length,
  paper: getComputedStyle(document.body).backgroundColor, ink: getComputedStyle(document.body).color,
  small: all('main p, main li, main td').filter(one => parseFloat(getComputedStyle(one).fontSize) < 12).length,
};
"""


def look(seen: Browser, served: Served, path: str) -> dict[str, Any]:
    seen.post("url", url=served.address + path)
    # A new browser may call its first page loaded before the style is applied.
    wait_until(lambda: seen.run("return getComputedStyle(document.querySelector('.skip')).position") == "absolute")
    told: dict[str, Any] = seen.run(LOOK)
    return told


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_and_can_be_read(path: str, seen: Browser, served: Served):
    for width, dark in ((1280, False), (390, True), (390, False)):
        seen.post("url", url="about:blank")  # else a page that was wide keeps its scale
        seen.resize(width, 900, dark=dark)
        found = look(seen, served, path)
        assert found["wide"] <= found["window"] == width
        assert found["pale"] == []
        assert found["landmarks"] == []
        assert found["headings"] == 1
        assert found["unnamed"] == 0
        assert found["hidden_scroll"] == 0
        assert found["tables"] == 0
        assert found["small"] == 0


def test_it_is_dark_where_that_is_wanted_and_black_on_white_on_paper(seen: Browser, served: Served):
    seen.resize(1280, 900)
    day = look(seen, served, "/article/4")
    seen.resize(1280, 900, dark=True)
    night = look(seen, served, "/article/4")
    seen.devtools("Emulation.setEmulatedMedia", media="print")
    paper = seen.run(LOOK)  # of the page that is there: a new one may have no style yet in this medium
    shown = seen.run("return getComputedStyle(document.querySelector('.top ul')).display")
    seen.devtools("Emulation.setEmulatedMedia", media="")

    assert (day["paper"], day["ink"]) == ("rgb(255, 255, 255)", "rgb(28, 33, 39)")
    assert (night["paper"], night["ink"]) == ("rgb(20, 23, 27)", "rgb(228, 232, 237)")
    assert (paper["paper"], paper["ink"], shown) == ("rgb(255, 255, 255)", "rgb(0, 0, 0)", "none")


def test_revisions_stand_side_by_side_or_below_each_other(seen: Browser, served: Served):
    seen.resize(1280, 900)
    look(seen, served, "/article/4")
    side = "return ['.before', '.after'].map(one => document.querySelector(one).getBoundingClientRect().%s)"
    (left, right), (top, same) = seen.run(side % "left"), seen.run(side % "top")
    assert left < right
    assert top == same
    colours = "return ['del', 'ins'].map(one => getComputedStyle(document.querySelector(one)).textDecorationLine)"
    assert seen.run(colours) == ["line-through", "underline"]
    seen.resize(390, 844)
    (left, right), (top, below) = seen.run(side % "left"), seen.run(side % "top")
    assert left == right
    assert top < below


def test_the_keyboard_reaches_the_content_and_shows_where_it_is(seen: Browser, served: Served):
    seen.resize(1280, 900)
    look(seen, served, "/articles")
    key = {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
    seen.devtools("Input.dispatchKeyEvent", **key)
    first = seen.run("const one = document.activeElement; return [one.hash, one.getBoundingClientRect().left >= 0]")
    seen.devtools("Input.dispatchKeyEvent", **key)
    outline = seen.run("return getComputedStyle(document.activeElement).outlineStyle")

    assert first == ["#content", True]
    assert outline == "solid"
    assert seen.run("return document.querySelector('#content h1, #content .lead') !== null")


def test_languages_are_named(seen: Browser, served: Served):
    look(seen, served, "/article/1")
    names = "['html', 'h1', '.text', 'aside'].map(one => document.querySelector(one).closest('[lang]').lang)"

    assert seen.run(f"return {names}") == ["en", "fr", "fr", "en"]
