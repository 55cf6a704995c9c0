"""The demo from end to end: a real run over the sample outlets."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from aggregator import demo
from aggregator.cli.article import told
from aggregator.config import Config
from aggregator.errors import UsageError
from aggregator.model import Item, ItemFilter
from aggregator.model.stories import Story
from aggregator.report import RunReport
from aggregator.store import Store
from tests.conftest import NOW


@dataclass
class Shown:
    """A screen that remembers."""

    sentences: list[str] = field(default_factory=list)
    reports: list[RunReport] = field(default_factory=list)
    listed: tuple[Item, ...] = ()
    told: list[str] = field(default_factory=list)
    found: dict[str, tuple[str, ...]] = field(default_factory=dict)
    #: the story of each item that is no copy, by its title
    placed: dict[str, int] = field(default_factory=dict)

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)

    def report(self, report: RunReport, config: Config) -> None:
        self.reports.append(report)

    def items(self, items: Sequence[Item], now: datetime) -> None:
        self.listed = tuple(items)

    def stories(self, store: Store, stories: Sequence[Story], now: datetime) -> None:
        self.found = {story.headline: story.outlets for story in stories}
        listed = store.items(ItemFilter())
        self.placed = {item.title: item.story for item in listed if item.story and item.duplicate_of is None}

    def article(self, store: Store, item: Item, now: datetime) -> None:
        self.told.append(told(store, item, now))


def ticking() -> Callable[[], datetime]:
    """A clock that moves a second each time it is looked at: the second poll is later than the first."""
    seconds = count()
    return lambda: NOW + timedelta(seconds=next(seconds))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    temporary = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(temporary))
        screen = Shown()
        assert demo.run(screen, serve=True, clock=ticking()) == 0
    assert list(temporary.glob("aggregator-*")) == []  # nothing is left behind
    return screen


def test_every_outlet_but_the_one_that_is_down_gives_its_items(shown: Shown) -> None:
    first = shown.reports[0]
    assert (first.polled, first.failed, first.items_new) == (9, 1, 36)
    assert [failure.outlet for failure in first.failures] == ["The Late Edition"]
    assert "500" in first.failures[0].reason


def test_pages_give_the_full_text_that_feeds_left_out(shown: Shown) -> None:
    sources = {item.title: item.text_source for item in shown.listed}
    assert sources["Norhaven rowers win the sound race by a canvas"] == "page"
    assert sources["Night market returns to the fish quay with twice the stalls"] == "feed"
    (text,) = (item.text for item in shown.listed if item.title.startswith("Norhaven rowers"))
    assert text.startswith("Eleven kilometres of open water")
    assert text.endswith("in the opposite direction.")


def test_a_lost_page_never_hides_its_item(shown: Shown) -> None:
    (item,) = (item for item in shown.listed if item.title.startswith("Lecture notes"))
    assert (item.text_source, shown.reports[0].articles_failed) == ("summary", 1)
    assert "404" in item.page_reason


def test_the_agency_story_at_three_outlets_is_one_story_and_two_copies(shown: Shown) -> None:
    printed = [item for item in shown.listed if "tunnel" in item.title.lower()]
    assert len(printed) == 3
    (first,) = (item for item in printed if item.duplicate_of is None)
    copies = [item for item in printed if item.duplicate_of is not None]
    assert {(item.duplicate_of, item.relation) for item in copies} == {(first.id, "copy")}


def test_what_four_outlets_tell_in_their_own_words_is_the_one_story(shown: Shown) -> None:
    told_by_several = {found for found in shown.found.items() if len(found[1]) > 1}
    ((headline, outlets),) = told_by_several
    assert headline == "Ellery swing bridge jams open and strands 214 ferry passengers"
    assert sorted(outlets) == ["Harbour Gazette", "Norhaven Courier", "Open Ledger", "Wexley Observer"]
    assert {title for title, story in shown.placed.items() if story == shown.placed[headline]} == {
        headline,
        "Bearing of 1934 stops a harbour: swing bridge at Ellery closed to cars until Monday",
        "Stuck swing bridge at Ellery keeps ferry nurses from their beds",
        "What a stuck swing bridge costs a harbour in an hour",
    }
    counted = Counter(shown.placed.values())
    assert {title for title, story in shown.placed.items() if counted[story] > 1} == {
        title for title, story in shown.placed.items() if story == shown.placed[headline]
    }


def test_an_article_in_two_feeds_is_the_same_article(shown: Shown) -> None:
    one, other = sorted(
        (item for item in shown.listed if item.title.startswith("Gale warning")), key=lambda item: item.id
    )
    assert (one.duplicate_of, other.duplicate_of, other.relation) == (None, one.id, "same")


def test_german_titles_survive_an_old_character_set(shown: Shown) -> None:
    titles = {item.title for item in shown.listed if item.language == "de"}
    assert "Straßenbahn fährt nach zwölf Jahren wieder über die Alte Brücke" in titles
    assert len(titles) == 5


def test_a_second_poll_finds_everything_unchanged(shown: Shown) -> None:
    second = shown.reports[1]
    assert (second.polled, second.not_modified, second.failed) == (9, 8, 1)
    assert (second.items_new, second.items_changed) == (0, 0)


def test_an_outlet_corrects_a_story_that_others_print_too(shown: Shown) -> None:
    third = shown.reports[2]
    assert (third.polled, third.items_new, third.items_changed, third.articles_extracted) == (1, 0, 1, 1)
    (article,) = shown.told
    assert article.startswith("Engineers break through final metre of Ellery harbour tunnel\n")
    assert "The breakthrough came six weeks ahead of" in " ".join(article.split())


def test_database_and_configuration_stay_where_they_are_wanted(tmp_path: Path) -> None:
    assert demo.run(Shown(), serve=False, keep=tmp_path / "kept", clock=ticking()) == 0
    assert {path.name for path in (tmp_path / "kept").iterdir()} >= {"feeds.toml", "aggregator.db"}
    with pytest.raises(UsageError, match=r"holds a feeds\.toml already"):
        demo.run(Shown(), serve=False, keep=tmp_path / "kept", clock=ticking())


def test_a_file_is_no_place_for_the_demo_to_stay(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(UsageError, match="kept is a file; name a folder"):
        demo.run(Shown(), serve=False, keep=tmp_path / "kept", clock=ticking())


def test_it_says_that_the_reader_is_not_there_yet(shown: Shown) -> None:
    assert any("reader" in sentence and "not there yet" in sentence for sentence in shown.sentences)


def test_without_serving_it_does_not_speak_of_the_reader(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    screen = Shown()
    demo.run(screen, serve=False, clock=ticking())
    assert not any("reader" in sentence for sentence in screen.sentences)
