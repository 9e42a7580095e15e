import contextlib
import re
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foiscrawl.errors import UsageError
from foiscrawl.site import load_site, parse_site, site_names

MINIMAL = {
    "": 'name = "essai"\ntitle = "Essai"\nhome = "https://essai.example/"',
    "[menu]": 'links = ["nav a"]',
    "[listing]": 'cards = ["article"]',
    "[article]": 'headline = ["css:h1", "jsonld:headline"]\nbody = ["css:.entry-content", "generic"]',
}


def site_file(**changes: str) -> str:
    """A small site file; a change replaces the lines of one table, or adds a table. `top` is the part above them."""
    tables = dict(MINIMAL)
    for table, lines in changes.items():
        tables["" if table == "top" else f"[[{table}]]" if table.startswith("layout") else f"[{table}]"] = lines
    return "\n".join(f"{heading.replace('layout2', 'layout')}\n{lines}" for heading, lines in tables.items())


def test_every_site_file_of_the_package_loads_under_its_name():
    assert "francaisfois" in site_names()
    for name in site_names():
        assert load_site(name).name == name


def test_a_small_file_loads_with_the_defaults():
    site = parse_site(site_file(), "essai.toml")

    assert site.title == "Essai"
    assert site.home_verified is False
    assert site.timezone == "UTC"
    assert site.cadence.retry_minutes == (1, 10, 60)
    assert site.generic.headline == ("css:h1", "jsonld:headline")
    assert site.layouts == ()
    assert site.expect.max_failed_share == 0.1


def test_a_loaded_site_cannot_be_changed():
    site = parse_site(site_file(), "essai.toml")

    with pytest.raises(FrozenInstanceError):
        site.home = "https://ailleurs.example/"  # type: ignore[misc]


def test_a_layout_says_only_what_differs_from_the_article_table():
    site = parse_site(site_file(layout='name = "neuf"\nmatch = "body.neuf"\nheadline = ["css:h2@title"]'), "essai.toml")

    (layout,) = site.layouts
    assert layout.headline == ("css:h2@title",)
    assert layout.body == ("css:.entry-content", "generic")
    assert site.generic.match == ""


def test_the_layouts_of_a_day_are_those_valid_on_it_and_the_generic_one_last():
    site = parse_site(
        site_file(layout='name = "neuf"\nvalid_from = 2025-03-01', layout2='name = "vieux"\nvalid_until = 2025-03-01'),
        "essai.toml",
    )

    def names(*day: int) -> list[str]:
        return [one.name for one in site.layouts_at(datetime(*day, tzinfo=UTC))]

    assert names(2025, 2, 28) == ["vieux", "generic"]
    assert names(2025, 3, 1) == ["neuf", "vieux", "generic"]
    assert names(2025, 3, 2) == ["neuf", "generic"]
    assert site.layouts[0].valid_until == date.max


def test_an_unknown_site_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match=r"no site file for 'lemonde'; known sites: .*francaisfois"):
        load_site("lemonde")


@pytest.mark.parametrize("name", ["../francaisfois", "francaisfois.toml", "", "/etc/passwd"])
def test_a_site_name_is_no_path(name):
    with pytest.raises(UsageError, match="no site file"):
        load_site(name)


TOP = MINIMAL[""]

REFUSALS = [
    ({"top": "name = "}, "essai.toml: not valid TOML"),
    ({"top": TOP + '\ntitle = "Deux"'}, "essai.toml: not valid TOML"),
    ({"top": "\ufeff" + TOP}, "essai.toml: not valid TOML"),
    ({"top": TOP + "\nx = " + "[" * 5_000}, "essai.toml: not valid TOML"),
    ({"top": 'name = "essai"\nhome = "https://essai.example/"'}, "essai.toml: key 'title' is missing"),
    ({"top": TOP.replace("title", "titel")}, "essai.toml: unknown key 'titel'; did you mean 'title'?"),
    ({"top": TOP + "\nlayouts = []"}, "essai.toml: unknown key 'layouts'; did you mean 'layout'?"),
    ({"top": TOP + "\ngeneric = {}"}, "essai.toml: unknown key 'generic'; did you mean 'article'?"),
    ({"menus": ""}, "essai.toml: unknown key 'menus'; did you mean 'menu'?"),
    ({"top": TOP.replace('"Essai"', "3")}, "essai.toml title: 3 is not a text"),
    ({"top": TOP.replace('"Essai"', '" "')}, "essai.toml title: ' ': it is blank"),
    ({"top": TOP.replace('"essai"', '"autre"')}, "essai.toml name: 'autre': it is not the name of the file"),
    ({"top": TOP.replace('"essai"', '"../essai"')}, "essai.toml name: '../essai': only a-z"),
    ({"top": TOP + '\nhome_verified = "false"'}, "essai.toml home_verified: 'false' is not true or false"),
    ({"top": TOP + '\ntimezone = "Europe/Paname"'}, "essai.toml timezone: 'Europe/Paname': there is no such"),
    ({"top": TOP + '\ntimezone = "Europe"'}, "essai.toml timezone: 'Europe': there is no such"),
    ({"top": TOP + '\ntimezone = "../../etc/passwd"'}, "essai.toml timezone: '../../etc/passwd': there is no such"),
    ({"top": TOP + '\ntimezone = ""'}, "essai.toml timezone: '': there is no such"),
    ({"top": TOP + "\nlanguage = 1"}, "essai.toml language: 1 is not a text"),
    ({"menu": ""}, "essai.toml [menu]: key 'links' is missing"),
    ({"menu": "links = []"}, "essai.toml [menu] links: (): it is empty"),
    ({"menu": 'links = "nav a"'}, "essai.toml [menu] links: 'nav a' is not a list"),
    ({"menu": 'links = ["nav >"]'}, "essai.toml [menu] links: 'nav >': it is no CSS selector"),
    ({"menu": 'links = ["nav a"]\nignore_labels = [3]'}, "essai.toml [menu] ignore_labels: 3 is not a text"),
    (
        {"menu": 'links = ["nav a"]\nignore_label = []'},
        "[menu]: unknown key 'ignore_label'; did you mean 'ignore_labels'?",
    ),
    ({"listing": 'cards = ["a["]'}, "essai.toml [listing] cards: 'a[': it is no CSS selector"),
    ({"listing": 'cards = ["a"]\noutside = [""]'}, "essai.toml [listing] outside: '': it is no CSS selector"),
    ({"cadence": "first_days = 0"}, "essai.toml [cadence] first_days: 0: it must be from 1"),
    ({"cadence": "first_days = 1.5"}, "essai.toml [cadence] first_days: 1.5 is not a whole number"),
    ({"cadence": "first_days = true"}, "essai.toml [cadence] first_days: True is not a whole number"),
    ({"cadence": "retry_minutes = [1, -1]"}, "essai.toml [cadence] retry_minutes: -1: it must be from 1"),
    ({"cadence": "retry_minutes = []"}, "essai.toml [cadence] retry_minutes: (): it is empty"),
    ({"cadence": "listing_minutes = 10000000"}, "essai.toml [cadence] listing_minutes: 10000000: it must be"),
    ({"sources": 'feeds = ["/feed/"]'}, "essai.toml [sources] feeds: '/feed/' is not a list"),
    ({"sources": 'feeds = [["feed/"]]'}, "essai.toml [sources] feeds: 'feed/': it is no path"),
    (
        {"sources": 'rest = [["https://essai.example/x"]]'},
        "essai.toml [sources] rest: 'https://essai.example/x': it is no path",
    ),
    ({"sources": "sitemaps = [[]]"}, "essai.toml [sources] sitemaps: (): it is empty"),
    ({"article": 'headline = ["h1"]'}, "essai.toml [article] headline: 'h1': there is no such origin"),
    ({"article": 'headline = ["xpath://h1"]'}, "essai.toml [article] headline: 'xpath://h1': there is no such origin"),
    ({"article": 'headline = ["meta:"]'}, "essai.toml [article] headline: 'meta:': there is no such origin"),
    ({"article": 'headline = ["css:h1:::x"]'}, "essai.toml [article] headline: 'css:h1:::x': it is no CSS selector"),
    ({"article": 'headline = ["css:"]'}, "essai.toml [article] headline: 'css:': it is no CSS selector"),
    ({"article": 'headlines = ["css:h1"]'}, "essai.toml [article]: unknown key 'headlines'; did you mean 'headline'?"),
    ({"layout": 'match = "body"'}, "essai.toml [[layout]]: key 'name' is missing"),
    ({"layout": 'name = "neuf"\nmatch = "body["'}, "essai.toml [[layout]] neuf match: 'body[': it is no CSS selector"),
    ({"layout": 'name = "neuf"\nvalid_from = "2025-01-01"'}, "[[layout]] neuf valid_from: '2025-01-01' is not a date"),
    ({"layout": 'name = "neuf"\nvalid_from = 2025-01-01T00:00:00Z'}, "[[layout]] neuf valid_from: datetime"),
    ({"layout": 'name = "neuf"\nvalid_from = 2025-02-30'}, "essai.toml: not valid TOML"),
    (
        {"layout": 'name = "neuf"\nvalid_from = 2025-02-02\nvalid_until = 2025-02-01'},
        "essai.toml [[layout]] neuf valid_until: 2025-02-01: it is before valid_from",
    ),
    ({"layout": 'name = "neuf"', "layout2": 'name = "neuf"'}, "essai.toml [[layout]] name: 'neuf': two layouts"),
    ({"layout": 'name = "generic"'}, "essai.toml [[layout]] name: 'generic': two layouts"),
    ({"top": TOP + "\nlayout = 3"}, "essai.toml [[layout]]: 3 is not a list"),
    ({"top": TOP + "\nlayout = [3]"}, "essai.toml [[layout]]: 3 is not a table"),
    ({"top": TOP + "\nnoise = []"}, "essai.toml [noise]: [] is not a table"),
    ({"noise": "credit = ['(']"}, "essai.toml [noise] credit: '(': it is no valid pattern"),
    ({"noise": "selectors = ['::x']"}, "essai.toml [noise] selectors: '::x': it is no CSS selector"),
    ({"noise": 'shortcodes = "yes"'}, "essai.toml [noise] shortcodes: 'yes' is not true or false"),
    ({"access": "subscriber = ['.a[']"}, "essai.toml [access] subscriber: '.a[': it is no CSS selector"),
    ({"refuse": "challenge = ['.a[']"}, "essai.toml [refuse] challenge: '.a[': it is no CSS selector"),
    ({"expect": "max_failed_share = 1.5"}, "essai.toml [expect] max_failed_share: 1.5: it must be above 0"),
    ({"expect": "max_failed_share = nan"}, "essai.toml [expect] max_failed_share: nan: it must be above 0"),
    ({"expect": "max_failed_share = 0"}, "essai.toml [expect] max_failed_share: 0: it must be above 0"),
    ({"expect": 'max_failed_share = "0.1"'}, "essai.toml [expect] max_failed_share: '0.1' is not a number"),
    ({"expect": "consecutive_failures = 0"}, "essai.toml [expect] consecutive_failures: 0: it must be from 1"),
]


@pytest.mark.parametrize(("changes", "message"), REFUSALS, ids=[message for _, message in REFUSALS])
def test_a_wrong_file_is_refused_with_file_and_key_in_one_line(changes, message):
    with pytest.raises(UsageError, match=re.escape(message)) as caught:
        parse_site(site_file(**changes), "essai.toml")

    assert "\n" not in str(caught.value)
    assert "essai.toml" in str(caught.value)


@pytest.mark.parametrize(
    "home",
    [
        "",
        "essai.example",
        "//essai.example/",
        "ftp://essai.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://essai.example",
        "https://essai.example/journal",
        "https://essai.example/?a=b/",
        "https://essai.example/#/",
        "https://me:secret@essai.example/",
        "https://essai.example./",
        "https://essai.example:port/",
        "https://essai.example:99999/",
        "https://es sai.example/",
        "https://essai.example/\\r\\nHost: x/",
        "https://essai.example\\\\@ailleurs.example/",
        "https://[essai.example]/",
        "https:///essai.example/",
        "https://essai.example/" + "a" * 3_000 + "/",
    ],
)
def test_a_home_that_is_no_plain_address_is_refused(home):
    top = TOP.replace("https://essai.example/", home)

    with pytest.raises(UsageError, match=r"^essai\.toml home: "):
        parse_site(site_file(top=top), "essai.toml")


@pytest.mark.parametrize(
    "home",
    ["http://essai.example/", "https://www.essai.example/journal/", "http://127.0.0.1:8765/", "https://été.example/"],
)
def test_a_plain_home_is_taken_as_it_is(home):
    top = TOP.replace("https://essai.example/", home)

    assert parse_site(site_file(top=top), "essai.toml").home == home


@given(st.text())
def test_any_text_is_refused_by_a_usage_error_only(text):
    with pytest.raises(UsageError):
        parse_site(text, "essai.toml")


VALUES = st.recursive(
    st.sampled_from(["1", "-1", "1.5", "nan", "true", '""', '"nav a"', '"/x"', "2025-01-01", "2025-01-01T00:00:00Z"]),
    lambda inner: (
        st.lists(inner, max_size=2).map(lambda values: f"[{', '.join(values)}]")
        | inner.map(lambda value: f"{{name = {value}}}")
    ),
    max_leaves=4,
)
KEYS = ["name", "home", "timezone", "language", "cadence", "sources", "menu", "listing", "article", "layout", "noise"]


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1))
def test_any_value_of_any_key_loads_or_is_refused_by_a_usage_error(values):
    lines = {"name": '"essai"', "title": '"Essai"', "home": '"https://essai.example/"', "menu": '{links = ["a"]}'}
    text = "\n".join(f"{key} = {value}" for key, value in (lines | {"listing": '{cards = ["a"]}'} | values).items())

    with contextlib.suppress(UsageError):
        assert parse_site(text, "essai.toml").name == "essai"
