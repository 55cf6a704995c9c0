"""What should the keeper of an outlet know today, and what can be done about it?"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from aggregator.core.drift import is_silence
from aggregator.core.polling import words
from aggregator.model import FeedCondition, FeedHealth, Gap, HealthEvent, HealthKind
from aggregator.model.learning import Decline, Fared

#: a feed that fails for less is left to its backoff
PATIENCE = timedelta(hours=24)
#: how long ago a gap may have been given up
_TODAY = timedelta(days=1)
#: the worst first
_ORDER: tuple[HealthKind, ...] = ("died", "blocked", "drifted", "silent", "extraction", "gap")
#: sentences of one event
_MOST = 3


def events(
    feeds: Iterable[FeedHealth],
    gaps: Iterable[Gap],
    now: datetime,
    *,
    followed: Collection[str] = (),
    worse: Iterable[Fared] = (),
) -> tuple[HealthEvent, ...]:
    """One event for each outlet of which something is to be said; its worst trouble comes first.

    ``followed`` are feeds that nobody listed, found on their outlet's page: what is found there in the place
    of a dead one is polled without being asked for. ``worse`` are the sites whose pages give worse texts.
    """
    declined = {one.outlet: one for one in worse}
    by_outlet: dict[str, list[FeedHealth]] = {}
    for feed in feeds:
        if feed.listed:
            by_outlet.setdefault(feed.outlet, []).append(feed)
    lost: dict[str, list[Gap]] = {}
    for gap in gaps:
        if gap.how == "given up" and gap.closed_at is not None and now - gap.closed_at < _TODAY:
            lost.setdefault(gap.feed, []).append(gap)
    told = (
        _event(outlet, theirs, lost, now, followed, declined.get(outlet))
        for outlet, theirs in by_outlet.items()
    )
    return tuple(event for event in told if event is not None)


def _event(
    outlet: str,
    feeds: Sequence[FeedHealth],
    lost: dict[str, list[Gap]],
    now: datetime,
    followed: Collection[str],
    declined: Fared | None,
) -> HealthEvent | None:
    found: list[tuple[HealthKind, str]] = []
    if declined is not None and declined.decline is not None:
        found.append(("extraction", _worse(declined, declined.decline)))
    for feed in feeds:
        name = f"its feed {feed.feed}" if len(feeds) > 1 else "its feed"
        trouble = _trouble(feed, name, now, followed=feed.feed in followed)
        if trouble is not None:
            found.append(trouble)
        found += [("gap", _lost(gap, name)) for gap in lost.get(feed.feed, ())[:1]]
    if not found:
        return None
    found.sort(key=lambda trouble: _ORDER.index(trouble[0]))
    sentences = [text for _, text in found[:_MOST]]
    if len(found) > _MOST:
        sentences.append(f'and {len(found) - _MOST} more: see "aggregator outlets"')
    return HealthEvent(outlet=outlet, at=now, kind=found[0][0], text="; ".join(sentences))


def _trouble(feed: FeedHealth, name: str, now: datetime, *, followed: bool) -> tuple[HealthKind, str] | None:
    """What is wrong with a feed and what to do; None while all is well, or may be well again soon."""
    since = f" for {words(now - feed.failing_since)}" if feed.failing_since else ""
    lasting = feed.failing_since is not None and now - feed.failing_since >= PATIENCE
    look = f'see "aggregator outlets {_quoted(feed.outlet)}"'
    replace = f'put its new address into feeds.toml, or run "aggregator remove {_quoted(feed.outlet)}"'
    match feed.condition:
        case FeedCondition.GONE | FeedCondition.SUSPENDED if followed and feed.offers:
            gone = feed.condition is FeedCondition.GONE
            what = "answers 410 Gone" if gone else f"has failed{since}: {feed.reason}"
            taken = f"its home page links {feed.offers[0].url}, which is polled from now on"
            return "died", f"{name} {what}; {taken}"
        case FeedCondition.GONE:
            return "died", f"{name} answers 410 Gone and is not polled any more; {_offer(feed, replace)}"
        case FeedCondition.SUSPENDED:
            told = (
                f"{name} has failed{since}: {feed.reason}; it is asked once a week; {_offer(feed, replace)}"
            )
            return "died", told
        case FeedCondition.BLOCKED if lasting:
            asked = "ask its publisher to let feed readers in, or list another feed"
            return "blocked", f"{name} has been {feed.reason}{since}; {_offer(feed, asked)}"
        case FeedCondition.FAILING if lasting:
            return "died", f"{name} has failed{since}: {feed.reason}; {_offer(feed, look)}"
    if not feed.suspicion:
        return None
    if is_silence(feed.suspicion):
        return "silent", f"{name} has been {feed.suspicion}; {_offer(feed, 'see whether its page has news')}"
    return "drifted", f"{name} may have died: {feed.suspicion}; {_offer(feed, 'look at its latest items')}"


def _offer(feed: FeedHealth, otherwise: str) -> str:
    """The remedy: a feed that was found in its place, or what else there is to do."""
    if not feed.offers:
        return otherwise
    url = feed.offers[0].url
    return f'its home page links {url}: run "aggregator add {url}"'


def _lost(gap: Gap, name: str) -> str:
    between = f"{gap.after:%-d %B %H:%M} and {gap.before:%-d %B %H:%M} UTC"
    why = f" ({gap.reason})" if gap.reason else ""
    return f"items of {name} from between {between} were not found again{why}"


def _worse(pages: Fared, decline: Decline) -> str:
    name = _quoted(pages.outlet)
    look = f'its pages may look different now; see "aggregator outlets {name} --boilerplate"'
    since = f"{decline.since:%-d %B}"
    return f"the texts of its pages on {pages.site} got worse since {since}: {decline.reason}; {look}"


def _quoted(name: str) -> str:
    return f"'{name}'" if " " in name else name
