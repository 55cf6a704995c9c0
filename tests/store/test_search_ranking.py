"""Both databases find what ``Query.matches`` says, whatever is asked; and the best stands first."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.core.query import Fields, Query, parse_query
from aggregator.core.ranking import LOOKED_AT, rank
from aggregator.errors import UsageError
from aggregator.model import ItemFilter
from aggregator.store import Store
from aggregator.store import search as searching
from tests.store.press import DAY, NOW, all_items, new_item, poll

_WORDS = (
    "Oil",
    "price",
    "prices",
    "Öl",
    "Zürich",
    "東京都",
    "東京",
    "京都タワー",
    "หนังสือ",
    "हिन्दी",
    "state-of-the-art",
    "U.S.",
)
_TERMS = st.sampled_from(
    (
        "oil",
        "PRICE",
        "pri*",
        "ol",
        "zurich",
        "京",
        "東京",
        "都タ",
        "หนัง",
        "हिन्दी",
        '"oil price"',
        '"price oil"',
        '"oil pri"*',
        '"東京 京都"',
        "title:oil",
        'title:"oil price"',
        "title:price*",
        "state-of-the-art",
        "u.s.",
        "oil OR 東京",
        "title:prices OR zurich OR ol",
        "-price",
        '-"oil price"',
        "-title:oil",
        "-京都",
        "tag:gulf",
        "-tag:sport",
        "tag:gulf OR tag:none",
        "lang:en",
        "-lang:en",
        "lang:de",
        "outlet:one",
        "-outlet:ONE",
        "outlet:one OR outlet:two",
        "after:5d",
        "before:3d",
        "after:10d",
    )
)
_QUERIES = st.lists(_TERMS, min_size=1, max_size=4).map(" ".join)


def indexed(store: Store) -> Store:
    while store.index_pending():
        pass
    return store


def asked(query: str) -> Query:
    return parse_query(query, now=NOW)


@pytest.fixture
def filled(store: Store) -> Store:
    """Forty items of two outlets, of mixed words, languages, tags and days."""
    number = 0
    for outlet in ("One", "Two"):
        new = []
        for place in range(20):
            number += 1
            words = [_WORDS[(number * step + place) % len(_WORDS)] for step in (1, 3, 5, 7, 2)]
            new.append(
                new_item(
                    f"{outlet}{place}",
                    title=" ".join(words[: place % 4]),
                    summary=" ".join(words[2 : 2 + place % 3]),
                    text=" ".join(words * (place % 3)),
                    language=("en", "en-GB", "de", None)[place % 4],
                    tags=((), ("Gulf",), ("gulf", "Sport"))[place % 3],
                    published=NOW - place * DAY / 2,
                )
            )
        poll(store, *new, outlet=outlet)
    return indexed(store)


@given(query=_QUERIES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_search_finds_what_the_query_matches_and_nothing_else(filled: Store, query: str) -> None:
    try:
        wanted = asked(query)
    except UsageError:
        return
    items = all_items(filled).values()
    expected = {item.id for item in items if wanted.matches(item)}
    assert {hit.item.id for hit in filled.hits(wanted, now=NOW)} == expected
    newest = sorted((item.sort_at, item.id) for item in items if item.id in expected)[::-1]
    assert [item.id for item in filled.found(wanted, now=NOW)] == [number for _, number in newest]


def best(store: Store, query: str) -> list[int]:
    """What the formula says of every item, without an index."""
    wanted = asked(query)
    ranked = [
        (rank(wanted, Fields.of(item.title, item.summary, item.text, LOOKED_AT), item.sort_at, NOW), item)
        for item in all_items(store).values()
        if wanted.matches(item)
    ]
    ranked.sort(key=lambda each: (each[0], each[1].sort_at, each[1].id), reverse=True)
    return [item.id for _, item in ranked]


@pytest.mark.parametrize(
    "query", ["oil", "price OR prices", '"oil price"', "東京 oil", "pri* -zurich", "tag:gulf"]
)
def test_where_few_items_match_the_order_is_that_of_the_formula(filled: Store, query: str) -> None:
    assert [hit.item.id for hit in filled.hits(asked(query), now=NOW)] == best(filled, query) != []


def test_news_goes_before_what_says_the_same_and_is_old(store: Store) -> None:
    poll(
        store,
        new_item("1", title="Dilmun", published=NOW - 90 * DAY),
        new_item("2", title="Dilmun", published=NOW - DAY),
        new_item("3", title="Other", text="Dilmun " + "word " * 400, published=NOW - DAY / 24),
    )
    assert [hit.item.id for hit in indexed(store).hits("dilmun", now=NOW)] == [2, 1, 3]


def test_of_a_frequent_word_the_newest_items_and_those_with_it_in_the_title_come_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_LOOKED_AT", 3)
    old, new = NOW - 2 * DAY, NOW - DAY
    poll(
        store,
        new_item("1", title="The ferry", published=old),
        *[new_item(str(n), title=f"Number {n}", text="ferry", published=old) for n in range(2, 8)],
        *[new_item(str(n), title=f"Number {n}", text="ferry", published=new) for n in range(8, 12)],
    )
    hits = list(indexed(store).hits("ferry", now=NOW))
    assert [hit.item.id for hit in hits[:4]] == [1, 11, 10, 9]
    assert sorted(hit.item.id for hit in hits) == list(range(1, 12))
    assert [hit.rank is None for hit in hits] == [False] * 4 + [True] * 7
    page = list(store.hits("ferry", ItemFilter(limit=2), now=NOW))
    assert [hit.item.id for hit in page] == [1, 11]


@pytest.mark.parametrize("few", [0, 3, 10_000])
@pytest.mark.parametrize(
    "query",
    [
        "oil tag:gulf",
        "oil OR price lang:en",
        "oil outlet:two",
        "oil OR price before:4d",
        "oil OR price after:4d",
    ],
)
def test_the_way_in_which_keys_are_looked_up_changes_nothing(
    filled: Store, monkeypatch: pytest.MonkeyPatch, query: str, few: int
) -> None:
    expected = best(filled, query)
    monkeypatch.setattr(searching, "_FEW", few)
    monkeypatch.setattr(searching, "_ASKED_EACH", few // 2)
    monkeypatch.setattr(searching, "_KNOWN", 5)
    assert [hit.item.id for hit in filled.hits(asked(query), now=NOW)] == expected != []
    newest = sorted(expected, key=lambda number: (filled.item(number).sort_at, number))[::-1]  # type: ignore[union-attr]
    assert [item.id for item in filled.found(asked(query), now=NOW)] == newest


def test_an_item_found_elsewhere_later_is_found_by_its_old_date(store: Store) -> None:
    poll(store, *[new_item(str(n), title="Ferry", published=NOW - n * DAY) for n in range(9)])
    poll(store, new_item("old", title="Ferry", published=NOW - 30 * DAY), now=NOW + timedelta(hours=1))
    found = [hit.item.id for hit in indexed(store).hits("ferry before:5d", now=NOW)]
    assert sorted(found) == [7, 8, 9, 10]
