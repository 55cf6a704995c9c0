"""Which commands are there: the typer application, put together from the files of this room."""

from pathlib import Path
from typing import Annotated

import typer

from aggregator import __version__
from aggregator.cli import (
    add,
    ask,
    configure,
    copies,
    database,
    digest,
    explain,
    export,
    items,
    later,
    outlets,
    replay,
    run,
    search,
    stories,
    tags,
)
from aggregator.cli.command import CONFIG_HELP, common, system_clock

app = typer.Typer(
    name="aggregator",
    help="Polls the feeds of news outlets, reads the articles, and gives the news back.",
    epilog="\b\nExamples:\n"
    "  aggregator demo                         what it does, without any network\n"
    "  aggregator init; aggregator check       a feeds.toml to start from\n"
    "  aggregator run --once                   poll what is due\n"
    "  aggregator items --since 1d             the news of the day\n"
    "\n`aggregator COMMAND --help` has examples of each command.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"aggregator {__version__}")
        raise typer.Exit


@app.callback()
def _before(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help=CONFIG_HELP,
            show_default=False,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON (lists: one object a line).")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only results and errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every step to stderr.")] = False,
    version: Annotated[  # noqa: ARG001 - answered by its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    clock = ctx.obj or system_clock
    ctx.obj = common(config, json_output=json, quiet=quiet, verbose=verbose, clock=clock)


# in the order in which they are needed first
for part in (
    run,
    configure,
    add,
    items,
    search,
    ask,
    stories,
    tags,
    copies,
    outlets,
    explain,
    export,
    digest,
    database,
    replay,
    later,
):
    part.register(app)
