"""Use case: the digest gathered, and sent when ``[mail] cron`` says.

A digest that is planned is sent at most twice: what is about to be sent is noted before and after, and who is
killed in between sends it once more, under the same Message-ID.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from email.message import EmailMessage
from threading import Thread
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from aggregator import coverage
from aggregator.config import Config, MailConfig
from aggregator.config.cron import cron_trigger
from aggregator.core.mailing import Posted, is_due
from aggregator.export.digest import Digest
from aggregator.fetch.mail import Sent, Unsent, send
from aggregator.model import ItemFilter
from aggregator.model.stories import Story, StoryFilter
from aggregator.store.thread import StoreThread

log = structlog.get_logger()

#: stories in a digest when nobody says how many
LIMIT = 50
#: the latest stories of a window, from which they are chosen
_CONSIDERED = 2_000
#: news that is older than the last digest by more than this when it arrives is no news
_LATE = timedelta(days=1)
#: of the last digest, in the store's meta
POSTED = "digest"


class Source(coverage.Source, Protocol):
    """What is asked of the store."""

    def feed_uuid(self) -> str:
        """``urn:uuid:…`` of everything that this store exports."""
        ...

    def arrivals(self, ids: Collection[int], /) -> Mapping[int, tuple[datetime, datetime | None]]:
        """When each of these items was first seen, and until when it is held back."""
        ...

    def meta(self, key: str, /) -> str | None:
        """A value kept beside the items."""
        ...

    def set_meta(self, key: str, value: str, /) -> None:
        """Keep a value beside the items."""
        ...


# ── what is in it ────────────────────────────────────────────────────────────────────────────


def gather(
    config: Config, source: Source, which: StoryFilter, *, window: tuple[datetime, datetime]
) -> Digest | None:
    """The digest of these stories; None when there are none. ``which.items.limit``: how many are told.

    Those of several outlets go first, each kind in the store's order.
    """
    return _digest(config, source, source.stories(_considered(which)), which.items.limit, window)


def arrived(
    config: Config, source: Source, which: StoryFilter, posted: Posted, *, window: tuple[datetime, datetime]
) -> tuple[Digest | None, int]:
    """The same of those stories that grew since the last digest; and the highest number of an item."""
    since, last, grown = window[0], posted.item, []
    stories = source.stories(_considered(which))
    arrivals = source.arrivals({number for story in stories for number in story.items})
    for story in stories:
        there = [number for number in story.items if number in arrivals]
        last = max(last, *there) if there else last
        if any(_is_new(number, *arrivals[number], posted, since) for number in there):
            grown.append(story)
    return _digest(config, source, grown, which.items.limit, window), last


def _considered(which: StoryFilter) -> StoryFilter:
    return replace(which, items=replace(which.items, limit=_CONSIDERED))


def _is_new(
    number: int, first_seen: datetime, held_until: datetime | None, posted: Posted, since: datetime
) -> bool:
    """Whether it was stored, or let go, after the last digest was made.

    By its number: what a poll found before may be stored afterwards. The first digest goes by time.
    """
    if held_until is not None and held_until >= since:
        return True
    return first_seen >= since if posted.first else number > posted.item


def _digest(
    config: Config,
    source: Source,
    found: Iterable[Story],
    limit: int | None,
    window: tuple[datetime, datetime],
) -> Digest | None:
    stories = sorted(found, key=_is_several, reverse=True)
    told = tuple(coverage.told(source, stories[: limit or LIMIT], points=False))
    if not told:
        return None
    publish, web = config.publish, config.web
    home = (web and web.base_url) or (publish and publish.base_url) or ""
    return Digest(
        title=publish.title if publish else "News",
        since=window[0],
        until=window[1],
        several=tuple(one for one in told if _is_several(one.story)),
        single=tuple(one for one in told if not _is_several(one.story)),
        more=max(0, len(stories) - len(told)),
        timezone=timezone(config),
        home_url=home,
    )


def _is_several(story: Story) -> bool:
    return len(story.outlets) > 1


def timezone(config: Config) -> tzinfo:
    """In which times are told to people, and crontabs read."""
    return ZoneInfo(config.web.timezone) if config.web else UTC


def compose(
    digest: Digest, source: Source, mail: MailConfig | None, *, sent_at: datetime, name: str = ""
) -> EmailMessage:
    """The message to the recipients of ``[mail]``. ``name``: what tells it from the other digests of the
    store; without one its window does.
    """
    from aggregator.export.mail import message

    of_store = uuid.UUID(source.feed_uuid())
    name = name or f"digest {digest.since.isoformat()} {digest.until.isoformat()}"
    return message(
        digest,
        sender=mail.sender if mail else "news@localhost",
        to=mail.to if mail else (),
        sent_at=sent_at,
        number=str(uuid.uuid5(of_store, name)),
        list_number=str(uuid.uuid5(of_store, "digests")),
    )


# ── when it is sent ──────────────────────────────────────────────────────────────────────────


async def deliver(message: EmailMessage, mail: MailConfig) -> Sent | Unsent:
    """Hand the message to the mail server, in a thread of its own, which the end does not wait for."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[Sent | Unsent] = loop.create_future()

    def settle(answer: Sent | Unsent) -> None:
        if not answered.done():
            answered.set_result(answer)

    def work() -> None:
        try:
            answer = send(message, mail)
        except Exception as error:  # noqa: BLE001  told where the digest is, not in the thread
            answer = Unsent(reason=f"it could not be sent: {error!r}")
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, answer)

    Thread(target=work, name="digest", daemon=True).start()
    return await answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """The planned digests of one configuration."""

    config: Config
    store: Source
    thread: StoreThread
    clock: Callable[[], datetime]
    deliver: Callable[[EmailMessage, MailConfig], Awaitable[Sent | Unsent]] = deliver
    #: what is being sent: it goes on where who asked for it is cancelled
    under_way: set[asyncio.Task[tuple[str, ...]]] = field(default_factory=set)

    async def tick(self) -> tuple[str, ...]:
        """Send the digest if it is due; sentences about what was done.

        The first planned time after the first call is the first one that counts: nobody gets a digest
        for having configured it. Times that were missed bring one digest of all that came since the last.
        """
        task = asyncio.create_task(self._tick())
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        return await asyncio.shield(task)

    async def drain(self, patience: float) -> None:
        """Wait for the digest that is being sent, so many seconds at most: what went out is to be noted."""
        if tasks := set(self.under_way):
            done, late = await asyncio.wait(tasks, timeout=patience)
            for task in late:
                task.cancel()
            for task in done:
                if not task.cancelled() and (error := task.exception()) is not None:
                    raise error

    async def _tick(self) -> tuple[str, ...]:
        mail = self.config.mail
        if mail is None or mail.cron is None:
            return ()
        now, posted = self.clock(), await self._posted()
        if posted is None or posted.until > now:  # or the clock was set back
            await self._note(Posted(until=now, first=True))
            return ()
        planned = self._planned(mail.cron, posted.until)
        if planned is None or not is_due(posted, planned, now):
            return ()
        return await self._post(mail, posted, planned, now)

    def _planned(self, cron: str, after: datetime) -> datetime | None:
        zone = timezone(self.config)
        # A time that fires at that very instant is the one that was done.
        found: datetime | None = cron_trigger(cron, zone).get_next_fire_time(
            None, after.astimezone(zone) + timedelta(microseconds=1)
        )
        return found

    async def _post(
        self, mail: MailConfig, posted: Posted, planned: datetime, now: datetime
    ) -> tuple[str, ...]:
        message, last = await self.thread.call(self._message, mail, posted, planned, now)
        done = Posted(until=now, item=last)
        if message is None:
            await self._note(done)
            log.info("nothing new for the digest")
            return ()
        await self._note(posted.trying(now))
        answer = await self.deliver(message, mail)
        if isinstance(answer, Unsent):
            log.error("the digest was not sent; trying again", reason=answer.reason)
            return (f"the digest was not sent: {answer.reason}",)
        await self._note(done)
        log.info(
            "the digest was sent", to=len(mail.to) - len(answer.refused), subject=str(message["Subject"])
        )
        return (f"sent the digest to {', '.join(mail.to)}", *refusals(answer))

    def _message(
        self, mail: MailConfig, posted: Posted, planned: datetime, now: datetime
    ) -> tuple[EmailMessage | None, int]:
        since = now - mail.since if posted.first else posted.until
        items = ItemFilter(since=since - _LATE, until=now, copies=False, shown_at=now)
        which = StoryFilter(items=items, now=now)
        digest, last = arrived(self.config, self.store, which, posted, window=(since, now))
        if digest is None:
            return None, last
        name = f"digest of {planned.astimezone(UTC).isoformat()}"
        return compose(digest, self.store, mail, sent_at=now, name=name), last

    async def _posted(self) -> Posted | None:
        kept = await self.thread.call(self.store.meta, POSTED)
        return Posted.loads(kept) if kept else None

    async def _note(self, posted: Posted) -> None:
        await self.thread.call(self.store.set_meta, POSTED, posted.dumps())


def refusals(answer: Sent) -> tuple[str, ...]:
    """Sentences about those whom the server does not deliver to."""
    return tuple(f"the mail server does not deliver the digest to {one}" for one in answer.refused)
