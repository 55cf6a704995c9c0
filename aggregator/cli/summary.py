"""What does a run tell the person who started it: a table, the totals, what failed and why."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aggregator.cli import health_events, output
from aggregator.cli.times import ahead
from aggregator.report import no_name_was_found

if TYPE_CHECKING:
    from aggregator.config import Config
    from aggregator.report import OutletRow, RunReport

#: lines of the table; of more outlets than these only those with news or trouble are named
_ROWS = 30


def told(report: "RunReport", config: "Config", *, now: datetime) -> None:
    """Print the summary of a run."""
    if report.outlets:
        _table(report.outlets)
    health_events.show(report.events)
    for sentence in sentences(report, config, now=now):
        output.print_line(sentence)


def _table(outlets: "Iterable[OutletRow]") -> None:
    rows = sorted(outlets, key=lambda row: (not row.failed, not (row.new or row.changed)))
    total = len(rows)
    if total > _ROWS:
        rows = [row for row in rows if row.failed or row.new or row.changed]
    if not rows:
        return
    shown = sorted(rows[:_ROWS], key=lambda row: row.outlet.casefold())
    columns = ("Outlet", "New#", "Changed#", "Result")
    output.console().print(output.table(columns, [_cells(row) for row in shown], fold="Result"))
    if total > len(shown):
        output.print_line(f"… and {total - len(shown)} outlets more; `aggregator outlets` lists all.")
    output.print_line()


def _cells(row: "OutletRow") -> tuple[Any, ...]:
    return (
        output.cell(row.outlet),
        str(row.new or ""),
        str(row.changed or ""),
        output.cell(_result(row), "red" if row.failed else "" if row.new or row.changed else "dim"),
    )


def _result(row: "OutletRow") -> str:
    if not row.failed:
        return "not modified" if row.not_modified == row.polled else "ok"
    several = f"{row.failed} of {row.polled} feeds failed" if row.polled > 1 else "failed"
    return f"{several}: {row.reason}"


def sentences(report: "RunReport", config: "Config", *, now: datetime) -> Iterable[str]:
    """The totals, and what to do where nothing came of it."""
    if not config.outlets:
        yield f"{config.path.name} lists no outlet yet: add one with `aggregator add URL`."
        return
    if report.polled:
        yield _feeds(report) + _items(report)
    elif report.feeds_due and not report.cut_short:
        yield "What was due waits: its sites asked for quiet (`aggregator outlets` says until when)."
    elif not (report.articles_waiting or _tried(report) or report.articles_looked_again):
        yield "Nothing was due."
    yield from _articles(report)
    if report.articles_waiting:
        yield _waiting(report)
    if no_name_was_found(report):
        yield (
            "No host name could be looked up: this machine seems to have no network. "
            "`aggregator demo` shows everything without one."
        )
    yield from report.notes
    if report.unpublished:
        yield report.unpublished
    if report.cut_short:
        yield "The time was over before all was done; the next run goes on."
    if report.next_poll_at is not None:
        yield f"Next poll {ahead(report.next_poll_at, now)}."


def _feeds(report: "RunReport") -> str:
    parts = [f"{report.modified} modified", f"{report.not_modified} not modified"]
    if report.failed:
        parts.append(f"{report.failed} failed")
    return f"{report.polled} {'feed' if report.polled == 1 else 'feeds'} polled ({', '.join(parts)}): "


def _items(report: "RunReport") -> str:
    noun = "item" if report.items_new == 1 else "items"
    dropped = f", {report.items_dropped} dropped by your rules" if report.items_dropped else ""
    return f"{report.items_new} new {noun}, {report.items_changed} changed{dropped}."


def _waiting(report: "RunReport") -> str:
    one = report.articles_waiting == 1
    return f"{report.articles_waiting} {'page waits' if one else 'pages wait'}: {report.waiting_for}."


def _articles(report: "RunReport") -> Iterable[str]:
    again = report.articles_looked_again
    if tried := _tried(report):
        failed = (
            f", {report.articles_failed} failed and will be tried again" if report.articles_failed else ""
        )
        yield (
            f"{tried} article {'page' if tried == 1 else 'pages'} read: "
            f"{report.articles_extracted - report.articles_edited} with full text, "
            f"{report.articles_from_feed} no better than the feed's{failed}."
        )
    if again:
        yield (
            f"{again} {'article' if again == 1 else 'articles'} looked at again: "
            f"{report.articles_edited or 'none'} changed."
        )


def _tried(report: "RunReport") -> int:
    """Pages that were read for the first time, or should have been."""
    read = report.articles_extracted + report.articles_from_feed + report.articles_failed
    return read - report.articles_edited
