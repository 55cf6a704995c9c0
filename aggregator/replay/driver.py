"""Go through a tape: repeat its steps in their order, and compare what is published with what was.

Each step is done by the code of today, with the answers, the clock and the chance that the recorded run had.
So the same code gives the same rows and the same bytes in every export, and what other code gives otherwise
is what it changed.
"""

import asyncio
import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Protocol

from aggregator.config import load
from aggregator.core.tape import (
    EndLine,
    ExportsLine,
    Line,
    ResponseLine,
    RunLine,
    StepLine,
    TapeError,
    config_for_tape,
)
from aggregator.errors import AggregatorError, UsageError
from aggregator.fetch.tape import Player
from aggregator.fetch.tapefiles import TapeReader
from aggregator.pool import ProcessPool
from aggregator.publish import FILES
from aggregator.replay.stage import ReplayedRound, stage

#: steps that were not repeated, or broke, are named up to this number
_NAMED = 20
#: lines of one export's difference that are told
_TOLD = 60

#: steps come one after another; a second one is there when a document ends the first
_WORKERS = 2

CONFIG = "feeds.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An export that is not what the recorded run published."""

    file: str
    #: as ``diff -u`` tells it, recorded first; empty where the recorded file is not on the tape
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay did, and where."""

    folder: Path
    runs: int
    #: how many of each kind
    steps: Mapping[str, int]
    #: responses that were given, and requests that the recording has no answer for
    responses: int
    missing: tuple[str, ...]
    items: int
    #: of all rows
    digest: str
    #: sentences about what was left out, or could not be repeated
    notes: tuple[str, ...]
    #: exports that were compared with those of the recorded run, and were the same
    compared: int
    same: int
    #: files that differ in the end
    differences: tuple[Difference, ...]

    @property
    def config(self) -> Path:
        """What other commands read the result with."""
        return self.folder / CONFIG

    @property
    def exports(self) -> Path:
        """Where the published files lie."""
        return self.folder / "public"


def replay(tape: Path, output: Path, *, outlet: str | None = None) -> Replayed:
    """Rebuild database and exports in the folder ``output``, which must be new or empty.

    With ``outlet`` only what is that outlet's. Raises UsageError, ConfigError, StoreError or OutputError.
    """
    return asyncio.run(Replay(TapeReader(tape), new_folder(output), outlet=outlet).run())


# ── one replay ───────────────────────────────────────────────────────────────────────────────


class Keep(Protocol):
    """Takes what a replay used."""

    def begin(self, line: RunLine, config: str) -> None:
        """A run, with its configuration."""
        ...

    def step(self, line: StepLine, used: Sequence[ResponseLine]) -> None:
        """A step that was repeated, with what it was answered."""
        ...


class Replay:
    """Goes through a tape once. ``keep`` takes what was used, as a tape of its own."""

    def __init__(
        self, reader: TapeReader, output: Path, *, outlet: str | None = None, keep: Keep | None = None
    ) -> None:
        self._reader = reader
        self._output = output
        self._outlet = None if outlet is None else outlet.strip().casefold()
        self._keep = keep
        self._player = Player(reader)
        self._workers = ProcessPool(_WORKERS)
        self._stage: ReplayedRound | None = None
        self._open = AsyncExitStack()
        self._runs = 0
        self._steps: Counter[str] = Counter()
        self._notes: list[str] = []
        self._known: set[str] = set()
        self._compared = self._same = 0
        self._differing: dict[str, str] = {}

    async def run(self) -> Replayed:
        """All of it."""
        with closing(self._workers):
            async with self._open:
                return await self._repeated()

    async def _repeated(self) -> Replayed:
        for line in self._reader.lines():
            await self._line(line)
        last = self._stage
        if last is None:
            raise UsageError(f"{self._reader.folder} holds no run")
        if self._outlet is not None and self._outlet not in self._known:
            names = ", ".join(sorted(self._known)) or "none"
            raise UsageError(f'the recording has no outlet "{self._outlet}"; it has: {names}')
        await last.end()
        differences = tuple(self._difference(file) for file in sorted(self._differing))
        await last.publish_all()
        store = last.services.store
        return Replayed(
            folder=self._output,
            runs=self._runs,
            steps=dict(self._steps),
            responses=self._player.answered,
            missing=tuple(self._player.missing),
            items=last.held(),
            digest=store.digest(),
            notes=(*self._reader.notes, *self._notes),
            compared=self._compared,
            same=self._same,
            differences=differences,
        )

    async def _line(self, line: Line) -> None:
        match line:
            case RunLine():
                await self._begin(line)
            case ResponseLine():
                self._player.add(line)
            case StepLine():
                if self._stage is not None and self._is_wanted(line):
                    await self._step(self._stage, line)
            case ExportsLine():
                if self._stage is not None and self._outlet is None:
                    self._compare(line)
            case EndLine():
                pass

    async def _begin(self, line: RunLine) -> None:
        if self._stage is not None:
            await self._stage.end()
            await self._open.aclose()
        self._runs += 1
        text = self._config(line)
        (self._output / CONFIG).write_text(text, encoding="utf-8")
        config = load(self._output / CONFIG)
        self._player.begin(line)
        self._stage = await self._open.enter_async_context(stage(config, line, self._player, self._workers))
        if self._outlet is None and self._stage.held() != line.items:
            self._note(
                f"before run {self._runs} the recorded database held {line.items} items and the replay holds "
                f"{self._stage.held()}: something went on that was not recorded, or is done otherwise now"
            )
        if self._keep is not None:
            self._keep.begin(replace(line, items=self._stage.held()), text)

    def _config(self, line: RunLine) -> str:
        """The feeds.toml of the run: of all runs, where one lies beside the tape."""
        beside = self._reader.folder / CONFIG
        try:
            raw = beside.read_bytes() if beside.is_file() else self._reader.body(line.config)
            text = raw.decode("utf-8-sig")
            self._known |= _outlets_of(text)
            return config_for_tape(text, outlet=self._outlet)
        except (TapeError, ValueError) as exc:
            raise UsageError(f"run {self._runs}: its configuration cannot be read: {exc}") from exc

    def _is_wanted(self, line: StepLine) -> bool:
        if self._outlet is None:
            return True
        return line.outlet.casefold() == self._outlet if line.outlet else line.kind != "publish"

    async def _step(self, round_: ReplayedRound, line: StepLine) -> None:
        self._steps[line.kind] += 1
        with self._player.step(line):
            try:
                why = await round_.perform(line)
            except AggregatorError:
                raise
            except Exception as error:  # noqa: BLE001  what broke is told; the rest may still be of use
                why = f"it broke: {type(error).__name__}: {error}"
            if why:
                self._note(f"{line.kind} {line.url or line.outlet}: {why}")
            if self._keep is not None:
                self._keep.step(line, self._player.used)

    def _note(self, sentence: str) -> None:
        if len(self._notes) < _NAMED:
            self._notes.append(sentence)
        elif len(self._notes) == _NAMED:
            self._notes.append("… and more")

    # ── against what was published ──────────────────────────────────────────────────────────

    def _compare(self, line: ExportsLine) -> None:
        for name, digest in line.files.items():
            if name not in FILES.values():
                continue
            self._compared += 1
            path = self._output / "public" / name
            if path.is_file() and sha256(path.read_bytes()).hexdigest() == digest:
                self._same += 1
                self._differing.pop(name, None)
            else:
                self._differing[name] = digest

    def _difference(self, name: str) -> Difference:
        try:
            recorded = self._reader.body(self._differing[name]).decode("utf-8", "replace")
        except TapeError:
            return Difference(file=name)
        path = self._output / "public" / name
        ours = path.read_text(encoding="utf-8") if path.is_file() else ""
        return Difference(file=name, lines=tuple(islice(_diff(recorded, ours, name), _TOLD)))


def _outlets_of(text: str) -> set[str]:
    """The outlets' names, case folded."""
    return {str(one.get("name", "")).strip().casefold() for one in tomllib.loads(text).get("outlet", ())}


def new_folder(folder: Path) -> Path:
    """A folder to fill; UsageError where it holds anything."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = next(folder.iterdir(), None)
    except OSError as exc:
        raise UsageError(f"{folder} cannot be used: {exc.strerror or exc}") from exc
    if held is not None:
        raise UsageError(f"{folder} is not empty: nothing is written over what is there; name a new folder")
    return folder


def _diff(recorded: str, ours: str, name: str) -> Iterator[str]:
    """Line by line; documents of one long line are broken at their tags first."""
    return difflib.unified_diff(
        _lines(recorded), _lines(ours), f"recorded/{name}", f"replayed/{name}", lineterm="", n=2
    )


def _lines(text: str) -> list[str]:
    return re.sub(r"(?<=>)(?=<)|(?<=[,{])(?=\")", "\n", text).splitlines()
