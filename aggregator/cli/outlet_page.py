"""What is known of one outlet: its feeds, the last polls, what was missed, what was told of it."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aggregator.cli import feed_rows, output
from aggregator.cli.command import Run
from aggregator.cli.feed_rows import Row, instant, moment
from aggregator.cli.times import ago, ahead

if TYPE_CHECKING:
    from aggregator.config import Config
    from aggregator.model import FetchEvent, Gap, HealthEvent
    from aggregator.store import Store

#: how far back events are told
_EVENTS = timedelta(days=30)


def show(run: Run, outlet: str, config: "Config", store: "Store") -> None:
    """Everything, for people or as JSON Lines whose ``type`` says what each is."""
    rows = feed_rows.of_outlet(outlet, config, store, run.now)
    fetches = store.history(outlet)
    gaps = store.gaps(outlet)
    events = store.events(run.now - _EVENTS, outlet)
    if run.json:
        polled = {fetch.feed for fetch in fetches}
        feeds = ({"type": "feed"} | feed_rows.as_json(row) for row in rows if row.feed not in polled)
        for line in (*feeds, *map(_fetch_json, fetches), *map(_gap_json, gaps), *map(_event_json, events)):
            output.print_json(line)
        return
    if not fetches:
        output.tell(why_nothing(outlet, config, store, run.now))
        return
    for row in rows:
        _print_feed(row, gaps, run.now)
    _print_events(events, run.now)
    _print_gaps(gaps, run.now, several=len(rows) > 1)
    _print_fetches(fetches, run.now)


def why_nothing(name: str, config: "Config", store: "Store", now: datetime) -> str:
    """Why there is nothing to tell of an outlet's polls."""
    for outlet in config.outlets:
        if outlet.name.casefold() != name.casefold():
            continue
        if not outlet.enabled:
            return f"{name} is disabled in {config.path.name}: it is not polled."
        for row in feed_rows.unpolled(outlet, (), store):
            if row.reason:
                return f"{name}: {row.reason}; looked for again {ahead(row.next_poll, now)}."
    return f"{name} has not been polled yet: `python scheduler.py --once` polls what is due."


# ── the feeds ────────────────────────────────────────────────────────────────────────────────


def _print_feed(row: Row, gaps: "Sequence[Gap]", now: datetime) -> None:
    output.print_line(row.feed)
    for name, value in _facts(row, gaps, now):
        if value:
            output.print_line(f"  {name:<14}{value}")
    output.print_line()


def _facts(row: Row, gaps: "Sequence[Gap]", now: datetime) -> Iterable[tuple[str, str]]:
    yield "State", feed_rows.state(row, now)
    for remark in feed_rows.remarks(row):
        yield "", remark
    feed = row.health
    if feed is None:
        return
    yield "Last success", ago(feed.last_success, now)
    yield "Next poll", feed_rows.next_poll(row, now)
    daily = f", {feed_rows.a_day(feed)} a day" if feed.items_per_day is not None else ""
    dropped = f"; {feed.dropped} dropped by your rules" if feed.dropped else ""
    yield "Items", f"{feed.items}{daily}{dropped}"
    yield (
        "Polls",
        f"{feed.polls}, {feed_rows.percent(feed)} of them brought nothing new" if feed.polls else "",
    )
    yield "Gaps", _gaps(feed.open_gaps, sum(gap.feed == row.feed and gap.closed_at is None for gap in gaps))
    for number, habit in enumerate(feed_rows.habits(row, now)):
        yield "" if number else "Habits", habit
    yield "Push", feed.push


def _gaps(unfilled: int, still_open: int) -> str:
    """Those of the last weeks that were not filled: what is given up is lost."""
    lost = max(0, unfilled - still_open)
    told = (f"{still_open} open" if still_open else "", f"{lost} lost" if lost else "")
    return ", ".join(filter(None, told))


# ── events, gaps, polls ──────────────────────────────────────────────────────────────────────


def _print_events(events: "Sequence[HealthEvent]", now: datetime) -> None:
    if events:
        table = [
            (ago(run[0].at, now), output.cell(run[0].kind), output.cell(_told(run))) for run in _runs(events)
        ]
        output.console().print(output.table(("When", "Event", "What"), table, fold="What"))
        output.print_line()


def _runs(events: "Sequence[HealthEvent]") -> "list[list[HealthEvent]]":
    """Events that say the same day by day together; the newest first."""
    runs: list[list[HealthEvent]] = []
    for event in events:
        if runs and _gist(runs[-1][-1]) == _gist(event):
            runs[-1].append(event)
        else:
            runs.append([event])
    return runs


def _gist(event: "HealthEvent") -> tuple[str, str]:
    """What makes an event another one: not how long it has lasted."""
    return event.kind, re.sub(r"\d+", "", event.text)


def _told(run: "Sequence[HealthEvent]") -> str:
    if len(run) == 1:
        return run[0].text
    return f"{run[0].text}; told since {run[-1].at.astimezone(UTC):%-d %B} ({len(run)} days)"


def _print_gaps(gaps: "Sequence[Gap]", now: datetime, *, several: bool) -> None:
    if not gaps:
        return
    columns = ["Missed between", "Found#", "State", *(["Feed"] if several else [])]
    table: list[list[Any]] = [
        [
            f"{moment(gap.after, now)} – {moment(gap.before, now)}",
            str(gap.found),
            output.cell(_gap_state(gap, now), "" if gap.closed_at else "yellow"),
            *([output.cell(gap.feed, "dim")] if several else []),
        ]
        for gap in gaps
    ]
    output.console().print(output.table(columns, table, fold="State"))
    output.print_line()


def _gap_state(gap: "Gap", now: datetime) -> str:
    why = f": {gap.reason}" if gap.reason else ""
    if gap.how == "given up":
        return f"given up {ago(gap.closed_at, now)}{why}"
    if gap.closed_at is not None:
        return f"filled {ago(gap.closed_at, now)} from the {gap.how}"
    return f"open{why}; tried {ahead(gap.due_at, now, 'never again')}"


def _print_fetches(events: "Sequence[FetchEvent]", now: datetime) -> None:
    several = len({event.feed for event in events}) > 1
    columns = [
        "When",
        "Result",
        "Status#",
        "New#",
        "Size#",
        "Time#",
        "Reason",
        *(["Feed"] if several else []),
    ]
    table: list[list[Any]] = [
        [*_fetch_cells(event, now), *([output.cell(event.feed, "dim")] if several else [])]
        for event in events
    ]
    if not any(event.reason for event in events):
        columns.remove("Reason")
        table = [[*row[:6], *row[7:]] for row in table]
    output.console().print(output.table(columns, table, fold="Reason"))


def _fetch_cells(event: "FetchEvent", now: datetime) -> list[Any]:
    import humanize

    return [
        ago(event.at, now),
        output.cell(event.result.replace("_", " "), "red" if event.result == "failed" else ""),
        str(event.status or ""),
        str(event.new),
        humanize.naturalsize(event.size) if event.size else "",
        f"{event.elapsed_ms} ms" if event.status or event.elapsed_ms else "",
        output.cell(event.reason),
    ]


# ── for programs ─────────────────────────────────────────────────────────────────────────────


def _fetch_json(event: "FetchEvent") -> dict[str, Any]:
    return {
        "type": "fetch",
        "at": instant(event.at),
        "feed": event.feed,
        "result": event.result,
        "status": event.status,
        "size": event.size,
        "elapsed_ms": event.elapsed_ms,
        "new": event.new,
        "reason": event.reason,
    }


def _gap_json(gap: "Gap") -> dict[str, Any]:
    return {
        "type": "gap",
        "feed": gap.feed,
        "opened_at": instant(gap.opened_at),
        "after": instant(gap.after),
        "before": instant(gap.before),
        "closed_at": instant(gap.closed_at),
        "how": gap.how,
        "found": gap.found,
        "reason": gap.reason,
        "next_try": instant(gap.due_at),
    }


def _event_json(event: "HealthEvent") -> dict[str, Any]:
    return {"type": "event", "at": instant(event.at), "kind": event.kind, "text": event.text}
