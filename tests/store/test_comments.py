"""Comments stored: what feeds count, which comment feeds are due, what stood in them."""

from datetime import datetime, timedelta

from aggregator.model import Validators
from aggregator.model.comments import CommentsOutcome, CommentTask
from aggregator.model.items import Discussion
from aggregator.model.stories import Comment
from aggregator.store import Store
from tests.store.press import DAY, HOUR, NOW, lease, new_item, parsed, poll, rows, spec

OUTLET = "Gulf Insider"
FEED = "https://gulf-insider.example/1/feed"


def talked_of(store: Store, *, published: datetime = NOW, feed: str = FEED) -> int:
    """An item whose feed names its comments."""
    store.sync_feeds([spec()], NOW)
    entry = parsed("1", comments=3, comments_url="https://gulf-insider.example/1#c", comments_feed=feed)
    (number,) = poll(store, new_item("1", entry=entry, published=published)).new_ids
    return number


def claimed(store: Store, now: datetime, *, outlets: tuple[str, ...] = (OUTLET,)) -> tuple[CommentTask, ...]:
    return store.claim_comments(now, lease("run-1", now), limit=10, outlets=outlets)


def comment(item_id: int, text: str = "So it is.", **values: object) -> Comment:
    plain = {"author": "Ann", "url": "", "published": NOW, "first_seen": NOW}
    return Comment(item_id=item_id, text=text, **plain | values)  # type: ignore[arg-type]


def looked(item_id: int, *found: tuple[str, Comment], **values: object) -> CommentsOutcome:
    plain = {
        "lease_token": "run-1",
        "at": NOW,
        "quiet": 1,
        "next_look_at": NOW + 3 * HOUR,
        "lively_at": NOW + 2 * HOUR,
    }
    return CommentsOutcome(item_id=item_id, found=found, **plain | values)  # type: ignore[arg-type]


def told(store: Store, number: int) -> tuple[int | None, str, str]:
    item = store.item(number)
    assert item is not None
    return item.comments, item.comments_url, item.comments_feed


def test_what_the_feed_says_of_comments_is_stored(store: Store) -> None:
    number = talked_of(store)
    assert told(store, number) == (3, "https://gulf-insider.example/1#c", FEED)


def test_a_poll_writes_down_a_new_count_and_leaves_what_is_not_said(store: Store) -> None:
    number = talked_of(store)
    before = store.item(number)
    poll(store, discussions=(Discussion(item_id=number, count=5),), now=NOW + HOUR)
    assert told(store, number) == (5, "https://gulf-insider.example/1#c", FEED)
    after = store.item(number)
    assert before is not None
    assert after is not None
    assert (after.updated, after.title, after.text) == (before.updated, before.title, before.text)


def test_a_young_items_comments_are_due_an_hour_after_it(store: Store) -> None:
    number = talked_of(store)
    assert claimed(store, NOW) == ()
    assert claimed(store, NOW + HOUR) == (
        CommentTask(item_id=number, outlet=OUTLET, url=FEED, since=NOW, lease_token="run-1"),
    )


def test_what_is_claimed_is_not_claimed_again_before_the_claim_has_expired(store: Store) -> None:
    talked_of(store)
    assert len(claimed(store, NOW + HOUR)) == 1
    assert claimed(store, NOW + HOUR) == ()
    assert len(claimed(store, NOW + HOUR + timedelta(minutes=11))) == 1


def test_old_items_items_without_a_feed_and_other_outlets_are_left_alone(store: Store) -> None:
    talked_of(store, published=NOW - 8 * DAY)
    assert claimed(store, NOW + HOUR) == ()
    assert claimed(store, NOW + HOUR, outlets=("Another",)) == ()


def test_comments_are_stored_once_in_their_order_and_read_back_by_item(store: Store) -> None:
    number = talked_of(store)
    claimed(store, NOW + HOUR)
    late, early = comment(number, "late", published=NOW + HOUR), comment(number, "early")
    assert store.record_comments(looked(number, ("b", late), ("a", early))) == 2
    assert store.comments([number, 999]) == {number: (early, late)}
    store.claim_comments_of(number, NOW, lease())
    edited = comment(number, "late, and edited", published=NOW + HOUR)
    assert store.record_comments(looked(number, ("b", edited))) == 0
    assert [one.text for one in store.comments([number])[number]] == ["early", "late, and edited"]


def test_a_look_that_brought_something_has_its_next_sooner_and_is_not_quiet(store: Store, url: str) -> None:
    number = talked_of(store)
    claimed(store, NOW + HOUR)
    kept = Validators(etag='"1"')
    store.record_comments(looked(number, ("a", comment(number)), validators=kept))
    (again,) = claimed(store, NOW + 2 * HOUR)
    assert (again.quiet, again.validators) == (0, kept)
    store.record_comments(looked(number, ("a", comment(number)), next_look_at=None))
    assert claimed(store, NOW + 6 * DAY) == ()
    assert rows(url, "SELECT attempts FROM comment_feeds") == [(1,)]


def test_whoever_lost_the_claim_writes_nothing(store: Store) -> None:
    number = talked_of(store)
    claimed(store, NOW + HOUR)
    assert store.record_comments(looked(number, ("a", comment(number)), lease_token="run-2")) is None
    assert store.comments([number]) == {}


def test_comments_go_with_their_item(store: Store, url: str) -> None:
    number = talked_of(store)
    claimed(store, NOW + HOUR)
    store.record_comments(looked(number, ("a", comment(number))))
    store.sync_feeds([], NOW)
    store.prune(NOW + 400 * DAY, 365 * DAY)
    assert store.item(number) is None
    assert rows(url, "SELECT count(*) FROM comments") == [(0,)]
    assert rows(url, "SELECT count(*) FROM comment_feeds") == [(0,)]
