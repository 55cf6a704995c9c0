"""The AI box: made of an article's own sentences and, where ``[ai]`` is set, written by a model from these.

Without a model, and whenever the model fails or the day's budget is spent, the box is there without its
words. What was written is kept by what the model was given, so an article that does not change is asked
about once.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Protocol

import structlog

from aggregator.config import AiConfig, FetchConfig
from aggregator.core.answer import Question, passages, searches
from aggregator.core.citing import (
    MOST_TOKENS,
    believed,
    box_of,
    estimated_tokens,
    prompt_digest,
    prompt_for_answer,
    prompt_for_article,
    prompt_for_story,
)
from aggregator.core.gist import is_boilerplate
from aggregator.core.points import key_points
from aggregator.core.sentences import is_whole, sentences
from aggregator.core.summary import summarise
from aggregator.core.words import language_of
from aggregator.model import Item, ItemFilter
from aggregator.model.answers import Answer, NoReply, Prompt
from aggregator.model.stories import Box, KeyPoints, Passage, Story, StoryFilter
from aggregator.store import Store
from aggregator.store.thread import StoreThread

log = structlog.get_logger()

#: boxes that one round has written, of stories and articles that are so young
A_ROUND = 10
#: after so long no further one is begun
_FOR = timedelta(minutes=2)
_YOUNG = timedelta(days=1)
#: stories and articles that are looked at for it
_LOOKED_AT = 100
#: a text with fewer sentences is short enough itself
_LEAST = 4
#: characters of a text that a model is given sentences of
_READ = 8_000
#: articles that are enough to answer from
_ENOUGH = 40
#: how long the model is left alone after a failure, each time twice as long
_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)


# ── what is shown: reading only ──────────────────────────────────────────────────────────────


class Answers(Protocol):
    """What a model wrote."""

    def answers(self, digests: Collection[bytes], /) -> Mapping[bytes, str]:
        """What may be shown of each answer that is there, by what was asked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A box as it can be shown, and whether it may be another before long."""

    box: Box
    #: what a model has not answered yet, as a digest; None where the box stays as it is
    awaits: bytes | None = None


def boxes_of_items(store: Answers, ai: AiConfig | None, items: Iterable[Item]) -> Mapping[int, Box]:
    """The box of each article, with the model's words where they are there already."""
    return {number: shown.box for number, shown in shown_of_items(store, ai, items).items()}


def shown_of_items(store: Answers, ai: AiConfig | None, items: Iterable[Item]) -> Mapping[int, Shown]:
    """The same, each with what it waits for."""
    made = {item.id: _of_item(item, is_asked=ai is not None) for item in items}
    return _with_words(store, ai, made)


def box_of_story(store: Answers, ai: AiConfig | None, story: Story, items: Sequence[Item]) -> Box:
    """The box of a story; ``items`` are its articles. Its summary is that of its lead."""
    return shown_of_story(store, ai, story, items).box


def shown_of_story(store: Answers, ai: AiConfig | None, story: Story, items: Sequence[Item]) -> Shown:
    """The same with what it waits for."""
    return _with_words(store, ai, {story.id: _of_story(story, items)})[story.id]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A box without a model's words, and what a model would be asked for them."""

    box: Box
    #: None: there is nothing to ask
    prompt: Prompt | None


def _of_item(item: Item, *, is_asked: bool = True) -> _Made:
    text = item.text or item.summary
    summary = summarise(item_id=item.id, title=item.title, text=text, language=item.language)
    if not is_asked:
        return _Made(box=Box(summary=summary), prompt=None)
    language = language_of(text, item.language)
    given = [
        one
        for one in sentences(item.id, text[:_READ], language)
        if is_whole(one.text) and not is_boilerplate(one.text)
    ]
    if len(given) < _LEAST:
        return _Made(box=Box(summary=summary), prompt=None)
    prompt = prompt_for_article(title=item.title, sentences=given, language=language)
    return _Made(box=Box(summary=summary), prompt=prompt)


def _of_story(story: Story, items: Sequence[Item]) -> _Made:
    lead = next((item for item in items if item.id == story.lead), None)
    points = key_points(items)
    summary = () if lead is None else _of_item(lead).box.summary
    prompt = prompt_for_story(
        headline=story.headline,
        points=points,
        outlets={item.id: item.outlet for item in items},
        language=story.language,
    )
    # where nothing is shared, "what one alone says" reads as if they differed: they speak of other things
    shown = points if points.agreed or points.differing else KeyPoints()
    return _Made(box=Box(summary=summary, points=shown), prompt=prompt if prompt.given else None)


def _with_words(store: Answers, ai: AiConfig | None, made: Mapping[int, _Made]) -> Mapping[int, Shown]:
    if ai is None:
        return {number: Shown(box=one.box) for number, one in made.items()}
    asked = {
        number: prompt_digest(ai.model, one.prompt) for number, one in made.items() if one.prompt is not None
    }
    bodies = store.answers(asked.values())
    return {
        number: Shown(
            box=box_of(
                one.box.summary,
                one.box.points,
                prompt=one.prompt,
                body=bodies.get(asked.get(number, b""), ""),
                model=ai.model,
            ),
            awaits=None if asked.get(number) in bodies else asked.get(number),
        )
        for number, one in made.items()
    }


def found_passages(store: Store, question: Question, which: ItemFilter, now: datetime) -> tuple[Passage, ...]:
    """The stored passages that answer a question, the best first; what is not indexed is not found."""
    found: dict[int, Item] = {}
    for query in searches(question):
        for item in store.search(query, which, now=now):
            found.setdefault(item.id, item)
        if len(found) >= _ENOUGH:
            break
    return passages(question, found.values(), now)


# ── what is written ──────────────────────────────────────────────────────────────────────────


@dataclass(slots=True, kw_only=True)
class Boxes:
    """Has boxes written: bounded by the day's budget, one at a time, with pauses after failures."""

    #: None: there is no model, and nothing is written
    ai: AiConfig | None
    fetch: FetchConfig
    store: Store
    thread: StoreThread
    clock: Callable[[], datetime]
    #: seconds that one answer may take
    patience: float = 120.0
    failures: int = 0
    #: the model is left alone until then
    quiet_until: datetime | None = None
    #: of the day's stories and articles, those that nothing is to be asked about any more
    settled: set[tuple[object, ...]] = field(default_factory=set)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def write(self, prompt: Prompt) -> str | None:
        """What may be shown of the model's answer, "" if nothing; None: it was not or could not be asked.

        An answer that is there is not asked for again.
        """
        if self.ai is None:
            return None
        digest = prompt_digest(self.ai.model, prompt)
        async with self._turn:
            known = (await self.thread.call(self.store.answers, [digest])).get(digest)
            if known is not None or not await self._may_ask(self.ai, prompt):
                return known
            from aggregator.fetch.model import Model  # here: reading a box needs no network, 0.2 s of imports

            async with Model(self.ai, self.fetch, clock=self.clock, patience=self.patience) as model:
                reply = await model.ask(prompt)
            if isinstance(reply, NoReply):
                self._failed(reply)
                if reply.is_spent:  # under another digest, so that it is asked again
                    lost = blake2b(
                        digest + self.clock().isoformat().encode(), digest_size=len(digest)
                    ).digest()
                    tokens = estimated_tokens(prompt, "") + MOST_TOKENS
                    spent = Answer(digest=lost, model=self.ai.model, body="", tokens=tokens, at=self.clock())
                    await self.thread.call(self.store.record_answer, spent)
                return None
            self.failures, self.quiet_until = 0, None
            body = believed(reply.text, prompt.given)
            tokens = reply.tokens or estimated_tokens(prompt, reply.text)
            answer = Answer(digest=digest, model=self.ai.model, body=body, tokens=tokens, at=self.clock())
            await self.thread.call(self.store.record_answer, answer)
            return body

    async def answer(self, question: Question, found: Sequence[Passage]) -> Box | None:
        """The model's answer to a question from passages; None where it gives none that rests on them."""
        given = [(passage.outlet, sentence) for passage in found for sentence in passage.sentences]
        prompt = prompt_for_answer(question=question.text, given=given, language=question.language)
        body = await self.write(prompt) if self.ai is not None and given else None
        if self.ai is None or not body:
            return None
        return box_of((), prompt=prompt, body=body, model=self.ai.model)

    async def _is_ready(self, ai: AiConfig) -> bool:
        """Whether anything may be asked now, whatever it is."""
        now = self.clock()
        if self.quiet_until is not None and now < self.quiet_until:
            return False
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return await self.thread.call(self.store.tokens_since, midnight) + MOST_TOKENS <= ai.tokens_per_day

    async def _may_ask(self, ai: AiConfig, prompt: Prompt) -> bool:
        now = self.clock()
        if self.quiet_until is not None and now < self.quiet_until:
            return False
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        spent = await self.thread.call(self.store.tokens_since, midnight)
        return spent + estimated_tokens(prompt, "") + MOST_TOKENS <= ai.tokens_per_day

    def _failed(self, reply: NoReply) -> None:
        pause = min(_PAUSE * 2 ** min(self.failures, 10), _LONGEST_PAUSE)
        self.failures += 1
        now = self.clock()
        self.quiet_until = min(max(now + pause, reply.until or now), now + timedelta(days=1))
        log.warning("the model gave no answer", reason=reply.reason, again=self.quiet_until.isoformat())

    async def write_young(self, until: datetime | None = None) -> int:
        """Have the boxes of the day's stories and articles written that are not yet; how many were.

        Stories of several outlets first, then articles, the newest first; at most ten, for some two minutes.
        ``until``: no further one is begun after that.
        """
        ends = self.clock() + _FOR
        ends = ends if until is None else min(ends, until)
        if self.ai is None or not await self._is_ready(self.ai):
            return 0
        young = await self.thread.call(self._young)
        self.settled &= young.keys()
        written = 0
        for key, make in young.items():
            if key in self.settled:
                continue
            if written == A_ROUND or self.clock() >= ends:
                break
            prompt = (await self.thread.call(make)).prompt  # one at a time: polls wait for the store
            if prompt is not None and not await self._is_there(self.ai, prompt):
                if await self.write(prompt) is None:
                    break
                written += 1
            self.settled.add(key)
        return written

    async def _is_there(self, ai: AiConfig, prompt: Prompt) -> bool:
        digest = prompt_digest(ai.model, prompt)
        return digest in await self.thread.call(self.store.answers, [digest])

    def _young(self) -> Mapping[tuple[object, ...], Callable[[], _Made]]:
        """What may be asked about, by what changes with it; no text is read for that."""
        now = self.clock()
        which = ItemFilter(since=now - _YOUNG, limit=_LOOKED_AT, copies=False, shown_at=now)
        stamps = {card.id: card.stamp for card in self.store.cards(which)}
        stories = self.store.stories(StoryFilter(items=which, outlets=2, now=now))
        found: dict[tuple[object, ...], Callable[[], _Made]] = {
            ("story", story.id, story.headline, *((one, stamps.get(one)) for one in story.items)): partial(
                self._made_of_story, story
            )
            for story in stories
        }
        return found | {
            ("item", number, stamp): partial(self._made_of_item, number) for number, stamp in stamps.items()
        }

    def _made_of_story(self, story: Story) -> _Made:
        return _of_story(story, list(self.store.items_of(story.items).values()))

    def _made_of_item(self, number: int) -> _Made:
        found = self.store.items_of([number]).get(number)
        return _Made(box=Box(summary=()), prompt=None) if found is None else _of_item(found)
