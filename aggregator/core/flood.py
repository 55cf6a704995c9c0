"""Most of a document is new: are those stored items under new names, or more than is plausible?

Publishers change systems, hosts and the form of their guids, and every item then looks new (reader#322,
feedbin/support#515, #580). Items are compared with what is stored of the feed by address, title, date, text
and files; one agreement proves nothing, two do. What is not recognised and far more than the feed ever brings
is published slowly (venus new_feed_items).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from html import unescape
from itertools import pairwise
from typing import Final, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from aggregator.core.identity import difference, renamed_as
from aggregator.core.rhythm import expect
from aggregator.model import Changes, FeedState, Keyed, KnownItem, NewItem, Place

#: the share of what looks new that must be recognised for all pairs to be believed
COVERED: Final = 0.8
#: items of what a hub brings, from which on it may be a flood
_PART: Final = 5
#: items of the last document that must be found again to tell of the others
_TELLING: Final = 3
#: fewer items under other names are not worth telling
_TOLD: Final = 3
#: pairs that are believed in any case
_CERTAIN: Final = 7
#: stored items with one name that are looked at; of one minute, with more a date names none
_ALIKE: Final = 40
_CROWDED: Final = 6
#: share of their pairs of letters that titles have in common before their letters are put side by side
_PAIRS: Final = 0.4
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+")
#: a headline says something from so many words, or characters, on (a title alone needs guards: NewsBlur)
_TITLE_WORDS, _TITLE_LENGTH = 4, 20
#: words from which on texts can be compared
_TEXT_WORDS: Final = 8
#: dates that differ by no more are the same
_SAME_TIME: Final = timedelta(seconds=90)
#: … by so much at most, and by quarters of an hour: the same in another zone
_ZONES: Final = timedelta(hours=14)
_QUARTER: Final = timedelta(minutes=15)
#: items of one document that may share a date that says something
_RARE: Final = 3

#: new items at once that are never too many
PLAUSIBLE: Final = 10
#: times what is expected, that is plausible
_BUSY: Final = 3.0
#: … undated and of a feed that is known for less than that
_YOUNG, _YOUNG_PLAUSIBLE = timedelta(days=2), 50
#: held items are published so many times as fast as the feed's usual, and so many an hour at least …
_FASTER, _LEAST_AN_HOUR = 2.0, 4.0
#: … and all of them within
LONGEST: Final = timedelta(days=2)
#: those of several floods within
_LONGEST_OF_ALL: Final = timedelta(days=7)

_Date = Literal["same", "shifted", "unknown", "against"]


def is_suspect(changes: Changes, entries: int, *, part: bool = False) -> bool:
    """Whether so much of a document of ``entries`` looks new that it may be stored items under new names.

    Those that were found under another name already speak for that as well, and items without guid and link,
    which may have lost them. ``part``: a hub brought it, which brings little but what is new.
    """
    new = len(changes.new)
    if not new or (part and new < _PART):
        return False
    if any(not (one.parsed.guid or one.canonical_url) for one in changes.new):
        return True
    return 2 * (new + len(changes.moved)) > entries


def resolved(changes: Changes, places: Mapping[int, Place]) -> Changes:
    """The changes without some of their new items, which stand in these places instead."""
    left = [number for number in range(len(changes.new)) if number not in places]
    numbers = {number: Place(new=at) for at, number in enumerate(left)}
    return replace(
        changes,
        new=tuple(changes.new[number] for number in left),
        places=tuple(
            place if place.new is None else places.get(place.new) or numbers[place.new]
            for place in changes.places
        ),
    )


# ── recognising ──────────────────────────────────────────────────────────────────────────────


def recognise(
    changes: Changes,
    stored: Sequence[KnownItem],
    *,
    taken: Collection[int],
    shown: Collection[int] = (),
    now: datetime,
) -> Changes:
    """The changes with those new items that are stored under other names found among ``stored``.

    ``taken`` are stored items that other entries of the document are, ``shown`` those that the last document
    had. Where pairs cover less than four fifths of what looks new, and of what was shown, only those are
    believed that are beyond doubt.
    """
    known = frozenset(taken)
    pairs = _paired(changes.new, [item for item in stored if item.id not in known], now)
    before = frozenset(shown)
    again = len(before & (known | {item.id for _, item in pairs.values()}))
    if len(pairs) < COVERED * len(changes.new) and again < max(_TELLING, COVERED * len(before)):
        pairs = {number: found for number, found in pairs.items() if found[0] >= _CERTAIN}
    found = {number: item for number, (_, item) in pairs.items()}
    moved, changed = [], []
    for number, item in sorted(found.items()):
        keyed = renamed_as(item, replace(changes.new[number], key=item.key))
        if difference(item.digest, keyed.digest) != "none":
            changed.append((item.id, keyed))
        else:
            moved.append((item.id, keyed))
    left = resolved(changes, {number: Place(item_id=item.id) for number, item in found.items()})
    return replace(left, changed=(*left.changed, *changed), moved=(*left.moved, *moved))


def _paired(
    new: Sequence[Keyed], stored: Sequence[KnownItem], now: datetime
) -> dict[int, tuple[int, KnownItem]]:
    """For each new item that is recognised: how surely, and as which."""
    ours = [_Traits.of_new(keyed, now) for keyed in new]
    theirs = [_Traits.of_stored(item) for item in stored]
    scene = _Scene(ours, theirs)
    found = [
        (-score, scene.distance(trait, theirs[other]), number, other)
        for number, trait in enumerate(ours)
        for other in scene.candidates(trait)
        if (score := scene.score(trait, theirs[other]))
    ]
    pairs: dict[int, tuple[int, KnownItem]] = {}
    used: set[int] = set()
    for score, _, number, other in sorted(found):
        if number not in pairs and other not in used:
            pairs[number] = (-score, stored[other])
            used.add(other)
    return pairs


@dataclass(slots=True)
class _Scene:
    """What is rare in both documents, and so tells something."""

    ours: Sequence["_Traits"]
    theirs: Sequence["_Traits"]
    #: stored items by what they may be found under
    by_name: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    #: how many of the new ones have a name
    names: Counter[tuple[str, str]] = field(default_factory=Counter)
    dates: Counter[datetime | None] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for number, trait in enumerate(self.theirs):
            for name in trait.names:
                self.by_name.setdefault(name, []).append(number)
        for trait in self.ours:
            self.names.update(trait.names)
            self.dates[trait.at] += 1

    def candidates(self, trait: "_Traits") -> set[int]:
        """Stored items that share a title, an address, an id or a date with a new one."""
        found: set[int] = set()
        for kind, name in trait.names:
            stored = self.by_name.get((kind, name), ())
            if kind != "date" or len(stored) <= _CROWDED:
                found.update(stored[:_ALIKE])
        return found

    def distance(self, new: "_Traits", old: "_Traits") -> float:
        """Seconds between the two dates: of several stored items the nearest is meant."""
        return abs((new.at - old.at).total_seconds()) if new.at and old.at else 1e9

    def score(self, new: "_Traits", old: "_Traits") -> int:
        """How surely the two are one item; 0: they are not."""
        date, titled = self._date(new, old), bool(new.title) and new.title == old.title
        address = self._address(new, old)
        if new.files and old.files and not new.files & old.files and address < 3:
            return 0  # podcasts name and describe every episode alike
        if titled and (address == 3 or date == "same"):
            return 10 if address == 3 else 9
        if new.digest == old.digest and date != "against" and self._is_rare("digest", new.digest):
            return 6
        if address == 3 and (date in ("same", "unknown") or (new.text_like(old) or 0.0) >= 0.7):
            return 8
        if titled:
            return self._same_title(new, old, date, address)
        if date == "same" and (
            address == 2 or new.title_like(old) >= 0.75 or (new.text_like(old) or 0.0) >= 0.75
        ):
            return 6
        return 0

    def _same_title(self, new: "_Traits", old: "_Traits", date: _Date, address: int) -> int:
        if (address == 2 or new.files & old.files) and date != "against":
            return 7
        alone, text = self._is_rare("title", new.title), new.text_like(old)
        if date == "against":
            return 4 if alone and new.title_is_telling and (text or 0.0) >= 0.9 else 0
        if text is not None and text < 0.2:
            return 0
        if alone:
            return 6 if new.title_is_telling else 3
        return 5 if (text or 0.0) >= 0.8 else 0

    def _date(self, new: "_Traits", old: "_Traits") -> _Date:
        if new.at is None or old.at is None:
            return "unknown"
        apart = abs(new.at - old.at)
        if self.dates[new.at] > _RARE:
            return "unknown" if apart <= _ZONES else "against"
        if apart <= _SAME_TIME:
            return "same"
        rest = apart % _QUARTER
        near = min(rest, _QUARTER - rest) <= timedelta(seconds=1)
        return "shifted" if apart <= _ZONES and near else "against"

    def _address(self, new: "_Traits", old: "_Traits") -> int:
        """3: the same but for the host; 2: the same last part; 0: others."""
        if any(self._is_rare("id", one) for one in new.ids & old.ids):
            return 3
        if new.path == old.path and new.path_is_telling and self._is_rare("path", new.path):
            return 3
        return 2 if new.slug == old.slug and self._is_rare("slug", new.slug) else 0

    def _is_rare(self, kind: str, name: str) -> bool:
        """Whether one new item and one stored item have this name: of a series it says nothing."""
        return bool(name) and self.names[kind, name] == 1 == len(self.by_name.get((kind, name), ()))


@dataclass(frozen=True)
class _Traits:
    """What an item is compared by."""

    title: str
    plain_title: str
    url: str
    guid: str
    at: datetime | None
    text: str
    files: frozenset[str]
    #: of all that a reader sees
    digest: str

    @classmethod
    def of_new(cls, keyed: Keyed, now: datetime) -> "_Traits":
        item = keyed.parsed
        at = item.published
        return cls(
            title=_plain(item.title),
            plain_title=item.title,
            url=keyed.canonical_url,
            guid=item.guid,
            at=at if at is not None and at <= now else None,
            text=item.summary,
            files=frozenset(filter(None, (_slug(one.url) for one in item.enclosures))),
            digest=keyed.digest.hex(),
        )

    @classmethod
    def of_stored(cls, item: KnownItem) -> "_Traits":
        return cls(
            title=_plain(item.title),
            plain_title=item.title,
            url=item.canonical_url,
            guid=item.guid,
            at=item.published,
            text=item.summary,
            files=frozenset(filter(None, map(_slug, item.files))),
            digest=item.digest.hex(),
        )

    @property
    def names(self) -> Iterable[tuple[str, str]]:
        """Under what it is found."""
        pairs = (
            ("title", self.title),
            ("path", self.path),
            ("slug", self.slug),
            ("digest", self.digest),
        )
        yield from (pair for pair in pairs if pair[1])
        yield from (("id", one) for one in self.ids)
        if self.at is not None:
            yield "date", f"{round(self.at.timestamp() / 60)}"

    @cached_property
    def path(self) -> str:
        return _path(self.url)

    @cached_property
    def path_is_telling(self) -> bool:
        return _is_telling(self.path)

    @cached_property
    def slug(self) -> str:
        """The last part of its address where that alone names an article, "" where not."""
        slug = _slug(self.url)
        return slug if _is_telling(slug) else ""

    @cached_property
    def ids(self) -> frozenset[str]:
        """What its guid says, however it is written."""
        text = unquote(self.guid).strip()
        path = _path(text) if "://" in text else ""
        found = {path} if path else ({text.casefold()} if text else set())
        numbers = _NUMBER.findall(path or text)
        if numbers and len(numbers[-1]) >= 5 and len(numbers) == 1:
            found.add(f"number {numbers[-1]}")
        return frozenset(one for one in found if _is_telling(one))

    @cached_property
    def title_is_telling(self) -> bool:
        words = [word for word in self.title.split() if not word.isdigit()]
        return len(words) >= _TITLE_WORDS or len("".join(words)) >= _TITLE_LENGTH

    def title_like(self, other: "_Traits") -> float:
        """Shared letters, in their order: an encoding that went wrong spoils some; 0.0 where few are."""
        from difflib import SequenceMatcher

        ours, theirs = self.letters, other.letters
        shared = 2 * len(self.letter_pairs & other.letter_pairs)
        if not shared or shared < _PAIRS * (len(self.letter_pairs) + len(other.letter_pairs)):
            return float(ours == theirs != "")
        fewest = min(len(self.title_words), len(other.title_words))
        if fewest >= _TITLE_WORDS and self.title_words.isdisjoint(other.title_words):
            return 0.0
        return SequenceMatcher(None, ours, theirs, autojunk=False).ratio()

    @cached_property
    def letters(self) -> str:
        """The beginning of its title, of whatever there is."""
        return (self.title or self.plain_title)[:200]

    @cached_property
    def title_words(self) -> frozenset[str]:
        return frozenset(self.letters.split())

    @cached_property
    def letter_pairs(self) -> frozenset[str]:
        return frozenset(map("".join, pairwise(self.letters)))

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(_plain(self.text).split())

    def text_like(self, other: "_Traits") -> float | None:
        """The share of words that both texts have; None where they are too short to tell."""
        if min(len(self.words), len(other.words)) < _TEXT_WORDS:
            return None
        return len(self.words & other.words) / len(self.words | other.words)


def _plain(text: str) -> str:
    """Words alone: no case, accents, entities, punctuation; an encoding read twice is put right."""
    text = _decoded(unescape(unescape(text)))
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(_WORD.findall(plain))


def _decoded(text: str) -> str:
    """UTF-8 that was read as windows-1252 or ISO 8859-1, as it was meant."""
    if text.isascii():
        return text
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode()
        except UnicodeError:
            continue
    return text


def _path(url: str) -> str:
    """Path and those parameters that name a page, as they are compared: no host, no case of escapes."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    named = sorted(pair for pair in parse_qsl(parts.query) if _is_telling(pair[1]) or len(parts.path) < 2)
    path = unquote(parts.path).rstrip("/")
    return "?".join(filter(None, (path, "&".join("=".join(pair) for pair in named))))


def _slug(url: str) -> str:
    """The last part of a path, without a file name's ending."""
    path = urlsplit(url).path if "://" in url else url.partition("?")[0]
    last = unquote(path).rstrip("/").rpartition("/")[2]
    return last.rpartition(".")[0] or last


def _is_telling(text: str) -> bool:
    """Whether a part of an address can name an article: some words, or a long number."""
    words = _WORD.findall(text.replace("_", "-"))
    return len(words) >= 3 or len(text) >= 20 or any(len(one) >= 5 for one in _NUMBER.findall(text))


def words_for_names(changes: Changes, entries: int) -> str:
    """What is told of a document whose items are stored under other names, "" where those are few."""
    moved = len(changes.moved)
    if moved < _TOLD or 2 * moved <= entries:
        return ""
    return f"{moved} of its {entries} items had other guids or links before: recognised, nothing came twice"


# ── too many at once ─────────────────────────────────────────────────────────────────────────


def is_too_much(feed: FeedState, new: Sequence[NewItem], now: datetime) -> bool:
    """Whether these are far more than the feed can have brought since it was read last."""
    last = feed.last_success
    if last is None or len(new) <= _plausible(feed, last, now):
        return False
    dates = sorted(item.published for item in new if item.published is not None)
    if not dates:
        since = feed.rhythm.since or min(feed.arrivals, default=now)
        return now - since >= _YOUNG or len(new) > _YOUNG_PLAUSIBLE
    return not _is_spread(dates, len(new), last, now)


def _plausible(feed: FeedState, last: datetime, now: datetime) -> float:
    """So many new items since ``last`` surprise nobody."""
    outlook = expect(feed.rhythm, feed.arrivals, last)  # as of then: the silence since is ours
    expected = outlook.usual * max(0.0, (now - last) / timedelta(hours=1))
    return max(PLAUSIBLE, _BUSY * expected + 2 * outlook.batch)


def _is_spread(dates: Sequence[datetime], count: int, last: datetime, now: datetime) -> bool:
    """Whether items say to have come one after the other since the last poll."""
    since = [at for at in dates if last - timedelta(hours=1) < at <= now]
    if len(since) < COVERED * count or count > 100 * PLAUSIBLE:
        return False
    apart = sum(later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(since))
    return 2 * apart > len(since) and since[-1] - since[0] >= 0.3 * (now - last)


def held(
    new: Sequence[NewItem], feed: FeedState, now: datetime, *, after: datetime | None = None
) -> tuple[NewItem, ...]:
    """The items in their order, each with the time at which it is published: the oldest first, one by one.

    News among them is not held: what is dated after the feed's last poll, as far as the feed can have brought
    so much. ``after``: until when earlier ones of the feed are held.
    """
    news = _news(new, feed, now)
    usual = expect(feed.rhythm, feed.arrivals, feed.last_success or now).usual
    pace = min(timedelta(hours=1) / max(_LEAST_AN_HOUR, _FASTER * usual), LONGEST / max(1, len(new)))
    begin = max(now, after) if after is not None else now
    left = [at for at in range(len(new)) if at not in news]
    order = sorted(left, key=lambda at: (new[at].published or now, -at))
    times = {at: min(begin + pace * turn, now + _LONGEST_OF_ALL) for turn, at in enumerate(order)}
    return tuple(replace(item, held_until=times.get(at)) for at, item in enumerate(new))


def _news(new: Sequence[NewItem], feed: FeedState, now: datetime) -> frozenset[int]:
    """Where among the items those stand that came since the last poll, by their dates: the newest.

    Undated ones came just now where they are few.
    """
    last = feed.last_success or now
    most = int(_plausible(feed, last, now))
    undated = [at for at, item in enumerate(new) if item.published is None]
    dated = [
        (item.published, -at)
        for at, item in enumerate(new)
        if item.published is not None and last - timedelta(hours=1) < item.published <= now
    ]
    newest = [-at for _, at in sorted(dated, reverse=True)]
    return frozenset([*newest, *(undated if len(undated) <= most else ())][:most])


def words_for_held(new: Sequence[NewItem]) -> str:
    """What is told of a flood that is held back."""
    until = [item.held_until for item in new if item.held_until is not None]
    return (
        f"{len(until)} items at once are far more than usual: they are published one by one"
        f" until {max(until):%Y-%m-%d %H:%M} UTC"
    )
