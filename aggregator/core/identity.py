"""Which parsed items are new, which are stored already, and which of those say something else now.

An item is known by its guid; where guids are absent, shared or made anew at each fetch, by its link; where
links are shared too, by link with title, date and content. What a feed does is remembered (``Habits``).
``present`` are stored items whose entries stand unchanged elsewhere in the same document (they were cut away
before parsing): an entry that shares a guid with one of those is another item.

What is found does not depend on the order of the document.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import chain, count
from typing import Final, Literal

from aggregator.core.volatile import without_counters
from aggregator.model import Changes, Habits, Keyed, KnownItem, ParsedItem, Place

#: how two versions of an item differ: in nothing, in numbers of the body, in numbers anywhere, in words
Difference = Literal["none", "body numbers", "numbers", "words"]

#: characters of a body in which counters are looked for; what is longer is compared as it is
_LOOKED_THROUGH: Final = 60_000
#: characters of a line in which counters are looked for: a paragraph is none, and looking costs
_SHORT: Final = 250
#: characters of a text that a summary may have been made of
_TEASED: Final = 20_000
_INLINE = re.compile(
    r"</?(?:a|b|i|u|em|strong|span|small|font|sup|sub|time|abbr|mark|code|data|q)(?:\s[^<>]*)?>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")
_SOURCE = re.compile(r"""\ssrc\s*=\s*["']([^"'<>]*)["']""", re.IGNORECASE)
_NUMBER = re.compile(r"\d[\d.,:\u00a0\u202f]*")
#: titles that one id may have in a document: versions of one item; what has more names several
_VERSIONS: Final = 2
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


# ── what a reader sees of an item ────────────────────────────────────────────────────────────


def item_digest(item: ParsedItem) -> bytes:
    """16 bytes over what a reader sees of an item; ``difference`` compares two.

    Left out are what names it (guid, link: those change without an edit), dates (a bumped date alone is none:
    python/planet#570), and what changes by itself: counters, clocks, hosts and queries of pictures.
    """
    title = _quiet(item.title)
    text = _TAG.sub("\n", _INLINE.sub("", item.content_html))
    body = "\x1f".join((_own_summary(item.summary, text), _quiet(text), *_pictures(item.content_html)))
    rest = "\x1f".join(
        (*item.authors, "\x1e", *item.tags, "\x1e", *(_file_name(one.url) for one in item.enclosures))
    )
    still = _NUMBER.sub("0", body)
    return b"".join(
        (
            _short(title, body, rest),
            _short(title, still, rest),
            _short(_NUMBER.sub("0", title), still, rest)[:4],
        )
    )


def earlier_digest(item: ParsedItem, canonical_url: str) -> bytes:
    """What stands in place of ``item_digest`` in items that an earlier version of the program stored.

    An item that still says the same keeps it, and counts as no edit.
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
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def difference(before: bytes, after: bytes) -> Difference:
    """How the items behind two digests differ."""
    if before[:6] == after[:6]:
        return "none"
    if before[6:12] == after[6:12]:
        return "body numbers"
    return "numbers" if before[12:] == after[12:] else "words"


def _short(*parts: str) -> bytes:
    return blake2b("\x1d".join(parts).encode("utf-8", "surrogatepass"), digest_size=6).digest()


def _quiet(text: str) -> str:
    """A text without counters, its white space evened out; for comparing, as lines change their places."""
    if not text or len(text) > _LOOKED_THROUGH:
        return text
    lines = [line for line in (" ".join(line.split()) for line in text.splitlines()) if line]
    short = [line for line in lines if len(line) <= _SHORT]
    if not short:
        return "\n".join(lines)
    return "\x1e".join((without_counters("\n".join(short)), *(one for one in lines if len(one) > _SHORT)))


def _own_summary(summary: str, text: str) -> str:
    """The summary, unless it is the beginning of the text: there its counters do not stand alone any more."""
    beginning = " ".join(summary.rstrip("…").split())
    return "" if " ".join(text[:_TEASED].split()).startswith(beginning) else _quiet(summary)


def _pictures(html: str) -> Iterator[str]:
    """Files that the text shows."""
    return map(_file_name, _SOURCE.findall(html) if "<" in html else ())


def _file_name(url: str) -> str:
    """What an address says of the file: servers and signatures change, the file does not."""
    path = url.partition("?")[0].partition("#")[0].rstrip("/")
    return path.rpartition("/")[2]


def title_or_digest(item: ParsedItem) -> str:
    """What names an item that has neither guid nor link."""
    return item.title or item_digest(item).hex()


def date_of(item: ParsedItem) -> datetime | None:
    """The instant that the feed states for an item."""
    return item.published or item.updated


# ── matching ─────────────────────────────────────────────────────────────────────────────────


def match(
    parsed: Sequence[ParsedItem],
    known: Sequence[KnownItem],
    *,
    present: Collection[int] = (),
    article_url: Callable[[str], str],
    habits: Habits | None = None,
) -> Changes:
    """Parsed items, in document order, against the stored items that might be them.

    ``article_url`` gives the canonical address of an item's page, "" where its link is none of its own.
    """
    entries = [
        _Entry(place=at, item=item, url=article_url(item.url), digest=item_digest(item))
        for at, item in enumerate(parsed)
    ]
    ways = habits or Habits()
    desk = _Desk(known, frozenset(present), ways, _Names.of(entries, ways))
    for entry in sorted(entries, key=_Entry.order):
        desk.place(entry)
    return desk.changes(entries)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One parsed item, with what it is known by."""

    place: int
    item: ParsedItem
    url: str
    digest: bytes

    def says_the_same(self, stored: KnownItem) -> bool:
        """Whether a reader would see no difference to a stored item."""
        if difference(stored.digest, self.digest) == "none":
            return True
        return stored.digest == earlier_digest(self.item, self.url)

    def order(self) -> tuple[bool, str, str, float, str, bytes]:
        """The same for every order of the document: those with guids first, so that nobody else takes their
        rows; of several versions of an item the latest.
        """
        item = self.item
        latest = item.updated or item.published or _EARLIEST
        return (
            not item.guid,
            item.guid,
            self.url,
            -(latest - _EARLIEST).total_seconds(),
            item.title,
            self.digest,
        )


#: what entries of one document must share to be one item
_Identity = tuple[str, str, str, datetime | None]


@dataclass(frozen=True, slots=True)
class _Names:
    """How guids and links stand in a document: each for one item, or for several."""

    #: guids that are no ids: on several pages, or on one under many titles
    shared: frozenset[str]
    #: titles of one guid and page
    titles: Counter[tuple[str, str]]
    #: how often each link stands in items without a guid
    links: Counter[str]

    @classmethod
    def of(cls, entries: Sequence[_Entry], habits: Habits) -> "_Names":
        named = {((one.item.guid, one.url), one.item.title) for one in entries if one.item.guid}
        pages: dict[str, set[str]] = {}
        titles: dict[str, set[str]] = {}
        for entry in entries:
            if guid := entry.item.guid:
                pages.setdefault(guid, set()).add(entry.url or f" {entry.item.title}")
                titles.setdefault(guid, set()).add(entry.item.title)
        most = 1 if habits.guids == "shared" else _VERSIONS
        return cls(
            shared=frozenset(guid for guid in pages if len(pages[guid]) > 1 or len(titles[guid]) > most),
            titles=Counter(page for page, _ in named),
            links=Counter(entry.url for entry in entries if entry.url and not entry.item.guid),
        )

    def identity(self, entry: _Entry) -> _Identity:
        """One id twice is one item (reader#335, #340); what is no id needs title and date beside it."""
        item = entry.item
        if item.guid in self.shared:
            return (item.guid, entry.url, item.title, date_of(item))
        return (item.guid, entry.url, "" if entry.url else item.title, None)


@dataclass(slots=True)
class _Desk:
    """The matching of one document: what is taken already decides what comes next."""

    known: Sequence[KnownItem]
    present: frozenset[int]
    habits: Habits
    names: _Names
    new: dict[int, Keyed] = field(default_factory=dict)
    changed: dict[int, tuple[int, Keyed]] = field(default_factory=dict)
    moved: dict[int, tuple[int, Keyed]] = field(default_factory=dict)
    same: dict[int, int] = field(default_factory=dict)
    #: by the entry's place: the stored item, or the place of the entry that is new
    found: dict[int, tuple[int | None, int]] = field(default_factory=dict)
    seen: dict[_Identity, int] = field(default_factory=dict)
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

    def changes(self, entries: Sequence[_Entry]) -> Changes:
        """Everything in the document's order."""
        numbers = {place: number for number, place in enumerate(sorted(self.new))}
        places = []
        for entry in entries:
            stored, first = self.found[entry.place]
            places.append(Place(item_id=stored) if stored is not None else Place(new=numbers[first]))
        return Changes(
            new=tuple(self.new[place] for place in numbers),
            changed=tuple(self.changed[place] for place in sorted(self.changed)),
            moved=tuple(self.moved[place] for place in sorted(self.moved)),
            same=tuple(self.same[place] for place in sorted(self.same)),
            places=tuple(places),
        )

    def place(self, entry: _Entry) -> None:
        identity = self.names.identity(entry)
        first = self.seen.get(identity) if entry.item.guid else None
        if first is not None:
            self.found[entry.place] = self.found[first]
            return
        self.seen[identity] = entry.place
        stored = self._find(entry)
        self.found[entry.place] = (stored.id if stored else None, entry.place)
        if stored is None:
            self.new[entry.place] = self._keyed(entry, self._new_key(entry))
            return
        self.taken.add(stored.id)
        keyed = renamed_as(stored, self._keyed(entry, stored.key))
        if stored.id in self.present:
            self.same[entry.place] = stored.id
        elif not entry.says_the_same(stored):
            self.changed[entry.place] = (stored.id, keyed)
        elif is_renamed(stored, keyed):
            self.moved[entry.place] = (stored.id, keyed)
        else:
            self.same[entry.place] = stored.id

    def _keyed(self, entry: _Entry, key: str) -> Keyed:
        return Keyed(key=key, parsed=entry.item, canonical_url=entry.url, digest=entry.digest)

    def _find(self, entry: _Entry) -> KnownItem | None:
        item, url = entry.item, entry.url
        if item.guid:
            found = self._by_guid(item, url)
            if found is not None:
                return found
        if url:
            return self._by_url(entry)
        if item.guid:
            return None
        nameless = [one for one in self.by_title.get(item.title, ()) if not (one.guid or one.canonical_url)]
        if not item.title:
            nameless = [one for one in nameless if entry.says_the_same(one)]
        return self._likeliest(entry, nameless)

    def _by_guid(self, item: ParsedItem, url: str) -> KnownItem | None:
        stored = self.by_guid.get(item.guid, [])
        shared = self.habits.guids == "shared" or item.guid in self.names.shared or len(stored) > 1
        exact = [one for one in stored if _same_page(one, item, url)]
        if shared:
            titled = [one for one in exact if one.title == item.title]
            dated = [one for one in titled if one.published and one.published == date_of(item)]
            alone = len(exact) == 1 and self.names.titles[item.guid, url] <= 1
            exact = dated or titled or (exact if alone else [])
        for one in exact:
            if one.id in self.present or one.id not in self.taken:
                return one
        if shared:  # the guid alone proves nothing
            return self._first([one for one in stored if one.title == item.title])
        return self._first(stored)

    def _by_url(self, entry: _Entry) -> KnownItem | None:
        item = entry.item
        stored = self.by_url.get(entry.url, [])
        titled = self._likeliest(entry, [one for one in stored if one.title == item.title])
        if titled is not None:
            return titled
        if item.guid and self.habits.guids == "anew":
            return self._first(stored) if len(stored) == 1 else None
        # Two guids at one address are two items unless one of them never had a guid.
        unguided = [one for one in stored if not (item.guid and one.guid)]
        if not item.guid and (self.habits.links_shared or self.names.links[entry.url] > 1):
            dated = [one for one in unguided if one.published and one.published == date_of(item)]
            alike = [one for one in unguided if entry.says_the_same(one)]
            return self._first(alike) or (self._first(dated) if len(dated) == 1 else None)
        return self._first(unguided) if len(unguided) == 1 else None

    def _likeliest(self, entry: _Entry, stored: Sequence[KnownItem]) -> KnownItem | None:
        """Of items that share a name: the one that says the same, then one of the same date, then any.

        Of those that a date tells apart, a later one is another item.
        """
        alike = self._first([one for one in stored if entry.says_the_same(one)])
        if alike is not None:
            return alike
        at = date_of(entry.item)
        dated = self._first([one for one in stored if at and one.published == at])
        if dated is not None:
            return dated
        apart = not entry.item.guid and (
            self.habits.links_shared or self.names.links[entry.url] > 1 or len(stored) > 1
        )
        return self._first([one for one in stored if not (apart and at and one.published)])

    def _first(self, stored: Sequence[KnownItem]) -> KnownItem | None:
        free = (one for one in stored if one.id not in self.taken and one.id not in self.present)
        return next(free, None)

    def _new_key(self, entry: _Entry) -> str:
        """The shortest of guid, link, date, title and digest that nobody in this feed has yet."""
        item, url = entry.item, entry.url
        at = date_of(item)
        key = item.guid or url or item.title or entry.digest.hex()
        more = chain((url, at.isoformat() if at else "", item.title, entry.digest.hex()), map(str, count(2)))
        if item.guid in self.names.shared:
            key = f"{key}\n{next(more)}"
        while key in self.keys:
            key = f"{key}\n{next(more)}"
        self.keys.add(key)
        return key


def _same_page(stored: KnownItem, item: ParsedItem, url: str) -> bool:
    return stored.canonical_url == url if url else stored.title == item.title


# ── names that change ────────────────────────────────────────────────────────────────────────


def renamed_as(stored: KnownItem, keyed: Keyed, *, always: bool = False) -> Keyed:
    """A stored item's entry, with the guid that is stored where it has none any more, or ``always``."""
    if keyed.parsed.guid == stored.guid or not (stored.guid and (always or not keyed.parsed.guid)):
        return keyed
    return replace(keyed, parsed=replace(keyed.parsed, guid=stored.guid))


def is_renamed(stored: KnownItem, keyed: Keyed) -> bool:
    """Whether the entry has another guid or another page than is stored."""
    other_guid = bool(keyed.parsed.guid) and keyed.parsed.guid != stored.guid
    return other_guid or (bool(keyed.canonical_url) and keyed.canonical_url != stored.canonical_url)
