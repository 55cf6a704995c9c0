"""What was a run asked to do, what did it do, and how does that end: exit code and JSON. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # all of the model takes 70 ms, and every command reads this file
    from aggregator.model import Failure, HealthEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What ``scheduler.py --once`` was asked for."""

    #: poll what is not due as well (Retry-After and 410 still stand)
    force: bool = False
    #: names, compared ignoring case; empty for all
    outlets: tuple[str, ...] = ()
    #: stop claiming work after this long; None for no limit
    max_time: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletRow:
    """One outlet's line in the summary of a run. Only outlets that were polled have one."""

    outlet: str
    polled: int = 0
    not_modified: int = 0
    failed: int = 0
    new: int = 0
    changed: int = 0
    #: the first failure's sentence, "" when all went well
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What one round did."""

    started: datetime
    finished: datetime
    #: enabled feeds
    feeds_total: int = 0
    feeds_due: int = 0
    #: modified + not_modified + failed; a feed put off by politeness is none of these
    polled: int = 0
    modified: int = 0
    #: 304, and 200 with the same body
    not_modified: int = 0
    failed: int = 0
    items_new: int = 0
    items_changed: int = 0
    #: entries seen in modified feeds that are neither new nor changed
    items_unchanged: int = 0
    #: new entries that keep_if and drop_if did not let through
    items_dropped: int = 0
    #: pages that answered 200
    articles_fetched: int = 0
    articles_extracted: int = 0
    articles_from_feed: int = 0
    articles_failed: int = 0
    #: pages that had been read before; those of them with another text now count as extracted as well
    articles_looked_again: int = 0
    articles_edited: int = 0
    #: pages that were not asked for, as their site wants quiet or its rules could not be read
    articles_waiting: int = 0
    #: why the first of them waits
    waiting_for: str = ""
    failures: "tuple[Failure, ...]" = ()
    outlets: tuple[OutletRow, ...] = ()
    #: when the next feed is due; None when none will be
    next_poll_at: datetime | None = None
    #: ``--max-seconds`` was reached, or a signal came, before all was done
    cut_short: bool = False
    #: sentences for the person: "the reader is not there yet", "[publish]: wrote 4 files"
    notes: tuple[str, ...] = ()
    #: what the outlets' keepers should know
    events: "tuple[HealthEvent, ...]" = ()
    #: why the exports could not be written, "" when they could
    unpublished: str = ""


def exit_code(report: RunReport, *, strict: bool = False) -> int:
    """0 all done; 1 every polled feed failed, or any with ``strict``; 2 the exports could not be written."""
    if report.unpublished:
        return 2
    if report.failed and (strict or report.failed == report.polled):
        return 1
    return 0


def went_well(report: RunReport) -> bool:
    """Nothing to tell: no feed and no page failed, no outlet needs its keeper, the exports are current."""
    return not (report.failed or report.articles_failed or report.events or report.unpublished)


def no_name_was_found(report: RunReport) -> bool:
    """Every polled feed failed because its host name could not be looked up: there is no network."""
    return report.polled > 0 and len(report.failures) == report.polled == sum(_by_name(report.failures))


def _by_name(failures: "Sequence[Failure]") -> list[bool]:
    from aggregator.model import FailureKind

    return [failure.kind is FailureKind.NAME for failure in failures]


def instant(at: datetime) -> str:
    """``2026-01-31T08:00:00Z``, as every output but those a person reads."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_json(report: RunReport) -> dict[str, Any]:
    """The object that ``scheduler.py --once --json`` prints."""
    return {
        "started": instant(report.started),
        "finished": instant(report.finished),
        "feeds": {
            "total": report.feeds_total,
            "due": report.feeds_due,
            "polled": report.polled,
            "modified": report.modified,
            "not_modified": report.not_modified,
            "failed": report.failed,
        },
        "items": {
            "new": report.items_new,
            "changed": report.items_changed,
            "unchanged": report.items_unchanged,
        },
        "articles": {
            "fetched": report.articles_fetched,
            "extracted": report.articles_extracted,
            "from_feed": report.articles_from_feed,
            "failed": report.articles_failed,
            "looked_again": report.articles_looked_again,
        },
        "failures": [
            {"outlet": failure.outlet, "feed": failure.feed, "reason": failure.reason}
            for failure in report.failures
        ],
    }
