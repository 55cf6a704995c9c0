"""What a monitoring system reads: counts of this process and figures of the store, as Prometheus' text."""

import platform
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from aggregator import __version__
from aggregator.model import ArticleOutcome, FeedHealth, Figures, PollOutcome

if TYPE_CHECKING:  # a tenth of a second, which runs without a web server do not pay
    from prometheus_client.core import Metric

#: with more feeds than this none has figures of its own: a dozen series for each would drown the others
MOST_FEEDS = 2_000
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Meter(Protocol):
    """Who counts what is done."""

    def polled(self, outcome: PollOutcome) -> None:
        """Count one poll."""

    def read(self, outcome: ArticleOutcome) -> None:
        """Count one page."""

    def delivered(self, outcome: str) -> None:
        """Count what became of one delivery of a hub."""

    def raised(self, kind: str) -> None:
        """Count one health event."""


class Silent:
    """Nobody asks for figures."""

    def polled(self, outcome: PollOutcome) -> None:
        """Nothing."""

    def read(self, outcome: ArticleOutcome) -> None:
        """Nothing."""

    def delivered(self, outcome: str) -> None:
        """Nothing."""

    def raised(self, kind: str) -> None:
        """Nothing."""


class Metrics:
    """Counts since the start of this process, in a registry of their own."""

    def __init__(self) -> None:
        from prometheus_client import (
            CollectorRegistry,
            Counter,
            Histogram,
            Info,
            ProcessCollector,
            disable_created_metrics,
        )

        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each of ours, which nobody looks at
        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._polls = Counter("aggregator_polls", "Polls of feeds.", ["result"], registry=registry)
        self._poll_seconds = Histogram(
            "aggregator_poll_seconds",
            "Time from the first request of a poll to its last byte.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._received = Counter("aggregator_received_bytes", "Bytes of feeds, decoded.", registry=registry)
        self._items = Counter("aggregator_items", "Items stored, or edited.", ["change"], registry=registry)
        self._pages = Counter("aggregator_pages", "Pages of articles.", ["result"], registry=registry)
        self._deliveries = Counter(
            "aggregator_deliveries", "Deliveries of WebSub hubs.", ["outcome"], registry=registry
        )
        self._events = Counter("aggregator_health_events", "Health events.", ["kind"], registry=registry)
        build = Info("aggregator_build", "What is running.", registry=registry)
        build.info({"version": __version__, "python": platform.python_version()})

    def polled(self, outcome: PollOutcome) -> None:
        """Count one poll, and of a delivery what it brought."""
        if not outcome.part:
            self._polls.labels(outcome.result).inc()
        if outcome.result != "put_off" and not outcome.part:  # nothing was asked
            self._poll_seconds.observe(outcome.elapsed_ms / 1000)
        self._received.inc(outcome.size)
        self._items.labels("new").inc(len(outcome.new))
        self._items.labels("changed").inc(len(outcome.changed))

    def read(self, outcome: ArticleOutcome) -> None:
        """Count one page."""
        self._pages.labels(outcome.result).inc()

    def delivered(self, outcome: str) -> None:
        """Count what became of one delivery of a hub."""
        self._deliveries.labels(outcome).inc()

    def raised(self, kind: str) -> None:
        """Count one health event."""
        self._events.labels(kind).inc()

    def exposition(self, figures: Figures, feeds: Sequence[FeedHealth] = ()) -> bytes:
        """Everything as text; ``feeds``: those that are to have figures of their own."""
        from prometheus_client import CollectorRegistry, generate_latest

        stored = CollectorRegistry()
        stored.register(_Collector([*_of_store(figures), *_of_feeds(feeds)]))
        return generate_latest(self._registry) + generate_latest(stored)


class _Collector:
    """Figures that are there already, as the library wants them."""

    def __init__(self, metrics: Iterable["Metric"]) -> None:
        self._metrics = tuple(metrics)

    def collect(self) -> Iterable["Metric"]:
        return self._metrics


def _of_store(figures: Figures) -> Iterator["Metric"]:
    from prometheus_client.core import GaugeMetricFamily

    for name, words, label, values in (
        ("aggregator_feeds", "Configured feeds.", "state", figures.feeds),
        ("aggregator_subscriptions", "WebSub subscriptions.", "state", figures.subscriptions),
    ):
        family = GaugeMetricFamily(name, words, labels=[label])
        for value, number in sorted(values.items()):
            family.add_metric([value], number)
        yield family
    lag = figures.lag.total_seconds()
    for gauge, words, amount in (
        ("aggregator_feeds_overdue", "Configured feeds that are due.", float(figures.overdue)),
        ("aggregator_poll_lag_seconds", "How late the longest overdue feed is.", lag),
        ("aggregator_pages_waiting", "Pages of articles that are still wanted.", figures.pages_waiting),
        ("aggregator_search_queue", "Items that are not searchable yet.", figures.search_queue),
        ("aggregator_gaps_open", "Gaps in feeds that are not filled.", figures.gaps_open),
        ("aggregator_holds", "Addresses, hosts and sites that asked for quiet.", figures.holds),
    ):
        yield GaugeMetricFamily(gauge, words, value=amount)


def _of_feeds(feeds: Sequence[FeedHealth]) -> Iterator["Metric"]:
    from prometheus_client.core import GaugeMetricFamily

    names = ["outlet", "feed"]
    state = GaugeMetricFamily(
        "aggregator_feed_state", "1 for the state a feed is in.", labels=[*names, "state"]
    )
    success, planned, unchanged, daily, gaps = (
        GaugeMetricFamily(f"aggregator_feed_{name}", words, labels=names)
        for name, words in (
            ("last_success_timestamp_seconds", "When the last poll succeeded."),
            ("next_poll_timestamp_seconds", "When the next poll is planned."),
            ("not_modified_share", "Share of polls that found nothing changed."),
            ("items_per_day", "Items a day."),
            ("gaps_open", "Gaps that are not filled."),
        )
    )
    for feed in feeds:
        labels = [feed.outlet, feed.feed]
        state.add_metric([*labels, feed.condition], 1)
        for family, at in ((success, feed.last_success), (planned, feed.next_poll_at)):
            if at is not None:
                family.add_metric(labels, at.timestamp())
        if feed.polls:
            unchanged.add_metric(labels, feed.not_modified / feed.polls)
        if feed.items_per_day is not None:
            daily.add_metric(labels, feed.items_per_day)
        gaps.add_metric(labels, feed.open_gaps)
    yield from (state, success, planned, unchanged, daily, gaps)
