"""Has a feed died although it answers? What a document says against what its feed used to be, and silence.

A sign must be worth a person's minute: a new suffix, another case or a quiet weekend is none.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from itertools import pairwise
from urllib.parse import urlsplit

from aggregator.core.polling import words
from aggregator.core.urls import site_key
from aggregator.model import FeedState, ParsedFeed, Rhythm

#: words of a title that any feed may have
# fmt: off
_COMMON = frozenset({
    "a", "all", "and", "articles", "atom", "blog", "com", "comments", "feed", "feeds", "for", "front",
    "from", "full", "head", "headlines", "home", "homepage", "in", "latest", "main", "new", "news", "of",
    "official", "on", "online", "page", "posts", "recent", "rss", "site", "stories", "story", "the",
    "title", "top", "update", "updates", "website", "www", "xml",
})
# fmt: on
#: what registrars and hosting companies put in the place of a site
_PARKED = re.compile(
    r"\b(?:domain|web ?site|site)(?: name)? (?:is |may be |might be |has )?(?:now )?"
    r"(?:for sale|parked|expired|suspended)\b|\bbuy this domain\b|\bparked domain\b|\bdomain parking\b"
    r"|\bthis (?:account|page|site|web ?site) (?:has been|is) (?:suspended|disabled|parked|expired)\b"
    r"|\baccount suspended\b|\b(?:web ?site|site|page) (?:is )?(?:coming soon|under construction)\b"
    r"|\bwelcome to nginx\b|\bdefault web ?page\b|\bapache2? \w+ default page\b",
    re.IGNORECASE,
)
# fmt: off
_PARKING_SITES = frozenset({
    "above.com", "afternic.com", "bodis.com", "dan.com", "domainmarket.com", "hugedomains.com",
    "parkingcrew.net", "sav.com", "sedo.com", "sedoparking.com", "undeveloped.com",
})
# fmt: on

#: a document with fewer entries than this says nothing when it shrinks …
_FULL = 20
#: … to so few
_EMPTY = 2
#: entries that span less than this come and go by the day
_TURNOVER = timedelta(days=3)

#: no shorter silence is worth a word
SHORTEST_SILENCE = timedelta(days=3)
#: … and none before a feed was watched for so long
_FIRST_LOOK = timedelta(days=1)
#: a silence as likely as this is no chance any more: a feed has hundreds a year, of which none should be told
_CHANCE = 0.0001
#: items that come within this are one event: publishers work in batches
_BATCH = timedelta(hours=1)
#: events that a rhythm can be judged from
_ENOUGH = 10
_SILENT = "silent for "


def changed(
    state: FeedState,
    parsed: ParsedFeed,
    final_url: str,
    *,
    entries: int,
    kept: int,
    language: str | None = None,
) -> str | None:
    """Why a feed that answered may not be what it was; None: leave what was said of it; "": no longer silent.

    ``parsed`` may be a part of the document: ``entries`` counts what the whole of it holds, ``kept`` how many
    of those are stored already. ``language`` is what feeds.toml says: the feed's own does not matter then.
    """
    if state.last_success is None:
        return None
    title = _title_change(state.title, parsed.title) if not kept else ""
    signs = [
        _parking(state, parsed, final_url, entries),
        _reset(state, entries),
        title,
        _other_site(state, parsed) if title or _says_nothing(parsed.title) else "",
        "" if language else _other_language(state.language, parsed.language),
    ]
    told = "; ".join(sign for sign in signs if sign)
    if told:
        return told
    return "" if is_silence(state.suspicion) and entries > kept else None


def _title_change(before: str, now: str) -> str:
    return (
        "" if _same_title(before, now) else f'it calls itself "{_short(now)}" now, it was "{_short(before)}"'
    )


def _same_title(one: str, other: str) -> bool:
    """Whether two titles may be of one feed; one that says nothing may be of any."""
    mine, others = _telling(one), _telling(other)
    if not mine or not others:
        return True
    if 2 * len(mine & others) >= min(len(mine), len(others)):
        return True
    compact, other_compact = "".join(_tokens(one)), "".join(_tokens(other))
    if compact in other_compact or other_compact in compact:
        return True
    return SequenceMatcher(None, compact, other_compact).ratio() >= 0.6


def _tokens(title: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", title[:300]).casefold()
    return re.findall(r"[^\W\d_]+", "".join(char for char in plain if not unicodedata.combining(char)))


def _telling(title: str) -> set[str]:
    return set(_tokens(title)) - _COMMON


def _says_nothing(title: str) -> bool:
    return not _telling(title)


def _short(title: str) -> str:
    title = " ".join(title.split())
    return title if len(title) <= 60 else title[:59] + "…"


def _parking(state: FeedState, parsed: ParsedFeed, final_url: str, entries: int) -> str:
    """A registrar's page in the form of a feed."""
    if site_key(final_url) in _PARKING_SITES - {site_key(state.url)}:
        return f"it is answered by {site_key(final_url)}, where domains are sold"
    texts = [parsed.title]
    if entries <= _EMPTY:
        texts += [item.title for item in parsed.items]
    for text in texts:
        if _PARKED.search(text) and not _PARKED.search(state.title):
            return f'it looks parked: "{_short(text)}"'
    return ""


def _reset(state: FeedState, entries: int) -> str:
    """A document that always was full and is all but empty now."""
    before = len(state.window)
    if before < _FULL or entries > _EMPTY or _turns_over(state.arrivals, before):
        return ""
    return f"it held {before} items, now {entries or 'none'}"


def _turns_over(arrivals: Sequence[datetime], entries: int) -> bool:
    """Whether a document of so many entries is a new one every few days by nature."""
    if len(arrivals) < min(entries, _FULL):
        return False
    return arrivals[0] - arrivals[min(entries, len(arrivals)) - 1] < _TURNOVER


def _other_site(state: FeedState, parsed: ParsedFeed) -> str:
    before, now = (site_key(url).removeprefix("www.") for url in (state.site_url, parsed.url))
    if not before or not now or before == now:
        return ""
    return f"its site is {urlsplit(parsed.url).hostname} now, it was {urlsplit(state.site_url).hostname}"


def _other_language(before: str | None, now: str | None) -> str:
    if not before or not now or _primary(before) == _primary(now):
        return ""
    return f'its language is "{_short(now)}" now, it was "{_short(before)}"'


def _primary(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].strip().casefold()


# ── silence ──────────────────────────────────────────────────────────────────────────────────


def silent(arrivals: Sequence[datetime], now: datetime, rhythm: Rhythm | None = None) -> str:
    """A sentence when nothing has come for longer than chance explains, "" otherwise.

    ``arrivals``, newest first, are the feed's newest items. Of n events in a time S, the chance that the next
    one is more than T away is (S / (S + T))^n, whatever the rate is: the fewer events, the longer we wait.
    Nights and weekends of a learned ``rhythm`` do not count as silence, and twice the longest pause that
    there was before is waited for. Nothing is said on the day of a first look, or of an item: dates may lie
    days back.
    """
    events = _events(arrivals)
    if len(events) < _ENOUGH or (rhythm and rhythm.until and now - rhythm.until < _FIRST_LOOK):
        return ""
    quiet = now - events[0]
    pauses = [later - earlier for later, earlier in pairwise(events)]
    span = events[0] - events[-1]
    if quiet < SHORTEST_SILENCE or quiet < 2 * max(pauses):
        return ""
    awake = _awake(rhythm, events[0], now)
    if awake < SHORTEST_SILENCE * 0.75:
        return ""
    chance = float((span / (span + awake)) ** len(pauses))
    if chance >= _CHANCE:
        return ""
    known = words(arrivals[0] - arrivals[-1])
    return f"{_SILENT}{words(quiet)}; before that {len(arrivals)} items came in {known}"


def is_silence(suspicion: str) -> bool:
    """Whether a stored sentence is one of :func:`silent`."""
    return suspicion.startswith(_SILENT)


def _events(arrivals: Sequence[datetime]) -> list[datetime]:
    """The arrivals without those that belong to the batch of a later one."""
    events: list[datetime] = []
    for at in sorted(arrivals, reverse=True):
        if not events or events[-1] - at >= _BATCH:
            events.append(at)
    return events


def _awake(rhythm: Rhythm | None, since: datetime, until: datetime) -> timedelta:
    """The time between two instants, each hour weighted by what usually comes in it."""
    counts = rhythm.counts if rhythm is not None else ()
    total = sum(counts)
    if len(counts) != 168 or total <= 0:
        return until - since
    weeks, rest = divmod(until - since, timedelta(weeks=1))
    hours = weeks * 168.0
    at, left = since.weekday() * 24 + since.hour, rest / timedelta(hours=1)
    while left > 0:
        hours += counts[at % 168] / total * 168 * min(1.0, left)
        at, left = at + 1, left - 1
    return timedelta(hours=hours)
