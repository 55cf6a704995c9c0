"""Did the texts of an outlet's pages get worse? The latest pages against those before them.

A page that changed its template still gives some text. What tells is that the scores of the extraction, the
lengths of the texts or the share of pages without a text leave what was usual, clearly and for several pages.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import log
from statistics import median
from typing import Final

from aggregator.model.learning import Decline, Look

#: looks of a site that are kept
KEPT: Final = 120
#: the latest pages that are judged, and those before that say what is usual
_LATEST: Final = 10
_USUAL: Final = 20
_MOST_USUAL: Final = 60
#: scales of the usual spread that a median must leave, and by how much at least
_SPREADS: Final = 3.0
_SCORE: Final = 150
_WORDS: Final = log(2.5)
#: shares of pages without a text: at least this now, at most that before
_FAILED, _SELDOM = 0.5, 0.15
#: after so long it is how the pages are
_ACCEPTED: Final = timedelta(days=30)
#: makes the median of distances comparable with a standard deviation
_NORMAL: Final = 1.4826


def judge(looks: Sequence[Look], known: Decline | None, now: datetime) -> Decline | None:
    """Why the latest pages are worse than those before, None while they are not; ``looks``, oldest first.

    One that is ``known`` stays until the pages are as they were before it, or for a month.
    """
    if known is not None:
        if now - known.since >= _ACCEPTED:
            return None
        latest = [look for look in looks if look.at >= known.since][-_LATEST:]
        return known if len(latest) < _LATEST or _worse(latest, known.usual) else None
    latest = list(looks[-_LATEST:])
    usual = tuple(looks[-_LATEST - _MOST_USUAL : -_LATEST])
    if len(usual) < _USUAL or (reason := _worse(latest, usual)) == "":
        return None
    return Decline(since=latest[0].at, reason=reason, usual=usual)


def _worse(latest: Sequence[Look], usual: Sequence[Look]) -> str:
    """In words what is worse, "" when nothing is."""
    failed, failed_before = (_share_failed(looks) for looks in (latest, usual))
    if failed >= _FAILED and failed_before <= _SELDOM:
        return f"{failed:.0%} of them give no text, {failed_before:.0%} did before"
    scores, before = _scores(latest), _scores(usual)
    if _fell(scores, before, _SCORE):
        return f"their texts score {median(scores) / 1000:.2f}, {median(before) / 1000:.2f} before"
    words, words_before = _lengths(latest), _lengths(usual)
    if _fell(words, words_before, _WORDS):
        told = [round(2.718281828459045 ** median(logs)) for logs in (words, words_before)]
        return f"their texts have {told[0]} words, {told[1]} before"
    return ""


def _share_failed(looks: Sequence[Look]) -> float:
    return sum(look.score is None for look in looks) / len(looks)


def _scores(looks: Sequence[Look]) -> list[float]:
    return [float(look.score) for look in looks if look.score is not None]


def _lengths(looks: Sequence[Look]) -> list[float]:
    return [log(max(look.words, 1)) for look in looks if look.score is not None]


def _fell(latest: Sequence[float], usual: Sequence[float], least: float) -> bool:
    """Whether the median left what was usual, by more than its spread explains."""
    if not latest or not usual:
        return False
    middle = median(usual)
    spread = _NORMAL * median(abs(value - middle) for value in usual)
    return median(latest) < middle - max(least, _SPREADS * spread)
