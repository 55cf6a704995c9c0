"""Edits -> entries of a feed: what an outlet said before, what it says now, and why this is told."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from html import escape
from types import MappingProxyType
from typing import Any

from aggregator.core.urls import is_http
from aggregator.core.wording import Mark, Passage, diff
from aggregator.export.entry import Entry
from aggregator.export.feed import FeedInfo
from aggregator.export.jsonl import line
from aggregator.export.text import iso, language_tag, printable
from aggregator.model import Corrected, Revision, RevisionKind, Wording

#: edits that the feed tells of; misspellings are no news
TOLD: tuple[RevisionKind, ...] = ("correction", "headline", "rewrite", "edit", "live")

_TITLES: Mapping[RevisionKind, str] = MappingProxyType(
    {
        "typo": "Spelling",
        "headline": "New headline",
        "correction": "Corrected",
        "live": "Live",
        "rewrite": "Rewritten",
        "edit": "Edited",
    }
)
_TAGS: Mapping[Mark, str] = MappingProxyType({"gone": "del", "new": "ins"})


def feed_of(feed: FeedInfo) -> FeedInfo:
    """What the corrections feed says of itself, made of what the feed of items says."""
    name = uuid.uuid5(uuid.UUID(feed.id), "corrections").urn
    return replace(feed, id=name, title=f"{feed.title}: corrections", self_url="")


def entries(feed: FeedInfo, corrected: Iterable[Corrected]) -> tuple[Entry, ...]:
    """An entry an edit, in their order. ``feed``: of the items; its id makes the entries' ids lasting.

    With ``content = "summary"`` an entry tells what kind of edit it was, but nothing of the texts.
    """
    return tuple(_entry(feed, one) for one in corrected)


def _entry(feed: FeedInfo, corrected: Corrected) -> Entry:
    item, revision = corrected.item, corrected.revision
    name = uuid.uuid5(uuid.UUID(feed.id), f"item {item.id} revision {revision.id}")
    headline = revision.after.title or item.title
    return Entry(
        id=name.urn,
        url=item.url if is_http(item.url) else "",
        title=f"{_TITLES[revision.kind]}: {headline}",
        summary=note(revision),
        html=_html(revision) if feed.content == "full" else "",
        published=revision.at,
        updated=revision.at,
        authors=(),
        tags=(revision.kind,),
        language=language_tag(item.language),
        enclosures=(),
        item=item,
    )


def note(revision: Revision) -> str:
    """What happened, as a sentence."""
    where = "the feed" if revision.seen_in == "feed" else "the page"
    said = revision.summary[:1].upper() + revision.summary[1:]
    return f"{said} (seen in {where})"


def passages(before: Wording, after: Wording) -> tuple[Passage, ...]:
    """The differences of title and text, the title's first; texts of different sources are no versions."""
    titled = diff(before.title, after.title)
    return titled + (diff(before.text, after.text) if before.source == after.source else ())


def _html(revision: Revision) -> str:
    told = "\n".join(_paragraphs(passages(revision.before, revision.after)))
    return printable(f"<p>{escape(note(revision), quote=False)}</p>\n{told}").strip()


def _paragraphs(found: tuple[Passage, ...]) -> Iterator[str]:
    for passage in found:
        if passage.elided:
            yield "<p>[…]</p>"
        else:
            yield from _broken(passage.pieces)


def _broken(pieces: Iterable[tuple[Mark, str]]) -> Iterator[str]:
    """The pieces, each line of theirs a paragraph; marks that reach over several stand in each."""
    shown = ""
    for mark, text in pieces:
        first, *further = text.split("\n")
        shown += _marked(mark, first)
        for one in further:
            if shown:
                yield f"<p>{shown}</p>"
            shown = _marked(mark, one)
    if shown:
        yield f"<p>{shown}</p>"


def _marked(mark: Mark, text: str) -> str:
    shown, tag = escape(text, quote=False), _TAGS.get(mark)
    return f"<{tag}>{shown}</{tag}>" if tag and text.strip() else shown


# ── for programs ─────────────────────────────────────────────────────────────────────────────


def revision_dict(revision: Revision) -> dict[str, Any]:
    """One edit as ``show --json`` and the lines of ``export jsonl --corrections`` have it."""
    return {
        "id": revision.id,
        "at": iso(revision.at),
        "seen_in": revision.seen_in,
        "kind": revision.kind,
        "summary": revision.summary,
        "before": _wording(revision.before),
        "after": _wording(revision.after),
    }


def _wording(wording: Wording) -> dict[str, Any]:
    return {"title": wording.title, "text": wording.text, "text_source": wording.source}


def lines(corrected: Iterable[Corrected], *, full: bool = True) -> Iterator[str]:
    """The edits as JSON Lines, each with the item that it is of; without ``full`` nothing of the texts."""
    for one in corrected:
        item = one.item
        of = {"item": item.id, "outlet": item.outlet, "feed": item.feed, "url": item.url, "title": item.title}
        yield line(of | revision_dict(one.revision if full else _without_texts(one.revision)))


def _without_texts(revision: Revision) -> Revision:
    before, after = (replace(one, text="") for one in (revision.before, revision.after))
    return replace(revision, before=before, after=after)
