"""Use case: webhooks are told of new items, of stories that outlets join, and of ailing feeds."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from aggregator.config import FetchConfig, WebhookConfig
from aggregator.core import webhooks
from aggregator.export.webhooks import event_body, item_body, story_body
from aggregator.fetch.send import Sender
from aggregator.model.webhooks import Attempted, Delivery, News, Sent
from aggregator.store import Store
from aggregator.store.thread import StoreThread

if TYPE_CHECKING:
    from aggregator.core.query import Query

log = structlog.get_logger()

#: items that are looked at in one go
_LOOKED_AT = 500
#: news that is claimed at once: at 20 s each it is sent before the claim ends
_BATCH = 20
#: whoever sends them has so long for that
_LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Queues what is new for each webhook, and sends what is due."""

    hooks: tuple[WebhookConfig, ...]
    fetch: FetchConfig
    store: Store
    thread: StoreThread
    clock: Callable[[], datetime]
    jitter: Callable[[], float]

    def key(self, hook: WebhookConfig) -> str:
        """What its deliveries are kept under."""
        return webhooks.hook_key(hook.url, hook.event, hook.query)

    async def begin(self) -> None:
        """New webhooks are told of what arrives from now on; what waits for webhooks of before, goes."""
        keys, now = [self.key(hook) for hook in self.hooks], self.clock()
        for key in await self.thread.call(self.store.deliveries.strangers, keys):
            known = await self.thread.call(self._told_before, key)
            await self.thread.call(self.store.deliveries.begin, key, known, now)
        await self.thread.call(self.store.deliveries.forget, keys, now)

    async def tick(self) -> tuple[str, ...]:
        """Queue what is new and send what is due; a sentence for each webhook that could not be told."""
        if not self.hooks:
            return ()
        for hook in self.hooks:
            find = {"item": self._items, "story": self._stories, "health": self._events}[hook.event]
            while await self.thread.call(find, hook):  # a part at a time: polls wait for it
                pass
        async with Sender(self.fetch, clock=self.clock) as sender:
            told = await asyncio.gather(*(self._send_due(sender, hook) for hook in self.hooks))
        return tuple(filter(None, told))

    # ── queueing: in the store's thread; whether there may be more ──────────────────────────

    def _items(self, hook: WebhookConfig) -> bool:
        key, now, asked = self.key(hook), self.clock(), _query(hook, self.clock())
        items, upto, more = self.store.deliveries.fresh_items(key, now, _LOOKED_AT)
        bodies = {
            webhooks.idempotency_key(key, "item", item.id): item_body(item, now)
            for item in items
            if asked is None or asked.matches(item)
        }
        self.store.deliveries.add(key, _news(hook, key, bodies), upto, now)
        return more

    def _told_before(self, key: str) -> list[str]:
        """The stories as they are, for a webhook that is to be told what becomes of them."""
        if not key.startswith("story "):
            return []
        young = self.store.deliveries.young_stories(self.clock())
        return [webhooks.idempotency_key(key, "story", story, outlets) for story, outlets in young]

    def _stories(self, hook: WebhookConfig) -> bool:
        key, now, asked = self.key(hook), self.clock(), _query(hook, self.clock())
        young = self.store.deliveries.young_stories(now)
        stored = {webhooks.idempotency_key(key, "story", *one): one[0] for one in young}
        bodies, passed_over = {}, []
        for number in sorted(self.store.deliveries.unknown(stored), key=lambda number: stored[number]):
            story = self.store.story(stored[number], now)  # without what is held back
            if story is None or len(story.outlets) < 2:
                continue
            items = [item for one in story.items if (item := self.store.item(one)) is not None]
            if asked is None or any(map(asked.matches, items)):
                shown = webhooks.idempotency_key(key, "story", story.id, len(story.outlets))
                bodies[shown] = story_body(story, items, now)
            else:
                passed_over.append(number)
        if bodies or passed_over:
            self.store.deliveries.add(key, _news(hook, key, bodies), 0, now, passed_over)
        return False

    def _events(self, hook: WebhookConfig) -> bool:
        key, now = self.key(hook), self.clock()
        found = self.store.deliveries.fresh_events(key)
        bodies = {
            webhooks.idempotency_key(key, "health", number): event_body(event, now) for number, event in found
        }
        if found:
            self.store.deliveries.add(key, _news(hook, key, bodies), found[-1][0], now)
        return False

    # ── sending ─────────────────────────────────────────────────────────────────────────────

    async def _send_due(self, sender: Sender, hook: WebhookConfig) -> str:
        """Send until nothing is due, or one fails: the others would, too. A sentence about that."""
        key = self.key(hook)
        try:
            secret = _secret(hook)
        except ValueError as error:
            return f"webhook {_shown(hook.url)}: its news waits: {error}"
        while due := await self._claim(key):
            left = [one.id for one in due]
            try:
                for one in due:
                    now = self.clock()
                    signed = webhooks.headers(one, now, secret)
                    sent = await sender.post(hook.url, one.news.body.encode(), signed)
                    outcome = webhooks.after(one, sent, self.clock(), jitter=self.jitter())
                    await self.thread.call(self.store.deliveries.attempted, outcome)
                    left.remove(one.id)
                    if sent.reason:
                        _tell(hook, outcome)
                    if sent.is_passing:
                        return await self._waiting(hook, sent)
            finally:
                await self.thread.call(self.store.deliveries.give_back, left, self.clock())
        return ""

    async def _claim(self, key: str) -> Sequence[Delivery]:
        now = self.clock()
        return await self.thread.call(self.store.deliveries.claim, key, now, now + _LEASE, _BATCH)

    async def _waiting(self, hook: WebhookConfig, sent: Sent) -> str:
        waiting = await self.thread.call(self.store.deliveries.waiting, self.key(hook))
        noun = "piece of news waits" if waiting == 1 else "pieces of news wait"
        return f"webhook {_shown(hook.url)}: {sent.reason}; {waiting} {noun} for another attempt"


def _tell(hook: WebhookConfig, outcome: Attempted) -> None:
    log.warning(
        "a webhook was told in vain",
        url=_shown(hook.url),
        reason=outcome.reason,
        attempts=outcome.attempts,
        again=outcome.due_at,
    )


def _news(hook: WebhookConfig, key: str, bodies: Mapping[str, str]) -> list[News]:
    return [
        News(hook=key, event=hook.event, idempotency_key=number, body=body) for number, body in bodies.items()
    ]


def _query(hook: WebhookConfig, now: datetime) -> "Query | None":
    if not hook.query.strip():
        return None
    from aggregator.core.query import parse_query

    return parse_query(hook.query, now=now)


def _secret(hook: WebhookConfig) -> bytes | None:
    """The key that signs, read anew each time: it can be changed while the daemon runs."""
    if hook.secret_file is None:
        return None
    try:
        return webhooks.key_of(hook.secret_file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"secret_file {hook.secret_file} cannot be read: {error}") from error
    except ValueError as error:
        raise ValueError(f"secret_file {hook.secret_file} {error}") from None


def _shown(url: str) -> str:
    """Without the part that is often a secret: receivers put tokens into paths and queries."""
    scheme, _, rest = url.partition("://")
    host = rest.split("/", 1)[0].rpartition("@")[2]
    return f"{scheme}://{host}/…" if "/" in rest else f"{scheme}://{host}"
