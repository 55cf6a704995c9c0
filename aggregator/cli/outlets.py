"""How are the outlets: health of each feed, fetch history, and why the next poll comes when it does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli import completion, later, output
from aggregator.cli.command import Run, command
from aggregator.cli.outlet_names import resolve_outlets
from aggregator.cli.times import ago, ahead

if TYPE_CHECKING:
    from aggregator.config import Config, Outlet
    from aggregator.model import FeedHealth, FetchEvent
    from aggregator.store import Store

_STYLES = {"ok": "green", "failing": "red", "gone": "red", "new": "yellow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One feed of the table: what is configured, and what is stored of it."""

    outlet: str
    feed: str
    state: str
    health: "FeedHealth | None" = None
    reason: str = ""
    next_poll: datetime | None = None


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    command(app, "outlets", examples=_OUTLETS)(outlets)
    command(app, "explain", examples=_EXPLAIN)(explain)


_OUTLETS = """
aggregator outlets                      health of every feed
aggregator outlets "Gulf Insider"       the last polls of one outlet
aggregator outlets --json | jq -r 'select(.state != "ok") | .outlet + ": " + .reason'
"""


def outlets(
    run: Run,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="An outlet; its fetch history.", autocompletion=completion.outlets
        ),
    ] = None,
    boilerplate: Annotated[bool, typer.Option("--boilerplate", hidden=True)] = False,
    proposed: Annotated[bool, typer.Option("--proposed", hidden=True)] = False,
) -> None:
    """Show the health of each feed.

    With NAME: the fetch history of that outlet.
    """
    for option, given in (("--boilerplate", boilerplate), ("--proposed", proposed)):
        if given:
            later.refuse(option)
    config = run.config()
    with run.store(config) as store:
        if name is not None:
            outlet = resolve_outlets([name], config, store)[0]
            _show_history(run, store.history(outlet), nothing=_why_nothing(outlet, config, store, run.now))
            return
        rows = _rows(config, store)
    if run.json:
        for row in rows:
            output.print_json(_row_json(row))
    elif rows:
        output.console().print(_health_table(rows, run.now))
    else:
        output.tell("No outlets yet: add one with `aggregator add URL`.")


def _rows(config: "Config", store: "Store") -> list[_Row]:
    """In the order of feeds.toml, then what is stored of feeds that are not listed any more."""
    by_outlet: dict[str, list[FeedHealth]] = {}
    for feed in store.health():
        by_outlet.setdefault(feed.outlet.casefold(), []).append(feed)
    rows: list[_Row] = []
    for outlet in config.outlets:
        stored = by_outlet.pop(outlet.name.casefold(), [])
        rows += [_stored_row(feed, outlet.name, enabled=outlet.enabled) for feed in stored]
        rows += _unpolled_rows(outlet, stored, store)
    unlisted = (replace(feed, listed=False) for feeds in by_outlet.values() for feed in feeds)
    return rows + [_stored_row(feed, feed.outlet) for feed in unlisted]


def _stored_row(feed: "FeedHealth", outlet: str, *, enabled: bool = True) -> _Row:
    unlisted = "removed" if enabled else "disabled"
    return _Row(
        outlet=outlet,
        feed=feed.feed,
        state=feed.condition.value if feed.listed else unlisted,
        health=feed,
        reason=feed.reason,
        next_poll=feed.next_poll_at if feed.listed else None,
    )


def _unpolled_rows(outlet: "Outlet", stored: Sequence["FeedHealth"], store: "Store") -> Iterable[_Row]:
    """Feeds that no run has seen yet, and outlets whose feed is still to be found from their page."""
    state = "new" if outlet.enabled else "disabled"
    known = {feed.feed for feed in stored}
    for url in outlet.feeds:
        if url not in known:
            yield _Row(outlet=outlet.name, feed=url, state=state)
    if not outlet.feeds and not stored:
        from aggregator.discovery import Discovery

        memory = store.meta(Discovery.key(outlet.homepage)) if outlet.enabled else None
        looked = Discovery.loads(memory) if memory else None
        if looked and looked.reason:
            yield _Row(
                outlet=outlet.name,
                feed=outlet.homepage,
                state="failing",
                reason=looked.reason,
                next_poll=looked.again,
            )
        else:
            yield _Row(outlet=outlet.name, feed=outlet.homepage, state=state)


def _row_json(row: _Row) -> dict[str, Any]:
    from aggregator.report import instant

    feed = row.health
    return {
        "outlet": row.outlet,
        "feed": row.feed,
        "state": row.state,
        "reason": row.reason,
        "last_success": instant(feed.last_success) if feed and feed.last_success else None,
        "next_poll": instant(row.next_poll) if row.next_poll else None,
        "items": feed.items if feed else 0,
        "not_modified_share": _share(feed),
    }


def _share(feed: "FeedHealth | None") -> float | None:
    """Polls that brought nothing new, of all polls; None before the first."""
    return round(feed.not_modified / feed.polls, 4) if feed and feed.polls else None


def _health_table(rows: Sequence[_Row], now: datetime) -> Any:
    columns = ("Outlet", "State", "Last success", "Next poll", "Items#", "304#", "Feed")
    return output.table(columns, [_health_cells(row, now) for row in rows], fold="State")


def _health_cells(row: _Row, now: datetime) -> Sequence[Any]:
    feed = row.health
    reason = f": {row.reason}" if row.reason else ""
    if feed and feed.pages_failing and not reason:
        reason = f", {feed.pages_failing} {'page' if feed.pages_failing == 1 else 'pages'} without text"
    share = _share(feed)
    return (
        output.cell(row.outlet),
        output.cell(row.state + reason, _STYLES.get(row.state, "dim")),
        ago(feed.last_success, now) if feed else "never",
        ahead(feed.next_poll_at, now)
        if feed and feed.listed
        else "at the next run"
        if row.state == "new"
        else "",
        str(feed.items if feed else 0),
        "" if share is None else f"{share:.0%}",
        output.cell(row.feed, "dim"),
    )


def _next_poll(row: _Row, now: datetime) -> str:
    if row.state in ("disabled", "removed"):
        return ""
    return ahead(row.next_poll, now, "never" if row.state == "gone" else "at the next run")


def _why_nothing(name: str, config: "Config", store: "Store", now: datetime) -> str:
    """Why there is nothing to tell of an outlet's polls."""
    for outlet in config.outlets:
        if outlet.name.casefold() != name.casefold():
            continue
        if not outlet.enabled:
            return f"{name} is disabled in {config.path.name}: it is not polled."
        for row in _unpolled_rows(outlet, (), store):
            if row.reason:
                return f"{name}: {row.reason}; looked for again {ahead(row.next_poll, now)}."
    return f"{name} has not been polled yet: `python scheduler.py --once` polls what is due."


def _show_history(run: Run, events: Sequence["FetchEvent"], *, nothing: str) -> None:
    if run.json:
        for event in events:
            output.print_json(_event_json(event))
    elif not events:
        output.tell(nothing)
    else:
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
        rows = [
            [*_event_cells(event, run.now), *([output.cell(event.feed)] if several else [])]
            for event in events
        ]
        output.console().print(output.table(columns, rows, fold="Reason"))


def _event_json(event: "FetchEvent") -> dict[str, Any]:
    from aggregator.report import instant

    return {
        "at": instant(event.at),
        "feed": event.feed,
        "result": event.result,
        "status": event.status,
        "size": event.size,
        "elapsed_ms": event.elapsed_ms,
        "new": event.new,
        "reason": event.reason,
    }


def _event_cells(event: "FetchEvent", now: datetime) -> list[Any]:
    import humanize

    return [
        ago(event.at, now),
        output.cell(event.result.replace("_", " "), "red" if event.result == "failed" else ""),
        str(event.status or ""),
        str(event.new),
        humanize.naturalsize(event.size) if event.size else "",
        f"{event.elapsed_ms} ms",
        output.cell(event.reason),
    ]


_EXPLAIN = """
aggregator explain "Gulf Insider"       every term of the next poll time, and which one won
"""


def explain(
    run: Run,
    name: Annotated[
        str, typer.Argument(metavar="OUTLET", help="The outlet's name.", autocompletion=completion.outlets)
    ],
) -> None:
    """Say why an outlet is polled when it is.

    Every term that went into the next poll time of each of its feeds, and which one won.
    """
    config = run.config()
    with run.store(config) as store:
        outlet = resolve_outlets([name], config, store)[0]
        feeds = [feed for feed in store.health() if feed.outlet.casefold() == outlet.casefold()]
        nothing = _why_nothing(outlet, config, store, run.now)
    if run.json:
        for feed in feeds:
            output.print_json(_explained_json(feed))
        return
    if not feeds:
        output.tell(nothing)
    for feed in feeds:
        _explain_feed(feed, run.now)


def _explained_json(feed: "FeedHealth") -> dict[str, Any]:
    from aggregator.report import instant

    return {
        "outlet": feed.outlet,
        "feed": feed.feed,
        "state": feed.condition.value if feed.listed else "removed",
        "next_poll": instant(feed.next_poll_at) if feed.next_poll_at and feed.listed else None,
        "terms": [
            {"name": t.name, "value": t.value, "at": instant(t.at) if t.at else None, "won": t.won}
            for t in feed.terms
        ],
    }


def _explain_feed(feed: "FeedHealth", now: datetime) -> None:
    output.print_line(f"{feed.outlet}  {feed.feed}")
    if not feed.listed:
        output.print_line("Not polled: it is not listed in feeds.toml, or disabled there.\n")
        return
    when = "Next poll " + ahead(feed.next_poll_at, now, "never")
    last = f"; last polled {ago(feed.last_attempt, now)}" if feed.last_attempt else "; never polled"
    output.print_line(f"{when}{last}.")
    if feed.reason:
        output.print_line(f"State: {feed.condition.value}: {feed.reason}")
    if feed.terms:
        rows = [
            (
                output.cell("→" if term.won else ""),
                output.cell(term.name, "bold" if term.won else ""),
                output.cell(term.value),
                _relative(term.at, now),
            )
            for term in feed.terms
        ]
        output.console().print(output.table(("", "Term", "Value", "Would poll"), rows, fold="Value"))
    output.print_line()


def _relative(at: datetime | None, now: datetime) -> str:
    if at is None:
        return ""
    return ahead(at, now) if at > now else ago(at, now)
