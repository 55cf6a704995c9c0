"""When items were published, as more and more is said of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.core.dates import FIRST_YEAR, claim, edited
from aggregator.core.items import new_item as made_of
from aggregator.model import (
    Article,
    ArticleOutcome,
    ArticleResult,
    ChangedItem,
    DateClaim,
    Item,
    Keyed,
    NewItem,
    PublishedSource,
)
from aggregator.store import Store
from tests.store.press import DAY, HOUR, NOW, all_items, digest, lease, new_item, parsed, poll, read_page

MIDNIGHT = NOW.replace(hour=0)
TICK = timedelta(microseconds=1)


def stated(text: str, source: PublishedSource = "feed") -> DateClaim:
    found = claim(source, text)
    assert found is not None
    return found


def entry(text: str, guid: str = "1", *, now: datetime = NOW, **values: Any) -> NewItem:
    """An item whose feed dates it so."""
    of_feed = parsed(guid, published=None, published_text=text, **values)
    keyed = Keyed(key=guid, parsed=of_feed, canonical_url=of_feed.url, digest=digest(repr(of_feed) + text))
    return made_of(keyed, now=now, full_text="always", language=None)


def edit(store: Store, text: str, *, now: datetime = NOW + HOUR, title: str = "Edited") -> Item:
    poll(store, changed=(ChangedItem(id=1, item=entry(text, title=title, now=now)),), now=now)
    return all_items(store)[1]


def look(store: Store, *claims: DateClaim, now: datetime = NOW + HOUR) -> Item:
    """The page of the first item is read and says so."""
    read_page(store, 1, Article(text="The page's text", html="", claims=claims), now=now)
    return all_items(store)[1]


def date(item: Item) -> tuple[datetime | None, str | None, datetime | None, datetime | None]:
    return (item.published, item.published_source, item.published_earliest, item.published_latest)


def test_what_was_said_is_kept_with_the_item(store: Store) -> None:
    poll(store, entry("Fri, 20 Nov 2026 08:00:00 GMT"))
    item = look(store, stated("2026-11-19T10:00:00Z", "json-ld"))
    assert date(item) == (NOW - 4 * HOUR, "feed", NOW - 4 * HOUR, NOW - 4 * HOUR)
    assert item.claims == (
        stated("Fri, 20 Nov 2026 08:00:00 GMT"),
        stated("2026-11-19T10:00:00Z", "json-ld"),
    )


def test_a_midnight_of_the_feed_is_a_day_until_the_page_gives_the_time(store: Store) -> None:
    poll(store, entry("Thu, 19 Nov 2026 00:00:00 GMT"))
    day = MIDNIGHT - DAY
    assert date(all_items(store)[1]) == (day, "feed", day, MIDNIGHT - TICK)
    item = look(store, stated("2026-11-19T14:05:00Z", "json-ld"))
    at = day + timedelta(hours=14, minutes=5)
    assert date(item) == (at, "json-ld", at, at)
    assert item.sort_at == at


def test_a_day_without_a_time_ends_when_the_item_was_seen(store: Store) -> None:
    poll(store, new_item("1", page_due_at=NOW))
    item = look(store, stated("2026-11-20", "meta"))
    assert date(item) == (MIDNIGHT, "meta", MIDNIGHT - timedelta(hours=14), NOW)


def test_the_page_fills_in_what_the_feed_lacks(store: Store) -> None:
    poll(store, entry(""))
    item = look(store, stated("2026-11-19T14:05:00Z", "meta"))
    assert (item.published, item.published_source) == (NOW - DAY + timedelta(hours=2, minutes=5), "meta")
    assert item.sort_at == item.published


def test_a_second_look_never_moves_the_date_forward(store: Store) -> None:
    poll(store, entry(""))
    before = look(store, stated("2026-11-19T14:05:00Z", "meta"))
    edit(store, "", now=NOW + HOUR)
    after = look(store, stated("2026-11-20T10:00:00Z", "json-ld"), now=NOW + 2 * HOUR)
    assert date(after) == date(before)


def test_a_date_read_from_the_page_is_never_after_the_item_was_seen(store: Store) -> None:
    # trafilatura#72: an expiry date
    poll(store, entry(""))
    item = look(store, stated("2026-12-20T10:00:00Z", "json-ld"))
    assert (item.published, item.sort_at) == (None, NOW)
    assert item.claims == (stated("2026-12-20T10:00:00Z", "json-ld"),)


def test_an_item_without_a_date_keeps_the_time_it_was_first_seen_through_edits_and_looks(
    store: Store,
) -> None:
    poll(store, entry(""))
    look(store)
    item = edit(store, "", now=NOW + 9 * DAY)
    assert (item.published, item.first_seen, item.sort_at) == (None, NOW, NOW)


def test_a_future_date_is_told_not_trusted_and_stays_untrusted_when_it_has_passed(store: Store) -> None:
    poll(store, entry("2026-12-20T10:00:00Z"))
    poll(store, entry("", "2", now=NOW + HOUR), now=NOW + HOUR)
    assert [item.id for item in store.items()] == [2, 1]
    after = edit(store, "2026-12-20T10:00:00Z", now=NOW + 60 * DAY)
    assert (after.published, after.sort_at, after.claims) == (None, NOW, (stated("2026-12-20T10:00:00Z"),))


def test_the_events_of_a_calendar_do_not_pin_themselves_on_top(store: Store) -> None:
    # NetNewsWire#5217
    events = [entry(f"2027-0{month}-15T10:00:00Z", str(month)) for month in range(1, 9)]
    poll(store, *events, entry("2026-11-20T11:00:00Z", "9"))
    poll(store, entry("2026-11-20T12:30:00Z", "10", now=NOW + HOUR), now=NOW + HOUR)
    newest, *others = store.items()
    assert newest.id == 10
    assert {item.sort_at for item in others} == {NOW, NOW - HOUR}


def test_a_clock_that_is_a_little_ahead_dates_the_item_when_it_was_seen(store: Store) -> None:
    poll(store, entry("Fri, 20 Nov 2026 20:00:00 GMT"))  # a local time, most likely, eight hours ahead
    assert date(all_items(store)[1]) == (NOW, "feed", NOW - 6 * HOUR, NOW)


def test_an_edit_of_the_feed_sets_the_date_back_and_never_forward(store: Store) -> None:
    # python/planet#570
    poll(store, entry("2026-11-19T10:00:00Z"))
    first = all_items(store)[1]
    assert date(edit(store, "2026-11-20T10:00:00Z")) == date(first)
    back = edit(store, "2026-11-18T10:00:00Z", now=NOW + 2 * HOUR, title="Again")
    assert (back.published, back.claims) == (NOW - 2 * DAY - 2 * HOUR, (stated("2026-11-18T10:00:00Z"),))


def test_a_date_that_was_stored_without_what_was_said_is_what_was_said(store: Store) -> None:
    # before claims were kept
    poll(store, new_item("1", published=MIDNIGHT - DAY, page_due_at=NOW))
    item = look(store, stated("2026-11-18T10:00:00Z", "json-ld"))
    assert (item.published, item.published_source) == (MIDNIGHT - DAY, "feed")
    assert [one.source for one in item.claims] == ["feed", "json-ld"]


@pytest.mark.parametrize(
    "text", ["40000-01-01T00:00:00Z", "-0001-01-01", "Thu, 01 Jan 1970 00:00:00 GMT", "\udcff"]
)
def test_a_date_out_of_range_is_none_and_the_item_is_stored(store: Store, text: str) -> None:
    poll(store, entry(text))
    (item,) = store.items()
    assert (item.published, item.claims, item.sort_at) == (None, (), NOW)


@pytest.mark.parametrize("result", ["from_feed", "unchanged"])
def test_a_page_whose_text_is_not_taken_dates_the_item_all_the_same(
    store: Store, result: ArticleResult
) -> None:
    poll(store, new_item("1", text="The feed's own text", page_due_at=NOW))
    (task,) = store.claim_articles(NOW, lease(now=NOW), limit=1)
    said = stated("2026-11-19T14:05:00Z", "meta")
    done = ArticleOutcome(
        item_id=1,
        lease_token=task.lease_token,
        at=NOW,
        result=result,
        reason="",
        claims=(said,),
    )
    assert store.record_article(done)
    item = all_items(store)[1]
    assert (date(item), item.claims) == ((said.at, "meta", said.at, said.at), (said,))
    assert (item.text, item.text_source) == ("The feed's own text", "feed")


def test_a_page_that_only_says_when_it_was_edited_gives_way_to_the_feed(store: Store) -> None:
    poll(store, new_item("1", page_due_at=NOW))
    edit_of_page = edited("2026-11-19T10:00:00Z")
    assert edit_of_page is not None
    item = look(store, edit_of_page)
    first = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    assert date(item) == (edit_of_page.at, "modified", first, edit_of_page.at)
    of_feed = NOW - 3 * DAY
    item = edit(store, f"{of_feed:%a, %d %b %Y %H:%M:%S} GMT", now=NOW + 2 * HOUR)
    assert date(item) == (of_feed, "feed", of_feed, of_feed)
