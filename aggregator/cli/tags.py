"""What is on the rise: trending hashtags; and how an article's hashtags are told."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import typer

from aggregator.cli import output
from aggregator.cli.command import Run, Wanted, command
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.model import ItemFilter
    from aggregator.model.stories import Hashtag, Trend
    from aggregator.store import Store

_LISTED = 50
_WINDOW = timedelta(days=1)
_BARS = "▁▂▃▄▅▆▇█"


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    command(app, "tags", examples=_TAGS, filters=True)(tags)


_TAGS = """
aggregator tags
aggregator tags --since 7d --lang en --limit 10
aggregator tags --outlet "Gulf Insider" --json | jq -r .label
aggregator items --tag "#oilprice"
"""


def tags(run: Run, wanted: Wanted) -> None:
    """List trending hashtags: those of more items than the time before lets expect.

    Of the last day, or of --since until --until, against a time before of up to seven times that length.
    Copies count once; where several outlets have news, a trend needs two of them.
    """
    config = run.config()
    with run.store(config) as store:
        chosen = wanted.resolve(run, config, store, default_limit=_LISTED, copies=False)
        until = chosen.until or run.now
        since = chosen.since or until - _WINDOW
        if since >= until:
            raise UsageError("--since is not before --until, so there is no time to look at")
        found = store.trends(chosen, since=since, until=until)
        is_new = not run.json and not _is_known(store, chosen, since)
    if run.json:
        from aggregator.export.jsonl import line

        output.print_utf8(line(_as_json(trend, since, until)) for trend in found)
    elif found:
        columns = ("Tag", "Items#", "Expected#", "Outlets#", "Course")
        output.console().print(output.table(columns, [_cells(trend) for trend in found]))
    else:
        output.tell("No hashtag is on the rise.")
    if found and is_new:
        output.tell("Nothing is stored of the time before, so that what is expected is a guess.")


def _is_known(store: "Store", chosen: "ItemFilter", since: "datetime") -> bool:
    """Whether anything is known of the time before."""
    return next(store.items(replace(chosen, since=None, until=since, limit=1)), None) is not None


def _cells(trend: "Trend") -> Sequence[Any]:
    expected = f"{trend.expected:.0f}" if trend.expected >= 10 else f"{trend.expected:.1f}"
    return (
        output.cell(f"#{trend.label}", "cyan"),
        str(trend.items),
        expected,
        str(trend.outlets),
        bars(trend.course),
    )


def bars(course: Sequence[int]) -> str:
    """A course as a row of bars, the highest as high as can be: ``▁▃█▄``."""
    most = max(course, default=0)
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // most)] if most else _BARS[0] for count in course)


def _as_json(trend: "Trend", since: "datetime", until: "datetime") -> Mapping[str, Any]:
    from aggregator.export.text import iso

    return {
        "tag": trend.key,
        "label": trend.label,
        "items": trend.items,
        "outlets": trend.outlets,
        "expected": trend.expected,
        "score": trend.score,
        "course": list(trend.course),
        "since": iso(since),
        "until": iso(until),
    }


def listed(found: "Sequence[Hashtag]") -> str:
    """An article's hashtags in one line: ``#Oil #Manama``."""
    return " ".join(f"#{tag.label}" for tag in found)


def as_json(found: "Sequence[Hashtag]") -> list[dict[str, Any]]:
    """An article's hashtags for programs, the strongest first."""
    return [{"tag": tag.key, "label": tag.label, "source": tag.source, "weight": tag.weight} for tag in found]
