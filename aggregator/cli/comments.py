"""How are an article's comments told?"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aggregator.cli import output
from aggregator.cli.times import ago

if TYPE_CHECKING:
    from aggregator.model import Item
    from aggregator.model.stories import Comment

#: of one article, the latest ones
_SHOWN = 20


def counted(item: "Item") -> str:
    """How many there are and where, in a line; "" where nothing is known of them."""
    where = item.comments_url or item.comments_feed
    if item.comments is None:
        return where
    return f"{item.comments} at {where}" if where else str(item.comments)


def told(comments: "Sequence[Comment]", width: int, now: datetime) -> list[str]:
    """The latest comments as lines of text, the oldest of them first; none where there are none."""
    import textwrap

    if not comments:
        return []
    left_out = len(comments) - _SHOWN
    lines = ["", "Comments" if left_out <= 0 else f"Comments, the latest {_SHOWN} of {len(comments)}"]
    for comment in comments[-_SHOWN:]:
        lines += ["", f"{output.shown(comment.author) or 'Anonymous'}, {ago(_at(comment), now)}"]
        for paragraph in output.shown(comment.text).splitlines():
            lines += textwrap.wrap(
                paragraph, width=width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
            )
    return lines


def _at(comment: "Comment") -> datetime:
    return comment.published or comment.first_seen


def as_json(comments: "Sequence[Comment]") -> Iterator[dict[str, Any]]:
    """The comments as ``show --json`` prints them."""
    from aggregator.export.text import iso

    for comment in comments:
        yield {
            "author": comment.author,
            "text": comment.text,
            "url": comment.url or None,
            "published": iso(comment.published) if comment.published else None,
            "first_seen": iso(comment.first_seen),
        }
