"""What is the news: lists of items, one article in full."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli import boxes, comments, output, related, tags
from aggregator.cli.command import Run, Wanted, command
from aggregator.cli.dating import age
from aggregator.cli.times import ahead
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from aggregator.model import Item
    from aggregator.store import Store

_LISTED = 50
_RELATIONS = {"same": "same as", "copy": "copy of", "excerpt": "part of"}


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    command(app, "items", examples=_ITEMS, filters=True)(items)
    command(app, "show", examples=_SHOW)(show)


_ITEMS = """
aggregator items --since 7d --tag gulf
aggregator items --outlet "Daily Tribune" --limit 10
aggregator items --json | jq -r .title
"""


def items(run: Run, wanted: Wanted) -> None:
    """List items, newest first.

    With the time since they were published, or first seen if that is earlier.
    """
    config = run.config()
    with run.store(config) as store:
        chosen = wanted.resolve(run, config, store, default_limit=_LISTED, copies=True)
        _print_items(run, store.items(chosen), nothing="No items.")


def _print_items(run: Run, found: "Iterable[Item]", nothing: str) -> None:
    if run.json:
        from aggregator.export.jsonl import lines

        output.print_utf8(lines(found))
    elif not print_table(found, run.now):
        output.tell(nothing)


def print_table(found: "Iterable[Item]", now: datetime) -> bool:
    """Print items as a table, times relative to ``now``; False when there are none."""
    rows = [_cells(item, now) for item in found]
    if rows:
        output.console().print(output.table(("Id#", "Age", "Outlet", "Title", ""), rows))
    return bool(rows)


def _mark(item: "Item", now: datetime) -> str:
    if item.held_until is not None and item.held_until > now:
        return f"held back, published {ahead(item.held_until, now)}"
    if item.duplicate_of is None:
        return ""
    return f"{_RELATIONS.get(item.relation or '', 'copy of')} {item.duplicate_of}"


def _cells(item: "Item", now: datetime) -> Sequence[Any]:
    mark = _mark(item, now)
    return (
        str(item.id),
        age(item, now),
        output.cell(item.outlet, "cyan"),
        output.cell(item.title, "dim" if mark else ""),
        output.cell(mark, "dim"),
    )


_SHOW = """
aggregator show 1024
aggregator show 1024 --json | jq -r .text
"""


def show(
    run: Run, number: Annotated[str, typer.Argument(metavar="ID", help="As `aggregator items` lists it.")]
) -> None:
    """Show one article.

    Its text, its dates and where they come from, its hashtags, what it is a copy of, its story, and related
    articles.
    """
    config = run.config()
    with run.store(config) as store:
        item = stored(store, number)
        if run.json:
            from aggregator.cli.copies import group_dict
            from aggregator.export.corrections import revision_dict
            from aggregator.export.jsonl import item_dict

            revisions = [revision_dict(revision) for revision in store.revisions(item.id)]
            more = {"copies": group_dict(store.copy_group(item.id)), "revisions": revisions}
            said = store.comments([item.id]).get(item.id, ())
            more |= related.as_json(store, item, run.now)
            more |= {"hashtags": tags.as_json(store.hashtags([item.id])[item.id])}
            more |= {"comments_told": list(comments.as_json(said))}
            more |= {"box": boxes.box_dict(boxes.of_item(store, config.ai, item))}
            output.print_json(item_dict(item) | more)
            return
        from aggregator.cli.article import told

        output.print_line(told(store, item, run.now, config.ai))


def stored(store: "Store", number: str) -> "Item":
    """The item with this id, as typed; UsageError without one."""
    if not number.isdecimal():
        raise UsageError(
            f'"{number}" is not an id; `aggregator items` lists them, `aggregator search` finds words'
        )
    item = store.item(int(number)) if len(number) < 19 else None
    if item is None:
        raise UsageError(f"there is no item {number}; `aggregator items` lists them")
    return item
