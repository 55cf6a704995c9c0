"""Use case: one feed, one poll. What the network and the clock say becomes one transaction.

A poll costs what is new: the same body ends it, so do the same entries; otherwise the known entries
are cut away before the parser sees the document (core/cut).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import repeat

from aggregator.config import Outlet, PollingConfig
from aggregator.core import cut, polling
from aggregator.core.filters import compile_rules, keeps
from aggregator.core.identity import match, title_or_digest
from aggregator.core.items import new_item
from aggregator.core.polling import Policy
from aggregator.core.urls import article_url
from aggregator.errors import ParseError, StoreError, WorkerError
from aggregator.fetch.access import fetch_as
from aggregator.fetch.client import FEED, Client
from aggregator.model import (
    ChangedItem,
    FailureKind,
    FeedState,
    Fetched,
    FetchFailed,
    FetchResult,
    Keyed,
    KnownItem,
    NewItem,
    NotModified,
    ParsedFeed,
    ParsedItem,
    Place,
    Plan,
    PollOutcome,
    PollResult,
)
from aggregator.pool import Pool
from aggregator.store import Store
from aggregator.store.thread import StoreThread

#: seconds of work that one document may take
DEADLINE = 5.0
#: documents up to this size cannot hold the event loop for long, and are parsed in it
INLINE_BYTES = 16_384

#: the digest of an entry whose bytes cannot be told apart from the others'
UNKNOWN = bytes(cut.DIGEST_SIZE)

#: a place in the document as ``PollOutcome.window`` wants it
_Slot = tuple[bytes, int | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollDone:
    """What became of one poll, for the run's report."""

    feed: FeedState
    outcome: PollOutcome
    #: why it failed, for decisions
    kind: FailureKind | None = None
    #: False when another process had taken the feed over
    recorded: bool = True
    #: new items whose page is wanted
    pages_due: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What a document holds that is not stored yet."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    """A document without the entries that are known, parsed."""

    feed: ParsedFeed
    #: of the bytes behind each parsed item; None when they could not be told apart
    digests: tuple[bytes, ...] | None
    #: entries that were not parsed: digest, and the stored item
    cut_away: tuple[tuple[bytes, int | None], ...]
    #: entries that are no items: beyond the cap, or unreadable
    left_out: tuple[bytes, ...]

    @property
    def present(self) -> frozenset[int]:
        return frozenset(number for _, number in self.cut_away if number is not None)

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
class Poller:
    """Polls feeds; one instance serves a whole run."""

    client: Client
    store: Store
    thread: StoreThread
    #: for documents that may take long
    workers: Pool
    #: for those that cannot
    inline: Pool
    clock: Callable[[], datetime]
    #: a random number from 0 to 1
    jitter: Callable[[], float]
    polling: PollingConfig
    #: by name as in feeds.toml
    outlets: Mapping[str, Outlet] = field(default_factory=dict)

    async def poll(self, feed: FeedState) -> PollDone:
        """Fetch, read, decide, record. Expected failures become part of the outcome."""
        outlet = self._outlet(feed.outlet)
        result = await fetch_as(self.client, outlet, feed.url, validators=feed.validators, accept=FEED)
        try:
            reading = await self._read(feed, outlet, result)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  one odd feed must not end the run (reader#218)
            reading = _failed(FailureKind.CONTENT, f"reading it failed: {type(error).__name__}: {error}")
        outcome = self._outcome(feed, outlet, result, reading)
        recorded = await self.thread.call(self.store.record_poll, outcome)
        return PollDone(
            feed=feed,
            outcome=outcome,
            kind=reading.kind,
            recorded=recorded.written,
            pages_due=sum(item.page_due_at is not None for item in outcome.new),
        )

    async def parse(self, body: bytes, url: str, headers: Mapping[str, str]) -> ParsedFeed:
        """The feed in a whole document, for discovery. Raises ParseError or WorkerError."""
        from aggregator.core.parse import parse_feed

        return await self._pool(body).run(parse_feed, body, url=url, headers=headers, deadline=DEADLINE)

    def _outlet(self, name: str) -> Outlet:
        return self.outlets.get(name) or Outlet(name=name)

    def _pool(self, body: bytes) -> Pool:
        return self.inline if len(body) <= INLINE_BYTES else self.workers

    # ── reading ─────────────────────────────────────────────────────────────────────────────

    async def _read(self, feed: FeedState, outlet: Outlet, result: FetchResult) -> _Reading:
        match result:
            case NotModified():
                return _Reading(result="not_modified")
            case FetchFailed():
                return _failed(result.kind, result.reason)
            case Fetched():
                return await self._read_body(feed, outlet, result)

    async def _read_body(self, feed: FeedState, outlet: Outlet, page: Fetched) -> _Reading:
        body_digest = blake2b(page.body, digest_size=16).digest()
        if body_digest == feed.body_digest:
            return _Reading(result="not_modified")
        known = {entry.digest: entry.item_id for entry in feed.window}
        content_type = page.headers.get("content-type", "")
        left = cut.cut_known(page.body, known, content_type=content_type, known_shell=feed.shell_digest)
        if left.nothing_new and left.shell_digest == feed.shell_digest:
            return _Reading(body_digest=body_digest, unchanged=len(left.all_digests or ()))
        try:
            parsed, whole = await self._parse_news(page, left)
        except (ParseError, WorkerError) as error:
            return _failed(FailureKind.CONTENT, str(error))
        gone = () if whole else (digest for digest in left.all_digests or () if digest in known)
        news = _News(
            feed=parsed.feed,
            digests=parsed.digests,
            cut_away=tuple((digest, known[digest]) for digest in dict.fromkeys(gone)),
            left_out=parsed.left_out,
        )
        reading = await self._compare(feed, outlet, news)
        return replace(reading, body_digest=body_digest, shell_digest=left.shell_digest)

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

    async def _compare(self, feed: FeedState, outlet: Outlet, news: _News) -> _Reading:
        """The parsed items against the stored ones."""
        rules = compile_rules(outlet.keep_if, outlet.drop_if)
        kept = [not rules or keeps(rules, item) for item in news.feed.items]
        items = [item for item, keep in zip(news.feed.items, kept, strict=True) if keep]
        stored = await self._stored(feed, items)
        changes = match(items, stored, present=news.present, article_url=article_url)
        language, now = outlet.language or news.feed.language, self.clock()

        def row(keyed: Keyed) -> NewItem:
            return new_item(keyed, now=now, full_text=outlet.full_text, language=language)

        return _Reading(
            feed=news.feed,
            new=tuple(map(row, changes.new)),
            changed=tuple(ChangedItem(id=number, item=row(keyed)) for number, keyed in changes.changed),
            unchanged=len(changes.same) + len(news.cut_away),
            dropped=len(kept) - len(items),
            window=news.window(kept, changes.places),
        )

    async def _stored(self, feed: FeedState, items: Sequence[ParsedItem]) -> Sequence[KnownItem]:
        """The stored items that one of ``items`` might be."""
        if feed.last_success is None or not items:
            return ()
        return await self.thread.call(
            self.store.known_items,
            feed.id,
            guids={item.guid for item in items if item.guid},
            canonical_urls={url for item in items if (url := article_url(item.url))},
            titles={title_or_digest(item) for item in items if not (item.guid or article_url(item.url))},
        )

    def sooner(self, plan: Plan) -> datetime | None:
        """When the configuration as it is now wants a feed that was planned for later."""
        return polling.sooner(plan, self._policy(self._outlet(plan.outlet), plan.last_attempt))

    # ── deciding ────────────────────────────────────────────────────────────────────────────

    def _policy(self, outlet: Outlet, after: datetime) -> Policy:
        return Policy(
            min_interval=self.polling.min_interval,
            max_interval=self.polling.max_interval,
            every=outlet.every,
            next_cron=next_cron(outlet.cron, after) if outlet.cron else None,
        )

    def _outcome(
        self, feed: FeedState, outlet: Outlet, result: FetchResult, reading: _Reading
    ) -> PollOutcome:
        now = self.clock()
        ok = reading.result != "failed"
        arrivals = polling.arrivals_with(
            feed.arrivals, [min(item.published or now, now) for item in reading.new]
        )
        schedule = polling.decide(
            feed,
            polling.Answer(ok=ok, status=result.status, headers=result.headers),
            arrivals=arrivals,
            now=now,
            jitter=self.jitter(),
            policy=self._policy(outlet, now),
        )
        parsed = reading.feed
        return PollOutcome(
            feed_id=feed.id,
            lease_token=feed.lease_token,
            at=now,
            result=reading.result,
            schedule=schedule,
            reason=reading.reason,
            status=result.status,
            size=len(result.body) if isinstance(result, Fetched) else 0,
            elapsed_ms=result.elapsed_ms,
            # validators of a body that could not be read would hide its repair behind a 304
            validators=result.validators if ok and not isinstance(result, FetchFailed) else None,
            body_digest=reading.body_digest,
            shell_digest=reading.shell_digest,
            title=parsed.title if parsed else None,
            site_url=parsed.url if parsed else None,
            language=parsed.language if parsed else None,
            new=reading.new,
            changed=reading.changed,
            unchanged=reading.unchanged,
            dropped=reading.dropped,
            window=reading.window,
            arrivals=arrivals if reading.new else None,
        )


def _failed(kind: FailureKind, reason: str) -> _Reading:
    return _Reading(result="failed", kind=kind, reason=reason)


def next_cron(expression: str, now: datetime) -> datetime:
    """The next time of a crontab expression, in UTC."""
    from aggregator.config.cron import cron_trigger

    # the trigger counts whole seconds; the moment itself is over
    at = cron_trigger(expression, timezone=UTC).get_next_fire_time(None, now + timedelta(seconds=1))
    return at.astimezone(UTC) if at else now + timedelta(days=366)
