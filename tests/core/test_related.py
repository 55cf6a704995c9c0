"""Which articles stand beside one: near in content and time, of other outlets, no text twice."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.features import features_of
from aggregator.core.related import (
    MOST,
    Article,
    Neighbour,
    beside,
    fading,
    near,
    nearest,
    promising,
    rarity_by,
    shared,
)
from aggregator.model.stories import Related, SharedTerm
from tests.conftest import NOW

DAY = timedelta(days=1)


def article(number: int, title: str, *, language: str = "en", **values: Any) -> Article:
    """An article of outlet "a" as its title is compared."""
    terms = features_of(title, outlet="a", stated=language).terms
    weights = {one.term: one.weight for one in terms}
    plain: dict[str, Any] = {"outlet": "a", "at": NOW, "language": language}
    return Article(id=number, title=title, terms=terms, weights=weights, **plain | values)


def rarities(*articles: Article) -> dict[int, float]:
    having: dict[int, int] = {}
    for one in articles:
        for term in one.weights:
            having[term] = having.get(term, 0) + 1
    return dict(rarity_by(having, len(articles)))


def neighbour(number: int, outlet: str, score: float, title: str = "") -> Neighbour:
    return Neighbour(id=number, outlet=outlet, title=title or f"Title {number}", score=score)


def ids(found: Any) -> list[int]:
    return [one.id for one in found]


BRIDGE = article(1, "Harbour council votes to rebuild northern bridge")
SAME = article(2, "Northern bridge to be rebuilt, harbour council says", outlet="b")
OTHER = article(3, "Central bank raises interest rates again", outlet="b")


def test_what_tells_of_the_same_is_near_and_what_does_not_is_not() -> None:
    known = rarities(BRIDGE, SAME, OTHER)
    assert list(near(BRIDGE, [SAME, OTHER], known)) == [2]
    assert {one.text for one in shared(BRIDGE, SAME, known)} >= {"northern bridge"}


def test_languages_do_not_mix_even_by_an_address_that_both_link_to() -> None:
    german = Article(id=4, outlet="b", title="Brücke", at=NOW, language="de", weights=BRIDGE.weights)
    assert near(BRIDGE, [german], rarities(BRIDGE, german)) == {}


def test_likeness_fades_with_the_time_between() -> None:
    late = article(5, SAME.title, outlet="b", at=NOW + DAY)
    known = rarities(BRIDGE, SAME, late)
    found = near(BRIDGE, [SAME, late], known)
    assert found[5] == found[2] / 2
    assert fading(NOW, NOW - 2 * DAY) == 1 / 3


def test_candidates_are_those_that_share_the_rarest_terms_and_the_newest_of_equals() -> None:
    known = rarities(BRIDGE, SAME, OTHER)
    rare = max(BRIDGE.weights, key=lambda term: BRIDGE.weights[term] * known[term])
    assert promising(BRIDGE, {rare: [1, 7, 9]}, known) == (9, 7)
    assert promising(BRIDGE, {}, known) == ()


def test_no_text_stands_beside_an_article_twice_nor_its_own() -> None:
    found = nearest(
        BRIDGE,
        [
            neighbour(2, "b", 0.9, title=BRIDGE.title.upper()),
            neighbour(3, "b", 0.8, title="Bridge to open"),
            neighbour(4, "c", 0.7, title="Bridge to open!"),
            neighbour(5, "c", 0.6),
        ],
    )
    assert ids(found) == [3, 5]


def test_two_articles_of_an_outlet_at_most_stand_beside_one() -> None:
    assert ids(nearest(BRIDGE, [neighbour(n, "b", 1 / n) for n in range(2, 6)])) == [2, 3]


def test_the_own_outlets_articles_stand_there_only_where_nothing_else_does() -> None:
    own = [neighbour(2, "a", 0.9), neighbour(3, "a", 0.8), neighbour(4, "a", 0.7)]
    assert ids(nearest(BRIDGE, own)) == [2, 3, 4]
    assert ids(nearest(BRIDGE, [*own, neighbour(5, "b", 0.2)])) == [5]


def test_the_story_comes_first_one_an_outlet_and_then_what_is_near() -> None:
    told = (SharedTerm(kind="term", text="bridge", weight=1.0),)
    near_mate = Neighbour(id=3, outlet="b", title="Title 3", score=0.5, shared=told)
    found = beside(
        BRIDGE,
        [neighbour(2, "b", 0.6), neighbour(3, "b", 0.3), neighbour(4, "a", 0.9), neighbour(5, "c", 0.1)],
        [near_mate, neighbour(6, "b", 0.9), neighbour(7, "d", 0.8, title="Title 5")],
    )
    assert found == (
        Related(item_id=3, same_story=True, score=0.5, shared=told),
        Related(item_id=5, same_story=True, score=0.1),
        Related(item_id=6, same_story=False, score=0.9),
    )


_NEIGHBOURS = st.lists(
    st.builds(
        Neighbour,
        id=st.integers(1, 30),
        outlet=st.sampled_from("abcd"),
        title=st.sampled_from(["Bridge", "bridge", "Ferry", "Port", "Quay", "Rates", "Oil", "Gas"]),
        score=st.floats(0, 1),
    ),
    max_size=30,
    unique_by=lambda one: one.id,
)


@given(story=_NEIGHBOURS, close=_NEIGHBOURS)
def test_whatever_there_is_no_text_and_no_item_comes_twice_and_few_come(
    story: list[Neighbour], close: list[Neighbour]
) -> None:
    titles = {one.id: one.title.lower() for one in (*story, *close)} | {
        one.id: one.title.lower() for one in close
    }
    found = beside(BRIDGE, story, close)
    kept = [one.item_id for one in found]
    assert len(kept) <= MOST
    assert len(set(kept)) == len(kept)
    assert len({titles[one] for one in kept}) == len(kept)
    assert [one.same_story for one in found] == sorted((one.same_story for one in found), reverse=True)


@given(_NEIGHBOURS)
def test_the_order_in_which_neighbours_are_found_is_of_no_matter(found: list[Neighbour]) -> None:
    assert nearest(BRIDGE, found) == nearest(BRIDGE, found[::-1])


def test_one_common_word_or_one_name_or_one_of_each_is_no_reason() -> None:
    gale = article(1, "Gale warning lifted but swell will keep small boats inside Ellery")
    stuck = article(2, "Stuck swing bridge at Ellery makes ferry nurses keep their beds", outlet="b")
    moss = article(3, "Moss can keep time", outlet="b")
    known = rarities(gale, stuck, moss)
    assert near(gale, [stuck, moss], known) == {}


def test_three_words_in_common_are_a_reason() -> None:
    gale = article(1, "Gale warning lifted but swell will keep small boats inside Ellery")
    swell = article(2, "Swell keeps the boats of Ellery in port for one more week", outlet="b")
    assert list(near(gale, [swell], rarities(gale, swell))) == [2]
