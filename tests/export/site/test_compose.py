"""What each page shows, and that a page's digest changes with it."""

from dataclasses import replace
from datetime import timedelta

from aggregator.export.site.compose import PER_PAGE, Newsroom, course, direction
from aggregator.export.site.pages import ListPage
from tests.export.site.making import AT, make_card, make_story, make_tag


def test_the_front_page_begins_with_what_most_outlets_tell() -> None:
    cards = [make_card(n) for n in range(1, 9)]
    cards[4] = replace(cards[4], outlet="Port News")
    cards[5] = replace(cards[5], outlet="Bay Times")
    room = Newsroom(cards=cards, stories=[make_story(7, [cards[3], cards[4], cards[5]])])
    front = room.front()
    assert front.lead is not None
    assert (front.lead.href, front.lead.headline, front.lead.articles) == ("stories/7.html", "Headline 4", 3)
    assert [other.outlet.text for other in front.lead.others] == ["Port News", "Bay Times"]
    shown = [front.lead.href, *(teaser.href for teaser in (*front.top, *front.latest))]
    assert sorted(shown) == sorted({"stories/7.html", *(f"items/{n}.html" for n in (1, 2, 3, 7, 8))})


def test_what_only_looks_new_for_want_of_a_date_does_not_lead() -> None:
    dated, undated = make_card(2), replace(make_card(1), published=None)
    undated = replace(undated, sort_at=AT)
    front = Newsroom(cards=[dated, undated]).front()
    assert front.lead is not None
    assert front.lead.href == "items/2.html"


def test_latest_stories_stand_newest_first() -> None:
    latest = Newsroom(cards=[make_card(n) for n in range(1, 20)]).front().latest
    assert list(latest) == sorted(latest, key=lambda teaser: teaser.when.iso, reverse=True)


def test_a_story_of_one_article_is_that_article() -> None:
    card = make_card()
    room = Newsroom(cards=[card], stories=[make_story(7, [card])])
    assert [teaser.href for teaser in (room.front().lead,) if teaser] == ["items/1.html"]
    assert list(room.story_pages()) == []


def test_a_site_without_news_says_so() -> None:
    assert Newsroom(cards=[]).front().lead is None


def test_a_tag_of_one_article_leads_nowhere() -> None:
    room = Newsroom(
        cards=[make_card(1), make_card(2)],
        hashtags={1: [make_tag("Oil"), make_tag("Manama")], 2: [make_tag("Oil")]},
    )
    assert [(tag.text, tag.href) for tag in room.tags(1)] == [("Oil", "tags/oil.html"), ("Manama", "")]
    assert "tags/oil.html" in {page.path for page in room.lists()}
    assert "tags/manama.html" not in {page.path for page in room.lists()}


def test_one_outlet_in_two_spellings_has_one_page() -> None:
    room = Newsroom(cards=[make_card(1), make_card(2, outlet="GULF insider")])
    paths = [page.path for page in room.lists() if page.path.startswith("outlets/g")]
    assert paths == ["outlets/gulf-insider.html"]


def test_news_changes_the_newest_page_of_a_long_list_alone() -> None:
    def pages(first: int) -> dict[str, bytes]:
        room = Newsroom(cards=[make_card(n) for n in range(first, 4 * PER_PAGE + 30)])
        return {page.path: page.digest for page in room.lists() if page.path.startswith("outlets/gulf")}

    before, after = pages(2), pages(1)
    assert len(before) == 4
    assert {path for path in after if after[path] != before[path]} == {"outlets/gulf-insider.html"}


def test_every_article_of_a_long_list_stands_on_one_of_its_pages() -> None:
    count = 3 * PER_PAGE + 7
    room = Newsroom(cards=[make_card(n) for n in range(1, count + 1)])
    made = [page.make() for page in room.lists() if page.path.startswith("outlets/gulf")]
    shown = [teaser.href for page in made if isinstance(page, ListPage) for teaser in page.teasers]
    assert sorted(shown) == sorted(f"items/{n}.html" for n in range(1, count + 1))


def test_a_list_that_shows_an_article_changes_with_it() -> None:
    def digests(stamp: bytes) -> dict[str, bytes]:
        cards = [make_card(1, stamp=stamp), make_card(2, outlet="Port News")]
        return {page.path: page.digest for page in Newsroom(cards=cards).lists()}

    before, after = digests(b"a"), digests(b"b")
    changed = {path for path in before if before[path] != after[path]}
    assert changed == {"index.html", "outlets/gulf-insider.html", "archive/2026-01-31.html"}


def test_the_course_of_a_story_has_every_article() -> None:
    instants = [AT + timedelta(hours=n * n) for n in range(9)]
    bars = course(instants)
    assert sum(bar.count for bar in bars) == 9
    assert max(bar.height for bar in bars) == 100
    assert course(instants[:3]) == ()


def test_languages_are_written_in_their_direction() -> None:
    assert [direction(code) for code in ("ar", "he-IL", "fa", "az-Latn", "en", None)] == [
        "rtl",
        "rtl",
        "rtl",
        "ltr",
        "ltr",
        "auto",
    ]
