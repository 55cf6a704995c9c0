"""Near copies among the stored items: found, explained, undone, whatever happens and in whatever order."""

from itertools import pairwise
from typing import Any

import pytest

from aggregator.core.likeness import Read, read
from aggregator.core.similar import text_digest
from aggregator.core.sketch import sketch_of
from aggregator.errors import UsageError
from aggregator.model import Article, ChangedItem, NewItem
from aggregator.store import Store, duplicates, sketches
from tests.core.copied import article, beginning, edited
from tests.store.press import DAY, HOUR, NOW, execute, groups, new_item, parsed, poll, read_page, rows, spec

ONE = article(1)
NEAR = edited(ONE, 0.08)
PART = beginning(ONE, 0.4)
OTHER = article(2)


def texted(guid: str, text: str, **values: Any) -> NewItem:
    """An item with this text, as the full feed of a site of its own gives it."""
    made = {
        "url": f"https://site-{guid}.example/news",
        "text": text,
        "text_digest": text_digest(text),
        "sketch": sketch_of(text, "feed"),
    }
    return new_item(guid, **made | values)


def counted(url: str) -> dict[str, int]:
    """Rows that copies take."""
    return {
        name: rows(url, f"SELECT count(*) FROM {name}")[0][0]
        for name in ("sketches", "shingles", "likenesses", "copy_decisions")
    }


def test_a_lightly_edited_text_at_another_outlet_is_a_copy(store: Store) -> None:
    poll(store, texted("1", ONE), outlet="A")
    poll(store, texted("2", NEAR), texted("3", OTHER), outlet="B")
    assert groups(store) == {1: (None, None), 2: (1, "copy"), 3: (None, None)}


def test_a_part_of_a_text_is_an_excerpt(store: Store) -> None:
    poll(store, texted("1", ONE), outlet="A")
    poll(store, texted("2", PART), outlet="B", now=NOW + HOUR)
    assert groups(store) == {1: (None, None), 2: (1, "excerpt")}


def test_the_earliest_is_first_whenever_it_was_stored(store: Store) -> None:
    poll(store, texted("1", ONE, published=NOW - HOUR), outlet="A")
    poll(store, texted("2", NEAR, published=NOW - 5 * HOUR), outlet="B")
    poll(store, texted("3", ONE, published=NOW - 3 * HOUR), outlet="C")
    assert groups(store) == {1: (2, "copy"), 2: (None, None), 3: (2, "copy")}


def test_a_named_source_that_is_stored_is_first(store: Store) -> None:
    poll(store, texted("1", f"{NEAR}\n\nSource Zero Hedge"), outlet="Gulf Insider")
    poll(store, texted("2", ONE), outlet="Zero Hedge", now=NOW + HOUR)
    assert groups(store) == {1: (2, "copy"), 2: (None, None)}
    crediting = store.copy_group(1).crediting
    assert crediting is not None
    assert crediting.named_by == 1
    assert crediting.credit is not None
    assert crediting.credit.words == "Source Zero Hedge"


def test_summaries_and_short_texts_are_no_near_copies(store: Store) -> None:
    summary = {"text_source": "summary", "sketch": None}
    poll(store, texted("1", ONE, **summary), texted("2", beginning(ONE, 0.1)), outlet="A")
    poll(store, texted("3", NEAR, **summary), texted("4", edited(beginning(ONE, 0.1), 0.02)), outlet="B")
    assert set(groups(store).values()) == {(None, None)}


def test_a_sketch_that_was_not_made_with_the_text_is_made_from_what_is_stored(store: Store) -> None:
    poll(store, texted("1", ONE, sketch=None), outlet="A")
    poll(store, texted("2", "", text_digest=None, page_due_at=NOW), outlet="B")
    read_page(store, 2, Article(text=NEAR, html=""), text_digest=text_digest(NEAR))
    assert groups(store) == {1: (None, None), 2: (1, "copy")}


def test_the_evidence_is_told_from_both_sides(store: Store) -> None:
    poll(store, texted("1", ONE), outlet="A")
    poll(store, texted("2", PART), outlet="B", now=NOW + HOUR)
    for item, other in ((1, 2), (2, 1)):
        group = store.copy_group(item)
        assert [copy.id for copy in group.others] == [other]
        (tie,) = group.others[0].ties
        assert (tie.kind, tie.one, tie.other) == ("near", 1, 2)
        assert tie.likeness is not None
        assert (tie.likeness.one_words, tie.likeness.other_share) == (300, 1.0)
        assert tie.likeness.passage[:40] in " ".join(ONE.split())
        assert group.crediting is not None
        assert group.crediting.first == 1


def test_copies_that_are_alike_only_by_way_of_another_are_told_so(store: Store) -> None:
    poll(store, texted("1", ONE, canonical_url="https://x.example/a", title="Storm"), outlet="A")
    poll(store, texted("2", OTHER, canonical_url="https://x.example/a", title="Storm"), outlet="B")
    poll(store, texted("3", edited(OTHER, 0.05)), outlet="C")
    assert groups(store)[3] == (1, "copy")
    ties = store.copy_group(3).others[0].ties
    assert [(tie.kind, tie.one, tie.other) for tie in ties] == [("near", 2, 3), ("address", 1, 2)]


# ── large groups ─────────────────────────────────────────────────────────────────────────────


def test_a_text_is_read_beside_a_few_of_a_group_and_also_beside_those_of_others(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        poll(store, texted(f"copy-{number}", edited(ONE, 0.03, number)), outlet=f"Copy {number}")
    poll(store, texted("part", beginning(edited(ONE, 0.03, 9), 0.4)), outlet="Part")
    counted: list[str] = []

    def counting(text: str) -> Read:
        counted.append(text)
        return read(text)

    monkeypatch.setattr(sketches, "read", counting)
    poll(store, texted("round-up", f"{article(3, 900)}\n\n{ONE}"), outlet="Round-up", now=NOW + HOUR)
    counted.clear()
    poll(store, texted("late", ONE), outlet="Late", now=NOW + HOUR)
    assert groups(store)[11] == (1, "copy")
    # its own text, three of the group, the part and what quotes it at most
    assert len(counted) <= 6


def test_a_large_group_stays_one_when_those_go_that_a_text_was_read_beside(store: Store) -> None:
    for number in range(12):
        poll(store, texted(str(number), edited(ONE, 0.03, number)), outlet=f"Outlet {number}")
    store.purge([spec("Outlet 0").url, spec("Outlet 1").url])
    assert groups(store) == {3: (None, None)} | dict.fromkeys(range(4, 13), (3, "copy"))


def test_each_item_of_a_long_chain_is_asked_about_once(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = poll(store, *[new_item(str(n), canonical_url="") for n in range(40)]).new_ids
    for low, high in pairwise(ids):
        execute(url, f"INSERT INTO likenesses VALUES ({low}, {high}, 'excerpt', 90, 300, 80, 80, 500, '')")
    asked: list[int] = []
    real = duplicates._shared

    def noting(connection: Any, new: Any, known: Any) -> Any:
        asked.extend(new["ids"])
        return real(connection, new, known)

    monkeypatch.setattr(duplicates, "_shared", noting)
    with store._database.reading() as connection:
        assert duplicates.linked(connection, ids[:1]) == set(ids)
    assert sorted(asked) == list(ids)


# ── what changes ─────────────────────────────────────────────────────────────────────────────


def test_an_edit_that_ends_the_likeness_takes_the_item_out(store: Store, url: str) -> None:
    poll(store, texted("1", ONE), outlet="A")
    poll(store, texted("2", NEAR), outlet="B")
    poll(store, outlet="B", changed=(ChangedItem(id=2, item=texted("2", OTHER)),))
    assert groups(store) == {1: (None, None), 2: (None, None)}
    assert counted(url)["likenesses"] == 0


def test_a_date_that_is_found_later_gives_the_group_another_first(store: Store) -> None:
    poll(store, texted("1", ONE), outlet="A")
    poll(store, texted("2", NEAR), outlet="B")
    change = ChangedItem(id=2, item=texted("2", NEAR, published=NOW - DAY))
    poll(store, outlet="B", changed=(change,))
    assert groups(store) == {1: (2, "copy"), 2: (None, None)}


def test_deleted_items_leave_nothing_behind(store: Store, url: str) -> None:
    poll(store, texted("1", ONE), outlet="A")
    poll(store, texted("2", NEAR), outlet="B")
    store.join(1, _third(store), NOW)
    store.purge([spec(name).url for name in ("A", "B", "C")])
    assert counted(url) == {"sketches": 0, "shingles": 0, "likenesses": 0, "copy_decisions": 0}


def _third(store: Store) -> int:
    return poll(store, texted("3", OTHER), outlet="C").new_ids[0]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_what_is_stored_depends_on_the_items_and_not_on_their_order(
    store: Store, order: tuple[int, ...]
) -> None:
    texts = (ONE, NEAR, PART, OTHER)
    for place in order:
        item = texted(str(place), texts[place], published=NOW - (9 - place) * HOUR)
        poll(store, item, outlet="ABCD"[place])
    ids = {place: number for number, place in enumerate(order, 1)}
    assert groups(store) == {
        ids[0]: (None, None),
        ids[1]: (ids[0], "copy"),
        ids[2]: (ids[0], "excerpt"),
        ids[3]: (None, None),
    }


def test_texts_of_an_earlier_version_are_compared_bit_by_bit(store: Store, url: str) -> None:
    poll(store, texted("1", ONE), outlet="A")
    poll(store, texted("2", NEAR), texted("3", OTHER), outlet="B")
    execute(
        url,
        *[f"DELETE FROM {name}" for name in ("sketches", "shingles", "likenesses")],
        "UPDATE items SET duplicate_of = NULL, relation = NULL",
        "INSERT INTO meta (key, value) VALUES ('unsketched_to', '3')",
    )
    rounds = 0
    while store.sketch_stored(1):
        rounds += 1
    assert rounds == 3
    assert groups(store) == {1: (None, None), 2: (1, "copy"), 3: (None, None)}
    assert not store.sketch_stored()


# ── decisions ────────────────────────────────────────────────────────────────────────────────


def test_an_item_that_was_split_off_stays_apart_whatever_arrives(store: Store) -> None:
    poll(store, texted("1", ONE), outlet="A")
    poll(store, texted("2", NEAR), outlet="B")
    store.split(2, NOW)
    assert groups(store) == {1: (None, None), 2: (None, None)}
    poll(store, texted("3", ONE), outlet="C")
    poll(store, outlet="B", changed=(ChangedItem(id=2, item=texted("2", ONE)),), now=NOW + HOUR)
    assert groups(store) == {1: (None, None), 2: (None, None), 3: (1, "copy")}
    assert store.copy_group(2).apart_since == NOW


def test_splitting_off_the_first_gives_the_others_another(store: Store) -> None:
    for name in "ABC":
        poll(store, texted(name, ONE), outlet=name)
    store.split(1, NOW)
    assert groups(store) == {1: (None, None), 2: (None, None), 3: (2, "copy")}


def test_items_that_were_joined_stay_together(store: Store) -> None:
    poll(store, texted("1", ONE), outlet="A")
    poll(store, texted("2", OTHER), outlet="B")
    store.join(2, 1, NOW)
    assert groups(store) == {1: (None, None), 2: (1, "copy")}
    poll(store, outlet="B", changed=(ChangedItem(id=2, item=texted("2", article(3))),), now=NOW + HOUR)
    assert groups(store) == {1: (None, None), 2: (1, "copy")}
    (tie,) = store.copy_group(2).others[0].ties
    assert (tie.kind, tie.at) == ("hand", NOW)


def test_split_and_join_undo_each_other(store: Store, url: str) -> None:
    poll(store, texted("1", ONE), outlet="A")
    poll(store, texted("2", NEAR), outlet="B")
    store.split(2, NOW)
    store.join(1, 2, NOW)
    assert groups(store)[2] == (1, "copy")
    store.split(2, NOW)
    assert set(groups(store).values()) == {(None, None)}
    assert counted(url)["copy_decisions"] == 1


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda store: store.split(9, NOW), "there is no item 9"),
        (lambda store: store.split(3, NOW), "item 3 is no copy"),
        (lambda store: (store.split(2, NOW), store.split(2, NOW)), "item 2 is kept apart already"),
        (lambda store: store.join(1, 9, NOW), "there is no item 9"),
        (lambda store: store.join(1, 1, NOW), "cannot be joined with itself"),
        (lambda store: store.join(1, 2, NOW), "items 1 and 2 are in one group already"),
    ],
)
def test_what_cannot_be_decided_is_said(store: Store, act: Any, message: str) -> None:
    poll(store, texted("1", ONE), outlet="A")
    poll(store, texted("2", NEAR), texted("3", OTHER), outlet="B")
    with pytest.raises(UsageError, match=message):
        act(store)


def test_articles_whose_pages_all_name_their_section_are_others(store: Store) -> None:
    poll(store, texted("1", ONE, canonical_url="https://x.example/news"), outlet="A")
    poll(store, texted("2", OTHER, canonical_url="https://x.example/news"), outlet="A")
    assert set(groups(store).values()) == {(None, None)}


def test_posts_of_a_live_report_are_others_and_its_comments_are_not(store: Store) -> None:
    page = "https://x.example/live/storm"
    entries = [parsed(name, url=f"{page}#{name}") for name in ("block-1", "block-2", "comments", "respond")]
    poll(store, *[new_item(entry=entry, key=entry.guid, canonical_url=page) for entry in entries])
    assert groups(store) == {1: (None, None), 2: (None, None), 3: (None, None), 4: (3, "same")}


def test_notices_of_one_outlet_that_share_all_but_a_name_are_others(store: Store) -> None:
    notices = [f"{name}, of Ellery, died. {ONE}" for name in ("Maria Okonjo, 81", "Peter Lindqvist, 77")]
    poll(store, *[texted(str(n), text, title=text.partition(",")[0]) for n, text in enumerate(notices)])
    assert set(groups(store).values()) == {(None, None)}


def test_an_address_that_other_articles_pages_name_too_is_taken_back_and_not_believed_again(
    store: Store,
) -> None:
    section = "https://x.example/news"
    own = [f"https://x.example/c{n}.html" for n in (1, 2, 3)]
    poll(store, *[new_item(str(n), url=url, page_due_at=NOW) for n, url in enumerate(own)])
    for n in (1, 2, 3):
        read_page(store, n, Article(text=article(n, 50), html=""), canonical_url=section)
    assert [item.canonical_url for item in sorted(store.items(), key=lambda item: item.id)] == own
    assert set(groups(store).values()) == {(None, None)}


def test_an_address_that_two_links_to_one_article_name_is_believed(store: Store) -> None:
    poll(store, *[new_item(str(n), url=f"https://x.example/?p={n}", page_due_at=NOW) for n in (1, 2)])
    for n in (1, 2):
        read_page(
            store,
            n,
            Article(text=edited(article(1, 80), 0.05, n), html=""),
            canonical_url="https://x.example/storm",
        )
    assert groups(store)[2] == (1, "same")
