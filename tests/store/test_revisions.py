"""Edits: found in the feed and in the page, kept with what was said before, told from noise."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from aggregator.core.similar import text_digest
from aggregator.model import (
    Article,
    ArticleOutcome,
    ChangedItem,
    Corrected,
    ItemFilter,
    NewItem,
    Recorded,
    Revision,
    RevisionKind,
    TextSource,
    Validators,
    Wording,
)
from aggregator.store import Store
from tests.store.press import (
    DAY,
    HOUR,
    NOW,
    all_items,
    claim_one,
    lease,
    new_item,
    outcome,
    poll,
    read_page,
    rows,
)

MINUTE = timedelta(minutes=1)
LEAD = "The bridge over the bay was opened on Tuesday by the minister of works, who cut a ribbon."
BODY = "Some 12 people were hurt in March when a crane fell on the builders' huts below it."
END = "The road to the bridge follows in May, the ministry said in a statement."
TEXT = f"{LEAD}\n{BODY}\n{END}"
EDITED = TEXT.replace("12 people", "14 people")
ANY: tuple[RevisionKind, ...] = ("typo", "headline", "correction", "live", "rewrite", "edit")


def item(text: str = TEXT, guid: str = "1", **values: Any) -> NewItem:
    """A full-text feed's item."""
    return new_item(guid, text=text, **values)


def edit(
    store: Store, changed: NewItem, at: datetime, item_id: int = 1, outlet: str = "Gulf Insider"
) -> Recorded:
    """A poll in which the feed says something else of an item."""
    feed = claim_one(store, at, outlets=[outlet])
    return store.record_poll(outcome(feed, at=at, changed=(ChangedItem(id=item_id, item=changed),)))


def page(text: str, **values: Any) -> Article:
    return Article(text=text, html=f"<p>{text}</p>", **values)


def look(store: Store, article: Article, at: datetime, item_id: int = 1, **values: Any) -> None:
    """A look at a page, which is due an hour later again."""
    planned = {"next_try_at": at + HOUR, "text_digest": text_digest(article.text)}
    read_page(store, item_id, article, now=at, **planned | values)


def kinds(store: Store, item_id: int = 1) -> list[RevisionKind]:
    return [revision.kind for revision in store.revisions(item_id)]


# ── found in the feed ────────────────────────────────────────────────────────────────────────


def test_an_edit_of_a_full_text_feed_is_kept_with_what_was_said_before(store: Store) -> None:
    # Edge case 49
    poll(store, item())
    edit(store, item(EDITED), NOW + HOUR)

    assert store.revisions(1) == (
        Revision(
            id=store.revisions(1)[0].id,
            item_id=1,
            at=NOW + HOUR,
            seen_in="feed",
            kind="edit",
            summary="1 word added and 1 word removed in 1 place",
            before=Wording(title="Title 1", text=TEXT, source="feed"),
            after=Wording(title="Title 1", text=EDITED, source="feed"),
        ),
    )
    assert all_items(store)[1].updated == NOW + HOUR


def test_the_publishers_own_time_of_an_edit_is_told_unless_it_is_to_come(store: Store) -> None:
    poll(store, item(), item(guid="2"))
    edit(store, item(EDITED, updated=NOW + MINUTE), NOW + HOUR)
    edit(store, item(EDITED, "2", updated=NOW + 9 * DAY), NOW + HOUR, item_id=2)

    assert [all_items(store)[one].updated for one in (1, 2)] == [NOW + MINUTE, NOW + HOUR]


@pytest.mark.parametrize(
    "noise",
    [
        item(f"{TEXT}\n13 comments"),
        item(f"Updated 5 minutes ago\n{TEXT}"),
        item(tags=("Bridges",)),
        item(content_html="<p class='new'>Content 1</p>"),
    ],
    ids=["comments", "ago", "tags", "markup"],
)
def test_a_comment_counter_or_updated_ago_is_no_edit(store: Store, noise: NewItem) -> None:
    # Edge cases 25 and 52
    poll(store, item(page_due_at=NOW))
    edit(store, replace(noise, page_due_at=NOW + HOUR), NOW + HOUR)

    stored = all_items(store)[1]
    assert (store.revisions(1), stored.updated, stored.page_due_at) == ((), None, NOW)


def test_an_edit_makes_the_page_due_as_if_it_had_not_been_tried(store: Store) -> None:
    poll(store, item(text_source="summary", page_due_at=NOW))
    look(store, page(TEXT * 2), NOW, validators=Validators(etag='"1"'), next_try_at=None)
    edit(store, item(EDITED, text_source="summary", page_due_at=NOW + HOUR), NOW + HOUR)

    (task,) = store.claim_articles(NOW + HOUR, lease(now=NOW + HOUR), limit=9)
    assert (task.attempts, task.validators.etag, task.page_text) == (0, '"1"', TEXT * 2)


def test_a_guid_used_again_years_later_for_another_article_is_an_update_shown_as_such(store: Store) -> None:
    # Edge case 26
    poll(store, item())
    other = (
        "Parliament rejected the budget on Sunday after eleven hours of debate, with opposition members "
        "leaving the chamber before speaker Hassan could announce a second reading for next Thursday."
    )
    edit(store, item(other, title="Budget rejected"), NOW + 700 * DAY)

    (revision,) = store.revisions(1)
    assert (revision.kind, revision.summary) == (
        "rewrite",
        "another article stands under its id; before: “Title 1”",
    )
    assert all_items(store)[1].title == "Budget rejected"


def test_an_edit_of_the_headline_is_found_while_the_text_is_the_pages(store: Store) -> None:
    # Edge case 49
    poll(store, item("Teaser.", text_source="summary", page_due_at=NOW))
    look(store, page(TEXT), NOW)
    edit(
        store, item("Teaser.", text_source="summary", title="Other words", page_due_at=NOW + HOUR), NOW + HOUR
    )

    stored = all_items(store)[1]
    assert (kinds(store), stored.title, stored.text) == (["headline"], "Other words", TEXT)


def test_a_feed_that_begins_to_carry_whole_texts_edits_nothing(store: Store) -> None:
    poll(store, item(LEAD, text_source="summary"))
    edit(store, item(TEXT), NOW + HOUR)

    stored = all_items(store)[1]
    assert (store.revisions(1), stored.updated, stored.text) == ((), None, TEXT)


@pytest.mark.parametrize("source", ["feed", "summary"])
def test_a_feed_that_shrinks_to_a_teaser_leaves_the_whole_text(store: Store, source: TextSource) -> None:
    poll(store, item(content_html=f"<p>{TEXT}</p>"))
    teaser = item(
        LEAD[:70],
        text_source=source,
        content_html=f"<p>{LEAD[:70]}</p>",
        page_due_at=NOW + HOUR,
        tags=("Bay",),
    )
    edit(store, teaser, NOW + HOUR)

    stored = all_items(store)[1]
    assert (stored.text, stored.text_source, stored.content_html) == (TEXT, "feed", f"<p>{TEXT}</p>")
    assert (store.revisions(1), stored.updated, stored.tags) == ((), None, ("Bay",))
    assert stored.page_due_at == NOW + HOUR

    edit(store, item(EDITED), NOW + 2 * HOUR)
    assert (kinds(store), all_items(store)[1].text) == (["edit"], EDITED)


@pytest.mark.parametrize("source", ["feed", "summary"])
def test_a_feed_that_takes_an_article_back_says_so_and_its_words_are_kept(
    store: Store, source: TextSource
) -> None:
    notice = "This article has been withdrawn."
    poll(store, item())
    edit(store, item(notice, text_source=source), NOW + HOUR)

    (revision,) = store.revisions(1)
    assert (revision.kind, revision.summary, revision.before.text) == ("correction", f"“{notice}”", TEXT)
    assert all_items(store)[1].text == notice


def test_an_update_that_drops_enclosures_drops_them(store: Store) -> None:
    # Edge case 44
    from aggregator.model import Enclosure

    poll(store, item(enclosures=(Enclosure(url="https://a.example/1.mp3"),)))
    edit(store, item(enclosures=()), NOW + HOUR)

    assert all_items(store)[1].enclosures == ()


def test_versions_that_alternate_are_no_edits_for_ever(store: Store) -> None:
    poll(store, item())
    for hour in range(1, 12):
        edit(store, item(EDITED if hour % 2 else TEXT), NOW + hour * HOUR)

    stored = all_items(store)[1]
    assert len(store.revisions(1)) == 3
    assert (stored.updated, stored.text) == (NOW + 3 * HOUR, EDITED)


# ── found in the page ────────────────────────────────────────────────────────────────────────


def test_the_pages_text_in_place_of_the_feeds_is_no_edit(store: Store) -> None:
    poll(store, item("Teaser.", text_source="summary", page_due_at=NOW))
    look(store, page(TEXT), NOW)

    assert (store.revisions(1), all_items(store)[1].updated) == ((), None)


def test_a_second_look_that_finds_an_edit_keeps_what_the_page_said(store: Store) -> None:
    poll(store, item("Teaser.", text_source="summary", page_due_at=NOW))
    look(store, page(TEXT), NOW)
    look(
        store,
        page(EDITED, method="trafilatura", score=0.75, image="https://a.example/1.jpg"),
        NOW + HOUR,
        rereads=1,
    )

    (revision,) = store.revisions(1)
    stored = all_items(store)[1]
    assert (revision.seen_in, revision.kind, revision.before.text) == ("page", "edit", TEXT)
    assert (stored.updated, stored.text, stored.text_score) == (NOW + HOUR, EDITED, 0.75)
    assert (stored.text_method, stored.image) == ("trafilatura", "https://a.example/1.jpg")
    (task,) = store.claim_articles(NOW + 2 * HOUR, lease(), limit=9)
    assert (task.page_text, task.page_score, task.rereads, task.summary) == (EDITED, 0.75, 1, "Summary 1")


def test_a_better_way_of_finding_the_text_is_no_edit(store: Store) -> None:
    poll(store, item("Teaser.", text_source="summary", page_due_at=NOW))
    look(store, page(f"{TEXT}\nRead our newsletter", method="trafilatura"), NOW)
    look(store, page(TEXT, method="json-ld"), NOW + HOUR)

    assert (store.revisions(1), all_items(store)[1].text) == ((), TEXT)


@pytest.mark.parametrize(
    "methods", [("trafilatura", "trafilatura, corrected"), ("weights, corrected", "weights")]
)
def test_an_edit_that_comes_with_another_way_of_finding_is_kept(
    store: Store, methods: tuple[str, str]
) -> None:
    poll(store, item("Teaser.", text_source="summary", page_due_at=NOW))
    look(store, page(TEXT, method=methods[0]), NOW)
    look(store, page(f"{EDITED}\nAll rights reserved", method=methods[1]), NOW + HOUR)

    (revision,) = store.revisions(1)
    assert (revision.kind, revision.before.text) == ("edit", TEXT)


def test_the_missing_rest_of_a_paged_article_is_no_edit(store: Store) -> None:
    poll(store, item("Teaser.", text_source="summary", page_due_at=NOW))
    look(store, page(LEAD), NOW, attempts=1)
    look(store, page(TEXT), NOW + HOUR)

    assert (store.revisions(1), all_items(store)[1].text) == ((), TEXT)


def test_a_worse_look_never_takes_the_place_of_a_better_text(store: Store) -> None:
    poll(store, item("Teaser.", text_source="summary", page_due_at=NOW))
    look(store, page(TEXT), NOW)
    (task,) = store.claim_articles(NOW + HOUR, lease(now=NOW + HOUR), limit=9)
    worse = ArticleOutcome(
        item_id=1,
        lease_token=task.lease_token,
        at=NOW + HOUR,
        result="extracted",
        reason="",
        article=page(LEAD),
        rereads=1,
        next_try_at=NOW + DAY,
    )

    written = store.record_article(worse)

    assert written is not None
    assert (written.result, written.article) == ("unchanged", None)
    stored = all_items(store)[1]
    assert (stored.text, store.revisions(1), stored.page_due_at) == (TEXT, (), NOW + DAY)
    assert stored.page_reason == "the page gave 18 words, 49 before: the better text stays"


def test_an_article_that_was_taken_back_loses_its_text(store: Store) -> None:
    poll(store, item("Teaser.", text_source="summary", page_due_at=NOW))
    look(store, page(TEXT), NOW)
    look(store, page("Retraction: the bridge was not opened. We regret the error."), NOW + HOUR)

    assert kinds(store) == ["correction"]
    assert all_items(store)[1].text.startswith("Retraction")


def test_a_look_that_shows_nothing_new_counts_and_plans_the_next(store: Store) -> None:
    poll(store, item("Teaser.", text_source="summary", page_due_at=NOW))
    look(store, page(TEXT), NOW)
    (task,) = store.claim_articles(NOW + HOUR, lease(now=NOW + HOUR), limit=9)
    same = ArticleOutcome(
        item_id=1,
        lease_token=task.lease_token,
        at=NOW + HOUR,
        result="unchanged",
        reason="",
        rereads=1,
        next_try_at=NOW + DAY,
    )
    assert store.record_article(same)

    (again,) = store.claim_articles(NOW + DAY, lease(now=NOW + DAY), limit=9)
    assert (again.rereads, again.page_text) == (1, TEXT)


def test_an_edit_that_the_feed_tells_and_the_page_shows_is_one(store: Store) -> None:
    poll(store, item("Some 12 people were hurt.", text_source="summary", page_due_at=NOW))
    look(store, page(TEXT), NOW)
    changed = item(
        "Some 14 people were hurt.", text_source="summary", title="Fourteen hurt", page_due_at=NOW + HOUR
    )
    edit(store, changed, NOW + HOUR)
    (first,) = store.revisions(1)
    look(store, page(EDITED), NOW + HOUR + MINUTE)

    (revision,) = store.revisions(1)
    assert (revision.id, revision.at, revision.seen_in) == (first.id, NOW + HOUR, "feed")
    assert revision.before == Wording(title="Title 1", text=TEXT, source="page")
    assert revision.after == Wording(title="Fourteen hurt", text=EDITED, source="page")
    assert revision.kind == "headline"


def test_a_summary_that_follows_the_page_tells_of_the_same_edit(store: Store) -> None:
    poll(store, item("Some 12 people were hurt.", text_source="summary", page_due_at=NOW))
    look(store, page(TEXT), NOW)
    look(store, page(EDITED), NOW + HOUR)
    edit(store, item("Some 14 people were hurt.", text_source="summary", page_due_at=NOW), NOW + 2 * HOUR)

    assert kinds(store) == ["edit"]


# ── many of them ─────────────────────────────────────────────────────────────────────────────


def test_a_live_blog_is_one_revision_however_often_it_grows(store: Store) -> None:
    poll(store, item("Teaser.", text_source="summary", title="Bridge: live updates", page_due_at=NOW))
    blocks = [
        f"1{n}:05 The {n} cars that crossed the bridge were met by a brass band of the town's {n} schools."
        for n in range(6)
    ]
    for hour in range(1, 6):
        look(store, page("\n".join([*reversed(blocks[:hour]), TEXT])), NOW + hour * HOUR)

    (revision,) = store.revisions(1)
    assert (revision.kind, revision.at) == ("live", NOW + 5 * HOUR)
    assert revision.before.text == f"{blocks[0]}\n{TEXT}"
    assert revision.after.text == all_items(store)[1].text


def test_of_an_items_edits_the_latest_fifty_are_kept(store: Store) -> None:
    poll(store, item())
    for number in range(60):
        edit(store, item(TEXT.replace("12 people", f"{number + 100} people")), NOW + (number + 1) * HOUR)

    found = store.revisions(1)
    assert len(found) == 50
    assert (found[0].at, found[-1].at) == (NOW + 11 * HOUR, NOW + 60 * HOUR)


def test_boxes_that_come_and_go_in_many_articles_of_an_outlet_are_no_edits(store: Store) -> None:
    guids = [str(n) for n in range(1, 6)]
    poll(store, *[item(TEXT, guid) for guid in guids])
    for n, guid in enumerate(guids, 1):
        edit(
            store,
            item(f"{TEXT}\nJoin {n} thousand readers of our daily letter", guid),
            NOW + n * HOUR,
            item_id=n,
        )

    assert [len(store.revisions(n)) for n in range(1, 6)] == [1, 1, 1, 0, 0]
    assert all_items(store)[5].updated is None


def test_notes_of_corrections_are_edits_however_many_articles_have_them(store: Store) -> None:
    guids = [str(n) for n in range(1, 6)]
    poll(store, *[item(TEXT, guid) for guid in guids])
    for n, guid in enumerate(guids, 1):
        edit(
            store,
            item(f"{TEXT}\nThis article was amended on {n} March 2026.", guid),
            NOW + n * HOUR,
            item_id=n,
        )

    assert [kinds(store, n) for n in range(1, 6)] == [["correction"]] * 5


def test_revisions_go_with_their_item(store: Store, url: str) -> None:
    poll(store, item(published=NOW))
    edit(store, item(EDITED, published=NOW), NOW + HOUR)
    store.purge(["https://gulf-insider.example/feed"])

    assert rows(url, "SELECT count(*) FROM revisions") == [(0,)]


def test_texts_that_no_database_takes_are_kept_all_the_same(store: Store) -> None:
    poll(store, item(f"{TEXT}\x00\ud800"))
    edit(store, item(f"{EDITED}\x00\udc00", title="\ud83d\x00"), NOW + HOUR)

    assert len(store.revisions(1)) == 1


# ── the corrections feed's view ──────────────────────────────────────────────────────────────


def told(found: list[Corrected]) -> list[tuple[int, RevisionKind, datetime]]:
    return [(one.item.id, one.revision.kind, one.revision.at) for one in found]


def test_corrections_are_read_the_latest_first_by_the_time_of_the_edit(store: Store) -> None:
    poll(store, item(), item(guid="2"))
    edit(store, item(EDITED), NOW + DAY)
    edit(store, item(guid="2", title="Wholly other words"), NOW + 3 * DAY, item_id=2)
    edit(store, item(EDITED.replace("ministry", "Ministry")), NOW + 4 * DAY)

    assert told(list(store.corrections(ItemFilter(), ANY))) == [
        (1, "typo", NOW + 4 * DAY),
        (2, "headline", NOW + 3 * DAY),
        (1, "edit", NOW + DAY),
    ]
    wanted = ItemFilter(since=NOW + 2 * DAY, limit=1)
    assert told(list(store.corrections(wanted, ["headline", "edit"]))) == [(2, "headline", NOW + 3 * DAY)]
    assert told(list(store.corrections(ItemFilter(until=NOW + 2 * DAY), ANY))) == [(1, "edit", NOW + DAY)]
    assert told(list(store.corrections(ItemFilter(outlets=("nobody",)), ANY))) == []


def test_corrections_of_copies_are_left_out(store: Store) -> None:
    same = text_digest(TEXT * 3)
    poll(store, item(text_digest=same))
    poll(store, item(text_digest=same, url="https://b.example/1"), outlet="B", now=NOW + MINUTE)
    edit(
        store,
        item(text_digest=same, title="Other words", url="https://b.example/1"),
        NOW + HOUR,
        item_id=2,
        outlet="B",
    )

    assert len(list(store.corrections(ItemFilter(), ANY))) == 1
    assert list(store.corrections(ItemFilter(copies=False), ANY)) == []


def test_corrections_of_what_is_held_back_are_told_when_it_is_out(store: Store) -> None:
    poll(store, item(held_until=NOW + DAY))
    edit(store, item(EDITED), NOW + HOUR)

    assert list(store.corrections(ItemFilter(shown_at=NOW + 2 * HOUR), ANY)) == []
    assert len(list(store.corrections(ItemFilter(shown_at=NOW + 2 * DAY), ANY))) == 1
