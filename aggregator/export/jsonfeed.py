"""Items -> JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aggregator.core.urls import is_http
from aggregator.export.entry import Entry, common_language, entries
from aggregator.export.feed import FeedInfo
from aggregator.export.jsonl import comments_dict
from aggregator.export.text import iso, printable
from aggregator.model import Enclosure, Item
from aggregator.model.coverage import Coverage


def render(feed: FeedInfo, items: Sequence[Item], *, shared_guids: Collection[str] = ()) -> str:
    """A JSON Feed of the items in their order. ``shared_guids``: see ``entry.entry_id``."""
    return render_entries(feed, entries(feed, items, shared_guids=shared_guids))


def render_entries(feed: FeedInfo, rendered: Sequence[Entry]) -> str:
    """The same from entries that are prepared already."""
    document = _present(
        version="https://jsonfeed.org/version/1.1",
        title=feed.title,
        home_page_url=feed.home_url,
        feed_url=feed.self_url,
        language=common_language(rendered),
    )
    document["items"] = [_item(entry) for entry in rendered]
    return json.dumps(_printable(document), ensure_ascii=False, indent=2) + "\n"


def _present(**values: Any) -> dict[str, Any]:
    """The values that say something, in their order."""
    return {name: value for name, value in values.items() if value}


def _item(entry: Entry) -> dict[str, Any]:
    told = _present(
        id=entry.id,
        url=entry.url,
        title=entry.title,
        content_html=entry.html,
        summary=entry.summary,
        image=entry.item.image if is_http(entry.item.image) else "",
        date_published=iso(entry.published),
        date_modified=iso(entry.updated) if entry.updated != entry.published else None,
        authors=[{"name": name} for name in entry.authors],
        tags=list(entry.tags),
        language=entry.language,
        attachments=[_attachment(enclosure) for enclosure in entry.enclosures],
    )
    if not entry.html:  # one of the two must be there, even empty
        told["content_text"] = entry.summary
    told["_aggregator"] = _extension(entry.item)
    if entry.coverage is not None:
        told["_story"] = _story(entry.coverage)
    return told


def _attachment(enclosure: Enclosure) -> dict[str, Any]:
    attachment: dict[str, Any] = {"url": enclosure.url, "mime_type": enclosure.type}
    if enclosure.length is not None:
        attachment["size_in_bytes"] = enclosure.length
    return attachment


def _extension(item: Item) -> dict[str, Any]:
    """What JSON Feed has no name for, under the names that ``items --json`` uses."""
    return _present(
        outlet=item.outlet,
        feed=item.feed,
        outlet_tags=list(item.outlet_tags),
        first_seen=iso(item.first_seen),
        published_source=item.published_source,
        text_source=item.text_source,
        duplicate_of=item.duplicate_of,
        relation=item.relation,
        comments=comments_dict(item),
    )


def _story(coverage: Coverage) -> dict[str, Any]:
    """The story: an article of each outlet, under the names that the lines of ``jsonl`` use."""
    story = coverage.story
    return {
        "id": story.id,
        "first": iso(story.first_at),
        "last": iso(story.last_at),
        "joined": iso(story.joined_at),
        "size": story.size,
        "outlets": [
            {
                "outlet": item.outlet,
                "feed": item.feed,
                "title": item.title,
                "published": iso(item.published or item.first_seen),
            }
            | _present(url=item.url if is_http(item.url) else "")
            for item in coverage.one_each
        ],
    }


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {name: _printable(one) for name, one in value.items()}
    return [_printable(one) for one in value] if isinstance(value, list) else value
