"""A run that is recorded, and what the recording gives again: the same rows, the same bytes, and no network."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
import structlog

from aggregator import app, config, replay
from aggregator.cli import main
from aggregator.core import items as core_items
from aggregator.core.tape import ExportsLine, ResponseLine, StepLine
from aggregator.errors import OutputError, UsageError
from aggregator.export.jsonl import item_dict
from aggregator.fetch.tapefiles import TapeReader
from aggregator.model import ItemFilter
from aggregator.report import RunOptions, RunReport
from aggregator.store import Store
from tests.conftest import ROOT
from tests.e2e.test_daemon import daemon, until
from tests.fakes import FakeSite, Reply
from tests.press import Entry, Newsroom, free_port, outlet, page, rss, story

PUBLISH = '[publish]\nformats = ["atom", "rss", "json", "jsonl", "opml"]\nbase_url = "https://n.example/"\n'
HTML = "text/html; charset=utf-8"


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def once(newsroom: Newsroom, tape: str = "tape", **options: bool) -> RunReport:
    """A recorded run on a clock that moves with every look at it."""

    def ticking() -> datetime:
        newsroom.clock.advance(milliseconds=7)
        return newsroom.clock.now()

    report = app.run_once(
        config.load(newsroom.file), RunOptions(**options), clock=ticking, record=newsroom.directory / tape
    )
    newsroom.clock.advance(hours=3)
    return report


def items(database: str) -> list[str]:
    """As ``items --json`` prints them."""
    store = Store.open(database)
    try:
        return [json.dumps(item_dict(item)) for item in store.items(ItemFilter())]
    finally:
        store.close()


def rows(database: str) -> str:
    store = Store.open(database)
    try:
        return store.digest()
    finally:
        store.close()


def exports(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def entry(site: FakeSite, number: int, **values: str) -> Entry:
    return Entry(number=number, link=site.url(f"/story/{number}"), summary=f"Summary {number}", **values)


def port(newsroom: Newsroom, site: FakeSite, *more: str) -> None:
    """One outlet with two stories, and what else is named."""
    site.serve("/port.xml", rss([entry(site, 2), entry(site, 1)]))
    for number in (1, 2):
        site.serve(f"/story/{number}", page(f"Story {number}", story(f"pier {number}")), content_type=HTML)
    newsroom.outlets(outlet("Port", site.url("/port.xml"), full_text="auto"), *more, extra=PUBLISH)


def a_week_of_everything(newsroom: Newsroom, site: FakeSite) -> None:
    """Four runs: news, edits, copies, 304s, redirects, errors of every kind, pages, a discovery."""
    site.serve("/robots.txt", "User-agent: *\nDisallow: /story/4\n", content_type="text/plain")
    site.redirect("/story/3", "/story/moved")
    site.serve("/story/moved", page("Story 3", story("pier 3")), content_type=HTML)
    site.status("/story/5", 503)
    site.on("/cut.xml", Reply(body=b"<rss>", length=5000))
    site.status("/down.xml", 503, headers={"Retry-After": "60"})
    site.redirect("/old.xml", site.url("/new.xml", host=2), status=301)
    site.serve("/new.xml", rss([Entry(number=7, link=site.url("/story/1"), summary="Summary 1")]))
    site.serve(
        "/",
        '<html><head><link rel="alternate" type="application/rss+xml" href="/found.xml"></head></html>',
        content_type=HTML,
    )
    site.serve("/found.xml", rss([Entry(number=9, link="https://y.example/9", content=" ".join(story("y")))]))
    port(
        newsroom,
        site,
        outlet("Cut", site.url("/cut.xml", host=1)),
        outlet("Down", site.url("/down.xml", host=1)),
        outlet("Refused", f"http://127.0.0.1:{free_port()}/feed"),
        outlet("Moved", site.url("/old.xml", host=1), full_text="auto"),
        f'name = "Found"\nhomepage = "{site.url("/", host=3)}"\nfull_text = "never"\n',
    )
    once(newsroom)
    site.serve("/port.xml", rss([*(entry(site, n) for n in (5, 4, 3)), entry(site, 2, title="Edited")]))
    once(newsroom, force=True)
    once(newsroom, force=True)
    site.serve("/story/5", page("Story 5", story("pier 5")), content_type=HTML)
    newsroom.clock.advance(days=1)
    once(newsroom)


@pytest.fixture
def no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever connects to anything fails."""

    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_a_replay_gives_the_rows_and_the_bytes_that_the_recorded_runs_gave(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path, no_socket_later: "Fence"
) -> None:
    a_week_of_everything(newsroom, site)
    asked = len(site.requests)
    no_socket_later.up()
    first = replay.replay(tmp_path / "tape", tmp_path / "first")
    second = replay.replay(tmp_path / "tape", tmp_path / "second")
    database = f"sqlite:///{tmp_path / 'first' / 'aggregator.db'}"
    assert (first.missing, first.notes, first.differences) == ((), (), ())
    assert first.compared == first.same > 10
    assert first.items == len(newsroom.items()) >= 7
    assert items(database) == items(newsroom.url)
    assert exports(first.exports) == exports(second.exports) == exports(tmp_path / "public")
    assert first.digest == second.digest == rows(database)
    assert len(site.requests) == asked


def test_a_replay_gives_every_poll_of_the_history_and_the_plans_again(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path
) -> None:
    a_week_of_everything(newsroom, site)
    made = replay.replay(tmp_path / "tape", tmp_path / "again")
    store = Store.open(f"sqlite:///{made.folder / 'aggregator.db'}")
    try:
        health = store.health(newsroom.clock.now())
        history = [store.history(feed.outlet) for feed in health]
    finally:
        store.close()
    with newsroom.store() as recorded:
        assert health == recorded.health(newsroom.clock.now())
        assert history == [recorded.history(feed.outlet) for feed in health]


class Fence:
    """Between this process and every network, once it is up."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def up(self) -> None:
        def refuse(*_: object) -> NoReturn:
            raise AssertionError("a socket was opened")

        self._monkeypatch.setattr("asyncio.selector_events.BaseSelectorEventLoop.sock_connect", refuse)
        self._monkeypatch.setattr(socket, "getaddrinfo", refuse)
        self._monkeypatch.setattr("aiohttp.TCPConnector.connect", refuse)


@pytest.fixture
def no_socket_later(monkeypatch: pytest.MonkeyPatch) -> Fence:
    return Fence(monkeypatch)
