"""How the date of an item is told: how long ago, how surely, and on whose word."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.cli.dating import age, published
from aggregator.core.dates import claim, edited
from aggregator.core.relative import claim as relative_claim
from aggregator.core.settle import settle
from aggregator.model import DateClaim, Item, PublishedSource
from tests.conftest import NOW
from tests.export.making import make_item

SEEN = NOW - timedelta(days=1)


def said(source: PublishedSource, text: str, at: datetime = SEEN) -> DateClaim:
    found = relative_claim(text, at) if source == "relative" else claim(source, text)
    assert found is not None
    return found


def edit(text: str) -> DateClaim:
    found = edited(text)
    assert found is not None
    return found


def of(*claims: DateClaim, first_seen: datetime = SEEN) -> Item:
    settled = settle(claims, first_seen)
    return replace(
        make_item(),
        first_seen=first_seen,
        published=settled.published,
        published_source=settled.source,
        published_earliest=settled.earliest,
        published_latest=settled.latest,
        claims=claims,
    )


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        (
            (edit("2026-11-17T12:00:00Z"),),
            (
                "about 3 days ago (Tue 17 November 2026, 12:00 UTC), the page only says when it was last"
                " edited; published then or before"
            ),
        ),
        (
            (said("feed", "2026-11-16T12:00:00Z"), edit("2026-11-17T12:00:00Z")),
            (
                "4 days ago (Mon 16 November 2026, 12:00 UTC), said by the feed;"
                " the page says that it was last edited “2026-11-17T12:00:00Z”"
            ),
        ),
        ((), "not stated; ordered by when it was first seen"),
        (
            (said("feed", "2026-11-17T12:00:00Z"),),
            "3 days ago (Tue 17 November 2026, 12:00 UTC), said by the feed",
        ),
        (
            (said("feed", "2026-11-17T12:00:00Z"), said("json-ld", "2026-11-17T13:00:00+01:00")),
            (
                "3 days ago (Tue 17 November 2026, 12:00 UTC), said by the feed;"
                " the page's JSON-LD says the same"
            ),
        ),
        (
            (said("feed", "2026-11-17T12:00:00Z"), said("meta", "2026-11-15")),
            (
                "3 days ago (Tue 17 November 2026, 12:00 UTC), said by the feed;"
                " the page's meta element says “2026-11-15”"
            ),
        ),
        (
            (said("feed", "Tue, 17 Nov 2026 00:00:00 GMT"), said("meta", "2026-11-17T14:05:00Z")),
            (
                "2 days ago (Tue 17 November 2026, 14:05 UTC), the feed says midnight;"
                " the page's meta element gives 14:05"
            ),
        ),
        (
            (said("feed", "Tue, 17 Nov 2026 00:00:00 GMT"),),
            (
                "about 3 days ago (Tue 17 November 2026, 00:00 UTC), said by the feed; between"
                " Tue 17 November 2026, 00:00 UTC and Tue 17 November 2026, 23:59 UTC"
            ),
        ),
        (
            (said("relative", "vor 3 Tagen"),),
            (
                "about 4 days ago (Mon 16 November 2026, 12:00 UTC), from “vor 3 Tagen” in the page; between"
                " Mon 16 November 2026, 00:00 UTC and Tue 17 November 2026, 00:00 UTC"
            ),
        ),
        (
            (said("feed", "2027-01-01T10:00:00Z"),),
            (
                "not known; ordered by when it was first seen;"
                " the feed says “2027-01-01T10:00:00Z”, which lies"
                " ahead of when it was first seen"
            ),
        ),
    ],
)
def test_a_date_is_told_with_who_says_so(claims: tuple[DateClaim, ...], told: str) -> None:
    assert published(of(*claims), NOW) == told


def test_a_table_says_about_where_the_bounds_are_wide_against_the_age() -> None:
    day = said("feed", "Tue, 17 Nov 2026 00:00:00 GMT")
    assert age(of(day), NOW) == "about 3 days ago"
    assert age(of(day), NOW + timedelta(days=10)) == "13 days ago"
    assert age(of(said("feed", "2026-11-17T12:00:00Z")), NOW) == "3 days ago"
    assert age(of(), NOW) == "a day ago"
