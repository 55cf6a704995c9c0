"""Which few hashtags does an item get, and a story: from its publisher, its page, its own words?

What is no tag is mostly learned: what an outlet puts on nearly everything, the sections that it sorts its
items into without writing of them, its own name, bylines. The list of words that are tags nowhere is short.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from aggregator.core.keyphrases import Phrase
from aggregator.core.months import month_of
from aggregator.core.similar import normalise
from aggregator.core.tagkeys import camel, key_of, split
from aggregator.core.words import stem, words
from aggregator.model.stories import Hashtag, TagSource

#: of an item or a story
MOST: Final = 8
#: phrases of an item, and how likely they must be
_PHRASES, _LIKELY = 5, 0.07
#: characters of a tag; longer ones are sentences
_LONGEST: Final = 60
_MOST_WORDS: Final = 8

#: items of an outlet before its habits are known
_KNOWING: Final = 6
#: shares of its items: on nearly everything; a section, where the items' words do not say so
_EVERYTHING, _SECTION = 0.6, 0.15

#: what a tag counts: in the headline, in the text, in neither, a section; a phrase, beyond its likelihood
_TITLED, _WRITTEN, _UNWRITTEN, _OF_SECTION, _OF_PHRASE = 0.9, 0.8, 0.55, 0.25, 0.2
_MOST_OF_PHRASE: Final = 0.6
#: a page's own word beside the feed's
_OF_PAGE: Final = 0.95
#: what two sources agree on
_AGREED: Final = 0.08

#: what says where an item stands, not what it is about
_JUNK: Final = frozenset(
    key_of(word)
    for word in (
        "news", "latest", "latest news", "breaking", "breaking news", "top news", "top stories", "headlines",
        "home", "homepage", "home page", "front page", "featured", "highlights", "general", "other", "misc",
        "miscellaneous", "uncategorized", "uncategorised", "blog", "blogs", "post", "posts", "story",
        "update", "updates", "live", "video", "videos", "photos", "newsletter", "press release", "archive",
        "article", "more", "all", "default", "null", "none", "undefined", "category", "tag", "rss",
        "nachrichten", "aktuell", "aktuelles", "allgemein", "startseite", "schlagzeilen", "eilmeldung",
        "unkategorisiert", "ohne kategorie", "sonstiges", "artikel",
        "actualités", "actualité", "à la une", "accueil", "non classé", "dernières nouvelles",
        "noticias", "últimas noticias", "portada", "sin categoría", "destacados", "notícias", "sem categoria",
        "notizie", "ultime notizie", "senza categoria", "primo piano", "nieuws", "nuus", "geen categorie",
        "nyheter", "nyheder", "aktualności", "wiadomości", "bez kategorii", "haberler", "genel",
        "новости", "новость", "главная", "главное", "без рубрики", "новини", "أخبار", "الأخبار", "غير مصنف",
        "新闻", "新聞", "未分类", "未分類", "ニュース", "뉴스", "समाचार",
    )
)  # fmt: skip
_ADDRESS = re.compile(r"://|^www\.|\S@\S+\.\S|^/|^r/")
#: "Category: Jupiter", "tag:nasa": what kind of word it is stands before it
_KIND = re.compile(r"^(?:category|tag|tags|topic|topics|keyword|subject)s?\s*:\s*", re.IGNORECASE)
#: "type_review", "channel:other": for programs
_FOR_PROGRAMS = re.compile(r"^[a-z]+(?:[_:][a-z0-9]+)+$")
_TURNED = re.compile(r"([^,]{2,40}), ([^,]{2,40})")
_SEVERAL = re.compile(r"\s*[;|]\s*")
_LONG_FORM = re.compile(r"\(([^\W\d_a-z]{2,6})\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TagUse:
    """What an outlet does with tags: how many of ``items`` items have each, by key."""

    items: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, tags: Iterable[Sequence[str]]) -> "TagUse":
        """From the tags of some of its items."""
        listed = [{key_of(tag) for one in of_item for tag in _parts(one)} for of_item in tags]
        return cls(items=len(listed), counts=Counter(key for keys in listed for key in keys))

    def share(self, key: str) -> float:
        """Of its items, 0 to 1; 0 while it is hardly known."""
        return self.counts.get(key, 0) / self.items if self.items >= _KNOWING else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What an item says."""

    title: str
    text: str
    language: str | None = None
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """All that an item's hashtags are made of."""

    wording: Wording
    outlet: str
    #: the feed's categories, the page's keywords
    feed_tags: tuple[str, ...] = ()
    page_tags: tuple[str, ...] = ()
    #: the likeliest first
    phrases: tuple[Phrase, ...] = ()


# ── what is a tag ────────────────────────────────────────────────────────────────────────────


def content_tags(tags: Iterable[str], said: Wording, *, outlet: str, use: TagUse) -> tuple[str, ...]:
    """Those of a publisher's tags that tell what the item is about, as it writes them, each once."""
    own = {key_of(name) for name in (outlet, *said.authors)}
    text = f"{said.title}\n{said.text}".casefold()
    found: dict[str, str] = {}
    for tag in (part for one in tags for part in _parts(one)):
        label = _turned(tag, text)
        key = key_of(label)
        if key and key not in own and not _is_junk(label, key) and use.share(key_of(tag)) < _EVERYTHING:
            found.setdefault(key, label)
    return tuple(found.values())


def _parts(tag: str) -> Iterator[str]:
    """The tags that stand in one: most are one, some are lists."""
    parts = _SEVERAL.split(tag) if tag.count(",") < 2 else tag.replace(";", ",").split(",")
    for part in parts:
        bare = _KIND.sub("", part.strip()).strip(" \t\r\n/#＃,.\"'“”„«»")
        if bare:
            yield bare


def _is_junk(label: str, key: str) -> bool:
    if key in _JUNK or len(label) > _LONGEST or len(label.split()) > _MOST_WORDS:
        return True
    if _ADDRESS.search(label) or _FOR_PROGRAMS.match(label):
        return True
    if len(key) == 1 and key.isascii():
        return True
    return _is_date(label)


def _is_date(label: str) -> bool:
    """Numbers, and days and months with them; a month's name alone may be a word ("May", "März")."""
    parts = normalise(label).split()
    numbers = [part for part in parts if part.isdecimal()]
    others = [part for part in parts if not part.isdecimal()]
    return bool(numbers) and all(month_of(part) is not None for part in others)


def _turned(tag: str, text: str) -> str:
    """ "Trump, Donald J" as the text has it: "Donald Trump"; a tag that it has not stays."""
    match = _TURNED.fullmatch(tag)
    if match is None or tag.casefold() in text:
        return tag
    last, given = match.groups()
    names = (f"{given} {last}", f"{given.split()[0]} {last}")
    return next((name for name in names if name.casefold() in text), tag)


def _weight(key: str, said: "_Said", use: TagUse) -> float:
    if said.titled(key):
        return _TITLED
    if said.written(key):
        return _WRITTEN
    return _OF_SECTION if use.share(key) >= _SECTION else _UNWRITTEN


@dataclass(frozen=True, slots=True)
class _Said:
    """What stands in an item, in the form of keys."""

    title: str
    text: str

    @classmethod
    def by(cls, wording: Wording) -> "_Said":
        return cls(_keyed(wording.title), _keyed(wording.text[:20_000]))

    def titled(self, key: str) -> bool:
        return f" {key}" in self.title

    def written(self, key: str) -> bool:
        return f" {key}" in self.text or f" {key}" in self.title


def _keyed(text: str) -> str:
    """The text's words and runs of words as keys, each after a blank, so that a key is found as a part."""
    keys = [key_of(word.text) for word in words(text)]
    pairs = (f"{one}{other}" for one, other in pairwise(keys))
    triples = (f"{one}{two}{three}" for one, two, three in zip(keys, keys[1:], keys[2:], strict=False))
    return " " + " ".join((*keys, *pairs, *triples))


# ── an item's ────────────────────────────────────────────────────────────────────────────────


def hashtags_of(item: Tagged, use: TagUse, *, repeated: Collection[str] = ()) -> tuple[Hashtag, ...]:
    """The hashtags of an item, the strongest first, at most ``MOST``.

    ``use``: what its outlet does with tags. ``repeated``: keys of phrases that stand in most of the outlet's
    texts, and so say nothing of this one.
    """
    said = _Said.by(item.wording if item.feed_tags or item.page_tags else Wording(title="", text=""))
    found: dict[str, Hashtag] = {}
    whole: list[frozenset[str]] = []
    sources: tuple[tuple[TagSource, Sequence[str], float], ...] = (
        ("publisher", item.feed_tags, 1.0),
        ("page", item.page_tags, _OF_PAGE),
    )
    for source, tags, trust in sources:
        for label in content_tags(tags, item.wording, outlet=item.outlet, use=use):
            key = key_of(label)
            weight = _weight(key, said, use) * trust
            _add(found, Hashtag(key=key, label=camel(label), source=source, weight=weight))
            whole.append(_parts_of(label))
    own = {key_of(name) for name in (item.outlet, *item.wording.authors)}
    surnames: set[str] = set()
    for phrase in [one for one in item.phrases if one.is_thing and one.key not in repeated][:_PHRASES]:
        parts = _parts_of(phrase.text)
        if phrase.key not in found and any(parts <= known for known in whole):
            continue  # "prices" beside "oil prices"
        if _is_courtesy(phrase.text, surnames):
            continue
        surnames.add(phrase.text.split()[-1])
        is_tag = phrase.score >= _LIKELY and phrase.key not in own and not _is_junk(phrase.text, phrase.key)
        if is_tag and use.share(phrase.key) < _EVERYTHING:
            weight = min(_MOST_OF_PHRASE, _OF_PHRASE + phrase.score)
            label = camel(phrase.text)
            _add(found, Hashtag(key=phrase.key, label=label, source="phrase", weight=weight))
    return _strongest(_without_forms(found.values(), item.wording))


def _is_courtesy(text: str, surnames: Set[str]) -> bool:
    """ "Ms Brandt" where "Odalys Brandt" is told."""
    before, _, name = text.rpartition(" ")
    return 0 < len(before.strip(".")) <= _SHORT_TITLE and name in surnames


#: letters of "Mrs"
_SHORT_TITLE: Final = 3


def _parts_of(label: str) -> frozenset[str]:
    """The keys of its words, also of one that is written as a hashtag: "DonaldTrump"."""
    return frozenset(key_of(word) for word in split(label))


def _add(found: dict[str, Hashtag], tag: Hashtag) -> None:
    known = found.get(tag.key)
    if known is None:
        found[tag.key] = tag
    elif known.source != tag.source:
        found[tag.key] = replace(known, weight=min(1.0, max(known.weight, tag.weight) + _AGREED))


def _without_forms(tags: Iterable[Hashtag], said: Wording) -> Iterator[Hashtag]:
    """One tag for the forms of a word ("Wahl", "Wahlen"), for an acronym and what it stands for."""
    aliases = {long: short for short, long in acronyms(f"{said.title}\n{said.text}").items()}
    seen: set[str] = set()
    for tag in sorted(tags, key=_order):
        key = aliases.get(tag.key, tag.key)
        form = stem(key, said.language)
        if form in seen or key in seen:
            continue
        seen |= {form, key}
        yield tag


def acronyms(text: str) -> dict[str, str]:
    """What a text's acronyms stand for, by keys: "European Central Bank (ECB)"."""
    found: dict[str, str] = {}
    for match in _LONG_FORM.finditer(text):
        short = match[1]
        before = text[max(0, match.start() - 30 * len(short)) : match.start()].split()
        run = before[-len(short) :]
        if len(run) == len(short) and all(
            word[:1].casefold() == letter.casefold() for word, letter in zip(run, short, strict=True)
        ):
            found.setdefault(key_of(short), key_of(" ".join(run)))
    return found


def _order(tag: Hashtag) -> tuple[float, str]:
    return -tag.weight, tag.key


def _strongest(tags: Iterable[Hashtag]) -> tuple[Hashtag, ...]:
    ordered = sorted((replace(tag, weight=round(tag.weight, 3)) for tag in tags), key=_order)
    return tuple(ordered[:MOST])


# ── a story's ────────────────────────────────────────────────────────────────────────────────

_RANK: Final[Mapping[TagSource, int]] = {"publisher": 0, "page": 1, "phrase": 2}


def merged(items: Iterable[Sequence[Hashtag]], limit: int = MOST) -> tuple[Hashtag, ...]:
    """The hashtags of a story from those of its items, copies left out: what several say is stronger.

    The label is the one that most items write, the source the publishers' own where one says it.
    """
    listed = [tuple(tags) for tags in items]
    by_key: dict[str, list[Hashtag]] = {}
    for tags in listed:
        for tag in tags:
            by_key.setdefault(tag.key, []).append(tag)
    told = (_of_several(key, tags, len(listed)) for key, tags in by_key.items())
    return tuple(sorted(told, key=_order)[:limit])


def _of_several(key: str, tags: Sequence[Hashtag], items: int) -> Hashtag:
    labels = Counter(tag.label for tag in tags)
    strongest, mean = max(tag.weight for tag in tags), sum(tag.weight for tag in tags) / items
    return Hashtag(
        key=key,
        label=min(labels, key=lambda label: (-labels[label], not any(map(str.isupper, label)), label)),
        source=min((tag.source for tag in tags), key=lambda source: _RANK[source]),
        weight=round((strongest + 2 * mean) / 3, 3),
    )
