"""Sitemaps and indexes of sitemaps as a poll and a look for missed items read them."""

import asyncio
import gzip
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator import config
from aggregator.app import open_services
from aggregator.discovery import find_feeds
from aggregator.errors import ParseError
from aggregator.model import Fetched
from aggregator.pool import Inline
from aggregator.sitemaps import MOST_CHILDREN, RECENT, SitemapRead, read_sitemap
from tests.conftest import NOW
from tests.fakes import FakeSite
from tests.fetch.arrange import a_client
from tests.press import Newsroom, outlet

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def at(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def plain(**pages: datetime | None) -> str:
    """A plain sitemap: the last part of each address, and when it changed."""
    entries = (
        f"<url><loc>/{name}</loc>{f'<lastmod>{at(changed)}</lastmod>' if changed else ''}</url>"
        for name, changed in pages.items()
    )
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(entries)}</urlset>'


def news(**pages: datetime | None) -> str:
    """A news sitemap: the last part of each address, and when it was published."""
    entries = (
        f"<url><loc>/{name}</loc><n:news><n:title>News of {name}</n:title>"
        f"{f'<n:publication_date>{at(date)}</n:publication_date>' if date else ''}</n:news></url>"
        for name, date in pages.items()
    )
    return (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">{"".join(entries)}</urlset>'
    )


def index(**sitemaps: str) -> str:
    """An index: names of sitemaps (without their ending), and their lastmod, "" for none."""
    entries = (
        f"<sitemap><loc>/{name}.xml</loc>{f'<lastmod>{changed}</lastmod>' if changed else ''}</sitemap>"
        for name, changed in sitemaps.items()
    )
    return (
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(entries)}</sitemapindex>'
    )


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running() as running:
        yield running


async def read(site: FakeSite, document: str, *, since: datetime = NOW - RECENT) -> SitemapRead:
    site.serve("/sitemap.xml", document)
    async with a_client() as client:
        page = await client.get(site.url("/sitemap.xml"))
        assert isinstance(page, Fetched)
        return await read_sitemap(page, fetch=client.get, run=Inline().run, since=since)


def names(found: SitemapRead) -> list[str]:
    return [item.url.rpartition("/")[2] for item in found.feed.items]


async def test_a_plain_sitemap_gives_what_changed_in_the_last_week_newest_first(site: FakeSite) -> None:
    found = await read(site, plain(older=NOW - 8 * DAY, old=NOW - 6 * DAY, new=NOW - HOUR, about=None))
    assert names(found) == ["new", "old"]
    assert (found.feed.version, found.settled, found.complete, found.older) == ("sitemap", True, True, True)


async def test_a_news_sitemap_gives_undated_articles_too(site: FakeSite) -> None:
    found = await read(site, news(new=NOW - HOUR, undated=None, ancient=NOW - 30 * DAY))
    assert names(found) == ["new", "undated"]
    assert found.feed.version == "sitemap-news"


async def test_a_plain_sitemap_without_dates_cannot_be_a_feed(site: FakeSite) -> None:
    with pytest.raises(ParseError, match=r"gives no dates \(lastmod\)"):
        await read(site, plain(one=None, two=None))


async def test_an_index_gives_the_items_of_its_sitemaps_each_once_newest_first(site: FakeSite) -> None:
    site.serve("/posts.xml", plain(one=NOW - 3 * HOUR, two=NOW - 2 * HOUR))
    name = "<n:publication><n:name>Port News</n:name></n:publication><n:title>"
    site.serve("/latest.xml", news(two=NOW - 2 * HOUR, three=NOW - HOUR).replace("<n:title>", name))
    found = await read(site, index(posts=at(NOW), latest=at(NOW)))
    assert found.feed.title == "Port News"
    assert names(found) == ["three", "two", "one"]
    assert [item.title for item in found.feed.items] == ["News of three", "News of two", "One"]
    assert (found.feed.version, found.settled, found.complete, found.older) == (
        "sitemap-news",
        True,
        True,
        False,
    )


async def test_packed_sitemaps_of_an_index_are_unpacked(site: FakeSite) -> None:
    packed = gzip.compress(plain(one=NOW - HOUR).encode())
    site.serve("/posts.xml", packed, content_type="application/gzip")
    assert names(await read(site, index(posts=at(NOW)))) == ["one"]


async def test_sitemaps_that_did_not_change_since_then_are_not_fetched(site: FakeSite) -> None:
    site.serve("/new.xml", plain(one=NOW - HOUR))
    site.serve("/today.xml", plain(two=NOW - 7 * DAY))
    found = await read(site, index(old=at(NOW - 8 * DAY), new=at(NOW), today=str((NOW - RECENT).date())))
    assert site.paths() == ["/sitemap.xml", "/new.xml", "/today.xml"]
    assert (names(found), found.complete, found.older) == (["one", "two"], True, True)


async def test_at_most_five_sitemaps_are_read_the_likeliest_first(site: FakeSite) -> None:
    for number in range(1, 9):
        site.serve(f"/posts-{number}.xml", plain(**{f"p{number}": NOW - HOUR}))
    site.serve("/news.xml", news(latest=NOW))
    found = await read(site, index(**{f"posts-{number}": "" for number in range(1, 9)}, news=""))
    assert site.paths()[1:] == ["/news.xml", *(f"/posts-{number}.xml" for number in (8, 7, 6, 5))]
    assert len(found.feed.items) == MOST_CHILDREN
    assert not found.complete


@pytest.mark.parametrize("changed", ["", "2026-11-20"])
async def test_an_index_that_does_not_say_when_its_sitemaps_changed_settles_nothing(
    site: FakeSite, changed: str
) -> None:
    site.serve("/posts.xml", plain(one=NOW - HOUR))
    assert not (await read(site, index(posts=changed))).settled


async def test_one_broken_sitemap_does_not_hide_the_others(site: FakeSite) -> None:
    site.serve("/good.xml", plain(one=NOW - HOUR))
    site.serve("/index.xml", index(good=at(NOW)))
    found = await read(site, index(gone=at(NOW), good=at(NOW), index=at(NOW)))
    assert (names(found), found.complete, found.settled) == (["one"], False, False)


async def test_an_index_of_nothing_but_broken_sitemaps_is_no_feed(site: FakeSite) -> None:
    site.serve("/page.xml", "<html></html>")
    with pytest.raises(ParseError) as raised:
        await read(site, index(page=at(NOW)))
    assert str(raised.value) == (
        "none of the sitemaps that this index names can be read "
        f"(127.0.0.1:{site.port}/page.xml: this is not a sitemap)"
    )


async def test_what_lies_beyond_the_cap_is_counted_only_where_it_would_have_been_news(site: FakeSite) -> None:
    pages = {f"p{number}": NOW - number * timedelta(minutes=8) for number in range(2500)}
    found = await read(site, plain(**pages))
    assert (len(found.feed.items), found.feed.cut_off) == (1261, 0)
    found = await read(site, plain(**pages), since=NOW - 30 * DAY)
    assert (len(found.feed.items), found.feed.cut_off) == (2000, 500)


# ── in the place of a feed ───────────────────────────────────────────────────────────────────


@pytest.fixture
def room(tmp_path: Path, site: FakeSite) -> Newsroom:
    room = Newsroom(directory=tmp_path)
    room.outlets(outlet("Port", site.url("/sitemap.xml")))
    return room


def stored(room: Newsroom) -> dict[str, str]:
    """The titles of what is stored, by the last part of its address."""
    return {item.url.rpartition("/")[2]: item.title for item in room.items()}


def test_a_news_sitemap_can_stand_in_the_place_of_a_feed(site: FakeSite, room: Newsroom) -> None:
    site.serve("/sitemap.xml", news(one=NOW - 2 * HOUR, two=NOW - HOUR))
    assert room.once().items_new == 2
    room.clock.advance(hours=1)
    site.serve("/sitemap.xml", news(two=NOW - HOUR, three=NOW).replace("News of two", "More of two"))
    report = room.once(force=True)
    assert (report.items_new, report.items_changed, report.items_unchanged) == (1, 1, 0)
    assert stored(room) == {"one": "News of one", "two": "More of two", "three": "News of three"}
    assert {item.published for item in room.items()} == {NOW - 2 * HOUR, NOW - HOUR, NOW}


def test_a_sitemap_that_did_not_change_costs_a_304(site: FakeSite, room: Newsroom) -> None:
    site.serve("/sitemap.xml", news(one=NOW - HOUR))
    room.once()
    room.clock.advance(hours=1)
    assert room.once(force=True).not_modified == 1


def test_an_index_of_unknown_age_is_looked_into_at_every_poll(site: FakeSite, room: Newsroom) -> None:
    site.serve("/sitemap.xml", index(posts=""))
    site.serve("/posts.xml", plain(one=NOW - HOUR), etag=None, last_modified=None)
    assert room.once().items_new == 1
    room.clock.advance(hours=1)
    site.serve("/posts.xml", plain(one=NOW - HOUR, two=NOW), etag=None, last_modified=None)
    report = room.once(force=True)
    assert (report.items_new, report.items_changed, report.items_unchanged) == (1, 0, 1)
    assert stored(room) == {"one": "One", "two": "Two"}


def test_a_page_that_only_changed_its_date_in_a_plain_sitemap_is_no_edit(
    site: FakeSite, room: Newsroom
) -> None:
    """Edge case 34, of lastmod: many sites write the time of the request there."""
    site.serve("/sitemap.xml", plain(one=NOW - HOUR))
    room.once()
    room.clock.advance(hours=1)
    site.serve("/sitemap.xml", plain(one=NOW))
    report = room.once(force=True)
    assert (report.items_new, report.items_changed, report.items_unchanged) == (0, 0, 1)


def test_a_page_that_left_the_week_and_retention_does_not_come_back(site: FakeSite, room: Newsroom) -> None:
    """Edge case 27: what is still listed is not deleted, and what was deleted is not listed any more."""
    room.file.write_text(room.file.read_text().replace("[fetch]", 'keep = "3d"\n[fetch]'))
    site.serve("/sitemap.xml", news(one=NOW - HOUR, two=NOW - HOUR), etag=None, last_modified=None)
    room.once()
    counts = []
    for day in range(1, 10):
        room.clock.advance(days=1)
        body = news(one=NOW - HOUR, two=NOW - HOUR, **{f"day{day}": room.clock.now()})
        site.serve("/sitemap.xml", body, etag=None, last_modified=None)
        counts.append(room.once(force=True).items_new)
    assert counts == [1] * 9
    assert "one" not in stored(room)


def test_a_sitemap_that_cannot_serve_says_why(site: FakeSite, room: Newsroom) -> None:
    site.serve("/sitemap.xml", plain(one=None))
    room.once()
    assert room.health()["Port"].reason == (
        "this sitemap gives no dates (lastmod), so it does not tell what is new"
    )


def test_a_sitemap_can_be_added_as_an_outlets_feed(site: FakeSite, room: Newsroom) -> None:
    site.serve("/news.xml", news(one=NOW - HOUR))
    site.serve("/index.xml", index(news=at(NOW)))

    async def found() -> list[tuple[str, str, int]]:
        async with open_services(config.load(room.file), clock=room.clock.now) as services:
            feeds = [
                await find_feeds(services.client, site.url(path), services.documents.parse)
                for path in ("/news.xml", "/index.xml")
            ]
        assert all(isinstance(one, tuple) for one in feeds)
        return [(one.url, one.version, one.items) for several in feeds for one in several]  # type: ignore[union-attr]

    assert asyncio.run(found()) == [
        (site.url("/news.xml"), "sitemap-news", 1),
        (site.url("/index.xml"), "sitemap-news", 1),
    ]
