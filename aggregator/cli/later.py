"""What is named but not built yet: one sentence each, which says what is available instead."""

from typing import Any

import typer

from aggregator.errors import UsageError

#: command -> what it will be, and what there is now
COMMANDS = {
    "serve": "The reader is not there yet; `aggregator items` and [publish] show what is stored.",
    "user": "Accounts are not there yet; the commands work without one.",
}


def refuse(name: str) -> None:
    """UsageError with the sentence of a command that is not built yet."""
    raise UsageError(COMMANDS[name])


def register(app: typer.Typer) -> None:
    """Add the commands, hidden from ``--help``; they take any arguments."""
    for name in COMMANDS:
        _register(app, name)


def _register(app: typer.Typer, name: str) -> None:
    anything: dict[str, Any] = {"ignore_unknown_options": True, "allow_extra_args": True}

    @app.command(name, hidden=True, context_settings=anything, help=COMMANDS[name])
    def answer() -> None:
        refuse(name)
