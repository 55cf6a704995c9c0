"""What is told of one feed: its state in words, what has become of it, and the same for programs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aggregator.cli.times import ahead

if TYPE_CHECKING:
    from aggregator.config import Config, Outlet
    from aggregator.model import FeedHealth
    from aggregator.store import Store

#: states of feeds that no run polls
_UNPOLLED = frozenset(("disabled", "removed", "gone", "merged"))
#: feeds of an outlet's page that are named
_OFFERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One feed: what is configured, and what is stored of it."""

    outlet: str
    feed: str
    #: a condition, or "disabled" or "removed"
    state: str
    health: "FeedHealth | None" = None
    reason: str = ""
    next_poll: datetime | None = None


def rows(config: "Config", store: "Store", now: datetime) -> list[Row]:
    """In the order of feeds.toml, then what is stored of feeds that are not listed any more."""
    by_outlet: dict[str, list[FeedHealth]] = {}
    for feed in store.health(now):
        by_outlet.setdefault(feed.outlet.casefold(), []).append(feed)
    found: list[Row] = []
    for outlet in config.outlets:
        stored = by_outlet.pop(outlet.name.casefold(), [])
        found += [_stored(feed, outlet.name, enabled=outlet.enabled) for feed in stored]
        found += unpolled(outlet, stored, store)
    unlisted = (replace(feed, listed=False) for feeds in by_outlet.values() for feed in feeds)
    return found + [_stored(feed, feed.outlet) for feed in unlisted]


def of_outlet(name: str, config: "Config", store: "Store", now: datetime) -> list[Row]:
    """The rows of one outlet."""
    return [row for row in rows(config, store, now) if row.outlet.casefold() == name.casefold()]


def _stored(feed: "FeedHealth", outlet: str, *, enabled: bool = True) -> Row:
    unlisted = "removed" if enabled else "disabled"
    state = feed.condition.value if feed.listed else unlisted
    return Row(
        outlet=outlet,
        feed=feed.feed,
        state=state,
        health=feed,
        reason=feed.reason,
        next_poll=None if state in _UNPOLLED else feed.next_poll_at,
    )


def unpolled(outlet: "Outlet", stored: Sequence["FeedHealth"], store: "Store") -> Iterable[Row]:
    """Feeds that no run has seen yet, and outlets whose feed is still to be found from their page."""
    state = "new" if outlet.enabled else "disabled"
    known = {feed.feed for feed in stored}
    for url in outlet.feeds:
        if url not in known:
            yield Row(outlet=outlet.name, feed=url, state=state)
    if outlet.feeds or stored:
        return
    from aggregator.discovery import Discovery

    memory = store.meta(Discovery.key(outlet.homepage)) if outlet.enabled else None
    looked = Discovery.loads(memory) if memory else None
    if looked and looked.reason:
        yield Row(
            outlet=outlet.name,
            feed=outlet.homepage,
            state="failing",
            reason=looked.reason,
            next_poll=looked.again,
        )
    else:
        yield Row(outlet=outlet.name, feed=outlet.homepage, state=state)


# ── in words ─────────────────────────────────────────────────────────────────────────────────


def state(row: Row, now: datetime) -> str:
    """The state, and why it is so."""
    told = row.state
    hold = row.health.hold_until if row.health else None
    if hold is not None and hold > now and row.state not in _UNPOLLED:
        told = f"quiet until {moment(hold, now)}"
    if not row.reason or row.reason.startswith(told):
        return row.reason or told
    return f"{told}: {row.reason}"


def remarks(row: Row) -> Iterable[str]:
    """What has become of the feed, and what could take its place."""
    feed = row.health
    if feed is None:
        return
    if feed.moved_to:
        yield f"moved to {feed.moved_to}"
    if feed.merged_into and row.state == "merged" and feed.merged_into not in row.reason:
        yield f"moved onto {feed.merged_into}"
    elif feed.merged_into and row.state == "mirror":
        yield f"all of its items are in {feed.merged_into}"
    if feed.suspicion:
        yield suspicion(feed.suspicion)
    if feed.offers:
        yield f"found on its page: {', '.join(offer.url for offer in feed.offers[:_OFFERS])}"
    if feed.pages_failing and not row.reason:
        yield f"{feed.pages_failing} {'page' if feed.pages_failing == 1 else 'pages'} without text"


def habits(row: Row, now: datetime) -> Iterable[str]:
    """What was learned of the feed, and what is held back of a flood: for the page of one outlet."""
    from aggregator.core.habits import churning, told

    feed = row.health
    if feed is None:
        return
    yield from told(feed.habits)
    if count := churning(feed.habits):
        yield (
            "1 item changes at every poll, and is not updated any more"
            if count == 1
            else f"{count} items change at every poll, and are not updated any more"
        )
    if feed.held and feed.held_until:
        yield f"{feed.held} held back, the last until {moment(feed.held_until, now)}"


def suspicion(text: str) -> str:
    """A suspicion in words: silence speaks for itself."""
    from aggregator.core.drift import is_silence

    return text if is_silence(text) else f"may have died: {text}"


def next_poll(row: Row, now: datetime, say: Callable[[datetime, datetime], str] = ahead) -> str:
    """When it is polled next."""
    if row.state in _UNPOLLED:
        return "" if row.state in ("disabled", "removed") else "never"
    if row.next_poll is None:
        return "next run"
    return say(row.next_poll, now) if row.next_poll > now else "now"


def a_day(feed: "FeedHealth | None") -> str:
    """Items a day: "0.3", "4.1", "120"."""
    count = feed.items_per_day if feed else None
    if count is None:
        return ""
    return f"{count:.0f}" if count >= 10 or count == 0 else f"{count:.1f}"


def share(feed: "FeedHealth | None") -> float | None:
    """Polls that brought nothing new, of all polls; None before the first."""
    return round(feed.not_modified / feed.polls, 4) if feed and feed.polls else None


def percent(feed: "FeedHealth | None") -> str:
    """The same for people."""
    part = share(feed)
    return "" if part is None else f"{part:.0%}"


def moment(at: datetime, now: datetime) -> str:
    """``14:30 UTC`` today, ``22 November 14:30 UTC`` on another day."""
    at = at.astimezone(UTC)
    day = "" if at.date() == now.astimezone(UTC).date() else f"{at:%-d %B} "
    return f"{day}{at:%H:%M} UTC"


def as_json(row: Row) -> dict[str, Any]:
    """A feed for programs."""
    feed = row.health
    return {
        "outlet": row.outlet,
        "feed": row.feed,
        "state": row.state,
        "reason": row.reason,
        "last_success": instant(feed.last_success if feed else None),
        "next_poll": instant(row.next_poll),
        "items": feed.items if feed else 0,
        "not_modified_share": share(feed),
        "items_per_day": round(feed.items_per_day, 2) if feed and feed.items_per_day is not None else None,
        "open_gaps": feed.open_gaps if feed else 0,
        "quiet_until": instant(feed.hold_until if feed else None),
        "moved_to": (feed.moved_to or None) if feed else None,
        "merged_into": (feed.merged_into or None) if feed else None,
        "suspicion": (feed.suspicion or None) if feed else None,
        "offers": [{"url": one.url, "title": one.title} for one in feed.offers] if feed else [],
        "push": (feed.push or None) if feed else None,
    }


def instant(at: datetime | None) -> str | None:
    """An instant for programs."""
    from aggregator import report

    return None if at is None else report.instant(at)
