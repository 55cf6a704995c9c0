"""Which items are one article, and whose is it? Groups of items, and each group's first.

Held together: equal canonical addresses (unless what stands there differs), equal texts, like texts, and
what a reader joined by hand. A part
of a longer text goes to that text's group, to one only: two reports that a round-up quotes are not copies
of each other. What comes out depends on the items alone, not on the order in which they are given.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from aggregator.core.credit import Names, identity, is_agency
from aggregator.core.sketch import estimate
from aggregator.model import Relation
from aggregator.model.copies import Credit, Crediting, Sketch, Tie

#: a longer text is no copy of an earlier one that makes less of it: it is a work of its own that quotes
_EARLIER_PART = 1 / 3
#: texts with fewer words do not show that two items of one address differ
_TELLING = 60
#: what any two texts of an outlet share; of one address, how many texts others are compared with
_PHRASES, _MOST_TEXTS = 0.1, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An item as grouping sees it."""

    id: int
    #: its outlet, by the folded name
    outlet: str
    #: what others may call that outlet
    names: frozenset[str] = frozenset()
    #: hashes of the canonical address, of the entry's own, and of the text
    address: int | None = None
    link: int | None = None
    text: int | None = None
    #: it was there by then, and probably at
    by: datetime
    at: datetime
    named: tuple[Credit, ...] = ()
    #: a reader took it out of its group
    is_apart: bool = False
    #: its headline, folded, and a hash of its guid
    title: str = ""
    guid: int | None = None
    #: which part of a page its link names: "block-3"
    part: str = ""
    #: of its text's sketch
    words: int = 0
    hashes: bytes = b""


@dataclass(frozen=True, slots=True)
class Place:
    """What is written of an item's group."""

    first: int | None = None
    relation: Relation | None = None


ALONE = Place()


class _Sets:
    """Disjoint sets of numbers; each is named by its smallest."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._parent = {number: number for number in numbers}

    def find(self, number: int) -> int:
        while (above := self._parent[number]) != number:
            self._parent[number] = self._parent[above]
            number = above
        return number

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.find(one), self.find(other)))
        self._parent[high] = low

    def groups(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for number in sorted(self._parent):
            found[self.find(number)].append(number)
        return found


def arrange(members: Collection[Member], ties: Collection[Tie]) -> dict[int, Place]:
    """For every item: the first of its group, and what it is to it.

    ``ties`` of kinds near and hand; addresses and texts are compared here. Ties to items that are not
    among ``members`` are left out.
    """
    known = _known(members)
    addresses = _addresses(known)
    cores = _cores(known, addresses, ties)
    whole = _with_parts(known, cores, ties)
    places = {member.id: ALONE for member in members}
    for ids in whole.groups().values():
        if len(ids) > 1:
            first, _ = _first(_Named([known[one] for one in ids]))
            for one in ids:
                if one != first.id:
                    places[one] = Place(first.id, _relation(one, first.id, addresses, cores))
    return places


def _relation(one: int, first: int, addresses: Mapping[int, int], cores: _Sets) -> Relation:
    if one in addresses and addresses[one] == addresses.get(first):
        return "same"
    return "copy" if cores.find(one) == cores.find(first) else "excerpt"


def _known(members: Collection[Member]) -> dict[int, Member]:
    """By ids; a text that several parts of one page have is that page's, and holds none of them together."""
    having: dict[tuple[int, int], list[Member]] = defaultdict(list)
    for member in members:
        if member.part and member.address is not None and member.text is not None:
            having[member.address, member.text].append(member)
    of_pages = {
        member.id
        for parts in having.values()
        if any(_are_parts(parts[0], one) for one in parts)
        for member in parts
    }
    return {one.id: replace(one, text=None) if one.id in of_pages else one for one in members}


def _are_parts(one: Member, other: Member) -> bool:
    """Whether two entries' links name different places of one page."""
    return (
        one.address is not None
        and one.address == other.address
        and one.part != other.part
        and (one.title, one.guid) != (other.title, other.guid)
    )


def _addresses(known: Mapping[int, Member]) -> dict[int, int]:
    """For every item with an address: the smallest id of those whose address means one article."""
    having: dict[int, list[Member]] = defaultdict(list)
    for _, member in sorted(known.items()):
        if member.address is not None:
            having[member.address].append(member)
    return {
        member.id: article[0].id
        for members in having.values()
        for page in _of_one_page(members)
        for article in _of_one_article(page)
        for member in article
    }


def _of_one_page(members: Sequence[Member]) -> Iterable[Sequence[Member]]:
    """Parted by the places in a page that their links name: a live report's posts, a list's releases.

    What has another entry's headline and guid is that entry, wherever in the page its link leads.
    """
    if len({member.part for member in members}) < 2:
        return (members,)
    return _together(members, lambda member: (("part", member.part), ("entry", member.title, member.guid)))


def _of_one_article(members: Sequence[Member]) -> Iterable[Sequence[Member]]:
    """Parted by headline and text: a page may name its section as its address, and a section is no article.

    Those whose texts are too short to tell stay with the one whose own link the address is.
    """
    told = [member for member in members if member.words > _TELLING]
    if len(told) < 2:
        return (members,)
    text_of = _likest(told)
    parted = [
        *_together(
            members,
            lambda member: [
                *([("title", member.title)] if member.title else []),
                *([("text", text_of[member.id])] if member.id in text_of else []),
            ],
        )
    ]
    anchor = min(told, key=lambda member: (member.link != member.address, *_age(member)))
    silent = [one for one in parted if all(member.words <= _TELLING for member in one)]
    if not silent:
        return parted
    return [
        sorted([*one, *(member for rest in silent for member in rest)], key=lambda member: member.id)
        if anchor in one
        else one
        for one in parted
        if one not in silent
    ]


def _likest(told: Sequence[Member]) -> dict[int, int]:
    """For each text, the first of those before it, or itself, of which it has more than phrases."""
    first: list[tuple[int, Sketch]] = []
    found = {}
    for member in told:
        sketch = Sketch(words=member.words, hashes=member.hashes)
        alike = (one for one, other in first if max(estimate(sketch, other)[:2]) >= _PHRASES)
        found[member.id] = next(alike, member.id)
        if found[member.id] == member.id and len(first) < _MOST_TEXTS:
            first.append((member.id, sketch))
    return found


def _together(
    members: Sequence[Member], features: Callable[[Member], Iterable[object]]
) -> Iterable[Sequence[Member]]:
    """Those that share a feature, each lot in order of ids."""
    sets = _Sets(member.id for member in members)
    first: dict[object, int] = {}
    for member in members:
        for feature in features(member):
            sets.join(member.id, first.setdefault(feature, member.id))
    by_id = {member.id: member for member in members}
    return [[by_id[one] for one in ids] for ids in sets.groups().values()]


def _cores(known: Mapping[int, Member], addresses: Mapping[int, int], ties: Iterable[Tie]) -> _Sets:
    """Items of one text."""
    cores = _Sets(known)
    for ids in _equals(known, addresses).values():
        for one in ids:
            cores.join(one, ids[0])
    for tie in _between(known, ties):
        if tie.kind == "hand" or (tie.likeness is not None and tie.likeness.relation == "copy"):
            cores.join(tie.one, tie.other)
    return cores


def _between(known: Mapping[int, Member], ties: Iterable[Tie]) -> Iterable[Tie]:
    return (
        tie
        for tie in ties
        if tie.one in known and tie.other in known
        if not (known[tie.one].is_apart or known[tie.other].is_apart)
        if tie.kind != "near" or not _are_parts(known[tie.one], known[tie.other])
    )


def _with_parts(known: Mapping[int, Member], cores: _Sets, ties: Iterable[Tie]) -> _Sets:
    """The same with each part put to the text that it is a part of."""
    earliest = {core: min(map(_age, (known[one] for one in ids))) for core, ids in cores.groups().items()}
    #: part -> wholes, with how much of either the two have in common
    offers: dict[int, list[tuple[float, float, tuple[datetime, datetime, int], int]]] = defaultdict(list)
    for tie in _between(known, ties):
        like = tie.likeness
        if like is None or like.relation != "excerpt":
            continue
        one_is_part = like.one_words <= like.other_words
        part, whole = (tie.one, tie.other) if one_is_part else (tie.other, tie.one)
        of_part, of_whole = sorted((like.one_share, like.other_share), reverse=True)
        part, whole = cores.find(part), cores.find(whole)
        if part != whole:
            offers[part].append((-of_part, -of_whole, earliest[whole], whole))
    chosen = {part: min(wholes) for part, wholes in offers.items()}
    joined = _Sets(known)
    for core, ids in cores.groups().items():
        for one in ids:
            joined.join(core, one)
    for part, whole in _believed(chosen, earliest):
        joined.join(part, whole)
    return joined


def _believed(
    chosen: Mapping[int, tuple[float, float, tuple[datetime, datetime, int], int]],
    earliest: Mapping[int, tuple[datetime, datetime, int]],
) -> Iterable[tuple[int, int]]:
    """Parts of later texts only where that text is made of little else: not where it is made of several."""
    sources: dict[int, list[int]] = defaultdict(list)
    for part, (_, of_whole, _, whole) in sorted(chosen.items()):
        if earliest[part][:2] >= earliest[whole][:2]:
            yield part, whole
        elif -of_whole >= _EARLIER_PART:
            sources[whole].append(part)
    for whole, parts in sorted(sources.items()):
        if len(parts) == 1:
            yield parts[0], whole


def _age(member: Member) -> tuple[datetime, datetime, int]:
    return member.by, member.at, member.id


def credited(group: Sequence[Member]) -> Crediting:
    """Whose article a group's is: the item whose outlet others name as their source, else the earliest.

    Where several are named, the earliest of those that do not themselves name another.
    """
    named = _Named(group)
    first, (named_by, credit) = _first(named)
    return Crediting(
        first=first.id, by=first.by, named_by=named_by, credit=credit, unknown=_unknown(named, first)
    )


#: items by their outlets
_ByOutlet = dict[str, list[Member]]


class _Named:
    """The items of a group by what others name them by: one look for all that a credit means.

    Each with each would be a million comparisons for the thousand copies of a wire story.
    """

    def __init__(self, group: Collection[Member]) -> None:
        self.group = group
        self._by_name: dict[str, _ByOutlet] = defaultdict(lambda: defaultdict(list))
        self._by_link: dict[int, _ByOutlet] = defaultdict(lambda: defaultdict(list))
        for member in group:
            for name in member.names:
                self._by_name[name][member.outlet].append(member)
            if member.link is not None:
                self._by_link[member.link][member.outlet].append(member)
        self._names = Names(self._by_name)

    def by(self, member: Member) -> Iterable[tuple[Credit | None, _ByOutlet]]:
        """Whom an item names as its source, and how: its canonical address (None) first, then names in order.

        Its own outlet may be among them, which does not count.
        """
        if member.address is not None and member.address != member.link and member.address in self._by_link:
            yield None, self._by_link[member.address]
        for credit in member.named:
            for name in self._names.called(credit.name) - member.names:
                yield credit, self._by_name[name]

    def is_known(self, name: str) -> bool:
        """Whether a name is that of an outlet of the group."""
        return bool(self._names.called(name))


def _first(named: _Named) -> tuple[Member, tuple[int | None, Credit | None]]:
    """The first of a group; which item names it, and how."""
    known = {member.id: member for member in named.group}
    naming = _naming(named)
    among = _Named([known[target] for target in naming])
    sources = [member for member in among.group if not _names_any(member, among)]
    first = min(sources or among.group or named.group, key=_age)
    return first, naming.get(first.id, (None, None))


def _naming(named: _Named) -> dict[int, tuple[int, Credit]]:
    """Items whose outlets others name: by whom first, and how."""
    naming: dict[int, tuple[int, Credit]] = {}
    #: the outlets of a name whose items nobody has named by it yet
    left: dict[int, set[str]] = {}
    for member in sorted(named.group, key=_age):
        for credit, by_outlet in named.by(member):
            outlets = left.setdefault(id(by_outlet), set(by_outlet))
            for outlet in outlets - {member.outlet}:
                outlets.remove(outlet)
                how = credit or Credit(name=outlet, where="address")
                for other in by_outlet[outlet]:
                    naming.setdefault(other.id, (member.id, how))
    return naming


def _names_any(member: Member, named: _Named) -> bool:
    return any(by_outlet.keys() - {member.outlet} for _, by_outlet in named.by(member))


def _unknown(named: _Named, first: Member) -> tuple[tuple[int, Credit], ...]:
    """Sources that are named, and are no outlet of the group."""
    found: dict[str, tuple[int, Credit]] = {}
    for member in sorted(named.group, key=lambda one: (one.id != first.id, _age(one))):
        for credit in member.named:
            told = credit.where == "text" or is_agency(credit.name)
            if told and not named.is_known(credit.name):
                found.setdefault(identity(credit.name), (member.id, credit))
    return tuple(found.values())


def path(members: Collection[Member], ties: Iterable[Tie], start: int) -> dict[int, tuple[Tie, ...]]:
    """For every item that hangs together with ``start``: the fewest ties that lead there."""
    known = _known(members)
    near = _neighbours(known, ties)
    addresses = _addresses(known)
    equal = _equals(known, addresses)
    found: dict[int, tuple[Tie, ...]] = {start: ()}
    edge = [start]
    while edge:
        further = []
        for one in edge:
            beside = dict(near[one])
            for kind, shared in _shared(known, addresses, one):
                # once: whoever has the same is found then
                for other in equal.pop((kind, shared), ()):
                    tie = Tie(kind=kind, one=min(one, other), other=max(one, other))
                    if other != one and _is_stronger(tie, beside.get(other)):
                        beside[other] = tie
            for other, tie in sorted(beside.items()):
                if other not in found:
                    found[other] = (*found[one], tie)
                    further.append(other)
        edge = further
    return found


_STRENGTH = {"hand": 0, "address": 1, "text": 2, "near": 3}


def _is_stronger(tie: Tie, than: Tie | None) -> bool:
    return than is None or _STRENGTH[tie.kind] < _STRENGTH[than.kind]


def _neighbours(known: Mapping[int, Member], ties: Iterable[Tie]) -> dict[int, dict[int, Tie]]:
    near: dict[int, dict[int, Tie]] = defaultdict(dict)
    for tie in sorted(_between(known, ties), key=lambda tie: _STRENGTH[tie.kind]):
        near[tie.one].setdefault(tie.other, tie)
        near[tie.other].setdefault(tie.one, tie)
    return near


_Shared = tuple[Literal["address", "text"], int]


def _shared(known: Mapping[int, Member], addresses: Mapping[int, int], one: int) -> Iterable[_Shared]:
    """What an item may have in common with others."""
    member = known.get(one)
    if member is not None and not member.is_apart:
        if one in addresses:
            yield "address", addresses[one]
        if member.text is not None:
            yield "text", member.text


def _equals(known: Mapping[int, Member], addresses: Mapping[int, int]) -> dict[_Shared, list[int]]:
    having: dict[_Shared, list[int]] = defaultdict(list)
    for one in known:
        for shared in _shared(known, addresses, one):
            having[shared].append(one)
    return having
