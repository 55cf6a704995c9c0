"""Use case: the feeds behind an address that a person gave, which may be a feed's or a page's."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urljoin

from aggregator.core.discover import FeedLink, feed_links, known_paths, sitemap_links
from aggregator.errors import ParseError, WorkerError
from aggregator.model import FailureKind, Fetched, FetchFailed, FetchResult, NotModified, ParsedFeed, PutOff

#: links of one page that are tried
_TRIED = 12
#: sitemaps of one site that are tried
_SITEMAPS = 3

#: bytes, URL and headers -> the feed. Raises ParseError, or WorkerError when it had to be stopped.
Parse = Callable[[bytes, str, Mapping[str, str]], Awaitable[ParsedFeed]]
#: why an address may not be asked now, None where it may
Obstacle = Callable[[str], Awaitable[FetchFailed | PutOff | None]]


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
    #: feedparser's name of the format, "json…" or "sitemap-news"
    version: str
    items: int
    #: where redirects led; equal to ``url`` without one
    final_url: str = ""


@dataclass(frozen=True, slots=True)
class _Obedient:
    """Asks for nothing that has an obstacle."""

    client: Getter
    obstacle: Obstacle

    async def get(self, url: str) -> FetchResult:
        return await self.obstacle(url) or await self.client.get(url)


async def find_feeds(
    client: Getter, url: str, parse: Parse, *, obstacle: Obstacle | None = None
) -> tuple[FoundFeed, ...] | FetchFailed:
    """The feeds of ``url``, the likeliest first, or why there are none.

    ``obstacle``: what robots.txt says, for searches that no person asked for.

    A feed's own address gives that feed, a sitemap's that sitemap. A page gives each feed that it links to;
    where it links to none, the first of the usual paths that holds one, and at last a news sitemap. Whatever
    stands in the result was fetched and parsed just now.
    """
    client = client if obstacle is None else _Obedient(client, obstacle)
    page = await client.get(url)
    if not isinstance(page, Fetched):
        return _unanswered(url, page)
    search = _Search(client, parse, tried={page.url, page.final_url})
    if (feed := await search.parsed(page, plain_sitemap=True)) is not None:
        return (_found(url, page.final_url, "", feed),)
    links = feed_links(page.body, page.final_url)
    if found := await search.each(links[:_TRIED]):
        return tuple(found)
    if one := await search.first(known_paths(page.final_url)) or await search.sitemap(page.final_url):
        return (one,)
    if search.put_off is not None:
        return _unanswered(url, search.put_off)
    linked = (
        f"none of its {len(links)} links that looked like one held a feed" if links else "it links to none"
    )
    return _nothing(url, page.final_url, f"{linked}, and none lies at the usual paths")


@dataclass(slots=True)
class _Search:
    """One look for feeds: no address is asked twice."""

    client: Getter
    parse: Parse
    tried: set[str]
    #: the site wants quiet: nothing more is asked, and nothing is known of what was not
    put_off: PutOff | None = None

    async def each(self, links: Iterable[FeedLink]) -> list[FoundFeed]:
        """Every candidate that holds a feed."""
        return [one for link in links if (one := await self._try(link)) is not None]

    async def first(self, urls: Iterable[str]) -> FoundFeed | None:
        """The first address that holds a feed."""
        for url in urls:
            if (one := await self._try(FeedLink(url=url))) is not None:
                return one
        return None

    async def sitemap(self, page: str) -> FoundFeed | None:
        """The site's news sitemap, as its robots.txt names it or at the usual place."""
        address = urljoin(page, "/robots.txt")
        robots = await self._get(address)
        return await self.first(sitemap_links(robots.body if robots else b"", address)[:_SITEMAPS])

    async def _try(self, link: FeedLink) -> FoundFeed | None:
        """The feed behind a candidate; None where there is none, or one that was found already."""
        if link.url in self.tried:
            return None
        self.tried.add(link.url)
        result = await self._get(link.url)
        if result is None or (result.final_url != link.url and result.final_url in self.tried):
            return None
        self.tried.add(result.final_url)
        feed = await self.parsed(result)
        return None if feed is None else _found(link.url, result.final_url, link.title, feed)

    async def _get(self, url: str) -> Fetched | None:
        if self.put_off is not None:
            return None
        result = await self.client.get(url)
        if isinstance(result, PutOff):
            self.put_off = result
        return result if isinstance(result, Fetched) else None

    async def parsed(self, result: Fetched, *, plain_sitemap: bool = False) -> ParsedFeed | None:
        """The feed in a document. A sitemap that lists every page is one only for who asks for it by name."""
        if not result.body.strip():
            return None
        try:
            feed = await self.parse(result.body, result.final_url, result.headers)
        except (ParseError, WorkerError):
            return None
        return None if feed.version == "sitemap" and not plain_sitemap else feed


def _unanswered(url: str, answer: NotModified | FetchFailed | PutOff) -> FetchFailed:
    match answer:
        case FetchFailed():
            return answer
        case PutOff(failure=FetchFailed() as failure):
            return failure
        case PutOff():
            # of a kind that passes: nothing was learned of the page
            return _failed(url, url, FailureKind.CONNECT, f"not asked now: {answer.reason}")
        case NotModified():
            return _nothing(url, answer.final_url, "answered 304 to a first request")


def _found(url: str, final_url: str, link_title: str, feed: ParsedFeed) -> FoundFeed:
    return FoundFeed(
        url=url,
        title=feed.title or link_title,
        version=feed.version,
        items=len(feed.items),
        final_url=final_url,
    )


def _nothing(url: str, final_url: str, why: str) -> FetchFailed:
    return _failed(url, final_url, FailureKind.CONTENT, f"no feed was found at this page: {why}")


def _failed(url: str, final_url: str, kind: FailureKind, reason: str) -> FetchFailed:
    return FetchFailed(url=url, final_url=final_url, kind=kind, reason=reason)
