"""What is learned of outlets' pages: when there is a lesson, what it changes, what is forgotten."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from aggregator.core.extract import study
from aggregator.core.extract.learned import key
from aggregator.core.extract.pieces import Piece, pack
from aggregator.core.similar import text_digest
from aggregator.errors import StoreLockedError
from aggregator.model import Article, ArticleOutcome
from aggregator.model.articles import Lookout
from aggregator.model.learning import (
    ContentPlace,
    Corrected,
    Learned,
    Lesson,
    Line,
    Look,
    Profile,
    Sampled,
)
from aggregator.store import Store
from aggregator.store.engine import Database, take_turn
from tests.store.press import HOUR, NOW, all_items, execute, lease, new_item, poll, read_page, rows

OUTLET, SITE = "Gulf Insider", "x.example"
SAMPLE = pack([Piece("The text", "article>p", "p", True, 0.0)])
LONG = " ".join(f"word{n}" for n in range(60))


def article(text: str = "The page's text", **values: Any) -> Article:
    return replace(Article(text=text, html=f"<p>{text}</p>", sample=SAMPLE, score=0.9), **values)


def read(
    store: Store,
    item_id: int,
    *,
    site: str = SITE,
    at: datetime = NOW,
    learned_at: datetime | None = None,
    text: str = "",
) -> None:
    page = article(text or f"The text of page {item_id}")
    read_page(store, item_id, page, now=at, lookout=Lookout(site=site, learned_at=learned_at))


def pages(store: Store, count: int, **values: Any) -> None:
    """Items whose pages were read, an hour apart."""
    poll(store, *[new_item(str(n), summary="<p>Told</p>", page_due_at=NOW) for n in range(1, count + 1)])
    for n in range(1, count + 1):
        read(store, n, at=NOW + HOUR * n, **values)


def profile(at: datetime = NOW, **values: Any) -> Profile:
    line = Line(kind="block", key=-7, text="Share “this”", articles=3, since=NOW, seen=at)
    place = ContentPlace(path="article>p", articles=3, share=0.9)
    known = Profile(
        learned_at=at, articles=3, lines=(line,), content=(place,), teasers=("a>b",), repeated=(2**62, -1)
    )
    return replace(known, **values)


def learn(store: Store, at: datetime = NOW, *corrected: Corrected) -> Learned:
    lesson = store.lesson(OUTLET, SITE)
    assert lesson is not None
    ids = tuple(page.item_id for page in lesson.pages)
    learned = Learned(profile=profile(at), pages=ids, corrected=corrected)
    store.record_learned(OUTLET, lesson, learned)
    return learned


def test_the_third_page_of_a_site_brings_the_first_lesson(store: Store) -> None:
    pages(store, 2)
    assert store.lesson(OUTLET, SITE) is None
    poll(store, new_item("3", summary="<p>Told</p>", page_due_at=NOW))
    read(store, 3, at=NOW + HOUR * 3)

    lesson = store.lesson("gulf insider", SITE)
    assert lesson is not None
    assert [page.item_id for page in lesson.pages] == [3, 2, 1]
    assert lesson == Lesson(site=SITE, pages=lesson.pages, before=None, read=3)
    assert lesson.pages[0] == Sampled(
        item_id=3,
        title="Title 3",
        sample=SAMPLE,
        html="<p>The text of page 3</p>",
        feed_text=lesson.pages[0].feed_text,
        learned_at=None,
    )
    assert lesson.pages[0].feed_text.endswith("Told")


def test_a_profile_is_kept_whole_and_lessons_come_at_growing_distances(store: Store) -> None:
    pages(store, 3)
    learned = learn(store)
    assert store.profile(OUTLET, SITE) == learned.profile
    assert store.lesson(OUTLET, SITE) is None
    poll(store, *[new_item(str(n), page_due_at=NOW) for n in (4, 5)])
    read(store, 4, learned_at=NOW)
    assert store.lesson(OUTLET, SITE) is None
    read(store, 5, learned_at=NOW)
    lesson = store.lesson(OUTLET, SITE)
    assert lesson is not None
    assert (len(lesson.pages), lesson.before) == (5, learned.profile)


def test_a_page_that_was_read_by_an_older_profile_is_corrected_alone(store: Store) -> None:
    pages(store, 3)
    learned = learn(store)
    poll(store, new_item("4", page_due_at=NOW))
    read(store, 4)

    lesson = store.lesson(OUTLET, SITE)
    assert lesson is not None
    assert ([page.item_id for page in lesson.pages], lesson.anew) == ([4], False)
    store.record_learned(OUTLET, lesson, Learned(profile=learned.profile, pages=(4,)))
    assert store.lesson(OUTLET, SITE) is None


def lessons(store: Store, at: datetime) -> list[int]:
    """Learns as long as there is something to learn of; of how many pages each time, and not for ever."""
    sizes: list[int] = []
    while (lesson := store.lesson(OUTLET, SITE)) is not None and len(sizes) < 4:
        sizes.append(len(lesson.pages))
        now = at + timedelta(minutes=len(sizes))
        store.record_learned(OUTLET, lesson, study(lesson, now=now))
    return sizes


def look_again(store: Store, item_id: int, at: datetime, **values: Any) -> None:
    """A second look that finds the page's text edited."""
    text = f"The text of page {item_id}, edited since, with more words"
    read_page(store, item_id, article(text), now=at, lookout=Lookout(site=SITE), **values)


def test_a_page_that_is_read_again_is_no_further_page_to_learn_from(store: Store) -> None:
    poll(store, *[new_item(str(n), page_due_at=NOW) for n in (1, 2, 3)])
    for n in (1, 2, 3):
        page = article(f"The text of page {n}")
        read_page(store, n, page, lookout=Lookout(site=SITE), next_try_at=NOW + HOUR)
    assert lessons(store, NOW) == [3]
    for n in (1, 2):
        look_again(store, n, NOW + HOUR * (1 + n))
        assert lessons(store, NOW + HOUR * (1 + n)) == [1]
    assert store.fared(OUTLET)[0].pages == 3


def test_a_lesson_of_fewer_pages_than_were_read_is_not_given_again(store: Store, url: str) -> None:
    pages(store, 9)
    execute(url, "DELETE FROM samples WHERE item_id > 2")  # as the end of their time, or a page skipped, does
    assert lessons(store, NOW + HOUR * 10) == [2]


def test_pages_that_came_during_a_lesson_are_learned_from_after_it(store: Store) -> None:
    pages(store, 3)
    lesson = store.lesson(OUTLET, SITE)
    assert lesson is not None
    poll(store, *[new_item(str(n), page_due_at=NOW) for n in (4, 5)])
    for n in (4, 5):
        read(store, n, at=NOW + HOUR * n)
    store.record_learned(OUTLET, lesson, study(lesson, now=NOW))
    assert lessons(store, NOW + HOUR) == [5]


@pytest.mark.parametrize("call", ["record_article", "record_learned", "skip_lesson", "watch_pages"])
def test_what_is_learned_is_written_by_one_process_at_a_time(store: Store, url: str, call: str) -> None:
    pages(store, 3)
    lesson = store.lesson(OUTLET, SITE)
    assert lesson is not None
    failed = ArticleOutcome(
        item_id=1, lease_token="t", at=NOW, result="failed", reason="", lookout=Lookout(site="y.example")
    )
    arguments: dict[str, tuple[Any, ...]] = {
        "record_article": (failed,),
        "record_learned": (OUTLET, lesson, Learned(profile=profile())),
        "skip_lesson": (OUTLET, lesson),
        "watch_pages": (NOW,),
    }
    other, hasty = Database(url), Store.open(url, wait=timedelta(milliseconds=50))
    try:
        with other.writing() as connection:
            take_turn(connection)
            with pytest.raises(StoreLockedError):
                getattr(hasty, call)(*arguments[call])
    finally:
        other.close()
        hasty.close()


def test_pages_of_another_site_and_of_another_outlet_have_lessons_of_their_own(store: Store) -> None:
    pages(store, 3)
    poll(store, new_item("4", page_due_at=NOW))
    read(store, 4, site="elsewhere.example")
    learn(store)
    assert store.profile(OUTLET, "elsewhere.example") is None
    assert store.profile("Another", SITE) is None
    assert store.lesson(OUTLET, "elsewhere.example") is None


def test_a_corrected_article_has_its_new_text_and_copies_and_counts_as_no_edit(store: Store) -> None:
    pages(store, 3)
    before = all_items(store)
    two = [
        Corrected(
            item_id=n,
            text=LONG,
            html=f"<p>{LONG}</p>",
            text_digest=text_digest(LONG),
            was=f"<p>The text of page {n}</p>",
        )
        for n in (1, 2)
    ]
    learn(store, NOW, *two)

    items = all_items(store)
    assert [items[n].text for n in (1, 2, 3)] == [LONG, LONG, before[3].text]
    assert [items[n].updated for n in (1, 2)] == [before[n].updated for n in (1, 2)]
    assert {items[1].duplicate_of, items[2].duplicate_of} in ({None, 1}, {None, 2})


def test_an_article_that_was_read_again_meanwhile_is_left_alone(store: Store) -> None:
    pages(store, 3)
    stale = Corrected(item_id=1, text="Old", html="<p>Old</p>", text_digest=None, was="<p>Something else</p>")
    learn(store, NOW, stale)
    assert all_items(store)[1].text == "The text of page 1"


def test_only_the_latest_pages_are_kept_to_learn_from(store: Store, url: str) -> None:
    pages(store, 23)
    learn(store)
    assert rows(url, "SELECT count(*), min(item_id) FROM samples") == [(20, 4)]


def test_pages_that_cannot_be_learned_from_are_left_out_of_the_next_lesson(store: Store, url: str) -> None:
    pages(store, 3)
    lesson = store.lesson(OUTLET, SITE)
    assert lesson is not None
    store.skip_lesson(OUTLET, lesson)
    assert store.lesson(OUTLET, SITE) is None
    assert rows(url, "SELECT count(*) FROM samples") == [(0,)]


def test_sites_that_no_page_was_read_of_for_a_quarter_of_a_year_are_forgotten(store: Store, url: str) -> None:
    pages(store, 3)
    learn(store)
    store.prune(NOW + timedelta(days=30), None)
    assert store.profile(OUTLET, SITE) is not None
    store.prune(NOW + timedelta(days=120), None)
    assert store.profile(OUTLET, SITE) is None
    assert rows(url, "SELECT count(*) FROM samples") == [(0,)]


def test_how_pages_fared_is_told_with_those_that_gave_no_text(store: Store) -> None:
    poll(store, *[new_item(str(n), page_due_at=NOW) for n in (1, 2)])
    read(store, 1, text="Four words of text")
    (task,) = store.claim_articles(NOW, lease(), limit=9)
    failed = ArticleOutcome(
        item_id=task.item_id,
        lease_token=task.lease_token,
        at=NOW,
        result="failed",
        reason="no article text was found in the page",
        status=200,
        lookout=Lookout(site=SITE),
    )
    assert store.record_article(failed)
    (fared,) = store.fared(OUTLET)
    assert fared.looks == (Look(at=NOW, score=900, words=4), Look(at=NOW, score=None, words=0))
    assert (fared.outlet, fared.site, fared.pages) == (OUTLET, SITE, 1)


def test_a_fall_of_the_scores_is_watched_and_the_site_learned_anew(store: Store) -> None:
    poll(store, *[new_item(str(n), page_due_at=NOW) for n in range(1, 46)])
    for n in range(1, 46):
        score = 0.9 if n <= 30 else 0.4
        page = article(f"The text of page {n} " * 20, score=score)
        read_page(store, n, page, now=NOW + HOUR * n, lookout=Lookout(site=SITE, learned_at=NOW))
    learn(store)
    assert store.lesson(OUTLET, SITE) is None
    (worse,) = store.watch_pages(NOW + HOUR * 50)
    assert worse.decline is not None
    assert worse.decline.reason == "their texts score 0.40, 0.90 before"
    assert store.fared(OUTLET)[0].decline == worse.decline
    lesson = store.lesson(OUTLET, SITE)
    assert lesson is not None
    assert lesson.anew
    assert store.watch_pages(NOW + timedelta(days=60)) == ()


def test_a_second_look_without_what_is_cut_since_is_no_edit(store: Store) -> None:
    click = "Click here to read more of what our newsroom covers."
    pages(store, 3)
    cut = Line(kind="block", key=key(click), text=click, articles=3, since=NOW, seen=NOW)
    lesson = store.lesson(OUTLET, SITE)
    assert lesson is not None
    poll(store, new_item("4", page_due_at=NOW))
    read_page(
        store,
        4,
        replace(article(f"{LONG}\n\n{click}"), sample=b""),
        next_try_at=NOW,
        lookout=Lookout(site=SITE),
    )
    store.record_learned(OUTLET, lesson, Learned(profile=profile(lines=(cut,)), pages=(1, 2, 3)))
    before = all_items(store)[4].updated
    read_page(store, 4, article(LONG), now=NOW + HOUR, lookout=Lookout(site=SITE, learned_at=NOW))
    item = all_items(store)[4]
    assert (item.text, item.updated) == (LONG, before)
