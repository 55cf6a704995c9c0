"""When is an item's comment feed looked at, and what is taken from it? Pure.

Readers discuss an article on its first day. It is looked at a few times, further and further apart, and no
more once a week has passed or two looks in a row of a day-old item brought nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from aggregator.core.sanitize import html_to_text
from aggregator.model import ParsedFeed, ParsedItem
from aggregator.model.stories import Comment

#: how long after its publication an item's comments are looked at
LOOKS: Final = (
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=8),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=4),
    timedelta(days=7),
)
#: what is older is not looked at any more
YOUNG: Final = LOOKS[-1]
#: looks that bring nothing until a discussion that is so old counts as over
_QUIET: Final = 2
_OVER_AFTER: Final = timedelta(days=1)

#: of one item, the latest ones
MOST: Final = 200
#: characters
TEXT_LENGTH: Final = 4_000
AUTHOR_LENGTH: Final = 100


def first_look(since: datetime, now: datetime) -> datetime | None:
    """When the comments of an item of ``since`` are looked at first; None for one that is too old."""
    return None if now - since >= YOUNG else max(now, since + LOOKS[0])


def next_look(since: datetime, now: datetime, *, quiet: int) -> datetime | None:
    """When they are looked at again after a look ``now``; None: no more.

    ``quiet`` is how many looks in a row brought nothing, this one included.
    """
    age = now - since
    if quiet >= _QUIET and age >= _OVER_AFTER:
        return None
    return next((since + after for after in LOOKS if after > age), None)


def comments_of(feed: ParsedFeed, item_id: int, now: datetime) -> tuple[tuple[str, Comment], ...]:
    """The latest comments in an item's comment feed, the oldest first, each with what it is known by."""
    found: dict[str, Comment] = {}
    for entry in feed.items:
        if text := _text(entry):
            found.setdefault(_key(entry, text), _comment(entry, text, item_id, now))
    ordered = sorted(found.items(), key=lambda one: one[1].published or one[1].first_seen)
    return tuple(ordered[-MOST:])


def _comment(entry: ParsedItem, text: str, item_id: int, now: datetime) -> Comment:
    return Comment(
        item_id=item_id,
        author=next(iter(entry.authors), "")[:AUTHOR_LENGTH],
        text=text,
        url=entry.url,
        published=entry.published if entry.published and entry.published <= now else None,
        first_seen=now,
    )


def _key(entry: ParsedItem, text: str) -> str:
    return entry.guid or entry.url or "\n".join((*entry.authors, text))


def _text(entry: ParsedItem) -> str:
    text = html_to_text(entry.content_html).strip() or entry.summary
    return text if len(text) <= TEXT_LENGTH else "".join(_shortened(text)) + "…"


def _shortened(text: str) -> Iterator[str]:
    head = text[:TEXT_LENGTH]
    words = head.rpartition(" ")[0]
    yield words if len(words) > TEXT_LENGTH // 2 else head
