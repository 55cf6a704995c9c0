"""What can be wrong for good: the exceptions that end a command.

Expected outcomes (304, 503, a page without text) are values, not exceptions::

    AggregatorError        catch this at the edge: its text tells the person what to do
    ├── ConfigError        feeds.toml cannot be used; holds every problem found in it
    ├── UsageError         the command was asked for something that is not there
    ├── StoreError         the database cannot be read or written
    │   ├── StoreLockedError another process holds it for too long: try again
    │   ├── StoreUnreachableError the database server does not answer: try again
    │   └── StoreFullError no space left: nothing was lost, nothing can be added
    ├── OutputError        an export cannot be written where it was asked for
    ├── ParseError         these bytes are not a feed; says what they look like instead
    └── WorkerError        work in a worker process gave no result
        └── WorkerEndedError it was stopped, or ended its worker (deadline, memory, crash)
"""

from collections.abc import Sequence


class AggregatorError(Exception):
    """The root of everything raised on purpose; ``str()`` is a sentence for the user."""


class ConfigError(AggregatorError):
    """feeds.toml cannot be used. ``problems`` holds one sentence each, all found in one go."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class UsageError(AggregatorError):
    """An outlet, an item or an option that does not exist."""


class StoreError(AggregatorError):
    """The database cannot be read or written; the text names the file and the remedy."""


class StoreLockedError(StoreError):
    """Another process has held the database for longer than we wait."""


class StoreUnreachableError(StoreError):
    """The database server does not answer, or went away while it worked for us."""


class StoreFullError(StoreError):
    """The disk is full: what is stored stays, nothing more can be added."""


class OutputError(AggregatorError):
    """An export cannot be written; the text names the file. What was there before stays."""


class ParseError(AggregatorError):
    """These bytes are not a feed; the text says what they look like instead."""


class WorkerError(AggregatorError):
    """Work in a worker process gave no result; the text says why."""


class WorkerEndedError(WorkerError):
    """The work was stopped, or ended its worker: deadline, memory limit or crash. Its input is to blame."""
