"""What was learned of an outlet's pages: what is cut from its articles, and how their texts fare."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

from aggregator.cli import output
from aggregator.cli.command import Run
from aggregator.cli.feed_rows import instant
from aggregator.cli.times import ago

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.model.learning import Fared, Line, Look, Profile
    from aggregator.store import Store

#: sites of an outlet, lines and places of a site that are told
_SITES, _LINES, _PLACES = 5, 40, 8
#: pages that a score over time is the middle of
_STRETCH = 10
_KINDS = {
    "block": "",
    "end": "at the end of paragraphs",
    "start": "at the start of paragraphs",
    "label": "with a link",
}


def show(run: Run, outlet: str, store: "Store") -> None:
    """Everything that was learned, for people or as one JSON object a site."""
    sites = store.fared(outlet)
    if run.json:
        for site in sites:
            output.print_json(_json(site))
        return
    told = [site for site in sites if site.profile is not None] or list(sites)
    if not told:
        output.tell(
            f"No page of {outlet} has been read yet: its feed carries the full text, or full_text is never."
        )
    for site in told[:_SITES]:
        _print_site(site, run.now)
    if len(told) > _SITES:
        output.print_line(f"… and {len(told) - _SITES} sites more.")


def _print_site(site: "Fared", now: "datetime") -> None:
    output.print_line(f"{site.site}: {_pages(site.pages)} read, the last {ago(site.read_at, now)}")
    if site.decline is not None:
        output.print_line(f"  Worse since {ago(site.decline.since, now)}: {site.decline.reason}.")
    scores = " ".join(f"{score:.2f}" for score in _scores(site.looks))
    if any(look.score for look in site.looks):
        output.print_line(f"  How sure the texts are, oldest to newest: {scores}")
    profile = site.profile
    if profile is None:
        output.print_line("  Nothing is learned yet: that takes three different articles.")
    else:
        _print_profile(profile, now)
    output.print_line()


def _print_profile(profile: "Profile", now: "datetime") -> None:
    output.print_line(f"  Learned from {_articles(profile.articles)}, {ago(profile.learned_at, now)}")
    for place in profile.content[:_PLACES]:
        output.print_line(
            f"  Articles stand in {place.path.replace('>', ' > ')} ({place.share:.0%} of what is there)"
        )
    if not profile.lines:
        output.print_line("  Nothing is cut: its pages repeat nothing inside the articles.")
        return
    rows = [
        (
            output.cell(_words(line)),
            f"{line.articles} of {max(profile.articles, line.articles)}",
            ago(line.since, now),
        )
        for line in profile.lines[:_LINES]
    ]
    output.console().print(
        output.table(("Cut from its articles", "Pages#", "Since"), rows, fold="Cut from its articles")
    )
    if len(profile.lines) > _LINES:
        output.print_line(f"  … and {len(profile.lines) - _LINES} more; --json tells all.")


def _words(line: "Line") -> str:
    kind = _KINDS[line.kind]
    return f"{line.text} ({kind})" if kind else line.text


def _pages(count: int) -> str:
    return "1 page" if count == 1 else f"{count} pages"


def _articles(count: int) -> str:
    return "1 article" if count == 1 else f"{count} articles"


def _scores(looks: "Sequence[Look]") -> "Iterator[float]":
    """The middle score of each stretch of pages."""
    for start in range(0, len(looks), _STRETCH):
        scores = [look.score for look in looks[start : start + _STRETCH] if look.score is not None]
        if scores:
            yield median(scores) / 1000


def _json(site: "Fared") -> dict[str, Any]:
    profile, decline = site.profile, site.decline
    return {
        "outlet": site.outlet,
        "site": site.site,
        "pages": site.pages,
        "last_read": instant(site.read_at),
        "learned_at": instant(profile.learned_at) if profile else None,
        "learned_from": profile.articles if profile else 0,
        "cut": [
            {
                "kind": line.kind,
                "text": line.text,
                "articles": line.articles,
                "since": instant(line.since),
                "seen": instant(line.seen),
            }
            for line in (profile.lines if profile else ())
        ],
        "content": [
            {"path": place.path, "articles": place.articles, "share": place.share}
            for place in (profile.content if profile else ())
        ],
        "teasers": list(profile.teasers) if profile else [],
        "scores": [round(score, 3) for score in _scores(site.looks)],
        "worse": None if decline is None else {"since": instant(decline.since), "reason": decline.reason},
    }
