"""How does the demo show itself: as text for a person, as one JSON object for a program."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aggregator.cli import output

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.config import Config
    from aggregator.model import Item
    from aggregator.model.stories import Story
    from aggregator.report import RunReport
    from aggregator.store import Store


def run(*, serve: bool, keep: "Path | None" = None, json: bool = False, quiet: bool = False) -> int:
    """The demo; its exit code. ``quiet`` leaves out what explains the tables."""
    from aggregator import demo, logs
    from aggregator.progress import for_person

    # the tables say what failed, as they do for a run
    logs.configure(silent=True)
    screen = _Object() if json else _Text(quiet=quiet)
    code = demo.run(screen, serve=serve, keep=keep, progress=lambda: for_person(quiet=quiet))
    screen.close()
    return code


class _Text:
    """Tables and sentences, as the commands print them."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def say(self, sentence: str) -> None:
        if not self._quiet:
            output.print_line(f"{sentence}\n")

    def report(self, report: "RunReport", config: "Config") -> None:
        from aggregator.cli.summary import told

        told(report, config, now=report.finished)
        output.print_line()

    def items(self, items: "Sequence[Item]", now: datetime) -> None:
        from aggregator.cli.items import print_table

        print_table(items, now)
        output.print_line()

    def stories(self, store: "Store", stories: "Sequence[Story]", now: datetime) -> None:
        from aggregator.cli.stories import print_table, told

        print_table(stories, now)
        output.print_line()
        if stories:
            output.print_line(told(store, stories[0], now))
            output.print_line()

    def article(self, store: "Store", item: "Item", now: datetime) -> None:
        from aggregator.cli.article import told

        output.print_line(told(store, item, now))
        output.print_line()

    def close(self) -> None:
        """Nothing is held back."""


class _Object:
    """``{"runs": [report, …], "items": [item, …], "stories": [story, …]}``, printed at the end."""

    def __init__(self) -> None:
        self._runs: list[dict[str, Any]] = []
        self._items: list[dict[str, Any]] = []
        self._stories: list[dict[str, Any]] = []

    def say(self, sentence: str) -> None:
        """Programs need no explanation."""

    def report(self, report: "RunReport", config: "Config") -> None:  # noqa: ARG002  for people
        from aggregator.report import to_json

        self._runs.append(to_json(report))

    def items(self, items: "Sequence[Item]", now: datetime) -> None:  # noqa: ARG002  for people
        from aggregator.export.jsonl import item_dict

        self._items += [item_dict(item) for item in items]

    def stories(self, store: "Store", stories: "Sequence[Story]", now: datetime) -> None:  # noqa: ARG002
        from aggregator.cli.stories import story_dict

        self._stories += [story_dict(story, store.items_of(story.items)) for story in stories]

    def article(self, store: "Store", item: "Item", now: datetime) -> None:
        """It is among the items."""

    def close(self) -> None:
        output.print_json({"runs": self._runs, "items": self._items, "stories": self._stories})
