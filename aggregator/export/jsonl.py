"""Items -> JSON Lines: everything that is stored of an item that other programs may rely on."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from aggregator.export.text import iso
from aggregator.model import Item

# What some readers take for the end of a line; and half a character, which has no UTF-8 form.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def item_dict(item: Item) -> dict[str, Any]:
    """The object that ``aggregator items --json`` prints for an item; None where a value is unknown."""
    return {
        "id": item.id,
        "outlet": item.outlet,
        "feed": item.feed,
        "guid": item.guid,
        "url": item.url,
        "canonical_url": item.canonical_url,
        "title": item.title,
        "summary": item.summary,
        "text": item.text,
        "text_source": item.text_source,
        "authors": list(item.authors),
        "published": _time(item.published),
        "published_source": item.published_source,
        "published_earliest": _time(item.published_earliest),
        "published_latest": _time(item.published_latest),
        "first_seen": _time(item.first_seen),
        "updated": _time(item.updated),
        "language": item.language,
        "tags": list(item.tags),
        "outlet_tags": list(item.outlet_tags),
        "enclosures": [{"url": one.url, "type": one.type, "length": one.length} for one in item.enclosures],
        "image": item.image or None,
        "duplicate_of": item.duplicate_of,
        "relation": item.relation,
        "story": item.story,
        "held_until": _time(item.held_until),
        "comments": comments_dict(item),
        "is_lead": item.is_lead,
    }


def comments_dict(item: Item) -> dict[str, Any] | None:
    """How many comments its feed counts, and where they are; None where it says nothing of them."""
    if item.comments is None and not (item.comments_url or item.comments_feed):
        return None
    return {"count": item.comments, "url": item.comments_url or None, "feed": item.comments_feed or None}


def _time(at: datetime | None) -> str | None:
    return None if at is None else iso(at)


def line(value: object) -> str:
    """One value as one line, its end included; a line to every reader, and always UTF-8."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _UNSAFE.sub(_escape, text) + "\n"


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return "\N{REPLACEMENT CHARACTER}" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"


def lines(items: Iterable[Item], *, full: bool = True) -> Iterator[str]:
    """The items one by one as they come: a whole archive never stands in memory.

    Without ``full`` they have no text: it belongs to the outlets.
    """
    left_out: dict[str, str] = {} if full else {"text": ""}
    return (line(item_dict(item) | left_out) for item in items)
