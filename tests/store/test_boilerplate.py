"""What an outlet's pages show for several articles alike is the text of none."""

from typing import Any

import pytest

from aggregator.core.similar import text_digest
from aggregator.model import Article, ArticleOutcome, DateClaim, Item, NewItem
from aggregator.store import Store
from aggregator.store.boilerplate import REASON
from tests.store.press import DAY, NOW, all_items, groups, lease, new_item, poll

LONG = "We use cookies to run this service and to measure how it is read. " * 5
SHORT = "Please choose whether you accept our cookies before you go on."
SAID = (DateClaim(source="meta", earliest=NOW - DAY, latest=NOW - DAY),)
HEADLINES = ("Harbour bridge opens", "Minister resigns", "Storm floods the valley", "Choir wins a prize")


def item(number: int, **values: Any) -> NewItem:
    plain: dict[str, Any] = {
        "title": HEADLINES[number - 1],
        "text": f"Teaser {number}",
        "text_source": "summary",
        "page_due_at": NOW,
    }
    return new_item(str(number), **plain | values)


def read(store: Store, item_id: int, text: str, **facts: object) -> ArticleOutcome:
    """What is written when an item's page gave this text."""
    (task,) = [one for one in store.claim_articles(NOW, lease(), limit=99) if one.item_id == item_id]
    done = ArticleOutcome(
        item_id=item_id,
        lease_token=task.lease_token,
        at=NOW,
        result="extracted",
        reason="",
        status=200,
        article=Article(text=text, html="", **facts),  # type: ignore[arg-type]
        canonical_url=f"https://gulf-insider.example/page/{item_id}",
        text_digest=text_digest(text),
        attempts=task.attempts,
    )
    written = store.record_article(done)
    assert written is not None
    store.release("run-1")
    return written


def texts(store: Store) -> dict[int, tuple[str, str | None]]:
    return {number: (one.text, one.text_source) for number, one in sorted(all_items(store).items())}


@pytest.mark.parametrize("wall", [LONG, SHORT], ids=["long", "too short for a digest"])
def test_a_text_under_several_headlines_is_taken_by_none_of_them(store: Store, wall: str) -> None:
    poll(store, item(1), item(2), item(3))
    assert read(store, 1, wall, claims=SAID).result == "extracted"
    second, third = read(store, 2, wall), read(store, 3, wall)

    assert [(one.result, one.reason, one.attempts) for one in (second, third)] == [("failed", REASON, 1)] * 2
    assert second.next_try_at == NOW + DAY
    assert texts(store) == {n: (f"Teaser {n}", "summary") for n in (1, 2, 3)}
    assert set(groups(store).values()) == {(None, None)}


def test_the_first_to_take_it_is_again_as_its_feed_says_and_read_anew(store: Store) -> None:
    poll(store, item(1), item(2))
    before = all_items(store)[1]
    read(store, 1, LONG, claims=SAID)
    read(store, 2, LONG)

    def stated(one: Item) -> tuple[object, ...]:
        return (one.text, one.text_source, one.canonical_url, one.published, one.sort_at, one.content_html)

    after = all_items(store)[1]
    assert stated(after) == stated(before)
    assert (after.page_reason, after.page_attempts, after.page_due_at) == (REASON, 1, NOW + DAY)


def test_when_the_wall_is_gone_the_articles_are_taken(store: Store) -> None:
    poll(store, item(1), item(2))
    read(store, 1, LONG)
    read(store, 2, LONG)
    tasks = store.claim_articles(NOW + DAY, lease(now=NOW + DAY), limit=9)
    assert [(task.item_id, task.text) for task in tasks] == [(1, "Teaser 1"), (2, "Teaser 2")]


@pytest.mark.parametrize(
    "other",
    [
        {"title": "Harbour Bridge opens!"},
        {"title": ""},
        {"canonical_url": "https://gulf-insider.example/1"},
    ],
    ids=["the same headline", "no headline to tell by", "the same link"],
)
def test_the_same_article_twice_stays_a_copy(store: Store, other: dict[str, object]) -> None:
    poll(store, item(1))
    poll(store, item(2, **other))
    assert [read(store, n, LONG).result for n in (1, 2)] == ["extracted", "extracted"]
    assert groups(store)[2] == (1, "copy")


def test_an_article_under_a_new_headline_stays_a_copy(store: Store) -> None:
    poll(store, item(1), item(2, title="Harbour bridge opened to traffic"))
    text = "The harbour bridge was opened for traffic this morning by the mayor. " * 5
    assert [read(store, n, text).result for n in (1, 2)] == ["extracted", "extracted"]
    assert groups(store)[2] == (1, "copy")


def test_two_outlets_with_one_text_have_copies(store: Store) -> None:
    poll(store, item(1), outlet="A")
    poll(store, item(2), outlet="B")
    assert [read(store, n, LONG).result for n in (1, 2)] == ["extracted", "extracted"]
    assert groups(store)[2] == (1, "copy")


def test_articles_of_two_sites_in_one_feed_of_links_are_copies(store: Store) -> None:
    poll(store, item(1), item(2, url="https://elsewhere.example/2"))
    assert [read(store, n, LONG).result for n in (1, 2)] == ["extracted", "extracted"]
    assert groups(store)[2] == (1, "copy")


def test_what_has_lost_its_claim_takes_nothing_from_anyone(store: Store) -> None:
    poll(store, item(1), item(2))
    read(store, 1, LONG)
    late = ArticleOutcome(
        item_id=2,
        lease_token="another run",
        at=NOW,
        result="extracted",
        reason="",
        article=Article(text=LONG, html=""),
        text_digest=text_digest(LONG),
    )
    assert store.record_article(late) is None
    assert texts(store)[1] == (LONG, "page")
