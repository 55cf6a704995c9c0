"""Which hashtags an item gets, and a story."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.hashtags import (
    MOST,
    Tagged,
    TagUse,
    Wording,
    acronyms,
    content_tags,
    hashtags_of,
    merged,
)
from aggregator.core.keyphrases import Phrase
from aggregator.core.tagkeys import key_of
from aggregator.model.stories import Hashtag

NEW = TagUse()


def said(title: str = "A headline", text: str = "", **values: Any) -> Wording:
    return Wording(title=title, text=text, language="en", **values)


def content(
    *tags: str, wording: Wording | None = None, outlet: str = "Port News", use: TagUse = NEW
) -> list[str]:
    return list(content_tags(tags, wording or said(), outlet=outlet, use=use))


def phrase(text: str, score: float = 0.3) -> Phrase:
    return Phrase(key=key_of(text), text=text, score=score)


def labels(use: TagUse = NEW, *, wording: Wording | None = None, **values: Any) -> list[str]:
    item = Tagged(wording=wording or said(), outlet="Port News", **values)
    return [tag.label for tag in hashtags_of(item, use)]


def tag(label: str, weight: float = 0.5, source: Any = "publisher") -> Hashtag:
    return Hashtag(key=key_of(label), label=label, source=source, weight=weight)


# ── what is a tag ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "junk",
    [
        "News", "NEWS", "Uncategorized", "Sin categoría", "новости", "Breaking-News", "Home", "2026",
        "March 2026", "2026-03-01", "https://x.example/a", "someone@x.example", "type_review",
        "Port News", "port-news", "a",
        "This is a whole sentence that somebody wrote as a tag of an item", "", "  ", "#",
    ],
)  # fmt: skip
def test_what_tells_nothing_is_no_tag(junk: str) -> None:
    assert content(junk, "Oil") == ["Oil"]


def test_bylines_are_no_tags() -> None:
    assert content("Ann Lee", "Oil", wording=said(authors=("Ann Lee",))) == ["Oil"]


def test_what_an_outlet_puts_on_nearly_everything_is_no_tag_there() -> None:
    use = TagUse.of([("Gulf", f"Topic {n}") for n in range(10)])
    assert content("Gulf", "Topic 3", use=use) == ["Topic 3"]
    assert content("Gulf", "Topic 3") == ["Gulf", "Topic 3"]


def test_an_outlet_that_is_hardly_known_has_no_habits() -> None:
    assert content("Gulf", use=TagUse.of([("Gulf",)] * 5)) == ["Gulf"]
    assert content("Gulf", use=TagUse.of([("Gulf",)] * 6)) == []


def test_spellings_of_one_tag_are_one() -> None:
    assert content("Oil prices", "#OilPrice", "oil-price") == ["Oil prices"]


def test_a_list_of_tags_in_one_is_taken_apart_but_a_name_with_a_comma_is_not() -> None:
    assert content("oil, gas, coal", "tides; storms") == ["oil", "gas", "coal", "tides", "storms"]
    assert content("Houston, Texas") == ["Houston, Texas"]


def test_a_name_that_is_turned_round_stands_as_the_text_has_it() -> None:
    told = said(text="On Monday Donald Trump spoke in Houston, Texas.")
    assert content("Trump, Donald J", "Houston, Texas", wording=told) == ["Donald Trump", "Houston, Texas"]


def test_a_section_of_an_outlet_is_content_where_the_item_speaks_of_it() -> None:
    use = TagUse.of([("Science", f"Topic {n}") if n % 2 else ("Politics", f"Topic {n}") for n in range(10)])
    section = Tagged(wording=said(), outlet="Port News", feed_tags=("Science", "Topic 9"))
    speaking = Tagged(
        wording=said(title="Science pays"), outlet="Port News", feed_tags=("Science", "Topic 9")
    )
    assert [one.label for one in hashtags_of(section, use)] == ["Topic9", "Science"]
    assert [one.label for one in hashtags_of(speaking, use)] == ["Science", "Topic9"]


# ── an item's ────────────────────────────────────────────────────────────────────────────────


def test_a_publishers_tags_come_before_phrases_and_what_both_say_first() -> None:
    found = labels(feed_tags=("Oil", "Gas"), phrases=(phrase("Manama"), phrase("gas")))
    assert found == ["Gas", "Oil", "Manama"]


def test_a_word_of_a_publishers_tag_is_not_a_phrase_beside_it() -> None:
    assert labels(feed_tags=("Oil prices",), phrases=(phrase("prices"),)) == ["OilPrices"]


def test_unlikely_phrases_are_left_out() -> None:
    assert labels(phrases=(phrase("Manama", 0.5), phrase("Monday morning", 0.01))) == ["Manama"]


def test_what_no_text_proves_a_thing_is_no_hashtag_however_likely() -> None:
    debris = Phrase(key="keep", text="keeps", score=0.9, is_thing=False)
    assert labels(phrases=(debris, phrase("Manama"))) == ["Manama"]


def test_a_word_of_a_tag_that_is_written_without_spaces_is_no_phrase_beside_it() -> None:
    assert labels(feed_tags=("DonaldTrump",), phrases=(phrase("Donald"),)) == ["DonaldTrump"]


def test_a_courtesy_title_makes_no_second_tag_of_a_person() -> None:
    assert labels(phrases=(phrase("Odalys Brandt"), phrase("Ms Brandt"))) == ["OdalysBrandt"]


def test_an_acronym_and_what_it_stands_for_are_one_tag() -> None:
    told = said(text="The European Central Bank (ECB) met.")
    assert acronyms(told.text) == {"ecb": "europeancentralbank"}
    assert labels(wording=told, feed_tags=("European Central Bank",), phrases=(phrase("ECB"),)) == [
        "EuropeanCentralBank"
    ]


def test_forms_of_a_word_are_one_tag() -> None:
    german = Wording(title="Wahlen", text="", language="de")
    assert labels(wording=german, feed_tags=("Wahlen",), phrases=(phrase("Wahl"),)) == ["Wahlen"]


_LABELS = st.lists(
    st.sampled_from(["Oil", "oil", "Gas prices", "News", "2026", "Ann Lee", "東京", "#MeToo", ""])
)


@given(_LABELS, _LABELS)
def test_hashtags_are_few_distinct_and_in_order_of_weight(feed: list[str], page: list[str]) -> None:
    item = Tagged(wording=said(), outlet="X", feed_tags=tuple(feed), page_tags=tuple(page))
    found = hashtags_of(item, NEW)
    assert len(found) == len({one.key for one in found}) <= MOST
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    assert all(0 < one.weight <= 1 and one.key == key_of(one.label) for one in found)


# ── a story's ────────────────────────────────────────────────────────────────────────────────


def test_what_several_items_of_a_story_say_is_stronger() -> None:
    assert [one.label for one in merged([(tag("Oil"), tag("Gas")), (tag("Oil"),)])] == ["Oil", "Gas"]


def test_a_storys_label_is_what_most_write_and_its_source_the_publishers_own() -> None:
    (found,) = merged(
        [(tag("Oilprice", 0.3, "phrase"),), (tag("OilPrice", 0.3),), (tag("OilPrice", 0.3, "page"),)]
    )
    assert found == Hashtag(key="oilprice", label="OilPrice", source="publisher", weight=0.3)


def test_a_story_of_nothing_has_no_hashtags() -> None:
    assert merged([]) == merged([(), ()]) == ()


_TAGS = st.lists(
    st.lists(
        st.builds(tag, st.sampled_from(["Oil", "Gas", "Öl", "Tea"]), st.floats(0.01, 1)),
        unique_by=lambda one: one.key,
    ),
    max_size=5,
)


@given(_TAGS, st.randoms())
def test_the_order_of_a_storys_items_does_not_matter(items: list[list[Hashtag]], chance: Any) -> None:
    shuffled = list(items)
    chance.shuffle(shuffled)
    one, other = merged(items), merged(shuffled)
    assert {(tag.key, tag.label, tag.source) for tag in one} == {
        (tag.key, tag.label, tag.source) for tag in other
    }
    assert all(0 <= tag.weight <= 1 for tag in one)
