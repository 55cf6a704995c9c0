"""Stored items under other names, and what is too much at once."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import Any

import pytest

from aggregator.core.flood import held, is_suspect, is_too_much, recognise
from aggregator.core.identity import item_digest
from aggregator.model import Changes, Enclosure, FeedState, Keyed, KnownItem, ParsedItem, Place
from tests.conftest import NOW
from tests.store.press import new_item, parsed

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TEXT = "The council voted on Tuesday to rebuild the northern bridge before the winter storms come again"


def stored(number: int, item: ParsedItem) -> KnownItem:
    return KnownItem(
        id=number,
        key=item.guid,
        guid=item.guid,
        canonical_url=item.url,
        title=item.title,
        digest=item_digest(item),
        published=item.published,
        summary=item.summary,
        files=tuple(one.url for one in item.enclosures),
    )


def keyed(item: ParsedItem) -> Keyed:
    return Keyed(key=item.guid, parsed=item, canonical_url=item.url, digest=item_digest(item))


def article(number: int = 1, **values: Any) -> ParsedItem:
    plain: dict[str, Any] = {
        "url": f"https://x.example/a/{number}",
        "title": f"Council number {number} rebuilds its bridge",
        "summary": f"{TEXT} {number}",
        "content_html": "",
        "published": NOW - number * DAY,
    }
    return parsed(f"old-{number}", **plain | values)


def is_same(before: ParsedItem, **changed: Any) -> bool:
    """Whether the one item of a document is taken for the one that is stored."""
    after = replace(before, **{"guid": "new", "url": "https://y.example/b/17"} | changed)
    changes = Changes(new=(keyed(after),), places=(Place(new=0),))
    return not recognise(changes, [stored(1, before)], taken=(), now=NOW).new


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"title": "COUNCIL NUMBER 1 REBUILDS ITS BRIDGE"},
        {"title": "Council number&nbsp;1 &amp;#8211; rebuilds its bridge"},
        {"published": None},
        {"published": NOW - DAY + 3 * HOUR},  # another zone
        {"published": NOW - HOUR},  # its text still is the same
        {"title": "Council rebuilds bridge"},  # its date and text still are
        {"summary": "Other words altogether, of a new editor with other ideas about bridges and storms"},
    ],
    ids=str,
)
def test_two_agreements_make_one_item(changed: dict[str, Any]) -> None:
    assert is_same(article(), **changed)


@pytest.mark.parametrize(
    "changed",
    [
        {
            "title": "Ferry company closes",
            "summary": "The last boat left on Sunday, said the owner of the ferry",
        },
        {
            "published": NOW - HOUR,
            "summary": "Other words, of another day, on another bridge, by another writer",
        },
        {"title": "Ferry company closes", "published": NOW - HOUR},
    ],
    ids=str,
)
def test_one_agreement_proves_nothing(changed: dict[str, Any]) -> None:
    assert not is_same(article(), **changed)


def test_a_headline_of_every_day_needs_the_same_date() -> None:
    """NewsBlur clustering/models.py: "Morning briefing"."""
    briefing = article(title="Morning briefing")
    assert not is_same(briefing, published=NOW - HOUR)
    assert is_same(briefing)


def test_episodes_that_are_described_alike_are_told_apart_by_their_files() -> None:
    episode = article(enclosures=(Enclosure(url="https://x.example/episode-1.mp3"),))
    other = (Enclosure(url="https://cdn.example/episode-2.mp3"),)
    same = (Enclosure(url="https://cdn.example/episode-1.mp3?token=7"),)
    assert not is_same(episode, enclosures=other)
    assert is_same(episode, enclosures=same, published=None)


@pytest.mark.parametrize("apart", [timedelta(seconds=1), timedelta(seconds=20)], ids=str)
def test_headlines_of_one_minute_are_put_side_by_side_only_where_they_look_alike(
    apart: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two thousand items of one moment held everything else up for half a minute."""
    compared = 0
    ratio = SequenceMatcher.ratio

    def counted(self: SequenceMatcher[str]) -> float:
        nonlocal compared
        compared += 1
        return ratio(self)

    def feed(name: str) -> list[ParsedItem]:
        chance = random.Random(name)
        return [
            article(
                number,
                url=f"https://x.example/{name}/{number}",
                title=" ".join(f"word{chance.randrange(3000)}" for _ in range(12)),
                summary="",
                published=NOW - DAY + number * apart,
            )
            for number in range(200)
        ]

    monkeypatch.setattr(SequenceMatcher, "ratio", counted)
    changes = Changes(
        new=tuple(map(keyed, feed("new"))),
        places=tuple(Place(new=n) for n in range(200)),
    )
    known = [replace(stored(n, one), guid=f"b{n}") for n, one in enumerate(feed("old"))]

    assert len(recognise(changes, known, taken=(), now=NOW).new) == 200
    assert compared < 100


def test_a_spoilt_headline_is_known_by_its_letters() -> None:
    before = article(title="El concejo reconstruirá el puente después de la tormenta", summary="")
    assert is_same(before, title="El concejo reconstruir?? el puente despu??s de la tormenta")


def test_pairs_that_are_not_beyond_doubt_need_most_of_the_document() -> None:
    known = [stored(n, article(n)) for n in range(1, 11)]

    def left(recognised: int) -> int:
        documents = [
            replace(article(n), guid=f"g{n}", url=f"https://y.example/b/{n}", published=None)
            for n in range(1, recognised + 1)
        ]
        documents += [
            article(n, title=f"Ferry {n} sinks off the coast", summary="") for n in range(50, 60 - recognised)
        ]
        changes = Changes(
            new=tuple(map(keyed, documents)), places=tuple(Place(new=n) for n in range(len(documents)))
        )
        return len(recognise(changes, known, taken=(), now=NOW).new)

    assert (left(8), left(5)) == (2, 10)


def test_only_a_document_of_which_most_looks_new_is_compared() -> None:
    new = Changes(new=(keyed(article()),))
    assert not is_suspect(new, 30)
    assert is_suspect(new, 1)
    assert not is_suspect(new, 1, part=True)
    assert is_suspect(replace(new, moved=tuple((n, keyed(article(n))) for n in range(20))), 30)


# ── too many at once ─────────────────────────────────────────────────────────────────────────

DAILY = FeedState(
    id=1,
    url="https://x.example/feed",
    outlet="X",
    last_success=NOW - HOUR,
    arrivals=tuple(NOW - n * DAY for n in range(1, 31)),
)


def items(count: int, first: datetime | None, apart: timedelta = timedelta()) -> list[Any]:
    return [new_item(str(n), published=first and first - n * apart) for n in range(count)]


@pytest.mark.parametrize(
    ("state", "count", "first", "apart", "too_much"),
    [
        (DAILY, 10, NOW - 300 * DAY, DAY, False),  # never too many
        (DAILY, 11, NOW - 300 * DAY, DAY, True),
        (DAILY, 30, NOW, timedelta(), True),
        (DAILY, 30, NOW, timedelta(minutes=1), False),  # a busy hour, minute by minute
        (DAILY, 30, None, timedelta(), True),
        (replace(DAILY, last_success=NOW - 40 * DAY), 30, NOW, DAY, False),  # our outage
        (replace(DAILY, last_success=NOW - 40 * DAY), 100, None, timedelta(), False),
        (replace(DAILY, last_success=None), 500, NOW - 300 * DAY, DAY, False),  # the first poll
        (replace(DAILY, arrivals=()), 40, None, timedelta(), False),  # hardly known
    ],
)
def test_what_is_plausible_for_the_time_passed_is_no_flood(
    state: FeedState, count: int, first: datetime | None, apart: timedelta, too_much: bool
) -> None:
    assert is_too_much(state, items(count, first, apart), NOW) is too_much


def test_held_items_come_out_within_two_days_and_after_those_that_are_held_already() -> None:
    flood = held(items(2_000, NOW - DAY, HOUR), DAILY, NOW, after=NOW + DAY)
    times = [item.held_until for item in reversed(flood) if item.held_until]
    assert times == sorted(times)
    assert (times[0], times[-1] < NOW + 3 * DAY) == (NOW + DAY, True)
    late = held(items(2, NOW - DAY), DAILY, NOW, after=NOW + 30 * DAY)
    assert late[0].held_until == NOW + 7 * DAY


def test_news_in_a_flood_goes_out_at_once() -> None:
    old = items(1_500, NOW - 300 * DAY, DAY)
    now, undated = items(1, NOW)[0], items(1, None)[0]
    flood = held([*old[:700], now, *old[700:], undated], DAILY, NOW)
    assert [at for at, item in enumerate(flood) if item.held_until is None] == [700, 1501]


def test_of_a_flood_that_says_to_be_news_only_what_is_plausible_goes_out_at_once() -> None:
    assert sum(item.held_until is None for item in held(items(100, NOW), DAILY, NOW)) == 10
    assert all(item.held_until is not None for item in held(items(100, None), DAILY, NOW))
