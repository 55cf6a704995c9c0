"""How is one article told in full: where it is from, what its dates rest on, whose copy it is, its text."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from aggregator.cli import output
from aggregator.cli.times import ago, exact

if TYPE_CHECKING:
    from aggregator.model import Item
    from aggregator.store import Store


def told(store: "Store", item: "Item", now: datetime) -> str:
    """The whole article as plain text, wrapped to the terminal."""
    import shutil
    import textwrap

    copies = store.copies(item.id)
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
