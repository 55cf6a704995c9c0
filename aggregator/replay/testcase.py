"""A test of one outlet, made of a recording: its responses, its configuration, and the items they gave."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from aggregator.config import load
from aggregator.core.tape import Line, ResponseLine, RunLine, StepLine
from aggregator.errors import UsageError
from aggregator.export.jsonl import item_dict
from aggregator.fetch.tapefiles import TapeReader, TapeWriter
from aggregator.model import ItemFilter
from aggregator.replay.driver import CONFIG, Replay, Replayed, new_folder, replay
from aggregator.store import Store

EXPECTED = "expected.jsonl"


class _Copy:
    """What a replay used, as a tape of its own: runs in which nothing of the outlet happened are left out."""

    def __init__(self, folder: Path, reader: TapeReader) -> None:
        self._writer = TapeWriter(folder)
        self._reader = reader
        #: of the current run, until something of the outlet happens
        self._before: list[Line] = []
        self._waits = False
        #: one file, however long it took
        self._at: datetime | None = None

    def begin(self, line: RunLine, config: str) -> None:
        """A run, with its configuration."""
        digest = self._writer.put(config.encode())
        self._before, self._waits = [replace(line, config=digest, outlets=())], True

    def step(self, line: StepLine, used: Sequence[ResponseLine]) -> None:
        """A step that was repeated, with what it was answered."""
        self._before += [*used, line]
        self._waits = self._waits and not line.outlet
        if self._waits:
            return
        for each in self._before:
            if isinstance(each, RunLine) and self._at is None:
                self._at = each.at
            if isinstance(each, ResponseLine) and each.body:
                self._writer.put(self._reader.body(each.body))
            self._writer.write(each, self._at or line.began)
        self._before = []

    def close(self) -> None:
        """The tape is complete."""
        self._writer.close()


def as_test(tape: Path, outlet: str, folder: Path, scratch: Callable[[], Path]) -> Replayed:
    """Make a test of what a recording has of one outlet, in ``folder``, which must be new or empty.

    It holds the outlet's responses, its part of feeds.toml, the items that come of them, and a file that
    pytest runs; it has passed once. ``scratch`` gives new folders. Raises what ``replay`` raises.
    """
    copy = _Copy(new_folder(folder), reader := TapeReader(tape))
    try:
        made = asyncio.run(Replay(reader, new_folder(scratch()), outlet=outlet, keep=copy).run())
    finally:
        copy.close()
    (folder / CONFIG).write_bytes(made.config.read_bytes())
    (folder / EXPECTED).write_text("".join(_dumped(item) for item in _items(made)), encoding="utf-8")
    (folder / f"test_{_name(outlet)}.py").write_text(_test(outlet), encoding="utf-8")
    if found := differences(folder, scratch()):
        raise UsageError(f"{folder}: the test would fail at once: {found[0]}")
    return made


def differences(folder: Path, output: Path) -> list[str]:
    """What the outlet's items in a test folder are today and were not, a sentence each.

    Replays into ``output``. Values that items did not have when the test was made are not compared.
    """
    made = replay(folder, output)
    found = [f"not in the recording: {request}" for request in made.missing]
    today = {_same(item): item for item in _items(made)}
    with (folder / EXPECTED).open(encoding="utf-8") as file:
        then = [json.loads(line) for line in file]
    for expected in then:
        item = today.pop(_same(expected), None)
        if item is None:
            found.append(f"gone: {_called(expected)}")
            continue
        found += [
            f"{_called(expected)}: {key} is {item.get(key)!r} and was {value!r}"
            for key, value in expected.items()
            if item.get(key) != value
        ]
    return [*found, *(f"new: {_called(item)}" for item in today.values())]


def _items(made: Replayed) -> list[dict[str, Any]]:
    """What is stored, oldest first."""
    store = Store.open(load(made.config).store.url)
    try:
        return sorted(map(item_dict, store.items(ItemFilter())), key=lambda item: int(item["id"]))
    finally:
        store.close()


def _dumped(item: Mapping[str, Any]) -> str:
    return json.dumps(item, ensure_ascii=False) + "\n"


def _same(item: Mapping[str, Any]) -> tuple[str, str, int]:
    return item["feed"], item["guid"] or item["url"], item["id"]


def _called(item: Mapping[str, Any]) -> str:
    return f"item {item['id']} ({item['url'] or item['guid']})"


def _name(outlet: str) -> str:
    """An outlet's name as part of a Python name."""
    return re.sub(r"[^a-z0-9]+", "_", outlet.casefold()).strip("_") or "outlet"


def _test(outlet: str) -> str:
    return f'''"""What came of the recorded responses of {_quotable(outlet)}; `aggregator replay` made this.

Change feeds.toml or the program and see what that does to the items; expected.jsonl has them as they were.
"""

from pathlib import Path

from aggregator.replay import differences


def test_{_name(outlet)}_gives_the_items_that_it_gave(tmp_path: Path) -> None:
    assert differences(Path(__file__).parent, tmp_path / "replayed") == []
'''


def _quotable(text: str) -> str:
    return re.sub(r'[\\"\x00-\x1f\x7f]', " ", text)
