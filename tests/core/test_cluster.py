"""How like items and stories are, by the terms that they share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core import cluster, features
from aggregator.core.cluster import EMPTY, Background, Profile, likeness, nearness, with_item
from aggregator.core.features import Features, features_of, forms_of

HEADLINES = st.lists(
    st.sampled_from(
        [
            "Cyclone Hamoon hits Chittagong",
            "Chittagong port closed",
            "Oil price falls",
            "Snowden speaks at festival",
            "Bank of England reviews oversight",
        ]
    ),
    min_size=1,
    max_size=12,
)


def made(title: str, language: str = "en", **values: str) -> Features:
    return features_of(title, outlet="Gulf Insider", stated=language, **values)  # type: ignore[arg-type]


def background(*told: Features, items: int = 0) -> Background:
    having: dict[int, int] = {}
    for one in told:
        for term in one.terms:
            having[term.term] = having.get(term.term, 0) + 1
    return Background(items=max(items, len(told)), having=having)


def story(*told: Features, behind: Background | None = None) -> Profile:
    profile = EMPTY
    for number, one in enumerate(told):
        profile = with_item(profile, one.terms, number, behind or background(*told))
    return profile


def test_the_word_that_a_story_is_about_joins_an_item_that_shares_nothing_else() -> None:
    told = [made(f"Snowden {word}") for word in ("speaks", "denies", "urges", "warns", "returns")]
    late = made("Snowden Inc.")
    score, shared = likeness(late, 99, story(*told), background(*told, late))
    assert score >= cluster.JOINS
    assert [one.text for one in shared] == ["Snowden"]


def test_a_word_of_several_that_a_story_is_about_leads_to_others_as_well() -> None:
    title = "Men's Wearhouse buys Jos Bank Clothiers"
    told = [made(f"{title} {word}") for word in ("finally", "rival", "agreed", "deal", "billion")]
    other = made("Bank of England overhauls regulatory oversight")
    assert likeness(other, 99, story(*told), background(*told, other))[0] < cluster.JOINS


def test_terms_of_two_languages_are_never_the_same() -> None:
    english, french = made("Emmanuel Macron Paris", "en"), made("Emmanuel Macron Paris", "fr")
    assert not {one.term for one in english.terms} & {one.term for one in french.terms}


def test_a_title_that_recurs_at_its_outlet_says_nothing() -> None:
    forms = forms_of("Photos of the day: 11 March", "gulf insider")
    assert forms == forms_of("Photos of the day: 12 March", "gulf insider")
    assert forms != forms_of("Photos of the day: 12 March", "another")
    told = features_of("Photos of the day: 12 March", outlet="X", forms=forms, recurring=frozenset(forms[:1]))
    assert told.terms == ()


def test_names_of_a_text_count_less_than_words_of_the_title() -> None:
    told = made("Port closed", body="The storm that is called Hamoon came ashore.")
    weights = {one.text: one.weight for one in told.terms}
    assert 0 < weights["Hamoon"] < weights["Port"]


def test_two_words_that_a_third_of_a_small_store_has_are_no_evidence_and_two_rare_ones_are() -> None:
    told = (
        "new bus routes",
        "schools reopen Sunday",
        "doctors win prize",
        "hotels expect guests",
        "chess master",
    )
    of_place = [made(f"Bahrain {what} near Manama") for what in told]
    others = [made(f"Storm warning {number}00 lifted") for number in range(9)]
    behind = background(*of_place, *others)
    assert likeness(of_place[0], 99, story(of_place[1], behind=behind), behind)[0] < cluster.JOINS
    rare = [made("Volcano erupts Tuesday"), made("Volcano erupts again")]
    behind = background(*rare, *others)
    assert likeness(rare[0], 99, story(rare[1], behind=behind), behind)[0] >= cluster.JOINS


@given(HEADLINES)
def test_a_likeness_lies_between_nothing_and_all(titles: list[str]) -> None:
    told = [made(title) for title in titles]
    behind = background(*told)
    one, other = story(*told), story(*told[: len(told) // 2 + 1])
    assert 0 <= nearness(one, other, behind) <= 1
    assert nearness(one, other, behind) == nearness(other, one, behind) or one.size == other.size
    assert 0 <= likeness(told[0], 7, one, behind)[0] <= 1


@given(HEADLINES)
def test_profiles_and_features_come_back_as_they_were_kept(titles: list[str]) -> None:
    told = [made(title) for title in titles]
    profile = story(*told)
    assert cluster.unpacked(cluster.packed(profile)) == profile
    assert [features.unpacked(features.packed(one), one.language) for one in told] == told


@given(HEADLINES.flatmap(lambda titles: st.tuples(st.just(titles), st.permutations(titles))))
def test_neither_a_story_nor_what_is_like_it_depends_on_the_order_of_its_items(
    orders: tuple[list[str], list[str]],
) -> None:
    told, turned = ([made(title) for title in titles] for titles in orders)
    behind = background(*told)
    one, other = story(*told), story(*turned)
    assert (one.size, dict(one.counts)) == (other.size, dict(other.counts))
    assert one.sums == pytest.approx(other.sums)
    for title in ("Cyclone Hamoon closes Chittagong port", "Oil price falls again"):
        late = made(title)
        assert likeness(late, 99, one, behind)[0] == pytest.approx(likeness(late, 99, other, behind)[0])
