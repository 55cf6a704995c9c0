"""How is one article told in full: where it is from, what its dates rest on, whose copy it is, its text."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from aggregator.cli import boxes, comments, leads, output, related, tags
from aggregator.cli.copies import evidence
from aggregator.cli.dating import published
from aggregator.cli.text_source import text_source
from aggregator.cli.times import ago, exact

if TYPE_CHECKING:
    from aggregator.config import AiConfig
    from aggregator.model import Item, Revision
    from aggregator.model.copies import CopyGroup
    from aggregator.store import Store


def told(store: "Store", item: "Item", now: datetime, ai: "AiConfig | None" = None) -> str:
    """The whole article as plain text, wrapped to the terminal."""
    copies = store.copy_group(item.id)
    width = output.page_width()
    story = related.story(store, item, now)
    hashtags = tags.listed(store.hashtags([item.id])[item.id])
    known = [*leads.facts(store, item), *_facts(item, copies, story, hashtags, now)]
    facts = output.fact_lines(known, width)
    body = output.shown(item.text or item.summary).splitlines()
    text = ["\n".join(output.wrapped(line, width)) for line in body]
    short = boxes.of_item_told(boxes.of_item(store, ai, item), item, width)
    edits = _history(store.revisions(item.id), width, now)
    beside = related.told(store, item, width, now)
    said = comments.told(store.comments([item.id]).get(item.id, ()), width, now)
    return "\n".join(
        [*output.wrapped(item.title, width), "", *facts, *short, "", *text, *beside, *said, *edits]
    )


def _history(revisions: "Sequence[Revision]", width: int, now: datetime) -> list[str]:
    """What the article said before, below what it says now."""
    from aggregator.cli import revisions as edits

    return ["", "What it said before", *edits.told(revisions, width, now=now)] if revisions else []


def _facts(
    item: "Item", copies: "CopyGroup", story: str, hashtags: str, now: datetime
) -> Iterable[tuple[str, str]]:
    yield "Outlet", item.outlet
    yield "By", ", ".join(item.authors)
    yield "Published", published(item, now)
    yield "First seen", f"{ago(item.first_seen, now)} ({exact(item.first_seen)})"
    yield "Updated", f"{ago(item.updated, now)} ({exact(item.updated)})" if item.updated else ""
    if item.held_until is not None and item.held_until > now:
        yield (
            "Held back",
            (
                f"exports leave it out until {exact(item.held_until)}: it came among far more items at once "
                f"than its feed ever brings; `aggregator outlets '{item.outlet}' --release` lets them all out"
            ),
        )
    yield "Address", item.url
    yield "Tags", ", ".join(item.tags)
    yield "Hashtags", hashtags
    yield "Language", item.language or ""
    yield "Story", story
    yield "Comments", comments.counted(item)
    yield "Text", text_source(item, now)
    for enclosure in item.enclosures:
        yield "Enclosure", f"{enclosure.url} {_size(enclosure.type, enclosure.length)}".strip()
    yield from evidence(copies)


def _size(kind: str | None, length: int | None) -> str:
    import humanize

    parts = [kind or "", humanize.naturalsize(length) if length else ""]
    told = ", ".join(part for part in parts if part)
    return f"({told})" if told else ""
