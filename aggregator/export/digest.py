"""What several hours or days brought, as one text and as one page for mail programs.

Times are absolute: a mail is read later than it is written.
"""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from typing import Any

from aggregator.core.urls import is_http
from aggregator.export.stories import story_dict
from aggregator.export.text import iso, language_tag, printable
from aggregator.model import Item
from aggregator.model.coverage import Coverage

_WIDTH = 76
#: characters of a summary: a digest is to be skimmed
_SUMMARY = 400
#: further outlets that are named with their headlines
_ALSO = 6
_HASHTAGS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The stories of a window of time, in the order in which they are told."""

    title: str
    since: datetime
    until: datetime
    #: of several outlets, the latest first
    several: tuple[Coverage, ...]
    #: of one each
    single: tuple[Coverage, ...]
    #: stories of the window that are not told
    more: int
    timezone: tzinfo
    #: where more of it is to be read, "" without
    home_url: str = ""

    @property
    def stories(self) -> tuple[Coverage, ...]:
        """All that is told."""
        return self.several + self.single


# ── words ────────────────────────────────────────────────────────────────────────────────────


def subject(digest: Digest) -> str:
    """``News, Sat 31 January 2026: Bridge opens, and 11 more stories``."""
    day = f"{digest.until.astimezone(digest.timezone):%a %-d %B %Y}"
    first, others = digest.stories[0], len(digest.stories) - 1 + digest.more
    also = f", and {_stories(others, 'more ')}" if others else ""
    return _line(f"{digest.title}, {day}: {first.story.headline}{also}")


def _stories(count: int, more: str = "") -> str:
    return f"{count} {more}{'story' if count == 1 else 'stories'}"


def _line(text: str) -> str:
    return " ".join(printable(text).split())


def _when(at: datetime, digest: Digest) -> str:
    return f"{at.astimezone(digest.timezone):%a %-d %b %Y, %H:%M}"


def _window(digest: Digest) -> str:
    count = _stories(len(digest.stories) + digest.more)
    span = f"{_when(digest.since, digest)} to {_when(digest.until, digest)}"
    return f"{count}, {span}. Times are of {digest.timezone}."


def _more(digest: Digest) -> str:
    return f"{_stories(digest.more, 'more ')} in this time." if digest.more else ""


def _sections(digest: Digest) -> Iterator[tuple[str, tuple[Coverage, ...]]]:
    for title, coverage in (("At several outlets", digest.several), ("More news", digest.single)):
        if coverage:
            yield title if digest.several else "News", coverage


def _summary(item: Item) -> str:
    return textwrap.shorten(_line(item.summary), _SUMMARY, placeholder=" …")


def _also(coverage: Coverage) -> tuple[Sequence[Item], str]:
    """The other outlets' articles, and how many are not named."""
    others = [item for item in coverage.one_each if item.outlet != coverage.lead.outlet]
    more = len(others) - _ALSO
    return others[:_ALSO], f"and {more} more" if more > 0 else ""


def _hashtags(coverage: Coverage) -> str:
    return " ".join(f"#{_line(tag.label)}" for tag in coverage.hashtags[:_HASHTAGS])


def _link(item: Item) -> str:
    return item.url if is_http(item.url) else ""


# ── as plain text ────────────────────────────────────────────────────────────────────────────


def text(digest: Digest) -> str:
    """For terminals, and for mail programs that show no HTML."""
    blocks = [f"{_line(digest.title)}\n{_wrapped(_window(digest))}"]
    for title, coverage in _sections(digest):
        blocks.append(f"{title}\n{'-' * len(title)}")
        blocks += [_story_text(one, digest) for one in coverage]
    blocks += filter(None, [_more(digest), digest.home_url])
    return "\n\n".join(blocks) + "\n"


def _story_text(coverage: Coverage, digest: Digest) -> str:
    lead = coverage.lead
    others, more = _also(coverage)
    parts = [
        _wrapped(_line(coverage.story.headline)),
        _wrapped(f"{lead.outlet}, {_when(lead.sort_at, digest)}", "  "),
        _wrapped(_summary(lead), "  "),
        f"  {_link(lead)}" if _link(lead) else "",
        _wrapped(_hashtags(coverage), "  "),
        *[_also_text(item) for item in others],
        f"  {more}" if more else "",
    ]
    return "\n".join(part for part in parts if part)


def _also_text(item: Item) -> str:
    told = _wrapped(_line(f"{item.outlet}: {item.title}"), "    ")
    told = f"  * {told[4:]}"
    return f"{told}\n    {_link(item)}" if _link(item) else told


def _wrapped(words: str, indent: str = "") -> str:
    return textwrap.fill(
        words,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


# ── as HTML ──────────────────────────────────────────────────────────────────────────────────


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("aggregator.export", "templates")
    made = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return made.get_template("digest.html")


def html(digest: Digest) -> str:
    """One page without scripts, pictures or anything else that is fetched; everything foreign is escaped."""
    sections = [
        {"title": title, "stories": [_story_values(one, digest) for one in coverage]}
        for title, coverage in _sections(digest)
    ]
    rendered: str = _template().render(
        title=_line(digest.title),
        window=_window(digest),
        sections=sections,
        more=_more(digest),
        home_url=digest.home_url if is_http(digest.home_url) else "",
    )
    return rendered + "\n"


def _story_values(coverage: Coverage, digest: Digest) -> dict[str, Any]:
    lead, (others, more) = coverage.lead, _also(coverage)
    return {
        "headline": _line(coverage.story.headline),
        "language": language_tag(coverage.story.language) or "",
        "url": _link(lead),
        "outlet": _line(lead.outlet),
        "at": iso(lead.sort_at),
        "when": _when(lead.sort_at, digest),
        "summary": _summary(lead),
        "hashtags": _hashtags(coverage),
        "also": [
            {"outlet": _line(one.outlet), "title": _line(one.title) or _link(one), "url": _link(one)}
            for one in others
        ],
        "more": more,
    }


# ── for programs ─────────────────────────────────────────────────────────────────────────────


def digest_dict(digest: Digest) -> dict[str, Any]:
    """The object that ``aggregator digest --json`` prints; each story as in ``export jsonl --stories``."""
    return {
        "title": digest.title,
        "since": iso(digest.since),
        "until": iso(digest.until),
        "stories": _dicts(digest.stories),
        "more": digest.more,
    }


def _dicts(coverage: Iterable[Coverage]) -> list[dict[str, Any]]:
    return [story_dict(one) for one in coverage]
