"""When a page is looked at a second time: early, ever more seldom, and not at what is old."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.polling import reread_page
from tests.conftest import NOW

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def looks(
    published: datetime | None, first_seen: datetime = NOW, *, changed: bool = False, late: timedelta = MINUTE
) -> list[timedelta]:
    """Ages since ``first_seen`` at which a page is read again, each look a little late."""
    now = first_seen + late
    made: list[timedelta] = []
    while then := reread_page(
        len(made), published=published, first_seen=first_seen, now=now, changed=changed
    ):
        assert then > now
        made.append(then - first_seen)
        now = then + late
    return made


def test_a_fresh_article_is_looked_at_six_times_in_a_week() -> None:
    assert looks(NOW) == [30 * MINUTE, 2 * HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY]


def test_an_article_without_a_date_is_as_old_as_its_first_sight() -> None:
    assert looks(None) == looks(NOW)


def test_what_was_published_before_it_was_seen_gets_the_later_looks_only() -> None:
    assert looks(NOW - DAY) == [2 * DAY, 6 * DAY]
    assert looks(NOW - 3 * DAY) == [4 * DAY]


def test_the_old_items_of_a_first_poll_are_never_looked_at_again() -> None:
    assert looks(NOW - 5 * DAY) == []
    assert looks(NOW - 400 * DAY) == []


def test_a_date_ahead_of_its_first_sight_does_not_put_looks_off() -> None:
    assert looks(NOW + 30 * DAY) == looks(NOW)


def test_an_article_that_was_just_edited_is_looked_at_soon_again() -> None:
    now = NOW + 6 * HOUR
    quiet = reread_page(3, published=NOW, first_seen=NOW, now=now, changed=False)
    edited = reread_page(3, published=NOW, first_seen=NOW, now=now, changed=True)

    assert (quiet, edited) == (NOW + DAY, now + 90 * MINUTE)


def test_a_live_blog_that_changes_at_every_look_is_left_after_two_weeks() -> None:
    made = looks(NOW, changed=True)

    assert len(made) <= 30
    assert made[:3] == [30 * MINUTE, 61 * MINUTE, 92 * MINUTE]
    assert 7 * DAY < made[-1] <= 14 * DAY


@given(
    age=st.timedeltas(min_value=timedelta(0), max_value=60 * DAY),
    since=st.timedeltas(min_value=timedelta(0), max_value=60 * DAY),
    rereads=st.integers(0, 40),
    changed=st.booleans(),
)
def test_a_look_lies_ahead_and_within_two_weeks_of_publication(
    age: timedelta, since: timedelta, rereads: int, changed: bool
) -> None:
    now = NOW + since
    then = reread_page(rereads, published=NOW - age, first_seen=NOW, now=now, changed=changed)

    assert then is None or (now < then and then - (NOW - age) <= 14 * DAY)
