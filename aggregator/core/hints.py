"""What a feed document says about itself as a feed: when to ask again, who pushes, where its past lies.

Read from what stands outside the entries, so that a document whose known entries were cut away says the
same as the whole; and not by feedparser, which keeps the last hour of skipHours only.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urljoin

from aggregator.core.sanitize import unescaped
from aggregator.core.urls import resolve
from aggregator.model import FeedHints

#: an update interval that is shorter is a slip (a thousand times an hour); it is taken for this
LEAST: Final = timedelta(minutes=10)
#: what is longer is one too; nobody who publishes news means a year
MOST: Final = timedelta(days=31)
#: characters outside the entries that are looked at, at either end: hints stand in the first kilobytes
_LOOKED_AT: Final = 200_000
_HUBS: Final = 5
_PERIODS: Final = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS: Final = {
    name: number
    for number, name in enumerate(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    )
}
_HISTORY: Final = "http://purl.org/syndication/history/1.0"

_MARK = re.compile(
    r"<(?:(!\[CDATA\[)|(!--)|((?:[\w.-]+:)?(?:item|entry))(?=[\s/>])|(/(?:[\w.-]+:)?(?:item|entry))\s*>)"
)
_ELEMENT = re.compile(
    r"<(?:[\w.-]+:)?(ttl|updatePeriod|updateFrequency|hour|day)(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[)?([^<\]]{0,60})"
)
_LINK = re.compile(r"<(?:[\w.-]+:)?link(\s[^<>]*)>")
_ATTRIBUTE = re.compile(r"""([\w:.-]+)\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')""")
_BASE = re.compile(r"""<(?:[\w.-]+:)?(?:feed|rss|RDF)(?=\s)[^<>]*?\sxml:base\s*=\s*["']([^"'<>]*)["']""")
_COMPLETE = re.compile(r"<[\w.-]+:complete(?:\s[^<>]*)?/?>")


def of_xml(text: str) -> FeedHints:
    """The hints of an XML feed; addresses as written. Odd values count as none."""
    shell = _shell(text)
    values = _values(shell)
    links = _links(shell)
    return FeedHints(
        ttl=_ttl(values),
        update_interval=_update_interval(values),
        skip_hours=frozenset(
            int(hour) % 24
            for hour in values.get("hour", ())
            if hour.isdecimal() and len(hour) < 3 and int(hour) < 25
        ),
        skip_days=frozenset(_DAYS[day.lower()] for day in values.get("day", ()) if day.lower() in _DAYS),
        hubs=tuple(dict.fromkeys(links.get("hub", ())))[:_HUBS],
        self_url=links.get("self", [""])[0],
        archive_url=links.get("prev-archive", [""])[0],
        next_url=links.get("next", [""])[0],
        complete=_HISTORY in shell and bool(_COMPLETE.search(shell)),
    )


def of_json(document: Mapping[str, Any]) -> FeedHints:
    """The hints of a JSON Feed; addresses as written."""
    hubs = document.get("hubs")
    return FeedHints(
        hubs=tuple(
            dict.fromkeys(
                hub["url"]
                for hub in (hubs if isinstance(hubs, list) else ())
                if isinstance(hub, dict)
                and isinstance(hub.get("url"), str)
                and str(hub.get("type", "WebSub")).lower() in {"websub", "pubsubhubbub"}
            )
        )[:_HUBS],
        self_url=_string(document.get("feed_url")),
        next_url=_string(document.get("next_url")),
    )


def absolute(hints: FeedHints, url: str) -> FeedHints:
    """``hints`` of the document at ``url`` with its addresses made absolute; what is no http(s) goes."""
    if hints == FeedHints():
        return hints
    return replace(
        hints,
        hubs=tuple(hub for one in hints.hubs if (hub := resolve(url, one))),
        self_url=_resolved(url, hints.self_url),
        archive_url=_resolved(url, hints.archive_url),
        next_url=_resolved(url, hints.next_url),
    )


def _resolved(url: str, address: str) -> str:
    return resolve(url, address) if address else ""


def _string(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _shell(text: str) -> str:
    """What stands outside the entries and comments."""
    pieces: list[str] = []
    at = start = 0
    inside, size = False, 0
    while (mark := _MARK.search(text, at)) and size < _LOOKED_AT:
        at = mark.end()
        if mark[1] or mark[2]:
            end = text.find("]]>" if mark[1] else "-->", at)
            if end < 0:
                break
            at = end + 3
            if mark[2] and not inside:
                pieces.append(text[start : mark.start()])
                start = at
        elif mark[3] and not inside:
            pieces.append(text[start : mark.start()])
            size += len(pieces[-1])
            close = text.find(">", at)
            inside = not (close > 0 and text[close - 1] == "/")
            start = close + 1 if not inside else start
        elif mark[4] and inside:
            inside, start = False, at
    if not inside:
        pieces.append(text[start : start + _LOOKED_AT])
    return "".join(pieces)


def _values(shell: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in _ELEMENT.findall(shell):
        found.setdefault(name, []).append(value.strip())
    return found


def _links(shell: str) -> dict[str, list[str]]:
    """Addresses of the feed's own links, by relation."""
    base = _BASE.search(shell)
    found: dict[str, list[str]] = {}
    for link in _LINK.finditer(shell):
        attributes = {name: double or single for name, double, single in _ATTRIBUTE.findall(link[1])}
        href = unescaped(attributes.get("href", "")).strip()
        if not href:
            continue
        if base:
            href = _joined(unescaped(base[1]).strip(), href)
        for relation in attributes.get("rel", "").lower().split():
            found.setdefault(relation.rpartition("#")[2], []).append(href)
    return found


def _joined(base: str, href: str) -> str:
    try:
        return urljoin(base, href)
    except ValueError:
        return href


def _number(text: str) -> float | None:
    """A positive number; None for what is none, for 0 and for one without an end."""
    if not text.isascii() or len(text) > 12:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 < number < 10**9 else None


def _ttl(values: Mapping[str, list[str]]) -> timedelta | None:
    """Minutes that a copy may be kept."""
    minutes = _number(values.get("ttl", [""])[0])
    return min(timedelta(minutes=minutes), MOST) if minutes else None


def _update_interval(values: Mapping[str, list[str]]) -> timedelta | None:
    """updatePeriod over updateFrequency (RSS 1.0 syndication module); "always" and "dayly" say nothing.

    A frequency that is none counts as the module's default, one a period.
    """
    period = _PERIODS.get(values.get("updatePeriod", [""])[0].lower())
    if period is None:
        return None
    frequency = _number(values.get("updateFrequency", ["1"])[0]) or 1.0
    return min(max(period / max(frequency, 1.0), LEAST), MOST)
