"""An article's page: its text, what it is in short, where else it stands, what others say."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from aggregator.core.sanitize import SafeHtml
from aggregator.core.urls import is_http
from aggregator.export.entry import content_of, distinct
from aggregator.export.site import times
from aggregator.export.site.compose import SHOWN_TAGS, Newsroom, direction, outlet_link, shortened
from aggregator.export.site.pages import ArticlePage, Said, Short
from aggregator.export.site.render import for_page
from aggregator.export.text import language_tag
from aggregator.model import Item
from aggregator.model.cards import Card
from aggregator.model.stories import Box, Comment, Related

#: related articles and comments that a page shows
_RELATED, _COMMENTS = 6, 50
_COMMENT = 2_000
#: things in common that a related article is explained by
_REASONS = 2
_CITED = re.compile(r"\s*\[\d+\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is known of an article beside itself."""

    copies: Sequence[Card] = ()
    related: Sequence[Related] = ()
    comments: Sequence[Comment] = ()
    box: Box = field(default_factory=lambda: Box(summary=()))


def article_page(room: Newsroom, item: Item, beside: Beside, *, full: bool) -> ArticlePage:
    """The page of an item that the newsroom has a card of; ``full``: with its text."""
    card = room.by_id[item.id]
    html = for_page(content_of(item)) if full else SafeHtml("")
    headline = item.title or shortened(item.summary, 90) or "Without a title"
    return ArticlePage(
        id=item.id,
        headline=headline,
        lang=language_tag(item.language) or "",
        dir=direction(item.language),
        outlet=outlet_link(item.outlet),
        authors=distinct(item.authors),
        when=times.of_card(card),
        updated=times.exactly(item.updated) if item.updated and item.updated > card.sort_at else None,
        url=item.url if is_http(item.url) else "",
        summary=shortened(item.summary, 600),
        html=html,
        image=item.image if is_http(item.image) and "<img" not in html else "",
        tags=room.tags(item.id, SHOWN_TAGS),
        short=_short(item, beside.box if full else without_cited(beside.box)),
        comments=item.comments,
        comments_url=item.comments_url if is_http(item.comments_url) else "",
        remarks=tuple(
            (one.author, shortened_lines(one.text)) for one in beside.comments[:_COMMENTS] if one.text
        ),
        # an outlet's own sections repeat its articles: that is nowhere else
        copies=tuple(room.other(one, outside=True) for one in beside.copies if one.outlet != item.outlet),
        story=room.story_of(item.id),
        related=tuple(
            room.teaser(room.by_id[one.item_id], reason(one)) for one in _on_site(room, beside.related)
        ),
    )


def _on_site(room: Newsroom, related: Sequence[Related]) -> list[Related]:
    return [one for one in related if one.item_id in room.by_id][:_RELATED]


def _short(item: Item, box: Box) -> Short:
    """The box, but for an article that is hardly longer than it."""
    told = sum(len(sentence.text) for sentence in box.summary)
    if not box.written and told * 2 > len(item.text):
        return Short()
    return Short(
        sentences=tuple(sentence.text for sentence in box.summary),
        written=box.written,
        model=box.model,
        cited=tuple(Said(text=one.text, outlets=()) for one in box.cited),
    )


def without_cited(box: Box) -> Box:
    """The model's words alone, without marks of what they cite: the sentences are the outlets'."""
    return Box(summary=(), written=_CITED.sub("", box.written), model=box.model)


def reason(related: Related) -> str:
    """Why an article stands beside another, in few words: "Same story", "ferry, Ellery"; "" unknown."""
    if related.same_story:
        return "Same story"
    words = [one.text for one in related.shared if one.kind in ("name", "term") and one.text]
    return ", ".join(dict.fromkeys(shortened(word, 30) for word in words[:_REASONS]))


def shortened_lines(text: str) -> str:
    """A comment of bearable length."""
    return text if len(text) <= _COMMENT else text[:_COMMENT].rstrip() + "…"
