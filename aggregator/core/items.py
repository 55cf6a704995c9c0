"""What is stored of an item as its feed states it: which text, which date, and is its page wanted?"""

from datetime import datetime

from aggregator.core.dates import clamp_published
from aggregator.core.extract import carries_full_text
from aggregator.core.sanitize import html_to_text
from aggregator.core.similar import text_digest
from aggregator.model import FullText, Keyed, NewItem, ParsedItem, TextSource


def new_item(keyed: Keyed, *, now: datetime, full_text: FullText, language: str | None) -> NewItem:
    """The item to store. ``language`` is the outlet's or the feed's, for items that name none."""
    parsed = keyed.parsed
    text, source = feed_text(parsed)
    published = clamp_published(parsed.published, now) if parsed.published else None
    return NewItem(
        key=keyed.key,
        parsed=parsed,
        canonical_url=keyed.canonical_url,
        digest=keyed.digest,
        text=text,
        text_source=source,
        text_digest=text_digest(text),
        published=published,
        published_source="feed" if published else None,
        published_earliest=published,
        published_latest=published,
        language=parsed.language or language,
        page_due_at=now if wants_page(keyed, text, full_text) else None,
    )


def feed_text(parsed: ParsedItem) -> tuple[str, TextSource | None]:
    """The plain text that the feed itself carries, and whether that is content or summary."""
    text = html_to_text(parsed.content_html)
    if text and len(text) > len(parsed.summary):
        return text, "feed"
    if parsed.summary:
        return parsed.summary, "summary"
    return "", None


def wants_page(keyed: Keyed, text: str, full_text: FullText) -> bool:
    """Whether the item has a page of its own that is to be fetched for its text.

    ``text`` is the plain text that the feed carries.
    """
    if not keyed.canonical_url or full_text == "never":
        return False
    return full_text == "always" or not carries_full_text(keyed.parsed, text)
