"""Where is the article that …? Items found by their words, with what shows why; saved searches."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli import output
from aggregator.cli.command import Run, Wanted, command
from aggregator.cli.dating import age
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from rich.text import Text

    from aggregator.config import Config
    from aggregator.core.query import Query
    from aggregator.model.searching import Hit
    from aggregator.store import Store

_LISTED = 50
_RELATIONS = {"same": "same as", "copy": "copy of", "excerpt": "part of"}
#: batches of a thousand that are indexed before an answer: a second or two
_BATCHES = 5


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    command(app, "search", examples=_SEARCH, filters=True)(search)


_SEARCH = """
aggregator search oil price
aggregator search '"grand prix" -formula outlet:"Gulf Insider" after:7d'
aggregator search 'title:election OR title:vote* lang:en' --limit 10
aggregator search --saved Bahrain
"""


def search(
    run: Run,
    wanted: Wanted,
    query: Annotated[
        list[str] | None,
        typer.Argument(
            help='Words; "several words" for a phrase, word* for what begins so, -word for none of it, '
            "one OR other; outlet:, tag:, lang:, story:, title:, after:, before:. Best in single quotes."
        ),
    ] = None,
    saved: Annotated[
        str | None, typer.Option("--saved", metavar="NAME", help="A [[search]] of the configuration.")
    ] = None,
) -> None:
    """Find items by their words, the best first.

    What is said in the title counts more than in the text, and what is new more than what is old.
    """
    config = run.config()
    asked = _asked(run, config, " ".join(query or ()), saved)
    with run.store(config) as store:
        chosen = wanted.resolve(run, config, store, default_limit=_LISTED, copies=True)
        _check_outlets(asked, config, store)
        _check_stories(asked, store)
        _index(store)
        hits = store.hits(asked, chosen, now=run.now)
        if run.json:
            for hit in hits:
                output.print_json(hit_dict(asked, hit))
            return
        rows = [_cells(asked, hit, run) for hit in hits]
    if rows:
        output.console().print(output.table(("Id#", "Age", "Outlet", "Title and text", ""), rows))
    else:
        output.tell("Nothing found.")


def _asked(run: Run, config: "Config", typed: str, saved: str | None) -> "Query":
    """What is looked for: as typed, as saved, or both at once."""
    from aggregator.core.query import parse_query
    from aggregator.saved import named

    if saved is not None:
        typed = f"{named(config.searches, saved).query} {typed}"
    return parse_query(typed, now=run.now)


def _check_outlets(asked: "Query", config: "Config", store: "Store") -> None:
    from aggregator.cli.outlet_names import resolve_outlets

    try:
        resolve_outlets(asked.values("outlet"), config, store)
    except UsageError as error:
        raise UsageError(
            f'{error}; a name of several words stands in quotes: outlet:"Gulf Insider"'
        ) from None


def _check_stories(asked: "Query", store: "Store") -> None:
    for number in asked.values("story"):
        if store.story(int(number)) is None:
            raise UsageError(f"there is no story {number}; `aggregator stories` lists them")


def _index(store: "Store") -> None:
    """What an interrupted run left; of what an earlier version left, the newest."""
    for _ in range(_BATCHES):
        if not store.index_pending():
            return
    if left := store.count_pending():
        output.tell(
            f"{left} older items are not searchable yet: runs index some each, `aggregator db upgrade` all."
        )


def hit_dict(asked: "Query", hit: "Hit") -> dict[str, Any]:
    """The item as ``items --json`` prints it, its rank, and the part that shows best why it was found."""
    from aggregator.core.snippets import snippet
    from aggregator.export.jsonl import item_dict

    found = snippet(asked, hit.item.text or hit.item.summary)
    return item_dict(hit.item) | {
        "rank": None if hit.rank is None else round(hit.rank, 4),
        "snippet": found.text,
        "snippet_marks": [list(mark) for mark in found.marks],
    }


def _cells(asked: "Query", hit: "Hit", run: Run) -> Sequence[Any]:
    from aggregator.core.snippets import marks_of, snippet

    item = hit.item
    mark = (
        f"{_RELATIONS.get(item.relation or '', 'copy of')} {item.duplicate_of}" if item.duplicate_of else ""
    )
    title = output.one_line(item.title)
    part = snippet(asked, output.shown(item.text or item.summary))
    told = _bold(title, marks_of(asked, title))
    if part.text:
        told.append("\n").append_text(_bold(part.text, part.marks, "dim"))
    return str(item.id), age(item, run.now), output.cell(item.outlet, "cyan"), told, output.cell(mark, "dim")


def _bold(line: str, marks: Sequence[tuple[int, int]], style: str = "") -> "Text":
    from rich.text import Text

    told = Text(line, style=style)
    for start, end in marks:
        told.stylize("bold not dim", start, end)
    return told
