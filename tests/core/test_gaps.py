"""When a poll has missed something, and which pages of a sitemap are what it missed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aggregator.core.gaps import Listed, Source, belonging, decide, inside, missed, of_sitemap, unseen
from aggregator.model import (
    Changes,
    FeedHints,
    FeedState,
    Filled,
    Keyed,
    KnownItem,
    NewGap,
    OpenGap,
    WindowEntry,
)
from tests.conftest import NOW
from tests.store.press import new_item, parsed

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SEEN = FeedState(
    id=1,
    url="https://x.example/feed",
    outlet="X",
    last_success=NOW - HOUR,
    window=(WindowEntry(digest=b"1", item_id=1), WindowEntry(digest=b"2", item_id=2)),
    arrivals=(NOW - 2 * HOUR, NOW - 5 * HOUR),
)
GAP = OpenGap(
    id=7,
    feed_id=1,
    outlet="X",
    address="https://x.example/feed",
    homepage="https://x.example/",
    language=None,
    after=NOW - 4 * HOUR,
    before=NOW - HOUR,
)


def keyed(guid: str, url: str = "") -> Keyed:
    return Keyed(key=guid, parsed=parsed(guid), canonical_url=url or f"https://x.example/{guid}", digest=b"")


def known(guid: str, url: str) -> KnownItem:
    return KnownItem(id=1, key=guid, guid=guid, canonical_url=url, title="", digest=b"")


def gap_of(
    state: FeedState = SEEN,
    changes: Changes | None = None,
    *,
    ages: tuple[timedelta | None, ...] = (HOUR / 2, HOUR),
    **values: Any,
) -> NewGap | None:
    """The gap before a document of new items of these ages."""
    items = [parsed(str(n), published=None if age is None else NOW - age) for n, age in enumerate(ages)]
    new = Changes(new=tuple(keyed(item.guid) for item in items))
    plain: dict[str, Any] = {"items": items, "stored": (), "shared": False, "now": NOW}
    return missed(state, changes or new, **plain | values)


def replaced(**values: Any) -> FeedState:
    return replace(SEEN, **values)


# ── opening ──────────────────────────────────────────────────────────────────────────────────


def test_a_document_that_shares_nothing_with_the_last_one_opens_a_gap() -> None:
    assert gap_of() == NewGap(after=NOW - 2 * HOUR, before=NOW - HOUR)


def test_without_dates_the_gap_lies_between_the_two_polls() -> None:
    assert gap_of(replaced(arrivals=()), ages=(None, None)) == NewGap(after=NOW - HOUR, before=NOW)


def test_one_old_item_pinned_to_the_document_does_not_hide_the_gap() -> None:
    assert gap_of(ages=(HOUR / 2, HOUR, 400 * DAY)) == NewGap(after=NOW - 2 * HOUR, before=NOW - HOUR)


@pytest.mark.parametrize(
    ("alone", "is_gap"),
    [
        (NOW - 300 * DAY, True),
        (NOW - 5 * HOUR, True),  # of the older half
        (NOW - 3 * HOUR, False),  # of the newer half
        (NOW - HOUR, False),  # not older than what is new
        (None, False),  # several stayed
    ],
)
def test_one_known_item_pinned_to_the_document_does_not_hide_the_gap(alone: Any, is_gap: bool) -> None:
    state = replaced(
        window=tuple(WindowEntry(digest=bytes([n]), item_id=n) for n in range(1, 5)),
        arrivals=tuple(NOW - n * HOUR for n in (2, 3, 4, 5)),
    )
    stayed = Changes(
        new=tuple(
            Keyed(key="k", parsed=parsed("k", published=NOW - HOUR), canonical_url="", digest=b"")
            for _ in range(3)
        ),
        same=(4,),
    )
    assert (gap_of(state, stayed, alone=alone) is not None) == is_gap


def test_dates_that_go_back_to_before_the_last_poll_bound_no_gap() -> None:
    """They are made when the document is asked for: what has such a date now was not there then."""
    ages = tuple(n * HOUR / 2 for n in range(1, 9))
    assert gap_of(ages=ages) == NewGap(after=NOW - 2 * HOUR, before=NOW)
    assert gap_of(replaced(arrivals=(NOW - HOUR / 2,)), ages=ages) is None
    assert gap_of(replaced(arrivals=(NOW - 2 * HOUR,), last_success=NOW - 3 * HOUR), ages=ages) == NewGap(
        after=NOW - 3 * HOUR, before=NOW
    )


def test_two_pinned_items_leave_the_dates_of_the_others_as_they_are() -> None:
    ages = (HOUR / 2, HOUR, 40 * DAY, 41 * DAY)
    assert gap_of(ages=ages) == NewGap(after=NOW - 2 * HOUR, before=NOW - HOUR)


def test_a_newest_item_that_is_always_as_old_may_be_dated_by_the_poll() -> None:
    assert gap_of(ages=(HOUR, 1.5 * HOUR)) == NewGap(after=NOW - 2 * HOUR, before=NOW - HOUR)


def test_a_date_in_the_future_counts_as_now() -> None:
    assert gap_of(ages=(-DAY,)) == NewGap(after=NOW - 2 * HOUR, before=NOW)


@pytest.mark.parametrize(
    "state",
    [
        replaced(last_success=None),
        replaced(window=()),
        replaced(hints=FeedHints(complete=True)),
    ],
    ids=["the first poll", "an empty document before", "a complete feed"],
)
def test_nothing_can_have_been_missed_after(state: FeedState) -> None:
    assert gap_of(state) is None


@pytest.mark.parametrize(
    "values",
    [
        {"shared": True},
        {"changes": Changes(new=(keyed("8"),), same=(1,))},
        {"changes": Changes(new=(keyed("8"),), changed=((1, keyed("1")),))},
        {"items": []},
    ],
    ids=["known by its bytes", "the same item", "an edited item", "an empty document"],
)
def test_a_document_that_touches_the_last_one_opens_none(values: dict[str, Any]) -> None:
    assert gap_of(**values) is None


def test_new_guids_for_the_same_pages_are_no_gap() -> None:
    """Edge case 20: a change of CMS makes every guid anew."""
    new = Changes(new=tuple(keyed(f"new-{n}", f"https://x.example/{n}") for n in range(3)))
    pages = [known(f"old-{n}", f"https://x.example/{n}") for n in range(3)]
    assert gap_of(changes=new, stored=pages[:2]) is None
    assert gap_of(changes=new, stored=pages[:1]) is not None


def test_a_document_that_went_back_to_older_items_is_no_gap() -> None:
    assert gap_of(ages=(3 * HOUR, 9 * HOUR)) is None


# ── what is of the gap ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("at", "is_inside"),
    [
        (NOW - 2 * HOUR, True),
        (GAP.after - HOUR, True),
        (GAP.before + HOUR, True),
        (GAP.after - 2 * HOUR, False),
        (GAP.before + 2 * HOUR, False),
        (NOW.replace(hour=0), True),
        (NOW.replace(hour=0) - DAY, False),
        (None, False),
    ],
    ids=["in", "just before", "just after", "before", "after", "that day", "the day before", "undated"],
)
def test_what_counts_as_inside_a_gap(at: Any, is_inside: bool) -> None:
    assert inside(GAP, at) is is_inside


def listed(path: str, age: timedelta | None) -> Listed:
    url = f"https://x.example{path}"
    item = parsed(path, url=url)
    return Listed(item=item, link=url, at=None if age is None else NOW - age)


def chosen(pages: list[Listed], *paths: str) -> list[str] | None:
    found = belonging(GAP, pages, {f"https://x.example{path}" for path in paths})
    return None if found is None else [item.guid for item in found]


def test_pages_of_the_gap_are_chosen_and_those_that_are_known_left_out() -> None:
    pages = [listed("/9", HOUR / 2), listed("/5", 2 * HOUR), listed("/4", 3 * HOUR), listed("/1", 9 * HOUR)]
    assert chosen(pages, "/9", "/4", "/1") == ["/5"]


def test_a_feed_of_one_section_gets_pages_of_that_section_alone() -> None:
    pages = [
        listed("/sport/late", HOUR / 2),
        listed("/world/late", HOUR / 2),
        listed("/world/later", HOUR / 3),
        listed("/sport/missed", 2 * HOUR),
        listed("/world/missed", 2 * HOUR),
        listed("/arts/missed", 2 * HOUR),
    ]
    assert chosen(pages, "/sport/late") == ["/sport/missed"]


def test_folders_that_are_dates_are_one_folder() -> None:
    pages = [listed("/2026/11/19/old", DAY), listed("/2026/11/20/missed", 2 * HOUR)]
    assert chosen(pages, "/2026/11/19/old") == ["/2026/11/20/missed"]


def test_a_sitemap_without_a_page_of_the_feed_tells_nothing() -> None:
    assert chosen([listed("/a", HOUR / 2), listed("/b", 2 * HOUR)]) is None
    assert chosen([listed("/b", 2 * HOUR)], "/b") is None


def sitemap(*pages: Listed, complete: bool = True, older: bool = False) -> Source:
    links = {page.link for page in pages if page.at and (page.at >= GAP.before or page.at <= GAP.after)}
    return of_sitemap(GAP, "https://x.example/s.xml", pages, links, complete=complete, older=older)


NEWEST, MISSED, OLDEST = listed("/9", HOUR / 2), listed("/5", 2 * HOUR), listed("/1", 9 * HOUR)


def test_a_sitemap_covers_the_gap_when_it_reaches_beyond_both_ends() -> None:
    assert sitemap(NEWEST, MISSED, OLDEST) == Source(
        how="sitemap",
        items=(MISSED.item,),
        covers=True,
        reason="x.example/s.xml lists what was published then",
    )
    assert sitemap(NEWEST, MISSED, older=True).covers


def test_a_sitemap_that_lags_behind_is_asked_again() -> None:
    assert sitemap(MISSED, OLDEST) == Source(
        how="sitemap",
        items=(MISSED.item,),
        may_pass=True,
        reason="x.example/s.xml does not reach up to 2026-11-20 11:00 UTC yet",
    )


def test_a_sitemap_that_begins_within_the_gap_gives_what_it_has() -> None:
    assert sitemap(NEWEST, MISSED) == Source(
        how="sitemap",
        items=(MISSED.item,),
        reason="x.example/s.xml reaches back to 2026-11-20 10:00 UTC only",
    )


def test_a_sitemap_that_was_not_read_whole_covers_nothing() -> None:
    found = sitemap(NEWEST, MISSED, OLDEST, complete=False)
    assert (found.items, found.covers, found.may_pass) == ((MISSED.item,), False, True)


# ── what becomes of it ───────────────────────────────────────────────────────────────────────

NO_ARCHIVE = Source(how="archive", reason="no archive")


def decided(*sources: Source, attempts: int = 0) -> Filled:
    return decide(replace(GAP, attempts=attempts), sources, new=(), now=NOW)


def filled(**values: Any) -> Filled:
    plain: dict[str, Any] = {"gap_id": 7, "feed_id": 1, "at": NOW, "after": GAP.after, "before": GAP.before}
    return Filled(**plain | values)


def test_the_source_that_covers_it_closes_the_gap() -> None:
    sitemap = Source(how="sitemap", reason="all of it", covers=True)
    assert decided(NO_ARCHIVE, sitemap, attempts=2) == filled(how="sitemap", reason="all of it", attempts=2)


def test_what_was_found_is_kept_whatever_becomes_of_the_gap() -> None:
    found = decide(GAP, [NO_ARCHIVE], new=(new_item(),), now=NOW)
    assert found.new == (new_item(),)


def test_with_nowhere_to_look_it_is_given_up_at_once() -> None:
    assert decided(NO_ARCHIVE, Source(how="sitemap", reason="no sitemap")) == filled(
        how="given up", reason="no archive; no sitemap", attempts=1
    )


def test_what_may_pass_is_tried_again_after_one_six_and_24_hours_then_given_up() -> None:
    failing = Source(how="sitemap", reason="503", may_pass=True)
    after = [decided(failing, attempts=attempts) for attempts in range(4)]
    assert [one.due_at for one in after] == [NOW + HOUR, NOW + 6 * HOUR, NOW + DAY, None]
    assert [one.how for one in after] == ["", "", "", "given up"]
    assert [one.attempts for one in after] == [1, 2, 3, 4]


def test_a_site_that_wants_quiet_is_asked_when_that_is_over_and_it_does_not_count() -> None:
    quiet = Source(how="sitemap", reason="quiet", until=NOW + 2 * DAY)
    assert decided(NO_ARCHIVE, quiet, attempts=3) == filled(
        reason="no archive; quiet", attempts=3, due_at=NOW + 2 * DAY
    )


# ── archives without dates ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("stored", "begun", "missed", "ends"),
    [
        ("----", False, "0123", False),
        ("--ss", False, "01", True),
        ("s--s", False, "12", True),
        ("s---", False, "123", False),
        ("ssss", False, "", True),
        ("ss--", True, "", True),
        ("--s-", True, "01", True),
    ],
)
def test_undated_documents_are_read_down_to_what_is_stored(
    stored: str, begun: bool, missed: str, ends: bool
) -> None:
    items = [parsed(str(n)) for n in range(len(stored))]
    found, end = unseen(items, [one == "s" for one in stored], begun=begun)
    assert ("".join(item.guid for item in found), end) == (missed, ends)


# ── sitemaps that mean other times ───────────────────────────────────────────────────────────


def test_a_sitemap_that_dates_the_feeds_items_otherwise_proves_nothing() -> None:
    """It has nothing for the gap but items that the feed's documents held, and other pages beside them."""

    def listed(number: int, age: timedelta) -> Listed:
        link = f"https://x.example/news/{number}"
        return Listed(item=parsed(str(number), url=link), link=link, at=NOW - age)

    pages = [listed(n, n * HOUR) for n in (0, 2, 3)]
    others = [listed(n, n * HOUR) for n in (9, 10)]
    known = {page.link for page in pages}

    def said(*those: Listed) -> tuple[bool, str]:
        found = of_sitemap(GAP, "https://x.example/s.xml", those, known, complete=True, older=True)
        return found.covers, found.reason

    assert said(*pages, *others) == (False, "x.example/s.xml has other dates than the feed")
    assert said(*pages) == (True, "x.example/s.xml lists what was published then")
    assert said(pages[0], *others[:1]) == (True, "x.example/s.xml lists what was published then")
