"""What does a feed document hold that is not stored yet? The half of a poll between network and decision.

Reading costs what is new: the same body ends it, so do the same entries; otherwise the known entries are cut
away before the parser sees the document (core/cut).
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from itertools import repeat
from typing import Any, TypeVar

from aggregator.config import Outlet
from aggregator.core import cut, flood, gaps, habits
from aggregator.core.filters import compile_rules, keeps
from aggregator.core.identity import match, title_or_digest
from aggregator.core.items import new_items
from aggregator.core.sitemap import is_sitemap
from aggregator.core.urls import article_url
from aggregator.errors import ParseError, WorkerError
from aggregator.fetch.access import fetch_as
from aggregator.fetch.client import FEED, Client
from aggregator.leads import articles_on, is_page
from aggregator.model import (
    ChangedItem,
    Changes,
    FailureKind,
    FeedState,
    Fetched,
    FetchResult,
    Habits,
    Keyed,
    KnownItem,
    NewGap,
    NewItem,
    ParsedFeed,
    ParsedItem,
    Place,
    PollResult,
    Validators,
)
from aggregator.model.items import Discussion
from aggregator.pool import Pool
from aggregator.store import Store
from aggregator.store.thread import StoreThread

T = TypeVar("T")

#: seconds of work that one document may take
DEADLINE = 5.0
#: documents up to this size cannot hold the event loop for long, and are parsed in it
INLINE_BYTES = 16_384

#: characters of a document's items up to which they are compared in it, in some milliseconds
_LIGHT = 200_000
#: what an item weighs beside its text
_ITEM = 1_000

#: stored items that a document of new names is compared with, at least
_RECENT = 500

#: the digest of an entry whose bytes cannot be told apart from the others'
UNKNOWN = bytes(cut.DIGEST_SIZE)

#: a place in the document as ``PollOutcome.window`` wants it
_Slot = tuple[bytes, int | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a document holds that is not stored yet, or why it could not be read."""

    result: PollResult = "modified"
    reason: str = ""
    kind: FailureKind | None = None
    body_digest: bytes | None = None
    shell_digest: bytes | None = None
    feed: ParsedFeed | None = None
    new: tuple[NewItem, ...] = ()
    changed: tuple[ChangedItem, ...] = ()
    unchanged: int = 0
    dropped: int = 0
    window: tuple[_Slot, ...] | None = None
    #: items came and went unseen
    gap: NewGap | None = None
    #: it only makes one longer that is looked for already
    widens: bool = False
    #: False: the same bytes may mean something else next time
    settled: bool = True
    #: stored items that have another guid or link now
    moved: tuple[tuple[int, Keyed], ...] = ()
    #: what was learned; None: nothing
    habits: Habits | None = None
    #: most of it looked new: what that turned out to be, for the outlet's keeper
    flood: str = ""
    #: what it says of stored items' comments
    discussions: tuple[Discussion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    """A document without the entries that are known, parsed."""

    feed: ParsedFeed
    #: of the bytes behind each parsed item; None when they could not be told apart
    digests: tuple[bytes, ...] | None = None
    #: entries that were not parsed: digest, and the stored item
    cut_away: tuple[tuple[bytes, int | None], ...] = ()
    #: entries that are no items: beyond the cap, or unreadable
    left_out: tuple[bytes, ...] = ()

    @property
    def present(self) -> frozenset[int]:
        return frozenset(number for _, number in self.cut_away if number is not None)

    def dropped_again(self, kept: Sequence[bool], before: Collection[bytes]) -> int:
        """Entries that no rule lets pass and that stood in the document before."""
        dropped = (digest for digest, keep in zip(self.digests or (), kept, strict=False) if not keep)
        cut_away = sum(number is None for _, number in self.cut_away)
        return cut_away + sum(digest in before for digest in dropped)

    def window(self, kept: Sequence[bool], places: Sequence[Place]) -> tuple[_Slot, ...]:
        """The document's entries now, so that retention keeps their items and the next poll cuts them."""
        found = iter(places)
        slots: list[_Slot] = [(digest, number, None) for digest, number in self.cut_away]
        slots += [(digest, None, None) for digest in self.left_out]
        for digest, keep in zip(self.digests or repeat(UNKNOWN), kept, strict=False):
            place = next(found) if keep else Place()
            slots.append((digest, place.item_id, place.new))
        return tuple(slots)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Met:
    """A document's items against the stored ones."""

    changes: Changes
    habits: Habits
    #: those that were compared with
    stored: tuple[KnownItem, ...] = ()
    #: most of it looked new: what that turned out to be
    told: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Reads feed documents against what is stored."""

    client: Client
    store: Store
    thread: StoreThread
    #: for documents that may take long
    workers: Pool
    #: for those that cannot
    inline: Pool
    clock: Callable[[], datetime]

    async def read(self, feed: FeedState, outlet: Outlet, page: Fetched) -> Reading:
        """The whole document as it is now."""
        body_digest = blake2b(page.body, digest_size=16).digest()
        if body_digest == feed.body_digest:
            return Reading(result="not_modified")
        if is_sitemap(page.body):
            return await self._read_sitemap(feed, outlet, page, body_digest)
        if outlet.kind == "aggregator" and is_page(page):
            return await self._read_front(feed, outlet, page, body_digest)
        known = {entry.digest: entry.item_id for entry in feed.window}
        content_type = page.headers.get("content-type", "")
        left = cut.cut_known(page.body, known, content_type=content_type, known_shell=feed.shell_digest)
        if left.nothing_new and left.shell_digest == feed.shell_digest:
            return Reading(
                body_digest=body_digest,
                unchanged=len(left.all_digests or ()),
                discussions=_counted(left.comments, known),
            )
        try:
            parsed, whole = await self._parse_news(page, left)
            gone = () if whole else (digest for digest in left.all_digests or () if digest in known)
            news = _News(
                feed=parsed.feed,
                digests=parsed.digests,
                cut_away=tuple((digest, known[digest]) for digest in dict.fromkeys(gone)),
                left_out=parsed.left_out,
            )
            reading = await self._compare(feed, outlet, news)
        except (ParseError, WorkerError) as error:
            return unreadable(str(error))
        not_parsed = () if whole else _counted(left.comments, known)
        return replace(
            reading,
            body_digest=body_digest,
            shell_digest=left.shell_digest,
            discussions=(*reading.discussions, *not_parsed),
        )

    async def _read_sitemap(
        self, feed: FeedState, outlet: Outlet, page: Fetched, body_digest: bytes
    ) -> Reading:
        """A news sitemap that stands in the place of a feed, or the index of some."""
        from aggregator.sitemaps import RECENT, read_sitemap

        def fetch(url: str) -> Awaitable[FetchResult]:
            return fetch_as(self.client, outlet, url, validators=Validators(), accept=FEED)

        since = self.clock() - RECENT
        try:
            read = await read_sitemap(page, fetch=fetch, run=self.run, since=since)
            reading = await self._compare(feed, outlet, _News(feed=read.feed, digests=_of_pages(read.feed)))
        except (ParseError, WorkerError) as error:
            return unreadable(str(error))
        return replace(reading, body_digest=body_digest if read.settled else None, settled=read.settled)

    async def _read_front(
        self, feed: FeedState, outlet: Outlet, page: Fetched, body_digest: bytes
    ) -> Reading:
        """An aggregator's page in the place of a feed: the articles that it links, or itself."""
        try:
            found = await articles_on(page, outlet, self.workers, self.clock())
            if found is None:
                return unreadable(
                    "the page is no article, links none of its site, and shows no other outlet's"
                )
            reading = await self._compare(feed, outlet, _News(feed=found, digests=_of_pages(found)))
        except WorkerError as error:
            return unreadable(str(error))
        return replace(reading, body_digest=body_digest, gap=None)

    async def read_part(self, feed: FeedState, outlet: Outlet, page: Fetched) -> Reading:
        """A document that holds only some of the feed's items: what it lacks is not gone.

        It says nothing of what the feed's own document holds, and leaves that as it is stored.
        """
        try:
            parsed = await self.parse(page.body, page.final_url, page.headers)
            reading = await self._compare(feed, outlet, _News(feed=parsed), part=True)
        except (ParseError, WorkerError) as error:
            return unreadable(str(error))
        return replace(reading, feed=None, window=None, gap=None)

    async def parse(self, body: bytes, url: str, headers: Mapping[str, str]) -> ParsedFeed:
        """The feed in a whole document, or in a sitemap and those that it names.

        Raises ParseError or WorkerError.
        """
        if is_sitemap(body):
            return await self._parse_sitemap(body, url, headers)
        from aggregator.core.parse import parse_feed

        return await self.run(parse_feed, body, url=url, headers=headers, deadline=DEADLINE)

    async def _parse_sitemap(self, body: bytes, url: str, headers: Mapping[str, str]) -> ParsedFeed:
        from aggregator.sitemaps import RECENT, read_sitemap

        page = Fetched(
            url=url,
            final_url=url,
            status=200,
            headers=headers,
            body=body,
            validators=Validators(),
            elapsed_ms=0,
        )
        since = self.clock() - RECENT
        return (await read_sitemap(page, fetch=self.client.get, run=self.run, since=since)).feed

    async def run(self, parse: Callable[..., T], body: bytes, /, **values: Any) -> T:
        """``parse(body, …)`` where a document of its size may be parsed; ``values`` name the deadline too."""
        return await self._pool(body).run(parse, body, **values)

    async def _apart(
        self, items: Sequence[ParsedItem], fn: Callable[..., T], /, *args: Any, **values: Any
    ) -> T:
        """``fn(…)``, in a worker where there is so much in ``items`` that it holds up everybody else.

        Raises WorkerError.
        """
        if sum(_ITEM + len(item.content_html) + len(item.summary) for item in items) <= _LIGHT:
            return fn(*args, **values)
        return await self.workers.run(fn, *args, deadline=DEADLINE, **values)

    def _pool(self, body: bytes) -> Pool:
        return self.inline if len(body) <= INLINE_BYTES else self.workers

    async def _parse_news(self, page: Fetched, left: cut.Cut) -> tuple[cut.Parsed, bool]:
        """What is left of a document, parsed; and whether that was the whole of it after all."""
        parsed = await self._run_parser(page, left.body, digests=left.digests, whole=left.whole)
        if parsed is not None:
            return parsed, left.whole
        parsed = await self._run_parser(page, page.body, digests=left.all_digests, whole=True)
        assert parsed is not None  # noqa: S101  parse_cut promises it for a whole document
        return parsed, True

    async def _run_parser(
        self, page: Fetched, body: bytes, *, digests: tuple[bytes, ...] | None, whole: bool
    ) -> cut.Parsed | None:
        # 50 ms that a run without news does not pay
        from aggregator.core.parse import parse_cut

        return await self._pool(body).run(
            parse_cut,
            body,
            digests=digests,
            whole=whole,
            url=page.final_url,
            headers=page.headers,
            deadline=DEADLINE,
        )

    async def _compare(self, feed: FeedState, outlet: Outlet, news: _News, *, part: bool = False) -> Reading:
        """The parsed items against the stored ones."""
        rules = compile_rules(outlet.keep_if, outlet.drop_if)
        kept = [not rules or keeps(rules, item) for item in news.feed.items]
        items = [item for item, keep in zip(news.feed.items, kept, strict=True) if keep]
        met = await self._meet(feed, news, items, part=part)
        changes, language, now = met.changes, outlet.language or news.feed.language, self.clock()
        gap = await self._gap(feed, news, kept, changes, met.stored)

        found = (*changes.new, *(keyed for _, keyed in changes.changed))
        rows = await self._apart(
            [keyed.parsed for keyed in found],
            new_items,
            found,
            now=now,
            # the cards of other outlets stand on an aggregator's pages alone
            full_text="always" if _is_read_for_leads(outlet) else outlet.full_text,
            language=language,
        )
        new, told = rows[: len(changes.new)], met.told
        edits = zip(changes.changed, rows[len(changes.new) :], strict=True)
        if flood.is_too_much(feed, new, now):
            after = await self.thread.call(self.store.held_until, feed.id)
            new = flood.held(new, feed, now, after=after)
            told = "; ".join(filter(None, (told, flood.words_for_held(new))))
        return Reading(
            reason="; ".join(filter(None, (_beyond(news.feed), told))),
            feed=news.feed,
            new=new,
            changed=tuple(ChangedItem(id=number, item=item) for (number, _), item in edits),
            moved=changes.moved,
            habits=met.habits if met.habits != feed.habits else None,
            flood=told,
            unchanged=len(news.cut_away) + changes.unchanged,
            dropped=len(kept) - len(items),
            window=news.window(kept, changes.places),
            discussions=_discussed(items, changes.places),
            gap=gap,
            widens=gap is not None and await self.thread.call(self.store.has_open_gap, feed.id),
        )

    async def _meet(self, feed: FeedState, news: _News, items: Sequence[ParsedItem], *, part: bool) -> "_Met":
        """Which of the items are stored, under whatever name, and which are new."""
        stored = () if feed.last_success is None else await self.known(feed.id, items)
        whole = not part and not news.cut_away
        ways = habits.trusted(feed.habits, items, article_url, whole=whole)
        changes = await self._apart(
            items, match, items, stored, present=news.present, article_url=article_url, habits=ways
        )
        if feed.last_success is None:
            return _Met(changes=changes, habits=ways)
        if changes.new:
            gone = await self.thread.call(self.store.buried, feed.id, changes.new, ways)
            changes = flood.resolved(changes, dict.fromkeys(gone, Place()))
        recent: Sequence[KnownItem] = ()
        entries = len(items) + len(news.cut_away)
        if flood.is_suspect(changes, entries, part=part):
            shown = {entry.item_id for entry in feed.window if entry.item_id is not None}
            limit = max(_RECENT, 3 * len(items))
            recent = await self.thread.call(self.store.recent_items, feed.id, shown=shown, limit=limit)
            taken = {*news.present, *(place.item_id for place in changes.places if place.item_id is not None)}
            changes = await self._apart(
                items, flood.recognise, changes, recent, taken=taken, shown=shown, now=self.clock()
            )
        known = tuple({item.id: item for item in (*recent, *stored)}.values())
        changes, ways = habits.settle(changes, ways, known, present=news.present, now=self.clock())
        told = flood.words_for_names(changes, entries)
        return _Met(changes=changes, habits=ways, stored=known, told=told)

    async def _gap(
        self,
        feed: FeedState,
        news: _News,
        kept: Sequence[bool],
        changes: Changes,
        stored: Sequence[KnownItem],
    ) -> NewGap | None:
        """What came and went since the last document, as far as the two can be compared."""
        before = {entry.digest for entry in feed.window} - {UNKNOWN}
        compared = news.digests is not None and before
        if not (compared or all(kept) or all(entry.item_id for entry in feed.window)):
            return None  # what was dropped both times cannot be told apart
        dropped = news.dropped_again(kept, before)
        found = (*changes.changed, *changes.moved)
        ids = {*news.present, *changes.same, *(number for number, _ in found)}
        alone = None
        if len(ids) == 1 and not dropped and changes.new:
            alone = await self.thread.call(self.store.item_date, *ids)
        return gaps.missed(
            feed,
            changes,
            items=news.feed.items,
            stored=stored,
            shared=bool(news.cut_away or dropped),
            alone=alone,
            now=self.clock(),
        )

    async def known(self, feed_id: int, items: Sequence[ParsedItem]) -> Sequence[KnownItem]:
        """The feed's stored items that one of ``items`` might be."""
        if not items:
            return ()
        return await self.thread.call(
            self.store.known_items,
            feed_id,
            guids={item.guid for item in items if item.guid},
            canonical_urls={url for item in items if (url := article_url(item.url))},
            titles={title_or_digest(item) for item in items if not (item.guid or article_url(item.url))},
            # whoever had a guid before another item got it still has its key
            keys={item.guid for item in items if item.guid},
        )


def _is_read_for_leads(outlet: Outlet) -> bool:
    return outlet.kind == "aggregator" and outlet.full_text == "auto"


def _of_pages(feed: ParsedFeed) -> tuple[bytes, ...]:
    """Digests of the addresses that a sitemap lists."""
    return tuple(
        blake2b(item.url.encode("utf-8", "surrogatepass"), digest_size=cut.DIGEST_SIZE).digest()
        for item in feed.items
    )


def _counted(
    counts: Sequence[tuple[bytes, int]], known: Mapping[bytes, int | None]
) -> tuple[Discussion, ...]:
    """Comments of entries that were not parsed: counters change without the entry changing."""
    return tuple(
        Discussion(item_id=item_id, count=count)
        for digest, count in counts
        if (item_id := known[digest]) is not None
    )


def _discussed(items: Sequence[ParsedItem], places: Sequence[Place]) -> tuple[Discussion, ...]:
    """What parsed entries of stored items say of their comments."""
    return tuple(
        Discussion(item_id=place.item_id, count=item.comments, url=item.comments_url, feed=item.comments_feed)
        for item, place in zip(items, places, strict=True)
        if place.item_id is not None
        and (item.comments is not None or item.comments_url or item.comments_feed)
    )


def _beyond(feed: ParsedFeed) -> str:
    """What is said of a document that holds more than is read of one."""
    return f"{feed.cut_off:,} older entries of its document were not read" if feed.cut_off else ""


def unreadable(reason: str, kind: FailureKind = FailureKind.CONTENT) -> Reading:
    """There is a document, or an answer, and nothing to take from it."""
    return Reading(result="failed", kind=kind, reason=reason)
