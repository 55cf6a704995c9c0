"""Which of the items that a search finds comes first? Where and how often they say it, and how new it is."""

from datetime import datetime, timedelta

from aggregator.core.query import Fields, Query, Term

#: how much a word counts in title and summary; in the text once, in a long one less
_TITLE, _SUMMARY = 8.0, 2.0
#: words of a text of usual length
_USUAL = 400
#: what makes half of a word's weight: more of the same adds less and less (as in BM25)
_HALF = 4.0
#: the age at which news has lost half of what it can lose, and what the oldest keep
_AGEING = timedelta(days=14)
_OLDEST = 0.4

#: words of each field that are looked at: what a text says late adds little
LOOKED_AT = (200, 400, 1_500)


def rank(query: Query, fields: Fields, sort_at: datetime, now: datetime) -> float:
    """0 to 1, the best has the most: relevance times freshness."""
    return relevance(query, fields) * freshness(sort_at, now)


def relevance(query: Query, fields: Fields) -> float:
    """0 to 1, the mean over what was asked for; 1 where only keys were, such as ``outlet:``."""
    if not query.wanted:
        return 1.0
    length = fields.text.count(" ") / _USUAL
    weights = [sum(_weight(term, fields, length) for term in group) for group in query.wanted]
    return sum(weight / (weight + _HALF) for weight in weights) / len(weights)


def _weight(term: Term, fields: Fields, length: float) -> float:
    pattern = term.pattern
    weight = _TITLE * fields.title.count(pattern)
    if not term.title:
        weight += _SUMMARY * fields.summary.count(pattern)
        weight += fields.text.count(pattern) / (0.5 + 0.5 * length)
    return weight


def freshness(sort_at: datetime, now: datetime) -> float:
    """1 for what is new, towards 0.4 for what is old."""
    age = max(now - sort_at, timedelta(0)) / _AGEING
    return float(_OLDEST + (1 - _OLDEST) * 0.5**age)
