"""Pages: claimed, read, failed, tried again."""

from datetime import timedelta
from typing import Any

import pytest

from aggregator.model import Article, ArticleOutcome, ArticleTask, DateClaim, ItemFilter, Validators
from aggregator.store import Store
from tests.store.press import DAY, HOUR, NOW, all_items, digest, lease, new_item, poll, read_page, rows

PAGE = Article(text="The page's text", html="<p>page</p>")


def claim(store: Store, now: Any = NOW, token: str = "run-1", limit: int = 100) -> tuple[ArticleTask, ...]:
    return store.claim_articles(now, lease(token, now), limit=limit)


def fail(store: Store, task: ArticleTask, *, attempts: int = 1, again: Any = NOW + HOUR) -> None:
    done = ArticleOutcome(
        item_id=task.item_id,
        lease_token=task.lease_token,
        at=NOW,
        result="failed",
        reason="no answer",
        status=503,
        attempts=attempts,
        next_try_at=again,
    )
    assert store.record_article(done)


def test_only_items_whose_page_is_due_are_claimed_the_longest_waiting_first(store: Store) -> None:
    due = {"1": None, "2": NOW, "3": NOW - HOUR, "4": NOW + HOUR}
    poll(store, *[new_item(guid, page_due_at=at) for guid, at in due.items()])
    assert store.count_articles_due(NOW) == 2
    assert [task.item_id for task in claim(store)] == [3, 2]
    assert claim(store, token="run-2") == ()


def test_a_task_carries_what_the_feed_said(store: Store) -> None:
    item = new_item(
        "1",
        authors=("Ann",),
        published=NOW - DAY,
        language="en",
        text="Teaser",
        text_source="summary",
        page_due_at=NOW,
    )
    poll(store, item)
    assert claim(store) == (
        ArticleTask(
            item_id=1,
            outlet="Gulf Insider",
            url=item.parsed.url,
            title="Title 1",
            authors=("Ann",),
            published=NOW - DAY,
            language="en",
            first_seen=NOW,
            text="Teaser",
            text_source="summary",
            attempts=0,
            validators=Validators(),
            lease_token="run-1",
            summary="Summary 1",
        ),
    )


def test_pages_of_chosen_outlets_only(store: Store) -> None:
    poll(store, new_item("1", page_due_at=NOW), outlet="A")
    poll(store, new_item("1", page_due_at=NOW), outlet="B")
    assert store.count_articles_due(NOW, outlets=["a"]) == 1
    (task,) = store.claim_articles(NOW, lease(), limit=9, outlets=["B", "nobody"])
    assert task.outlet == "B"


def test_a_claimed_page_is_free_again_when_the_claim_expires_or_is_released(store: Store) -> None:
    poll(store, new_item("1", page_due_at=NOW))
    assert len(claim(store)) == 1
    assert len(claim(store, NOW + timedelta(minutes=10), token="run-2")) == 1
    store.release("run-2")
    assert len(claim(store, token="run-3")) == 1


def test_a_page_that_was_read_gives_the_item_its_text(store: Store) -> None:
    poll(store, new_item("1", text="Teaser", text_source="summary", page_due_at=NOW))
    read_page(store, 1, PAGE, validators=Validators(etag='"1"'))
    item = all_items(store)[1]
    assert (item.text, item.text_source, item.content_html) == ("The page's text", "page", "<p>page</p>")
    assert (item.base_url, item.page_due_at, item.page_reason) == (item.url, None, "")
    assert store.count_articles_due(NOW + DAY) == 0


def test_the_feeds_own_html_is_kept_beside_the_pages(store: Store, url: str) -> None:
    poll(store, new_item("1", text="Teaser", page_due_at=NOW))
    read_page(store, 1, PAGE)
    kept = rows(url, "SELECT content_html, page_html, feed_text, feed_source FROM texts")
    assert kept == [("<p>Content 1</p>", "<p>page</p>", "Teaser", "feed")]


def test_a_page_only_fills_what_the_feed_lacks(store: Store) -> None:
    rich = new_item("1", authors=("Ann",), published=NOW - DAY, language="en", page_due_at=NOW)
    bare = new_item("2", title="", page_due_at=NOW)
    poll(store, rich, bare)
    said = DateClaim(source="meta", earliest=NOW - 2 * DAY, latest=NOW - 2 * DAY)
    page = Article(text="T", html="", title="Page", authors=("Zoe",), language="de", claims=(said,))
    read_page(store, 1, page)
    read_page(store, 2, page)
    items = all_items(store)
    first, second = items[1], items[2]
    assert (first.title, first.authors, first.language) == ("Title 1", ("Ann",), "en")
    assert (first.published, first.published_source) == (NOW - DAY, "feed")
    assert (second.title, second.authors, second.language) == ("Page", ("Zoe",), "de")
    assert (second.published, second.published_source) == (NOW - 2 * DAY, "meta")
    assert (second.claims, first.claims[1:]) == ((said,), (said,))
    assert (second.published_earliest, second.published_latest) == (NOW - 2 * DAY, NOW - 2 * DAY)
    assert second.sort_at == NOW - 2 * DAY
    assert [item.id for item in store.items()] == [1, 2]


def test_a_failure_is_recorded_and_hides_nothing(store: Store) -> None:
    # Edge case 46
    poll(store, new_item("1", text="Teaser", text_source="summary", page_due_at=NOW))
    fail(store, claim(store)[0], attempts=2)
    item = all_items(store)[1]
    assert (item.text, item.text_source) == ("Teaser", "summary")
    assert (item.page_reason, item.page_attempts, item.page_due_at) == ("no answer", 2, NOW + HOUR)
    assert [health.pages_failing for health in store.health()] == [1]
    assert claim(store) == ()
    assert claim(store, NOW + HOUR)[0].attempts == 2


def test_a_page_that_was_given_up_is_not_tried_again_and_says_why(store: Store) -> None:
    poll(store, new_item("1", page_due_at=NOW))
    fail(store, claim(store)[0], attempts=5, again=None)
    assert claim(store, NOW + 99 * DAY) == ()
    assert all_items(store)[1].page_reason == "no answer"
    assert [health.pages_failing for health in store.health()] == [0]


def test_a_page_with_less_than_the_feed_leaves_the_feeds_text(store: Store) -> None:
    poll(store, new_item("1", text="The feed's own text", page_due_at=NOW))
    (task,) = claim(store)
    done = ArticleOutcome(
        item_id=1,
        lease_token=task.lease_token,
        at=NOW,
        result="from_feed",
        reason="the page holds less",
        article=PAGE,
        validators=Validators(etag='"1"'),
    )
    assert store.record_article(done)
    item = all_items(store)[1]
    assert (item.text, item.text_source, item.content_html) == (
        "The feed's own text",
        "feed",
        "<p>Content 1</p>",
    )
    assert item.page_reason == "the page holds less"


def test_the_pages_validators_are_sent_with_the_next_try(store: Store) -> None:
    poll(store, new_item("1", page_due_at=NOW))
    read_page(store, 1, PAGE, validators=Validators(etag='"1"', last_modified="Mon"), next_try_at=NOW + HOUR)
    assert claim(store, NOW + HOUR)[0].validators == Validators(etag='"1"', last_modified="Mon")


def test_a_result_whose_claim_was_lost_or_whose_item_is_gone_is_not_written(store: Store) -> None:
    poll(store, new_item("1", page_due_at=NOW))
    (task,) = claim(store)
    done = ArticleOutcome(
        item_id=1, lease_token=task.lease_token, at=NOW, result="extracted", reason="", article=PAGE
    )
    claim(store, NOW + HOUR, token="run-2")
    assert not store.record_article(done)
    assert all_items(store)[1].text_source == "feed"
    store.purge([task.url, "https://gulf-insider.example/feed"])
    assert not store.record_article(done)


@pytest.mark.parametrize("indexed_before", [True, False])
def test_a_pages_text_is_searchable_and_the_teasers_words_are_not(store: Store, indexed_before: bool) -> None:
    poll(store, new_item("1", text="ephemeral", summary="", text_source="summary", page_due_at=NOW))
    if indexed_before:
        store.index_pending()
        assert len(list(store.search("ephemeral"))) == 1
    read_page(store, 1, Article(text="lasting", html=""), text_digest=digest("x"))
    while store.index_pending():
        pass
    assert [len(list(store.search(word, ItemFilter()))) for word in ("ephemeral", "lasting")] == [0, 1]


def test_a_page_that_was_put_off_waits_without_an_attempt(store: Store) -> None:
    poll(store, new_item("1", page_due_at=NOW))
    fail(store, claim(store)[0], attempts=1)
    [task] = claim(store, NOW + HOUR)
    put_off = ArticleOutcome(
        item_id=task.item_id,
        lease_token=task.lease_token,
        at=NOW + HOUR,
        result="put_off",
        reason="example.org wants quiet",
        attempts=1,
        next_try_at=NOW + 3 * HOUR,
    )
    assert store.record_article(put_off)
    assert claim(store, NOW + 2 * HOUR) == ()
    [again] = claim(store, NOW + 3 * HOUR)
    assert again.attempts == 1
    assert [item.page_reason for item in all_items(store).values()] == ["example.org wants quiet"]
