"""Which page shows what: stored items, stories and hashtags -> the values of the pages.

Every page comes with a digest of what it is made of, so that whoever writes the pages makes only those anew
that would be others. What a digest covers is the rule here: whatever a page shows must be in it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache, partial
from hashlib import blake2b

from aggregator.core.urls import is_http
from aggregator.export.site import names, times
from aggregator.export.site.pages import (
    Bar,
    FrontPage,
    IndexPage,
    Link,
    ListPage,
    Other,
    Said,
    Short,
    StoryPage,
    Teaser,
)
from aggregator.export.text import language_tag
from aggregator.model.cards import Card
from aggregator.model.stories import Box, Hashtag, Point, Story

#: entries of a numbered page; the newest page has up to twice as many, so that older ones stay as they are
PER_PAGE = 50
#: what a front page shows
_TOP, _LATEST, _TOPICS, _DAYS = 4, 36, 12, 14
#: news so much older than the newest is no top story
_FRESH = timedelta(hours=36)
#: a story weighs half as much after so long
_HALF_LIFE = timedelta(hours=10)
_SUMMARY = 320
_TAGS = 4
#: hashtags of an article that any page shows
SHOWN_TAGS = 8
_OTHERS = 3
_BARS = 32
#: languages that are written from right to left
_RIGHT_TO_LEFT = frozenset(("ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "ug", "ur", "yi"))


def direction(language: str | None) -> str:
    """``rtl`` or ``ltr`` by language (BCP 47), ``auto`` where that is unknown."""
    if not language:
        return "auto"
    parts = language.lower().split("-")
    return "rtl" if parts[0] in _RIGHT_TO_LEFT and "latn" not in parts else "ltr"


@lru_cache(maxsize=4_096)
def outlet_link(name: str) -> Link:
    """An outlet with its page and the colour of its mark, which is made of its name."""
    hue = blake2b(name.casefold().encode("utf-8", "replace"), digest_size=2).digest()
    return Link(text=name, href=names.href(names.outlet_path(name)), hue=int.from_bytes(hue) % 12)


def shortened(text: str, most: int = _SUMMARY) -> str:
    """The text up to the end of a word, with "…" where something is left out."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    cut = text[: most + 1]
    end = cut.rfind(" ")
    return (cut[:end] if end > most // 2 else text[:most]).rstrip(" ,;:–-") + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A page that is to be there: where, what it is made of, and how."""

    path: str
    digest: bytes
    make: Callable[[], FrontPage | ListPage | IndexPage]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A story, or an article that is in none, as lists show it."""

    cards: tuple[Card, ...]  # the first one first
    lead: Card
    story: Story | None
    first: datetime
    last: datetime

    @property
    def outlets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(card.outlet for card in self.cards))


@dataclass
class Newsroom:
    """All that a site is made of, but for the articles' texts."""

    #: newest first, without copies
    cards: Sequence[Card]
    stories: Sequence[Story] = ()
    hashtags: Mapping[int, Sequence[Hashtag]] = field(default_factory=dict)
    #: of a story, by its items' hashtags
    merged: Callable[[Sequence[Sequence[Hashtag]]], Sequence[Hashtag]] | None = None

    # ── what there is ───────────────────────────────────────────────────────────────────────

    @cached_property
    def by_id(self) -> Mapping[int, Card]:
        """The cards by the items' ids."""
        return {card.id: card for card in self.cards}

    @cached_property
    def linked(self) -> Mapping[str, str]:
        """The hashtags that have pages, those of several articles, with their label."""
        counts: Counter[str] = Counter()
        labels: dict[str, Counter[str]] = defaultdict(Counter)
        for card in self.cards:
            for tag in self.hashtags.get(card.id, ()):
                counts[tag.key] += 1
                labels[tag.key][tag.label] += 1
        return {
            key: max(labels[key].items(), key=lambda one: (one[1], one[0]))[0]
            for key, count in counts.items()
            if count > 1
        }

    @cached_property
    def entries(self) -> tuple[_Entry, ...]:
        """Stories and single articles, those with the latest news first."""
        found = list(self._told())
        found.sort(key=lambda entry: (entry.last, entry.lead.id), reverse=True)
        return tuple(found)

    def _told(self) -> Iterator[_Entry]:
        placed: set[int] = set()
        for story in self.stories:
            cards = tuple(self.by_id[one] for one in story.items if one in self.by_id)
            if cards:
                placed.update(card.id for card in cards)
                yield self._entry(cards, story)
        for card in self.cards:
            if card.id not in placed:
                yield self._entry((card,), None)

    def _entry(self, cards: tuple[Card, ...], story: Story | None) -> _Entry:
        lead = self.by_id.get(story.lead, cards[0]) if story else cards[0]
        times_ = [card.sort_at for card in cards]
        return _Entry(cards=cards, lead=lead, story=story, first=min(times_), last=max(times_))

    @cached_property
    def _of_item(self) -> Mapping[int, _Entry]:
        return {card.id: entry for entry in self.entries for card in entry.cards}

    def is_story(self, entry: _Entry) -> bool:
        """Whether it has a page of its own beside its articles'."""
        return entry.story is not None and len(entry.cards) > 1

    # ── digests ─────────────────────────────────────────────────────────────────────────────

    @cached_property
    def signs(self) -> Mapping[int, bytes]:
        """What each article's teaser is made of, as a few bytes."""
        linked = self.linked
        return {
            card.id: digest(
                card.stamp,
                *(
                    f"{tag.key}\n{linked.get(tag.key, '')}\n{tag.label}"
                    for tag in self.hashtags.get(card.id, ())[:SHOWN_TAGS]
                ),
            )
            for card in self.cards
        }

    def sign(self, item_id: int) -> bytes:
        """A digest of an article's teaser; b"" for what is not on the site."""
        return self.signs.get(item_id, b"")

    @cached_property
    def _entry_signs(self) -> Mapping[int, bytes]:
        """The same of the entries, by the id of their lead."""
        return {
            entry.lead.id: digest(
                repr((entry.story.id, entry.story.headline, entry.story.outlets) if entry.story else ""),
                *(self.signs[card.id] for card in entry.cards),
            )
            for entry in self.entries
        }

    def whole(self) -> bytes:
        """A digest of everything that any list shows."""
        return digest(*(self._entry_signs[entry.lead.id] for entry in self.entries))

    def around(self, item_id: int) -> bytes:
        """A digest of the story that an article is in."""
        entry = self._of_item[item_id]
        return self._entry_signs[entry.lead.id] if len(entry.cards) > 1 else b""

    # ── teasers ─────────────────────────────────────────────────────────────────────────────

    def tags(self, item_id: int, most: int = _TAGS) -> tuple[Link, ...]:
        """An article's hashtags; those that no other article has lead nowhere."""
        return self._links(self.hashtags.get(item_id, ()), most)

    def _versions(self, point: Point) -> tuple[Said, ...]:
        """What is told with different numbers: each wording with the outlet whose it is."""
        own = _said(point)
        others = [
            Said(text=other.text, outlets=(outlet_link(self.by_id[other.item_id].outlet),))
            for other in point.others
            if other.item_id in self.by_id
        ]
        return (own, *others)

    def _links(self, tags: Iterable[Hashtag], most: int) -> tuple[Link, ...]:
        return tuple(
            Link(
                text=self.linked.get(tag.key, tag.label),
                href=names.href(names.tag_path(tag.key)) if tag.key in self.linked else "",
            )
            for tag in list(tags)[:most]
        )

    def teaser(self, card: Card, reason: str = "") -> Teaser:
        """An article in a list; ``reason``: why it stands there."""
        return Teaser(
            href=names.item_path(card.id),
            headline=card.title or shortened(card.summary, 90) or "Without a title",
            summary=_summary(card),
            lang=language_tag(card.language) or "",
            dir=direction(card.language),
            when=times.of_card(card),
            outlets=(outlet_link(card.outlet),),
            image=card.image if is_http(card.image) else "",
            tags=self.tags(card.id),
            comments=card.comments,
            reason=reason,
        )

    def entry_teaser(self, entry: _Entry) -> Teaser:
        """A story in a list, or the article that it is."""
        lead = self.teaser(entry.lead)
        if entry.story is None or not self.is_story(entry):
            return lead
        outlets = entry.outlets
        newest = max(entry.cards, key=lambda card: (card.sort_at, card.id))
        # the lead's outlet stands first: the headline and the summary are its
        ordered = dict.fromkeys((entry.lead.outlet, *outlets))
        return Teaser(
            href=names.story_path(entry.story.id),
            headline=entry.story.headline or lead.headline,
            summary=lead.summary,
            lang=language_tag(entry.story.language) or lead.lang,
            dir=direction(entry.story.language or entry.lead.language),
            when=times.of_card(newest),
            outlets=tuple(outlet_link(name) for name in list(ordered)[:3]),
            more_outlets=max(0, len(outlets) - 3),
            articles=len(entry.cards),
            image=_image(entry),
            tags=self._links(self._story_tags(entry), _TAGS),
            others=self._others(entry),
        )

    def _story_tags(self, entry: _Entry) -> Sequence[Hashtag]:
        tags = [self.hashtags.get(card.id, ()) for card in entry.cards]
        if self.merged is not None:
            return self.merged(tags)
        weights: Counter[str] = Counter()
        first: dict[str, Hashtag] = {}
        for one in (tag for of_item in tags for tag in of_item):
            first.setdefault(one.key, one)
            weights[one.key] += round(1000 * one.weight)
        return [first[key] for key, _ in weights.most_common()]

    def _others(self, entry: _Entry) -> tuple[Other, ...]:
        """An article each of some outlets other than the lead's, the newest first."""
        chosen: dict[str, Card] = {}
        for card in sorted(entry.cards, key=lambda card: (card.sort_at, card.id), reverse=True):
            if card.outlet != entry.lead.outlet:
                chosen.setdefault(card.outlet, card)
        return tuple(self.other(card) for card in list(chosen.values())[:_OTHERS])

    def other(self, card: Card, *, outside: bool = False) -> Other:
        """A line about an article, here or at its outlet."""
        url = card.url if is_http(card.url) else ""
        return Other(
            outlet=outlet_link(card.outlet),
            headline=card.title or shortened(card.summary, 90) or "Without a title",
            href=url if outside else names.item_path(card.id),
            outside=outside,
            when=times.of_card(card),
            lang=language_tag(card.language) or "",
            dir=direction(card.language),
        )

    def story_of(self, item_id: int) -> Teaser | None:
        """The story that an article is in, where other articles are in it too."""
        entry = self._of_item.get(item_id)
        return self.entry_teaser(entry) if entry is not None and self.is_story(entry) else None

    # ── the front page ──────────────────────────────────────────────────────────────────────

    def front(self) -> FrontPage:
        """The newest of everything: what most outlets tell stands first, then the latest."""
        if not self.entries:
            return FrontPage()
        top = self._top()
        shown = {entry.lead.id for entry in top}
        latest = [entry for entry in self.entries if entry.lead.id not in shown][:_LATEST]
        teasers = [self.entry_teaser(entry) for entry in top]
        return FrontPage(
            lead=teasers[0],
            top=tuple(teasers[1:]),
            latest=tuple(self.entry_teaser(entry) for entry in latest),
            tags=self._topics(),
            outlets=tuple(outlet_link(name) for name in self.outlet_names),
            days=self._day_links()[:_DAYS],
        )

    def _top(self) -> list[_Entry]:
        newest = self.entries[0].last
        fresh = [entry for entry in self.entries if newest - entry.last <= _FRESH]

        def weight(entry: _Entry) -> float:
            age: float = (newest - entry.last) / _HALF_LIFE
            pictured = 1.15 if _image(entry) else 1.0
            # without a date it only looks new: a feed's first document has whatever is in its archive
            dated = 1.0 if any(card.published for card in entry.cards) else 0.3
            return (len(entry.outlets) + 0.2 * len(entry.cards)) * pictured * dated * float(0.5**age)

        fresh.sort(key=lambda entry: (-weight(entry), entry.lead.id))
        return fresh[: _TOP + 1]

    def _topics(self) -> tuple[Link, ...]:
        """Tags of the last days that several outlets have, the most frequent first."""
        newest = self.cards[0].sort_at
        outlets: dict[str, set[str]] = defaultdict(set)
        counts: Counter[str] = Counter()
        for card in self.cards:
            if newest - card.sort_at > _FRESH:
                break
            for tag in self.hashtags.get(card.id, ()):
                if tag.key in self.linked:
                    outlets[tag.key].add(card.outlet)
                    counts[tag.key] += 1
        several = [key for key in counts if len(outlets[key]) > 1]
        several.sort(key=lambda key: (-len(outlets[key]), -counts[key], key))
        return tuple(
            Link(text=self.linked[key], href=names.href(names.tag_path(key))) for key in several[:_TOPICS]
        )

    # ── lists ───────────────────────────────────────────────────────────────────────────────

    @cached_property
    def outlet_names(self) -> tuple[str, ...]:
        """The outlets that have articles here, in the order of the alphabet."""
        # one name in two spellings, of two times of feeds.toml, is one outlet
        spelled = {card.outlet.casefold(): card.outlet for card in reversed(self.cards)}
        return tuple(name for _, name in sorted(spelled.items()))

    @cached_property
    def _days(self) -> Mapping[str, list[_Entry]]:
        """What began on each day, the newest day first, and of a day the newest first."""
        found: dict[str, list[_Entry]] = defaultdict(list)
        for entry in sorted(self.entries, key=lambda entry: (entry.first, entry.lead.id), reverse=True):
            found[entry.first.astimezone(UTC).date().isoformat()].append(entry)
        return found

    def _day_links(self) -> tuple[Link, ...]:
        return tuple(
            Link(text=_day_name(day), href=names.day_path(day), count=len(entries))
            for day, entries in self._days.items()
        )

    def lists(self) -> Iterator[Planned]:
        """Every page but those of the articles and stories."""
        yield self._indexed("outlets", "Outlets", self._outlet_links(), "Whose articles are gathered here.")
        tags = self._tag_links()
        note = "Hashtags of several articles, the most frequent first." if tags else "There are none yet."
        yield self._indexed("tags", "Topics", tags, note, prefix="#")
        yield self._indexed("archive", "Archive", self._day_links(), "Everything, by the day it began (UTC).")
        yield from self._outlets()
        yield from self._tags()
        yield from self._archive()
        yield Planned(path="index.html", digest=digest(b"front", self.whole()), make=self.front)

    def _indexed(
        self, kind: str, title: str, links: tuple[Link, ...], note: str, prefix: str = ""
    ) -> Planned:
        shown = IndexPage(title=title, kind=kind, note=note, links=links, prefix=prefix)
        return Planned(path=f"{kind}/index.html", digest=digest(repr(shown)), make=lambda: shown)

    def _outlet_links(self) -> tuple[Link, ...]:
        counts = Counter(card.outlet.casefold() for card in self.cards)
        return tuple(_counted(outlet_link(name), counts[name.casefold()]) for name in self.outlet_names)

    def _tag_links(self) -> tuple[Link, ...]:
        counts = Counter(
            tag.key for card in self.cards for tag in self.hashtags.get(card.id, ()) if tag.key in self.linked
        )
        ordered = sorted(counts, key=lambda key: (-counts[key], key))
        return tuple(
            Link(text=self.linked[key], href=names.href(names.tag_path(key)), count=counts[key])
            for key in ordered[:500]
        )

    def _outlets(self) -> Iterator[Planned]:
        of_outlet: dict[str, list[Card]] = defaultdict(list)
        for card in self.cards:
            of_outlet[card.outlet.casefold()].append(card)
        for cards in of_outlet.values():
            name = cards[0].outlet
            home = next((card.site_url for card in cards if is_http(card.site_url)), "")
            base = ListPage(
                title=name,
                kind="Outlet",
                note=_number(len(cards), "article"),
                outside=home,
                hue=outlet_link(name).hue,
                teasers=(),
            )
            yield from self._pages(base, partial(names.outlet_path, name), cards)

    def _tags(self) -> Iterator[Planned]:
        tagged: dict[str, list[Card]] = defaultdict(list)
        for card in self.cards:
            for key in dict.fromkeys(tag.key for tag in self.hashtags.get(card.id, ())):
                if key not in self.linked:
                    continue
                tagged[key].append(card)
        for key, cards in tagged.items():
            outlets = len({card.outlet for card in cards})
            note = f"{_number(len(cards), 'article')} from {_number(outlets, 'outlet')}"
            base = ListPage(title=self.linked[key], kind="Topic", prefix="#", note=note, teasers=())
            yield from self._pages(base, partial(names.tag_path, key), cards)

    def _archive(self) -> Iterator[Planned]:
        for day, entries in self._days.items():
            note = _number(len(entries), "story", "stories")
            base = ListPage(title=_day_name(day), kind="Archive", note=note, teasers=())
            yield from self._pages(base, partial(names.day_path, day), entries)

    def _pages(
        self, base: ListPage, path: Callable[[int | None], str], listed: "Sequence[Card] | Sequence[_Entry]"
    ) -> Iterator[Planned]:
        """The pages of a list that is given newest first.

        The older ones are numbered from the oldest, so that what is new changes the newest page alone.
        """
        oldest_first = listed[::-1]
        numbered = max(0, len(listed) // PER_PAGE - 1)
        for number in [*range(1, numbered + 1), None]:
            start = (numbered if number is None else number - 1) * PER_PAGE
            part = oldest_first[start:] if number is None else oldest_first[start : start + PER_PAGE]
            newer = None
            if number is not None:
                newer = Link(text="Newer", href=names.href(path(number + 1 if number < numbered else None)))
            before = numbered if number is None else number - 1
            older = Link(text="Older", href=names.href(path(before))) if before else None
            shown = base
            if newer or older:
                # an older page does not tell how many there are by now: it would be another each time
                shown = replace(base, note=base.note if number is None else "", newer=newer, older=older)
            yield self._list_page(path(number), shown, part[::-1])

    def _list_page(self, path: str, shown: ListPage, part: "Sequence[Card] | Sequence[_Entry]") -> Planned:
        def make() -> ListPage:
            teasers = (self.teaser(one) if isinstance(one, Card) else self.entry_teaser(one) for one in part)
            return replace(shown, teasers=tuple(teasers))

        signs = (
            self.signs[one.id] if isinstance(one, Card) else self._entry_signs[one.lead.id] for one in part
        )
        around = (shown.newer.href if shown.newer else "", shown.older.href if shown.older else "")
        told = (shown.title, shown.kind, shown.prefix, shown.note, shown.outside, shown.hue, *around)
        return Planned(path=path, digest=digest(repr(told), *signs), make=make)

    # ── stories ─────────────────────────────────────────────────────────────────────────────

    def story_pages(self) -> Iterator[tuple[Story, tuple[Card, ...], bytes]]:
        """The stories that have pages: with their articles and a digest of what they are made of."""
        for entry in self.entries:
            if entry.story is not None and self.is_story(entry):
                yield entry.story, entry.cards, self._entry_signs[entry.lead.id]

    def place_of(self, story: Story) -> tuple[str, str] | None:
        """A story's headline and page, which is an article's where it has one article here; None: nowhere."""
        entry = next((self._of_item[one] for one in story.items if one in self.by_id), None)
        if entry is None:
            return None
        teaser = self.entry_teaser(entry)
        return teaser.headline, names.href(teaser.href)

    def story_page(self, story: Story, box: Box) -> StoryPage:
        """A story across its outlets."""
        entry = self._of_item[next(one for one in story.items if one in self.by_id)]
        language = story.language or entry.lead.language
        return StoryPage(
            id=story.id,
            headline=story.headline or self.teaser(entry.lead).headline,
            lang=language_tag(language) or "",
            dir=direction(language),
            first=times.exactly(entry.first),
            last=times.exactly(entry.last),
            outlets=tuple(outlet_link(name) for name in entry.outlets),
            tags=self._links(self._story_tags(entry), 2 * _TAGS),
            image=_image(entry),
            short=Short(
                written=box.written,
                model=box.model,
                cited=tuple(
                    Said(text=one.text, outlets=(outlet_link(self.by_id[one.item_id].outlet),))
                    for one in box.cited
                    if one.item_id in self.by_id
                ),
            ),
            agreed=tuple(_said(point) for point in box.points.agreed),
            alone=tuple(_said(point) for point in box.points.alone),
            differing=tuple(self._versions(point) for point in box.points.differing),
            course=course([card.sort_at for card in entry.cards]),
            articles=tuple(self.teaser(card) for card in entry.cards),
        )


def course(instants: Sequence[datetime]) -> tuple[Bar, ...]:
    """How many there were in each part of the time between the first and the last; () where that is short."""
    first, last = min(instants), max(instants)
    if len(instants) < 4 or last - first < timedelta(hours=1):
        return ()
    step = (last - first) / _BARS
    counts = Counter(min(_BARS - 1, int((at - first) / step)) for at in instants)
    highest = max(counts.values())
    return tuple(
        Bar(
            count=counts[n],
            height=100 * counts[n] // highest,
            title=f"{times.minute(first + n * step)}: {_number(counts[n], 'article')}",
        )
        for n in range(_BARS)
    )


def digest(*parts: bytes | str) -> bytes:
    """A short digest of several parts."""
    data = [part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass") for part in parts]
    lengths = ",".join([str(len(one)) for one in data]).encode()
    return blake2b(b"%b;%b" % (lengths, b"".join(data)), digest_size=12).digest()


def _said(point: Point) -> Said:
    return Said(text=point.sentence.text, outlets=tuple(outlet_link(name) for name in point.outlets))


def _summary(card: Card) -> str:
    summary = shortened(card.summary)
    return "" if summary.rstrip("….").casefold() == card.title.rstrip("….").casefold() else summary


def _image(entry: _Entry) -> str:
    pictures = (card.image for card in (entry.lead, *entry.cards))
    return next((image for image in pictures if is_http(image)), "")


def _counted(link: Link, count: int) -> Link:
    return Link(text=link.text, href=link.href, hue=link.hue, count=count)


def _day_name(day: str) -> str:
    return times.day(datetime.fromisoformat(day).replace(tzinfo=UTC))


def _number(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
