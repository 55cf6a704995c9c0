"""Use case: the feeds behind an address that a person gave, which may be a feed's or a page's."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from aggregator.core.discover import FeedLink, feed_links, known_paths
from aggregator.errors import ParseError, WorkerError
from aggregator.model import FailureKind, Fetched, FetchFailed, FetchResult, ParsedFeed

#: links of one page that are tried
_TRIED = 12

#: bytes, URL and headers -> the feed. Raises ParseError, or WorkerError when it had to be stopped.
Parse = Callable[[bytes, str, Mapping[str, str]], Awaitable[ParsedFeed]]


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What is remembered of the look for an outlet's feed on its home page."""

    feeds: tuple[str, ...] = ()
    #: when to look again after nothing was found
    again: datetime = _LONG_AGO
    reason: str = ""

    @staticmethod
    def key(homepage: str) -> str:
        """Where the store keeps it."""
        return f"discovered:{homepage}"

    def dumps(self) -> str:
        """As text, for the store."""
        return json.dumps({"feeds": self.feeds, "again": self.again.isoformat(), "reason": self.reason})

    @classmethod
    def loads(cls, memory: str) -> "Discovery":
        """From what :meth:`dumps` wrote."""
        raw = json.loads(memory)
        again = datetime.fromisoformat(raw["again"])
        return cls(feeds=tuple(raw["feeds"]), again=again, reason=raw["reason"])


class Getter(Protocol):
    """What is needed of the HTTP client."""

    async def get(self, url: str) -> FetchResult:
        """What ``url`` holds now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed that was fetched and parsed: its address as linked, the title it gives itself, its items."""

    url: str
    title: str
    #: feedparser's name of the format
    version: str
    items: int


async def find_feeds(client: Getter, url: str, parse: Parse) -> tuple[FoundFeed, ...] | FetchFailed:
    """The feeds of ``url``, the likeliest first, or why there are none.

    A feed's own address gives that feed. A page gives each feed that it links to; where it links to none, the
    first of the usual paths that holds one. Whatever stands in the result was fetched and parsed just now.
    """
    page = await client.get(url)
    if not isinstance(page, Fetched):
        return (
            page if isinstance(page, FetchFailed) else _nothing(url, url, "answered 304 to a first request")
        )
    if (feed := await _parsed(page, parse)) is not None:
        return (_found(url, "", feed),)
    links = feed_links(page.body, page.final_url)
    tried: set[str] = {page.url, page.final_url}
    found = [one for link in links[:_TRIED] if (one := await _try(client, link, parse, tried)) is not None]
    if found:
        return tuple(found)
    for path in known_paths(page.final_url):
        if (one := await _try(client, FeedLink(url=path), parse, tried)) is not None:
            return (one,)
    linked = (
        f"none of its {len(links)} links that looked like one held a feed" if links else "it links to none"
    )
    return _nothing(url, page.final_url, f"{linked}, and none lies at the usual paths")


async def _try(client: Getter, link: FeedLink, parse: Parse, tried: set[str]) -> FoundFeed | None:
    """The feed behind a candidate; None where there is none, or one that was found already."""
    if link.url in tried:
        return None
    tried.add(link.url)
    result = await client.get(link.url)
    if not isinstance(result, Fetched) or (result.final_url != link.url and result.final_url in tried):
        return None
    tried.add(result.final_url)
    feed = await _parsed(result, parse)
    return None if feed is None else _found(link.url, link.title, feed)


async def _parsed(result: Fetched, parse: Parse) -> ParsedFeed | None:
    if not result.body.strip():
        return None
    try:
        return await parse(result.body, result.final_url, result.headers)
    except (ParseError, WorkerError):
        return None


def _found(url: str, link_title: str, feed: ParsedFeed) -> FoundFeed:
    return FoundFeed(url=url, title=feed.title or link_title, version=feed.version, items=len(feed.items))


def _nothing(url: str, final_url: str, why: str) -> FetchFailed:
    return FetchFailed(
        url=url,
        final_url=final_url,
        kind=FailureKind.CONTENT,
        reason=f"no feed was found at this page: {why}",
    )
