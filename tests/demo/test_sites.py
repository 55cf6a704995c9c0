"""The sample outlets as documents: what they print, and that it is what it claims to be."""

import io
import json
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import feedparser
import pytest

from aggregator.demo import library
from aggregator.demo.sites import Document, Site, build_site, feeds_toml
from tests.conftest import NOW

ORIGIN = "http://127.0.0.1:8000"


def site(key: str, *, prefix: str = "/", now: datetime = NOW) -> Site:
    (outlet,) = (outlet for outlet in library.outlets() if outlet.key == key)
    return build_site(outlet, origin=ORIGIN, prefix=prefix, now=now)


def feed(of: Site, path: str) -> Document:
    return of.documents[path]


@pytest.mark.parametrize(
    ("key", "path", "version", "entries"),
    [
        ("harbour_gazette", "/feed.xml", "rss20", 6),
        ("harbour_gazette", "/weather.xml", "rss20", 1),
        ("norhaven_courier", "/feeds/news.xml", "rss20", 6),
        ("meridian_science", "/atom.xml", "atom10", 4),
        ("wexley_observer", "/index.rdf", "rss10", 6),
        ("lindenfurter_bote", "/nachrichten.rss", "rss20", 5),
        ("kettle_and_crane", "/feed", "rss20", 3),
    ],
)
def test_each_xml_feed_is_of_its_format_and_holds_every_article(
    key: str, path: str, version: str, entries: int
) -> None:
    parsed = feedparser.parse(io.BytesIO(feed(site(key), path).body))
    assert (parsed.version, len(parsed.entries)) == (version, entries)


def test_only_the_hand_written_feed_is_broken_xml() -> None:
    broken = {
        outlet.key
        for outlet in library.outlets()
        for document in site(outlet.key).documents.values()
        if "xml" in document.headers.get("Content-Type", "")
        and feedparser.parse(io.BytesIO(document.body)).bozo
        and document.status == 200
    }
    assert broken == {"kettle_and_crane"}


def test_the_json_feed_names_its_version_and_gives_an_id_to_each_item() -> None:
    parsed = json.loads(feed(site("open_ledger"), "/feed.json").body)
    assert parsed["version"] == "https://jsonfeed.org/version/1.1"
    assert len({item["id"] for item in parsed["items"]}) == 5


def test_dates_are_relative_to_now() -> None:
    later = NOW + timedelta(days=30)
    first = [entry.published for entry in _entries(site("meridian_science"))]
    second = [entry.published for entry in _entries(site("meridian_science", now=later))]
    assert first[0] == "2026-11-20T09:45:00Z"
    assert second[0] == "2026-12-20T09:45:00Z"


def test_the_same_instant_gives_the_same_bytes() -> None:
    assert site("harbour_gazette").documents == site("harbour_gazette").documents


def test_three_outlets_print_the_agency_story_word_for_word_under_their_own_addresses() -> None:
    printed = {
        outlet.key: article.paragraphs
        for outlet in library.outlets()
        for article in outlet.articles
        if article.author == "Coastal Press"
    }
    assert set(printed) == {"norhaven_courier", "wexley_observer", "open_ledger"}
    assert len(set(printed.values())) == 1
    assert len(" ".join(printed["open_ledger"]).split()) > 40  # enough words to recognise a copy by


def test_a_section_feed_repeats_an_article_with_tracking_parameters() -> None:
    (entry,) = feedparser.parse(io.BytesIO(feed(site("harbour_gazette"), "/weather.xml").body)).entries
    assert entry.link == f"{ORIGIN}/articles/gale-warning-lifted?utm_source=rss&utm_medium=weather"


def test_an_article_that_was_taken_down_has_no_page() -> None:
    (entry,) = (entry for entry in _entries(site("meridian_science")) if "Lecture" in entry.title)
    assert urlsplit(entry.link).path not in site("meridian_science").documents


def test_each_other_article_has_a_page_that_holds_its_text_between_navigation_and_footer() -> None:
    for outlet in library.outlets():
        pages = site(outlet.key).documents
        for article in outlet.articles:
            if not article.missing:
                text = pages[f"/articles/{article.slug}"].body
                assert text.index(b"<nav") < text.index(b"<article") < text.index(b"<footer")


def test_an_outlet_keeps_to_its_path_where_all_share_one_address() -> None:
    shared = site("norhaven_courier", prefix="/norhaven_courier/")
    assert shared.feeds == (f"{ORIGIN}/norhaven_courier/rss",)
    assert all(path.startswith("/norhaven_courier/") for path in shared.documents)
    assert shared.documents["/norhaven_courier/rss"].headers["Location"] == f"{shared.home}feeds/news.xml"


def test_an_outlet_without_a_listed_feed_names_it_on_its_home_page() -> None:
    ledger = site("open_ledger")
    assert ledger.feeds == ()
    assert f'href="{ORIGIN}/feed.json"'.encode() in ledger.documents["/"].body
    assert "feeds =" not in feeds_toml([ledger])


def _entries(of: Site) -> list[feedparser.FeedParserDict]:
    entries: list[feedparser.FeedParserDict] = feedparser.parse(
        io.BytesIO(of.documents["/atom.xml"].body)
    ).entries
    return entries
