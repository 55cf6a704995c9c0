"""The saved searches of feeds.toml as feeds: what each is called, which items it has, its file's name."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Protocol
from uuid import UUID, uuid5

from aggregator.config import SearchConfig
from aggregator.core.lexemes import lexemes
from aggregator.core.query import Query, parse_query
from aggregator.errors import UsageError
from aggregator.model import Corrected, Item, ItemFilter, RevisionKind

if TYPE_CHECKING:
    from aggregator.export.feed import FeedInfo

#: within ``[publish] directory``
FOLDER = "search"

_PLAIN = re.compile(r"[a-z0-9]+")


class Source(Protocol):
    """What a feed of a saved search needs of the store."""

    def items(self, which: ItemFilter, /) -> Iterable[Item]:
        """The items, newest first."""
        ...

    def found(self, query: Query, which: ItemFilter, /, *, now: datetime) -> Iterable[Item]:
        """The items that the query finds, newest first."""
        ...

    def corrections(self, which: ItemFilter, kinds: Collection[RevisionKind], /) -> Iterable[Corrected]:
        """Edits of these kinds, the latest first."""
        ...

    def shared_guids(self, guids: Collection[str], /) -> Collection[str]:
        """Those of the guids that more than one stored item carries."""
        ...

    def feed_uuid(self) -> str:
        """``urn:uuid:…`` of everything that this store exports."""
        ...

    def meta(self, key: str, /) -> str | None:
        """A value kept beside the items."""
        ...

    def set_meta(self, key: str, value: str, /) -> None:
        """Keep a value beside the items."""
        ...


class Finds:
    """A store of which only what a query finds is seen: every export of items is one of that search, too."""

    def __init__(self, source: Source, query: Query, now: datetime) -> None:
        self._source = source
        self._query = query
        self._now = now
        self.corrections = source.corrections
        self.shared_guids = source.shared_guids
        self.feed_uuid = source.feed_uuid
        self.meta = source.meta
        self.set_meta = source.set_meta

    def items(self, which: ItemFilter, /) -> Iterable[Item]:
        """The items, newest first."""
        return self._source.found(self._query, which, now=self._now)


def named(searches: Sequence[SearchConfig], name: str) -> SearchConfig:
    """The saved search of this name, ignoring case; UsageError where there is none."""
    for search in searches:
        if search.name.strip().casefold() == name.strip().casefold():
            return search
    names = ", ".join(f'"{search.name}"' for search in searches)
    there = f"there are {names}" if names else "feeds.toml has no [[search]]"
    raise UsageError(f'there is no saved search "{name}"; {there}')


def query_of(search: SearchConfig, now: datetime) -> Query:
    """What a saved search asks at this instant: spans of time count back from it."""
    return parse_query(search.query, now=now)


def slugs(names: Iterable[str]) -> tuple[str, ...]:
    """What each name is in a file's name: Latin letters, digits and hyphens, no two of them alike.

    A name of other letters, or one that reads like an earlier one, is told by a digest of it.
    """
    found: list[str] = []
    for name in names:
        words = lexemes(name)
        plain = "-".join(word for word in words if _PLAIN.fullmatch(word))[:60]
        digest = blake2b(name.strip().casefold().encode("utf-8", "replace"), digest_size=4).hexdigest()
        lossy = not plain or any(not _PLAIN.fullmatch(word) for word in words)
        slug = "-".join(filter(None, [plain, digest])) if lossy or plain in found else plain
        found.append(slug)
    return tuple(found)


def feed_of(feed: "FeedInfo", search: SearchConfig, *, self_url: str = "") -> "FeedInfo":
    """What the feed of a saved search says of itself: its id rests on the store and the name alone."""
    key = f"search:{search.name.strip().casefold()}"
    return replace(
        feed, id=uuid5(UUID(feed.id.removeprefix("urn:uuid:")), key).urn, title=search.name, self_url=self_url
    )
