"""Use case: what came and went between two polls is read from the feed's archive, or its outlet's sitemap."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from aggregator.config import Outlet
from aggregator.core import gaps
from aggregator.core.filters import compile_rules, keeps
from aggregator.core.gaps import Listed, Source
from aggregator.core.identity import match
from aggregator.core.items import new_item
from aggregator.core.sitemap import is_sitemap, place
from aggregator.core.urls import article_url, resolve, site_key
from aggregator.documents import Documents
from aggregator.errors import ParseError, StoreError, WorkerError
from aggregator.fetch.access import fetch_as
from aggregator.fetch.client import FEED, Client
from aggregator.fetch.robots import Robots
from aggregator.model import (
    FailureKind,
    FeedHints,
    Fetched,
    FetchFailed,
    FetchResult,
    Filled,
    GapHow,
    Habits,
    Keyed,
    NewItem,
    OpenGap,
    ParsedFeed,
    ParsedItem,
    PutOff,
    Validators,
)
from aggregator.sitemaps import dated, read_sitemap
from aggregator.store import Store
from aggregator.store.thread import StoreThread

T = TypeVar("T")

_NO_ARCHIVE = Source(how="archive", reason="the feed names no archive")
_TO_ITS_END = "the feed's archive was read to its end"
_TO_STORED = "the feed's archive was read back to what is stored"

#: documents of one archive that are read for one gap
MOST_DOCUMENTS = 20
#: addresses at which a sitemap is looked for
MOST_SITEMAPS = 8
#: … and documents in all, with those that indexes name
MOST_ASKED = 20
#: pages from so long before a gap tell which parts of a sitemap are the feed's
_BEFORE = timedelta(days=1)
#: where outlets keep a sitemap that robots.txt does not name
_USUAL = ("/news-sitemap.xml", "/sitemap-news.xml", "/sitemap_news.xml", "/sitemap.xml")
_SITEMAP = "application/xml, text/xml, application/gzip;q=0.9, */*;q=0.5"
#: statuses that do not pass
_ABSENT = frozenset({401, 403, 404, 410})


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """Fills gaps; one instance serves a whole run."""

    client: Client
    #: None: robots.txt is neither read nor obeyed
    robots: Robots | None
    documents: Documents
    store: Store
    thread: StoreThread
    clock: Callable[[], datetime]
    #: by name as in feeds.toml
    outlets: Mapping[str, Outlet] = field(default_factory=dict)

    async def fill(self, gap: OpenGap) -> Filled:
        """Look for what is missing, store it, and decide whether to look again. What fails is part of it."""
        outlet = self.outlets.get(gap.outlet) or Outlet(name=gap.outlet)
        search = _Search(
            gap=gap, outlet=outlet, client=self.client, robots=self.robots, documents=self.documents
        )
        try:
            sources = [await search.archive()]
            if not sources[0].covers:
                sources.append(await self._sitemaps(search))
            new = await self._new(gap, outlet, sources)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  one odd archive must not end the run
            words = f"looking for it failed: {type(error).__name__}: {error}"
            sources, new = [Source(how="", reason=words, may_pass=True)], ()
        filled = gaps.decide(gap, sources, new=new, now=self.clock())
        recorded = await self.thread.call(self.store.fill_gap, filled)
        return replace(filled, found=len(recorded.new_ids))

    async def _new(self, gap: OpenGap, outlet: Outlet, sources: Sequence[Source]) -> tuple[NewItem, ...]:
        """What is not stored yet. What is stored stays as it is: archives are older than the feed.

        (The store leaves out what has the address of a stored item, be its guid another.)
        """
        rules = compile_rules(outlet.keep_if, outlet.drop_if)
        items = [item for item in gaps.together(sources, article_url) if not rules or keeps(rules, item)]
        stored = await self.documents.known(gap.feed_id, items)
        language, now = outlet.language or gap.language, self.clock()

        def row(keyed: Keyed) -> NewItem:
            return new_item(keyed, now=now, full_text=outlet.full_text, language=language)

        changes = match(items, stored, article_url=article_url)
        if not changes.new:
            return ()
        # an archive also has what expired here
        gone = await self.thread.call(self.store.buried, gap.feed_id, changes.new, Habits())
        return tuple(row(keyed) for place, keyed in enumerate(changes.new) if place not in gone)

    async def _sitemaps(self, search: "_Search") -> Source:
        """The first sitemap that covers the gap, else what all of them gave together."""
        tried: list[Source] = []
        for url in await search.sitemap_urls():
            found = None if url in search.asked else await self._sitemap(search, url)
            if found is None:
                continue
            tried.append(found)
            if found.covers or found.until is not None:
                break
        if not tried:
            return Source(how="sitemap", reason="no news sitemap was found")
        best = tried[-1]
        items = {item.url: item for one in tried for item in one.items}
        return replace(
            best,
            items=tuple(items.values()),
            reason=best.reason if best.covers else "; ".join(dict.fromkeys(one.reason for one in tried)),
            may_pass=any(one.may_pass for one in tried),
        )

    async def _sitemap(self, search: "_Search", url: str) -> Source | None:
        """What one sitemap has of the gap; None where there is none."""
        gap = search.gap
        result = await search.ask_as_robot(url)
        if not isinstance(result, Fetched):
            return _unanswered(result, "sitemap")
        if not is_sitemap(result.body) or not search.is_ours(result.final_url):
            return None
        try:
            read = await read_sitemap(
                result, fetch=search.ask_as_robot, run=self.documents.run, since=gap.after - _BEFORE
            )
        except (ParseError, WorkerError) as error:
            return Source(how="sitemap", reason=f"{place(url)}: {error}")
        rules = compile_rules(search.outlet.keep_if, search.outlet.drop_if)
        # without its guid, which is its address: the feed may have another for it
        items = [replace(item, guid="") for item in read.feed.items if not rules or keeps(rules, item)]
        listed = [Listed(item=item, link=article_url(item.url), at=dated(item)) for item in items]
        stored = await self.documents.known(gap.feed_id, items)
        known = {item.canonical_url for item in stored}
        return gaps.of_sitemap(gap, url, listed, known, complete=read.complete, older=read.older)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """One look for one gap's items, on the outlet's own site."""

    gap: OpenGap
    outlet: Outlet
    client: Client
    robots: Robots | None
    documents: Documents
    #: sitemaps that were asked for
    asked: set[str] = field(default_factory=set)

    def is_ours(self, url: str) -> bool:
        """Whether the outlet answers for this address, and not somebody whom its documents name."""
        return site_key(url) in {site_key(own) for own in (self.gap.address, self.gap.homepage) if own}

    async def ask(self, url: str, accept: str = FEED) -> FetchResult:
        if not self.is_ours(url):
            reason = f"{place(url)} lies on another site"
            return FetchFailed(url=url, final_url=url, kind=FailureKind.FORBIDDEN, reason=reason)
        return await fetch_as(self.client, self.outlet, url, validators=Validators(), accept=accept)

    async def ask_as_robot(self, url: str) -> FetchResult:
        """As ``ask``, unless robots.txt says otherwise: sitemaps are not made for readers of feeds."""
        self.asked.add(url)
        if len(self.asked) > MOST_ASKED:
            reason = f"{MOST_ASKED} sitemaps were asked for, which is enough"
            return FetchFailed(url=url, final_url=url, kind=FailureKind.FORBIDDEN, reason=reason)
        obstacle = await self.robots.obstacle(url) if self.robots is not None and self.is_ours(url) else None
        return obstacle or await self.ask(url, _SITEMAP)

    # ── the feed's own past ─────────────────────────────────────────────────────────────────

    async def archive(self) -> Source:
        """Archive documents (RFC 5005, 4), else further pages (3, JSON Feed, or as WordPress has them)."""
        url = self._older(self.gap.address, self.gap.hints)
        if not url:
            return _NO_ARCHIVE
        seen, items = {self.gap.address}, list[ParsedItem]()
        before: tuple[ParsedItem, ...] = ()
        while url and url not in seen and len(seen) <= MOST_DOCUMENTS:
            seen.add(url)
            feed = await self._document(url)
            if feed is None and not self._is_named:
                return _archive(items, _TO_ITS_END, covers=True) if before else _NO_ARCHIVE
            if feed is None or isinstance(feed, Source):
                return replace(feed or _archive((), "the feed's archive is not there"), items=tuple(items))
            if feed.items == before:
                return _archive(items, "the feed's archive repeats itself") if self._is_named else _NO_ARCHIVE
            before = feed.items
            missed, end = await self._missed(feed, begun=bool(items))
            items += missed
            if end is not None:
                return replace(end, items=tuple(items))
            url = self._older(url, feed.hints)
        if not url:
            return _archive(items, _TO_ITS_END, covers=True)
        if url in seen:
            return _archive(items, "the feed's archive leads in a circle")
        words = (
            f"{MOST_DOCUMENTS} documents of the feed's archive did not reach {gaps.minute(self.gap.after)}"
        )
        return _archive(items, words)

    async def _missed(self, feed: ParsedFeed, *, begun: bool) -> tuple[Sequence[ParsedItem], Source | None]:
        """What one document of the archive has of the gap, and whether the way back ends with it."""
        if any(item.published is not None for item in feed.items):
            missed = [item for item in feed.items if gaps.inside(self.gap, item.published)]
            return missed, gaps.end_of_archive(self.gap, feed.items)
        stored = await self.documents.known(self.gap.feed_id, feed.items)
        places = match(feed.items, stored, article_url=article_url).places
        is_stored = [place.item_id is not None for place in places]
        unseen, ends = gaps.unseen(feed.items, is_stored, begun=begun)
        return unseen, _archive((), _TO_STORED, covers=True) if ends and feed.items else None

    @property
    def _is_named(self) -> bool:
        """Whether the feed itself says where its past lies."""
        return bool(self.gap.hints.archive_url or self.gap.hints.next_url)

    def _older(self, url: str, hints: FeedHints) -> str:
        """The next document on the way back from the one at ``url``, which says ``hints``."""
        if self.gap.hints.archive_url:
            return hints.archive_url
        return hints.next_url if self.gap.hints.next_url else gaps.older_page(url)

    async def _document(self, url: str) -> ParsedFeed | Source | None:
        """One document of the archive, or why there is none; None where there simply is none."""
        result = await self.ask(url)
        if not isinstance(result, Fetched) or not self.is_ours(result.final_url):
            return _unanswered(result, "archive")
        try:
            return await self.documents.parse(result.body, result.final_url, result.headers)
        except (ParseError, WorkerError) as error:
            reason = f"the feed's archive cannot be read: {error}"
            return Source(how="archive", reason=reason) if self._is_named else None

    # ── where sitemaps lie ──────────────────────────────────────────────────────────────────

    async def sitemap_urls(self) -> tuple[str, ...]:
        """Where to look, the likeliest first: what robots.txt names, then the usual places."""
        parts = urlsplit(self.gap.homepage or self.gap.address)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        named = await self.robots.sitemaps(origin) if self.robots is not None else ()
        ours = sorted(filter(self.is_ours, named), key=_says_news, reverse=True)
        places = [*ours[: MOST_SITEMAPS - len(_USUAL)], *(resolve(origin, path) for path in _USUAL)]
        return tuple(dict.fromkeys(filter(None, places)))


def _says_news(url: str) -> bool:
    return "news" in urlsplit(url).path.lower()


def _archive(items: Iterable[ParsedItem], reason: str, *, covers: bool = False) -> Source:
    return Source(how="archive", items=tuple(items), reason=reason, covers=covers)


def _unanswered(result: FetchResult, how: GapHow) -> Source | None:
    """A request that brought nothing; None where there is simply nothing at that address."""
    match result:
        case PutOff():
            return Source(how=how, reason=result.reason, until=result.until)
        case FetchFailed(kind=FailureKind.HTTP, status=int(status)) if status in _ABSENT:
            return None
        case FetchFailed(kind=FailureKind.ROBOTS | FailureKind.FORBIDDEN | FailureKind.TOO_BIG):
            return Source(how=how, reason=result.reason)
        case FetchFailed():
            return Source(how=how, reason=result.reason, may_pass=True)
        case _:
            return None
