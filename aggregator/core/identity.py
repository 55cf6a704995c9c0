"""Which parsed items are new, which are stored already, and which of those say something else now.

An item is known by its guid; where guids are absent or shared, by its link; where links are too, by
its title. ``present`` are stored items whose entries stand unchanged elsewhere in the same document
(they were cut away before parsing): an entry that shares a guid with one of those is another item.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain, count

from aggregator.model import Changes, Keyed, KnownItem, ParsedItem, Place


def item_digest(item: ParsedItem, canonical_url: str) -> bytes:
    """16 bytes over what a reader sees of an item.

    Dates are left out: a bumped date alone is not an edit (python/planet#570).
    """
    parts = (
        item.title,
        item.summary,
        item.content_html,
        canonical_url or item.url,
        *item.authors,
        "\x1e",
        *item.tags,
        "\x1e",
        *(enclosure.url for enclosure in item.enclosures),
    )
    text = "\x1f".join(parts)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def title_or_digest(item: ParsedItem) -> str:
    """What names an item that has neither guid nor link."""
    return item.title or item_digest(item, "").hex()


def match(
    parsed: Sequence[ParsedItem],
    known: Sequence[KnownItem],
    *,
    present: Collection[int] = (),
    article_url: Callable[[str], str],
) -> Changes:
    """Parsed items, in document order, against the stored items that might be them.

    ``article_url`` gives the canonical address of an item's page, "" where its link is none of its own.
    """
    desk = _Desk(known, frozenset(present), Counter(item.guid for item in parsed if item.guid))
    for item in parsed:
        desk.place(item, article_url(item.url))
    return Changes(
        new=tuple(desk.new), changed=tuple(desk.changed), same=tuple(desk.same), places=tuple(desk.places)
    )


@dataclass(slots=True)
class _Desk:
    """The matching of one document: what is taken already decides what comes next."""

    known: Sequence[KnownItem]
    present: frozenset[int]
    guid_counts: Counter[str]
    new: list[Keyed] = field(default_factory=list)
    changed: list[tuple[int, Keyed]] = field(default_factory=list)
    same: list[int] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    seen: dict[tuple[str, str, str], Place] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    by_guid: dict[str, list[KnownItem]] = field(default_factory=dict)
    by_url: dict[str, list[KnownItem]] = field(default_factory=dict)
    by_title: dict[str, list[KnownItem]] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for item in self.known:
            self.keys.add(item.key)
            if item.guid:
                self.by_guid.setdefault(item.guid, []).append(item)
            if item.canonical_url:
                self.by_url.setdefault(item.canonical_url, []).append(item)
            self.by_title.setdefault(item.title, []).append(item)

    def place(self, item: ParsedItem, url: str) -> None:
        # One id twice in one document is one item, the first of the two (reader#335, #340).
        identity = (item.guid, url, "" if url else item.title)
        place = (self.seen.get(identity) if item.guid else None) or self._place(item, url)
        self.seen[identity] = place
        self.places.append(place)

    def _place(self, item: ParsedItem, url: str) -> Place:
        stored = self._find(item, url)
        digest = item_digest(item, url)
        if stored is None:
            key = self._new_key(item, url, digest)
            self.keys.add(key)
            self.new.append(Keyed(key=key, parsed=item, canonical_url=url, digest=digest))
            return Place(new=len(self.new) - 1)
        self.taken.add(stored.id)
        if stored.digest == digest or stored.id in self.present:
            self.same.append(stored.id)
        else:
            keyed = Keyed(key=stored.key, parsed=item, canonical_url=url, digest=digest)
            self.changed.append((stored.id, keyed))
        return Place(item_id=stored.id)

    def _find(self, item: ParsedItem, url: str) -> KnownItem | None:
        if item.guid:
            found = self._by_guid(item, url)
            if found is not None:
                return found
        if url:
            return self._by_url(item, url)
        if item.guid:
            return None
        titled = self.by_title.get(item.title, [])
        digest = item_digest(item, url)
        return self._first(titled if item.title else [one for one in titled if one.digest == digest])

    def _by_guid(self, item: ParsedItem, url: str) -> KnownItem | None:
        stored = self.by_guid.get(item.guid, [])
        exact = [one for one in stored if _same_page(one, item, url)]
        for one in exact:
            if one.id in self.present or one.id not in self.taken:
                return one
        if self.guid_counts[item.guid] > 1 or len(stored) > 1:  # shared: the guid alone proves nothing
            return self._first([one for one in stored if one.title == item.title])
        return self._first(stored)

    def _by_url(self, item: ParsedItem, url: str) -> KnownItem | None:
        stored = self.by_url.get(url, [])
        titled = self._first([one for one in stored if one.title == item.title])
        if titled is not None:
            return titled
        # Two guids at one address are two items unless one of them never had a guid.
        unguided = [one for one in stored if not (item.guid and one.guid)]
        return self._first(unguided) if len(unguided) == 1 else None

    def _first(self, stored: Sequence[KnownItem]) -> KnownItem | None:
        free = (one for one in stored if one.id not in self.taken and one.id not in self.present)
        return next(free, None)

    def _new_key(self, item: ParsedItem, url: str, digest: bytes) -> str:
        """The shortest of guid, link, title and digest that nobody in this feed has yet."""
        key = item.guid or url or item.title or digest.hex()
        more = chain((url, item.title, digest.hex()), map(str, count(2)))
        while key in self.keys:
            key = f"{key}\n{next(more)}"
        return key


def _same_page(stored: KnownItem, item: ParsedItem, url: str) -> bool:
    return stored.canonical_url == url if url else stored.title == item.title
