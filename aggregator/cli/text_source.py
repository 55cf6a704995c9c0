"""Where is an item's text from, how sure is that, and what became of its page? In one sentence for `show`."""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aggregator.model import Item

_SOURCES = {
    "page": "from the article's page",
    "feed": "from the feed",
    "summary": "the feed's summary",
}


def text_source(item: "Item", now: datetime) -> str:
    """Whose text it is and why; when its page is asked again."""
    said = _SOURCES.get(item.text_source or "", "none")
    if item.text_source == "page":
        return f"{said}{_found(item)}{_looks(item, now)}"
    if not item.page_reason:
        return said
    tries = _tries(item, now)
    return f"{said}; the page: {item.page_reason}{f' ({tries})' if tries else ''}"


def _found(item: "Item") -> str:
    """By which way of finding texts, and how sure it was."""
    if not item.text_method:
        return ""
    sure = f", {item.text_score:.0%} sure" if item.text_score else ""
    return f" (found by {item.text_method}{sure})"


def _looks(item: "Item", now: datetime) -> str:
    """What is missing, what the last look saw, and when the next one is."""
    if item.page_attempts and item.page_reason:
        return f", not all of it: {item.page_reason} ({_tries(item, now)})"
    seen = f"; at the last look: {item.page_reason}" if item.page_reason else ""
    again = f"; looked at again {_soon(item.page_due_at, now)}" if item.page_due_at else ""
    return seen + again


def _tries(item: "Item", now: datetime) -> str:
    """How often its page was asked for, and when it is next; "" where it is not asked at all."""
    if not item.page_attempts:
        return f"asked {_soon(item.page_due_at, now)}" if item.page_due_at else ""
    again = f"tried again {_soon(item.page_due_at, now)}" if item.page_due_at else "given up"
    return f"{item.page_attempts} {'try' if item.page_attempts == 1 else 'tries'}; {again}"


def _soon(at: datetime, now: datetime) -> str:
    from aggregator.cli.times import ahead

    return ahead(at, now)
