"""Feeds that move, vanish, come back, hide behind stubborn caches: what a run makes of them, day by day."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from aggregator.model import FeedCondition
from tests.conftest import NOW
from tests.fakes import FakeSite, Reply, Request
from tests.press import Entry, Newsroom, outlet, rss
from tests.test_sitemaps import HOUR, news

HTML = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Accept to go on</p></body></html>"


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=2) as running:
        yield running


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(directory=tmp_path)


def poll(newsroom: Newsroom, *, hours: float = 0, days: float = 0) -> None:
    """One run that asks every feed, so much later than the last."""
    newsroom.clock.advance(hours=hours, days=days)
    newsroom.once(force=True)


# ── redirects ────────────────────────────────────────────────────────────────────────────────


def test_a_permanent_redirect_is_followed_for_good_only_after_it_has_lasted(
    newsroom: Newsroom, site: FakeSite
) -> None:
    newsroom.outlets(outlet("Port", site.url("/old.xml")))
    site.redirect("/old.xml", "/new.xml", status=301)
    site.serve("/new.xml", rss([Entry(number=1)]))
    for _ in range(3):
        poll(newsroom, hours=20)
    assert newsroom.health()["Port"].moved_to == ""  # three sightings, but not yet over two days
    poll(newsroom, hours=20)
    health = newsroom.health()["Port"]
    assert (health.feed, health.moved_to) == (site.url("/old.xml"), site.url("/new.xml"))
    site.forget()
    poll(newsroom, hours=20)
    assert site.paths() == ["/new.xml"]
    assert len(newsroom.items()) == 1


@pytest.mark.parametrize("status", [302, 307])
def test_a_temporary_redirect_is_never_stored(newsroom: Newsroom, site: FakeSite, status: int) -> None:
    newsroom.outlets(outlet("Port", site.url("/old.xml")))
    site.redirect("/old.xml", "/new.xml", status=status)
    site.serve("/new.xml", rss([Entry(number=1)]))
    for _ in range(5):
        poll(newsroom, hours=20)
    assert newsroom.health()["Port"].moved_to == ""


def test_a_captive_portal_does_not_rewrite_the_list(newsroom: Newsroom, site: FakeSite) -> None:
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    site.redirect("/feed.xml", "/portal", status=301)
    site.serve("/portal", HTML, content_type="text/html")
    for _ in range(5):
        poll(newsroom, hours=20)
    health = newsroom.health()["Port"]
    assert (health.moved_to, health.condition) == ("", FeedCondition.FAILING)
    site.serve("/feed.xml", rss([Entry(number=1)]))
    poll(newsroom, hours=20)
    assert newsroom.health()["Port"].condition is FeedCondition.OK


def test_a_redirect_onto_a_feed_already_listed_merges_and_does_not_fail_every_poll(
    newsroom: Newsroom, site: FakeSite
) -> None:
    newsroom.outlets(outlet("Old Port", site.url("/old.xml")), outlet("Port", site.url("/new.xml", host=1)))
    site.redirect("/old.xml", site.url("/new.xml", host=1), status=308)
    site.serve("/new.xml", rss([Entry(number=1)]))
    for _ in range(4):
        poll(newsroom, hours=20)
    merged = newsroom.health()["Old Port"]
    assert (merged.condition, merged.merged_into) == (FeedCondition.MERGED, site.url("/new.xml", host=1))
    assert "listed as well" in merged.reason
    site.forget()
    site.serve("/new.xml", rss([Entry(number=1), Entry(number=2, age=timedelta(days=-3))]))
    poll(newsroom, hours=20)
    assert site.paths() == ["/new.xml"]
    assert [item.outlet for item in newsroom.items() if item.guid.endswith(":2")] == ["Port"]
    newsroom.outlets(outlet("Old Port", site.url("/old.xml")))  # the other is taken off the list
    poll(newsroom, hours=20)
    assert newsroom.health()["Old Port"].condition is FeedCondition.OK


@pytest.fixture
def moved(newsroom: Newsroom, site: FakeSite) -> Newsroom:
    """A newsroom whose feed has moved from /old.xml to /new.xml on another host."""
    newsroom.outlets(outlet("Port", site.url("/old.xml")))
    site.redirect("/old.xml", site.url("/new.xml", host=1), status=301)
    site.serve("/new.xml", rss([Entry(number=1)]))
    for _ in range(4):
        poll(newsroom, hours=20)
    assert newsroom.health()["Port"].moved_to == site.url("/new.xml", host=1)
    site.forget()
    return newsroom


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=404),
        Reply(status=410),
        Reply(body=HTML.encode(), content_type="text/html"),
        Reply(status=503),
    ],
)
def test_the_configured_address_is_asked_and_used_again_where_the_one_it_had_moved_to_fails(
    moved: Newsroom, site: FakeSite, reply: Reply
) -> None:
    site.script("/new.xml", reply)
    site.serve("/old.xml", rss([Entry(number=1), Entry(number=2)]))
    poll(moved, hours=20)
    health = moved.health()["Port"]
    assert (health.moved_to, health.condition, health.reason, health.items) == ("", FeedCondition.OK, "", 2)
    assert site.paths() == ["/new.xml", "/old.xml"]
    site.forget()
    poll(moved, hours=20)
    assert site.paths() == ["/old.xml"]


def test_a_configured_address_that_leads_elsewhere_now_is_followed_there(
    moved: Newsroom, site: FakeSite
) -> None:
    site.script("/new.xml", Reply(status=404))
    site.redirect("/old.xml", "/newer.xml", status=301)
    site.serve("/newer.xml", rss([Entry(number=1), Entry(number=2)]))
    poll(moved, hours=20)
    health = moved.health()["Port"]
    assert (health.moved_to, health.condition, health.items) == ("", FeedCondition.OK, 2)
    for _ in range(3):
        poll(moved, hours=20)
    assert moved.health()["Port"].moved_to == site.url("/newer.xml")


def test_a_configured_address_that_fails_as_well_is_asked_once_a_day(moved: Newsroom, site: FakeSite) -> None:
    site.script("/new.xml", Reply(status=404))
    poll(moved, hours=20)
    assert site.paths() == ["/new.xml", "/old.xml", "/new.xml"]
    for _ in range(7 * 4):
        poll(moved, hours=6)
    assert len(site.asked("/old.xml")) == 1 + 7
    assert moved.health()["Port"].moved_to == site.url("/new.xml", host=1)


def test_gone_is_only_what_the_configured_address_says_to_be_gone(moved: Newsroom, site: FakeSite) -> None:
    site.script("/new.xml", Reply(status=410))
    site.script("/old.xml", Reply(status=502))
    poll(moved, hours=20)
    poll(moved, hours=1)
    health = moved.health()["Port"]
    assert (health.condition, "502" in health.reason) == (FeedCondition.FAILING, True)
    assert site.paths() == ["/new.xml", "/old.xml"] * 2
    site.redirect("/old.xml", site.url("/new.xml", host=1), status=301)
    poll(moved, hours=1)
    assert moved.health()["Port"].condition is FeedCondition.GONE


# ── gone, absent, back ───────────────────────────────────────────────────────────────────────


def test_a_feed_that_is_gone_is_not_asked_again_and_keeps_its_items(
    newsroom: Newsroom, site: FakeSite
) -> None:
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    site.serve("/feed.xml", rss([Entry(number=1)]))
    poll(newsroom)
    site.script("/feed.xml", Reply(status=410))
    poll(newsroom, hours=1)
    site.forget()
    poll(newsroom, days=30)
    assert site.paths() == []
    assert newsroom.health()["Port"].condition is FeedCondition.GONE
    assert len(newsroom.items()) == 1


@pytest.mark.parametrize("status", [404, 500, 502])
def test_a_feed_that_failed_for_days_comes_back(newsroom: Newsroom, site: FakeSite, status: int) -> None:
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    site.script("/feed.xml", Reply(status=status))
    for _ in range(5):
        poll(newsroom, hours=20)
    down = newsroom.health()["Port"]
    assert (down.condition, str(status) in down.reason) == (FeedCondition.FAILING, True)
    site.serve("/feed.xml", rss([Entry(number=1)]))
    newsroom.clock.advance(hours=25)  # no backoff is longer than a day
    newsroom.once()
    up = newsroom.health()["Port"]
    assert (up.condition, up.reason, up.items) == (FeedCondition.OK, "", 1)


def test_a_feed_absent_for_a_week_is_asked_once_a_week_and_one_answer_restores_it(
    newsroom: Newsroom, site: FakeSite
) -> None:
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    site.script("/feed.xml", Reply(status=404))
    for _ in range(11):
        poll(newsroom, hours=20)
    absent = newsroom.health()["Port"]
    assert absent.condition is FeedCondition.SUSPENDED
    site.forget()
    newsroom.clock.advance(days=6)
    newsroom.once()
    assert site.paths() == []
    site.serve("/feed.xml", rss([Entry(number=1)]))
    newsroom.clock.advance(days=2)
    newsroom.once()
    assert site.paths() == ["/feed.xml"]
    assert newsroom.health()["Port"].condition is FeedCondition.OK


# ── caches ───────────────────────────────────────────────────────────────────────────────────


def test_a_server_that_answers_304_for_ever_is_asked_without_validators_now_and_then(
    newsroom: Newsroom, site: FakeSite
) -> None:
    """Edge case 4."""
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    news = [rss([Entry(number=1)])]

    def stubborn(request: Request) -> Reply:
        if "if-none-match" in request.headers:
            return Reply(status=304, etag='"always"')
        return Reply(body=news[0].encode(), etag='"always"')

    site.on("/feed.xml", stubborn)
    poll(newsroom)
    news[0] = rss([Entry(number=2), Entry(number=1)])
    for _ in range(30):
        poll(newsroom, days=1)
    assert len(newsroom.items()) == 2
    conditional = ["if-none-match" in request.headers for request in site.requests]
    assert conditional.count(False) <= 4


def test_a_server_that_knows_nothing_but_304_is_not_asked_without_validators_at_every_poll(
    newsroom: Newsroom, site: FakeSite
) -> None:
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    body = rss([Entry(number=n, age=timedelta(hours=n)) for n in range(1, 31)]).encode()
    site.script("/feed.xml", Reply(body=body, etag='"1"'), Reply(status=304, etag='"1"'))
    for _ in range(40):
        poll(newsroom, hours=6)
        assert newsroom.health()["Port"].condition is FeedCondition.OK
    conditional = ["if-none-match" in request.headers for request in site.requests]
    assert 2 <= conditional[1:].count(False) <= 10
    assert all(one or later for one, later in pairwise(conditional))


def test_a_304_without_validators_keeps_the_stored_ones(newsroom: Newsroom, site: FakeSite) -> None:
    """Edge case 1."""
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    body = rss([Entry(number=1)]).encode()
    site.script("/feed.xml", Reply(body=body, etag='"1"'), Reply(status=304), Reply(status=304, etag='"2"'))
    for _ in range(4):
        poll(newsroom, hours=1)
    assert [request.headers.get("if-none-match") for request in site.requests] == [None, '"1"', '"1"', '"2"']


# ── what came and went ───────────────────────────────────────────────────────────────────────


def test_items_that_came_and_went_between_two_polls_are_told(newsroom: Newsroom, site: FakeSite) -> None:
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    site.serve("/feed.xml", rss([Entry(number=number) for number in range(5)]))
    poll(newsroom)
    later = [Entry(number=number, age=timedelta(hours=-1)) for number in range(12, 17)]
    site.serve("/feed.xml", rss(later))
    poll(newsroom, hours=3)
    assert newsroom.health()["Port"].open_gaps == 1
    poll(newsroom, hours=3)
    assert newsroom.health()["Port"].open_gaps == 1


def test_one_pinned_item_does_not_hide_what_was_missed(newsroom: Newsroom, site: FakeSite) -> None:
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    pinned = Entry(number=0, age=timedelta(days=300))
    before = [Entry(number=number, age=timedelta(hours=40 - number)) for number in range(1, 30)]
    site.serve("/feed.xml", rss([pinned, *before]))
    poll(newsroom)
    later = [Entry(number=number, age=timedelta(minutes=-number)) for number in range(100, 130)]
    site.serve("/feed.xml", rss([pinned, *later]))
    poll(newsroom, hours=12)
    assert newsroom.health()["Port"].open_gaps == 1


def test_the_newest_item_alone_shows_that_nothing_was_missed(newsroom: Newsroom, site: FakeSite) -> None:
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    entries = [Entry(number=number, age=timedelta(minutes=-number)) for number in range(60)]
    site.serve("/feed.xml", rss(entries[:30]))
    poll(newsroom, hours=1)
    site.serve("/feed.xml", rss(entries[29:59]))
    poll(newsroom, hours=1)
    assert newsroom.health()["Port"].open_gaps == 0


def test_a_sitemap_of_which_little_passes_the_filter_has_no_gaps_where_it_overlaps(
    newsroom: Newsroom, site: FakeSite
) -> None:
    newsroom.outlets(outlet("Port", site.url("/news.xml"), keep_if='["bridge"]'))
    site.serve("/news.xml", news(bridge=NOW - HOUR, other1=NOW - 2 * HOUR))
    poll(newsroom)
    for step in range(1, 5):
        ages = {f"other{n}": NOW + 12 * HOUR * (n - 1) for n in range(step, step + 3)}
        site.serve("/news.xml", news(**ages))
        poll(newsroom, hours=12)
    assert newsroom.health()["Port"].open_gaps == 0
    site.serve("/news.xml", news(other90=NOW + 59 * HOUR, other91=NOW + 58 * HOUR))
    poll(newsroom, hours=12)
    assert newsroom.health()["Port"].open_gaps == 1


def test_only_the_gap_that_is_opened_makes_polls_more_frequent(newsroom: Newsroom, site: FakeSite) -> None:
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    for step in range(6):
        ages = [timedelta(hours=-3 * step, minutes=-9 * n) for n in range(5)]
        entries = [Entry(number=10 * step + n, age=age) for n, age in enumerate(ages)]
        site.serve("/feed.xml", rss(entries))
        poll(newsroom, hours=3)
    with newsroom.store() as store:
        told = [gap.how for gap in store.gaps()]  # the second is not looked for on the day of the first
        [watched] = store.watched()
    assert (told, round(watched.rhythm.gaps)) == (["", "given up"], 2)


def test_entries_beyond_the_most_that_are_read_are_counted_and_told(
    newsroom: Newsroom, site: FakeSite
) -> None:
    """Edge case 45."""
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    oldest_first = [Entry(number=n, age=timedelta(minutes=2003 - n)) for n in range(2003)]
    site.serve("/feed.xml", rss(oldest_first))
    poll(newsroom)
    feed = newsroom.health()["Port"]
    assert (feed.condition, feed.items) == (FeedCondition.OK, 2000)
    assert feed.reason == "3 older entries of its document were not read"
    assert min(int(item.guid.rpartition(":")[2]) for item in newsroom.items()) == 3


def test_a_feed_is_found_behind_the_outlets_own_headers(newsroom: Newsroom, site: FakeSite) -> None:
    def guarded(body: str, content_type: str) -> Callable[[Request], Reply]:
        def reply(request: Request) -> Reply:
            known = request.headers.get("x-key") == "secret"
            return Reply(body=body.encode(), content_type=content_type) if known else Reply(status=401)

        return reply

    link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    site.on("/", guarded(f"<!DOCTYPE html><html><head>{link}</head></html>", "text/html"))
    site.on("/feed.xml", guarded(rss([Entry(number=1)]), "application/xml"))
    newsroom.outlets(f'name = "Port"\nhomepage = "{site.url("/")}"\nheaders = {{ X-Key = "secret" }}\n')
    assert newsroom.once().items_new == 1
