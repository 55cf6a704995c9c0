"""What a sitemap lists, its index followed: one document, or the few of many that may hold news."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.core.sitemap import SitemapIndex, SitemapLink, is_sitemap, parse_sitemap, place
from aggregator.errors import ParseError, WorkerError
from aggregator.model import Fetched, FetchResult, ParsedFeed, ParsedItem

#: how far back a sitemap that stands in feeds.toml is read: plain ones list all that a site ever had
RECENT = timedelta(days=7)
#: sitemaps of one index that are read
MOST_CHILDREN = 5
#: items of all of them together
MOST_ITEMS = 2_000
#: seconds of work that one document may take
DEADLINE = 5.0

#: asks an address, in its site's turn
Fetch = Callable[[str], Awaitable[FetchResult]]
#: ``Pool.run``
Run = Callable[..., Awaitable[Any]]

_NUMBERS = re.compile(r"\d+")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapRead:
    """What a sitemap lists since an instant."""

    #: its items, newest first
    feed: ParsedFeed
    #: False: the same bytes may hold other news next time, so nothing may be concluded from them
    settled: bool
    #: False: some of its sitemaps were left unread
    complete: bool
    #: it also lists something older
    older: bool


async def read_sitemap(page: Fetched, *, fetch: Fetch, run: Run, since: datetime) -> SitemapRead:
    """What the sitemap or the index in ``page`` lists since ``since``.

    Of an index, at most five sitemaps are fetched: those that say news, then the last changed. Undated pages
    count as new in a news sitemap alone. Raises ParseError where there is nothing to read.
    """
    parsed = await _parsed(page, run)
    if isinstance(parsed, SitemapIndex):
        return await _read_index(parsed, fetch=fetch, run=run, since=since)
    return SitemapRead(
        feed=_since(parsed, since), settled=True, complete=True, older=_lists_older(parsed, since)
    )


async def _parsed(page: Fetched, run: Run) -> ParsedFeed | SitemapIndex:
    parsed: ParsedFeed | SitemapIndex = await run(
        parse_sitemap, page.body, url=page.final_url, deadline=DEADLINE
    )
    return parsed


async def _read_index(index: SitemapIndex, *, fetch: Fetch, run: Run, since: datetime) -> SitemapRead:
    recent = [link for link in index.children if _may_hold(link, since)]
    chosen = sorted(recent, key=_promise, reverse=True)[:MOST_CHILDREN]
    feeds: list[ParsedFeed] = []
    reasons: list[str] = []
    for link in chosen:
        try:
            feeds.append(await _read_child(link.url, fetch, run))
        except (ParseError, WorkerError) as error:
            reasons.append(f"{place(link.url)}: {error}")
    if reasons and not feeds:
        raise ParseError(f"none of the sitemaps that this index names can be read ({reasons[0]})")
    return SitemapRead(
        feed=_merged([_since(feed, since) for feed in feeds]),
        settled=all(link.timed for link in chosen) and not reasons,
        complete=len(chosen) == len(recent) and not reasons,
        older=len(recent) < len(index.children) or any(_lists_older(feed, since) for feed in feeds),
    )


async def _read_child(url: str, fetch: Fetch, run: Run) -> ParsedFeed:
    result = await fetch(url)
    if not isinstance(result, Fetched):
        raise ParseError(getattr(result, "reason", "") or "it answered 304 to a first request")
    if not is_sitemap(result.body):
        raise ParseError("this is not a sitemap")
    parsed = await _parsed(result, run)
    if not isinstance(parsed, ParsedFeed):
        raise ParseError("this is an index again, which sitemaps.org does not allow")
    return parsed


def _may_hold(link: SitemapLink, since: datetime) -> bool:
    """Whether something newer can stand there; a date without a time means any time of that day."""
    return link.changed is None or link.changed + timedelta(days=0 if link.timed else 1) >= since


def _promise(link: SitemapLink) -> tuple[bool, datetime, tuple[int, ...]]:
    """How likely it holds the latest articles: by name, by date, by the numbers in its name."""
    name = link.url.partition("://")[2].partition("/")[2].lower()
    numbers = tuple(int(number[:18]) for number in _NUMBERS.findall(name))
    return "news" in name, link.changed or _LONG_AGO, numbers


def dated(item: ParsedItem) -> datetime | None:
    """When a listed page was published or, where that is not said, last changed."""
    return item.published or item.updated


def _since(feed: ParsedFeed, since: datetime) -> ParsedFeed:
    """Without older pages, and without undated ones of a plain sitemap."""
    if feed.items and feed.version == "sitemap" and not any(dated(item) for item in feed.items):
        raise ParseError("this sitemap gives no dates (lastmod), so it does not tell what is new")
    undated = feed.version == "sitemap-news"
    kept = tuple(item for item in feed.items if (undated if (at := dated(item)) is None else at >= since))
    beyond = dated(feed.items[-1]) if feed.cut_off else None
    return replace(feed, items=kept, cut_off=feed.cut_off if beyond and beyond >= since else 0)


def _lists_older(feed: ParsedFeed, since: datetime) -> bool:
    return any((at := dated(item)) is not None and at < since for item in feed.items)


def _merged(feeds: list[ParsedFeed]) -> ParsedFeed:
    """One feed of all; an address that several list counts once."""
    found: dict[str, ParsedItem] = {}
    feeds = sorted(feeds, key=lambda feed: feed.version, reverse=True)  # those of news know titles
    for feed in feeds:
        for item in feed.items:
            found.setdefault(item.url, item)
    items = sorted(found.values(), key=lambda item: dated(item) or _LONG_AGO, reverse=True)
    first = next(iter(feeds), None)
    return ParsedFeed(
        version="sitemap-news" if any(feed.version == "sitemap-news" for feed in feeds) else "sitemap",
        title=first.title if first else "",
        url=first.url if first else "",
        language=first.language if first else None,
        items=tuple(items[:MOST_ITEMS]),
        cut_off=sum(feed.cut_off for feed in feeds) + max(0, len(items) - MOST_ITEMS),
    )
