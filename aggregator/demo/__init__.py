"""What does the aggregator do? Shown without a network: sample outlets on loopback, polled for real.

``run`` is the demo itself; ``DemoSites`` (in ``demo.server``) are its outlets, which tests use too.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from aggregator.errors import UsageError

if TYPE_CHECKING:
    from aggregator.config import Config
    from aggregator.demo.server import DemoSites
    from aggregator.model import Item
    from aggregator.model.stories import Story
    from aggregator.progress import Progress
    from aggregator.report import RunReport
    from aggregator.store import Store

__all__ = ["Screen", "run"]

_SHOWN = 50
#: who corrects an article in the course of the demo
_CORRECTED = "Norhaven Courier"


class Screen(Protocol):
    """Where the demo shows what it does; the command line has one for people and one for programs."""

    def say(self, sentence: str) -> None:
        """Explain something, beside the results."""
        ...

    def report(self, report: "RunReport", config: "Config") -> None:
        """What a run did, as ``scheduler.py --once`` shows it."""
        ...

    def items(self, items: "Sequence[Item]", now: datetime) -> None:
        """Items as ``aggregator items`` lists them."""
        ...

    def stories(self, store: "Store", stories: "Sequence[Story]", now: datetime) -> None:
        """Stories as ``aggregator stories`` lists them; the first as ``aggregator story`` tells it."""
        ...

    def article(self, store: "Store", item: "Item", now: datetime) -> None:
        """One article as ``aggregator show`` tells it."""
        ...


def run(
    screen: Screen,
    *,
    serve: bool,
    keep: Path | None = None,
    progress: "Callable[[], Progress] | None" = None,
    clock: "Callable[[], datetime] | None" = None,
) -> int:
    """Poll the sample outlets into a database, show it, poll again; the exit code.

    Nothing but loopback is contacted. ``serve`` asks for the reader; ``keep`` is where configuration and
    database stay: without it they are temporary, and nothing is left behind. UsageError where there is a
    configuration already.
    """
    from aggregator.app import run_once, system_clock
    from aggregator.config import load
    from aggregator.demo.server import DemoSites
    from aggregator.progress import Silent
    from aggregator.report import RunOptions, exit_code

    clock, progress = clock or system_clock, progress or Silent
    with _directory(keep) as directory, DemoSites(clock()) as sites:
        screen.say(_introduction(sites))
        config = load(sites.feeds_toml(directory))
        report = run_once(config, RunOptions(), progress=progress(), clock=clock)
        screen.report(report, config)
        screen.say(
            "The Late Edition fails on purpose: it always answers 500. So does one page of Meridian Science, "
            "which was taken down; its item keeps the feed's summary."
        )
        screen.items(_stored(config.store.url), clock())
        screen.say(
            "What several outlets tell of is a story, whatever each of them calls it; a text that several "
            "took from an agency counts once:"
        )
        _show_stories(screen, config.store.url, clock())
        screen.say(
            "The same outlets once more, as `scheduler.py --once --force` does: nothing is stored twice."
        )
        screen.report(run_once(config, RunOptions(force=True), progress=progress(), clock=clock), config)
        sites.correct()
        screen.say(
            f"Meanwhile the {_CORRECTED} has corrected its story of the tunnel, which it and two others "
            "took from an agency. It is polled once more:"
        )
        only = RunOptions(force=True, outlets=(_CORRECTED,))
        screen.report(run_once(config, only, progress=progress(), clock=clock), config)
        screen.say("What `aggregator show` tells of this article now:")
        _show_corrected(screen, config.store.url, clock())
    if keep is not None:
        screen.say(
            f"The database stays: `aggregator items --config {keep / 'feeds.toml'}` lists it, and so on. "
            f"The same as a website is {keep / 'public' / 'index.html'}."
        )
    if serve:
        screen.say("The reader, which is to open here, is not there yet.")
    screen.say(
        "For outlets of your own: `aggregator init` writes a feeds.toml, `aggregator add URL` adds to it."
    )
    return exit_code(report)


@contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    """Where the demo works: a directory that goes with it, or ``keep``."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="aggregator-demo-") as directory:
            yield Path(directory)
        return
    if keep.exists() and not keep.is_dir():
        raise UsageError(f"--keep: {keep} is a file; name a folder")
    if (keep / "feeds.toml").exists():
        raise UsageError(f"{keep} holds a feeds.toml already: name a directory that is empty or not there")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep


def _show_stories(screen: Screen, url: str, now: datetime) -> None:
    from aggregator.model import ItemFilter
    from aggregator.model.stories import StoryFilter
    from aggregator.store import Store

    store = Store.open(url)
    try:
        several = StoryFilter(items=ItemFilter(copies=False, shown_at=now), outlets=2, now=now)
        found = sorted(store.stories(several), key=lambda story: -story.size)
        screen.stories(store, found, now)
    finally:
        store.close()


def _show_corrected(screen: Screen, url: str, now: datetime) -> None:
    from aggregator.model import ItemFilter
    from aggregator.store import Store

    store = Store.open(url)
    try:
        for item in store.items(ItemFilter(outlets=(_CORRECTED,))):
            if item.updated is not None:
                screen.article(store, item, now)
    finally:
        store.close()


def _introduction(sites: "DemoSites") -> str:
    return (
        f"{len(sites.sites)} made-up outlets answer on this machine alone, the first at "
        f"{sites.sites[0].home}: RSS, Atom, RDF and JSON Feed, in two languages."
    )


def _stored(url: str) -> "list[Item]":
    from aggregator.model import ItemFilter
    from aggregator.store import Store

    store = Store.open(url)
    try:
        return list(store.items(ItemFilter(limit=_SHOWN)))
    finally:
        store.close()
