"""What the keeper of an outlet is told, and when not."""

# ruff: noqa: E501, ISC004  sentences stand as they are told

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aggregator.core.ailments import events
from aggregator.model import FeedCondition, FeedHealth, Gap, HealthEvent, Offer
from aggregator.model.learning import Decline, Fared
from tests.conftest import NOW

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FEED = FeedHealth(
    outlet="Gulf Insider",
    feed="https://gulf.example/feed/",
    listed=True,
    condition=FeedCondition.OK,
    reason="",
    last_attempt=NOW,
    last_success=NOW,
    next_poll_at=NOW + HOUR,
    items=10,
    polls=3,
    not_modified=0,
    dropped=0,
    pages_failing=0,
)
FOUND = Offer(url="https://gulf.example/feed2/", title="Gulf")


def told(*feeds: FeedHealth, gaps: tuple[Gap, ...] = ()) -> tuple[HealthEvent, ...]:
    return events(feeds, gaps, NOW)


def feed(**values: Any) -> FeedHealth:
    return replace(FEED, **values)


def failing(since: timedelta, **values: Any) -> FeedHealth:
    plain: dict[str, Any] = {"condition": FeedCondition.FAILING, "reason": "the server answered 500"}
    return feed(failing_since=NOW - since, **plain | values)


def test_a_gone_feed_with_another_on_its_page_names_it_and_the_command() -> None:
    gone = feed(condition=FeedCondition.GONE, offers=(FOUND,))
    assert told(gone) == (
        HealthEvent(
            outlet="Gulf Insider",
            at=NOW,
            kind="died",
            text="its feed answers 410 Gone and is not polled any more; its home page links "
            'https://gulf.example/feed2/: run "aggregator add https://gulf.example/feed2/"',
        ),
    )


@pytest.mark.parametrize(
    ("one", "kind", "text"),
    [
        (
            feed(condition=FeedCondition.GONE),
            "died",
            "its feed answers 410 Gone and is not polled any more; put its new address into feeds.toml, "
            "or run \"aggregator remove 'Gulf Insider'\"",
        ),
        (
            failing(8 * DAY, condition=FeedCondition.SUSPENDED, outlet="Gulf"),
            "died",
            "its feed has failed for 8 d: the server answered 500; it is asked once a week; put its new "
            'address into feeds.toml, or run "aggregator remove Gulf"',
        ),
        (
            failing(25 * HOUR),
            "died",
            "its feed has failed for 1 d 1 h: the server answered 500; see \"aggregator outlets 'Gulf Insider'\"",
        ),
        (
            failing(2 * DAY, condition=FeedCondition.BLOCKED, reason="blocked by a bot wall (Cloudflare)"),
            "blocked",
            "its feed has been blocked by a bot wall (Cloudflare) for 2 d; ask its publisher to let feed readers in, or list another feed",
        ),
        (
            feed(suspicion="silent for 9 d; before that 50 items came in 12 d"),
            "silent",
            "its feed has been silent for 9 d; before that 50 items came in 12 d; see whether its page has news",
        ),
        (
            feed(suspicion='it looks parked: "for sale"', offers=(FOUND,)),
            "drifted",
            'its feed may have died: it looks parked: "for sale"; its home page links '
            'https://gulf.example/feed2/: run "aggregator add https://gulf.example/feed2/"',
        ),
    ],
)
def test_each_trouble_is_told_with_its_remedy(one: FeedHealth, kind: str, text: str) -> None:
    (event,) = told(one)
    assert (event.kind, event.text) == (kind, text)


@pytest.mark.parametrize(
    "well",
    [
        feed(),
        failing(23 * HOUR),
        failing(HOUR, condition=FeedCondition.BLOCKED),
        feed(condition=FeedCondition.GONE, listed=False),
        feed(condition=FeedCondition.MIRROR, merged_into="https://gulf.example/all/"),
        feed(condition=FeedCondition.MERGED, merged_into="https://gulf.example/all/"),
    ],
)
def test_what_is_well_or_may_be_again_soon_is_not_told(well: FeedHealth) -> None:
    assert told(well) == ()


def gap(**values: Any) -> Gap:
    plain: dict[str, Any] = {
        "outlet": "Gulf Insider",
        "feed": FEED.feed,
        "opened_at": NOW - 2 * DAY,
        "after": NOW - 3 * DAY,
        "before": NOW - 2 * DAY,
        "closed_at": NOW - HOUR,
        "how": "given up",
        "found": 0,
        "reason": "no archive and no sitemap",
        "due_at": None,
    }
    return Gap(**plain | values)


def test_a_gap_is_told_on_the_day_it_is_given_up() -> None:
    (event,) = told(FEED, gaps=(gap(),))
    assert (event.kind, event.text) == (
        "gap",
        "items of its feed from between 17 November 12:00 and 18 November 12:00 UTC were not found again "
        "(no archive and no sitemap)",
    )
    assert (
        told(FEED, gaps=(gap(closed_at=NOW - 2 * DAY), gap(how="archive"), gap(how="", closed_at=None))) == ()
    )


def test_an_outlet_has_one_event_that_begins_with_the_worst() -> None:
    names = [f"https://gulf.example/{n}" for n in range(5)]
    feeds = [feed(feed=name, suspicion="silent for 9 d") for name in names[:4]]
    (event,) = told(*feeds, feed(feed=names[4], condition=FeedCondition.GONE))

    assert event.kind == "died"
    sentences = event.text.split("; its feed ")
    assert sentences[0].startswith(f"its feed {names[4]} answers 410 Gone")
    assert sentences[1].startswith(f"{names[0]} has been silent for 9 d")
    assert event.text.endswith('; and 2 more: see "aggregator outlets"')


def test_texts_of_pages_that_got_worse_are_told_with_where_to_look() -> None:
    fall = Decline(since=NOW - 2 * DAY, reason="their texts have 60 words, 750 before")
    pages = Fared(outlet="Gulf Insider", site="gulf.example", pages=90, read_at=NOW, decline=fall)
    (event,) = events([FEED], [], NOW, worse=[pages])
    since = f"{NOW - 2 * DAY:%-d %B}"
    assert (event.kind, event.text) == (
        "extraction",
        f"the texts of its pages on gulf.example got worse since {since}: their texts have 60 words, 750 before; "
        "its pages may look different now; see \"aggregator outlets 'Gulf Insider' --boilerplate\"",
    )
