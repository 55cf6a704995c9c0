"""Record what the network said, and say it again: two clients, and the clock and chance that belong to them.

The *recorder* hands a run its clock, its chance and its steps, and writes down each response before anybody
acts on it. The *player* hands the same to a replay. Both stand at one door, ``Client._travel``, through which
every request with all its redirects goes: what the client itself decides of an answer (redirects, time-outs,
size limits, bot walls) is recorded as it was decided.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Self

import structlog

from aggregator.config import FetchConfig
from aggregator.core.tape import (
    ExportsLine,
    Hop,
    Kind,
    Line,
    ResponseLine,
    RunLine,
    StepLine,
    TapeError,
    chance,
    response_line,
    result_of,
    without_credentials,
)
from aggregator.fetch.client import Client, _Trip
from aggregator.fetch.headers import NO_VALIDATORS
from aggregator.fetch.hosts import Gate
from aggregator.fetch.network import Network
from aggregator.fetch.tapefiles import TapeReader, TapeWriter
from aggregator.model import FailureKind, Fetched, FetchFailed, FetchResult

log = structlog.get_logger()

#: smaller bodies are kept before a thread would have begun
_AT_ONCE = 16_384
#: addresses whose last answer is remembered while a run is replayed
_REMEMBERED = 10_000

NOT_RECORDED = "this request is not in the recording"


# ── recording ────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True, kw_only=True)
class _Step:
    """One thing that a run does."""

    line: StepLine
    #: the calls of the store one of which hands over the result
    commits: frozenset[str]
    now: datetime
    draws: int = 0
    written: bool = False


_STEP: ContextVar[_Step | None] = ContextVar("aggregator_tape_step", default=None)


class Recorder:
    """What a run that is recorded decides by; whatever goes wrong with the tape, the run goes on.

    ``clock`` is the wall clock. Recording stops, with one error in the log, when the tape cannot be written.
    """

    def __init__(self, writer: TapeWriter, *, clock: Callable[[], datetime]) -> None:
        self._writer = writer
        self._clock = clock
        self._steps = 0
        self._seed = ""
        #: responses that were kept
        self.responses = 0
        #: why no more is recorded; "" while it is
        self.stopped = ""

    # ── what decisions are made of ──────────────────────────────────────────────────────────

    def clock(self) -> datetime:
        """The instant of the step's last response; outside of steps, the present."""
        step = _STEP.get()
        return self._clock() if step is None else step.now

    def jitter(self) -> float:
        """The step's next random number from 0 to 1."""
        step = _STEP.get()
        number, draw = (0, 0) if step is None else (step.line.step, step.draws)
        if step is not None:
            step.draws += 1
        return chance(self._seed, number, draw)

    @contextmanager
    def step(self, kind: Kind, *commits: str, **subject: Any) -> Iterator[None]:
        """Everything inside is one step, tasks that begin there included.

        It is written when one of the store's calls named in ``commits`` is made, and never when none is.
        """
        now = self._clock()
        self._steps += 1
        line = StepLine(step=self._steps, kind=kind, began=now, **subject)
        before = _STEP.set(_Step(line=line, commits=frozenset(commits), now=now))
        try:
            yield
        finally:
            _STEP.reset(before)

    def called(self, name: str, *, learned_at: datetime | None = None) -> None:
        """A call of the store is about to be made, after all calls before it.

        ``learned_at``: of the rules that a page was read by, which the step's line tells then.
        """
        step = _STEP.get()
        if step is not None and not step.written and name in step.commits:
            step.written = True
            self.write(replace(step.line, learned_at=learned_at), self._clock())

    # ── what is kept ────────────────────────────────────────────────────────────────────────

    def begin(self, line: RunLine) -> None:
        """A run begins; steps are counted from 1."""
        self._seed, self._steps = line.seed, 0
        self.write(line, line.at)

    async def keep(
        self,
        result: FetchResult,
        *,
        method: Literal["GET", "POST", "DELIVERY"] = "GET",
        sent: Any = NO_VALIDATORS,
        hops: tuple[Hop, ...] = (),
        ours: bool = False,
    ) -> None:
        """Write down what a request came to; the step's clock moves on to now."""
        step, at = _STEP.get(), self._clock()
        if step is not None:
            step.now = at
        if self.stopped:
            return
        body = None
        if isinstance(result, Fetched):
            small = len(result.body) <= _AT_ONCE
            body = self.put(result.body) if small else await asyncio.to_thread(self.put, result.body)
        number = 0 if step is None else step.line.step
        self.responses += 1
        self.write(
            response_line(
                result, step=number, at=at, method=method, sent=sent, hops=hops, body=body, ours=ours
            ),
            at,
        )

    def put(self, body: bytes) -> str | None:
        """Keep a body; its digest, or None where that cannot be done any more."""
        if self.stopped:
            return None
        try:
            return self._writer.put(body)
        except OSError as exc:
            self._stop(exc)
            return None

    def exports(self, files: Mapping[str, str]) -> None:
        """Note the exports as they are published now, by name: the digests of what they hold."""
        at = self._clock()
        self.write(ExportsLine(at=at, files=files), at)

    def write(self, line: Line, at: datetime) -> None:
        """Add a line to the tape."""
        if self.stopped:
            return
        try:
            if self._writer.write(line, at):
                log.info("recording", folder=str(self._writer.folder), bytes_so_far=self._writer.written)
        except OSError as exc:
            self._stop(exc)

    @property
    def written(self) -> int:
        """Bytes that were added to the tape."""
        return self._writer.written

    def _stop(self, exc: OSError) -> None:
        if not self.stopped:
            self.stopped = f"{self._writer.folder}: {exc.strerror or exc}"
            log.error("recording has stopped; the run goes on", reason=self.stopped)


class RecordingClient(Client):
    """The client, and everything it brings is on the tape before anybody acts on it."""

    def __init__(self, *args: Any, recorder: Recorder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._recorder = recorder
        #: of the trips under way
        self._hops: dict[int, list[Hop]] = {}

    async def _travel(self, trip: _Trip) -> FetchResult:
        self._hops[id(trip)] = []
        try:
            result = await super()._travel(trip)
        finally:
            hops = self._hops.pop(id(trip))
        await self._recorder.keep(
            result,
            method="GET" if trip.form is None else "POST",
            sent=trip.validators,
            hops=tuple(hops),
            ours=self._is_ours(result),
        )
        return result

    def _is_ours(self, result: FetchResult) -> bool:
        network = self._network
        return network is not None and isinstance(result, FetchFailed) and network.is_ours(result)

    def _learn(self, trip: _Trip, status: int, headers: Mapping[str, str]) -> None:
        super()._learn(trip, status, headers)
        if 300 <= status < 400 and "location" in headers:
            hop = Hop(url=str(trip.at), status=status, location=headers["location"])
            self._hops[id(trip)].append(hop)


# ── replaying ────────────────────────────────────────────────────────────────────────────────


class Player:
    """What a replay decides by: the clock, the chance and the answers of one recorded step after another."""

    def __init__(self, reader: TapeReader) -> None:
        self._reader = reader
        self._seed = ""
        self._now: datetime | None = None
        self._step = 0
        self._draws = 0
        #: answers that were not asked for yet, by step and what is asked
        self._waiting: dict[int, dict[tuple[str, str], list[ResponseLine]]] = {}
        #: the last answer of each address, for what the recorded run still knew
        self._last: OrderedDict[tuple[str, str], ResponseLine] = OrderedDict()
        #: what the current step was answered, as if it had asked for all of it itself
        self.used: list[ResponseLine] = []
        #: failures of the current step that the recorded run put down to its own network
        self.ours: list[FetchFailed] = []
        #: answers that were given
        self.answered = 0
        #: requests that the recording has no answer for
        self.missing: list[str] = []

    def clock(self) -> datetime:
        """The recorded instant."""
        if self._now is None:
            raise RuntimeError("a replay's clock begins with its first run")
        return self._now

    def jitter(self) -> float:
        """The step's next random number from 0 to 1."""
        draw, self._draws = self._draws, self._draws + 1
        return chance(self._seed, self._step, draw)

    def begin(self, line: RunLine) -> None:
        """A recorded run begins; nothing that was said to an earlier one is left."""
        self._seed, self._now, self._step = line.seed, line.at, 0
        self._waiting.clear()
        self._last.clear()

    def add(self, line: ResponseLine) -> None:
        """An answer that its step may ask for."""
        asked = (line.method, line.url)
        self._waiting.setdefault(line.step, {}).setdefault(asked, []).append(line)
        self._last[asked] = line
        self._last.move_to_end(asked)
        if len(self._last) > _REMEMBERED:
            self._last.popitem(last=False)

    @contextmanager
    def step(self, line: StepLine) -> Iterator[None]:
        """Everything inside is this step; its answers are forgotten afterwards."""
        self._step, self._draws, self._now = line.step, 0, line.began
        self.used, self.ours = [], []
        try:
            yield
        finally:
            self._waiting.pop(line.step, None)

    def delivery(self) -> Fetched | None:
        """What a hub brought for this step."""
        for (method, url), lines in self._waiting.get(self._step, {}).items():
            if method == "DELIVERY" and lines:
                found = self._told(lines.pop(0), url)
                return found if isinstance(found, Fetched) else None
        return None

    def answer(self, method: str, url: str) -> FetchResult:
        """What the recorded run was answered; a failure, counted, where it did not ask."""
        asked = (method, without_credentials(url))
        line = self._next(asked)
        if line is None:
            self.missing.append(f"{method} {asked[1]}")
            return _not_recorded(url, NOT_RECORDED)
        return self._told(line, url)

    def _next(self, asked: tuple[str, str]) -> ResponseLine | None:
        """The step's own answer; else what another one was told that had not finished then.

        (Many pages wait for one robots.txt: any of them may have been the one that asked.)
        """
        own = self._waiting.get(self._step, {}).get(asked)
        if own:
            line = own.pop(0)
            if self._now is None or line.at > self._now:
                self._now = line.at
            return line
        return self._last.get(asked)

    def _told(self, line: ResponseLine, url: str) -> FetchResult:
        try:
            body = self._reader.body(line.body) if line.body else b""
        except TapeError as exc:
            self.missing.append(f"{line.method} {line.url}: {exc}")
            return _not_recorded(url, str(exc))
        self.answered += 1
        self.used.append(replace(line, step=self._step))
        result = result_of(line, url, body)
        if line.ours and isinstance(result, FetchFailed):
            self.ours.append(result)
        return result


def _not_recorded(url: str, reason: str) -> FetchFailed:
    return FetchFailed(url=url, final_url=url, kind=FailureKind.CONNECT, reason=reason)


class ReplayingClient(Client):
    """Answers from a tape; no socket is ever opened."""

    def __init__(self, config: FetchConfig, gate: Gate, *, player: Player, **others: Any) -> None:
        super().__init__(config, gate, **others)
        self._player = player

    async def __aenter__(self) -> Self:
        return self

    async def _travel(self, trip: _Trip) -> FetchResult:
        return self._player.answer("GET" if trip.form is None else "POST", trip.url)

    async def probe(self) -> bool:
        """Nothing is tried."""
        return True


class ReplayedNetwork(Network):
    """Puts down to our own network what the recorded run put down to it."""

    def __init__(self, player: Player) -> None:
        super().__init__()
        self._player = player

    def is_ours(self, failure: FetchFailed) -> bool:
        """Whether the recorded run did not count this failure."""
        return any(failure is one for one in self._player.ours)
