"""How are the outlets: the health of each feed, and all that is known of one outlet."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli import completion, feed_rows, health_events, leads, learned_page, outlet_page, output
from aggregator.cli.command import Run, command
from aggregator.cli.feed_rows import Row
from aggregator.cli.outlet_names import resolve_outlets
from aggregator.cli.times import briefly
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from aggregator.store import Store

#: health events that stand below the table
_TODAY = timedelta(days=1)

_STYLES = {
    "ok": "green",
    "failing": "red",
    "blocked": "red",
    "suspended": "red",
    "gone": "red",
    "new": "yellow",
}


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    command(app, "outlets", examples=_OUTLETS)(outlets)


_OUTLETS = """
aggregator outlets                      health of every feed
aggregator outlets "Gulf Insider"       its feeds, the last polls, gaps and events of one outlet
aggregator outlets "Gulf Insider" --boilerplate
                                        what its pages repeat, and is cut from its articles
aggregator outlets "Gulf Insider" --release
                                        lets out what is held back as too much at once
aggregator outlets --proposed           outlets that aggregators' pages name and that are not polled
aggregator outlets --json | jq -r 'select(.state != "ok") | .outlet + ": " + .reason'
"""


def outlets(
    run: Run,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="An outlet; all that is known of it.", autocompletion=completion.outlets
        ),
    ] = None,
    boilerplate: Annotated[
        bool, typer.Option("--boilerplate", help="With NAME: what was learned of its pages, and is cut.")
    ] = False,
    release: Annotated[
        bool, typer.Option("--release", help="With NAME: publish now what is held back as too much at once.")
    ] = False,
    proposed: Annotated[
        bool, typer.Option("--proposed", help="Outlets that aggregators' pages name and that are not polled.")
    ] = False,
) -> None:
    """Show the health of each feed, and what happened today.

    With NAME: its feeds, the fetch history, gaps and health events of that outlet.
    """
    if proposed:
        _proposed(run, name)
        return
    if name is None:
        _of_one_only(boilerplate=boilerplate, release=release)
    config = run.config()
    with run.store(config) as store:
        if name is not None:
            outlet = resolve_outlets([name], config, store)[0]
            if boilerplate:
                learned_page.show(run, outlet, store)
                return
            if release:
                _release(run, outlet, store)
                return
            outlet_page.show(run, outlet, config, store)
            return
        rows = feed_rows.rows(config, store, run.now)
        events = store.events(run.now - _TODAY)
    if run.json:
        for row in rows:
            output.print_json(feed_rows.as_json(row))
    elif rows:
        console = output.console()
        console.print(_table(rows, run.now, console))
        if events:
            output.print_line()
            health_events.show(events, most=len(events))
    else:
        output.tell("No outlets yet: add one with `aggregator add URL`.")


def _proposed(run: Run, name: str | None) -> None:
    if name is not None:
        raise UsageError("--proposed is told of all outlets: `aggregator outlets --proposed`.")
    with run.store(run.config()) as store:
        leads.show(run, store)


def _of_one_only(*, boilerplate: bool, release: bool) -> None:
    """Refuse what needs an outlet's name."""
    if boilerplate:
        raise UsageError("--boilerplate is told of one outlet: `aggregator outlets NAME --boilerplate`.")
    if release:
        raise UsageError("--release is for one outlet: `aggregator outlets NAME --release`.")


def _release(run: Run, outlet: str, store: "Store") -> None:
    released = store.release_held(outlet, run.now)
    if run.json:
        output.print_json({"released": released})
    elif not run.quiet:
        noun = "item is" if released == 1 else "items are"
        output.print_line(f"{released or 'No'} {noun} held back no longer; the next publishing has them.")


# ── the table ────────────────────────────────────────────────────────────────────────────────

#: characters that the state gets at least; it is folded
_STATE = 24
#: characters that a name and an address get at most where there is no room for more
_NAME, _ADDRESS = 18, 30
#: between two columns
_PAUSE = 3
#: columns that are left out, the first one first, when a terminal is too narrow
_SPARED = ("304#", "Push", "Items#", "A day#", "Last ok")


def _table(rows: Sequence[Row], now: datetime, console: "Console") -> Any:
    on_terminal = console.is_terminal
    cells = [_cells(row, now, "\n" if on_terminal else "; ") for row in rows]
    columns = [name for name in cells[0] if name in ("State", "Next poll") or any(map(_has(name), cells))]
    if on_terminal:
        several = len({row.outlet for row in rows}) < len(rows)
        columns = _fitting(columns, cells, console.width, several=several)
    return output.table(columns, [[row[name] for name in columns] for row in cells], fold="State")


def _cells(row: Row, now: datetime, joint: str) -> "dict[str, Text | str]":
    from rich.text import Text

    feed = row.health
    well = row.state == "ok" and not (feed and feed.suspicion)
    style = _STYLES.get(row.state, "dim") if well or row.state != "ok" else "yellow"
    told = [output.cell(feed_rows.state(row, now), style), *map(output.cell, feed_rows.remarks(row))]
    return {
        "Outlet": output.cell(row.outlet),
        "State": Text(joint).join(told),
        "Last ok": briefly(feed.last_success, now) if feed else "",
        "Next poll": feed_rows.next_poll(row, now, briefly),
        "Items#": str(feed.items) if feed else "",
        "A day#": feed_rows.a_day(feed),
        "304#": feed_rows.percent(feed),
        "Gaps#": str(feed.open_gaps or "") if feed else "",
        "Push": feed.push if feed else "",
        "Feed": output.cell(row.feed.partition("://")[2] or row.feed, "dim"),
    }


def _has(name: str) -> "Callable[[dict[str, Text | str]], bool]":
    return lambda row: len(row[name]) > 0


def _fitting(
    columns: Sequence[str], cells: "Sequence[dict[str, Text | str]]", width: int, *, several: bool
) -> list[str]:
    """The columns that a terminal has room for, with names and addresses cut to what is left.

    Addresses go first, unless they tell several feeds of an outlet apart.
    """
    wide = {name: max(len(name.rstrip("#")), *(len(row[name]) for row in cells)) for name in columns}
    least = wide | {"State": min(wide["State"], _STATE), "Outlet": min(wide["Outlet"], _NAME)}
    if "Feed" in least:
        least["Feed"] = min(wide["Feed"], _ADDRESS)
    kept = list(columns)
    for name in _SPARED if several else ("Feed", *_SPARED):
        if _needed(kept, least) <= width:
            break
        kept = [one for one in kept if one != name]
    room = width - _needed(kept, least)
    for name in ("State", "Outlet", "Feed"):
        if name in kept:
            more = max(0, min(wide[name] - least[name], room // 2 if name == "State" else room))
            least[name], room = least[name] + more, room - more
            if name != "State":
                _cut([row[name] for row in cells], least[name])
    return kept


def _needed(columns: Sequence[str], widths: Mapping[str, int]) -> int:
    return sum(widths[name] for name in columns) + _PAUSE * (len(columns) - 1)


def _cut(texts: "Sequence[Text | str]", width: int) -> None:
    for text in texts:
        if not isinstance(text, str):
            text.truncate(max(width, 1), overflow="ellipsis")
