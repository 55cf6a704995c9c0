"""Stories -> entries of a feed, one each: a lasting id, the lead's words, and a link to every outlet."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import Any

from aggregator.core.urls import is_http
from aggregator.export.entry import Entry, content_of, distinct, paragraphs
from aggregator.export.feed import FeedInfo
from aggregator.export.jsonl import line
from aggregator.export.text import iso, language_tag, printable
from aggregator.model import Item
from aggregator.model.coverage import Coverage
from aggregator.model.stories import KeyPoints, Point, Sentence


def feed_of(feed: FeedInfo) -> FeedInfo:
    """What the feed of stories says of itself, made of what the feed of items says."""
    name = uuid.uuid5(uuid.UUID(feed.id), "stories").urn
    return replace(feed, id=name, title=f"{feed.title}: stories", self_url="")


def story_id(feed: FeedInfo, number: int) -> str:
    """The id of a story's entry, which never changes. ``feed``: of the items, or of the stories."""
    return uuid.uuid5(uuid.UUID(feed.id), f"story {number}").urn


def entries(feed: FeedInfo, coverage: Iterable[Coverage]) -> tuple[Entry, ...]:
    """An entry a story, in their order. ``feed``: of the items; its id makes the entries' ids lasting.

    With ``content = "summary"`` nothing of the articles' texts is told, the key points neither.
    """
    return tuple(_entry(feed, one) for one in coverage)


def _entry(feed: FeedInfo, coverage: Coverage) -> Entry:
    story, lead = coverage.story, coverage.lead
    full = feed.content == "full"
    return Entry(
        id=story_id(feed, story.id),
        url=lead.url if is_http(lead.url) else "",
        title=story.headline,
        summary=lead.summary,
        html=_html(coverage, full=full),
        published=story.first_at,
        updated=max(story.joined_at, story.first_at),
        authors=distinct(lead.authors),
        tags=distinct(tag.label for tag in coverage.hashtags),
        language=language_tag(story.language),
        enclosures=(),
        item=lead,
        coverage=coverage,
    )


# ── as HTML ──────────────────────────────────────────────────────────────────────────────────


def _html(coverage: Coverage, *, full: bool) -> str:
    """The lead's text or summary, what the outlets agree on, and where else it is told."""
    lead = coverage.lead
    parts = [(content_of(lead) if full else "") or paragraphs(lead.summary)]
    if full:
        parts += _points(coverage)
    parts.append(also_at(coverage))
    return printable("\n".join(part for part in parts if part))


def _points(coverage: Coverage) -> Iterator[str]:
    points = coverage.points
    outlets = {item.id: item.outlet for item in coverage.items}
    for title, lines in (
        ("What several outlets say:", [_said(one.sentence, one.outlets) for one in points.agreed]),
        ("What they tell differently:", [_versions(one, outlets) for one in points.differing]),
        ("What one outlet alone says:", [_said(one.sentence, one.outlets) for one in points.alone]),
    ):
        if lines:
            listed = "".join(f"<li>{escape(one, quote=False)}</li>" for one in lines)
            yield f"<p>{title}</p>\n<ul>{listed}</ul>"


def _said(sentence: Sentence, outlets: Iterable[str]) -> str:
    return f"{sentence.text} ({', '.join(outlets)})"


def _versions(point: Point, outlets: Mapping[int, str]) -> str:
    versions = (point.sentence, *point.others)
    return " / ".join(
        _said(one, [outlets[one.item_id]] if one.item_id in outlets else ()) for one in versions
    )


def also_at(coverage: Coverage) -> str:
    """The other outlets' articles as a list, "" where there is none; times are absolute, feeds are kept."""
    others = [item for item in coverage.one_each if item.outlet != coverage.lead.outlet]
    lines = "".join(f"<li>{_told_at(item)}</li>" for item in others)
    return f"<p>Also at:</p>\n<ul>{lines}</ul>" if lines else ""


def _told_at(item: Item) -> str:
    title = escape(item.title or item.url, quote=False)
    if is_http(item.url):
        title = f'<a href="{escape(item.url)}">{title}</a>'
    return f"{escape(item.outlet, quote=False)}: {title}, {_when(item.sort_at)}"


def _when(at: datetime) -> str:
    """``2026-01-31 08:00 UTC``: the same in every language."""
    spelt = iso(at)
    return f"{spelt[:10]} {spelt[11:16]} UTC"


# ── for programs ─────────────────────────────────────────────────────────────────────────────


def story_dict(coverage: Coverage, *, full: bool = True) -> dict[str, Any]:
    """A story as a line of ``export jsonl --stories``; None where a value is unknown.

    ``full``: with the key points, which are sentences of the articles.
    """
    story = coverage.story
    return {
        "id": story.id,
        "headline": story.headline,
        "language": story.language,
        "first": iso(story.first_at),
        "last": iso(story.last_at),
        "joined": iso(story.joined_at),
        "outlets": list(story.outlets),
        "size": story.size,
        "lead": coverage.lead.id,
        "items": [_item(item) for item in coverage.items],
        "hashtags": [tag.label for tag in coverage.hashtags],
        "key_points": points_dict(coverage.points if full else KeyPoints()),
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "outlet": item.outlet,
        "title": item.title,
        "url": item.url,
        "published": iso(item.published) if item.published else None,
        "first_seen": iso(item.first_seen),
        "summary": item.summary,
    }


def points_dict(points: KeyPoints) -> dict[str, Any]:
    """Key points with the places of their sentences in their items' texts."""
    return {
        "agreed": [_point_dict(point) for point in points.agreed],
        "alone": [_point_dict(point) for point in points.alone],
        "differing": [_point_dict(point) for point in points.differing],
    }


def _point_dict(point: Point) -> dict[str, Any]:
    others = [_sentence_dict(one) for one in point.others]
    return _sentence_dict(point.sentence) | {"outlets": list(point.outlets), "others": others}


def _sentence_dict(said: Sentence) -> dict[str, Any]:
    return {"text": said.text, "item": said.item_id, "start": said.start, "end": said.end}


def lines(coverage: Iterable[Coverage], *, full: bool = True) -> Iterator[str]:
    """The stories as JSON Lines, one by one as they come."""
    return (line(story_dict(one, full=full)) for one in coverage)
