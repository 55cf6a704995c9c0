"""What a run has done so far: counts that become its report."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.articles import ArticleDone
from aggregator.config import Outlet
from aggregator.model import Failure, FailureKind, HealthEvent, PollResult
from aggregator.poll import PollDone
from aggregator.publish import Published
from aggregator.report import OutletRow, RunReport


@dataclass(slots=True)
class Tally:
    """Counts while a run goes on; :meth:`report` at its end."""

    total: int = 0
    due: int = 0
    cut_short: bool = False
    unpublished: str = ""
    notes: list[str] = field(default_factory=list)
    #: that failed with our own network: nothing is held against the feeds, but they were not polled either
    ours: list[PollDone] = field(default_factory=list)
    events: list[HealthEvent] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    by_outlet: dict[str, Counter[str]] = field(default_factory=dict)
    #: why the pages wait that were put off and not read since, by item
    waiting: dict[int, str] = field(default_factory=dict)

    def polled(self, done: PollDone) -> None:
        """Count one poll."""
        outcome = done.outcome
        if not done.recorded:
            return  # another process took the feed over: its poll is the one that counts
        if done.ours:
            self.ours.append(done)
        elif outcome.result != "put_off":  # a feed put off by politeness was not polled
            self._count(done, outcome.result)

    def _count(self, done: PollDone, result: PollResult) -> None:
        outcome = done.outcome
        row = {
            result: 1,
            "polled": 1,
            "new": len(outcome.new),
            "changed": len(outcome.changed),
            "unchanged": outcome.unchanged,
            "dropped": outcome.dropped,
        }
        self.counts.update(row)
        self._outlet(done.feed.outlet).update(row)
        if result == "failed":
            self._fail(done.feed.outlet, done.feed.url, outcome.reason, done.kind)

    def undiscovered(self, outlet: Outlet, reason: str, kind: FailureKind) -> None:
        """Count an outlet whose feed could not be found as one feed that failed."""
        self.total += 1
        self.due += 1
        self.counts.update(polled=1, failed=1)
        self._outlet(outlet.name).update(polled=1, failed=1)
        self._fail(outlet.name, outlet.homepage, reason, kind)

    def read(self, done: ArticleDone) -> None:
        """Count one page."""
        if done.outcome.result == "put_off":
            self.waiting[done.outcome.item_id] = done.outcome.reason
            return
        self.waiting.pop(done.outcome.item_id, None)
        self.counts["fetched"] += done.fetched
        self.counts[f"page {done.outcome.result}"] += 1
        if done.task.page_text:  # it was read before
            self.counts["looked again"] += 1
            self.counts["edited"] += done.outcome.result == "extracted"

    def published(self, done: Published) -> None:
        """Note the files that were written."""
        self.notes += done.notes
        if done.written:
            self.notes.append(f"published {', '.join(map(str, done.written))}")

    def _outlet(self, name: str) -> Counter[str]:
        return self.by_outlet.setdefault(name, Counter())

    def _fail(self, outlet: str, feed: str, reason: str, kind: FailureKind | None) -> None:
        self.failures.append(Failure(outlet=outlet, feed=feed, reason=reason, kind=kind))

    def report(self, *, started: datetime, finished: datetime, next_poll_at: datetime | None) -> RunReport:
        """The run as values."""
        for done in self.ours:
            self._count(done, "failed")
        counts = self.counts
        return RunReport(
            started=started,
            finished=finished,
            feeds_total=self.total,
            feeds_due=self.due,
            polled=counts["polled"],
            modified=counts["modified"],
            not_modified=counts["not_modified"],
            failed=counts["failed"],
            items_new=counts["new"],
            items_changed=counts["changed"],
            items_unchanged=counts["unchanged"],
            items_dropped=counts["dropped"],
            articles_fetched=counts["fetched"],
            articles_extracted=counts["page extracted"],
            articles_from_feed=counts["page from_feed"],
            articles_failed=counts["page failed"],
            articles_looked_again=counts["looked again"],
            articles_edited=counts["edited"],
            articles_waiting=len(self.waiting),
            waiting_for=next(iter(self.waiting.values()), ""),
            failures=tuple(self.failures),
            outlets=tuple(self._row(name) for name in sorted(self.by_outlet, key=str.casefold)),
            next_poll_at=next_poll_at,
            cut_short=self.cut_short,
            notes=tuple(self.notes),
            events=tuple(self.events),
            unpublished=self.unpublished,
        )

    def _row(self, name: str) -> OutletRow:
        counts = self.by_outlet[name]
        return OutletRow(
            outlet=name,
            polled=counts["polled"],
            not_modified=counts["not_modified"],
            failed=counts["failed"],
            new=counts["new"],
            changed=counts["changed"],
            reason=next((failure.reason for failure in self.failures if failure.outlet == name), ""),
        )
