"""What is stored of an item as its feed states it: which text, which date, and is its page wanted?"""

from collections.abc import Iterable
from datetime import datetime

from aggregator.core.dates import claim
from aggregator.core.extract import carries_full_text
from aggregator.core.sanitize import html_to_text
from aggregator.core.settle import settle
from aggregator.core.similar import text_digest
from aggregator.core.sketch import sketch_of
from aggregator.model import DateClaim, FullText, Keyed, NewItem, ParsedItem, TextSource


def new_item(keyed: Keyed, *, now: datetime, full_text: FullText, language: str | None) -> NewItem:
    """The item to store. ``language`` is the outlet's or the feed's, for items that name none."""
    parsed = keyed.parsed
    text, source = feed_text(parsed)
    claims = feed_claims(parsed)
    dated = settle(claims, now)
    return NewItem(
        key=keyed.key,
        parsed=parsed,
        canonical_url=keyed.canonical_url,
        digest=keyed.digest,
        text=text,
        text_source=source,
        text_digest=text_digest(text),
        published=dated.published,
        published_source=dated.source,
        published_earliest=dated.earliest,
        published_latest=dated.latest,
        language=parsed.language or language,
        page_due_at=now if wants_page(keyed, text, full_text) else None,
        claims=claims,
        sketch=sketch_of(text, source),
    )


def new_items(
    found: Iterable[Keyed], *, now: datetime, full_text: FullText, language: str | None
) -> tuple[NewItem, ...]:
    """Several at once; see ``new_item``."""
    return tuple(new_item(keyed, now=now, full_text=full_text, language=language) for keyed in found)


def feed_claims(parsed: ParsedItem) -> tuple[DateClaim, ...]:
    """What the feed says of the item's publication: at most one statement."""
    stated = parsed.published_text or (parsed.published.isoformat() if parsed.published else "")
    found = claim("feed", stated)
    return (found,) if found else ()


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
