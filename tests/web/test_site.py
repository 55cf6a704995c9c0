"""The routes: is it well, and its figures; what hubs may ask is in tests/test_websub.py."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator import config
from aggregator.app import open_services
from aggregator.config import WebConfig
from aggregator.errors import StoreLockedError
from aggregator.metrics import MOST_FEEDS, Metrics
from aggregator.rounds import Services
from aggregator.web import create_app
from aggregator.web.shield import Shield
from tests.press import Newsroom, outlet
from tests.web.arrange import ask

WEB = WebConfig(base_url="https://news.example.org/")
SHIELD = {"content-security-policy", "x-content-type-options", "referrer-policy"}


@dataclass(kw_only=True)
class Site:
    """The application over a newsroom's store."""

    app: Shield
    newsroom: Newsroom
    services: Services
    metrics: Metrics
    ticked: list[datetime] = field(default_factory=list)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    newsroom = Newsroom(directory=tmp_path)
    newsroom.outlets(
        outlet("Port", "https://port.example/feed?key=1"), outlet("Pier", "https://pier.example/feed")
    )
    async with open_services(config.load(newsroom.file), clock=newsroom.clock.now) as services:
        ticked = [newsroom.clock.now()]
        metrics = Metrics()
        app = create_app(
            services,
            WEB,
            metrics=metrics,
            subscriber=None,
            last_tick=lambda: ticked[-1] if ticked else None,
        )
        yield Site(app=app, newsroom=newsroom, services=services, metrics=metrics, ticked=ticked)


# ── all of them ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
async def test_every_answer_to_every_method_is_shielded(site: Site, method: str) -> None:
    """Mark 9."""
    there = ("/", "/healthz", "/metrics")
    for path in (*there, "/docs", "/openapi.json", "/websub/x", "/../etc/passwd", "/items"):
        answer = await ask(site.app, path, method=method)
        assert answer.headers.keys() >= SHIELD
        assert answer.status == (404 if path not in there else 200 if method in ("GET", "HEAD") else 405)


async def test_who_looks_for_the_reader_is_told(site: Site) -> None:
    assert (await ask(site.app, "/")).text.startswith("The reader is not there yet.")


# ── /healthz ─────────────────────────────────────────────────────────────────────────────────


async def test_it_is_well_while_it_ticks_and_the_database_answers(site: Site) -> None:
    answer = await ask(site.app, "/healthz")
    assert (answer.status, json.loads(answer.body)) == (
        200,
        {"status": "ok", "last_tick": "2026-11-20T12:00:00Z"},
    )
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("age", "status"), [(timedelta(seconds=59), 200), (timedelta(seconds=61), 503), (timedelta(days=1), 503)]
)
async def test_a_scheduler_that_stands_still_is_not_well(site: Site, age: timedelta, status: int) -> None:
    site.newsroom.clock.advance(age)
    answer = await ask(site.app, "/healthz")
    assert answer.status == status
    if status == 503:
        assert json.loads(answer.body)["reason"] == (
            f"the last look at what is due was {age.total_seconds():.0f} s ago"
        )


async def test_before_the_first_tick_it_is_not_well(site: Site) -> None:
    site.ticked.clear()
    answer = await ask(site.app, "/healthz")
    assert (answer.status, json.loads(answer.body)) == (
        503,
        {"status": "failing", "reason": "nothing has been polled yet", "last_tick": None},
    )


async def test_a_database_that_fails_is_told_with_its_remedy_and_mends(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked() -> None:
        raise StoreLockedError("news.db is locked; wait for the other program")

    monkeypatch.setattr(type(site.services.store), "next_due_at", lambda _store: locked())
    answer = await ask(site.app, "/healthz")
    assert (answer.status, json.loads(answer.body)["reason"]) == (
        503,
        "news.db is locked; wait for the other program",
    )
    monkeypatch.undo()
    site.newsroom.clock.advance(seconds=3)
    assert (await ask(site.app, "/healthz")).status == 200


async def test_however_often_it_is_asked_the_database_is_asked_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = count_calls(site, monkeypatch, "next_due_at")
    answers = await asyncio.gather(*(ask(site.app, "/healthz") for _ in range(50)))
    assert {answer.status for answer in answers} == {200}
    assert len(calls) == 1


def count_calls(site: Site, monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """The store's method, counted."""
    calls: list[str] = []
    kind = type(site.services.store)
    method: Callable[..., Any] = getattr(kind, name)

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls.append(name)
        return method(*args, **kwargs)

    monkeypatch.setattr(kind, name, counted)
    return calls


# ── /metrics ─────────────────────────────────────────────────────────────────────────────────


async def test_figures_hold_what_was_counted_and_what_is_stored(site: Site) -> None:
    from aggregator.rounds import Round

    await Round(services=site.services, started=site.newsroom.clock.now()).prepare()
    site.metrics.delivered("new")
    answer = await ask(site.app, "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    assert 'aggregator_deliveries_total{outcome="new"} 1.0' in lines
    assert 'aggregator_feeds{state="new"} 2.0' in lines
    assert "aggregator_feeds_overdue 2.0" in lines
    assert (
        'aggregator_feed_state{feed="https://port.example/feed?key=1",outlet="Port",state="new"} 1.0' in lines
    )


async def test_a_feed_that_was_taken_out_has_no_figures(site: Site) -> None:
    from aggregator.rounds import Round

    await Round(services=site.services, started=site.newsroom.clock.now()).prepare()
    site.services.store.sync_feeds((), site.newsroom.clock.now())
    assert "port.example" not in (await ask(site.app, "/metrics")).text


async def test_many_feeds_have_no_figures_of_their_own(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from aggregator.model import Figures

    many = Figures(feeds={"ok": MOST_FEEDS, "failing": 1})
    monkeypatch.setattr(type(site.services.store), "figures", lambda _store, _now: many)
    calls = count_calls(site, monkeypatch, "health")
    answer = await ask(site.app, "/metrics")
    assert 'aggregator_feeds{state="ok"} 2000.0' in answer.text
    assert calls == []


@pytest.mark.parametrize(
    ("peer", "headers", "host", "status"),
    [
        ("127.0.0.1", [], "localhost", 200),
        ("::1", [], "localhost", 200),
        ("::ffff:127.0.0.1", [], "localhost", 200),
        ("172.17.0.5", [], "localhost", 200),
        ("192.168.1.9", [], "127.0.0.1", 200),
        ("203.0.113.5", [], "localhost", 200),  # TEST-NET counts as private: nobody has it
        ("8.8.8.8", [], "localhost", 404),
        ("2a00:1450::1", [], "localhost", 404),
        ("::ffff:8.8.8.8", [], "localhost", 404),
        ("", [], "localhost", 404),
        ("127.0.0.1", [("X-Forwarded-For", "8.8.8.8")], "localhost", 404),
        ("127.0.0.1", [("Forwarded", "for=8.8.8.8")], "localhost", 404),
        ("127.0.0.1", [("Via", "1.1 proxy")], "localhost", 404),
        ("127.0.0.1", [], "news.example.org", 404),
    ],
)
async def test_figures_are_for_this_machine_and_its_private_network(
    site: Site, peer: str, headers: list[tuple[str, str]], host: str, status: int
) -> None:
    answer = await ask(site.app, "/metrics", peer=peer, headers=headers, host=host)
    assert answer.status == status


async def test_a_database_that_fails_leaves_a_sentence_instead_of_figures(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_store: object, _now: datetime) -> None:
        raise StoreLockedError("news.db is locked; wait for the other program")

    monkeypatch.setattr(type(site.services.store), "figures", locked)
    answer = await ask(site.app, "/metrics")
    assert (answer.status, answer.text) == (503, "news.db is locked; wait for the other program\n")


# ── hubs ─────────────────────────────────────────────────────────────────────────────────────


async def test_without_a_public_address_there_is_no_callback(site: Site) -> None:
    for method in ("GET", "POST"):
        assert (await ask(site.app, "/websub/x", method=method)).status == 404
