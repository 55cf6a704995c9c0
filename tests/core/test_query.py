"""What a search may say, and which items it means."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.config.query_syntax import Label
from aggregator.core.lexemes import lexemes
from aggregator.core.query import Query, Term, parse_query
from aggregator.errors import UsageError
from tests.conftest import NOW
from tests.export.making import make_item


def parsed(query: str) -> Query:
    return parse_query(query, now=NOW)


def word(*words: str, prefix: bool = False, title: bool = False) -> Term:
    return Term(words=words, prefix=prefix, title=title)


def test_a_query_is_taken_apart_into_what_is_wanted_and_what_is_not() -> None:
    text = 'Grand "two  words" -not -"a b" semi-detached title:Oil pric* outlet:"A B" -tag:sport after:7d'
    assert parsed(text) == Query(
        text=text,
        wanted=(
            (word("grand"),),
            (word("two", "words"),),
            (word("semi", "detached"),),
            (word("oil", title=True),),
            (word("pric", prefix=True),),
        ),
        unwanted=(word("not"), word("a", "b")),
        labels=(
            Label(key="outlet", values=("A B",)),
            Label(key="tag", values=("sport",), absent=True),
        ),
        after=NOW - timedelta(days=7),
    )


def test_or_joins_the_words_on_its_two_sides_and_no_others() -> None:
    assert parsed("oil gas OR coal price").wanted == (
        (word("oil"),),
        (word("gas"), word("coal")),
        (word("price"),),
    )
    assert parsed('a | "b c" OR title:d').wanted == ((word("a"), word("b", "c"), word("d", title=True)),)


def test_several_outlets_languages_or_stories_mean_any_of_them_and_several_tags_all() -> None:
    assert parsed("outlet:A x outlet:B lang:en OR lang:de tag:a tag:b tag:c OR tag:d").labels == (
        Label(key="outlet", values=("A", "B")),
        Label(key="lang", values=("en", "de")),
        Label(key="tag", values=("a",)),
        Label(key="tag", values=("b",)),
        Label(key="tag", values=("c", "d")),
    )


def test_of_several_times_the_narrowest_counts() -> None:
    query = parsed("after:7d after:2d before:2026-01-31 before:2026-02-01T08:00+02:00")
    assert query.after == NOW - timedelta(days=2)
    assert query.before == datetime(2026, 1, 31, tzinfo=UTC)


def test_an_address_or_a_word_before_a_colon_and_a_blank_is_only_words() -> None:
    assert parsed("https://example.org/a").wanted == ((word("https", "example", "org", "a"),),)
    assert parsed("Breaking: fire").wanted == ((word("breaking"),), (word("fire"),))
    assert parsed("12:30").wanted == ((word("12", "30"),),)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "colour:red",
            'the key "colour:", which there is not; there are outlet:, tag:, lang:, story:, title:',
        ),
        ("outlet: x", 'has outlet: without a value; write it without a blank, such as outlet:"Gulf Insider"'),
        ("story:x", "has story:x, which is no number"),
        ("story:" + "9" * 40, "which is no number"),
        ("lang:english", "has lang:english, which is no language code"),
        ("after:soon", "has after:soon, which is no time; expected a span such as after:7d"),
        ("before:2026-13-01", "which is no time"),
        ("x -after:7d", "has -after:, which says nothing; write before:7d"),
        ("a OR", "an OR without a word on both sides"),
        ("OR a", "an OR without a word on both sides"),
        ("a OR OR b", "an OR without a word on both sides"),
        ("a OR -b", "an OR before -b"),
        ("a OR tag:b", "an OR between two kinds of things"),
        ("tag:b OR a", "an OR between a word and a key"),
        ("ab*", "write at least 3 letters before the *"),
        ("-tag:a", "only says what must be absent"),
        ('"a', "has a quote that is not closed"),
        ("x" * 10_000, "is longer than 2,000 characters"),
        (" ".join(f"w{n}" for n in range(400)), "has more than 50 words and phrases"),
    ],
)
def test_a_malformed_query_is_an_error_in_words(query: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed(query)
    assert str(caught.value).startswith("search: ")
    assert said in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ÉLÈVE Straße İzmir Łódź", ["eleve", "strasse", "izmir", "lodz"]),
        ("cafe\u0301 café", ["cafe", "cafe"]),
        ("ＮＨＫ ﬁne ½", ["nhk", "fine", "1", "2"]),
        ("co\u00adoperate zero\u200bwidth", ["cooperate", "zero", "width"]),
        ("東京都", ["東京", "京都", "都"]),
        ("iPhone発売", ["iphone", "発売", "売"]),
        ("がく", ["がく", "く"]),
        ("ｶﾞｸ", ["ガク", "ク"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("مُحَمَّد", ["محمد"]),
        ("Ёлка и йод", ["елка", "и", "иод"]),
        ("한국어", ["한국어"]),
        ("👍🏽 ❤️ \x00 \ud800 a_b", ["a", "b"]),
    ],
)
def test_words_are_letters_without_case_and_accents_and_pairs_where_no_blank_parts_them(
    text: str, words: list[str]
) -> None:
    assert lexemes(text) == words


ITEM = make_item(
    title="東京都のニュース: Oil price",
    summary="Prices rise.",
    text="Crude rose by a tenth, the ministry said.",
    tags=("Energy",),
    outlet_tags=("gulf",),
    language="en-GB",
    story=12,
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("crude oil", True),
        ("crude gas", False),
        ("crude OR gas", True),
        ("crude -tenth", False),
        ('"oil price"', True),
        ('"price oil"', False),
        ('"price prices"', False),
        ("pric*", True),
        ('"the minus"*', False),
        ('"the mini"* OR "the minist"*', True),
        ("title:oil", True),
        ("title:crude", False),
        ("京", True),
        ("都の", True),
        ("京東", False),
        ("ース", True),
        ("outlet:GULF\u00a0insider", False),
        ('outlet:"gulf insider"', True),
        ('-outlet:"gulf insider" oil', False),
        ("tag:energy tag:GULF", True),
        ("tag:energy tag:sport", False),
        ('tag:"#energies"', True),
        ('tag:"#sport"', False),
        ("-tag:sport oil", True),
        ("lang:en", True),
        ("lang:en-us", False),
        ("-lang:de oil", True),
        ("story:12", True),
        ("story:13", False),
        ("after:2026-01-31", True),
        ("after:2026-02-01", False),
        ("before:2026-01-31T08:00Z", False),
        ("before:2026-01-31T08:00:01Z", True),
        ("outlet:Other -oil", False),
        ('outlet:"Gulf Insider" -gas', True),
    ],
)
def test_an_item_is_what_a_query_looks_for_or_is_not(query: str, *, found: bool) -> None:
    assert parsed(query).matches(ITEM) is found
