"""Which outlets does an OPML list add: those with feeds that are not listed yet, under names of their own."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aggregator.config import Outlet, problems, words
from aggregator.errors import ParseError, UsageError

if TYPE_CHECKING:
    from aggregator.config import Config
    from aggregator.core.opml import ListedFeed, Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be added, and what not."""

    outlets: tuple[Outlet, ...]
    #: feeds that feeds.toml lists already
    present: int
    rejected: tuple["Rejected", ...]


def plan(file: Path, config: "Config") -> Plan:
    """Read the list; UsageError when it cannot be read or is no OPML. Nothing is fetched."""
    from aggregator.core import opml

    try:
        listed = opml.read(file.read_bytes())
    except OSError as exc:
        raise UsageError(f"{file} cannot be read: {exc.strerror}") from exc
    except ParseError as exc:
        raise UsageError(f"{file}: {exc}") from exc
    known = {words.same_address(url) for outlet in config.outlets for url in outlet.feeds}
    names = {outlet.name.casefold() for outlet in config.outlets}
    outlets: list[Outlet] = []
    rejected = list(listed.rejected)
    present = 0
    for feed in listed.feeds:
        try:
            key = words.same_address(words.http_url(feed.url))
        except ValueError as exc:
            url = problems.hidden(feed.url)
            rejected.append(opml.Rejected(name=feed.name, url=url, reason=f"its address {exc}"))
            continue
        if key in known:
            present += 1
            continue
        known.add(key)
        outlets.append(_outlet(feed, names))
    return Plan(outlets=tuple(outlets), present=present, rejected=tuple(rejected))


def _outlet(feed: "ListedFeed", names: set[str]) -> Outlet:
    host = urlsplit(feed.url).hostname or feed.url
    return Outlet(
        name=free_name(feed.name or host, host, names),
        homepage=_usable(feed.homepage),
        feeds=(feed.url,),
        tags=feed.tags,
        language=feed.language if feed.language and words.is_language(feed.language) else None,
    )


def _usable(homepage: str) -> str:
    try:
        return words.http_url(homepage)
    except ValueError:
        return ""


def free_name(name: str, host: str, taken: set[str]) -> str:
    """``name``, or with its host or a number behind it where another outlet has it; added to ``taken``."""
    candidates = [name, f"{name} ({host})"]
    number = 2
    while candidates[0].casefold() in taken:
        candidates.pop(0)
        if not candidates:
            candidates.append(f"{name} ({host}) {number}")
            number += 1
    taken.add(candidates[0].casefold())
    return candidates[0]
