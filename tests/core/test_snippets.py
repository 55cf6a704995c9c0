"""The part of an article that shows why it was found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.query import Query, parse_query
from aggregator.core.snippets import LENGTH, marks_of, snippet
from tests.conftest import NOW


def asked(query: str) -> Query:
    return parse_query(query, now=NOW)


def marked(query: str, text: str) -> list[str]:
    found = snippet(asked(query), text)
    return [found.text[start:end] for start, end in found.marks]


@pytest.mark.parametrize(
    ("query", "text", "words"),
    [
        ("bridge", "The Bridge opened. A bridge!", ["Bridge", "bridge"]),
        ("zurich", "In Zürich and Zu\u0308rich", ["Zürich", "Zu\u0308rich"]),
        ('"the bridge"', "Bridge, the bridge", ["the bridge"]),
        ("bri*", "Bridges, and a brick", ["Bridges", "brick"]),
        ("京都", "東京都は京都", ["京都", "京都"]),
        ("strasse", "Die Straße.", ["Straße"]),
        ("state-of-the-art", "A state-of-the-art ferry", ["state-of-the-art"]),
        ("bridge -ferry", "ferry", []),
        ("title:bridge", "A bridge", []),
        ("tag:bridge", "A bridge", []),
    ],
)
def test_what_was_looked_for_is_marked(query: str, text: str, words: list[str]) -> None:
    assert marked(query, text) == words


def test_the_part_with_most_of_what_was_looked_for_is_shown_between_whole_words() -> None:
    filler = "word " * 100
    found = snippet(asked("ferry bridge"), f"The ferry. {filler}A ferry and a bridge here. {filler}")
    assert found.text.startswith("… word ")
    assert "A ferry and a bridge here." in found.text
    assert found.text.endswith("word …")
    assert len(found.text) <= LENGTH + 4


def test_a_text_without_the_words_shows_its_beginning_in_one_line() -> None:
    found = snippet(asked("bridge"), "First\n\nline. " + "word " * 100)
    assert found.text.startswith("First line. word")
    assert found.marks == ()


def test_a_title_is_marked_where_it_has_the_words() -> None:
    assert marks_of(asked("title:bridge OR ferry"), "Bridge and ferry") == ((0, 6), (11, 16))


@given(text=st.text(max_size=400), query=st.sampled_from(["a", "1 OR b", "abc*", "京", '"a b"']))
def test_marks_lie_within_the_snippet_in_order_whatever_the_text(text: str, query: str) -> None:
    found = snippet(asked(query), text)
    places = [0, *[place for mark in found.marks for place in mark], len(found.text)]
    assert places == sorted(places)
    assert "\n" not in found.text
