"""What is the news: lists of items, the search in them, one article in full."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli import output
from aggregator.cli.command import Run, Wanted, command
from aggregator.cli.times import ago, exact
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from aggregator.model import Item
    from aggregator.store import Store

_LISTED = 50


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    command(app, "items", examples=_ITEMS, filters=True)(items)
    command(app, "search", examples=_SEARCH, filters=True)(search)
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


_SEARCH = """
aggregator search "oil price"
aggregator search bahrain --since 2d --outlet "Gulf Insider"
"""


def search(
    run: Run,
    wanted: Wanted,
    query: Annotated[
        list[str], typer.Argument(help='Words; "several words" in quotes for a phrase, -word for none of it.')
    ],
) -> None:
    """Find items by their words."""
    config = run.config()
    with run.store(config) as store:
        chosen = wanted.resolve(run, config, store, default_limit=_LISTED, copies=True)
        while store.index_pending():  # what an interrupted run left
            pass
        _print_items(run, store.search(" ".join(query), chosen), nothing="Nothing found.")


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


def _mark(item: "Item") -> str:
    if item.duplicate_of is None:
        return ""
    return f"{'same as' if item.relation == 'same' else 'copy of'} {item.duplicate_of}"


def _cells(item: "Item", now: datetime) -> Sequence[Any]:
    mark = _mark(item)
    return (
        str(item.id),
        ago(item.sort_at, now),
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

    Its text, its dates and where they come from, and what it is a copy of.
    """
    config = run.config()
    with run.store(config) as store:
        item = _item(store, number)
        copies = store.copies(item.id)
    if run.json:
        from aggregator.export.jsonl import item_dict

        output.print_json(item_dict(item))
        return
    output.print_line(_article(item, copies, run.now))


def _item(store: "Store", number: str) -> "Item":
    if not number.isdecimal():
        raise UsageError(
            f'"{number}" is not an id; `aggregator items` lists them, `aggregator search` finds words'
        )
    item = store.item(int(number)) if len(number) < 19 else None
    if item is None:
        raise UsageError(f"there is no item {number}; `aggregator items` lists them")
    return item


def _article(item: "Item", copies: "Sequence[Item]", now: datetime) -> str:
    """The whole page as plain text, wrapped to the terminal."""
    import shutil
    import textwrap

    width = min(shutil.get_terminal_size((80, 24)).columns, 100)
    wrap = textwrap.TextWrapper(width=width, break_long_words=False, break_on_hyphens=False)
    facts = list(_facts(item, copies, now))
    indent = max(len(name) for name, _ in facts) + 2
    told = [
        textwrap.fill(
            output.shown(value),
            width=width,
            initial_indent=f"{name:<{indent}}",
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for name, value in facts
        if value
    ]
    text = [wrap.fill(line) for line in output.shown(item.text or item.summary).splitlines()]
    return "\n".join([*wrap.wrap(output.shown(item.title)), "", *told, "", *text])


def _facts(item: "Item", copies: "Sequence[Item]", now: datetime) -> Iterable[tuple[str, str]]:
    yield "Outlet", item.outlet
    yield "By", ", ".join(item.authors)
    yield "Published", _published(item, now)
    yield "First seen", f"{ago(item.first_seen, now)} ({exact(item.first_seen)})"
    yield "Updated", f"{ago(item.updated, now)} ({exact(item.updated)})" if item.updated else ""
    yield "Address", item.url
    yield "Tags", ", ".join(item.tags)
    yield "Language", item.language or ""
    yield "Text", _text_source(item, now)
    for enclosure in item.enclosures:
        yield "Enclosure", f"{enclosure.url} {_size(enclosure.type, enclosure.length)}".strip()
    for copy in copies:
        if copy.id == item.duplicate_of:
            yield "Copy of", f"{_named(copy)}; {_why(item)}"
        else:
            yield "Also at", f"{_named(copy)}; {_why(copy)}"


def _published(item: "Item", now: datetime) -> str:
    if item.published is None:
        return "not stated; ordered by when it was first seen"
    sources = {"feed": "said by the feed", "page": "found in the page"}
    source = sources.get(item.published_source or "", "")
    bounds = ""
    if item.published_earliest and item.published_latest and item.published_earliest < item.published_latest:
        bounds = f", between {exact(item.published_earliest)} and {exact(item.published_latest)}"
    return f"{ago(item.published, now)} ({exact(item.published)}), {source}{bounds}".rstrip(", ")


def _text_source(item: "Item", now: datetime) -> str:
    sources = {
        "page": "from the article's page",
        "feed": "from the feed",
        "summary": "the feed's summary",
    }
    said = sources.get(item.text_source or "", "none")
    if not item.page_reason:
        return said
    return f"{said}; the page: {item.page_reason} ({_tries(item, now)})"


def _tries(item: "Item", now: datetime) -> str:
    """How often its page was asked for, and when it is next."""
    if not item.page_attempts and item.page_due_at:
        return f"asked {_soon(item.page_due_at, now)}"
    again = f"tried again {_soon(item.page_due_at, now)}" if item.page_due_at else "given up"
    return f"{item.page_attempts} {'try' if item.page_attempts == 1 else 'tries'}; {again}"


def _soon(at: datetime, now: datetime) -> str:
    from aggregator.cli.times import ahead

    return ahead(at, now)


def _size(kind: str | None, length: int | None) -> str:
    import humanize

    parts = [kind or "", humanize.naturalsize(length) if length else ""]
    told = ", ".join(part for part in parts if part)
    return f"({told})" if told else ""


def _named(item: "Item") -> str:
    return f"{item.outlet}: {item.title} (id {item.id})"


def _why(item: "Item") -> str:
    return "the same address" if item.relation == "same" else "the same text"
