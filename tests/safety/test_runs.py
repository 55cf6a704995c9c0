"""Several programs over one feeds.toml or one database; a program that is stopped, or told to end."""

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import ROOT, SOAK
from tests.fakes import FakeSite, Reply, Request
from tests.postgres import Postgres, postgres
from tests.press import Entry, Newsroom, outlet, rss

__all__ = ["postgres"]


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(directory=tmp_path)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=10) as site:
        yield site


def program(newsroom: Newsroom, *arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "scheduler.py"), "--config", str(newsroom.file), *arguments]


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Other processes work on the real clock, so this is a wait, not a sleep of fixed length."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def gaps(site: FakeSite, path: str) -> list[float]:
    """Seconds between one request for ``path`` and the next."""
    return [later.at - earlier.at for earlier, later in pairwise(site.asked(path))]


# ── several at once ──────────────────────────────────────────────────────────────────────────


def test_of_overlapping_runs_one_works_and_the_others_leave_at_once(
    newsroom: Newsroom, site: FakeSite
) -> None:
    """Mark 12: started by cron every minute, say, while the first one still waits for an outlet."""
    count = 20 if SOAK else 6
    others_are_done = threading.Event()

    async def answer(_: Request) -> Reply:
        while not others_are_done.is_set():
            await asyncio.sleep(0.05)
        return Reply(body=rss([Entry(number=1)]).encode())

    site.on("/feed.xml", answer)
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    newsroom.file.write_text(newsroom.file.read_text().replace('timeout = "5s"', 'timeout = "2m"'))
    left: list[float] = []

    def run(_: int) -> int:
        started = time.monotonic()
        done = subprocess.run(program(newsroom, "--once"), capture_output=True, check=False, timeout=120)
        if done.returncode == 75:
            left.append(time.monotonic() - started)
        if len(left) == count - 1:
            others_are_done.set()
        return done.returncode

    with ThreadPoolExecutor(count) as threads:
        codes = Counter(threads.map(run, range(count)))
    assert codes == {0: 1, 75: count - 1}
    assert max(left) < (3 if SOAK else 30)
    assert len(site.asked("/feed.xml")) == len(newsroom.items()) == 1


def test_two_daemons_on_one_database_poll_every_feed_once_a_period(
    tmp_path: Path, site: FakeSite, postgres: Postgres
) -> None:
    """Mark 11: on PostgreSQL, where they may be on two machines; on SQLite the lock keeps them apart."""
    url = postgres.url(postgres.create())
    rooms = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        rooms.append(Newsroom(directory=tmp_path / name, database=url))
    paths = [f"/{n}.xml" for n in range(10)]
    for room in rooms:
        room.outlets(*(outlet(path, site.url(path, host=n), every='"2s"') for n, path in enumerate(paths)))
    for path in paths:
        site.serve(path, rss([Entry(number=1)]))
    assert rooms[0].scheduler("--once").returncode == 0  # the tables are there
    site.forget()
    logs = [room.directory / "log" for room in rooms]
    daemons = []
    for room, log in zip(rooms, logs, strict=True):
        with log.open("wb") as stream:
            daemons.append(subprocess.Popen(program(room), stderr=stream))
    try:
        until(lambda: all("polled" in log.read_text() for log in logs))
        site.forget()
        until(lambda: all(len(site.asked(path)) > (20 if SOAK else 4) for path in paths), seconds=180)
    finally:
        for daemon in daemons:
            daemon.terminate()
        codes = [daemon.wait(60) for daemon in daemons]
    assert codes == [0, 0]
    early = {path: gap for path in paths for gap in gaps(site, path) if gap < 1.9}
    assert early == {}
    assert Counter(item.outlet for item in rooms[0].items()) == dict.fromkeys(paths, 1)


# ── stopped, or told to end ──────────────────────────────────────────────────────────────────


def test_a_daemon_that_stood_still_goes_on_at_once_and_without_a_burst(
    newsroom: Newsroom, site: FakeSite
) -> None:
    """Mark 13, the stop: what was missed is not made up for."""
    stop = 600 if SOAK else 8
    paths = [f"/{n}.xml" for n in range(10)]
    for path in paths:
        site.serve(path, rss([Entry(number=1)]))
    newsroom.outlets(*(outlet(path, site.url(path, host=n), every='"2s"') for n, path in enumerate(paths)))
    log = newsroom.directory / "log"
    with log.open("wb") as stream, subprocess.Popen(program(newsroom), stderr=stream) as daemon:
        try:
            until(lambda: log.read_text().count("event=polled") >= len(paths))  # and nothing is under way
            daemon.send_signal(signal.SIGSTOP)
            time.sleep(stop)
            site.forget()
            daemon.send_signal(signal.SIGCONT)
            started = time.monotonic()
            until(lambda: all(len(site.asked(path)) >= 3 for path in paths))
        finally:
            daemon.send_signal(signal.SIGCONT)
            daemon.terminate()
    # two ticks, and what a machine with other work may add
    assert max(site.asked(path)[0].at for path in paths) - started < (3 if SOAK else 15)
    assert min(gap for path in paths for gap in gaps(site, path)) > 1.9


def test_sigterm_under_load_ends_a_daemon_cleanly_whatever_it_was_doing(
    newsroom: Newsroom, site: FakeSite
) -> None:
    """Mark 18: exit 0 within 25 s; nothing stays claimed, nothing is torn, nothing is there twice."""
    chance = random.Random(18)
    feeds, text = 60, "<p>" + "A sentence that fills the feed until a worker has to read it. " * 80 + "</p>"
    for n in range(feeds):
        outlets = [
            outlet(f"Outlet {k}", site.url(f"/{k}.xml", host=k % 10), every='"1s"', full_text="always")
            for k in range(feeds)
        ]
        site.on(f"/{n}/1", Reply(body=b"<html><p>word " * 20_000, content_type="text/html", delay=0.2))
    newsroom.outlets(*outlets, extra='[publish]\ndirectory = "public"\n')
    slow = []
    for turn in range(20 if SOAK else 2):
        for n in range(feeds):
            entries = [
                Entry(number=k, link=site.url(f"/{n}/1?{k}", host=n % 10), content=text)
                for k in range(turn + 10)
            ]
            site.serve(f"/{n}.xml", rss(entries), delay=chance.random())
        site.forget()
        with subprocess.Popen(program(newsroom), stderr=subprocess.DEVNULL) as daemon:
            until(lambda: len(site.requests) > chance.randrange(1, 60))
            time.sleep(chance.random())  # at any point of its work
            before = time.monotonic()
            daemon.terminate()
            code = daemon.wait(60)
        took = time.monotonic() - before
        if code != 0 or took > 25:
            slow.append((turn, code, round(took, 1)))
    assert slow == []
    database = sqlite3.connect(newsroom.directory / "news.db")
    assert database.execute("SELECT count(*) FROM feeds WHERE lease_token IS NOT NULL").fetchone() == (0,)
    assert database.execute("SELECT count(*) FROM pages WHERE lease_token IS NOT NULL").fetchone() == (0,)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    twice = "SELECT feed_id, guid FROM items GROUP BY feed_id, guid HAVING count(*) > 1"
    assert database.execute(twice).fetchall() == []
    database.close()
