"""Was something missed between two polls, and which items of an archive or a sitemap are it?"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from urllib.parse import urlsplit

from aggregator.core.sitemap import place
from aggregator.model import (
    Changes,
    FeedState,
    Filled,
    GapHow,
    KnownItem,
    NewGap,
    NewItem,
    OpenGap,
    ParsedItem,
)

#: items come into a feed a little before or after the instant that they state
MARGIN = timedelta(hours=1)
#: pauses between attempts where something failed that may pass
RETRIES = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
#: where the ages of the newest item at two polls differ by less, it may be dated by the poll
_SAME_AGE = timedelta(seconds=5)
#: old items that a document may keep at its head
_PINNED = 2

_MIDNIGHT = time()
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page that a sitemap lists: its canonical address, and when it was published or changed."""

    item: ParsedItem
    link: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one place said of a gap."""

    how: GapHow
    #: a sentence for the user: what was read, or why nothing was
    reason: str
    items: tuple[ParsedItem, ...] = ()
    #: whatever was missing is among ``items``, or was nowhere
    covers: bool = False
    #: it failed in a way that may pass
    may_pass: bool = False
    #: it is to be asked then, as its site wants quiet
    until: datetime | None = None


# ── opening ──────────────────────────────────────────────────────────────────────────────────


def missed(
    state: FeedState,
    changes: Changes,
    *,
    items: Sequence[ParsedItem],
    stored: Collection[KnownItem],
    shared: bool,
    alone: datetime | None = None,
    now: datetime,
) -> NewGap | None:
    """The gap between the document that ``state`` remembers and the present one; None: they touch.

    ``items`` are all of the present document that were parsed, ``stored`` those of the feed that they were
    compared with; ``shared``: some entries were known by their bytes; ``alone``: the date of the one item
    that the two documents share, if there is no other.
    """
    if state.last_success is None or not state.window or not items or state.hints.complete:
        return None
    touches = shared or changes.same or changes.changed or changes.moved
    if (touches and not _is_pinned(state, changes, alone)) or _renamed(changes, stored):
        return None
    after = state.arrivals[0] if state.arrivals else state.last_success
    dates = [min(item.published, now) for item in items if item.published is not None]
    later = [date for date in dates if date > after]
    if dates and not later:  # it went back to what was there before: an old copy, a test page
        return None
    if _go_back(dates, after):
        return NewGap(after=min(after, state.last_success), before=now)
    if dates and abs((now - max(dates)) - (state.last_success - after)) < _SAME_AGE:
        return NewGap(after=min(after, state.last_success), before=max(dates))
    return NewGap(after=after, before=min(later, default=now))


def _is_pinned(state: FeedState, changes: Changes, alone: datetime | None) -> bool:
    """Whether the one item that stayed says nothing: it is older than all that is new, and was among the
    older half of what was there before.
    """
    fresh = [keyed.parsed.published for keyed in changes.new if keyed.parsed.published is not None]
    if alone is None or not fresh or not state.arrivals or len(state.window) <= _PINNED:
        return False
    newer = state.arrivals[: max(1, len(state.window) // 2)]
    return alone < min(fresh) and alone < newer[-1]


def _go_back(dates: Sequence[datetime], after: datetime) -> bool:
    """Whether a good part of the document says to be older than what was there before, and was not there.

    Then its items are dated by when it is asked, and bound no gap. (One or two may be pinned.)
    """
    early = sum(date <= after for date in dates)
    return early > _PINNED and 4 * early >= len(dates)


def _renamed(changes: Changes, stored: Collection[KnownItem]) -> bool:
    """Whether most of what looks new has the address of a stored item: its guids were made anew."""
    links = {item.canonical_url for item in stored if item.canonical_url}
    known = sum(item.canonical_url in links for item in changes.new)
    return 2 * known > len(changes.new)


# ── what is of the gap ───────────────────────────────────────────────────────────────────────


def inside(gap: OpenGap, at: datetime | None) -> bool:
    """Whether an item of this date may have been missed; midnight stands for any time of its day."""
    return at is not None and _latest(at) >= gap.after - MARGIN and at <= gap.before + MARGIN


def _outside(gap: OpenGap, at: datetime | None) -> bool:
    """Whether the feed's documents have covered this date."""
    return at is not None and (_latest(at) <= gap.after or at >= gap.before)


def _latest(at: datetime) -> datetime:
    return at + timedelta(days=1) if at.time() == _MIDNIGHT else at


def belonging(
    gap: OpenGap, listed: Sequence[Listed], known: Collection[str]
) -> tuple[ParsedItem, ...] | None:
    """Of what a sitemap lists, that which this feed would have carried in the gap; None: it cannot be told.

    A sitemap lists a whole site, a feed perhaps one section. Which parts of the site are the feed's show the
    pages from before and after the gap: at least half of a folder's must be ``known`` (canonical addresses
    of the feed's items). A folder without any such page goes by all of them together.
    """
    shares: dict[str, list[bool]] = {}
    for page in listed:
        if _outside(gap, page.at):
            shares.setdefault(_folder(page.link), []).append(page.link in known)
    outside = [one for share in shares.values() for one in share]
    if not any(outside):
        return None
    return tuple(
        page.item
        for page in listed
        if inside(gap, page.at)
        and page.link not in known
        and _mostly(shares.get(_folder(page.link)) or outside)
    )


def older_page(url: str) -> str:
    """The next older page of a feed as WordPress serves them; "" for an address unlike that."""
    parts = urlsplit(url)
    if not parts.path.rstrip("/").endswith("/feed"):
        return ""
    number, others = 1, []
    for pair in filter(None, parts.query.split("&")):
        name, _, value = pair.partition("=")
        if name == "paged" and value.isdecimal():
            number = int(value)
        else:
            others.append(pair)
    return parts._replace(query="&".join([*others, f"paged={number + 1}"]), fragment="").geturl()


def end_of_archive(gap: OpenGap, items: Sequence[ParsedItem]) -> Source | None:
    """Whether the way back through an archive ends with a document of these items."""
    dates = [item.published for item in items if item.published is not None]
    if dates and min(dates) <= gap.after:
        reason = f"the feed's archive was read back to {minute(min(dates))}"
        return Source(how="archive", reason=reason, covers=True)
    return None


def unseen(
    items: Sequence[ParsedItem], stored: Sequence[bool], *, begun: bool
) -> tuple[tuple[ParsedItem, ...], bool]:
    """Without dates: what an archive's document has of the gap, newest first; does a stored item end it?

    ``begun``: missed items were met before it; until then, stored ones are of the feed's present document.
    """
    first = 0 if begun else next((at for at, known in enumerate(stored) if not known), len(items))
    end = next((at for at in range(first, len(items)) if stored[at]), len(items))
    return tuple(items[first:end]), end < len(items) or all(stored)


def together(sources: Sequence[Source], link_of: Callable[[str], str]) -> list[ParsedItem]:
    """What all sources gave, each item once; where two have it, as the first one has it."""
    found: dict[tuple[str, str, str], ParsedItem] = {}
    links: set[str] = set()
    for source in sources:
        fresh = [item for item in source.items if link_of(item.url) not in links]
        for item in fresh:
            found.setdefault((item.guid, item.url, item.title), item)
        links |= {link for item in fresh if (link := link_of(item.url))}
    return list(found.values())


def of_sitemap(
    gap: OpenGap,
    url: str,
    listed: Sequence[Listed],
    known: Collection[str],
    *,
    complete: bool,
    older: bool,
) -> Source:
    """What the sitemap at ``url`` says of the gap.

    ``complete``: nothing of it was left unread; ``older``: it also lists pages from well before the gap.
    """
    name, items = place(url), belonging(gap, listed, known)
    if items is None:
        return Source(how="sitemap", reason=f"{name} lists other pages than the feed")
    dates = [page.at for page in listed if page.at is not None]
    if not complete:
        reason = f"{name} names more sitemaps than could be read"
        return Source(how="sitemap", items=items, reason=reason, may_pass=True)
    if max(dates) < gap.before:
        reason = f"{name} does not reach up to {minute(gap.before)} yet"
        return Source(how="sitemap", items=items, reason=reason, may_pass=True)
    if not older and min(dates) > gap.after:
        reason = f"{name} reaches back to {minute(min(dates))} only"
        return Source(how="sitemap", items=items, reason=reason)
    if not items and _contradicts(gap, listed, known):
        reason = f"{name} has other dates than the feed"
        return Source(how="sitemap", reason=reason)
    return Source(how="sitemap", items=items, reason=f"{name} lists what was published then", covers=True)


def _contradicts(gap: OpenGap, listed: Sequence[Listed], known: Collection[str]) -> bool:
    """Whether a sitemap that has nothing for a gap cannot speak of it.

    It dates items of the feed into the gap, so the two do not mean the same time; and among those items it
    has other pages of their folders.
    """
    ours = [page.at for page in listed if page.link in known and page.at is not None]
    if not any(gap.after < at < gap.before for at in ours):
        return False
    shares: dict[str, list[bool]] = {}
    for page in listed:
        shares.setdefault(_folder(page.link), []).append(page.link in known)
    return any(
        page.at is not None
        and page.link not in known
        and page.at < max(ours)
        and _mostly(shares[_folder(page.link)])
        for page in listed
    )


def minute(at: datetime) -> str:
    """An instant as sentences name it."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _mostly(known: Sequence[bool]) -> bool:
    return 2 * sum(known) >= len(known)


def _folder(link: str) -> str:
    """Where on its site a page lies; numbers (of years, of articles) are all one."""
    return _DIGITS.sub("0", link.rpartition("/")[0])


# ── what becomes of it ───────────────────────────────────────────────────────────────────────


def decide(gap: OpenGap, sources: Sequence[Source], *, new: tuple[NewItem, ...], now: datetime) -> Filled:
    """Closed by the first source that covers the gap; tried again where that may help; else given up."""
    filled = Filled(
        gap_id=gap.id,
        feed_id=gap.feed_id,
        at=now,
        after=gap.after,
        before=gap.before,
        new=new,
        attempts=gap.attempts,
    )
    for source in sources:
        if source.covers:
            return replace(filled, how=source.how, reason=source.reason)
    reason = "; ".join(source.reason for source in sources if source.reason)
    waits = [source.until for source in sources if source.until is not None]
    if waits:
        return replace(filled, reason=reason, due_at=max(now, min(waits)))
    if gap.attempts < len(RETRIES) and any(source.may_pass for source in sources):
        return replace(filled, reason=reason, attempts=gap.attempts + 1, due_at=now + RETRIES[gap.attempts])
    return replace(filled, reason=reason, attempts=gap.attempts + 1, how="given up")
