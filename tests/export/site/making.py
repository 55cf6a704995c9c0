"""Cards, stories and hashtags as the tests of pages need them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.model.cards import Card
from aggregator.model.stories import Hashtag, Story

AT = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)


def make_card(number: int = 1, **changes: Any) -> Card:
    """An article, an hour older than the one before it."""
    at = AT - timedelta(hours=number)
    values: dict[str, Any] = {
        "id": number,
        "outlet": "Gulf Insider",
        "site_url": "https://gulf.example/",
        "url": f"https://gulf.example/{number}",
        "title": f"Headline {number}",
        "summary": f"What happened, number {number}.",
        "published": at,
        "published_earliest": at,
        "published_latest": at,
        "sort_at": changes.get("published") or at,
        "language": "en",
        "stamp": str(number).encode(),
    }
    return Card(**(values | changes))


def make_story(number: int, cards: list[Card], **changes: Any) -> Story:
    """These articles as a story."""
    times = [card.sort_at for card in cards]
    values: dict[str, Any] = {
        "id": number,
        "headline": cards[0].title,
        "language": cards[0].language,
        "first_at": min(times),
        "last_at": max(times),
        "joined_at": max(times),
        "outlets": tuple(dict.fromkeys(card.outlet for card in cards)),
        "items": tuple(card.id for card in sorted(cards, key=lambda card: card.sort_at)),
        "lead": cards[0].id,
    }
    return Story(**(values | changes))


def make_tag(label: str, **changes: Any) -> Hashtag:
    values: dict[str, Any] = {"key": label.casefold(), "label": label, "source": "publisher", "weight": 1.0}
    return Hashtag(**(values | changes))
