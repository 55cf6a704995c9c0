"""A lesson: the latest pages of an outlet's site -> its profile, and their articles by it. In a worker."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime

from lxml import html
from lxml.html import HtmlElement

from aggregator.core.extract import corrected, markup
from aggregator.core.extract.learned import SAMPLES, Sample
from aggregator.core.extract.learned import learn as learned_from
from aggregator.core.extract.pieces import Piece, unpack
from aggregator.core.similar import text_digest
from aggregator.model.learning import NO_RULES, Corrected, Learned, Lesson, Rules, Sampled


def learn(lesson: Lesson, *, now: datetime) -> Learned:
    """What the pages of a site have in common, and which of their articles are others by that."""
    pages = [(page, unpack(page.sample)) for page in lesson.pages]
    profile = lesson.before
    if profile is None or lesson.anew:
        latest = [Sample(item_id=page.item_id, title=page.title, pieces=pieces) for page, pieces in pages]
        profile = learned_from(latest[:SAMPLES], now=now, before=lesson.before)
    return Learned(
        profile=profile,
        pages=tuple(page.item_id for page in lesson.pages),
        corrected=tuple(_corrected(lesson, pages, profile.rules)),
    )


def _corrected(lesson: Lesson, pages: list[tuple[Sampled, list[Piece]]], rules: Rules) -> Iterator[Corrected]:
    for page, pieces in pages:
        body = html.fragment_fromstring(page.html, create_parent="body") if page.html.strip() else None
        if body is None:
            continue
        before = _rules_of(lesson, page)
        if corrected.correct(body, pieces, rules, page.feed_text, before=before):
            text = _text(body)
            yield Corrected(
                item_id=page.item_id,
                text=text,
                html=markup.serialise(body),
                text_digest=text_digest(text),
                was=page.html,
            )


def _rules_of(lesson: Lesson, page: Sampled) -> Rules | None:
    """By which rules an article was corrected; None where they are forgotten."""
    if page.learned_at is None:
        return NO_RULES
    known = lesson.before
    return known.rules if known is not None and known.learned_at == page.learned_at else None


def _text(body: HtmlElement) -> str:
    """The plain text, in which pictures and their captions have no part."""
    bare = deepcopy(body)
    for figure in bare.findall(".//figure"):
        figure.drop_tree()
    return markup.text(bare)
