"""When is a feed polled next? Wishes first, then what stands in their way, and the last word won."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from aggregator.core.polling.headers import fresh_for, retry_after
from aggregator.core.polling.wording import words
from aggregator.core.rhythm import EFFORT, GAP_HALF_LIFE, Outlook, expect
from aggregator.model import FailureKind, FeedCondition, FeedHints, FeedState, Plan, Schedule, Term

#: newest instants kept beside the rhythm
MAX_ARRIVALS: Final = 50
#: a failing feed is asked at least this often
MAX_BACKOFF: Final = timedelta(hours=24)
#: adaptive intervals are lengthened by up to this share, so that feeds do not march in step
SPREAD: Final = 0.1
#: chance that more comes than the document holds, that is accepted: 2.33 deviations are 1 %
_DEVIATIONS: Final = 2.33
#: at least as many items of a document must be known ones, or nobody can say that none was missed
_SHARED: Final = 1
#: failures of a feed that is not there, and the time they must span, until it is asked once a week only
ABSENT_TIMES: Final = 10
ABSENT_FOR: Final = timedelta(days=7)
WEEKLY: Final = timedelta(days=7)
#: client errors that say something else than "there is no such feed"
_NOT_ABSENT: Final = frozenset({401, 403, 408, 410, 425, 429})
#: a poll that is so near takes place, whatever hubs bring meanwhile
ABOUT_TO_COME: Final = timedelta(minutes=1)
_QUIET: Final = "the server asked for quiet until then"
#: at least, after "too many requests" without a word on how long
_TOO_MANY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the configuration says about one feed's polls."""

    min_interval: timedelta
    max_interval: timedelta
    every: timedelta | None = None
    #: the next time of the outlet's ``cron``, computed by the caller
    next_cron: datetime | None = None
    #: see ``EFFORT``; benchmarks turn it
    effort: float = EFFORT

    @property
    def fixed(self) -> bool:
        """True where the user said when."""
        return self.every is not None or self.next_cron is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the decision needs to know of a fetch."""

    ok: bool
    status: int | None = None
    headers: Mapping[str, str] | None = None
    #: why it failed
    kind: FailureKind | None = None
    #: the document shares no item with the last one
    gap: bool = False
    #: entries of the document that came; 0: as many as the last one had
    window: int = 0
    #: many feeds were polled at once just now (core/surge): the next polls are spread wide again
    surge: bool = False


@dataclass(slots=True, kw_only=True)
class _Reasons:
    """What was weighed, in order; the last choice won."""

    terms: list[tuple[str, str, datetime | None]] = field(default_factory=list)
    won: int = 0
    at: datetime
    #: the latest of all floors, whether it won or not
    floor: datetime

    def note(self, name: str, value: str, at: datetime | None) -> None:
        self.terms.append((name, value, at))

    def choose(self, name: str, value: str, at: datetime) -> None:
        self.won, self.at = len(self.terms), at
        self.terms.append((name, value, at))

    def no_sooner(self, name: str, value: str, at: datetime) -> None:
        """A floor: it wins where it lies later."""
        self.floor = max(self.floor, at)
        (self.choose if at > self.at else self.note)(name, value, at)

    def told(self) -> tuple[Term, ...]:
        return tuple(
            Term(name=name, value=value, at=at, won=number == self.won)
            for number, (name, value, at) in enumerate(self.terms)
        )


def arrivals_with(earlier: Sequence[datetime], new: Sequence[datetime]) -> tuple[datetime, ...]:
    """The newest instants of both, newest first."""
    return tuple(sorted((*earlier, *new), reverse=True)[:MAX_ARRIVALS])


def decide(
    state: FeedState,
    answer: Answer,
    *,
    arrivals: Sequence[datetime],
    now: datetime,
    jitter: float,
    policy: Policy,
) -> Schedule:
    """The next poll after ``answer``. ``jitter`` is a random number from 0 to 1.

    ``state`` is as the poll leaves it: with the hints and the rhythm of the document that came, if one did.
    """
    failures = 0 if answer.ok else state.failures + 1
    since = None if answer.ok else state.failing_since or now
    if answer.status == 410:
        gone = Term(name="410 Gone", value="the outlet has removed this feed for good", won=True)
        return Schedule(
            next_poll_at=None,
            condition=FeedCondition.GONE,
            failures=state.failures + 1,
            terms=(gone,),
            failing_since=state.failing_since or now,
        )
    absences, absent_since = _absences(state, answer, now)
    condition = _condition(answer, absences, absent_since, now)
    hold = retry_after(answer.headers or {}, now)
    reasons = _Reasons(at=now, floor=now + policy.min_interval)
    loss = _wish(reasons, state, answer, arrivals, now, jitter, policy)
    if answer.ok:
        _publisher(reasons, state.hints, answer.headers or {}, loss, now, policy)
    else:
        _after_failure(reasons, answer, condition, failures, hold is not None, now, jitter, policy)
    if hold is not None:
        # after a failure the server's word replaces our guess, unless it is too short to be one
        guessed = not answer.ok and condition is not FeedCondition.SUSPENDED
        stated = guessed and hold - now >= policy.min_interval
        (reasons.choose if stated else reasons.no_sooner)("Retry-After", _QUIET, hold)
    _skips(reasons, state.hints, jitter, policy)
    return Schedule(
        next_poll_at=reasons.at,
        condition=condition,
        failures=failures,
        terms=reasons.told(),
        hold_until=hold,
        failing_since=since,
        absences=absences,
        absent_since=absent_since,
        movable_from=_movable_from(reasons, state, now, policy) if answer.ok else None,
    )


def _movable_from(reasons: _Reasons, state: FeedState, now: datetime, policy: Policy) -> datetime | None:
    """How early a surge of news may bring the poll forward; None where the time is somebody's word."""
    pushed = state.pushed_until is not None and state.pushed_until > now
    if policy.fixed or pushed or state.hints.skip_hours or state.hints.skip_days:
        return None
    return min(reasons.floor, reasons.at)


def put_off(state: FeedState, until: datetime, reason: str, now: datetime) -> Schedule:
    """The schedule of a feed that was not asked because its site wants quiet: nothing else changes."""
    at = max(until, now)
    return Schedule(
        next_poll_at=at,
        condition=state.condition,
        failures=state.failures,
        terms=(Term(name="put off", value=reason, at=at, won=True),),
        failing_since=state.failing_since,
        absences=state.absences,
        absent_since=state.absent_since,
    )


def after_delivery(state: FeedState, schedule: Schedule, now: datetime, policy: Policy) -> Schedule:
    """The plan after a hub brought something: ``schedule`` where nobody wants the poll that was planned.

    A delivery says nothing of whether the feed's own server answers. So what feeds.toml says, what a server
    asked for and what trouble led to stands, and so does a poll that is about to come, as one that takes the
    place of a delivery without news. Otherwise polls may become fewer, but never stay away for longer than
    ``max_interval``.
    """
    planned, since = state.next_poll_at, state.last_success
    held = state.hold_until is not None and state.hold_until > now
    healthy = state.condition is FeedCondition.OK and since is not None and not held
    if planned is not None and (policy.fixed or not healthy or planned - now <= ABOUT_TO_COME):
        stays = Term(name="planned", value="a delivery does not move this poll", at=planned, won=True)
        return replace(schedule, next_poll_at=planned, terms=(stays,), stands=True)
    return _no_later(schedule, (since or now) + policy.max_interval, now)


def _no_later(schedule: Schedule, latest: datetime, now: datetime) -> Schedule:
    """The schedule with its poll at ``latest`` where it would come later: what has just come was no poll."""
    at = max(latest, now)
    if schedule.next_poll_at is None or schedule.next_poll_at <= at:
        return schedule
    sure = Term(name="max_interval", value="a poll makes sure of what the hub brings", at=at, won=True)
    others = (replace(term, won=False) for term in schedule.terms)
    return replace(schedule, next_poll_at=at, terms=(*others, sure))


def sooner(plan: Plan, policy: Policy, now: datetime) -> datetime | None:
    """An earlier time for a poll that was planned under another policy; None where the plan may stand.

    It may where the feed skips what comes before. ``policy.next_cron`` is the first time after the last poll.
    """
    if policy.next_cron is not None:
        latest = policy.next_cron
    else:
        latest = plan.last_attempt + (policy.every or policy.max_interval)
    at = max(latest, plan.hold_until or latest)
    if policy.fixed or not (plan.hints.skip_hours or plan.hints.skip_days):
        return at if at < plan.next_poll_at else None
    at = _awake(max(at, now), plan.hints)
    return at if at + _late(policy) < plan.next_poll_at else None


def _absences(state: FeedState, answer: Answer, now: datetime) -> tuple[int, datetime | None]:
    """How often the feed was not there since it last was, and since when; other failures do not count."""
    if answer.ok:
        return 0, None
    if not _is_absent(answer):
        return state.absences, state.absent_since
    return state.absences + 1, state.absent_since or now


def _is_absent(answer: Answer) -> bool:
    return answer.status is not None and 400 <= answer.status < 500 and answer.status not in _NOT_ABSENT


def _condition(answer: Answer, absences: int, since: datetime | None, now: datetime) -> FeedCondition:
    if answer.ok:
        return FeedCondition.OK
    if answer.kind is FailureKind.BLOCKED:
        return FeedCondition.BLOCKED
    lasting = absences >= ABSENT_TIMES and since is not None and now - since >= ABSENT_FOR
    if lasting and _is_absent(answer):
        return FeedCondition.SUSPENDED
    return FeedCondition.FAILING


# ── when we would ask ────────────────────────────────────────────────────────────────────────


def _wish(
    reasons: _Reasons,
    state: FeedState,
    answer: Answer,
    arrivals: Sequence[datetime],
    now: datetime,
    jitter: float,
    policy: Policy,
) -> datetime | None:
    """Our own wish goes into ``reasons``; returned is the instant up to which hardly anything gets lost."""
    outlook = expect(state.rhythm, arrivals, now, stated=state.hints.update_interval)
    loss = _loss_bound(state, answer, outlook, now, policy)
    if policy.every is not None:
        reasons.choose("every", f"feeds.toml asks for {words(policy.every)}", now + policy.every)
    elif policy.next_cron is not None:
        reasons.choose("cron", "feeds.toml gives fixed times", policy.next_cron)
    else:
        _adaptive(reasons, state, outlook, loss, now, _spread(jitter, wide=answer.surge), policy)
        return loss and loss[0]
    if loss and loss[0] < reasons.at:
        reasons.note("loss", f"{loss[1]}, and feeds.toml wants longer: items may be missed", loss[0])
    return loss and loss[0]


def _adaptive(
    reasons: _Reasons,
    state: FeedState,
    outlook: Outlook,
    loss: tuple[datetime, str] | None,
    now: datetime,
    spread: float,
    policy: Policy,
) -> None:
    least, most = policy.min_interval, policy.max_interval
    wait = outlook.wait(policy.effort, most.total_seconds() / 3600) * spread
    reasons.choose("rhythm", outlook.words(), now + timedelta(hours=min(wait, 24 * 366)))
    if stated := state.hints.update_interval:
        value = f"the feed states {words(stated)} between updates"
        reasons.note("sy:updatePeriod", f"{value}; it counts while little is known", now + stated)
    if loss is not None:
        (reasons.choose if loss[0] < reasons.at else reasons.note)("loss", loss[1], loss[0])
    pushed = state.pushed_until
    if pushed is not None and pushed > now:
        safety = max(reasons.at, min(now + most, pushed))
        reasons.choose("push", f"the hub pushes; a poll every {words(most)} makes sure", safety)
    if reasons.at < now + least:
        at = now + min(least * max(1.0, spread), most)
        value = f"not under {words(least)}"
        if loss is not None and loss[0] < at:
            value += "; items may be missed"
        reasons.choose("min_interval", value, at)
    elif reasons.at > now + most:
        reasons.choose("max_interval", f"not over {words(most)}", now + most)


def _spread(jitter: float, *, wide: bool) -> float:
    """A factor for intervals; a wide one is 1 on the average."""
    return 0.5 + jitter if wide else 1 + SPREAD * jitter


def _loss_bound(
    state: FeedState, answer: Answer, outlook: Outlook, now: datetime, policy: Policy
) -> tuple[datetime, str] | None:
    """Until when the document holds whatever comes, but for a chance of 1 %, and that in words.

    None where it is not known how much the document holds. The count that comes is taken for a sum of
    batches: its variance is its mean times the batch. Each gap that was seen halves what is thought safe.
    """
    room = (answer.window or len(state.window)) - _SHARED
    if room < 1:
        return None
    spread = _DEVIATIONS * math.sqrt(outlook.batch)
    safe = ((math.sqrt(spread * spread + 4 * room) - spread) / 2) ** 2
    gaps = state.rhythm.gaps_left(now, GAP_HALF_LIFE)
    if answer.gap:
        gaps = max(gaps, 1.0)
    safe *= 0.5**gaps
    most = max(policy.max_interval, policy.every or policy.max_interval).total_seconds() / 3600
    hours = outlook.until_items(safe, most)
    value = f"the document's {room + _SHARED} entries last that long in 99 of 100 cases"
    if gaps >= 0.1:
        value = f"items were missed before, so shortened; {value}"
    return now + timedelta(hours=min(hours, 24 * 366)), value


# ── what the publisher asks for ──────────────────────────────────────────────────────────────


def _publisher(
    reasons: _Reasons,
    hints: FeedHints,
    headers: Mapping[str, str],
    loss: datetime | None,
    now: datetime,
    policy: Policy,
) -> None:
    """How long the publisher says that a copy may be kept.

    At most max_interval: it says that a copy is good enough, not that asking is unwelcome, and a year is what
    a CDN writes on everything. What feeds.toml says about the feed goes first.
    """
    fresh = fresh_for(headers, now)
    stated: list[tuple[str, timedelta]] = [("ttl", hints.ttl)] if hints.ttl else []
    if fresh is not None:
        stated.append((fresh[1], fresh[0]))
    for name, span in stated:
        bounded = min(span, policy.max_interval)
        at = now + bounded
        value = f"a copy may be kept for {words(span)}"
        if bounded < span:
            value += f", believed for {words(bounded)}"
        if policy.fixed:
            reasons.note(name, f"{value}; feeds.toml goes first", at)
            continue
        if loss is not None and reasons.at <= at and loss < at:
            value += "; items may be missed meanwhile"
        reasons.no_sooner(name, value, at)


def _skips(reasons: _Reasons, hints: FeedHints, jitter: float, policy: Policy) -> None:
    """skipHours and skipDays: a poll that falls into them moves to their end, whatever was learned.

    They name hours in which a program may stay away; so the user's own times go first.
    """
    if not (hints.skip_hours or hints.skip_days):
        return
    at = _awake(reasons.at, hints)
    if at <= reasons.at:
        return
    value = "the feed asks not to be polled until then"
    if policy.fixed:
        reasons.note("skipHours", f"{value}; feeds.toml goes first", at)
        return
    # everyone comes back at the full hour
    late = at + _late(policy) * jitter
    at = late if _awake(late, hints) == late else at
    reasons.choose("skipHours" if hints.skip_hours else "skipDays", value, at)


def _late(policy: Policy) -> timedelta:
    """How much later than at the end of skipped times a poll may be."""
    return min(policy.min_interval, timedelta(minutes=30))


def _awake(at: datetime, hints: FeedHints) -> datetime:
    """The first instant from ``at`` on that the feed does not skip; ``at`` where it skips them all."""
    if len(hints.skip_hours) >= 24 or len(hints.skip_days) >= 7:
        return at
    first = at
    for _ in range(8 * 24):
        if at.hour not in hints.skip_hours and at.weekday() not in hints.skip_days:
            return at
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return first


# ── failures ─────────────────────────────────────────────────────────────────────────────────


def _after_failure(
    reasons: _Reasons,
    answer: Answer,
    condition: FeedCondition,
    failures: int,
    held: bool,
    now: datetime,
    jitter: float,
    policy: Policy,
) -> None:
    if condition is FeedCondition.SUSPENDED:
        value = f"answered {answer.status} for {words(ABSENT_FOR)} and more, so once a week"
        reasons.choose("suspended", value, now + WEEKLY * (1 + SPREAD * jitter))
    else:
        _backoff(reasons, answer, failures, held, now, jitter, policy)


def _backoff(
    reasons: _Reasons,
    answer: Answer,
    failures: int,
    held: bool,
    now: datetime,
    jitter: float,
    policy: Policy,
) -> None:
    """interval + random(0 .. 2^n intervals), within min_interval and 24 hours."""
    interval = reasons.at - now
    if answer.status == 429 and not held:
        interval = max(interval, _TOO_MANY)
    wait = interval + interval * (2 ** min(failures, 12)) * jitter
    wait = max(policy.min_interval, min(wait, max(MAX_BACKOFF, interval)))
    times = "once" if failures == 1 else f"{failures} times"
    value = f"failed {times} in a row"
    if answer.status in {429, 503} and not held:
        value += f", now with {answer.status} and no word on how long"
    reasons.choose("backoff", value, now + wait)
