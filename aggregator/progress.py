"""How far is a long run: bars on stderr for whoever sits before a terminal, nothing else."""

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import TaskID


class Progress(Protocol):
    """What a round tells while it works, from ``start`` to ``stop``."""

    def start(self, total_feeds: int) -> None:
        """So many feeds are due; may be told again when more come due."""
        ...

    def feed_done(self, outlet: str) -> None:
        """One feed was polled, well or not."""
        ...

    def article_done(self, outlet: str) -> None:
        """One page was read, well or not."""
        ...

    def stop(self) -> None:
        """It is over, well or not: clear what is shown."""
        ...


class Silent:
    """The twin that shows nothing."""

    def start(self, total_feeds: int) -> None:
        """Nothing."""

    def feed_done(self, outlet: str) -> None:
        """Nothing."""

    def article_done(self, outlet: str) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""


class Bars:
    """Two bars, feeds and articles, that vanish at the end."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._rich = Progress(
            TextColumn("{task.description:<8}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[outlet]}", markup=False),
            console=Console(stderr=True),
            transient=True,
            # drawing costs CPU that the polls want
            refresh_per_second=4,
        )
        self._bars: dict[str, TaskID] = {}

    def start(self, total_feeds: int) -> None:
        """See Progress."""
        self._rich.start()
        self._rich.update(self._bar("feeds"), total=total_feeds)

    def feed_done(self, outlet: str) -> None:
        """See Progress."""
        self._rich.update(self._bar("feeds"), advance=1, outlet=outlet)

    def article_done(self, outlet: str) -> None:
        """See Progress."""
        self._rich.update(self._bar("articles"), advance=1, outlet=outlet)

    def stop(self) -> None:
        """See Progress."""
        self._rich.stop()

    def _bar(self, name: str) -> "TaskID":
        """The bar of this name; without a total it only counts."""
        if name not in self._bars:
            self._bars[name] = self._rich.add_task(name, total=None, outlet="")
        return self._bars[name]


@contextmanager
def bar(name: str, total: int, *, quiet: bool) -> "Iterator[Callable[[int], None]]":
    """One bar of ``total`` steps for a person before a terminal; gives what advances it."""
    if not total or quiet or not sys.stderr.isatty():
        yield lambda _steps: None
        return
    from rich.console import Console
    from rich.progress import Progress as Rich

    with Rich(console=Console(stderr=True), transient=True) as rich:
        task = rich.add_task(name, total=total)
        yield lambda steps: rich.advance(task, steps)


def for_person(*, quiet: bool) -> Progress:
    """Bars where stderr is a terminal and nobody asked for silence."""
    return Bars() if sys.stderr.isatty() and not quiet else Silent()
