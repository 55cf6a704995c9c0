"""A website is brought up to date: what has changed is written, what is gone removed, the rest left alone."""

import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator import site
from aggregator.box import shown_of_items
from aggregator.config import AiConfig, PublishConfig
from aggregator.errors import OutputError
from aggregator.export.feed import FeedInfo
from aggregator.export.site.render import static_name
from aggregator.model import ItemFilter
from aggregator.model.answers import Answer
from aggregator.model.stories import Hashtag
from aggregator.publish import publish_site
from aggregator.store import Store
from tests.export.making import FEED_ID, FIRST_DAY
from tests.store.press import NOW, execute, new_item, poll

INFO = FeedInfo(id=FEED_ID, title="News of the bay", updated=FIRST_DAY, home_url="https://news.example/")
EVERYTHING = ItemFilter(shown_at=NOW)
TOPICS = ("bridge", "market", "ferry", "lighthouse", "orchard", "museum")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'news.db'}"


class Untagged(Store):
    """A store whose articles have no hashtags: which are found is tested elsewhere."""

    def hashtags(self, ids: Collection[int]) -> Mapping[int, tuple[Hashtag, ...]]:
        return {}


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Untagged.open(url)
    yield opened
    opened.close()


def print_news(store: Store, *numbers: int, outlet: str = "Gulf Insider", **values: Any) -> None:
    """An outlet prints these articles, each about something else; their stories are found."""
    new = [
        new_item(
            f"{outlet}-{n}",
            title=f"The {TOPICS[n % 6]} of town {n}",
            summary=f"About the {TOPICS[n % 6]} {n}.",
            text=f"Long words about the {TOPICS[n % 6]} number {n}. " * 20,
            published=NOW - timedelta(hours=n),
            **values,
        )
        for n in numbers
    ]
    poll(store, *new, outlet=outlet)
    while store.stories_wait():
        store.place_stories(NOW, 100)


def build(store: Store, folder: Path, **changes: Any) -> site.Done:
    return site.build(folder, store, EVERYTHING, replace(INFO, **changes))


def times(folder: Path) -> dict[str, int]:
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
    }


def aged(folder: Path) -> dict[str, int]:
    """Every file's time, set back, so that whatever is written shows."""
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
    return times(folder)


def test_a_site_has_a_page_for_every_article_outlet_and_day(store: Store, tmp_path: Path) -> None:
    print_news(store, 1, 2)
    done = build(store, tmp_path / "site")
    assert sorted(times(tmp_path / "site")) == sorted(
        [
            ".site.json",
            "404.html",
            "archive/2026-11-20.html",
            "archive/index.html",
            "favicon.svg",
            "index.html",
            "items/1.html",
            "items/2.html",
            "outlets/gulf-insider.html",
            "outlets/index.html",
            "sitemap.xml",
            static_name("site.css"),
            static_name("site.js"),
            "tags/index.html",
        ]
    )
    assert (done.files, done.written, done.removed) == (13, 13, 0)


def test_a_second_build_without_news_touches_nothing(store: Store, tmp_path: Path) -> None:
    print_news(store, 1, 2, 3)
    build(store, tmp_path / "site")
    before = aged(tmp_path / "site")
    assert build(store, tmp_path / "site") == site.Done(written=0, removed=0, files=14)
    assert times(tmp_path / "site") == before


def test_news_changes_the_lists_that_show_it_and_no_other_page(store: Store, tmp_path: Path) -> None:
    print_news(store, 1, 2)
    print_news(store, 30, outlet="Port News")
    build(store, tmp_path / "site")
    before = aged(tmp_path / "site")
    print_news(store, 4)
    build(store, tmp_path / "site")
    after = times(tmp_path / "site")
    assert {path for path in after if after[path] != before.get(path)} == {
        ".site.json",
        "archive/2026-11-20.html",
        "archive/index.html",
        "index.html",
        "items/4.html",
        "outlets/gulf-insider.html",
        "outlets/index.html",
    }


def test_a_text_that_changes_changes_its_page(store: Store, tmp_path: Path, url: str) -> None:
    print_news(store, 1, 2)
    build(store, tmp_path / "site")
    execute(url, "UPDATE texts SET text = text || ' And more words were said.' WHERE item_id = 1")
    build(store, tmp_path / "site")
    assert "And more words" in (tmp_path / "site/items/1.html").read_text()


def test_a_page_of_what_is_gone_is_removed_and_nothing_that_is_not_ours(
    store: Store, tmp_path: Path, url: str
) -> None:
    print_news(store, 1, 2)
    folder = tmp_path / "site"
    build(store, folder)
    for theirs in ("robots.txt", "items/notes.txt", "own/index.html"):
        (folder / theirs).parent.mkdir(exist_ok=True)
        (folder / theirs).write_text("mine")
    execute(url, "DELETE FROM items WHERE id = 2")
    done = build(store, folder)
    assert done.removed == 1
    assert not (folder / "items/2.html").exists()
    assert {path for path in times(folder) if (folder / path).read_text() == "mine"} == {
        "robots.txt",
        "items/notes.txt",
        "own/index.html",
    }


def test_a_page_that_somebody_else_made_is_not_written_over(store: Store, tmp_path: Path) -> None:
    print_news(store, 1)
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text("<h1>My own page</h1>")
    with pytest.raises(OutputError, match=r"index\.html is there and was not made by this program"):
        build(store, folder)
    assert sorted(times(folder)) == ["index.html"]


def test_a_site_whose_list_was_lost_is_taken_over(store: Store, tmp_path: Path) -> None:
    print_news(store, 1)
    folder = tmp_path / "site"
    build(store, folder)
    (folder / ".site.json").write_text("{broken")
    before = aged(folder)
    assert build(store, folder).written == 0
    assert {path for path, at in times(folder).items() if at != before[path]} == {".site.json"}


def test_a_list_that_names_other_files_removes_none_of_them(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    build(store, folder)
    (tmp_path / "precious").write_text("mine")
    listed = json.loads((folder / ".site.json").read_text())
    listed["files"] |= {"../precious": ["", 4], str(tmp_path / "precious"): ["", 4]}
    (folder / ".site.json").write_text(json.dumps(listed))
    build(store, folder)
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_page_that_was_lost_or_cut_short_is_written_again(store: Store, tmp_path: Path) -> None:
    print_news(store, 1, 2)
    folder = tmp_path / "site"
    build(store, folder)
    whole = (folder / "items/1.html").read_text()
    (folder / "items/1.html").write_text("")
    (folder / "items/2.html").unlink()
    assert build(store, folder).written == 2
    assert (folder / "items/1.html").read_text() == whole


def test_a_build_that_is_broken_off_is_finished_by_the_next(store: Store, tmp_path: Path) -> None:
    print_news(store, *range(1, 46))
    folder, whole = tmp_path / "site", tmp_path / "whole"
    steps = site.building(folder, store, EVERYTHING, INFO)
    while not (folder / "items/45.html").exists():
        next(steps)
    assert not (folder / "index.html").exists()  # no page leads to one that is not there yet
    del steps
    build(store, folder)
    build(store, whole)
    assert {path: (folder / path).read_bytes() for path in times(folder)} == {
        path: (whole / path).read_bytes() for path in times(whole)
    }


def test_what_is_held_back_is_on_no_page(store: Store, tmp_path: Path, url: str) -> None:
    print_news(store, 1, 2)
    execute(
        url, f"UPDATE items SET held_until = {int((NOW + timedelta(days=1)).timestamp() * 1e6)} WHERE id = 2"
    )
    build(store, tmp_path / "site")
    assert not (tmp_path / "site/items/2.html").exists()
    assert "town 2" not in (tmp_path / "site/index.html").read_text()


def test_a_box_that_a_model_has_written_since_rewrites_its_page_and_no_other(
    store: Store, tmp_path: Path
) -> None:
    ai = AiConfig(url="http://127.0.0.1:1/v1", model="small")
    for n, topic in enumerate(TOPICS[:2]):
        text = " ".join(f"The {topic} number {count} was opened in town {n}." for count in range(9))
        poll(store, new_item(f"t{n}", title=f"The {topic} opens", text=text, text_source="feed"))
    folder = tmp_path / "site"
    site.build(folder, store, EVERYTHING, INFO, ai=ai)
    before = aged(folder)
    awaited = shown_of_items(store, ai, store.items_of([1, 2]).values())[1].awaits
    assert awaited is not None
    store.record_answer(Answer(digest=awaited, model="small", body="It opens [1].", tokens=9, at=NOW))

    site.build(folder, store, EVERYTHING, INFO, ai=ai)

    after = times(folder)
    assert {path for path in after if after[path] != before[path]} == {".site.json", "items/1.html"}
    assert "It opens [1]." in (folder / "items/1.html").read_text()
    assert site.build(folder, store, EVERYTHING, INFO, ai=ai).written == 0


def test_the_page_of_a_merged_story_leads_on_to_what_it_is_part_of(
    store: Store, tmp_path: Path, url: str
) -> None:
    print_news(store, 1, 2)
    folder = tmp_path / "site"
    execute(url, "UPDATE stories SET merged_into = 1, size = 0 WHERE id = 2")
    execute(url, "UPDATE stories SET size = 2 WHERE id = 1")
    execute(url, "UPDATE story_items SET story_id = 1")

    build(store, folder)

    assert (
        '<link rel="canonical" href="https://news.example/stories/1.html">'
        in (folder / "stories/2.html").read_text()
    )
    aged(folder)
    assert build(store, folder).written == 0


def test_with_summaries_alone_the_texts_stay_at_the_outlets(store: Store, tmp_path: Path) -> None:
    print_news(store, 1)
    build(store, tmp_path / "full")
    build(store, tmp_path / "short", content="summary")
    assert "Long words about" in (tmp_path / "full/items/1.html").read_text()
    assert not any("Long words about" in path.read_text() for path in (tmp_path / "short").rglob("*.html"))


def test_what_was_published_says_the_same_whenever_it_is_made(store: Store, tmp_path: Path) -> None:
    print_news(store, 1, 2)
    config = PublishConfig(directory=tmp_path / "one", base_url="https://news.example", formats=("html",))
    for folder, now in (("one", NOW), ("other", NOW + timedelta(days=30))):
        for _ in publish_site(replace(config, directory=tmp_path / folder), store, [], now=now):
            pass
    one, other = (
        {path: (tmp_path / folder / path).read_bytes() for path in times(tmp_path / folder)}
        for folder in ("one", "other")
    )
    assert one == other
    assert {"feed.atom", "feed.rss", "feed.json", "stories.atom", "outlets.opml"} <= set(one)


def test_a_directory_that_cannot_be_written_is_named(store: Store, tmp_path: Path) -> None:
    (tmp_path / "site").write_text("in the way")
    with pytest.raises(OutputError, match="site cannot be written: file exists"):
        build(store, tmp_path / "site")


def test_hostile_names_stay_in_the_folder(store: Store, tmp_path: Path) -> None:
    print_news(store, 1, outlet="../../evil/<script>")
    print_news(store, 2, outlet="con")
    build(store, tmp_path / "site")
    assert not (tmp_path / "evil").exists()
    assert len(list((tmp_path / "site/outlets").iterdir())) == 3
