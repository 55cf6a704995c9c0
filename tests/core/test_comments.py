"""When comment feeds are looked at, and what is taken from them."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.comments import LOOKS, MOST, TEXT_LENGTH, YOUNG, comments_of, first_look, next_look
from aggregator.model import ParsedFeed
from aggregator.model.stories import Comment
from tests.conftest import NOW
from tests.store.press import parsed

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def feed(*entries: Any) -> ParsedFeed:
    return ParsedFeed(version="rss20", title="Comments", url="", language=None, items=entries)


def looks(since: datetime, *, lively: bool) -> list[timedelta]:
    """How old the item is at each look."""
    at, found, quiet = first_look(since, since), [], 0
    while at is not None:
        found.append(at - since)
        quiet = 0 if lively else quiet + 1
        at = next_look(since, at, quiet=quiet)
    return found


def test_a_lively_discussion_is_looked_at_for_a_week_further_and_further_apart() -> None:
    assert looks(NOW, lively=True) == [HOUR, 3 * HOUR, 8 * HOUR, DAY, 2 * DAY, 4 * DAY, 7 * DAY]


def test_a_quiet_one_is_given_up_after_a_day() -> None:
    assert looks(NOW, lively=False) == [HOUR, 3 * HOUR, 8 * HOUR, DAY]


def test_an_old_article_is_not_looked_at_and_one_that_came_late_at_once() -> None:
    assert first_look(NOW - 8 * DAY, NOW) is None
    assert first_look(NOW - 2 * DAY, NOW) == NOW


@given(st.timedeltas(timedelta(0), 10 * DAY), st.integers(0, 9))
def test_a_next_look_is_later_and_within_the_week(age: timedelta, quiet: int) -> None:
    at = next_look(NOW - age, NOW, quiet=quiet)
    assert at is None or NOW < at <= NOW - age + YOUNG
    assert at is None or at - (NOW - age) in LOOKS


def test_a_comment_is_plain_text_with_its_author_and_time() -> None:
    entry = parsed(
        "c1",
        title="By: Ann",
        authors=("Ann <b>",),
        content_html="<p>I <script>alert(1)</script>agree &amp; more.</p><p>Twice.</p>",
        published=NOW - HOUR,
    )
    assert comments_of(feed(entry), 7, NOW) == (
        (
            "c1",
            Comment(
                item_id=7,
                author="Ann <b>",
                text="I agree & more.\n\nTwice.",
                url="https://gulf-insider.example/c1",
                published=NOW - HOUR,
                first_seen=NOW,
            ),
        ),
    )


def test_comments_are_in_the_order_of_their_times_and_each_once() -> None:
    entries = [parsed(str(n), published=NOW - n * HOUR) for n in (1, 3, 2)]
    found = comments_of(feed(*entries, entries[0]), 7, NOW)
    assert [key for key, _ in found] == ["3", "2", "1"]


def test_of_a_flood_of_comments_the_latest_are_taken_and_of_a_long_one_the_beginning() -> None:
    entries = [parsed(str(n), published=NOW - n * HOUR) for n in range(MOST + 5)]
    long = parsed("long", content_html="word " * TEXT_LENGTH, published=NOW)
    found = dict(comments_of(feed(*entries, long), 7, NOW))
    assert len(found) == MOST
    assert found["long"].text.endswith("word…")
    assert len(found["long"].text) <= TEXT_LENGTH + 1
    assert str(MOST + 4) not in found


def test_a_time_to_come_is_not_believed_and_an_empty_comment_is_none() -> None:
    ahead = parsed("1", published=NOW + DAY)
    empty = parsed("2", content_html="<p> </p>", summary="")
    ((_, comment),) = comments_of(feed(ahead, empty), 7, NOW)
    assert (comment.published, comment.first_seen) == (None, NOW)
