"""Leads stored: once each, resolved when the outlet's own item is there, on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest

from aggregator.core import resolving
from aggregator.model import DateClaim, Item, ItemFilter
from aggregator.model.leads import Lead
from aggregator.store import Store
from tests.store.press import DAY, HOUR, NOW, new_item, poll, read_page, rows, spec

TITLE = "Island ferry is back after long repairs"


def lead(title: str = TITLE, *, outlet: str = "Gulf Insider", url: str = "") -> Lead:
    claim = DateClaim(source="relative", earliest=NOW - 4 * DAY, latest=NOW - 2 * DAY, stated="3 days ago")
    return Lead(outlet=outlet, title=title, summary="Words.", url=url, said="3 days ago", claim=claim)


def seen(store: Store, *leads: Lead, guid: str = "1") -> int:
    """An article of an aggregator, beside which these leads stand."""
    store.sync_feeds([spec("Round Up"), spec()], NOW)
    (number,) = poll(store, new_item(guid, page_due_at=NOW), outlet="Round Up").new_ids
    read_page(store, number, None, result="from_feed", leads=leads)
    return number


def own(store: Store, title: str = TITLE) -> int:
    (number,) = poll(store, new_item("own", title=title, published=NOW - 3 * DAY), now=NOW + HOUR).new_ids
    return number


def of_kind_lead(store: Store) -> list[Item]:
    return [item for item in store.items(ItemFilter()) if item.is_lead]


def test_a_lead_is_an_item_under_its_outlets_name_and_takes_part_in_no_story(store: Store, url: str) -> None:
    article = seen(store, lead())
    (item,) = of_kind_lead(store)
    assert (item.outlet, item.title, item.duplicate_of) == ("Gulf Insider", TITLE, None)
    assert (item.published_earliest, item.published_latest) == (NOW - 4 * DAY, NOW - 2 * DAY)
    place = store.lead(item.id)
    assert place is not None
    assert (place.outlet, place.said, place.seen_on) == ("Gulf Insider", "3 days ago", article)
    assert rows(url, f"SELECT count(*) FROM story_queue WHERE item_id = {item.id}") == [(0,)]
    assert [one.id for one in store.items(ItemFilter(copies=False))] == [article]


def test_the_same_card_on_another_page_is_the_same_lead(store: Store) -> None:
    seen(store, lead(), lead())
    seen(store, lead(), guid="2")
    assert len(of_kind_lead(store)) == 1


def test_one_card_is_one_lead_whichever_feed_and_aggregator_shows_it(store: Store) -> None:
    seen(store, lead())
    second = spec("Round Up", url="https://round-up.example/2")
    store.sync_feeds([second, spec("Digest of All"), spec()], NOW)
    for guid, outlet in (("2", "Round Up"), ("3", "Digest of All")):
        (number,) = poll(store, new_item(guid, page_due_at=NOW), outlet=outlet).new_ids
        read_page(store, number, None, result="from_feed", leads=[lead()])
    assert len(of_kind_lead(store)) == 1


def test_a_lead_is_resolved_once_the_outlets_own_item_is_there(store: Store) -> None:
    seen(store, lead())
    assert store.resolve_leads() == 0
    number = own(store)
    assert store.resolve_leads() == 1
    assert store.resolve_leads() == 0
    (item,) = of_kind_lead(store)
    assert (item.duplicate_of, item.relation) == (number, "same")


def test_a_lead_with_an_address_is_resolved_to_the_item_that_has_it_whatever_its_title_and_date(
    store: Store,
) -> None:
    seen(store, lead(url="https://gulf.example/ferry?utm_source=roundup"))
    named = new_item("own", title="Boats", url="https://gulf.example/ferry", published=NOW - 30 * DAY)
    (number,) = poll(store, named, now=NOW + HOUR).new_ids
    assert store.resolve_leads() == 1
    (item,) = of_kind_lead(store)
    assert (item.duplicate_of, item.relation) == (number, "same")


def test_a_lead_of_the_first_day_that_there_is_is_compared_like_any(store: Store) -> None:
    first = datetime.min.replace(tzinfo=UTC)
    claim = DateClaim(source="relative", earliest=first, latest=first, stated="2025 years ago")
    old = Lead(outlet="Gulf Insider", title=TITLE, summary="", url="", said="2025 years ago", claim=claim)
    seen(store, old)
    own(store)
    assert store.resolve_leads() == 0


def test_an_item_of_another_outlet_or_another_matter_is_not_it(store: Store) -> None:
    seen(store, lead(outlet="Harbour Post"), lead("Quite another matter of the council"))
    own(store)
    assert store.resolve_leads() == 0


def test_outlets_that_are_polled_are_not_proposed(store: Store) -> None:
    seen(store, lead(), lead("Another one of three", outlet="Mill Gazette", url="https://mill.example/a/1"))
    (proposal,) = store.proposed_outlets()
    assert (proposal.outlet, proposal.leads, proposal.homepage) == (
        "Mill Gazette",
        1,
        "https://mill.example/",
    )
    assert store.proposed_outlets(least=2) == ()


def test_many_leads_are_looked_at_a_part_at_a_time_and_then_only_beside_what_is_new(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen(store, *(lead(f"Matter number {n} of the council") for n in range(5)), lead())
    own(store)
    monkeypatch.setattr("aggregator.store.leads._PAIRS", 0)
    parts = []
    while store.leads_wait():
        parts.append(store.resolve_leads())
    assert (sum(parts), len(parts)) == (1, 6)
    compared = []
    real = resolving.find

    def find(*values: Any) -> resolving.Match | None:
        compared.append([one.title for one in values[-1]])
        return real(*values)

    monkeypatch.setattr(resolving, "find", find)
    poll(store, new_item("late", title="Rain", published=NOW - 3 * DAY), now=NOW + 2 * HOUR)
    while store.leads_wait():
        assert store.resolve_leads() == 0
    assert compared == [["Rain"]] * 5


def test_a_lead_that_waited_for_a_month_is_not_looked_at_any_more(store: Store) -> None:
    seen(store, lead())
    poll(store, new_item("own", title=TITLE, published=NOW - 3 * DAY), now=NOW + 31 * DAY)
    assert store.resolve_leads() == 0
    assert not store.leads_wait()


def test_what_was_told_to_webhooks_is_not_compared_between_two_databases(store: Store, url: str) -> None:
    before = store.digest()
    store.set_meta("webhook item 1", "{}")
    assert store.digest() == before
    store.set_meta("other", "{}")
    assert store.digest() != before
