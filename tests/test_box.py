"""Boxes written by a model of the test's own: kept, bounded, and there without it when it fails."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.box import A_ROUND, Boxes, box_of_story, boxes_of_items, found_passages
from aggregator.config import AiConfig
from aggregator.core.answer import understood
from aggregator.core.points import key_points
from aggregator.model import ItemFilter
from aggregator.model.stories import KeyPoints
from aggregator.store import Store
from aggregator.store.thread import StoreThread
from tests.export.making import make_item, make_story
from tests.fetch.test_model import Endpoint, Handler, endpoint, fetch_config, saying
from tests.store.press import NOW, new_item, poll

TEXT = (
    "The ferry Nordlys sank near Halden on Sunday. At least 12 people died, police said. "
    "Police chief Erik Dahl opened an inquiry into the ferry. The ferry had been repaired in March."
)
SAYS = saying(
    {
        "choices": [{"message": {"content": "A ferry sank [1]. 99 died [2]. See http://x.example [1]."}}],
        "usage": {"total_tokens": 300},
    }
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'news.db'}")
    poll(opened, new_item("1", title="Ferry sinks", text=TEXT, published=NOW - timedelta(hours=1)))
    yield opened
    opened.close()


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Desk:
    """A store, an endpoint and the boxes between them."""

    def __init__(self, store: Store, there: Endpoint, **ai: Any) -> None:
        self.store, self.there, self.clock, self.thread = store, there, Clock(), StoreThread()
        self.ai = AiConfig(**{"url": there.url, "model": "small"} | ai)
        self.boxes = Boxes(
            ai=self.ai, fetch=fetch_config(), store=store, thread=self.thread, clock=self.clock, patience=10
        )

    async def round(self) -> int:
        return await self.boxes.write_young()

    def written(self, ai: AiConfig | None = None) -> list[str]:
        found = boxes_of_items(self.store, ai or self.ai, self.store.items(ItemFilter()))
        return [box.written for box in found.values()]


def articles(store: Store, count: int) -> None:
    poll(
        store,
        *(
            new_item(f"a{n}", title=f"Ferry {n}", text=TEXT.replace("Nordlys", f"Nordlys {n}"), published=NOW)
            for n in range(count)
        ),
    )


async def test_a_young_article_gets_the_models_words_with_what_they_cite(store: Store) -> None:
    async with endpoint(SAYS) as there:
        desk = Desk(store, there)

        assert await desk.round() == 1

    (box,) = boxes_of_items(store, desk.ai, store.items(ItemFilter())).values()
    assert (box.written, box.model) == ("A ferry sank [1].", "small")
    assert [one.text for one in box.cited] == ["The ferry Nordlys sank near Halden on Sunday."]
    assert box.summary


async def test_without_a_model_the_box_is_there_without_its_words(store: Store) -> None:
    (box,) = boxes_of_items(store, None, store.items(ItemFilter())).values()

    assert box.written == ""
    assert box.summary[0].text == "The ferry Nordlys sank near Halden on Sunday."


async def test_what_was_written_is_kept_until_the_text_changes(store: Store) -> None:
    async with endpoint(SAYS) as there:
        desk = Desk(store, there)
        await desk.round()
        await desk.round()

        assert len(there.asked) == 1
    (item,) = store.items(ItemFilter())
    (changed,) = boxes_of_items(
        store, desk.ai, [replace(item, text=item.text + " A fifth sentence came.")]
    ).values()
    assert changed.written == ""
    assert desk.written(replace(desk.ai, model="other")) == [""]


async def test_an_answer_of_which_nothing_may_be_shown_is_not_asked_for_again(store: Store) -> None:
    async with endpoint(saying({"choices": [{"message": {"content": "I was told to sing."}}]})) as there:
        desk = Desk(store, there)
        await desk.round()
        await desk.round()

        assert len(there.asked) == 1
    assert desk.written() == [""]


@pytest.mark.parametrize("broken", [saying(b"no json"), saying(status=500)])
async def test_a_model_that_fails_is_left_alone_and_the_box_is_there(store: Store, broken: Handler) -> None:
    articles(store, 3)
    async with endpoint(broken) as there:
        desk = Desk(store, there)

        assert await desk.round() == 0
        assert await desk.round() == 0
        assert len(there.asked) == 1
        desk.clock.now += timedelta(minutes=1)
        await desk.round()
        desk.clock.now += timedelta(minutes=1)
        await desk.round()
        assert len(there.asked) == 2
    assert desk.written() == [""] * 4


async def test_retry_after_is_kept(store: Store) -> None:
    async with endpoint(saying(status=429, headers={"Retry-After": "3600"})) as there:
        desk = Desk(store, there)
        await desk.round()
        desk.clock.now += timedelta(minutes=59)
        await desk.round()

        assert len(there.asked) == 1
        desk.clock.now += timedelta(minutes=1)
        await desk.round()
        assert len(there.asked) == 2


async def test_the_budget_is_that_of_a_day_in_utc(store: Store) -> None:
    articles(store, 3)
    async with endpoint(SAYS) as there:
        desk = Desk(store, there, tokens_per_day=1_200)

        assert await desk.round() == 2  # of 300 each; the next might take 500 and its question
        assert await desk.round() == 0
        desk.clock.now = (NOW + timedelta(days=1)).replace(hour=0, minute=0)
        assert await desk.round() >= 1


async def test_a_round_has_a_bounded_number_written(store: Store) -> None:
    articles(store, 15)
    async with endpoint(SAYS) as there:
        desk = Desk(store, there)

        assert await desk.round() == A_ROUND
        assert await desk.round() == 6


async def test_a_question_is_answered_from_the_passages_or_not_at_all(store: Store) -> None:
    while store.index_pending():
        pass
    question = understood("How many people died near Halden?")
    found = found_passages(store, question, ItemFilter(), NOW)
    async with endpoint(
        saying({"choices": [{"message": {"content": "At least 12 people died [1][2]."}}]})
    ) as there:
        box = await Desk(store, there).boxes.answer(question, found)
    async with endpoint(saying({"choices": [{"message": {"content": "15 people died [1]."}}]})) as there:
        none = await Desk(store, there, model="other").boxes.answer(question, found)

    assert box is not None
    assert box.written == "At least 12 people died [1][2]."
    assert none is None


def test_a_story_whose_outlets_share_no_statement_shows_none_as_said_by_one_alone() -> None:
    ferry = "The ferry Nordlys sank near Halden on Sunday, police chief Erik Dahl said in the harbour."
    mayor = "Mayor Ingrid Solberg opened a school for 40 pupils of the Marka valley in Larvik."
    apart = [
        make_item(id=1, outlet="Courier", title="Ferry", text=ferry),
        make_item(id=2, outlet="Gazette", title="School", text=mayor),
    ]

    assert key_points(apart).alone
    assert box_of_story(Nothing(), None, make_story(apart), apart).points == KeyPoints()


def test_what_one_outlet_alone_says_stands_beside_what_several_say() -> None:
    sank = "The ferry Nordlys sank near Halden on Sunday with 120 passengers."
    again = "With 120 passengers the ferry Nordlys sank on Sunday near Halden."
    mayor = "Mayor Ingrid Solberg opened a school for relatives in the valley of Marka."
    told = [
        make_item(id=1, outlet="Courier", title="Ferry", text=sank),
        make_item(id=2, outlet="Gazette", title="Ferry sinks", text=f"{again} {mayor}"),
    ]

    points = box_of_story(Nothing(), None, make_story(told), told).points

    assert [point.outlets for point in points.agreed] == [("Courier", "Gazette")]
    assert [point.sentence.text for point in points.alone] == [mayor]


class Nothing:
    """A store in which no model has written anything."""

    def answers(self, digests: Collection[bytes], /) -> dict[bytes, str]:
        return {}


async def test_what_is_settled_is_not_made_again_until_its_text_changes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    real = Boxes._made_of_item

    def counted(boxes: Boxes, number: int) -> Any:
        made.append(number)
        return real(boxes, number)

    monkeypatch.setattr(Boxes, "_made_of_item", counted)
    async with endpoint(SAYS) as there:
        desk = Desk(store, there)
        await desk.round()
        await desk.round()
        assert made == [1]
        articles(store, 1)
        await desk.round()
    assert made == [1, 2]


async def test_without_budget_or_during_a_pause_nothing_is_read(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(_: Boxes) -> None:
        raise AssertionError

    monkeypatch.setattr(Boxes, "_young", nothing)
    async with endpoint(SAYS) as there:
        desk = Desk(store, there, tokens_per_day=1)
        assert await desk.round() == 0
        desk = Desk(store, there)
        desk.boxes.quiet_until = NOW + timedelta(hours=1)
        assert await desk.round() == 0


async def test_an_answer_that_cannot_be_read_counts_against_the_budget(store: Store) -> None:
    async with endpoint(saying(b"no json")) as there:
        await Desk(store, there).round()
    assert store.tokens_since(NOW - timedelta(days=1)) > 0
