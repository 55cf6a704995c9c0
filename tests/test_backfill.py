"""Items that came and went between two polls are found again, each of them once."""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator import config
from aggregator.app import open_services
from aggregator.backfill import MOST_ASKED, MOST_DOCUMENTS, Backfill
from aggregator.model import Filled, Gap, Item, NewGap, OpenGap, PutOff
from aggregator.store import gaps
from aggregator.store.engine import Database
from tests.conftest import NOW
from tests.fakes import FakeSite, Reply, Request
from tests.press import Entry, Newsroom, outlet, rss

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
#: when the first and the second poll see the feed
FIRST, SECOND = NOW, NOW + 4 * HOUR
#: entries in the feed's document, and how many have come by each poll
WINDOW, BEFORE, AFTER = 5, 5, 17


def published(number: int) -> datetime:
    """Every 15 minutes an item, the fifth one just before the first poll."""
    return FIRST + (number - BEFORE) * 15 * MINUTE - MINUTE


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running() as running:
        yield running


@pytest.fixture
def room(tmp_path: Path, site: FakeSite) -> Newsroom:
    room = Newsroom(directory=tmp_path)
    room.outlets(outlet("Port", site.url("/feed.xml"), homepage=f'"{site.url("/")}"'))
    return room


def document(site: FakeSite, *numbers: int, prefix: str = "/news/", **links: str) -> str:
    """A feed of these items, newest first; ``links`` by their rel, "_" for "-"."""
    head = "".join(
        f'<link xmlns="http://www.w3.org/2005/Atom" rel="{rel.replace("_", "-")}" href="{href}"/>'
        for rel, href in links.items()
    )
    entries = [
        Entry(number=number, link=site.url(f"{prefix}{number}"), age=NOW - published(number))
        for number in sorted(numbers, reverse=True)
    ]
    return rss(entries, head=head)


def sitemap(site: FakeSite, numbers: Sequence[int], *, prefix: str = "/news/", title: str = "Listed") -> str:
    """A news sitemap of these items, with titles of its own."""
    entries = (
        f"<url><loc>{site.url(f'{prefix}{number}')}</loc><n:news><n:title>{title} as {number}</n:title>"
        f"<n:publication_date>{published(number).isoformat()}</n:publication_date></n:news></url>"
        for number in numbers
    )
    return (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">{"".join(entries)}</urlset>'
    )


def polled_twice(site: FakeSite, room: Newsroom, **links: str) -> None:
    """The feed of five entries moves on by twelve between two polls."""
    site.serve("/feed.xml", document(site, *range(1, BEFORE + 1), **links), last_modified=None)
    room.once()
    site.serve(
        "/feed.xml", document(site, *range(AFTER - WINDOW + 1, AFTER + 1), **links), last_modified=None
    )
    room.clock.advance(SECOND - FIRST)
    room.once(force=True)
    fill(room)


@asynccontextmanager
async def backfill(room: Newsroom, **changes: Any) -> AsyncIterator[Backfill]:
    async with open_services(config.load(room.file), clock=room.clock.now) as services:
        plain = Backfill(
            client=services.client,
            robots=services.articles.robots,
            documents=services.documents,
            store=services.store,
            thread=services.thread,
            clock=room.clock.now,
            outlets={one.name: one for one in services.config.outlets},
        )
        yield replace(plain, **changes)


def fill(room: Newsroom, **changes: Any) -> list[Filled]:
    """Every gap that is due is looked for once."""

    async def run() -> list[Filled]:
        async with backfill(room, **changes) as filler:
            due = await filler.thread.call(filler.store.due_gaps, room.clock.now(), limit=10)
            return [await filler.fill(gap) for gap in due]

    return asyncio.run(run())


def look(site: FakeSite, room: Newsroom, **values: Any) -> OpenGap:
    """A gap over items 6 to 12 of a feed that was polled once, when it held items 13 to 17."""
    site.serve("/feed.xml", document(site, *range(13, AFTER + 1), **values))
    room.clock.advance(SECOND - FIRST)
    room.once()
    database = Database(room.url)
    with database.writing() as connection:
        gap = NewGap(after=published(5), before=published(13))
        gaps.open_(connection, 1, gap, room.clock.now())
    database.close()
    site.forget()
    with room.store() as store:
        (found,) = store.due_gaps(room.clock.now(), limit=10)
    return found


def fill_one(room: Newsroom, gap: OpenGap, **changes: Any) -> Filled:
    async def run() -> Filled:
        async with backfill(room, **changes) as filler:
            return await filler.fill(gap)

    return asyncio.run(run())


def numbers(items: Sequence[Item]) -> list[int]:
    """Which items are stored, by the number that ends their address."""
    return sorted(int(item.url.rpartition("/")[2]) for item in items)


def gap_of(room: Newsroom) -> Gap:
    with room.store() as store:
        (gap,) = store.gaps()
    return gap


# ── nothing lost, nothing twice ──────────────────────────────────────────────────────────────


def test_missed_items_come_from_the_feeds_archive(site: FakeSite, room: Newsroom) -> None:
    site.serve("/archive/2", document(site, *range(8, 13), prev_archive="1"))
    site.serve("/archive/1", document(site, *range(1, 8), next_archive="2"))
    polled_twice(site, room, prev_archive="/archive/2")
    assert numbers(room.items()) == list(range(1, AFTER + 1))
    gap = gap_of(room)
    assert (gap.how, gap.found, gap.reason, gap.open) == (
        "archive",
        7,
        "the feed's archive was read back to 2026-11-20 10:59 UTC",
        False,
    )
    assert (gap.after, gap.before) == (published(5), published(13))


def test_missed_items_come_from_the_pages_of_a_json_feed(site: FakeSite, room: Newsroom) -> None:
    def page(*numbers: int, after: str = "") -> str:
        items = [
            {
                "id": f"tag:{number}",
                "url": site.url(f"/news/{number}"),
                "title": f"Headline number {number}",
                "content_text": f"Text of {number}",
                "date_published": published(number).isoformat(),
            }
            for number in sorted(numbers, reverse=True)
        ]
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Port", "items": items}
        return json.dumps(feed | ({"next_url": site.url(after)} if after else {}))

    site.serve("/feed.xml", page(*range(1, 6)), last_modified=None)
    room.once()
    site.serve("/feed.xml", page(*range(13, 18), after="/2"), last_modified=None)
    site.serve("/2", page(*range(8, 13), after="/3"))
    site.serve("/3", page(*range(3, 8), after="/4"))
    room.clock.advance(SECOND - FIRST)
    room.once(force=True)
    fill(room)
    assert numbers(room.items()) == list(range(1, AFTER + 1))
    assert site.asked("/4") == []
    assert gap_of(room).how == "archive"


def test_missed_items_come_from_a_news_sitemap_that_titles_them_otherwise(
    site: FakeSite, room: Newsroom
) -> None:
    site.serve("/sitemap-news.xml", sitemap(site, range(1, AFTER + 1)))
    polled_twice(site, room)
    assert numbers(room.items()) == list(range(1, AFTER + 1))
    titles = {int(item.url.rpartition("/")[2]): item.title for item in room.items()}
    assert (titles[5], titles[6], titles[13]) == ("Headline number 5", "Listed as 6", "Headline number 13")
    gap = gap_of(room)
    assert (gap.how, gap.found, gap.reason) == (
        "sitemap",
        7,
        f"127.0.0.1:{site.port}/sitemap-news.xml lists what was published then",
    )


def test_missed_items_come_from_an_index_of_packed_sitemaps_that_robots_txt_names(
    site: FakeSite, room: Newsroom
) -> None:
    names = [site.url(f"/maps/{number}.xml.gz") for number in (1, 2)]
    entries = "".join(f"<sitemap><loc>{name}</loc></sitemap>" for name in names)
    site.serve("/index.xml", f"<sitemapindex>{entries}</sitemapindex>")
    site.serve("/robots.txt", f"User-agent: *\nAllow: /\nSitemap: {site.url('/index.xml')}\n")
    for number, part in enumerate((range(1, 9), range(9, AFTER + 1)), 1):
        packed = gzip.compress(sitemap(site, part).encode())
        site.serve(f"/maps/{number}.xml.gz", packed, content_type="application/x-gzip")
    polled_twice(site, room)
    assert numbers(room.items()) == list(range(1, AFTER + 1))
    assert (gap_of(room).how, gap_of(room).found) == ("sitemap", 7)


def test_without_archive_and_sitemap_the_loss_is_shown(site: FakeSite, room: Newsroom) -> None:
    polled_twice(site, room)
    assert numbers(room.items()) == [1, 2, 3, 4, 5, 13, 14, 15, 16, 17]
    gap = gap_of(room)
    assert (gap.open, gap.how, gap.found, gap.due_at, gap.reason) == (
        True,
        "given up",
        0,
        None,
        "the feed names no archive; no news sitemap was found",
    )
    with room.store() as store:
        assert store.open_gaps(room.clock.now()) == {site.url("/feed.xml"): 1}


def test_what_was_found_stays_one_item_when_the_feed_shows_it_after_all(
    site: FakeSite, room: Newsroom
) -> None:
    site.serve("/sitemap.xml", sitemap(site, range(1, AFTER + 1)))
    polled_twice(site, room)
    site.serve("/feed.xml", document(site, *range(6, AFTER + 1)), last_modified=None)
    room.clock.advance(HOUR)
    report = room.once(force=True)
    assert numbers(room.items()) == list(range(1, AFTER + 1))
    assert (report.items_new, report.items_changed) == (0, 7)
    assert {item.title for item in room.items()} == {f"Headline number {n}" for n in range(1, AFTER + 1)}


def test_items_that_were_found_get_their_pages_like_all_others(site: FakeSite, room: Newsroom) -> None:
    room.outlets(
        outlet("Port", site.url("/feed.xml"), full_text="always", homepage=f'"{site.url("/")}"'),
    )
    site.serve("/sitemap.xml", sitemap(site, range(1, AFTER + 1)))
    polled_twice(site, room)
    with room.store() as store:
        assert store.count_articles_due(room.clock.now()) + len(site.asked("/news/6")) > 0
    found = {int(item.url.rpartition("/")[2]): item for item in room.items()}
    assert found[6].page_due_at is not None or found[6].page_attempts > 0


def test_missed_items_come_from_the_pages_of_a_wordpress_feed(site: FakeSite, room: Newsroom) -> None:
    room.outlets(outlet("Port", site.url("/feed/"), homepage=f'"{site.url("/")}"'))

    def wordpress(newest: int) -> Callable[[Request], Reply]:
        def answer(request: Request) -> Reply:
            page = int(request.path.partition("paged=")[2] or 1)
            numbers = range(newest, 0, -1)[(page - 1) * WINDOW : page * WINDOW]
            return Reply(body=document(site, *numbers).encode(), status=200 if numbers else 404)

        return answer

    site.on("/feed/", wordpress(BEFORE))
    room.once()
    site.on("/feed/", wordpress(AFTER))
    room.clock.advance(SECOND - FIRST)
    room.once(force=True)
    fill(room)
    assert numbers(room.items()) == list(range(1, AFTER + 1))
    assert [path for path in site.paths() if "paged" in path] == ["/feed/?paged=2", "/feed/?paged=3"]
    assert gap_of(room).how == "archive"


@pytest.mark.parametrize("named", [True, False], ids=["an archive", "as WordPress pages"])
def test_an_archive_without_dates_is_read_down_to_what_is_stored(
    site: FakeSite, room: Newsroom, named: bool
) -> None:
    feed = "/feed.xml" if named else "/feed/"
    room.outlets(outlet("Port", site.url(feed), homepage=f'"{site.url("/")}"'))

    def undated(numbers: Sequence[int], older: int) -> str:
        links = {"prev_archive": f"/archive/{older}"} if named else {}
        return re.sub("<pubDate>.*?</pubDate>", "", document(site, *numbers, **links))

    def serve(newest: int) -> None:
        first = undated(range(newest - WINDOW + 1, newest + 1), 1)
        for page in range(1, 4):
            last = newest - page * WINDOW
            text = undated(range(max(1, last - WINDOW + 1), last + 1), page + 1)
            site.serve(f"/archive/{page}" if named else f"/feed/?paged={page + 1}", text)
        site.serve(feed, first, last_modified=None)

    site.serve(feed, undated(range(1, BEFORE + 1), 9), last_modified=None)
    room.once()
    serve(AFTER)
    room.clock.advance(SECOND - FIRST)
    room.once(force=True)
    fill(room)
    assert numbers(room.items()) == list(range(1, AFTER + 1))
    gap = gap_of(room)
    assert (gap.how, gap.found) == ("archive", AFTER - WINDOW - BEFORE)
    assert gap.reason == "the feed's archive was read back to what is stored"
    assert len([path for path in site.paths() if "archive" in path or "paged" in path]) == 2


# ── what is taken, and what is not ───────────────────────────────────────────────────────────


def test_a_section_feed_takes_nothing_of_the_other_sections(site: FakeSite, room: Newsroom) -> None:
    gap = look(site, room, prefix="/sport/")
    sport, world = (
        sitemap(site, range(5, 18), prefix="/sport/"),
        sitemap(site, range(5, 18), prefix="/world/"),
    )
    site.serve("/sitemap.xml", sport.replace("</urlset>", world.partition(">")[2]))
    filled = fill_one(room, gap)
    assert (filled.how, filled.found) == ("sitemap", 8)
    assert {item.url.split("/")[3] for item in room.items()} == {"sport"}


def test_an_outlets_filters_hold_for_what_is_found(site: FakeSite, room: Newsroom) -> None:
    room.outlets(
        outlet("Port", site.url("/feed.xml"), homepage=f'"{site.url("/")}"', drop_if='["number 1[01]"]')
    )
    gap = look(site, room, prev_archive="/archive")
    site.serve("/archive", document(site, *range(5, 13)))
    fill_one(room, gap)
    assert numbers(room.items()) == [5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17]


def test_stored_items_are_not_set_back_to_what_an_archive_says(site: FakeSite, room: Newsroom) -> None:
    gap = look(site, room, prev_archive="/archive")
    site.serve("/archive", document(site, *range(5, 16)).replace("Headline", "Old headline"))
    fill_one(room, gap)
    titles = {int(item.url.rpartition("/")[2]): item.title for item in room.items()}
    assert (titles[12], titles[13]) == ("Old headline number 12", "Headline number 13")


def test_an_archive_with_guids_and_titles_of_its_own_brings_no_page_twice(
    site: FakeSite, room: Newsroom
) -> None:
    gap = look(site, room, prev_archive="/archive")
    archived = document(site, *range(5, 16)).replace("Headline", "Old headline").replace("tag:", "old:")
    site.serve("/archive", archived)
    fill_one(room, gap)
    assert numbers(room.items()) == list(range(5, 18))


# ── where it is looked for ───────────────────────────────────────────────────────────────────


def test_an_archive_that_leads_in_a_circle_is_left(site: FakeSite, room: Newsroom) -> None:
    gap = look(site, room, prev_archive="/archive/1")
    site.serve("/archive/1", document(site, 12, prev_archive="/archive/2"))
    site.serve("/archive/2", document(site, 11, prev_archive="/archive/1"))
    filled = fill_one(room, gap)
    assert [path for path in site.paths() if "archive" in path] == ["/archive/1", "/archive/2"]
    assert (filled.how, filled.found) == ("given up", 2)
    assert filled.reason == "the feed's archive leads in a circle; no news sitemap was found"


def test_an_archive_without_end_is_read_for_twenty_documents(site: FakeSite, room: Newsroom) -> None:
    gap = look(site, room, prev_archive="/archive?page=1")

    def endless(request: Request) -> Reply:
        number = int(request.path.rpartition("=")[2])
        more = f"/archive?page={number + 1}"
        return Reply(body=document(site, 12, prefix=f"/{number}/", prev_archive=more).encode())

    site.on("/archive", endless)
    filled = fill_one(room, gap)
    assert len([path for path in site.paths() if path.startswith("/archive")]) == MOST_DOCUMENTS
    assert filled.reason.startswith("20 documents of the feed's archive did not reach 2026-11-20 11:59 UTC")


def test_a_feed_that_gives_the_same_for_every_page_has_no_past(site: FakeSite, room: Newsroom) -> None:
    gap = replace(look(site, room), address=site.url("/feed/"))
    site.serve("/feed/", document(site, *range(13, AFTER + 1)))
    filled = fill_one(room, gap)
    assert [path for path in site.paths() if "paged" in path] == ["/feed/?paged=2", "/feed/?paged=3"]
    assert filled.reason == "the feed names no archive; no news sitemap was found"


def test_an_archive_on_another_site_is_not_asked(site: FakeSite, room: Newsroom) -> None:
    with FakeSite.running() as other:
        gap = look(site, room, prev_archive=other.url("/archive"))
        filled = fill_one(room, gap)
        assert other.requests == []
    assert filled.reason.startswith(f"127.0.0.1:{other.port}/archive lies on another site")


def test_an_archive_that_redirects_to_another_site_is_not_read(site: FakeSite, room: Newsroom) -> None:
    with FakeSite.running() as other:
        other.serve("/archive", document(site, *range(1, 13)))
        gap = look(site, room, prev_archive="/archive")
        site.redirect("/archive", other.url("/archive"))
        filled = fill_one(room, gap)
    assert (filled.how, filled.found) == ("given up", 0)


def test_a_sitemap_that_robots_txt_closes_is_not_asked(site: FakeSite, room: Newsroom) -> None:
    gap = look(site, room)
    lines = ("User-agent: *", "Disallow: /sitemap", f"Sitemap: {site.url('/sitemap-news.xml')}")
    site.serve("/robots.txt", "\n".join(lines))
    site.serve("/sitemap-news.xml", sitemap(site, range(1, 18)))
    filled = fill_one(room, gap)
    assert "/sitemap-news.xml" not in site.paths()
    assert filled.how == "given up"


def test_the_sitemap_of_news_that_robots_txt_names_is_asked_first(site: FakeSite, room: Newsroom) -> None:
    gap = look(site, room)
    names = ("pages.xml", "videos.xml", "latest-news.xml")
    site.serve("/robots.txt", "".join(f"Sitemap: {site.url(f'/{name}')}\n" for name in names))
    site.serve("/latest-news.xml", sitemap(site, range(1, 18)))
    assert fill_one(room, gap).how == "sitemap"
    assert site.paths() == ["/robots.txt", "/latest-news.xml"]


def test_what_two_sitemaps_have_of_it_is_put_together(site: FakeSite, room: Newsroom) -> None:
    gap = look(site, room)
    site.serve("/news-sitemap.xml", sitemap(site, range(10, 18)))
    site.serve("/sitemap.xml", sitemap(site, [*range(5, 10), *range(13, 18)]))
    assert fill_one(room, gap).how == "sitemap"
    assert numbers(room.items()) == list(range(5, 18))


def test_what_both_archive_and_sitemap_have_is_one_item(site: FakeSite, room: Newsroom) -> None:
    gap = look(site, room, prev_archive="/archive")
    site.serve("/archive", document(site, *range(9, 13), prev_archive="/archive"))
    site.serve("/sitemap.xml", sitemap(site, range(5, 18)))
    assert fill_one(room, gap).how == "sitemap"
    assert numbers(room.items()) == list(range(5, 18))


def test_a_site_full_of_sitemaps_is_asked_for_twenty_of_them(site: FakeSite, room: Newsroom) -> None:
    gap = look(site, room)
    names = [f"/{place}/{number}.xml" for place in range(4) for number in range(9)]
    for place in range(4):
        children = "".join(f"<sitemap><loc>/{place}/{n}.xml</loc></sitemap>" for n in range(9))
        site.serve(f"/index-{place}.xml", f"<sitemapindex>{children}</sitemapindex>")
    for name in names:
        site.serve(name, sitemap(site, range(12, 18)))
    indexes = "".join(f"Sitemap: {site.url(f'/index-{place}.xml')}\n" for place in range(4))
    site.serve("/robots.txt", indexes)
    assert fill_one(room, gap).attempts == 1
    assert len(site.paths()) == len(set(site.paths())) == 1 + MOST_ASKED


def test_a_password_in_an_address_does_not_show_in_a_reason(site: FakeSite, room: Newsroom) -> None:
    address = site.url("/feed.xml").replace("http://", "http://ann:secret@")
    gap = replace(look(site, room), address=address, homepage="")
    site.serve("/sitemap.xml", sitemap(site, range(12, 18)))
    filled = fill_one(room, gap)
    assert "/sitemap.xml" in site.paths()
    assert f"127.0.0.1:{site.port}/sitemap.xml reaches back to" in filled.reason
    assert "secret" not in filled.reason


# ── another time ─────────────────────────────────────────────────────────────────────────────


def test_what_fails_is_tried_again_and_what_came_is_kept(site: FakeSite, room: Newsroom) -> None:
    gap = look(site, room, prev_archive="/archive/2")
    site.serve("/archive/2", document(site, *range(9, 13), prev_archive="/archive/1"))
    site.status("/archive/1", 500)
    filled = fill_one(room, gap)
    assert (filled.how, filled.found, filled.attempts) == ("", 4, 1)
    assert filled.due_at == room.clock.now() + HOUR
    assert "answered 500" in filled.reason
    site.serve("/archive/1", document(site, *range(5, 9)))
    room.clock.advance(HOUR)
    (again,) = fill(room)
    assert (again.how, gap_of(room).found) == ("archive", 8)
    assert numbers(room.items()) == list(range(5, 18))


class QuietSite:
    """A client whose site wants quiet."""

    user_agent = "test"

    async def get(self, url: str, **_: Any) -> PutOff:
        return PutOff(url=url, until=SECOND + timedelta(days=2), reason="the site wants quiet")


def test_a_site_that_wants_quiet_is_left_alone_until_then(site: FakeSite, room: Newsroom) -> None:
    gap = look(site, room, prev_archive="/archive")
    filled = fill_one(room, gap, client=QuietSite(), robots=None)
    assert (filled.how, filled.attempts, filled.due_at) == ("", 0, SECOND + timedelta(days=2))
    assert site.requests == []


class BrokenDocuments:
    """Trips over whatever it reads."""

    async def parse(self, *_: Any) -> None:
        raise LookupError("no such thing")


def test_one_odd_archive_does_not_end_the_run(site: FakeSite, room: Newsroom) -> None:
    gap = look(site, room, prev_archive="/archive")
    site.serve("/archive", "whatever")
    filled = fill_one(room, gap, documents=BrokenDocuments())
    assert (filled.how, filled.attempts, filled.reason) == (
        "",
        1,
        "looking for it failed: LookupError: no such thing",
    )
