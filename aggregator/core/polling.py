"""When is a feed polled next, and why? Every consideration becomes a :class:`Term` for ``explain``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from aggregator.model import FailureKind, FeedCondition, FeedState, Plan, Schedule, Term

#: instants kept to learn a feed's rhythm from
MAX_ARRIVALS = 50
#: how far back a rhythm is learned from
RHYTHM_SPAN = timedelta(days=28)
#: for a feed of which nothing is known yet
DEFAULT_INTERVAL = timedelta(hours=1)
#: a failing feed is asked at least this often
MAX_BACKOFF = timedelta(hours=24)
#: the longest Retry-After that is believed (317,100 s and ten years were seen)
MAX_RETRY_AFTER = timedelta(days=31)
#: adaptive intervals are lengthened by up to this share, so that feeds do not march in step
SPREAD = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the configuration says about one feed's polls."""

    min_interval: timedelta
    max_interval: timedelta
    every: timedelta | None = None
    #: the next time of the outlet's ``cron``, computed by the caller
    next_cron: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the decision needs to know of a fetch."""

    ok: bool
    status: int | None = None
    headers: Mapping[str, str] | None = None


def arrivals_with(earlier: Sequence[datetime], new: Sequence[datetime]) -> tuple[datetime, ...]:
    """The newest instants of both, newest first."""
    return tuple(sorted((*earlier, *new), reverse=True)[:MAX_ARRIVALS])


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """The instant a Retry-After asks for (RFC 9110, section 10.2.3), at most 31 days ahead.

    Seconds count from ``now``; a date counts from the server's own ``Date``, so that its clock does
    not matter. Garbage and the past give None.
    """
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    wait = timedelta(seconds=min(int(value), 10**10)) if value.isascii() and value.isdigit() else None
    if wait is None:
        asked = _http_date(value)
        if asked is None:
            return None
        wait = asked - (_http_date(headers.get("date", "")) or now)
    return now + min(wait, MAX_RETRY_AFTER) if wait > timedelta(0) else None


def _http_date(value: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def decide(
    state: FeedState,
    answer: Answer,
    *,
    arrivals: Sequence[datetime],
    now: datetime,
    jitter: float,
    policy: Policy,
) -> Schedule:
    """The next poll after ``answer``. ``jitter`` is a random number from 0 to 1."""
    if answer.status == 410:
        gone = Term(name="410 Gone", value="the outlet has removed this feed for good", won=True)
        return Schedule(
            next_poll_at=None, condition=FeedCondition.GONE, failures=state.failures + 1, terms=(gone,)
        )
    plan = _wish(arrivals, now, jitter, policy)
    wish = plan[-1].at or now
    hold = retry_after(answer.headers or {}, now)
    failures = 0 if answer.ok else state.failures + 1
    if hold is not None:
        plan.append(Term(name="Retry-After", value="the server asked for quiet until then", at=hold))
    elif failures:
        plan.append(_backoff(wish - now, failures, now, jitter, policy))
    chosen = plan[-1]
    if hold is not None and not failures and hold < wish:
        chosen = plan[-2]
    return Schedule(
        # after a failure the server's word replaces our backoff, but not our politeness
        next_poll_at=max(chosen.at or now, now + policy.min_interval) if failures else chosen.at,
        condition=FeedCondition.FAILING if failures else FeedCondition.OK,
        failures=failures,
        terms=tuple(replace(term, won=term is chosen) for term in plan),
        hold_until=hold,
    )


def sooner(plan: Plan, policy: Policy) -> datetime | None:
    """An earlier time for a poll that was planned under another policy; None where the plan may stand.

    ``policy.next_cron`` is the first time after the last poll.
    """
    if policy.next_cron is not None:
        latest = policy.next_cron
    else:
        latest = plan.last_attempt + (policy.every or policy.max_interval)
    at = max(latest, plan.hold_until or latest)
    return at if at < plan.next_poll_at else None


def _wish(arrivals: Sequence[datetime], now: datetime, jitter: float, policy: Policy) -> list[Term]:
    """When we would ask if nothing stood in the way; the last term is the choice."""
    if policy.every is not None:
        return [Term(name="every", value=f"feeds.toml asks for {words(policy.every)}", at=now + policy.every)]
    if policy.next_cron is not None:
        return [Term(name="cron", value="feeds.toml gives fixed times", at=policy.next_cron)]
    interval, value = rhythm(arrivals, now)
    spread = interval * (1 + SPREAD * jitter)
    value += f", and {words(spread - interval)} so that feeds do not march in step"
    plan = [Term(name="rhythm", value=value, at=now + min(spread, RHYTHM_SPAN))]
    if spread < policy.min_interval:
        at = now + min(policy.min_interval * (1 + SPREAD * jitter), policy.max_interval)
        plan.append(Term(name="min_interval", value=f"not under {words(policy.min_interval)}", at=at))
    elif spread > policy.max_interval:
        at = now + policy.max_interval
        plan.append(Term(name="max_interval", value=f"not over {words(policy.max_interval)}", at=at))
    return plan


def rhythm(arrivals: Sequence[datetime], now: datetime) -> tuple[timedelta, str]:
    """Half the mean time between two items of the last four weeks, and that in words.

    The time since the newest item counts too, so a feed that falls silent is asked less and less.
    """
    recent = [at for at in arrivals if now - RHYTHM_SPAN <= at <= now]
    if not recent:
        if arrivals:
            return RHYTHM_SPAN, f"nothing new for {words(now - max(arrivals))}"
        return DEFAULT_INTERVAL, "nothing known yet"
    span = now - min(recent)
    gap = max(span, timedelta(minutes=1)) / len(recent)
    count = "1 item" if len(recent) == 1 else f"{len(recent)} items"
    return gap / 2, f"{count} in {words(span)}, so half of {words(gap)}"


def _backoff(interval: timedelta, failures: int, now: datetime, jitter: float, policy: Policy) -> Term:
    """interval + random(0 .. 2^n intervals), within min_interval and 24 hours."""
    wait = interval + interval * (2 ** min(failures, 12)) * jitter
    wait = max(policy.min_interval, min(wait, max(MAX_BACKOFF, interval)))
    times = "once" if failures == 1 else f"{failures} times"
    return Term(name="backoff", value=f"failed {times} in a row", at=now + wait)


def words(span: timedelta) -> str:
    """A time span for people, in its two largest units: "3 d 4 h", "15 min", "40 s"."""
    seconds = max(0, round(span.total_seconds()))
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"


#: pauses between attempts at an article's page; then it is given up
PAGE_RETRIES = (timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8), timedelta(days=1))
#: failures that another attempt will hardly mend get one more chance, a day later
_LASTING = frozenset(
    {
        FailureKind.FORBIDDEN,
        FailureKind.CONTENT,
        FailureKind.ROBOTS,
        FailureKind.TOO_BIG,
        FailureKind.REDIRECT,
    }
)


def retry_page(
    attempts: int,
    *,
    now: datetime,
    kind: FailureKind,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> datetime | None:
    """When an article's page is tried again after its ``attempts``-th failure; None: never."""
    lasting = kind in _LASTING or status in {401, 403, 404, 410}
    if attempts > (1 if lasting else len(PAGE_RETRIES)):
        return None
    pause = PAGE_RETRIES[-1] if lasting else PAGE_RETRIES[attempts - 1]
    return max(now + pause, retry_after(headers or {}, now) or now)
