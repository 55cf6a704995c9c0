"""Items find their stories: as they arrive, change, become copies and go."""

from datetime import datetime, timedelta

import pytest

from aggregator.model.stories import SharedTerm
from aggregator.store import Store, stories
from aggregator.store import store as opened
from aggregator.store.engine import Database
from tests.store.press import DAY, HOUR, NOW, execute, new_item, poll, rows

STORM = (
    "Cyclone Hamoon kills twelve in Chittagong port",
    "Twelve dead as Cyclone Hamoon hits Chittagong",
    "Chittagong port reopens after Cyclone Hamoon",
)
BUDGET = "Parliament passes austerity budget after midnight vote"


def arrive(store: Store, outlet: str, *titles: str, at: datetime = NOW, **values: object) -> None:
    """A poll of the outlet brings these titles, in English and without texts."""
    plain: dict[str, object] = {"language": "en", "published": at, "text": "", "summary": ""}
    new = (
        new_item(f"{outlet} {title} {at}", title=title, **{**plain, **values})  # type: ignore[arg-type]
        for title in titles
    )
    poll(store, *new, outlet=outlet, now=at)


def settle(store: Store, now: datetime = NOW, batch: int = 100) -> None:
    """All that wait find their places."""
    while store.stories_wait():
        store.place_stories(now, batch)


def place(store: Store, *titles: str, at: datetime = NOW, **values: object) -> None:
    """Each title arrives at an outlet of its own, and finds its place."""
    for number, title in enumerate(titles):
        arrive(store, f"Outlet {number}", title, at=at, **values)
    settle(store, at)


def where(url: str) -> dict[str, int]:
    """The story of each title."""
    return dict(rows(url, "SELECT items.title, story_id FROM story_items JOIN items ON items.id = item_id"))


def told(url: str, columns: str) -> list[tuple[object, ...]]:
    """The stories that there are."""
    return rows(url, f"SELECT {columns} FROM stories WHERE merged_into IS NULL ORDER BY id")


def test_outlets_that_tell_of_one_event_share_a_story_and_others_have_their_own(
    store: Store, url: str
) -> None:
    place(store, STORM[0], BUDGET, STORM[1], STORM[2])
    placed = where(url)
    assert placed[STORM[0]] == placed[STORM[1]] == placed[STORM[2]] != placed[BUDGET]
    assert told(url, "headline, size, outlets") == [(STORM[0], 3, 3), (BUDGET, 1, 1)]


def test_an_item_has_a_story_from_the_start_whose_id_stays_when_others_join(store: Store, url: str) -> None:
    place(store, STORM[0])
    before = where(url)
    arrive(store, "Later", STORM[1], at=NOW + HOUR)
    settle(store, NOW + HOUR)
    assert where(url) == {**before, STORM[1]: before[STORM[0]]}
    assert [row[0] for row in told(url, "id")] == list(before.values())


def test_what_an_item_shares_with_its_story_is_told(store: Store, url: str) -> None:
    place(store, STORM[0], STORM[1])
    (membership,) = store.memberships([2]).values()
    assert {(one.kind, one.text) for one in membership.shared} >= {
        ("name", "Cyclone Hamoon"),
        ("name", "Chittagong"),
    }
    assert all(isinstance(one, SharedTerm) and 0 < one.weight <= 1 for one in membership.shared)
    assert 0.17 <= membership.score < 1


def test_the_order_of_batches_makes_no_difference(store: Store, url: str, tmp_path_factory: object) -> None:
    titles = [f"{title} {number}" for number in range(3) for title in (*STORM, BUDGET)]
    placed = []
    for batch in (1, 5, 100):
        execute(url, "DELETE FROM feeds", "DELETE FROM stories", "DELETE FROM vocabulary")
        execute(url, "DELETE FROM story_terms", "DELETE FROM story_repairs", "DELETE FROM item_terms")
        execute(url, "DELETE FROM meta WHERE key LIKE 'stories_%'")
        for number, title in enumerate(titles):
            arrive(store, f"Outlet {number % 5}", title)
        settle(store, batch=batch)
        found = where(url)
        least = min(found.values())
        placed.append({title: story - least for title, story in found.items()})
    assert placed[0] == placed[1] == placed[2]


def test_placing_an_item_again_changes_nothing(store: Store, url: str) -> None:
    place(store, *STORM, BUDGET)
    columns = "id, headline, lead_id, size, outlets, first_at, last_at, joined_at"
    before = told(url, columns), rows(url, "SELECT * FROM vocabulary ORDER BY term")
    members = rows(url, "SELECT item_id, story_id FROM story_items ORDER BY item_id")
    execute(url, "INSERT INTO story_queue SELECT id FROM items")
    settle(store, NOW + HOUR)
    assert (told(url, columns), rows(url, "SELECT * FROM vocabulary ORDER BY term")) == before
    assert rows(url, "SELECT item_id, story_id FROM story_items ORDER BY item_id") == members


def test_languages_never_mix_even_where_they_share_names(store: Store, url: str) -> None:
    arrive(store, "A", "Cyclone Hamoon Chittagong", language="en")
    arrive(store, "B", "Cyclone Hamoon Chittagong", language="fr")
    settle(store)
    assert [row[0] for row in told(url, "size")] == [1, 1]


def test_events_weeks_apart_are_two_stories(store: Store, url: str) -> None:
    place(store, STORM[0])
    arrive(store, "Other", STORM[1], at=NOW + 20 * DAY)
    settle(store, NOW + 20 * DAY)
    assert [row[0] for row in told(url, "size")] == [1, 1]
    assert rows(url, "SELECT count(*) FROM stories WHERE profile IS NULL") == [(1,)]


@pytest.mark.parametrize(
    "title", ["Morning briefing", "Photos of the day", "1,234", "Weather forecast for Tuesday"]
)
def test_a_recurring_column_of_one_outlet_is_no_story(store: Store, url: str, title: str) -> None:
    for day in range(3):
        arrive(store, "A", title, at=NOW + day * DAY)
        settle(store, NOW + day * DAY)
    assert [row[0] for row in told(url, "size")] == [1, 1, 1]


def test_a_place_that_all_tell_of_joins_nothing_in_a_new_database(store: Store, url: str) -> None:
    titles = (
        "Manama: New bus routes open across Bahrain",
        "Bahrain schools in Manama reopen on Sunday",
        "Hospital doctors honoured in Manama, Bahrain",
        "Bahrain hotels in Manama expect record summer",
        "Manama court jails Bahrain forger for nine years",
        "Chess champion returns to Bahrain, greeted in Manama",
    )
    body = "It was said in Manama on the day, in all of Bahrain, by the Ministry near the Gulf."
    for number, title in enumerate((*titles, f"{STORM[0]}, seen from Manama in Bahrain", STORM[1])):
        arrive(store, f"Outlet {number}", title, summary=body)
    settle(store)
    placed = where(url)
    assert len({placed[title] for title in titles}) == len(titles)
    assert (
        placed[STORM[1]]
        == placed[f"{STORM[0]}, seen from Manama in Bahrain"]
        not in {placed[title] for title in titles}
    )


def test_words_of_the_text_alone_join_nothing(store: Store, url: str) -> None:
    body = "The pier at Ellery was closed when the Cormorant left for Norhaven with 214 on board."
    arrive(store, "A", "Ellery swing bridge strands passengers", summary=body)
    arrive(store, "B", "Engineers break through final metre of Ellery tunnel", summary=body)
    settle(store)
    assert [row[0] for row in told(url, "size")] == [1, 1]


STUDY = '<p>As <a href="https://journal.example/2026/sea-floor?utm_source=x">a study</a> says.</p>'


def with_markup(store: Store, url: str, markup: str) -> None:
    """Two outlets whose titles share one word, both with this markup; and they find their places."""
    arrive(store, "A", "Trenches of the deep ocean charted by sonar")
    arrive(store, "B", "Robots reveal ocean secrets")
    execute(url, f"UPDATE texts SET content_html = '{markup}'")
    settle(store)


def test_outlets_that_link_to_one_source_need_one_word_less_and_are_told_the_link(
    store: Store, url: str
) -> None:
    with_markup(store, url, STUDY)
    assert [row[0] for row in told(url, "size")] == [2]
    (membership,) = store.memberships([2]).values()
    assert ("link", "https://journal.example/2026/sea-floor") in {
        (one.kind, one.text) for one in membership.shared
    }


def test_links_to_share_an_article_join_nothing(store: Store, url: str) -> None:
    with_markup(store, url, '<a href="https://www.facebook.com/sharer.php?u=x">Share</a>')
    assert [row[0] for row in told(url, "size")] == [1, 1]


def test_the_outlets_name_before_its_titles_joins_nothing(store: Store, url: str) -> None:
    arrive(store, "Gulf Insider", "Gulf Insider: Harbour tolls doubled", f"Gulf Insider: {BUDGET}")
    settle(store)
    assert [row[0] for row in told(url, "size")] == [1, 1]


def test_one_shared_word_joins_no_short_titles_and_two_do(store: Store, url: str) -> None:
    place(
        store, "Money to burn", "Money talks", "What money can buy", "Volcano erupts", "Volcano erupts again"
    )
    assert [row[0] for row in told(url, "size")] == [1, 1, 1, 2]


def test_an_edited_title_places_the_item_again_and_the_headline_follows(store: Store, url: str) -> None:
    place(store, *STORM)
    execute(url, f"UPDATE items SET title = '{BUDGET}' WHERE title = '{STORM[0]}'")
    settle(store, NOW + HOUR)
    assert told(url, "headline, size, outlets") == [(STORM[1], 2, 2), (BUDGET, 1, 1)]


def test_the_headline_of_an_item_that_leads_follows_a_small_edit(store: Store, url: str) -> None:
    place(store, *STORM)
    (before,) = told(url, "id, headline, lead_id, size")
    assert before[1:] == (STORM[0], 1, 3)
    execute(url, f"UPDATE items SET title = '{STORM[0]}, officials say' WHERE title = '{STORM[0]}'")
    settle(store, NOW + HOUR)
    assert told(url, "id, headline, lead_id, size") == [(before[0], f"{STORM[0]}, officials say", 1, 3)]


def test_an_item_that_becomes_a_copy_leaves_its_story(store: Store, url: str) -> None:
    place(store, *STORM)
    execute(url, "UPDATE items SET duplicate_of = 1, relation = 'copy' WHERE id = 3")
    settle(store)
    assert told(url, "size, outlets") == [(2, 2)]


def test_the_id_of_a_story_whose_only_item_became_a_copy_leads_to_the_story_of_the_first(
    store: Store, url: str
) -> None:
    place(store, STORM[0], BUDGET)
    story = where(url)[BUDGET]
    execute(url, "UPDATE items SET duplicate_of = 1, relation = 'copy' WHERE id = 2")
    settle(store)
    assert rows(url, f"SELECT merged_into, size FROM stories WHERE id = {story}") == [(1, 0)]
    found = store.story(story, NOW)
    assert found is not None
    assert found.id == 1


def test_a_story_goes_on_with_the_first_of_copies_that_arrives_after_its_only_item(
    store: Store, url: str
) -> None:
    arrive(store, "A", STORM[0])
    settle(store)
    arrive(store, "Later", BUDGET, at=NOW + HOUR)
    execute(url, "UPDATE items SET duplicate_of = 2, relation = 'copy' WHERE id = 1")
    settle(store, NOW + HOUR, batch=1)
    assert where(url) == {BUDGET: 1}
    assert told(url, "id, headline, lead_id, size") == [(1, BUDGET, 2, 1)]


def test_a_story_whose_only_item_is_a_copy_leads_to_where_the_first_belongs(store: Store, url: str) -> None:
    place(store, STORM[0], BUDGET)
    arrive(store, "Later", STORM[1], at=NOW + HOUR)
    execute(url, "UPDATE items SET duplicate_of = 3, relation = 'copy' WHERE id = 2")
    settle(store, NOW + HOUR)
    assert where(url) == {STORM[0]: 1, STORM[1]: 1}
    assert rows(url, "SELECT merged_into FROM stories WHERE id = 2") == [(1,)]


@pytest.mark.parametrize("changed", [1, 2])
def test_a_text_that_arrives_later_moves_no_time_and_no_lead_of_its_story(
    store: Store, url: str, changed: int
) -> None:
    place(store, STORM[0], STORM[1])
    columns = "id, headline, lead_id, size, outlets, joined_at"
    before = told(url, columns), rows(url, "SELECT item_id, joined_at FROM story_items ORDER BY item_id")
    execute(url, f"UPDATE texts SET text = 'Mayor Kamal Uddin said so.' WHERE item_id = {changed}")
    settle(store, NOW + 2 * DAY)
    assert (
        told(url, columns),
        rows(url, "SELECT item_id, joined_at FROM story_items ORDER BY item_id"),
    ) == before
    story = store.story(1, NOW + 2 * DAY)
    assert story is not None
    assert story.grown == 0


def test_a_story_of_one_article_is_as_new_as_before_when_its_text_arrives(store: Store, url: str) -> None:
    place(store, BUDGET)
    execute(url, "UPDATE texts SET text = 'Minister Kamal Uddin said so.' WHERE item_id = 1")
    settle(store, NOW + 2 * DAY)
    assert told(url, "id, joined_at") == told(url, "id, first_at")


def test_a_story_that_loses_items_is_what_is_left_and_vanishes_with_its_last(store: Store, url: str) -> None:
    place(store, *STORM, BUDGET)
    execute(url, f"DELETE FROM items WHERE title IN ('{STORM[0]}', '{BUDGET}')")
    settle(store)
    assert told(url, "headline, size, outlets, lead_id") == [(STORM[1], 2, 2, 2)]
    assert rows(url, "SELECT count(*) FROM story_repairs") == [(0,)]


def test_an_item_kept_apart_stays_apart_whatever_arrives(store: Store, url: str) -> None:
    place(store, STORM[0], STORM[1])
    store.split_story(2, NOW)
    arrive(store, "Fourth", STORM[2], at=NOW + HOUR)
    execute(url, "INSERT INTO story_queue SELECT id FROM items WHERE id IN (1, 2)")
    settle(store, NOW + HOUR)
    placed = where(url)
    assert placed[STORM[0]] != placed[STORM[1]]


def test_items_joined_by_hand_stay_together_whatever_they_say(store: Store, url: str) -> None:
    place(store, STORM[0], BUDGET)
    store.join_stories(1, 2, NOW)
    execute(url, "UPDATE items SET summary = 'Edited' WHERE id = 2")
    settle(store, NOW + HOUR)
    assert where(url) == {STORM[0]: 1, BUDGET: 1}
    assert store.memberships([2])[2].by_hand


def test_two_stories_become_one_when_an_item_shows_that_they_are_and_the_older_id_stays(
    store: Store, url: str
) -> None:
    first, other = "Ferry Aurora sinks off Lofoten", "Rescuers search Norwegian coast for missing passengers"
    place(store, first, other)
    assert len(told(url, "id")) == 2
    for number in range(3):
        both = (
            f"Ferry Aurora sinks off Lofoten, rescuers search Norwegian coast for missing passengers {number}"
        )
        arrive(store, f"Both {number}", both, at=NOW + HOUR)
    settle(store, NOW + HOUR)
    assert told(url, "id, size") == [(1, 5)]
    assert rows(url, "SELECT id, merged_into FROM stories WHERE merged_into IS NOT NULL") == [(2, 1)]


def test_a_story_is_as_old_and_as_new_as_its_items(store: Store, url: str) -> None:
    place(store, STORM[0])
    later = NOW + timedelta(hours=5)
    arrive(store, "Later", STORM[1], at=later)
    settle(store, later)
    (story,) = [store.story(1, later)]
    assert story is not None
    assert (story.first_at, story.last_at, story.joined_at) == (NOW, later, later)


def test_stories_that_lost_items_are_put_right_also_where_no_item_waits(store: Store, url: str) -> None:
    titles = [f"{word} {word}ist opens {word}ing school" for word in ("Harp", "Farm", "Cycl", "Paint")]
    arrive(store, "A", *titles)
    arrive(store, "B", *(f"{title} today" for title in titles))
    settle(store)
    store.purge(["https://a.example/feed"])
    done = 0
    while placed := store.place_stories(NOW, 2):
        done += placed
    assert (store.stories_wait(), done > 2) == (False, True)
    left = {row[0] for row in rows(url, "SELECT title FROM items")}
    assert {row[0] for row in told(url, "headline")} == left


def test_news_find_their_stories_before_what_an_earlier_version_stored(store: Store, url: str) -> None:
    for number, day in enumerate((-40, -39, -2, 0)):
        arrive(store, "A", f"{STORM[0]} {number}", at=NOW + day * DAY)
    order = []
    while store.place_stories(NOW, 1):
        order.append(rows(url, "SELECT item_id FROM story_items ORDER BY story_id DESC, item_id DESC")[0][0])
        if len(order) == 2:
            arrive(store, "B", BUDGET, at=NOW + DAY)
    assert [row[0] for row in rows(url, "SELECT count(*) FROM story_items")] == [5]
    assert order[:3] == [3, 4, 5]


def test_what_an_earlier_version_stored_finds_its_stories_though_news_came_first(
    store: Store, url: str
) -> None:
    for outlet, title in zip("AB", STORM, strict=False):
        arrive(store, outlet, title, at=NOW - 40 * DAY)
    arrive(store, "C", BUDGET)
    settle(store, batch=1)
    placed = where(url)
    assert placed[STORM[0]] == placed[STORM[1]] != placed[BUDGET]
    assert rows(url, "SELECT profile IS NULL FROM stories ORDER BY last_at") == [(True,), (False,)]


def test_one_transaction_places_no_more_than_what_takes_a_moment(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(store, "A", *(f"{STORM[0]} {number}" for number in range(15)))
    monkeypatch.setattr(opened, "monotonic", iter(range(100)).__next__)
    assert [store.place_stories(NOW), store.place_stories(NOW), store.place_stories(NOW)] == [10, 5, 0]


def test_what_items_are_found_by_goes_with_them(store: Store, url: str) -> None:
    place(store, STORM[0], BUDGET)
    store.purge(["https://outlet-0.example/feed"])
    assert rows(url, "SELECT DISTINCT item_id FROM item_terms") == [(2,)]


def test_the_doctor_tells_what_waits_and_prune_deletes_terms_of_what_is_gone(store: Store, url: str) -> None:
    place(store, STORM[0], BUDGET)
    execute(url, "UPDATE items SET title = 'Edited' WHERE id = 1", "INSERT INTO story_repairs VALUES (1)")
    execute(url, "INSERT INTO item_terms (term, item_id) VALUES (7, 99)")
    told_of = {found.problem: found.count for found in store.doctor(NOW)}
    assert told_of["items that have no place among the stories and no hashtags yet"] == 1
    assert told_of["stories that lost articles and may still show them"] == 1
    assert told_of["terms by which items are found that are gone"] == 1
    store.prune(NOW, None)
    settle(store)
    assert {"items that the search does not find yet"} >= {found.problem for found in store.doctor(NOW)}


def test_items_of_an_earlier_version_find_their_stories_bit_by_bit(store: Store, url: str) -> None:
    for number, title in enumerate((*STORM, BUDGET)):
        arrive(store, f"Outlet {number}", title)
    assert store.count_unplaced() == 4
    assert store.place_stories(NOW, 3) == 3
    assert store.count_unplaced() == 1
    assert store.place_stories(NOW, 3) == 1
    assert (store.place_stories(NOW, 3), store.stories_wait()) == (0, False)


def _place_and_fail(url: str) -> None:
    database = Database(url)
    try:
        with database.writing() as connection:
            stories.place_some(connection, NOW, 10)
            raise RuntimeError
    finally:
        database.close()


def test_a_transaction_that_fails_places_nothing(store: Store, url: str) -> None:
    arrive(store, "A", STORM[0])
    with pytest.raises(RuntimeError):
        _place_and_fail(url)
    assert (store.count_unplaced(), where(url)) == (1, {})
