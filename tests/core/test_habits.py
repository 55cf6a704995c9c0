"""What is learned of a feed from one document after the other."""

from dataclasses import replace
from datetime import timedelta

from aggregator.core.habits import is_restless, settle, told, trusted
from aggregator.core.identity import item_digest
from aggregator.model import Changes, Habits, Keyed, KnownItem, ParsedItem, Unrest
from tests.conftest import NOW
from tests.store.press import parsed

HOUR = timedelta(hours=1)


def stored(number: int, item: ParsedItem) -> KnownItem:
    return KnownItem(
        id=number,
        key=item.guid,
        guid=item.guid,
        canonical_url=item.url,
        title=item.title,
        digest=item_digest(item),
    )


def keyed(item: ParsedItem) -> Keyed:
    return Keyed(key=item.guid, parsed=item, canonical_url=item.url, digest=item_digest(item))


BEFORE = parsed("1", content_html="<p>The bridge is open.</p>")
AFTER = replace(BEFORE, content_html="<p>The bridge is closed.</p>")


def change(habits: Habits, after: ParsedItem = AFTER, before: ParsedItem = BEFORE) -> tuple[Changes, Habits]:
    changes = Changes(changed=((1, keyed(after)),))
    return settle(changes, habits, [stored(1, before)], present=[2, 3], now=NOW)


def test_an_edit_is_an_edit_and_is_remembered() -> None:
    changes, habits = change(Habits())
    assert [number for number, _ in changes.changed] == [1]
    assert habits.unrest == (Unrest(item_id=1, changes=1, at=NOW, versions=(item_digest(BEFORE)[:6],)),)


def test_an_item_may_go_back_once_to_what_it_said_and_alternates_after_that() -> None:
    habits, said = Habits(), []
    now, then = BEFORE, AFTER
    for _ in range(4):
        changes, habits = change(habits, then, now)
        said.append(len(changes.changed))
        if changes.changed:
            now, then = then, now
        else:
            assert changes.same == (1,)
    assert said == [1, 1, 0, 0]


def test_a_week_of_quiet_begins_anew() -> None:
    churning = Unrest(item_id=1, changes=25, at=NOW - timedelta(days=8))
    assert len(change(Habits(unrest=(churning,)))[0].changed) == 1
    churning = replace(churning, at=NOW - HOUR)
    assert change(Habits(unrest=(churning,)))[0].changed == ()


def test_what_left_the_document_is_forgotten() -> None:
    old = Habits(unrest=(Unrest(item_id=9, changes=3, at=NOW), Unrest(item_id=2, changes=3, at=NOW)))
    assert [one.item_id for one in change(old)[1].unrest] == [1, 2]


def test_a_guid_that_more_than_one_item_in_twenty_shares_is_trusted_no_more() -> None:
    items = [parsed(str(n)) for n in range(30)]
    assert trusted(Habits(), items, str, whole=True) == Habits()
    shared = [*items, *(parsed("N/A", url=f"https://x.example/{n}") for n in range(2))]
    learned = trusted(Habits(), shared, str, whole=True)
    assert learned.guids == "shared"
    assert list(told(learned)) == ["several items share a guid: link and title name them too"]
    # part of a document cannot show that they are to be trusted again, a whole one can
    assert trusted(learned, items[:1], str, whole=False) == learned
    assert trusted(learned, items, str, whole=True) == Habits()


def test_names_that_change_all_the_time_are_followed_once_a_day() -> None:
    habits = Habits()
    moves = []
    for turn in range(30):
        item = replace(BEFORE, guid=f"chance {turn}")
        changes = Changes(moved=((1, keyed(item)),))
        now = NOW + turn * HOUR
        changes, habits = settle(changes, habits, [stored(1, BEFORE)], now=now)
        moves.append(len(changes.moved))
    assert moves == [1, 1, 1, *[0] * 23, 1, 0, 0, 0]
    assert (habits.guids, is_restless(habits, NOW + 30 * HOUR)) == ("anew", True)
    calm = settle(Changes(same=(1,)), habits, [stored(1, BEFORE)], now=NOW + 30 * HOUR)[1]
    assert (calm.guids, calm.renamed) == ("own", 0)
