"""Sitemaps as they are found: of news, plain, of sitemaps, packed, broken, hostile.

Each ``tests/data/sitemaps/<what-is-odd>.xml`` stands beside what is read in it, as if it had been fetched
from https://www.example.org/news/sitemap.xml; ``python -m tests.core.test_sitemap`` writes that anew.
"""

import gzip
import json
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.draft import MAX_ITEMS
from aggregator.core.parse import parse_feed
from aggregator.core.sitemap import MAX_SIZE, SitemapIndex, SitemapLink, is_sitemap, parse_sitemap
from aggregator.errors import ParseError
from aggregator.model import ParsedFeed
from tests.conftest import SHARED, needs_shared

FOLDER = Path(__file__).resolve().parent.parent / "data" / "sitemaps"
SITEMAPS = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".expected.json"))
URL = "https://www.example.org/news/sitemap.xml"


def urlset(*entries: str) -> bytes:
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(entries)}</urlset>'.encode()


def page(number: int, changed: str = "2026-11-20") -> str:
    return f"<url><loc>https://www.example.org/news/story-{number}</loc><lastmod>{changed}</lastmod></url>"


def feed_of(body: bytes, url: str = URL) -> ParsedFeed:
    found = parse_sitemap(body, url=url)
    assert isinstance(found, ParsedFeed)
    return found


def _as_json(found: ParsedFeed | SitemapIndex) -> Any:
    """Without what is empty, so that an expectation shows what was found."""
    values = asdict(found)
    values.pop("hints", None)
    for name in ("items", "children"):
        if name in values:
            values[name] = [{key: value for key, value in one.items() if value} for one in values[name]]
    return json.loads(json.dumps({key: value for key, value in values.items() if value}, default=str))


def _expected(path: Path) -> Path:
    return path.with_name(path.name.partition(".")[0] + ".expected.json")


@pytest.mark.parametrize("path", SITEMAPS, ids=lambda path: path.name.partition(".")[0])
def test_an_odd_sitemap_is_read_as_expected(path: Path) -> None:
    body = path.read_bytes()
    assert is_sitemap(body)
    assert _as_json(parse_sitemap(body, url=URL)) == json.loads(_expected(path).read_text())


def test_every_expectation_has_its_sitemap() -> None:
    assert {_expected(path) for path in SITEMAPS} == set(FOLDER.glob("*.expected.json"))


def test_an_index_gives_the_sitemaps_of_its_own_site_each_once() -> None:
    assert parse_sitemap((FOLDER / "index-with-odd-children.xml").read_bytes(), url=URL) == SitemapIndex(
        children=(
            SitemapLink(
                url="https://www.example.org/sitemap-news.xml.gz",
                changed=datetime(2026, 11, 20, 8, tzinfo=UTC),
                timed=True,
            ),
            SitemapLink(
                url="https://www.example.org/sitemap-2026-11.xml", changed=datetime(2026, 11, 20, tzinfo=UTC)
            ),
            SitemapLink(url="https://www.example.org/sitemap-old.xml"),
        )
    )


def test_the_newest_two_thousand_are_kept_and_the_rest_is_counted() -> None:
    """Edge case 45: by date, as the document's order can be the oldest first."""
    days = [f"2026-{month:02}-{day:02}" for month in range(1, 11) for day in range(1, 29)]
    feed = feed_of(urlset(*(page(n, days[n % len(days)]) for n in range(MAX_ITEMS + 800))))
    assert (len(feed.items), feed.cut_off) == (MAX_ITEMS, 800)
    dates = [item.updated for item in feed.items if item.updated]
    assert dates == sorted(dates, reverse=True)
    assert dates[-1] > datetime(2026, 3, 1, tzinfo=UTC)


def test_a_page_that_is_listed_twice_is_one_item() -> None:
    assert len(feed_of(urlset(page(1), page(1, "2026-11-19"))).items) == 1


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/news/the-bridge-is-closed", "The bridge is closed"),
        ("/2026/11/20/the-bridge_is.closed-1234567.html", "The bridge is closed"),
        ("/the-bridge-is-closed/9981123", "The bridge is closed"),
        ("/the-bridge-is-closed/index.html", "The bridge is closed"),
        ("/a/covid-19-figures.php", "Covid 19 figures"),
        ("/%D0%BC%D1%96%D1%81%D1%82-%D1%96-%D1%80%D1%96%D0%BA", "Міст і рік"),
        ("/12/34567", "34567"),
        ("/", "www.example.org"),
    ],
)
def test_a_page_without_a_title_is_named_by_its_address(path: str, title: str) -> None:
    entry = f"<url><loc>https://www.example.org{path}</loc></url>"
    assert [item.title for item in feed_of(urlset(entry)).items] == [title]


def test_pages_of_another_site_alone_are_a_mistake() -> None:
    with pytest.raises(ParseError, match=r"^this sitemap lists no page of other\.example$"):
        parse_sitemap(urlset(page(1)), url="https://other.example/sitemap.xml")


def test_an_empty_sitemap_is_a_feed_without_items() -> None:
    assert feed_of(urlset()).items == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"urlset",
        b"https://www.example.org/a\nhttps://www.example.org/b\n",
        b"<rss version='2.0'><channel><title>urlset</title></channel></rss>",
        b"<html><body>&lt;urlset&gt;</body></html>",
        b"<?xml version='1.0'?><!-- <urlset> --><feed/>",
        b"<urlsets/>",
        gzip.compress(b"<rss/>", mtime=0),
        gzip.compress(b"<urlset/>", mtime=0)[:5],
        b"\x1f\x8b\x08 and then nothing of it",
    ],
)
def test_what_is_no_sitemap_is_not_taken_for_one(body: bytes) -> None:
    assert not is_sitemap(body)


@needs_shared
def test_no_captured_feed_is_taken_for_a_sitemap() -> None:
    feeds = [path for path in (SHARED / "corpus" / "feeds").rglob("*") if path.is_file()]
    assert len(feeds) > 100
    assert [path.name for path in feeds if is_sitemap(path.read_bytes())] == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<rss/>", "this is not a sitemap: it begins with <rss>"),
        (b"nothing", "this is not a sitemap: it has no elements"),
        (gzip.compress(urlset(page(1)), mtime=0)[:-12], "this packed sitemap breaks off in the middle"),
        (b"\x1f\x8b\x08" + b"x" * 100, "this sitemap is packed with gzip and cannot be unpacked"),
    ],
)
def test_what_cannot_be_read_says_why(body: bytes, words: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse_sitemap(body, url=URL)
    assert str(raised.value) == words


def test_a_packed_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(urlset(" " * (MAX_SIZE * 5)))
    assert len(bomb) < MAX_SIZE / 100
    with pytest.raises(ParseError, match="unpacks to more than"):
        parse_sitemap(bomb, url=URL)


def test_entities_of_the_document_are_not_expanded_and_nothing_is_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("do not read me")
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    body = (
        f'<!DOCTYPE urlset [<!ENTITY a0 "boom"><!ENTITY f SYSTEM "{secret.as_uri()}">{lines}]>'
        "<urlset><url><loc>https://www.example.org/a</loc><title>&a11;</title></url>"
        "<url><loc>https://www.example.org/&f;</loc></url></urlset>"
    ).encode()
    assert is_sitemap(body)
    assert [item.url for item in feed_of(body).items] == [
        "https://www.example.org/a",
        "https://www.example.org/&f;",
    ]


def test_a_feed_that_is_read_as_one_says_that_it_is_none() -> None:
    with pytest.raises(ParseError, match="not a feed"):
        parse_feed(urlset(page(1)), url=URL, headers={})


PIECES = st.sampled_from(
    [
        *(
            "<urlset>",
            "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>",
            "<sitemapindex>",
            "</urlset>",
        ),
        *(
            "<url>",
            "</url>",
            "<sitemap>",
            "</sitemap>",
            "<loc>",
            "</loc>",
            "<lastmod>",
            "</lastmod>",
            "<news:news>",
        ),
        *(
            "https://www.example.org/a-b",
            "/c?d=1&e=2",
            "2026-11-20",
            "2026-11-20T10:00:00Z",
            "99999999999999",
        ),
        *(
            "<news:title>",
            "</news:title>",
            "<![CDATA[",
            "]]>",
            "&amp;",
            "&#0;",
            "&x;",
            "<!--",
            "-->",
            "<?",
            "\x00",
        ),
    ]
)


@given(
    st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=40).map(lambda all_: "".join(all_).encode()))
)
def test_any_bytes_are_a_sitemap_or_a_parse_error(body: bytes) -> None:
    for variant in (body, b"<urlset>" + body, gzip.compress(body)):
        is_sitemap(variant)
        with suppress(ParseError):
            found = parse_sitemap(variant, url=URL)
            items = found.items if isinstance(found, ParsedFeed) else ()
            assert all(item.url.startswith("http") and item.title for item in items)


if __name__ == "__main__":
    for one in SITEMAPS:
        found = parse_sitemap(one.read_bytes(), url=URL)
        _expected(one).write_text(json.dumps(_as_json(found), ensure_ascii=False, indent=2) + "\n")
