"""Texts of an outlet's pages that get worse are told, chance is not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from aggregator.core.extract.fare import judge
from aggregator.model.learning import Decline, Look

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def looks(*pages: tuple[int | None, int]) -> list[Look]:
    """Pages read one an hour, the last one now: score in thousandths, words."""
    return [
        Look(at=NOW - HOUR * (len(pages) - n), score=score, words=words)
        for n, (score, words) in enumerate(pages, 1)
    ]


def usual(count: int) -> list[tuple[int | None, int]]:
    """Pages as they mostly are: scores and lengths spread."""
    return [(880 + 20 * (n % 5), 300 + 150 * (n % 7)) for n in range(count)]


def reason(pages: Sequence[tuple[int | None, int]]) -> str:
    decline = judge(looks(*pages), None, NOW)
    return decline.reason if decline else ""


def test_a_clear_fall_of_the_scores_is_told_since_it_began() -> None:
    pages = [*usual(30), *[(500, 400)] * 10]
    assert judge(looks(*pages), None, NOW) == Decline(
        since=NOW - HOUR * 9,
        reason="their texts score 0.50, 0.92 before",
        usual=tuple(looks(*pages)[:30]),
    )


def test_pages_that_give_no_text_any_more_are_told() -> None:
    assert reason([*usual(30), *[(None, 0), (900, 400)] * 5]) == "50% of them give no text, 0% did before"


def test_texts_that_are_cut_short_are_told_although_they_score_well() -> None:
    assert reason([*usual(30), *[(900, 60)] * 10]) == "their texts have 60 words, 750 before"


def test_a_few_bad_pages_or_a_short_past_tell_nothing() -> None:
    assert reason([*usual(40), *[(None, 0)] * 4]) == ""
    assert reason([*usual(10), *[(100, 10)] * 10]) == ""
    assert reason(usual(60)) == ""


def test_an_outlet_whose_pages_differ_widely_is_given_more_room() -> None:
    wide = [(300 + 60 * (n % 11), 50 * 3 ** (n % 5)) for n in range(60)]
    assert reason([*wide, *[(400, 150)] * 10]) == ""


def test_it_lasts_until_the_pages_are_as_they_were_or_for_a_month() -> None:
    bad = [*usual(30), *[(500, 400)] * 10]
    known = judge(looks(*bad), None, NOW)
    assert known is not None
    still = [*looks(*bad), Look(at=NOW + HOUR, score=900, words=400)]
    assert judge(still, known, NOW + HOUR) == known
    good = [*looks(*bad), *[Look(at=NOW + HOUR * n, score=900, words=600) for n in range(1, 11)]]
    assert judge(good, known, NOW + HOUR * 10) is None
    assert judge(looks(*bad), known, NOW + timedelta(days=31)) is None
