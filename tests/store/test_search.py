"""One syntax of search on both databases."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.errors import UsageError
from aggregator.model import ChangedItem, ItemFilter
from aggregator.store import Store
from tests.store.press import DAY, HOUR, NOW, all_items, execute, faults, new_item, poll, rows
from tests.store.test_opening import earlier


def found(store: Store, query: str, **which: object) -> list[int]:
    while store.index_pending():
        pass
    return [item.id for item in store.search(query, ItemFilter(**which))]  # type: ignore[arg-type]


@pytest.fixture
def news(store: Store) -> Store:
    poll(
        store,
        new_item("1", title="Grand Prix in Bahrain", summary="Formula", text="The race was long."),
        new_item(
            "2", title="Bahrain grand opening", summary="A café", text="Prix fixe menus, state-of-the-art."
        ),
        new_item("3", title="Élection à Genève", summary="Straße", text="İstanbul ŁÓDŹ Москва Ёлка"),
        new_item("4", title="C++ and R2-D2", summary="user@example.org", text="https://example.org/path?x=1"),
    )
    return store


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("bahrain", [1, 2]),
        ("bahrain race", [1]),
        ("race bahrain", [1]),
        ('"grand prix"', [1]),
        ('"prix grand"', []),
        ("“grand prix”", [1]),
        ("bahrain -race", [2]),
        ('bahrain -"grand opening"', [1]),
        ("-race bahrain -menus", []),
        ("BAHRAIN", [1, 2]),
        ("cafe", [2]),
        ("CAFÉ", [2]),
        ("cafe\u0301", [2]),
        ("election geneve", [3]),
        ("straße", [3]),
        ("москва", [3]),
        ("ЁЛКА", [3]),
        ("lódź", [3]),
        ("strasse", [3]),
        ("state-of-the-art", [2]),
        ("art-of-the-state", []),
        ("example.org", [4]),
        ("example", [4]),
        ("path", [4]),
        ("r2-d2", [4]),
        ("c++", [4]),
        ("nothing", []),
        ("bah", []),
    ],
)
def test_words_phrases_and_absent_words(news: Store, query: str, ids: list[int]) -> None:
    assert sorted(found(news, query)) == ids


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ('"grand prix', "has a quote that is not closed"),
        ("-race", "only says what must be absent"),
        ('-"grand prix" -x', "only says what must be absent"),
        ("", "holds no word"),
        ("   ", "holds no word"),
        ("!!! ... ***", "holds no word"),
        ('""', "holds no word"),
        ("_", "holds no word"),
        (" ".join(str(n) for n in range(60)), "more than 50"),
    ],
)
def test_a_query_with_nothing_to_look_for_says_what_to_type(store: Store, query: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        store.search(query)


@pytest.mark.parametrize(
    "query",
    [
        "a AND b",
        "a OR b",
        "NOT a",
        "NEAR(a b)",
        "title:a",
        "abc*",
        "^a",
        "(a",
        "a)",
        "{a} : b",
        "{title}: b",
        "'a':A <-> b",
        "a + b",
        "'; --",
        "a | b",
        "!a",
        "<->",
    ],
)
def test_the_databases_own_query_languages_are_only_words(news: Store, query: str) -> None:
    try:
        found(news, query)
    except UsageError:
        assert not any(letter.isalnum() for letter in query)


@given(query=st.text(max_size=40))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_a_query_or_an_error_in_words(store: Store, query: str) -> None:
    try:
        found = store.search(query)
    except UsageError:
        return
    assert list(found) == []


def test_the_title_weighs_more_than_the_text(store: Store) -> None:
    filler = "word " * 30
    poll(
        store,
        new_item("1", title="Other", text=f"{filler} dilmun"),
        new_item("2", title="Dilmun", text=filler),
    )
    assert found(store, "dilmun") == [2, 1]


def test_of_equally_good_items_the_newer_comes_first(store: Store) -> None:
    same: dict[str, Any] = {"title": "Dilmun", "summary": "", "text": "text"}
    poll(store, *[new_item(str(n), published=NOW - (5 - n) * DAY, **same) for n in range(3)])
    assert found(store, "dilmun") == [3, 2, 1]
    assert found(store, "dilmun", limit=1) == [3]


def test_a_tag_with_a_hash_is_looked_for_among_hashtags_as_lists_do(store: Store) -> None:
    text = "Fatima Rahman of Manama met Fatima Rahman."
    poll(store, new_item("1", text=text), new_item("2", tags=("Oil price",)))
    while store.place_stories(NOW):
        pass
    for tag in ("#fatimarahman", "#Fatima-Rahman", "#oilprices", "#nothing"):
        listed = [item.id for item in store.items(ItemFilter(tag=tag))]
        assert (tag, found(store, f'tag:"{tag}"')) == (tag, listed)
        assert (tag, found(store, f'tag:"{tag}" title')) == (tag, listed)
    assert found(store, 'tag:"#oilprices"') == [2]
    assert found(store, 'tag:"oilprices"') == []


def test_filters_combine_with_words(store: Store) -> None:
    poll(store, new_item("1", tags=("Gulf",), language="en", canonical_url="https://x.example/"), outlet="A")
    poll(store, new_item("1", language="de", canonical_url="https://x.example/"), outlet="B")
    assert found(store, "title") == [2, 1]
    assert found(store, "title", outlets=("a",)) == [1]
    assert found(store, "title", tag="gulf") == [1]
    assert found(store, "title", language="de") == [2]
    assert found(store, "title", copies=False) == [1]
    assert found(store, "title", since=NOW + HOUR) == []


def test_new_items_are_found_when_they_are_indexed(store: Store) -> None:
    poll(store, *[new_item(str(n)) for n in range(5)])
    assert list(store.search("title")) == []
    assert [store.index_pending(2) for _ in range(4)] == [2, 2, 1, 0]
    assert len(list(store.search("title"))) == 5


def test_an_edited_item_is_found_by_its_new_words_alone(store: Store) -> None:
    poll(store, new_item("1", title="Dilmun", text="ancient"))
    assert found(store, "dilmun ancient") == [1]
    edited = new_item("1", title="Magan", text="ancient")
    poll(store, changed=(ChangedItem(id=1, item=edited),), now=NOW + HOUR)
    assert (found(store, "dilmun"), found(store, "magan ancient")) == ([], [1])
    edited = new_item("1", title="Magan", text="recent")
    poll(store, changed=(ChangedItem(id=1, item=edited),), now=NOW + HOUR)
    assert (found(store, "ancient"), found(store, "magan recent")) == ([], [1])
    assert faults(store) == []


def test_a_deleted_item_is_found_no_more(store: Store, url: str) -> None:
    poll(store, new_item("1", published=NOW - 9 * DAY), new_item("2"), new_item("3", published=NOW - 9 * DAY))
    assert len(found(store, "title")) == 3
    poll(store, new_item("4", published=NOW - 9 * DAY), now=NOW + HOUR)  # never indexed
    store.prune(NOW, 5 * DAY)
    assert found(store, "title") == [2]
    table = "search_docsize" if url.startswith("sqlite") else "search"
    assert rows(url, f"SELECT count(*) FROM {table}") == [(1,)]
    assert faults(store) == []


def test_a_very_long_text_is_indexed(store: Store) -> None:
    text = " ".join(f"w{n:x}ö" for n in range(200_000))
    poll(store, new_item("1", title="Long", text=text))
    assert found(store, "long w1fo") == [1]


def test_a_word_of_any_length_is_indexed(store: Store) -> None:
    poll(store, new_item("1", title="Long", text="x" * 100_000))
    assert found(store, "long") == [1]


_OLD_INDEX = {
    "sqlite": "INSERT INTO search (rowid, title, summary, text)"
    " SELECT id, title, summary, text FROM search_content",
    "postgresql": "INSERT INTO search (item_id, words) SELECT id, to_tsvector('simple', title) FROM items",
}


def test_an_earlier_versions_items_are_indexed_anew_bit_by_bit_the_latest_first(
    empty_url: str, tmp_path: Path
) -> None:
    earlier(empty_url, tmp_path)
    execute(empty_url, _OLD_INDEX[empty_url.partition(":")[0].partition("+")[0]], "DELETE FROM search_queue")
    Store.upgrade(empty_url)
    with closing(Store.open(empty_url)) as store:
        assert store.count_pending() == len(all_items(store)) == 6
        assert any("does not find yet" in finding.problem for finding in store.doctor(NOW))
        store.index_pending(2)
        assert {item.id for item in store.search("title:an OR title:its")} >= {5, 6}
        assert found(store, "title:its page") == [6]
        assert store.count_pending() == 0
        assert not any("search" in finding.problem for finding in store.doctor(NOW))
        assert not any("full-text" in finding.problem for finding in store.doctor(NOW))


def test_parts_of_words_without_blanks_are_found_at_any_place(store: Store) -> None:
    poll(
        store, new_item("1", title="東京都の大雨警報", text="สวัสดีชาวโลก"), new_item("2", title="京東 2026年")
    )
    for query in ("東京", "京都", "雨", "報", "大雨警報", "ชาวโลก", '"警報"', "title:都の"):
        assert found(store, query) == [1], query
    assert found(store, "京 -都") == [2]
    assert found(store, '"京東 2026"') == [2]
    assert found(store, "2026年") == [2]
    assert found(store, "都東") == []


def test_an_item_with_words_of_every_script_is_edited_and_deleted_without_a_trace(
    store: Store, url: str
) -> None:
    poll(store, new_item("1", title="東京 Élan Ёлка ǅ ﷺ", text="हिन्दी \u0fff ⅷ"), now=NOW)
    assert found(store, "東京 elan") == [1]
    edited = new_item("1", title="京都 Ébène", text="other")
    poll(store, changed=(ChangedItem(id=1, item=edited),), now=NOW + HOUR)
    assert (found(store, "東京"), found(store, "京都 ebene")) == ([], [1])
    assert faults(store) == []
    assert rows(url, "SELECT count(*) FROM search_queue") == [(0,)]
