"""How does a publisher get into feeds.toml: from the address of its feed, or of any of its pages."""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from aggregator.cli import output
from aggregator.cli.command import Run, command
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from aggregator.config import Config
    from aggregator.discovery import FoundFeed
    from aggregator.model import FetchFailed

#: characters of a feed's own title that become an outlet's name
_LONGEST_NAME = 80


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    command(app, "add", examples=_ADD)(add)


_ADD = """
aggregator add https://www.gulf-insider.com/
aggregator add https://example.org/feed.xml --name Example --tag local --tag daily
aggregator add https://example.org/ --all       every feed that the page names
"""


def add(
    run: Run,
    url: Annotated[str, typer.Argument(metavar="URL", help="Of a feed, or of a page that names its feeds.")],
    every: Annotated[bool, typer.Option("--all", help="Take each feed found, not only the first.")] = False,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Default: the feed's title.", show_default=False)
    ] = "",
    tag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="Repeatable; the first is its folder.")
    ] = None,
) -> None:
    """Add an outlet by its address.

    The first feed found is taken, the others are listed. Comments in feeds.toml stay.
    """
    from aggregator.cli.importing import free_name
    from aggregator.config import Outlet
    from aggregator.config.edit import add_outlets

    address = _address(url)
    config = run.config()
    taken = {outlet.name.casefold() for outlet in config.outlets}
    if name.strip().casefold() in taken:
        raise UsageError(f'there is an outlet "{name.strip()}" already; give another --name')
    found = _find(run, config, address)
    new = _new_ones(found, config)
    chosen, others = (new, new[:0]) if every else (new[:1], new[1:])
    outlet = Outlet(
        name=name.strip() or free_name(_title(chosen[0]), urlsplit(address).hostname or "", taken),
        homepage="" if any(feed.url == address for feed in chosen) else address,
        feeds=tuple(feed.url for feed in chosen),
        tags=tuple(tag or ()),
    )
    add_outlets(run.config_path, [outlet])
    _tell(run, outlet.name, chosen, others)


def _address(url: str) -> str:
    from aggregator.config import words

    try:
        return words.http_url(url)
    except ValueError as exc:
        raise UsageError(f'"{url}" {exc}') from None


def _find(run: Run, config: "Config", url: str) -> "Sequence[FoundFeed]":
    """Fetch the page and what it names; ends the command with 1 when there is no feed."""
    import asyncio

    from aggregator import logs
    from aggregator.app import open_services
    from aggregator.discovery import find_feeds

    async def find() -> "tuple[FoundFeed, ...] | FetchFailed":
        async with open_services(config) as services:
            return await find_feeds(services.client, url, services.documents.parse)

    logs.configure(verbose=run.verbose, quiet=not run.verbose)
    with _waiting(run, f"Looking for feeds at {url}"):
        found = asyncio.run(find())
    if isinstance(found, tuple):
        return found
    output.tell(output.shown(f"{url}: {found.reason}; nothing was added"))
    raise typer.Exit(1)


def _waiting(run: Run, sentence: str) -> AbstractContextManager[object]:
    """Something that moves, where somebody watches."""
    if run.quiet or not sys.stderr.isatty():
        return nullcontext()
    return output.console(stderr=True).status(sentence)


def _new_ones(found: "Sequence[FoundFeed]", config: "Config") -> "Sequence[FoundFeed]":
    """Those that feeds.toml does not list yet; UsageError when there is none."""
    from aggregator.config import words

    listed = {words.same_address(url): outlet.name for outlet in config.outlets for url in outlet.feeds}
    new = [feed for feed in found if words.same_address(feed.url) not in listed]
    if not new:
        name = listed[words.same_address(found[0].url)]
        raise UsageError(f'{found[0].url} is listed already, in outlet "{name}"; nothing was changed')
    return new


def _title(feed: "FoundFeed") -> str:
    """The title on one line, not longer than a name should be; the host where it has none."""
    title = " ".join("".join(char if char.isprintable() else " " for char in feed.title).split())
    return title[:_LONGEST_NAME].strip() or urlsplit(feed.url).hostname or feed.url


def _tell(run: Run, name: str, chosen: "Sequence[FoundFeed]", others: "Sequence[FoundFeed]") -> None:
    if run.json:
        output.print_json(
            {
                "outlet": name,
                "feeds": [_json(one) for one in chosen],
                "others": [_json(one) for one in others],
            }
        )
        return
    if not run.quiet:
        output.print_line(f"{name} is added to {run.config_path}:")
        for feed in chosen:
            output.print_line(f"  {feed.url}  ({feed.items} {'item' if feed.items == 1 else 'items'})")
    if others:
        output.tell("Other feeds of this page, which --all takes too:")
        for feed in others:
            output.tell(output.shown(f"  {feed.url}  {_title(feed)}"))


def _json(feed: "FoundFeed") -> dict[str, object]:
    return {"url": feed.url, "title": feed.title, "items": feed.items}
