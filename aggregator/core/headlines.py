"""Do two texts that share most of their words tell of different things? What differs says so.

A death notice, an episode's show notes, a quake bulletin: one form, filled in each time. What is shared is
the form; so what differs is judged, the headlines with it. Headlines alone never hold texts together nor
part them: an outlet writes its own above an agency's report.
"""

from collections.abc import Sequence, Set
from re import Match

from aggregator.core.sketch import pieces

#: words of a headline that the other lacks, of all its words: with fewer it is the same, reworded
_OWN = 0.25
#: at another outlet: headlines that share more than this of either are two of one report
_RELATED = 0.34
#: shorter words are in every text
_WORD = 4
#: names and numbers among the words that differ, where little else does
_DENSE = 0.5


def tell_of_others(
    titles: tuple[str, str],
    texts: tuple[Sequence[Match[str]], Sequence[Match[str]]],
    shared: tuple[bytearray, bytearray],
    *,
    one_house: bool,
) -> bool:
    """Whether two texts are of one form, by what differs of them.

    ``texts``: their words; ``shared``: which of these stand in both, in runs. Within one house it is enough
    that headlines and beginnings differ. At another both headlines must speak of what differs, and of
    nothing that is shared: it may have written a lead and a headline of its own.
    """
    one, other = (_words(title) for title in titles)
    own = one - other, other - one
    if any(len(mine) < _OWN * len(all_) or not mine for mine, all_ in zip(own, (one, other), strict=True)):
        return False
    if one_house and not (shared[0][0] or shared[1][0]):
        return True
    if not one_house and len(one & other) > _RELATED * min(len(one), len(other)):
        return False
    least, most = (0.0, 0.5) if one_house else (0.5, 0.25)
    sides = tuple(zip(own, texts, shared, strict=True))
    if all(_is_told_by_difference(mine, text, same, least, most) for mine, text, same in sides):
        return True
    return one_house and all(_is_dense(text, same) for _, text, same in sides)


def _words(title: str) -> Set[str]:
    return {span.group().casefold() for span in pieces(title)[0]}


def _is_told_by_difference(
    own: Set[str], text: Sequence[Match[str]], shared: bytearray, least: float, most: float
) -> bool:
    """Whether the words that are a headline's own stand in what is its text's own."""
    wanted = {word for word in own if len(word) >= _WORD}
    inside: set[str] = set()
    outside: set[str] = set()
    for span, same in zip(text, shared, strict=True):
        word = span.group().casefold()
        if word in wanted:
            (inside if same else outside).add(word)
    only = len(outside - inside)
    return only > 0 and only >= least * len(wanted) and len(inside) <= most * len(wanted)


def _is_dense(text: Sequence[Match[str]], shared: bytearray) -> bool:
    """Whether what differs is mostly names and numbers."""
    differing = [span.group() for span, same in zip(text, shared, strict=True) if not same]
    facts = sum(word[0].isupper() or any(map(str.isdecimal, word)) for word in differing)
    return bool(facts) and facts >= _DENSE * len(differing)
