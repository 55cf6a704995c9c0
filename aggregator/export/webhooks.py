"""News -> the JSON that webhooks are sent: ``{"type", "timestamp", "data"}``, as Standard Webhooks has it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from aggregator.export.jsonl import item_dict, line
from aggregator.export.text import iso
from aggregator.model import HealthEvent, Item
from aggregator.model.stories import Story


def item_body(item: Item, now: datetime) -> str:
    """A new item: the same object that ``items --json`` prints."""
    return _body("item.new", now, item_dict(item))


def story_body(story: Story, items: Iterable[Item], now: datetime) -> str:
    """A story that another outlet joined."""
    told = {
        "id": story.id,
        "headline": story.headline,
        "language": story.language,
        "first_at": iso(story.first_at),
        "last_at": iso(story.last_at),
        "joined_at": iso(story.joined_at),
        "outlets": list(story.outlets),
        "items": [_brief(item) for item in items],
    }
    return _body("story.joined" if len(story.outlets) > 2 else "story.new", now, told)


def event_body(event: HealthEvent, now: datetime) -> str:
    """What the keeper of an outlet should know."""
    told = {"outlet": event.outlet, "at": iso(event.at), "kind": event.kind, "text": event.text}
    return _body(f"health.{event.kind}", now, told)


def _brief(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "outlet": item.outlet,
        "title": item.title,
        "url": item.url,
        "summary": item.summary,
        "published": iso(item.published or item.first_seen),
    }


def _body(kind: str, now: datetime, data: dict[str, Any]) -> str:
    return line({"type": kind, "timestamp": iso(now), "data": data}).rstrip("\n")
