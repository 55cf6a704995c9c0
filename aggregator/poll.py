"""Use case: one feed, one poll. What the network and the clock say becomes one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from aggregator.config import Outlet, PollingConfig
from aggregator.core import drift, mirrors, polling
from aggregator.core.hubs import with_link
from aggregator.core.polling import Policy
from aggregator.core.rhythm import expect, learn, placed
from aggregator.core.surge import Surges, is_stirred, timed
from aggregator.documents import Documents, Reading, unreadable
from aggregator.errors import StoreError
from aggregator.fetch.access import fetch_as
from aggregator.fetch.client import FEED, Client
from aggregator.fetch.holds import Queued
from aggregator.fetch.network import Network
from aggregator.fetch.robots import Robots
from aggregator.model import (
    FailureKind,
    FeedCondition,
    FeedState,
    Fetched,
    FetchFailed,
    FetchResult,
    NotModified,
    Plan,
    PollOutcome,
    PutOff,
    Schedule,
    Sighting,
    Term,
    Validators,
)
from aggregator.store import Store
from aggregator.store.thread import StoreThread

_UNCONDITIONAL = Validators()
_ACCEPTED = {"feed": FEED, "aggregator": f"{FEED}, text/html;q=0.7"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PollDone:
    """What became of one poll, for the run's report."""

    feed: FeedState
    outcome: PollOutcome
    #: why it failed, for decisions
    kind: FailureKind | None = None
    #: it failed with our own network: nothing is held against the feed
    ours: bool = False
    #: False when another process had taken the feed over
    recorded: bool = True
    #: new and changed items whose page is wanted
    pages_due: int = 0
    #: too many wait for its site: it comes to its turn in the same run, then
    queued_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What a feed's address said."""

    #: the feed as it was asked
    feed: FeedState
    result: FetchResult
    reading: Reading
    #: the address that it had moved to is given up for the configured one
    back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """What permanent redirects say of a feed's address."""

    #: where it is asked from now on; None: where it was; "": at the configured address
    moved_to: str | None = None
    sighting: Sighting | None = None
    #: the listed feed that it turned out to be
    merged_into: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Poller:
    """Polls feeds; one instance serves a whole run."""

    client: Client
    network: Network
    documents: Documents
    store: Store
    thread: StoreThread
    clock: Callable[[], datetime]
    #: a random number from 0 to 1
    jitter: Callable[[], float]
    polling: PollingConfig
    #: by name as in feeds.toml
    outlets: Mapping[str, Outlet] = field(default_factory=dict)
    #: what the polls of this process tell of breaking news; None: nobody asks
    surges: Surges | None = None
    #: of aggregators' addresses; None: not obeyed
    robots: Robots | None = None

    async def poll(self, feed: FeedState, arrived: Fetched | None = None) -> PollDone:
        """Fetch, read, decide, record. Expected failures become part of the outcome.

        ``arrived``: part of the feed's document that a hub brought (WebSub); nothing is asked then.
        """
        outlet = self._outlet(feed.outlet)
        answer = await (self._answer(feed, outlet) if arrived is None else self._read(feed, outlet, arrived))
        feed, result, reading = answer.feed, answer.result, answer.reading
        if isinstance(result, FetchFailed) and self.network.is_ours(result):
            return await self._not_counted(feed, result)
        if isinstance(result, PutOff):
            outcome = self._put_off(feed, result)
        else:
            if arrived is not None and reading.result == "failed":
                return await self._not_understood(feed, reading)
            move = _Move() if arrived else await self._move(answer, result)
            outcome = self._outcome(feed, outlet, result, reading, move, part=arrived is not None)
        recorded = await self.thread.call(self.store.record_poll, outcome)
        if feed.condition is FeedCondition.MIRROR and recorded.new_ids:
            await self._look_again(feed, outcome.at)
        return PollDone(
            feed=feed,
            outcome=outcome,
            kind=reading.kind,
            recorded=recorded.written,
            pages_due=sum(
                item.page_due_at is not None
                for item in (*outcome.new, *(change.item for change in outcome.changed))
            ),
            queued_until=result.until if isinstance(result, Queued) else None,
        )

    async def broken(self, feed: FeedState, error: Exception) -> PollDone:
        """What becomes of a feed at which this program itself failed: it waits for its next turn."""
        now = self.clock()
        reason = f"reading it failed: {type(error).__name__}: {error}"
        at = now + self.polling.max_interval
        outcome = PollOutcome(
            feed_id=feed.id,
            lease_token=feed.lease_token,
            at=now,
            result="failed",
            schedule=Schedule(
                next_poll_at=at,
                condition=FeedCondition.FAILING,
                failures=feed.failures + 1,
                terms=(Term(name="backoff", value=reason, at=at, won=True),),
                failing_since=feed.failing_since or now,
                absences=feed.absences,
                absent_since=feed.absent_since,
            ),
            reason=reason,
            status=None,
            size=0,
            elapsed_ms=0,
            sighting=feed.sighting,
        )
        recorded = await self.thread.call(self.store.record_poll, outcome)
        return PollDone(feed=feed, outcome=outcome, kind=FailureKind.CONTENT, recorded=recorded.written)

    async def _not_counted(self, feed: FeedState, failure: FetchFailed) -> PollDone:
        """Our own network is out: the feed is due as soon as it is back."""
        reason = f"our own network seems to be out: {failure.reason}"
        outcome = self._put_off(feed, PutOff(url=feed.url, until=self.clock(), reason=reason))
        outcome = replace(outcome, schedule=replace(outcome.schedule, hold_until=None))
        recorded = await self.thread.call(self.store.record_poll, outcome)
        return PollDone(feed=feed, outcome=outcome, kind=failure.kind, ours=True, recorded=recorded.written)

    async def _not_understood(self, feed: FeedState, reading: Reading) -> PollDone:
        """What a hub brought is no feed: that says nothing of the feed, which is polled instead."""
        outcome = self._put_off(feed, PutOff(url=feed.url, until=self.clock(), reason=reading.reason))
        await self.thread.call(self.store.release, feed.lease_token)
        return PollDone(feed=feed, outcome=outcome, kind=reading.kind)

    async def _look_again(self, mirror: FeedState, at: datetime) -> None:
        """A mirror that brings what the other feed does not is none any more."""
        if await self.thread.call(self.store.has_own, mirror.id, at):
            await self.thread.call(self.store.set_mirror, mirror.id, None, at)

    def _outlet(self, name: str) -> Outlet:
        return self.outlets.get(name) or Outlet(name=name)

    async def _answer(self, feed: FeedState, outlet: Outlet) -> _Answer:
        """What the feed's address says; where the one it had moved to fails, what the configured one says."""
        anew = polling.ask_anew(feed, self.clock())
        answer = await self._ask(feed, outlet, _UNCONDITIONAL if anew else feed.validators)
        failed = answer.reading.result == "failed"
        if not (failed and feed.moved_to) or self._is_ours(answer):
            return answer
        gone = getattr(answer.result, "status", None) == 410
        if not (gone or polling.ask_configured(feed, self.clock())):
            return answer
        again = await self._ask(replace(feed, moved_to=""), outlet, _UNCONDITIONAL)
        if again.reading.result in ("failed", "put_off"):
            # gone is only what the configured address says to be gone
            return replace(again, feed=feed) if gone else answer
        if isinstance(again.result, (Fetched, NotModified)) and again.result.final_url == feed.moved_to:
            return replace(again, feed=feed)
        return replace(again, back=True)

    def _is_ours(self, answer: _Answer) -> bool:
        return isinstance(answer.result, FetchFailed) and self.network.is_ours(answer.result)

    async def _ask(self, feed: FeedState, outlet: Outlet, validators: Validators) -> _Answer:
        obstacle = await self._obstacle(feed.address, outlet)
        result = obstacle or await fetch_as(
            self.client, outlet, feed.address, validators=validators, accept=_ACCEPTED[outlet.kind]
        )
        if isinstance(result, FetchFailed) and result.status == 304 and feed.body_digest is not None:
            result = _unchanged(result, feed.validators)
        return await self._read(replace(feed, validators=validators), outlet, result, part=False)

    async def _obstacle(self, url: str, outlet: Outlet) -> FetchFailed | PutOff | None:
        """An aggregator's address may be a page's, and pages are read where robots.txt lets us."""
        if self.robots is None or outlet.kind == "feed":
            return None
        return await self.robots.obstacle(url)

    async def _read(
        self, feed: FeedState, outlet: Outlet, result: FetchResult, *, part: bool = True
    ) -> _Answer:
        reading = await self._reading(feed, outlet, result, part=part)
        return _Answer(feed=feed, result=result, reading=reading)

    async def _reading(self, feed: FeedState, outlet: Outlet, result: FetchResult, *, part: bool) -> Reading:
        match result:
            case PutOff():
                return Reading(result="put_off")
            case NotModified():
                return Reading(result="not_modified")
            case FetchFailed():
                return unreadable(result.reason, result.kind)
            case Fetched():
                read = self.documents.read_part if part else self.documents.read
                try:
                    return await read(feed, outlet, result)
                except StoreError:
                    raise
                except Exception as error:  # noqa: BLE001  one odd feed must not end the run (reader#218)
                    return unreadable(f"reading it failed: {type(error).__name__}: {error}")

    # ── moving ──────────────────────────────────────────────────────────────────────────────

    async def _move(self, answer: _Answer, result: Fetched | NotModified | FetchFailed) -> _Move:
        """Whether the feed has moved for good, and whether onto another that is listed."""
        feed, back = answer.feed, "" if answer.back else None
        if isinstance(result, FetchFailed) or answer.reading.result == "failed":
            return _Move(sighting=feed.sighting)
        moved_to, sighting = polling.redirected(feed, result.moved_to, feed.address, self.clock())
        if moved_to not in (None, feed.url) and await self._is_listed(moved_to or ""):
            return _Move(merged_into=moved_to, moved_to=back)
        return _Move(moved_to=moved_to or back, sighting=sighting)

    async def _is_listed(self, url: str) -> bool:
        return url in await self.thread.call(self.store.listed, [url])

    # ── deciding ────────────────────────────────────────────────────────────────────────────

    def sooner(self, plan: Plan) -> datetime | None:
        """When the configuration as it is now wants a feed that was planned for later."""
        policy = self._policy(self._outlet(plan.outlet), plan.last_attempt)
        return polling.sooner(plan, policy, self.clock())

    def _policy(self, outlet: Outlet, after: datetime) -> Policy:
        return Policy(
            min_interval=self.polling.min_interval,
            max_interval=self.polling.max_interval,
            every=outlet.every,
            next_cron=next_cron(outlet.cron, after) if outlet.cron else None,
        )

    def _put_off(self, feed: FeedState, put_off: PutOff) -> PollOutcome:
        """Nothing was asked: the feed stays as it is, and is asked later."""
        now = self.clock()
        schedule = polling.put_off(feed, put_off.until, put_off.reason, now)
        return PollOutcome(
            feed_id=feed.id,
            lease_token=feed.lease_token,
            at=now,
            result="put_off",
            schedule=replace(schedule, hold_until=put_off.until),
            reason=put_off.reason,
            status=None,
            size=0,
            elapsed_ms=0,
        )

    def _outcome(
        self,
        feed: FeedState,
        outlet: Outlet,
        result: Fetched | NotModified | FetchFailed,
        reading: Reading,
        move: _Move,
        *,
        part: bool,
    ) -> PollOutcome:
        now = self.clock()
        parsed = reading.feed
        # a 304 to a request without validators stands for a document: no other is to be had
        anew = isinstance(result, NotModified) and feed.validators == _UNCONDITIONAL
        whole = anew or (isinstance(result, Fetched) and not part)
        learned = _learned(feed, result, reading, now, part=part)
        outcome = PollOutcome(
            feed_id=feed.id,
            lease_token=feed.lease_token,
            at=now,
            result=reading.result,
            schedule=self._schedule(learned, outlet, result, reading, now, part=part),
            reason=reading.reason,
            status=result.status,
            size=len(result.body) if isinstance(result, Fetched) else 0,
            elapsed_ms=result.elapsed_ms,
            validators=None if part else _validators(result, reading),
            body_digest=reading.body_digest,
            shell_digest=reading.shell_digest,
            title=parsed.title if parsed else None,
            site_url=parsed.url if parsed else None,
            language=parsed.language if parsed else None,
            new=reading.new,
            changed=reading.changed,
            moved=reading.moved,
            unchanged=reading.unchanged,
            dropped=reading.dropped,
            window=reading.window,
            arrivals=learned.arrivals if reading.new else None,
            rhythm=learned.rhythm if learned.rhythm is not feed.rhythm else None,
            hints=learned.hints if learned.hints != feed.hints else None,
            body=whole and reading.result != "failed",
            part=part,
            moved_to=move.moved_to,
            sighting=feed.sighting if part else move.sighting,
            gap=reading.gap,
            suspicion=_suspicion(feed, outlet, result, reading),
            habits=reading.habits,
            flood=reading.flood,
            outlet=feed.outlet,
            discussions=reading.discussions,
        )
        return outcome if move.merged_into is None else _merged(outcome, move.merged_into)

    def _is_stirred(self, learned: FeedState, reading: Reading, now: datetime) -> bool:
        """Whether the poll may have come early for breaking news; what it brought is taken into account."""
        last = learned.last_attempt
        if self.surges is None or last is None or reading.result == "failed":
            return False
        outlook = expect(learned.rhythm, learned.arrivals, now)
        came = timed([item.published for item in reading.new], last, now)
        self.surges.observe(last, now, outlook.usual / outlook.batch, came)
        return is_stirred(last, self.surges.now(now))

    def _schedule(
        self,
        learned: FeedState,
        outlet: Outlet,
        result: Fetched | NotModified | FetchFailed,
        reading: Reading,
        now: datetime,
        *,
        part: bool,
    ) -> Schedule:
        answer = polling.Answer(
            ok=reading.result != "failed",
            status=result.status,
            headers=result.headers,
            kind=reading.kind,
            gap=reading.gap is not None,
            window=len(learned.window if reading.window is None else reading.window),
            surge=self._is_stirred(learned, reading, now),
        )
        policy = self._policy(outlet, now)
        schedule = polling.decide(
            learned, answer, arrivals=learned.arrivals, now=now, jitter=self.jitter(), policy=policy
        )
        if part:
            return polling.after_delivery(learned, schedule, now, policy)
        if learned.condition is FeedCondition.MIRROR:
            return mirrors.checked(schedule, now, learned.merged_into)
        return schedule


def _learned(
    feed: FeedState,
    result: Fetched | NotModified | FetchFailed,
    reading: Reading,
    now: datetime,
    *,
    part: bool,
) -> FeedState:
    """The feed with what this poll taught of its rhythm and its hints."""
    hints = feed.hints
    if reading.feed is not None and isinstance(result, Fetched):
        hints = with_link(reading.feed.hints, result.headers, result.final_url)
    first = feed.rhythm.since is None and reading.result != "failed"
    if not (reading.new or reading.gap or first):
        return replace(feed, hints=hints)
    # what a hub brings has just come
    last = now if part and feed.last_success else feed.last_success
    # a flood that is held back tells nothing of the feed's rhythm
    came = placed([item.published for item in reading.new if item.held_until is None], last, now)
    return replace(
        feed,
        hints=hints,
        arrivals=polling.arrivals_with(feed.arrivals, came),
        rhythm=learn(feed.rhythm, came, now, gap=reading.gap is not None and not reading.widens),
    )


def _unchanged(failed: FetchFailed, kept: Validators) -> NotModified:
    """A 304 to a request without validators, from a server that knows nothing else."""
    return NotModified(
        url=failed.url,
        final_url=failed.final_url,
        headers=failed.headers,
        validators=kept,
        elapsed_ms=failed.elapsed_ms,
    )


def _validators(result: Fetched | NotModified | FetchFailed, reading: Reading) -> Validators | None:
    """What to ask with next time; None: what there was."""
    # those of a body that could not be read would hide its repair behind a 304
    if isinstance(result, FetchFailed) or reading.result == "failed":
        return None
    return result.validators if reading.settled else _UNCONDITIONAL


def _suspicion(
    feed: FeedState, outlet: Outlet, result: Fetched | NotModified | FetchFailed, reading: Reading
) -> str | None:
    """Whether the feed looks dead although it answers; None leaves what was thought before."""
    if reading.feed is None or not isinstance(result, Fetched):
        return None
    return drift.changed(
        feed,
        reading.feed,
        result.final_url,
        entries=len(reading.window or ()),
        kept=reading.unchanged + len(reading.changed),
        language=outlet.language,
    )


def _merged(outcome: PollOutcome, into: str) -> PollOutcome:
    """The feed turned out to be another that is listed: that one has its items, and is polled alone."""
    reason = f"moved onto {into}, which is listed as well: polled once, as that feed"
    rests = Term(name="merged", value=reason, won=True)
    schedule = Schedule(next_poll_at=None, condition=FeedCondition.MERGED, failures=0, terms=(rests,))
    return replace(
        outcome,
        schedule=schedule,
        reason=reason,
        merged_into=into,
        new=(),
        changed=(),
        moved=(),
        discussions=(),
        habits=None,
        flood="",
        unchanged=0,
        dropped=0,
        window=None,
        body_digest=None,
        shell_digest=None,
        validators=None,
        arrivals=None,
        rhythm=None,
        gap=None,
    )


def next_cron(expression: str, now: datetime) -> datetime:
    """The next time of a crontab expression, in UTC."""
    from aggregator.config.cron import cron_trigger

    # the trigger counts whole seconds; the moment itself is over
    at = cron_trigger(expression, timezone=UTC).get_next_fire_time(None, now + timedelta(seconds=1))
    return at.astimezone(UTC) if at else now + timedelta(days=366)
