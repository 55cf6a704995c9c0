"""Spellings of one tag have one key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.tagkeys import LONGEST_KEY, camel, key_of


@pytest.mark.parametrize(
    "spellings",
    [
        ("Oil prices", "oil price", "#OilPrice", "OilPrices", "oil-prices", "OIL PRICES", "oil_price"),
        ("U.S.", "US", "u.s", "us"),
        ("Öl", "öl", "O\u0308l", "Ol"),
        ("São Paulo", "Sao Paulo", "#SãoPaulo"),
        ("Øresund", "oresund"),
        ("COVID-19", "Covid 19", "covid19"),
        ("McDonald's", "McDonalds", "mcdonald’s"),
        ("Parties", "party"),
        ("Новости спорта", "новости-спорта", "#НовостиСпорта"),
        ("東京", "＃東京"),
        ("Ｗｉｄｅ letters", "wide letter"),
        ("محمد", "مُحَمَّد", "محـمد"),
    ],
)
def test_spellings_of_a_tag_have_one_key(spellings: tuple[str, ...]) -> None:
    assert len({key_of(one) for one in spellings}) == 1


@pytest.mark.parametrize(("one", "other"), [("bus", "bu"), ("ガス", "カス"), ("हिंदी", "हद"), ("Iris", "Iri")])
def test_what_is_another_word_has_another_key(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)


def test_what_has_no_letter_has_no_key() -> None:
    assert key_of("#") == key_of("—!") == ""


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("oil price", "OilPrice"),
        ("bitcoin", "Bitcoin"),
        ("State of the Union", "StateOfTheUnion"),
        ("COVID-19", "COVID19"),
        ("U.S. politics", "USPolitics"),
        ("öl", "Öl"),
        ("東京", "東京"),
    ],
)
def test_a_tag_is_shown_as_it_stands_behind_its_sign(written: str, shown: str) -> None:
    assert camel(written) == shown


@given(st.text(max_size=60))
def test_what_is_shown_is_the_same_tag(text: str) -> None:
    assert key_of(camel(text)) == key_of(text)


@given(st.text(max_size=200))
def test_a_key_is_short_and_has_no_spaces(text: str) -> None:
    key = key_of(text)
    assert len(key) <= LONGEST_KEY
    assert not any(map(str.isspace, key))
