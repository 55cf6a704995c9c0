"""What keeps the news current: the demo, and the runs of scheduler.py for who installed the package."""

from pathlib import Path
from typing import Annotated

import typer

from aggregator.cli.command import Run, command


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    command(app, "demo", examples=_DEMO)(demo)
    _register_run(app)


_DEMO = """
aggregator demo
aggregator demo --no-serve              ends after the table
aggregator demo --no-serve --keep /tmp/demo && aggregator items --config /tmp/demo/feeds.toml
"""


def demo(
    run: Run,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the reader afterwards.")] = True,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", help="Leave feeds.toml and database there, to look further."),
    ] = None,
) -> None:
    """Show it at work, without a network.

    Packaged sample outlets on a loopback port are polled into a temporary database.
    """
    from aggregator.cli.demo import run as run_demo

    raise typer.Exit(run_demo(serve=serve, keep=keep, json=run.json, quiet=run.quiet))


def _register_run(app: typer.Typer) -> None:
    @app.command(
        "run",
        add_help_option=False,
        help="Poll: the daemon, or --once. As `python scheduler.py`.",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    )
    def run_scheduler(ctx: typer.Context) -> None:
        from aggregator.cli.schedule import main

        raise typer.Exit(main([*_given_before(ctx.obj), *ctx.args], program="aggregator run"))


def _given_before(run: Run) -> list[str]:
    """The common options that stood before ``run``, for a command that reads its own."""
    flags = (("--json", run.json), ("--quiet", run.quiet), ("--verbose", run.verbose))
    return ["--config", str(run.config_path), *(flag for flag, given in flags if given)]
