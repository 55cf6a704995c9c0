"""What does a feed do all the time? Learned from one document after the other, and what follows from it.

Numbers that change at every poll, a server that serves two versions in turn, an entry that is never the same
twice: none of these is an edit. Guids that several items share, or that are new at every fetch, name nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from aggregator.core.identity import date_of, difference, is_renamed, renamed_as
from aggregator.model import Changes, GuidHabit, Habits, Keyed, KnownItem, Noise, ParsedItem, Unrest

#: changes in a row without a stated edit, after which an item is not updated any more (reader#225)
CHURN: Final = 24
#: changes in numbers only: of one item in a row; of most items of a document in so many polls
_ITEM_NUMBERS, _FEED_NUMBERS = 6, 2
#: an item may go back to what it said before so often; then it alternates (flok99/rsstail#24)
_RETURNS: Final = 1
#: an item that was quiet for so long begins anew
_FORGOTTEN: Final = timedelta(days=7)
_VERSIONS: Final = 4
#: items of one feed whose changes are remembered
_MOST: Final = 200
#: polls in a row in which most names changed: then they are followed once a day
_RESTLESS, _FOLLOWED = 3, timedelta(days=1)
#: items of a document without an id of their own, above which none is trusted (FreshRSS loadGuids)
_BAD: Final = 0.05
#: items that a document must have to show that guids or links are to be trusted again
_TELLING: Final = 5


def settle(
    changes: Changes,
    habits: Habits,
    known: Sequence[KnownItem],
    *,
    present: Iterable[int] = (),
    now: datetime,
) -> tuple[Changes, Habits]:
    """The changes without those that are noise, and what the feed's habits are now.

    ``known`` are the stored items that ``changes`` speaks of, ``present`` those whose entries stand unchanged
    in the document.
    """
    stored = {item.id: item for item in known}
    still = set(present)
    habits = _numbers_learned(changes, habits, stored, len(still))
    restless = is_restless(habits, now)
    habits = _names_learned(changes, habits, stored, len(still), now)
    before = {one.item_id: one for one in habits.unrest}
    unrest: dict[int, Unrest] = {}
    edits: list[tuple[int, Keyed]] = []
    quiet: list[tuple[int, Keyed]] = []
    for number, keyed in changes.changed:
        record = _changed(before.get(number), stored[number], keyed, now)
        unrest[number] = record
        (quiet if _is_noise(record, stored[number], keyed, habits) else edits).append((number, keyed))
    if restless:
        edits = [(number, renamed_as(stored[number], keyed, always=True)) for number, keyed in edits]
    named = [*changes.moved, *(one for one in (*quiet, *edits) if is_renamed(stored[one[0]], one[1]))]
    followed = () if restless else tuple(named)
    moving = {number for number, _ in followed}
    calm = (number for number, _ in (*quiet, *changes.moved) if number not in moving)
    settled = replace(changes, changed=tuple(edits), moved=followed, same=(*changes.same, *calm))
    here = still | {place.item_id for place in changes.places if place.item_id is not None}
    older = {number: one for number, one in before.items() if number in here and number not in unrest}
    remembered = sorted((older | unrest).values(), key=lambda one: (one.at, one.item_id))[-_MOST:]
    return settled, replace(habits, unrest=tuple(remembered))


def is_restless(habits: Habits, now: datetime) -> bool:
    """Whether the feed's names change so often that they are not followed for now."""
    at = habits.renamed_at
    return habits.renamed >= _RESTLESS and at is not None and now - at < _FOLLOWED


def churning(habits: Habits) -> int:
    """How many items of the document change at every poll, and are not updated any more."""
    return sum(one.changes > CHURN for one in habits.unrest)


def told(habits: Habits) -> Iterator[str]:
    """What was learned, in words."""
    if habits.guids == "shared":
        yield "several items share a guid: link and title name them too"
    elif habits.guids == "anew":
        yield "guids are new at every fetch: links name the items"
    if habits.links_shared:
        yield "items without a guid share a link: title and date name them too"
    if habits.noise:
        yield "numbers change at every poll, which counts as no edit"


# ── changes of one item ──────────────────────────────────────────────────────────────────────


def _changed(before: Unrest | None, stored: KnownItem, keyed: Keyed, now: datetime) -> Unrest:
    stated = _stated(keyed.parsed)
    if before is None or now - before.at > _FORGOTTEN or _is_later(stated, before.stated):
        before = Unrest(item_id=stored.id, changes=0, at=now)
    digest, was = keyed.digest[:6], stored.digest[:6]
    words = difference(stored.digest, keyed.digest) == "words"
    return Unrest(
        item_id=stored.id,
        changes=before.changes + 1,
        numbers=0 if words else before.numbers + 1,
        returns=before.returns + (digest in before.versions),
        at=now,
        stated=stated or before.stated,
        versions=(*(one for one in before.versions if one != was), was)[-_VERSIONS:],
    )


def _stated(item: ParsedItem) -> datetime | None:
    return item.updated or date_of(item)


def _is_later(stated: datetime | None, before: datetime | None) -> bool:
    return stated is not None and before is not None and stated > before


def _is_noise(record: Unrest, stored: KnownItem, keyed: Keyed, habits: Habits) -> bool:
    if record.changes > CHURN:
        return True
    if record.returns > _RETURNS and keyed.digest[:6] in record.versions:
        return True
    match difference(stored.digest, keyed.digest):
        case "body numbers":
            return bool(habits.noise) or record.numbers > _ITEM_NUMBERS
        case "numbers":
            return habits.noise == "all" or record.numbers > _ITEM_NUMBERS
        case _:
            return False


def _numbers_learned(changes: Changes, habits: Habits, stored: dict[int, KnownItem], present: int) -> Habits:
    """Whether most of what stood in the document before changed in its numbers only, and did so before."""
    kinds = Counter(difference(stored[number].digest, keyed.digest) for number, keyed in changes.changed)
    numbers = kinds["numbers"] + kinds["body numbers"]
    before = len(changes.changed) + len(changes.same) + len(changes.moved) + present
    if numbers < min(3, before) or 2 * numbers <= before or before < 2:
        return replace(habits, numbers=0) if habits.numbers and before else habits
    polls = habits.numbers + 1
    noise: Noise = habits.noise
    if polls >= _FEED_NUMBERS:
        noise = "all" if habits.noise == "all" or 2 * kinds["numbers"] > numbers else "body"
    return replace(habits, numbers=polls, noise=noise)


# ── names ────────────────────────────────────────────────────────────────────────────────────


def _names_learned(
    changes: Changes, habits: Habits, stored: dict[int, KnownItem], present: int, now: datetime
) -> Habits:
    """Whether most of what is stored came under other names."""
    found = [(stored[number], keyed) for number, keyed in (*changes.changed, *changes.moved)]
    renamed = [(item, keyed) for item, keyed in found if is_renamed(item, keyed)]
    exact = len(changes.same) + present + len(found) - len(renamed)
    if len(renamed) <= exact:
        guids: GuidHabit = "own" if habits.guids == "anew" and exact else habits.guids
        return replace(habits, guids=guids, renamed=0, renamed_at=None) if exact else habits
    other = sum(bool(keyed.parsed.guid) and keyed.parsed.guid != item.guid for item, keyed in renamed)
    anew = habits.renamed and habits.guids != "shared" and 2 * other > len(renamed)
    return replace(
        habits,
        guids="anew" if anew else habits.guids,
        renamed=habits.renamed + 1,
        # while names are not followed, the day that they are not counts from when they last were
        renamed_at=habits.renamed_at if is_restless(habits, now) else now,
    )


def trusted(
    habits: Habits, items: Sequence[ParsedItem], article_url: Callable[[str], str], *, whole: bool
) -> Habits:
    """How far guids and links of this document name its items; ``whole``: these are all of them."""
    named = [(item.guid, article_url(item.url) or item.title) for item in items]
    guids = [(guid, page) for guid, page in dict.fromkeys(named) if guid]
    links = [(article_url(item.url), item.title) for item in items if not item.guid and article_url(item.url)]
    bad_guids, bad_links = _bad(guids), _bad(list(dict.fromkeys(links)))
    if bad_guids > max(1, _BAD * len(guids)):
        habits = replace(habits, guids="shared")
    elif whole and not bad_guids and len(guids) >= _TELLING and habits.guids == "shared":
        habits = replace(habits, guids="own")
    if bad_links > max(1, _BAD * len(links)):
        return replace(habits, links_shared=True)
    if whole and not bad_links and len(links) >= _TELLING and habits.links_shared:
        return replace(habits, links_shared=False)
    return habits


def _bad(names: Sequence[tuple[str, str]]) -> int:
    """How many of these share their first name with another."""
    owners = Counter(name for name, _ in names)
    return sum(owners[name] > 1 for name, _ in names)
