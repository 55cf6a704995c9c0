"""What stands beside an article: its story, and what other outlets have of the same or nearly the same."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aggregator.cli import output
from aggregator.cli.dating import age
from aggregator.cli.stories import place_dict, reasons, shared_list, why
from aggregator.report import instant

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.model import Item
    from aggregator.model.stories import Related
    from aggregator.store import Store


def story(store: "Store", item: "Item", now: "datetime") -> str:
    """In which story an item is and why, for `show`; "" while its place was not looked for."""
    place = store.memberships([item.id]).get(item.id)
    found = store.story(place.story_id, now) if place is not None else None
    if place is None or found is None:
        return ""
    if found.size < 2 and found.items == (item.id,):
        return f"{found.id}, of this article alone"
    outlets = f" of {len(found.outlets)} outlets" if len(found.outlets) > 1 else ""
    reason = why(place, store.memberships(found.items).values())
    told = f"{found.id}, “{found.headline}”: {found.size} articles{outlets}. This one is in it {reason}"
    return f"{told} `aggregator story {found.id}` lists them."


def told(store: "Store", item: "Item", width: int, now: "datetime") -> list[str]:
    """The related articles below an article: outlet, age, title, and why."""
    beside, articles = _beside(store, item, now)
    lines = ["", "Related articles"] if beside else []
    for one in beside:
        lines += ["", *_article(one, articles[one.item_id], width, now)]
    return lines


def _article(one: "Related", item: "Item", width: int, now: "datetime") -> Iterator[str]:
    yield from output.wrapped(f"{item.outlet} · {age(item, now)} · id {item.id}", width)
    for text in (item.title, item.summary, _why(one)):
        yield from output.wrapped(text, width, indent="  ")


def _why(one: "Related") -> str:
    shared = reasons(one.shared)
    if one.same_story:
        return f"The same story: {shared}" if shared else "The same story"
    return f"Near to it: {shared}"


def as_json(store: "Store", item: "Item", now: "datetime") -> dict[str, Any]:
    """What ``show --json`` tells of an item's place in its story, and of related articles."""
    place = store.memberships([item.id]).get(item.id)
    beside, articles = _beside(store, item, now)
    return {
        "story_place": None if place is None else place_dict(place),
        "related": [_dict(one, articles[one.item_id]) for one in beside],
    }


def _dict(one: "Related", item: "Item") -> dict[str, Any]:
    return {
        "id": item.id,
        "outlet": item.outlet,
        "title": item.title,
        "summary": item.summary,
        "url": item.url,
        "published": None if item.published is None else instant(item.published),
        "first_seen": instant(item.first_seen),
        "same_story": one.same_story,
        "likeness": round(one.score, 3),
        "shared": shared_list(one.shared),
    }


def _beside(
    store: "Store", item: "Item", now: "datetime"
) -> tuple["Sequence[Related]", "Mapping[int, Item]"]:
    beside = store.related([item.id], now).get(item.id, ())
    articles = store.items_of([one.item_id for one in beside])
    return [one for one in beside if one.item_id in articles], articles
