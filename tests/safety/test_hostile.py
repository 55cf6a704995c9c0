"""Documents that were made to hang, bloat or crash us hurt themselves alone."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from aggregator import app, config
from aggregator.core.cut import cut_known
from aggregator.core.extract import extract
from aggregator.core.parse import parse_cut
from aggregator.errors import ParseError
from aggregator.pool import ProcessPool
from aggregator.progress import Silent
from aggregator.report import RunOptions
from tests.conftest import SOAK
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, outlet, rss
from tests.safety import hostile
from tests.safety.jobs import watch

#: seconds a document may take, as in a poll
FEED_DEADLINE, PAGE_DEADLINE = (5.0, 10.0) if SOAK else (1.0, 2.0)
#: beyond it: the mark, and what a machine with other work may add
GRACE = 1.0 if SOAK else 8.0
#: megabytes
PEAK = 300
#: bytes that are parsed in the process that serves everyone
INLINE = 16_384


def some(makers: Mapping[str, hostile.Maker], *, one_of: int) -> dict[str, hostile.Maker]:
    """All of them in a soak, else one of so many."""
    return dict(list(makers.items())[:: 1 if SOAK else one_of])


async def misbehaved(
    makers: Mapping[str, hostile.Maker],
    tmp_path: Path,
    work: Callable[[bytes], tuple[Any, dict[str, Any]]],
    deadline: float,
) -> dict[str, str]:
    """Those that took longer than the deadline and a second, or more memory than they may."""
    found = {}
    for name, make in makers.items():
        body, pool = make(), ProcessPool(1)
        fn, keywords = work(body)
        started = time.monotonic()
        try:
            _, peak = await watch(pool, tmp_path / name, (fn, body), keywords, deadline)
        finally:
            pool.close()
        took = time.monotonic() - started
        print(f"{name}: {len(body) / 1e6:.1f} MB, {took:.2f} s, {peak:.0f} MB")
        if took > deadline + GRACE or peak > PEAK:
            found[name] = f"{took:.1f} s, {peak:.0f} MB"
    return found


async def test_a_hostile_feed_is_over_within_its_deadline_and_its_memory(tmp_path: Path) -> None:
    """Mark 5."""

    def work(body: bytes) -> tuple[Any, dict[str, Any]]:
        digests = cut_known(body, {}).digests
        return parse_cut, {"digests": digests, "whole": True, "url": "https://h.example/feed", "headers": {}}

    assert await misbehaved(some(hostile.FEEDS, one_of=7), tmp_path, work, FEED_DEADLINE) == {}


async def test_a_hostile_page_is_over_within_its_deadline_and_its_memory(tmp_path: Path) -> None:
    """Mark 5."""

    def work(_: bytes) -> tuple[Any, dict[str, Any]]:
        return extract, {"url": "https://h.example/1", "want_metadata": True}

    assert await misbehaved(some(hostile.PAGES, one_of=5), tmp_path, work, PAGE_DEADLINE) == {}


def small(make: hostile.Maker) -> bytes:
    """A hostile feed that is parsed in the process that serves everyone."""
    least, twice = len(make(0.001)), len(make(0.002))
    share = 0.001 * max(1.0, (INLINE - least) / max(1, twice - least))
    while len(body := make(share)) > INLINE:
        share *= 0.9
    return body


def test_a_hostile_feed_small_enough_for_the_event_loop_holds_it_for_moments() -> None:
    """Mark 5: there is no deadline for these."""
    slow = {}
    for name, make in hostile.FEEDS.items():
        body = small(make)
        before = time.process_time()
        try:
            digests = cut_known(body, {}).digests
            parse_cut(body, digests=digests, whole=True, url="https://h.example/feed", headers={})
        except ParseError as error:
            assert str(error)  # noqa: PT017
        if (took := time.process_time() - before) > 0.5:
            slow[name] = took
    assert slow == {}


def test_cutting_a_hostile_feed_does_not_hold_the_event_loop() -> None:
    """Mark 5: the known entries are cut out before any worker sees the document."""
    slow = {}
    for name, make in some(hostile.FEEDS, one_of=4).items():
        body = make()
        before = time.process_time()
        whole = cut_known(body, {})
        cut_known(body, dict.fromkeys((whole.all_digests or ())[:-1], 1))
        if (took := time.process_time() - before) > 3:
            slow[name] = took
    assert slow == {}


# ── beside good ones ─────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Watch(Silent):
    """When each feed was done, in seconds from the start of the run."""

    started: float = field(default_factory=time.monotonic)
    done: dict[str, float] = field(default_factory=dict)

    def feed_done(self, outlet: str) -> None:
        self.done[outlet] = time.monotonic() - self.started


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(directory=tmp_path)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=50) as site:
        yield site


def test_good_feeds_beside_hostile_ones_are_on_time(newsroom: Newsroom, site: FakeSite) -> None:
    """Mark 5: within a minute of the start of a round in which all are due at once."""
    good = 200 if SOAK else 40
    bad = some(hostile.FEEDS, one_of=10)
    text = "<p>" + "A sentence of a good feed, to be parsed by a worker as it is not short. " * 60 + "</p>"
    outlets = []
    for n in range(good):
        entries = [Entry(number=k, link=f"https://x{n}.example/{k}", content=text) for k in range(10)]
        site.serve(f"/good/{n}.xml", rss(entries))
        outlets.append(outlet(f"Good {n}", site.url(f"/good/{n}.xml", host=n % 50)))
    for place, (name, make) in enumerate(bad.items()):
        site.serve(f"/bad/{name}", make())
        # first in the order of the configuration, so that they are not the last to be claimed
        outlets.insert(0, outlet(name, site.url(f"/bad/{name}", host=place % 50)))
    newsroom.outlets(*outlets)
    watch = Watch()
    app.run_once(config.load(newsroom.file), RunOptions(), progress=watch)
    took = sorted(watch.done[f"Good {n}"] for n in range(good))
    print(
        f"good ones: {took[good // 2]:.1f} s, the last {took[-1]:.1f} s; all {max(watch.done.values()):.1f} s"
    )
    assert len(watch.done) == good + len(bad)
    assert took[-1] < 60
    stored = newsroom.items()
    assert sum(item.outlet.startswith("Good") for item in stored) == good * 10


def test_hostile_pages_leave_the_items_with_their_feeds_text(newsroom: Newsroom, site: FakeSite) -> None:
    """Mark 5: the pages of an outlet fail alone, each with its reason."""
    pages = some(hostile.PAGES, one_of=7)
    entries = [
        Entry(number=n, link=site.url(f"/page/{name}"), summary=f"Summary {n}")
        for n, name in enumerate(pages)
    ]
    site.serve("/feed.xml", rss(entries))
    for name, make in pages.items():
        site.serve(f"/page/{name}", make(), content_type="text/html")
    newsroom.outlets(outlet("Port", site.url("/feed.xml"), full_text="always"))
    report = newsroom.once()
    assert (report.items_new, report.failed) == (len(pages), 0)
    assert all(item.text for item in newsroom.items())


def test_what_ended_a_worker_twice_is_not_read_again_that_day(newsroom: Newsroom, site: FakeSite) -> None:
    """A day later it is: the document may have changed, or our parser."""
    body = hostile.FEEDS["ten_megabytes_of_ampersands"]()
    site.serve("/feed.xml", body, etag=None, last_modified=None)
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    said = []
    for hours in (1, 1, 24, 0):
        (failure,) = newsroom.once(force=True).failures
        said.append(failure.reason)
        newsroom.clock.advance(hours=hours)
    slow = "took longer than 5 s"
    assert said == [slow, slow, f"set aside for a day, as reading it failed twice: {slow}", slow]
