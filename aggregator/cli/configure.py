"""What is polled: the commands that write, check and change feeds.toml."""

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli import completion, output
from aggregator.cli.command import Run, command
from aggregator.cli.outlet_names import resolve_configured

if TYPE_CHECKING:
    from aggregator.config import Config


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    command(app, "init", examples=_INIT)(init)
    command(app, "check", examples=_CHECK)(check)
    command(app, "remove", examples=_REMOVE)(remove)
    command(app, "import", examples=_IMPORT)(import_list)


_INIT = """
aggregator init                         writes feeds.toml into this folder
aggregator init --config ~/news/feeds.toml
"""


def init(run: Run) -> None:
    """Write a feeds.toml to start from.

    It is commented; a file that is there already is left as it is.
    """
    from aggregator.config.edit import write_new

    template = resources.files("aggregator.config").joinpath("feeds.toml").read_text("utf-8")
    write_new(run.config_path, template)
    if run.json:
        output.print_json({"file": str(run.config_path)})
    elif not run.quiet:
        output.print_line(f"{run.config_path} is written; put your outlets into it, then `aggregator check`.")


_CHECK = """
aggregator check                        every error at once, each with its remedy
aggregator check --json | jq .problems
"""


def check(run: Run) -> None:
    """Say whether feeds.toml is right.

    Every problem at once, with its place and its remedy.
    """
    from aggregator.errors import ConfigError

    try:
        config = run.config()
    except ConfigError as exc:
        if not run.json:
            raise
        output.print_json({"valid": False, "problems": list(exc.problems)})
        raise typer.Exit(2) from None
    warnings = _warnings(config)
    if run.json:
        counts = {"outlets": len(config.outlets), "feeds": _feeds(config)}
        output.print_json({"valid": True, "problems": [], "warnings": warnings, **counts})
        return
    if not run.quiet:
        output.print_line(f"{run.config_path} is right: {_summary(config)}.")
    for sentence in warnings:
        output.tell(sentence)


def _summary(config: "Config") -> str:
    found = sum(1 for outlet in config.outlets if not outlet.feeds)
    parts = [_count(len(config.outlets), "outlet"), _count(_feeds(config), "feed")]
    if found:
        parts.append(f"{found} to be found from a homepage")
    if off := sum(1 for outlet in config.outlets if not outlet.enabled):
        parts.append(f"{off} disabled")
    return ", ".join(parts)


def _feeds(config: "Config") -> int:
    return sum(len(outlet.feeds) for outlet in config.outlets)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _warnings(config: "Config") -> list[str]:
    """What is allowed and yet hardly meant."""
    told = []
    if not config.outlets:
        told.append("There is no outlet in it yet: add one with `aggregator add URL`.")
    elif not any(outlet.enabled for outlet in config.outlets):
        told.append("Every outlet in it is disabled: nothing will be polled.")
    return told


_REMOVE = """
aggregator remove "Gulf Insider"            its stored items stay
aggregator remove "Gulf Insider" --purge    and are deleted too
"""


def remove(
    run: Run,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="The outlet's name, ignoring case.", autocompletion=completion.outlets
        ),
    ],
    purge: Annotated[bool, typer.Option("--purge", help="Delete its stored items as well.")] = False,
) -> None:
    """Take an outlet out of feeds.toml."""
    from aggregator.config.edit import remove_outlet

    config = run.config()
    if purge and name.casefold() not in {each.name.casefold() for each in config.outlets}:
        _purge_removed(run, config, name)
        return
    outlet = next(each for each in config.outlets if each.name == resolve_configured(name, config))
    deleted = 0
    if purge:  # opened before the file is changed: a database that cannot be used changes nothing
        with run.store(config) as store:
            stored = (
                feed.feed for feed in store.health() if feed.outlet.casefold() == outlet.name.casefold()
            )
            remove_outlet(run.config_path, outlet.name)
            deleted = store.purge(sorted({*outlet.feeds, *stored}))
    else:
        remove_outlet(run.config_path, outlet.name)
    if run.json:
        output.print_json({"outlet": outlet.name, "deleted": deleted})
    elif not run.quiet:
        items = f"{_count(deleted, 'item')} deleted" if purge else "its stored items stay"
        output.print_line(f"{outlet.name} is removed from {run.config_path}; {items}.")


def _purge_removed(run: Run, config: "Config", name: str) -> None:
    """Delete what is stored of an outlet that feeds.toml does not list any more."""
    with run.store(config) as store:
        stored = {feed.feed for feed in store.health() if feed.outlet.casefold() == name.casefold()}
        if not stored:
            resolve_configured(name, config)  # says what is there instead
        deleted = store.purge(sorted(stored))
    if run.json:
        output.print_json({"outlet": name, "deleted": deleted})
    elif not run.quiet:
        output.print_line(f"{name} was removed before; {_count(deleted, 'item')} deleted.")


_IMPORT = """
aggregator import subscriptions.opml        feeds that are listed already are left out
"""


def import_list(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An OPML list, as other readers export it.")],
) -> None:
    """Add the feeds of an OPML list."""
    from aggregator.cli.importing import plan
    from aggregator.config.edit import add_outlets

    config = run.config()
    planned = plan(file, config)
    if planned.outlets:
        add_outlets(run.config_path, planned.outlets)
    if run.json:
        output.print_json(
            {
                "added": [outlet.name for outlet in planned.outlets],
                "present": planned.present,
                "rejected": [
                    {"name": each.name, "url": each.url, "reason": each.reason} for each in planned.rejected
                ],
            }
        )
        return
    for each in planned.rejected:
        output.tell(output.shown(f"Left out {each.name or each.url or 'an entry'}: {each.reason}"))
    if not run.quiet:
        present = f"; {planned.present} were listed already" if planned.present else ""
        output.print_line(f"{_count(len(planned.outlets), 'outlet')} added to {run.config_path}{present}.")
