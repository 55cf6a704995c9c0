"""What do all commands share: the common options, the filters of lists, and how a command is declared."""

import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from aggregator.cli import completion
from aggregator.cli.outlet_names import resolve_outlets
from aggregator.cli.times import instant

if TYPE_CHECKING:
    from aggregator.config import Config
    from aggregator.model import ItemFilter
    from aggregator.store import Store


def system_clock() -> datetime:
    """As ``app.system_clock``, without the half second that importing app.py takes."""
    return datetime.now(UTC)  # noqa: TID251


class ReaderLeftError(Exception):
    """Whoever read stdout has gone; typer would end with 1 on a BrokenPipeError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One call of one command: the common options, and the way to configuration and database."""

    config_path: Path
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    now: datetime

    def config(self) -> "Config":
        """The configuration; ConfigError with all of its problems."""
        from aggregator.config import load

        return load(self.config_path)

    @contextmanager
    def store(self, config: "Config") -> "Iterator[Store]":
        """The database, closed at the end."""
        from aggregator.store import Store

        store = Store.open(config.store.url)
        try:
            yield store
        finally:
            store.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The filter options as typed."""

    outlets: tuple[str, ...]
    tag: str | None
    language: str | None
    since: str | None
    until: str | None
    limit: int | None
    copies: bool

    def resolve(
        self, run: Run, config: "Config", store: "Store", *, default_limit: int | None, copies: bool
    ) -> "ItemFilter":
        """The filter; UsageError for an outlet that is not known or a time that cannot be read."""
        from aggregator.model import ItemFilter

        return ItemFilter(
            outlets=resolve_outlets(self.outlets, config, store),
            tag=self.tag,
            language=self.language,
            since=instant(self.since, "--since", run.now) if self.since else None,
            until=instant(self.until, "--until", run.now) if self.until else None,
            limit=self.limit or default_limit,
            copies=copies,
        )


# ── options ──────────────────────────────────────────────────────────────────────────────────

CONFIG_HELP = "The configuration. Default: $AGGREGATOR_CONFIG, else feeds.toml in this folder."

_COMMON: dict[str, Any] = {
    "config_path": Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help=CONFIG_HELP,
            show_default=False,
        ),
    ],
    "json_output": Annotated[bool, typer.Option("--json", help="Print JSON (lists: one object a line).")],
    "quiet": Annotated[bool, typer.Option("--quiet", "-q", help="Only results and errors.")],
    "verbose": Annotated[bool, typer.Option("--verbose", "-v", help="Log every step to stderr.")],
}
_FILTERS: dict[str, tuple[Any, Any]] = {
    "outlet": (
        Annotated[
            list[str] | None,
            typer.Option(
                "--outlet",
                metavar="NAME",
                help="Only this outlet; repeatable, ignores case.",
                autocompletion=completion.outlets,
            ),
        ],
        None,
    ),
    "tag": (
        Annotated[
            str | None,
            typer.Option(
                metavar="TAG", help='Only with this tag, its own or its outlet\'s; "#tag" or as a hashtag.'
            ),
        ],
        None,
    ),
    "lang": (
        Annotated[
            str | None, typer.Option(metavar="CODE", help='Only in this language; "en" is also en-GB.')
        ],
        None,
    ),
    "since": (
        Annotated[str | None, typer.Option(metavar="WHEN", help="From then on: 7d, 12h, 2026-01-31 (UTC).")],
        None,
    ),
    "until": (
        Annotated[str | None, typer.Option(metavar="WHEN", help="Before then: 1d, 2026-01-31 (UTC).")],
        None,
    ),
    "limit": (
        Annotated[int | None, typer.Option(metavar="N", min=1, help="At most N.", show_default=False)],
        None,
    ),
    "copies": (Annotated[bool, typer.Option("--copies", help="Copies of other items too.")], False),
}


def common(
    config_path: Path | None,
    *,
    json_output: bool,
    quiet: bool,
    verbose: bool,
    parent: Run | None = None,
    clock: Callable[[], datetime] = system_clock,
) -> Run:
    """The common options, those before the command's name (``parent``) and those after it."""
    path = config_path or (parent and parent.config_path)
    return Run(
        config_path=path or Path(os.environ.get("AGGREGATOR_CONFIG") or "feeds.toml"),
        json=json_output or bool(parent and parent.json),
        quiet=quiet or bool(parent and parent.quiet),
        verbose=verbose or bool(parent and parent.verbose),
        now=parent.now if parent else clock(),
    )


def command(
    app: typer.Typer, name: str, *, examples: str, filters: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare a command. The function takes ``run: Run`` and, with ``filters``, ``wanted: Wanted``.

    The common options, and the filters, are added to the parameters that the function has itself, so
    that they are defined once and mean the same everywhere.
    ``examples`` are lines that stand at the end of ``--help``.
    """

    def declare(function: Callable[..., None]) -> Callable[..., None]:
        def called(ctx: typer.Context, **values: Any) -> None:
            options = {key: values.pop(key) for key in _COMMON}
            values["run"] = common(**options, parent=ctx.obj)
            if filters:
                values["wanted"] = _wanted({key: values.pop(key) for key in _FILTERS})
            try:
                function(**values)
                sys.stdout.flush()
            except BrokenPipeError:
                raise ReaderLeftError from None

        parameters = [_parameter("ctx", typer.Context), *_own(function)]
        if filters:
            parameters += [_parameter(key, hint, default) for key, (hint, default) in _FILTERS.items()]
        parameters += [
            _parameter(key, hint, None if key == "config_path" else False) for key, hint in _COMMON.items()
        ]
        _pretend(called, function, parameters)
        epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in examples.strip().splitlines())
        app.command(name, epilog=epilog)(called)
        return function

    return declare


def _own(function: Callable[..., None]) -> list[inspect.Parameter]:
    """The parameters that the function declares itself, but for those it is given."""
    hints = get_type_hints(function, include_extras=True)
    return [
        parameter.replace(annotation=hints[key], kind=inspect.Parameter.KEYWORD_ONLY)
        for key, parameter in inspect.signature(function).parameters.items()
        if key not in ("run", "wanted")
    ]


def _parameter(name: str, hint: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=hint, default=default)


def _pretend(called: Any, function: Callable[..., None], parameters: list[inspect.Parameter]) -> None:
    """Give ``called`` the signature that typer is to see."""
    called.__signature__ = inspect.Signature(parameters)
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    called.__doc__, called.__name__ = function.__doc__, function.__name__


def _wanted(values: dict[str, Any]) -> Wanted:
    return Wanted(
        outlets=tuple(values["outlet"] or ()),
        tag=values["tag"],
        language=values["lang"],
        since=values["since"],
        until=values["until"],
        limit=values["limit"],
        copies=values["copies"],
    )
