"""What does a page say its article is about: article:tag, news_keywords, JSON-LD's keywords and sections?

Read of what is read for dates and names anyway. Whether a tag says anything is decided where the outlet's
other items are known (``core/hashtags``).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from aggregator.core.similar import normalise

#: tags that are kept of a page, and characters of each
MAX_TAGS: Final = 30
_MAX_TAG: Final = 80
#: lists with more entries are written for search engines
_MAX_LISTED: Final = 25

_TAGS: Final = ("article:tag", "og:article:tag")
_LISTS: Final = ("news_keywords", "parsely-tags")
_SECTIONS: Final = ("article:section", "og:article:section")
#: for search engines: many outlets write the same on every page, and what stands nowhere in the article
_DOUBTFUL: Final = ("keywords",)
_APART = re.compile(r"\s*[,;]\s*")


def stated(
    meta: Mapping[str, Sequence[str]], articles: Sequence[Mapping[str, object]], title: str, text: str
) -> tuple[str, ...]:
    """The page's tags, those that it marks as the article's own first, its sections last; each once.

    ``meta``: contents of meta elements by name in lower case. ``articles``: schema.org nodes of JSON-LD.
    """
    found = dict.fromkeys(
        tag
        for one in (
            *_of(meta, _TAGS),
            *_listed(meta, _LISTS),
            *(name for node in articles for name in (*_keywords(node), *_names(node.get("about")))),
            *_written(_listed(meta, _DOUBTFUL), title, text),
            *_of(meta, _SECTIONS),
            *(name for node in articles for name in _names(node.get("articleSection"))),
        )
        if (tag := " ".join(one.split())) and len(tag) <= _MAX_TAG and "://" not in tag
    )
    return tuple(islice(found, MAX_TAGS))


def _of(meta: Mapping[str, Sequence[str]], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from meta.get(name, ())


def _listed(meta: Mapping[str, Sequence[str]], names: Iterable[str]) -> Iterator[str]:
    for one in _of(meta, names):
        parts = _APART.split(one)
        if len(parts) <= _MAX_LISTED:
            yield from parts


def _keywords(node: Mapping[str, object]) -> Iterator[str]:
    """schema.org: one text with commas, or a list of texts, or of terms with names."""
    value = node.get("keywords")
    if isinstance(value, str):
        yield from _APART.split(value)
    else:
        yield from _names(value)


def _names(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value[:MAX_TAGS]:
            if not isinstance(one, list):
                yield from _names(one)
    elif isinstance(value, dict) and isinstance(value.get("name"), str):
        yield value["name"]


def _written(tags: Iterable[str], title: str, text: str) -> Iterator[str]:
    """Those that stand in the article."""
    listed = list(tags)
    if not listed:
        return
    words = f" {normalise(title)} {normalise(text)} "
    yield from (tag for tag in listed if (bare := normalise(tag)) and f" {bare} " in words)
