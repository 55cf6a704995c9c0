"""Searches as they are typed and printed, over a real database."""

import pytest

from tests.cli.conftest import Terminal


def test_a_search_shows_title_and_the_part_that_has_the_words(over: Terminal) -> None:
    result = over("search", "engineers bridge")
    assert result.code == 0
    assert result.lines[0].split() == ["Id", "Age", "Outlet", "Title", "and", "text"]
    assert "Engineers had warned for years" in result.out


def test_into_a_pipe_no_line_ends_in_blanks_and_no_rule_is_as_long_as_a_long_text(over: Terminal) -> None:
    lines = over("search", "engineers bridge").out.split("\n")
    assert [line for line in lines if line != line.rstrip()] == []
    assert {len(line) for line in lines if line and not line.strip("─")} == {120}
    assert max(map(len, lines)) > 120


def test_a_search_as_json_is_the_item_with_rank_and_marked_snippet(over: Terminal) -> None:
    found = over("search", "engineers", "--json").json_lines
    assert {item["outlet"] for item in found} == {"Port News", "Quay"}
    for item in found:
        assert 0 < item["rank"] <= 1
        assert {item["snippet"][start:end] for start, end in item["snippet_marks"]} == {"Engineers"}


def test_keys_and_options_filter_alike(over: Terminal) -> None:
    by_key = over("search", 'bridge outlet:"quay"', "--json").json_lines
    by_option = over("search", "bridge", "--outlet", "quay", "--json").json_lines
    assert [item["id"] for item in by_key] == [item["id"] for item in by_option]
    assert {item["outlet"] for item in by_key} == {"Quay"}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "outlet:Port bridge",
            'there is no outlet "Port"; did you mean "Port News"?; a name of several words',
        ),
        ("colour:red", 'has the key "colour:", which there is not'),
        ('"open', "has a quote that is not closed"),
        ("", "holds no word; type words to find"),
        ("story:999", "there is no story 999; `aggregator stories` lists them"),
        ("-bridge", 'a query that begins with "-" stands behind --: aggregator search -- -bridge'),
    ],
)
def test_a_query_that_cannot_be_answered_says_what_to_type(over: Terminal, query: str, said: str) -> None:
    result = over("search", query)
    assert result.code == 2
    assert said in result.err
    assert result.out == ""


def test_a_saved_search_that_is_not_there_is_told(over: Terminal) -> None:
    for command in (["search", "--saved", "Oil"], ["export", "atom", "--search", "Oil"]):
        result = over(*command)
        assert (result.code, result.out) == (2, "")
        assert 'there is no saved search "Oil"; feeds.toml has no [[search]]' in result.err
