"""Who wants quiet until when, and for which of their addresses?

A server that answers 429, 503 or Retry-After speaks for one address, for its host or for the whole site, and
does not say which: one broken route of a host with many tenants must not stall the others (FreshRSS#7870),
yet the sub-domains of one service share a limit (FreshRSS#8925). So the reach is learned:

- A refusal holds its address. When another address of the host is refused while that lasts, and none was
  answered in between, the host is held; when the two lie on two hosts of the site, the site.
- What was learned is applied at once next time, for 90 days.
- An answer from the same host while an address is on hold shows that only the address was meant; so does an
  address that is refused again although others were answered since its last hold ended.
- A wider hold lasts as long as the newest refusal asked for; each address keeps its own.
- Without Retry-After we choose the pause, doubled with each refusal in a row; as a server that just fails
  says nothing of limits, it takes a third address to conclude that more than addresses are meant.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus

#: our first pause for a server that asks for none, and our longest
FIRST_PAUSE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(hours=1)
#: our pauses are lengthened by up to this share
SPREAD = 0.5
#: how long a hold that is over counts as "the last time"
MEMORY = timedelta(days=1)
#: how long a learned reach is applied
LEARNED_FOR = timedelta(days=90)
#: hosts of one site whose last answer is remembered
_HOSTS = 50
#: addresses of one site that are held; more of them hold the host or the site anyway
_ADDRESSES = 500

#: statuses by which a server says "too much", with or without Retry-After
REFUSALS = frozenset({429, 503})


class Scope(StrEnum):
    """How far a wish for quiet reaches."""

    URL = "url"
    HOST = "host"
    SITE = "site"


_WIDTH = {Scope.URL: 0, Scope.HOST: 1, Scope.SITE: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """What was asked: an address without credentials, its host (with a port that is named), its site."""

    url: str
    host: str
    site: str

    def key(self, scope: Scope) -> str:
        """What a hold of this scope is known by."""
        return {Scope.URL: self.url, Scope.HOST: self.host, Scope.SITE: self.site}[scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Quiet for an address, a host or a site."""

    scope: Scope
    key: str
    #: the host that was asked
    host: str
    until: datetime
    #: when the refusal came
    since: datetime
    status: int | None
    #: a sentence for the user
    reason: str
    #: by the server; False: the pause is ours, so it is not stored, and a new run may ask at once
    asked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """The last answer that a host gave."""

    url: str
    host: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """All that is known of one site's limits."""

    holds: tuple[Hold, ...] = ()
    #: the reach that was learned, and when
    scope: Scope | None = None
    learned_at: datetime | None = None
    #: one a host, kept while there are holds
    successes: tuple[Success, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What one run leaves to the next."""

    holds: tuple[Hold, ...] = ()
    #: by site: what was learned, and when
    scopes: tuple[tuple[str, Scope, datetime], ...] = ()
    #: by site: no request before
    pauses: tuple[tuple[str, datetime], ...] = ()
    #: by origin: the Crawl-delay that is kept, in seconds
    crawl_delays: tuple[tuple[str, float], ...] = ()


def put_off(patience: Patience, spot: Spot, now: datetime) -> Hold | None:
    """The hold that keeps ``spot`` from being asked now: the longest, where there are several."""
    standing = [hold for hold in patience.holds if hold.until > now and spot.key(hold.scope) == hold.key]
    return max(standing, key=lambda hold: hold.until, default=None)


def own_pause(patience: Patience, spot: Spot, now: datetime, jitter: float) -> datetime:
    """When ``spot`` may be asked again after a refusal without Retry-After; ``jitter``: from 0 to 1."""
    last = _own(patience, spot)
    span = FIRST_PAUSE
    if last is not None and now - last.until < MEMORY:
        span = min(max(2 * (last.until - last.since), FIRST_PAUSE), LONGEST_PAUSE)
    return now + min(span * (1 + SPREAD * jitter), LONGEST_PAUSE)


def refused(
    patience: Patience, spot: Spot, *, until: datetime, now: datetime, status: int, asked: bool
) -> Patience:
    """After an answer that wants quiet until then; ``asked``: in so many words (Retry-After)."""
    if status < HTTPStatus.BAD_REQUEST:  # it did answer: the wish concerns this address
        served = succeeded(patience, spot, now)
        return _with(served, _hold(Scope.URL, spot, until, now, status, asked=asked))
    learned, learned_at = _still_learned(patience, now), patience.learned_at
    if _is_peculiar(patience, spot, now):
        learned, learned_at, reach = Scope.URL, now, Scope.URL
    else:
        seen = _seen(patience, spot, now, asked=asked)
        reach = max(seen, learned or Scope.URL, key=_WIDTH.__getitem__)
        if seen is not Scope.URL:
            learned, learned_at = reach, now
    held = replace(patience, scope=learned, learned_at=learned_at if learned else None)
    for scope in dict.fromkeys((Scope.URL, reach)):
        held = _with(held, _hold(scope, spot, until, now, status, asked=asked))
    return held


def succeeded(patience: Patience, spot: Spot, now: datetime) -> Patience:
    """After an answer that refuses nothing: holds of ``spot`` that are over are forgotten."""
    kept = tuple(
        hold
        for hold in patience.holds
        if spot.key(hold.scope) != hold.key or (hold.scope is not Scope.URL and hold.until > now)
    )
    others = tuple(one for one in patience.successes if one.host != spot.host)[-_HOSTS + 1 :]
    answered = (*others, Success(url=spot.url, host=spot.host, at=now))
    learned = replace(patience, holds=kept, successes=answered)
    if any(_is_refusal(hold, now) and hold.host == spot.host for hold in kept):
        return replace(learned, scope=Scope.URL, learned_at=now)
    return learned


def tidied(patience: Patience, now: datetime) -> Patience | None:
    """Without what is too old to matter; None when nothing is left."""
    learned = _still_learned(patience, now)
    holds = tuple(hold for hold in patience.holds if now - hold.until < MEMORY)
    if not holds and learned is None:
        return None
    return replace(
        patience,
        holds=holds,
        scope=learned,
        learned_at=patience.learned_at if learned else None,
        successes=patience.successes if holds else (),
    )


# ── how far it reaches ───────────────────────────────────────────────────────────────────────


def _seen(patience: Patience, spot: Spot, now: datetime, *, asked: bool) -> Scope:
    """The reach that this refusal shows together with those that still stand."""
    others = [hold for hold in patience.holds if _is_refusal(hold, now) and hold.key != spot.url]
    needed = 1 if asked or any(hold.asked for hold in others) else 2
    siblings = [one for one in others if one.host == spot.host and not _answered(patience, one, spot.host)]
    cousins = [one for one in others if one.host != spot.host and not _answered(patience, one, None)]
    if cousins and len(cousins) + len(siblings) >= needed:
        return Scope.SITE
    return Scope.HOST if len(siblings) >= needed else Scope.URL


def _is_refusal(hold: Hold, now: datetime) -> bool:
    return hold.scope is Scope.URL and hold.until > now and (hold.status or 429) >= HTTPStatus.BAD_REQUEST


def _answered(patience: Patience, hold: Hold, host: str | None) -> bool:
    """Whether another address (of ``host``) was answered since: then this refusal says nothing of others."""
    if patience.scope is Scope.URL and patience.learned_at is not None and patience.learned_at >= hold.since:
        return True
    return any(
        one.url != hold.key and one.at >= hold.since and host in (None, one.host)
        for one in patience.successes
    )


def _is_peculiar(patience: Patience, spot: Spot, now: datetime) -> bool:
    """Whether ``spot`` was refused before, and others were answered since that was over."""
    last = _own(patience, spot)
    if last is None or last.until > now:
        return False
    host = None if patience.scope is Scope.SITE else spot.host
    return any(
        one.url != spot.url and one.at >= last.until and host in (None, one.host)
        for one in patience.successes
    )


def _still_learned(patience: Patience, now: datetime) -> Scope | None:
    at = patience.learned_at
    return patience.scope if at is not None and now - at < LEARNED_FOR else None


# ── holds ────────────────────────────────────────────────────────────────────────────────────


def _own(patience: Patience, spot: Spot) -> Hold | None:
    return next((hold for hold in patience.holds if hold.scope is Scope.URL and hold.key == spot.url), None)


def _with(patience: Patience, hold: Hold) -> Patience:
    others = [one for one in patience.holds if (one.scope, one.key) != (hold.scope, hold.key)]
    return replace(patience, holds=(*others, hold)[-_ADDRESSES:])


def _hold(scope: Scope, spot: Spot, until: datetime, now: datetime, status: int, *, asked: bool) -> Hold:
    return Hold(
        scope=scope,
        key=spot.key(scope),
        host=spot.host,
        until=until,
        since=now,
        status=status,
        reason=_reason(scope, spot, until, now, status, asked=asked),
        asked=asked,
    )


def _reason(scope: Scope, spot: Spot, until: datetime, now: datetime, status: int, *, asked: bool) -> str:
    try:
        words = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        words = str(status)
    what = {Scope.URL: "this address", Scope.HOST: f"all of {spot.host}", Scope.SITE: f"all of {spot.site}"}
    wish = "asked for quiet" if asked else "did not say for how long; we pause"
    at, end = (f"{one:%Y-%m-%d %H:%M:%S} UTC" for one in (now, until))
    return f"{spot.host} answered {words} at {at} and {wish} until {end}, for {what[scope]}"
