"""Which items are one article, and whose it is."""

import sys
from array import array
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.credit import byline_credits, identities
from aggregator.core.lineage import ALONE, Member, Place, arrange, credited, path
from aggregator.model.copies import Credit, Likeness, Tie
from tests.conftest import NOW

HOUR = timedelta(hours=1)


def member(number: int, hour: int | None = None, **values: Any) -> Member:
    """An item of an outlet of its own, there by that hour."""
    at = NOW + HOUR * (number if hour is None else hour)
    names = identities(f"Outlet {chr(64 + number)}", [])
    plain: dict[str, Any] = {"id": number, "outlet": f"o{number}", "names": names, "by": at, "at": at}
    return Member(**plain | values)


def near(one: int, other: int, *, one_words: int = 300, other_words: int = 300, shared: int = 280) -> Tie:
    """Two texts that are like each other: a copy, or a part where one is much the shorter."""
    shorter, longer = sorted((one_words, other_words))
    shared = min(shared, shorter)
    like = Likeness(
        relation="copy" if shared >= 0.6 * longer else "excerpt",
        one_words=one_words,
        other_words=other_words,
        one_shared=shared,
        other_shared=shared,
        resemblance=0.8,
        passage="a passage",
    )
    return Tie(kind="near", one=one, other=other, likeness=like)


def named(name: str) -> tuple[Credit, ...]:
    return (Credit(name=name, where="text", words=f"Source: {name}"),)


def test_the_earliest_of_a_group_is_its_first() -> None:
    assert arrange([member(1, hour=5), member(2, hour=3)], [near(1, 2)]) == {1: Place(2, "copy"), 2: ALONE}


def test_an_item_that_may_be_later_yields_to_one_that_is_certainly_earlier() -> None:
    day_only = replace(member(1), at=NOW, by=NOW + 20 * HOUR)
    assert arrange([day_only, member(2, hour=9)], [near(1, 2)])[1] == Place(2, "copy")


def test_the_outlet_that_another_names_is_credited_though_it_is_later() -> None:
    copy, source = member(1, named=named("Outlet B")), member(2)
    assert arrange([copy, source], [near(1, 2)]) == {1: Place(2, "copy"), 2: ALONE}
    assert credited([copy, source]).named_by == 1


def test_of_two_that_name_each_other_the_earlier_is_credited() -> None:
    group = [member(1, named=named("Outlet B")), member(2, named=named("Outlet A"))]
    assert credited(group).first == 1


def test_a_source_of_a_source_is_credited() -> None:
    group = [member(1, named=named("Outlet B")), member(2, named=named("Outlet C")), member(3)]
    assert credited(group).first == 3


def test_a_source_that_is_not_stored_is_told_and_the_earliest_is_first() -> None:
    told = credited([member(1), member(2, named=named("Reuters"))])
    assert (told.first, told.named_by) == (1, None)
    assert [(item, credit.name) for item, credit in told.unknown] == [(2, "Reuters")]


def test_a_canonical_address_at_another_outlet_names_it() -> None:
    copy, source = member(1, address=7, link=6), member(2, address=7, link=7)
    assert arrange([copy, source], []) == {1: Place(2, "same"), 2: ALONE}


def test_a_copy_of_a_copy_names_the_first_of_all() -> None:
    places = arrange([member(n) for n in (1, 2, 3)], [near(1, 2), near(2, 3)])
    assert places == {1: ALONE, 2: Place(1, "copy"), 3: Place(1, "copy")}


def test_a_part_of_a_copy_is_an_excerpt_of_the_first() -> None:
    places = arrange([member(n) for n in (1, 2, 3)], [near(1, 2), near(2, 3, other_words=100)])
    assert places == {1: ALONE, 2: Place(1, "copy"), 3: Place(1, "excerpt")}


def test_a_round_up_of_two_reports_makes_them_no_copies() -> None:
    ties = [near(1, 3, one_words=120, other_words=300), near(2, 3, one_words=120, other_words=300)]
    assert set(arrange([member(n) for n in (1, 2, 3)], ties).values()) == {ALONE}


def test_two_later_excerpts_of_one_report_are_excerpts_of_it() -> None:
    ties = [near(1, 2, other_words=120), near(1, 3, other_words=120)]
    assert arrange([member(n) for n in (1, 2, 3)], ties) == {
        1: ALONE,
        2: Place(1, "excerpt"),
        3: Place(1, "excerpt"),
    }


def test_a_long_article_that_quotes_an_earlier_short_one_is_a_work_of_its_own() -> None:
    assert set(arrange([member(1), member(2)], [near(1, 2, one_words=60, other_words=900)]).values()) == {
        ALONE
    }


def test_an_item_that_is_kept_apart_belongs_to_no_group() -> None:
    members = [member(1, address=5), member(2, address=5, is_apart=True), member(3, address=5)]
    assert arrange(members, [near(1, 2)]) == {1: ALONE, 2: ALONE, 3: Place(1, "same")}


def test_the_way_from_one_item_to_another_is_the_shortest() -> None:
    members = [member(n) for n in (1, 2, 3)]
    ways = path(members, [near(1, 2), near(2, 3)], 3)
    assert [(tie.one, tie.other) for tie in ways[1]] == [(2, 3), (1, 2)]
    assert ways[2] == (near(2, 3),)


def calls(act: Callable[[], object]) -> int:
    """How many functions are called in doing something."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        act()
    finally:
        sys.setprofile(before)
    return count


def wire(count: int) -> list[Member]:
    """One text at so many outlets, some of whose bylines name an outlet, some an agency."""
    bylines = ("Jane Doe", "Ann Lee, Reuters", "Tom Roe via Outlet 3 Daily", "John Poe/AP")
    return [
        member(
            number,
            address=number,
            link=number if number % 5 else 1,
            text=7,
            names=identities(f"Outlet {number} Daily", [f"outlet-{number}.example"]),
            named=byline_credits([bylines[number % 4]]),
        )
        for number in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    "act",
    [
        lambda group: arrange(group, []),
        lambda group: arrange(group, [near(n, n + 1) for n in range(1, len(group))]),
        credited,
        lambda group: path(group, [near(1, n) for n in range(2, len(group))], 5),
    ],
)
def test_a_group_twice_as_large_is_twice_the_work(act: Callable[[list[Member]], object]) -> None:
    small, large = wire(200), wire(400)
    act(large)  # what is kept of names is kept by now
    assert calls(lambda: act(large)) < 2.5 * calls(lambda: act(small))


MEMBERS = st.lists(
    st.builds(
        lambda *drawn: drawn,
        st.integers(0, 4),
        st.one_of(st.none(), st.integers(1, 3)),
        st.one_of(st.none(), st.integers(1, 3)),
        st.one_of(st.none(), st.integers(1, 6)),
        st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=6,
)
PAIRS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6), st.sampled_from([100, 300])), max_size=6)


@given(MEMBERS, PAIRS, st.randoms(use_true_random=False))
def test_groups_never_chain_and_do_not_depend_on_the_order(drawn: Any, pairs: Any, order: Any) -> None:
    members = [
        member(
            number,
            hour=hour,
            address=address,
            link=address,
            text=text,
            named=named(f"Outlet {chr(64 + name)}") if name else (),
            is_apart=apart,
        )
        for number, (hour, address, text, name, apart) in enumerate(drawn, 1)
    ]
    ties = [near(min(a, b), max(a, b), other_words=words) for a, b, words in pairs if a != b]
    places = arrange(members, ties)
    shuffled, mixed = list(members), list(ties)
    order.shuffle(shuffled)
    order.shuffle(mixed)

    assert arrange(shuffled, mixed) == places
    firsts = {place.first for place in places.values()} - {None}
    assert all(places[first] == ALONE for first in firsts if first is not None)
    assert all(places[one.id] == ALONE for one in members if one.is_apart)
    assert not firsts & {one.id for one in members if one.is_apart}


# ── one address, other articles ──────────────────────────────────────────────────────────────


def told(number: int, **values: Any) -> Member:
    """An item with a text of its own that names the section as its address."""
    hashes = array("I", range(number * 1000, number * 1000 + 64)).tobytes()
    stated: dict[str, Any] = {"address": 7, "title": f"headline {number}", "words": 200, "hashes": hashes}
    return member(number, **stated | values)


def test_items_of_one_address_with_other_headlines_and_texts_are_others() -> None:
    assert set(arrange([told(1), told(2), told(3)], []).values()) == {ALONE}
    assert path([told(1), told(2)], [], 1) == {1: ()}


@pytest.mark.parametrize(
    "values",
    [{"title": "headline 1"}, {"hashes": told(1).hashes}, {"words": 40}, {"words": 0, "hashes": b""}],
)
def test_items_of_one_address_that_share_headline_or_text_or_have_none_are_one(
    values: dict[str, Any],
) -> None:
    assert arrange([told(1), told(2, **values)], [])[2] == Place(1, "same")


def test_a_text_too_short_to_tell_goes_with_the_item_whose_link_the_address_is() -> None:
    places = arrange([told(1), told(2, link=7), told(3, words=9, hashes=b"")], [])
    assert places == {1: ALONE, 2: ALONE, 3: Place(2, "same")}


def test_items_whose_links_name_other_parts_of_a_page_are_others() -> None:
    posts = [member(n, address=7, link=7, part=f"block-{n}", title=f"t{n}", guid=n) for n in (1, 2, 3)]
    assert set(arrange(posts, []).values()) == {ALONE}
    assert arrange([*posts, replace(posts[1], id=4)], [])[4] == Place(2, "same")


def test_one_entry_is_one_article_whichever_part_of_its_page_a_link_names() -> None:
    one, other = (member(n, address=7, title="t", guid=5, part=f"p{n}") for n in (1, 2))
    assert arrange([one, other], [])[2] == Place(1, "same")


def test_a_phrase_that_two_texts_share_does_not_make_them_one() -> None:
    even, odd = array("I", range(2, 130, 2)), array("I", [*range(1, 125, 2), 126])
    items = [told(1, hashes=even.tobytes()), told(2, hashes=odd.tobytes())]
    assert set(even) & set(odd)
    assert set(arrange(items, []).values()) == {ALONE}


def test_the_text_of_the_whole_page_does_not_hold_its_parts_together() -> None:
    posts = [
        member(n, address=7, link=7, text=5, part=f"block-{n}", title=f"t{n}", guid=n) for n in (1, 2, 3)
    ]
    assert set(arrange(posts, [near(1, 2)]).values()) == {ALONE}


_CLAIMS: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.builds(
        dict,
        title=st.sampled_from(["", "a", "b", "c"]),
        part=st.sampled_from(["", "x", "y"]),
        words=st.sampled_from([0, 40, 61, 300]),
        hashes=st.sets(st.integers(0, 6), min_size=1).map(lambda found: array("I", sorted(found)).tobytes()),
        guid=st.sampled_from([None, 1, 2]),
        link=st.sampled_from([7, 8]),
    ),
    min_size=1,
    max_size=8,
)


@given(_CLAIMS, st.randoms(use_true_random=False))
def test_which_items_of_an_address_are_one_does_not_depend_on_their_order(claims: Any, chance: Any) -> None:
    items = [member(n, address=7, **values) for n, values in enumerate(claims, 1)]
    shuffled = chance.sample(items, len(items))
    assert arrange(items, []) == arrange(shuffled, [])
    for one, place in arrange(items, []).items():
        assert place.first is None or place.first != one
