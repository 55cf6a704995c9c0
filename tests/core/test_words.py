"""The words of a text, its language, and what says something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.words import (
    base_language,
    is_significant,
    language_of,
    script_of,
    stem,
    without_dates,
    words,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Snowden's leaks", ["snowden", "leaks"]),
        ("U.S. dollar at 3.5 million", ["us", "dollar", "at", "3.5", "million"]),
        ("L'Assemblée nationale", ["assemblée", "nationale"]),
        ("ＮＨＫ and Straße", ["nhk", "and", "strasse"]),
        ("AT&T well-known", ["at&t", "well", "known"]),
        ("東京で地震", ["東京", "地震"]),
        ("", []),
    ],
)
def test_words_are_folded_without_possessives_and_marks(text: str, expected: list[str]) -> None:
    assert [word.folded for word in words(text)] == expected


def test_a_date_is_no_word_but_a_name_that_looks_like_a_month_is() -> None:
    assert [word.text for word in without_dates(words("Recap of 11 March 2014: Theresa May resigns"))] == [
        "Recap",
        "of",
        "Theresa",
        "May",
        "resigns",
    ]


def test_stop_words_say_nothing_unless_they_are_abbreviations_in_capitals() -> None:
    told = [word.text for word in words("It is the US and IT") if is_significant(word, "en")]
    assert told == ["US", "IT"]


def test_endings_are_cut_as_the_language_has_them() -> None:
    assert stem("recalls", "en") == stem("recall", "en")
    assert stem("recalls", None) == "recalls"


@pytest.mark.parametrize(
    ("stated", "base"),
    [("en-GB", "en"), ("EN_us", "en"), ("und", None), ("", None), (None, None), ("x-default", None)],
)
def test_only_the_base_of_a_stated_language_counts(stated: str | None, base: str | None) -> None:
    assert base_language(stated) == base


@pytest.mark.parametrize(
    ("text", "stated", "expected"),
    [
        ("Президент заявил, что войска ещё не были выведены из этого района", "en", "ru"),
        ("東京で地震", None, "ja"),
        ("La ministre a été nommée par le président de la République", None, "fr"),
        ("Die Regierung hat am Montag ein Gesetz beschlossen", None, "de"),
        ("Snowden", "en-US", "en"),
        ("Snowden", None, None),
        ("1234", "de", "de"),
    ],
)
def test_a_language_is_the_stated_one_unless_the_text_contradicts_it(
    text: str, stated: str | None, expected: str | None
) -> None:
    assert language_of(text, stated) == expected


@given(st.text())
def test_any_text_has_words_and_a_script(text: str) -> None:
    script_of(text)
    language_of(text)
    assert all(word.folded for word in words(text))
