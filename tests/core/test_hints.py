"""What a feed document says about itself as a feed."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core import hints
from aggregator.core.cut import cut_known, split
from aggregator.core.parse import parse_cut, parse_feed
from aggregator.model import FeedHints
from tests.conftest import SHARED, needs_shared

URL = "https://x.example/news/feed"
SYNDICATION = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
ATOM = 'xmlns:atom="http://www.w3.org/2005/Atom"'


def hinted(head: str, item: str = "", tail: str = "") -> FeedHints:
    document = (
        f'<rss version="2.0" {SYNDICATION} {ATOM}><channel><title>Port News</title>{head}'
        f"<item><title>One</title>{item}</item>\n<item><title>Two</title></item>{tail}</channel></rss>"
    )
    return parse_feed(document.encode(), url=URL, headers={}).hints


def test_a_feed_without_hints_has_none() -> None:
    assert hinted("") == FeedHints()


def test_rss_says_how_long_it_keeps_and_when_it_sleeps() -> None:
    head = (
        "<ttl>60</ttl><skipHours><hour>0</hour><hour>3</hour><hour>24</hour></skipHours>"
        "<skipDays><day>Saturday</day><day>sunday</day></skipDays>"
    )
    assert hinted(head) == FeedHints(
        ttl=timedelta(hours=1), skip_hours=frozenset({0, 3}), skip_days=frozenset({5, 6})
    )


@pytest.mark.parametrize(
    ("period", "frequency", "interval"),
    [
        ("hourly", "2", timedelta(minutes=30)),
        ("Daily", "", timedelta(days=1)),
        ("weekly", "7", timedelta(days=1)),
        ("yearly", "1", hints.MOST),
        ("hourly", "1000", hints.LEAST),
        ("hourly", "0", timedelta(hours=1)),
        ("daily", "0.1", timedelta(days=1)),
        ("hourly", "-3", timedelta(hours=1)),
        ("hourly", "nan", timedelta(hours=1)),
        ("hourly", "inf", timedelta(hours=1)),
        ("hourly", "often", timedelta(hours=1)),
        ("always", "1", None),
        ("dayly", "1", None),
        ("", "1", None),
    ],
)
def test_an_odd_update_period_or_frequency_never_crashes_nor_gives_a_two_minute_poll(
    period: str, frequency: str, interval: timedelta | None
) -> None:
    head = (
        f"<sy:updatePeriod>\n{period}\t</sy:updatePeriod><sy:updateFrequency>{frequency}</sy:updateFrequency>"
    )
    assert hinted(head).update_interval == interval


@pytest.mark.parametrize("ttl", ["", "0", "-5", "soon", "1e400", "9" * 400, "nan", "٣"])
def test_a_ttl_that_says_nothing_is_none(ttl: str) -> None:
    assert hinted(f"<ttl>{ttl}</ttl>").ttl is None


@pytest.mark.parametrize("hour", ["", "25", "-1", "3am", "99999999999", "²"])
def test_an_hour_that_is_none_is_not_skipped(hour: str) -> None:
    assert hinted(f"<skipHours><hour>{hour}</hour><hour>7</hour></skipHours>").skip_hours == {7}


def test_links_name_hubs_topic_archive_and_next_page() -> None:
    head = (
        '<atom:link rel="self" href="https://x.example/feed?a=1&amp;b=2"/>'
        '<atom:link href="https://hub.example/" rel="hub"/>'
        "<atom:link rel='hub' href='//other.example/hub'/>"
        '<atom:link rel="hub" href="https://hub.example/"/><atom:link rel="hub" href="javascript:alert(1)"/>'
        '<atom:link rel="prev-archive" href="/2025.xml"/><atom:link rel="next" href="?page=2"/>'
    )
    assert hinted(head) == FeedHints(
        self_url="https://x.example/feed?a=1&b=2",
        hubs=("https://hub.example/", "https://other.example/hub"),
        archive_url="https://x.example/2025.xml",
        next_url="https://x.example/news/feed?page=2",
    )


def test_an_xml_base_counts() -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://cdn.example/a/"><title>T</title>'
        '<link rel="self" href="feed"/><entry><id>1</id><title>E</title></entry></feed>'
    )
    assert parse_feed(atom.encode(), url=URL, headers={}).hints.self_url == "https://cdn.example/a/feed"


def test_a_complete_feed_says_so() -> None:
    head = '<fh:complete xmlns:fh="http://purl.org/syndication/history/1.0"/>'
    assert hinted(head).complete
    assert not hinted("<fh:complete xmlns:fh='http://other.example/'/>").complete


def test_what_an_item_says_is_not_the_feeds_word() -> None:
    item = (
        "<ttl>5</ttl><atom:link rel='hub' href='https://evil.example/'/><description>"
        "<![CDATA[</item><ttl>7</ttl><atom:link rel='self' href='https://evil.example/'/>]]></description>"
    )
    assert hinted("<!-- <ttl>1</ttl> -->", item) == FeedHints()


def test_what_stands_behind_the_items_counts_too() -> None:
    assert hinted("", tail="<ttl>30</ttl>").ttl == timedelta(minutes=30)


def test_json_feed_names_hubs_address_and_next_page() -> None:
    document = (
        '{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [], '
        '"feed_url": "https://x.example/feed.json", "next_url": "page2.json", '
        '"hubs": [{"type": "rssCloud", "url": "https://cloud.example/"}, 3, {"type": "WebSub"}, '
        '{"type": "WebSub", "url": "https://hub.example/"}]}'
    )
    assert parse_feed(document.encode(), url=URL, headers={}).hints == FeedHints(
        self_url="https://x.example/feed.json",
        next_url="https://x.example/news/page2.json",
        hubs=("https://hub.example/",),
    )


@pytest.mark.parametrize("value", ["3", '"x"', "{}", "[[]]", "null", '[{"url": 3}]'])
def test_odd_json_hints_never_crash(value: str) -> None:
    document = (
        '{"version": "https://jsonfeed.org/version/1", "items": [], '
        f'"hubs": {value}, "feed_url": {value}, "next_url": {value}}}'
    )
    assert parse_feed(document.encode(), url=URL, headers={}).hints.hubs == ()


@needs_shared
def test_hints_are_the_same_whether_known_entries_were_cut_away_or_not() -> None:
    compared = 0
    for path in sorted((SHARED / "corpus" / "feeds" / "real").iterdir()):
        body = path.read_bytes()
        document = split(body)
        if document is None or len(document.entries) < 2:
            continue
        whole = parse_feed(body, url=URL, headers={}).hints
        known: dict[bytes, int | None] = dict.fromkeys((e.digest for e in document.entries[1:]), 1)
        cut = cut_known(body, known)
        parsed = parse_cut(cut.body, digests=cut.digests, whole=cut.whole, url=URL, headers={})
        if parsed is not None and not cut.whole:
            assert parsed.feed.hints == whole, path.name
            compared += 1
    assert compared > 50


@given(st.text(alphabet="<>/![]-CDATA itemlnkhrfubs=\"'0", max_size=200))
def test_any_text_gives_hints(text: str) -> None:
    assert isinstance(hints.absolute(hints.of_xml(text), URL), FeedHints)
