"""How does a publisher get into feeds.toml: from the address of its feed, or of any of its pages."""

import re
import sys
from collections.abc import Mapping, Sequence
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
    from aggregator.store import Store

#: characters of a feed's own title that become an outlet's name
_LONGEST_NAME = 80
#: an address without its scheme: a host with a dot or a port, and what follows it
_BARE = re.compile(r"(?:[^\s/:?#@]+\.[^\s/:?#@.]+|[^\s/:?#@]+(?=:\d))(?::\d{1,5})?(?:[/?#].*)?")


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    command(app, "add", examples=_ADD)(add)


_ADD = """
aggregator add gulf-insider.com
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
    from aggregator.core.discover import alike

    addresses = _addresses(url)
    config = run.config()
    taken = {outlet.name.casefold() for outlet in config.outlets}
    if name.strip().casefold() in taken:
        raise UsageError(f'there is an outlet "{name.strip()}" already; give another --name')
    with run.store(config) as store:
        listed = _listed(config, store)
    if owner := listed.get(alike(addresses[0])):
        _tell_listed(run, addresses[0], owner, ())
        return
    address, found = _find(run, config, addresses)
    new = [feed for feed in found if not _owner(feed, listed)]
    if not new or not (every or found[0] is new[0]):
        _tell_listed(run, found[0].url, _owner(found[0], listed), new)
        return
    chosen, others = (new, new[:0]) if every else (new[:1], new[1:])
    outlet = Outlet(
        name=name.strip() or free_name(_title(chosen[0]), urlsplit(address).hostname or "", taken),
        homepage="" if any(feed.url == address for feed in chosen) else address,
        feeds=tuple(feed.url for feed in chosen),
        tags=tuple(tag or ()),
    )
    add_outlets(run.config_path, [outlet])
    _tell(run, outlet.name, chosen, others)


def _addresses(url: str) -> Sequence[str]:
    """What may be meant, the likeliest first: without a scheme https, and http where that gets no answer."""
    from aggregator.config import problems, words

    typed = url.strip()
    candidates = [f"https://{typed}", f"http://{typed}"] if _BARE.fullmatch(typed) else [typed]
    try:
        return [words.http_url(candidate) for candidate in candidates]
    except ValueError as exc:
        raise UsageError(f"{problems.found(url)} {exc}") from None


def _find(run: Run, config: "Config", addresses: Sequence[str]) -> "tuple[str, Sequence[FoundFeed]]":
    """Fetch the page and what it names; ends the command with 1 when there is no feed."""
    import asyncio

    from aggregator import logs
    from aggregator.app import open_services
    from aggregator.discovery import find_feeds

    async def find() -> "tuple[str, tuple[FoundFeed, ...] | FetchFailed]":
        async with open_services(config) as services:
            for address in addresses:
                found = await find_feeds(services.client, address, services.documents.parse)
                if isinstance(found, tuple) or not _no_answer(found):
                    break
            return address, found

    logs.configure(verbose=run.verbose, quiet=not run.verbose)
    with _waiting(run, f"Looking for feeds at {addresses[0]}"):
        address, found = asyncio.run(find())
    if isinstance(found, tuple):
        return address, found
    output.tell(output.shown(f"{address}: {found.reason}; nothing was added"))
    raise typer.Exit(1)


def _no_answer(failed: "FetchFailed") -> bool:
    """Whether another scheme of the same host may answer."""
    from aggregator.model import FailureKind

    return failed.kind in (FailureKind.CONNECT, FailureKind.TLS, FailureKind.TIMEOUT)


# ── what is listed already ───────────────────────────────────────────────────────────────────


def _listed(config: "Config", store: "Store") -> Mapping[str, str]:
    """The outlet of each listed feed, by its address: as configured, as discovered, and where it moved."""
    from aggregator.core.discover import alike

    stored = [feed for feed in store.health() if feed.listed]
    addresses = {url: feed.outlet for feed in stored for url in (feed.feed, feed.moved_to) if url}
    for outlet in config.outlets:
        # an outlet without feeds has them looked for on its page
        addresses |= dict.fromkeys(outlet.feeds or (outlet.homepage,), outlet.name)
    return {alike(url): name for url, name in addresses.items()}


def _owner(feed: "FoundFeed", listed: Mapping[str, str]) -> str:
    """The outlet that lists a feed, under its address or the one that it redirects to; "" for a new one."""
    from aggregator.core.discover import alike

    return listed.get(alike(feed.url)) or listed.get(alike(feed.final_url or feed.url)) or ""


def _tell_listed(run: Run, url: str, owner: str, others: "Sequence[FoundFeed]") -> None:
    if run.json:
        output.print_json({"outlet": owner, "feeds": [], "others": [_json(one) for one in others]})
        return
    if not run.quiet:
        output.print_line(f'{url} is listed already, in outlet "{owner}"; nothing was changed.')
    _tell_others(others)


def _waiting(run: Run, sentence: str) -> AbstractContextManager[object]:
    """Something that moves, where somebody watches."""
    if run.quiet or not sys.stderr.isatty():
        return nullcontext()
    return output.console(stderr=True).status(sentence)


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
    _tell_others(others)


def _tell_others(others: "Sequence[FoundFeed]") -> None:
    if others:
        output.tell("Other feeds of this page, which --all takes too:")
        for feed in others:
            output.tell(output.shown(f"  {feed.url}  {_title(feed)}"))


def _json(feed: "FoundFeed") -> dict[str, object]:
    return {"url": feed.url, "title": feed.title, "items": feed.items}
