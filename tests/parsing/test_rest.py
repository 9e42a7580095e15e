import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foiscrawl.items import Instant, LinkHint, UrlKind
from foiscrawl.parsing import NotASource
from foiscrawl.parsing.rest import parse_rest, rest_query
from foiscrawl.site import load_site

SITE = load_site("francaisfois")
HOME = SITE.home
BASE = f"{HOME}wp-json/wp/v2/posts"
NOW = datetime(2025, 10, 28, 18, 0, tzinfo=UTC)


def post(number: int, **values: object) -> dict[str, object]:
    return {
        "id": number,
        "link": f"{HOME}article-{number}/",
        "title": {"rendered": f"Titre {number}"},
        "status": "publish",
        "date_gmt": "2025-10-28T08:00:00",
        "modified_gmt": "2025-10-28T09:30:00",
        **values,
    }


def read(
    posts: object, headers: dict[str, str] | None = None, url: str = f"{BASE}?per_page=100&page=1", number: int = 1
):
    return parse_rest(json.dumps(posts).encode(), headers or {}, url, number, site=SITE, now=NOW)


def test_a_post_gives_all_that_it_says_of_its_article():
    item = read([post(4), post(5, title={"rendered": "L&rsquo;un &#038; <em>l&#8217;autre</em>"})])

    assert item.hints[1] == LinkHint(
        url=f"{HOME}article-5/",
        kind=UrlKind.ARTICLE,
        found_in="rest",
        title="L’un & l’autre",
        published=Instant(datetime(2025, 10, 28, 8, 0, tzinfo=UTC), "2025-10-28T08:00:00", "second", "Z"),
        modified=Instant(datetime(2025, 10, 28, 9, 30, tzinfo=UTC), "2025-10-28T09:30:00", "second", "Z"),
        source_id="5",
        rank=2,
    )


def test_a_zero_date_is_no_date():
    (hint,) = read([post(4, date_gmt="0000-00-00T00:00:00", modified_gmt=None)]).hints

    assert hint.published == Instant(None, "0000-00-00T00:00:00", flag="zero")
    assert hint.modified is None


def test_drafts_and_private_posts_are_counted_and_left_out():
    item = read([post(4, status="draft"), post(5, status="private"), post(6, status="future"), post(7)])

    assert [hint.source_id for hint in item.hints] == ["7"]
    assert item.skipped == {"not_published": 3}


def test_posts_without_an_address_of_ours_are_counted():
    item = read([{"id": 1}, post(2, link=None), post(3, link="https://ailleurs.example/a/"), 7, None, [post(8)]])

    assert item.hints == ()
    assert item.skipped == {"entry_without_link": 5, "other_host": 1}


@pytest.mark.parametrize(
    "values", [{"title": None}, {"title": "Simple"}, {"title": {"raw": "x"}}, {"id": "12"}, {"id": True}]
)
def test_odd_fields_do_not_lose_a_post(values):
    (hint,) = read([post(4, **values)]).hints

    assert hint.url == f"{HOME}article-4/"


def test_an_id_that_is_no_number_is_no_source_id():
    assert [hint.source_id for hint in read([post(4, id="12"), post(5, id=True), post(6, id=-1)]).hints] == [None] * 3


def test_the_total_and_the_next_page_come_from_the_headers():
    item = read([post(4)], {"X-WP-Total": "1234", "x-wp-totalpages": "13"}, number=3)

    assert item.total == 1234
    assert item.next_page is not None
    assert item.next_page.page == 4
    assert item.next_page.kind is UrlKind.REST
    assert item.next_page.url == f"{BASE}?per_page=100&page=4"


def test_the_total_of_a_question_for_what_changed_is_not_that_of_the_site():
    url = rest_query(BASE, "update", datetime(2025, 10, 1, tzinfo=UTC), 1)

    assert read([post(4)], {"X-WP-Total": "1"}, url=url).total is None
    assert read([post(4)], {"X-WP-Total": "1"}, url=rest_query(BASE, "backfill", None, 1)).total == 1


def test_the_next_page_asks_the_same_question():
    url = rest_query(f"{HOME}?rest_route=/wp/v2/posts", "update", datetime(2025, 10, 1, tzinfo=UTC), 1)

    item = read([post(4)], {"X-WP-TotalPages": "2"}, url=url)

    assert item.next_page is not None
    assert parse_qs(urlsplit(item.next_page.url).query) == parse_qs(urlsplit(url).query) | {"page": ["2"]}


def test_the_last_page_has_no_next_one():
    posts = [post(number) for number in range(100)]

    assert read(posts, {"X-WP-TotalPages": "3"}, number=3).next_page is None
    assert read(posts, {"X-WP-TotalPages": "3"}, number=4).next_page is None


def test_without_the_count_a_link_header_or_a_full_page_tells_of_a_next_one():
    link = {"Link": f'<{BASE}?page=1>; rel="prev", <{BASE}?page=3>; rel="next"'}

    assert read([post(4)]).next_page is None
    assert read([post(4)], link, number=2).next_page is not None
    assert read([post(number) for number in range(100)]).next_page is not None


@pytest.mark.parametrize("headers", [{"X-WP-TotalPages": "9"}, {}])
def test_an_empty_page_is_the_end(headers):
    item = read([], headers)

    assert item.hints == ()
    assert item.next_page is None


@pytest.mark.parametrize("total", ["", "-1", "abc", "1e9", "٣", "9" * 30])
def test_a_total_that_is_no_number_is_none(total):
    assert read([post(4)], {"X-WP-Total": total}).total is None


def test_past_the_end_is_an_empty_list_and_no_failure():
    item = read({"code": "rest_post_invalid_page_number", "message": "…", "data": {"status": 400}}, number=14)

    assert item.hints == ()
    assert item.next_page is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"code": "rest_no_route", "message": "x", "data": {"status": 404}}', "rest_no_route"),
        (b'{"code": "rest_forbidden"}', "rest_forbidden"),
        (b'{"namespaces": []}', "not_a_list"),
        (b"{}", "not_a_list"),
        (b"3", "not_a_list"),
        (b"null", "not_a_list"),
        (b"", "not_json"),
        (b"<html>Erreur</html>", "not_json"),
        (b'[{"id": 4,', "not_json"),
        (b"[" * 200_000, "not_json"),
        (b'[{"id": ' + b"9" * 10_000 + b"}]", "not_json"),
        (b"\xff\xfe\x00", "not_json"),
    ],
)
def test_what_is_no_list_of_posts_is_said_to_be_none(body, reason):
    with pytest.raises(NotASource) as caught:
        parse_rest(body, {}, BASE, 1, site=SITE, now=NOW)

    assert caught.value.reason == reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(post(1))) | st.text(), inner, max_size=6)
    ),
    max_leaves=12,
)


@given(JSON, st.dictionaries(st.sampled_from(["X-WP-Total", "X-WP-TotalPages", "Link"]), st.text()))
def test_any_answer_gives_a_list_or_a_reason(answer, headers):
    with contextlib.suppress(NotASource):
        assert read(answer, headers).hints is not None
    with contextlib.suppress(NotASource):
        assert read([answer, answer], headers).hints is not None


def test_an_update_asks_for_what_was_modified_last():
    since = datetime(2025, 10, 28, 9, 0, tzinfo=timezone(timedelta(hours=2)))

    url = rest_query(BASE, "update", since, 1)

    assert url.partition("?")[0] == BASE
    assert parse_qs(urlsplit(url).query) == {
        "per_page": ["100"],
        "page": ["1"],
        "_fields": ["id,link,title,status,date_gmt,modified_gmt"],
        "orderby": ["modified"],
        "order": ["desc"],
        "modified_after": ["2025-10-28T07:00:00Z"],
    }


def test_a_back_fill_asks_for_everything_in_an_order_that_new_articles_do_not_shift():
    query = parse_qs(urlsplit(rest_query(BASE, "backfill", None, 7)).query)

    assert (query["orderby"], query["order"], query["page"]) == (["id"], ["asc"], ["7"])
    assert "modified_after" not in query


def test_the_plain_route_of_a_site_without_pretty_addresses_stays():
    url = rest_query(f"{HOME}?rest_route=/wp/v2/posts", "update", None, 1)

    assert url.startswith(f"{HOME}?rest_route=/wp/v2/posts&per_page=100&page=1&")
