"""Figures for a monitoring system, as text that it can read."""

from datetime import timedelta
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from aggregator.metrics import Metrics
from aggregator.model import (
    ArticleOutcome,
    FeedCondition,
    FeedHealth,
    FeedState,
    Figures,
    PollOutcome,
)
from tests.conftest import NOW
from tests.store.press import new_item, outcome

FEED = FeedState(id=1, url="https://x.example/feed", outlet="Port")


def read(
    metrics: Metrics, figures: Figures | None = None, feeds: tuple[FeedHealth, ...] = ()
) -> dict[str, float]:
    """Every value of ours by name and labels, as Prometheus would write them."""
    text = metrics.exposition(figures or Figures(), feeds).decode()
    return {
        sample.name + "".join(f" {key}={value}" for key, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("aggregator_") and not sample.name.endswith("_bucket")
    }


def health(**values: Any) -> FeedHealth:
    plain: dict[str, Any] = {
        "outlet": 'The "Port"\nNews',
        "feed": "https://x.example/feed?a=1\\2",
        "listed": True,
        "condition": FeedCondition.OK,
        "reason": "",
        "last_attempt": NOW,
        "last_success": NOW,
        "next_poll_at": NOW + timedelta(hours=1),
        "items": 3,
        "polls": 8,
        "not_modified": 6,
        "dropped": 0,
        "pages_failing": 0,
    }
    return FeedHealth(**plain | values)


def test_what_was_done_is_counted() -> None:
    metrics = Metrics()
    polled: list[PollOutcome] = [
        outcome(FEED, new=(new_item("1"), new_item("2")), elapsed_ms=500),
        outcome(FEED, result="not_modified", size=0),
        outcome(FEED, result="failed", size=0),
        outcome(FEED, result="put_off", size=0, elapsed_ms=0),
    ]
    for one in polled:
        metrics.polled(one)
    metrics.read(ArticleOutcome(item_id=1, lease_token="", at=NOW, result="extracted", reason=""))
    metrics.delivered("new")
    metrics.delivered("forged")
    metrics.raised("died")
    counted = {name: value for name, value in read(metrics).items() if value}
    build = next(name for name in counted if name.startswith("aggregator_build_info"))
    assert "version=" in build
    del counted[build]
    assert counted == {
        "aggregator_polls_total result=modified": 1,
        "aggregator_polls_total result=not_modified": 1,
        "aggregator_polls_total result=failed": 1,
        "aggregator_polls_total result=put_off": 1,
        "aggregator_poll_seconds_count": 3,
        "aggregator_poll_seconds_sum": 0.54,
        "aggregator_received_bytes_total": 1000,
        "aggregator_items_total change=new": 2,
        "aggregator_pages_total result=extracted": 1,
        "aggregator_deliveries_total outcome=new": 1,
        "aggregator_deliveries_total outcome=forged": 1,
        "aggregator_health_events_total kind=died": 1,
    }


def test_a_delivery_of_a_hub_is_no_poll_but_what_it_brings_counts() -> None:
    metrics = Metrics()
    metrics.polled(outcome(FEED, new=(new_item("1"),), part=True))
    shown = {name: value for name, value in read(metrics).items() if value and "build" not in name}
    assert shown.pop("aggregator_items_total change=new") == 1
    assert [name for name in shown if "poll" in name] == []


def test_two_registries_know_nothing_of_each_other() -> None:
    busy, idle = Metrics(), Metrics()
    busy.polled(outcome(FEED))
    assert read(idle)["aggregator_poll_seconds_count"] == 0


def test_the_stores_figures_are_shown_as_they_are() -> None:
    figures = Figures(
        feeds={"ok": 5, "failing": 1},
        overdue=2,
        lag=timedelta(minutes=3),
        pages_waiting=4,
        search_queue=7,
        gaps_open=1,
        holds=3,
        subscriptions={"active": 2},
    )
    shown = {name: value for name, value in read(Metrics(), figures).items() if value and "build" not in name}
    assert shown == {
        "aggregator_feeds state=ok": 5,
        "aggregator_feeds state=failing": 1,
        "aggregator_subscriptions state=active": 2,
        "aggregator_feeds_overdue": 2,
        "aggregator_poll_lag_seconds": 180,
        "aggregator_pages_waiting": 4,
        "aggregator_search_queue": 7,
        "aggregator_gaps_open": 1,
        "aggregator_holds": 3,
    }


def test_a_feed_shows_what_outlets_shows() -> None:
    shown = read(Metrics(), feeds=(health(items_per_day=2.5, open_gaps=1),))
    labels = ' feed=https://x.example/feed?a=1\\2 outlet=The "Port"\nNews'
    assert {name: value for name, value in shown.items() if "aggregator_feed_" in name} == {
        f"aggregator_feed_state{labels} state=ok": 1,
        f"aggregator_feed_last_success_timestamp_seconds{labels}": NOW.timestamp(),
        f"aggregator_feed_next_poll_timestamp_seconds{labels}": NOW.timestamp() + 3600,
        f"aggregator_feed_not_modified_share{labels}": 0.75,
        f"aggregator_feed_items_per_day{labels}": 2.5,
        f"aggregator_feed_gaps_open{labels}": 1,
    }


def test_what_is_not_known_of_a_feed_is_left_out() -> None:
    fresh = health(condition=FeedCondition.NEW, last_success=None, next_poll_at=None, polls=0, not_modified=0)
    shown = [name.split(" ")[0] for name in read(Metrics(), feeds=(fresh,)) if "aggregator_feed_" in name]
    assert shown == ["aggregator_feed_state", "aggregator_feed_gaps_open"]
