"""Is a changed text an edit, and of what kind? What changes by itself is none."""

import re
import unicodedata
from collections import Counter
from difflib import SequenceMatcher
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from aggregator.core.corrections import correction_notes, taken_back, withdrawal
from aggregator.core.invitations import without_invitations
from aggregator.core.volatile import without_counters
from aggregator.core.wording import Passage, diff
from aggregator.model import Edit, Wording

#: a letter is one in a script without spaces between words
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
_QUERY = re.compile(r"(https?://[^\s?#]{1,500})[?#][^\s)\]>»”\"]*")
#: other ways of setting the same characters
_SETTING: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼ`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f"),
        "…": "...",
    }
)
#: words that differ by a letter or two and by a factor of a thousand
_MAGNITUDE = re.compile(
    r"(?:m|b|tr)il[jl]?i?[oaó]\w*|mil[hy]\w+|bil[hj]\w+|mil[lj]?(?:iard|jard)\w*|m[ln]n|ml[dn]|bn|миллион\w*|миллиард\w*|"
    r"млн|млрд|тысяч\w*|mi?lyar\w*"
)
#: most words that a slip of the pen may touch, and letters of each: of longer ones every comparison costs
_FEW: Final = 6
_LONGEST_WORD: Final = 40
#: share of a text's words that must have stayed; with less it is another text
_REWRITTEN: Final = 0.5
#: the same, below which it is another article
_ANOTHER: Final = 0.15
#: words of the shorter wording from which on the shares mean something
_TELLING: Final = 20
#: words that a live blog grows by at least, and share of the old ones that it may lose with them
_GROWTH: Final = 15
_LOST: Final = 0.1
#: how live blogs are headed; "live" alone is a verb as well
_LIVE = re.compile(
    r"^\W*live\b\s*[^\w\s]|[^\w\s]\s*live\W*$|\blive[\s-]?(?:blog|ticker|updates?|coverage|reaction|feed)\b|"
    r"\b(?:liveticker|newsticker|newsblog|minuto a minuto|en (?:vivo|direct|directo)|ao vivo|in diretta|"
    r"na żywo|онлайн[\s-]трансляция|текстовая трансляция|canlı (?:anlatım|yayın|blog))\b|"
    r"مباشر|直播|速報中|실시간",
    re.IGNORECASE,
)
#: characters of a text that are looked through; of a longer one, the rest is compared as it is
_LOOKED_THROUGH: Final = 100_000
#: characters of a summary that quotes
_QUOTED: Final = 200
#: share of its words that a text may lose without ceasing to be the better one
_WORSE: Final = 0.5
_SENTENCE_END = re.compile(r"(?<=[^\d\s][.!?…])[\"')]*\s+|(?<=[。！？])|\n")
#: sentences at one edge of a text that are compared one by one, and share of the words that two versions of
#: one sentence have in common
_EDGE: Final = 20
_VERSIONS: Final = 0.6


def same_to_a_reader(before: str, after: str) -> bool:
    """Whether two plain texts say the same, in the same words, case and marks.

    Counters, clocks, white space, the shapes of quotes and dashes, the queries of addresses, and lines that
    lead elsewhere ("Read also: …") do not count.
    """
    return before == after or _essence(before) == _essence(after)


def wording_hash(wording: Wording) -> int:
    """64 bits, signed, that are equal for wordings that are the same to a reader."""
    essence = "\x1f".join((_essence(wording.title), _essence(wording.text)))
    digest = blake2b(essence.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def classify(before: Wording, after: Wording, *, grew_before: bool = False) -> Edit | None:
    """What kind of edit lies between two wordings; None when they are the same to a reader.

    ``grew_before``: the edit before this one was growth as well (``grew``), as in a live blog. Texts from
    different sources, a summary and then the whole, are no edit of each other: only titles count then.
    """
    comparable = before.source == after.source
    says = withdrawal if comparable else taken_back
    if (gone := says(after.text)) and not says(before.text):
        return Edit(kind="correction", summary=_quoted(gone))
    titled = not same_to_a_reader(before.title, after.title)
    worded = comparable and not same_to_a_reader(before.text, after.text)
    if not titled and not worded:
        return None
    noted = _new_note(before, after, worded=worded)
    if noted:
        return Edit(kind="correction", summary=_quoted(noted))
    if _is_another_article(before, after, worded=worded):
        told = f"another article stands under its id; before: {_quoted(before.title)}"
        return Edit(kind="rewrite", summary=told)
    old, new = (_looked_through(before.text), _looked_through(after.text)) if worded else ("", "")
    passages = diff(old, new)
    if _grows(passages) and (grew_before or _LIVE.search(after.title)):
        return Edit(kind="live", summary=f"{_count(passages)[1]} words were added")
    if worded and min(_size(old), _size(new)) >= _TELLING and _kept(old, new) < _REWRITTEN:
        told = f"most of the text is new: {_size(_common(old, new))} of its {_size(old)} words stayed"
        return Edit(kind="rewrite", summary=told)
    if titled and not _is_slip(_essence(before.title), _essence(after.title)):
        more = f"; in the text {_told(passages)}" if worded else ""
        return Edit(kind="headline", summary=f"the headline was {_quoted(before.title)}{more}")
    return _small(before, passages, worded=worded)


def _small(before: Wording, passages: tuple[Passage, ...], *, worded: bool) -> Edit:
    """A slip of the pen, or an edit of the text."""
    if worded and not any(passage.pieces for passage in passages):
        return Edit(kind="edit", summary=f"something behind its first {_LOOKED_THROUGH} characters changed")
    if _slips(passages):
        return Edit(kind="typo", summary=_slip_told(before, passages))
    return Edit(kind="edit", summary=_told(passages))


def grew(before: Wording, after: Wording) -> bool:
    """Whether a text only grew, by passages of its own, as live blogs do."""
    comparable = before.source == after.source and not same_to_a_reader(before.text, after.text)
    return comparable and _grows(diff(_looked_through(before.text), _looked_through(after.text)))


def lost_most(before: str, after: str) -> bool:
    """Whether a text read again lost most of its words, and does not say that it was taken back."""
    if len(after) >= len(before) or _size(after) >= _WORSE * _size(before):
        return False
    return not correction_notes(after) and not taken_back(after)


def stays(before: Wording, after: Wording) -> bool:
    """Whether a feed's text, which its entry now gives a teaser of, stays: it is the better one."""
    if before.source != "feed" or not lost_most(before.text, after.text):
        return False
    is_same = _kept(before.title, after.title) > _REWRITTEN or same_to_a_reader(before.title, after.title)
    return is_same or _kept(before.text, after.text) > _REWRITTEN


def found_otherwise(before: str, after: str) -> bool:
    """Whether two texts of a page differ by where they begin and end alone, as those of two ways of finding
    them do: half stayed, no sentence between changed, none at the edges became another version of itself,
    and no note of a correction came.
    """
    old, new = _sentences(before), _sentences(after)
    there, now = frozenset(old), frozenset(new)
    if correction_notes("\n".join(one for one in new if one not in there)):
        return False
    (a, b), (c, d) = _shared(old, now), _shared(new, there)
    if old[a:b] != new[c:d] or 2 * (b - a) < min(len(old), len(new)):
        return False
    return not (_is_version(old[:a], new[:c]) or _is_version(old[b:], new[d:]))


def _sentences(text: str) -> list[str]:
    parts = (" ".join(part.split()) for part in _SENTENCE_END.split(_looked_through(text)))
    return [part for part in parts if _WORD.search(part)]


def _shared(sentences: list[str], others: frozenset[str]) -> tuple[int, int]:
    """From the first to behind the last of the sentences that the other text has too."""
    found = [index for index, sentence in enumerate(sentences) if sentence in others]
    return (found[0], found[-1] + 1) if found else (len(sentences), len(sentences))


def _is_version(old: list[str], new: list[str]) -> bool:
    """Whether a sentence of one edge is said in other words at the same edge of the other text."""
    return any(
        min(_size(one), _size(other)) > 3 and _kept(one, other) >= _VERSIONS
        for one in (*old[:_EDGE], *old[_EDGE:][-_EDGE:])
        for other in (*new[:_EDGE], *new[_EDGE:][-_EDGE:])
    )


# ── the parts of it ──────────────────────────────────────────────────────────────────────────


def _essence(text: str) -> str:
    """The text as a reader takes it in."""
    return _taken_in(text[:_LOOKED_THROUGH]) + text[_LOOKED_THROUGH:]


def _looked_through(text: str) -> str:
    """As ``_essence``, of a bounded length: for what takes time."""
    return _taken_in(text[:_LOOKED_THROUGH])


@lru_cache(maxsize=8)  # one edit asks for each of its texts several times
def _taken_in(text: str) -> str:
    text = unicodedata.normalize("NFKC", text.translate(_SETTING)) if not text.isascii() else text
    if "://" in text:
        text = _QUERY.sub(r"\1", text)
    return without_invitations(without_counters(text))


def _size(text: str) -> int:
    return len(_WORD.findall(text))


def _common(before: str, after: str) -> str:
    a, b = (Counter(_WORD.findall(text.casefold())) for text in (before, after))
    return " ".join((a & b).elements())


def _kept(before: str, after: str) -> float:
    """The share of the words of the shorter of two texts that the other has too."""
    shorter = min(_size(before), _size(after))
    return _size(_common(before, after)) / shorter if shorter else 0.0


def _new_note(before: Wording, after: Wording, *, worded: bool) -> str:
    """The first note of a correction that was not there before, "" without one."""
    old, new = _lines(before, worded=worded), _lines(after, worded=worded)
    notes = correction_notes("\n".join(line for line in new if line not in old))
    gone = correction_notes("\n".join(line for line in old if line not in new)) if notes else ()
    known = {without_counters(note) for note in gone}
    return next((note for note in notes if without_counters(note) not in known), "")


def _lines(wording: Wording, *, worded: bool) -> dict[str, None]:
    text = wording.text[:_LOOKED_THROUGH] if worded else ""
    return dict.fromkeys([wording.title, *text.splitlines()])


def _is_another_article(before: Wording, after: Wording, *, worded: bool) -> bool:
    """Whether neither title nor text have anything to do with what they were: a guid that was used again."""
    if _kept(before.title, after.title) > _ANOTHER * 2 or not before.title or not after.title:
        return False
    texts = (before.text[:_LOOKED_THROUGH], after.text[:_LOOKED_THROUGH])
    if not worded or min(map(_size, texts)) < _TELLING:
        return False
    # half of any two texts of a language are its small words
    old, new = ({word for word in _WORD.findall(text.casefold()) if len(word) > 4} for text in texts)
    return len(old & new) <= _ANOTHER * min(len(old), len(new)) if old and new else False


def _grows(passages: tuple[Passage, ...]) -> bool:
    gone, new = _count(passages)
    stayed = any(passage.elided for passage in passages)
    return stayed and new >= _GROWTH and gone <= _LOST * new and any(not p.gone and p.new for p in passages)


def _count(passages: tuple[Passage, ...]) -> tuple[int, int]:
    """Words that are gone, and words that are new."""
    return sum(_size(p.gone) for p in passages), sum(_size(p.new) for p in passages)


def _told(passages: tuple[Passage, ...]) -> str:
    gone, new = _count(passages)
    places = sum(1 for passage in passages if passage.pieces)
    parts = [f"{new} {_words(new)} added" if new else "", f"{gone} {_words(gone)} removed" if gone else ""]
    said = " and ".join(part for part in parts if part) or "marks changed"
    return f"{said} in {places} {'place' if places == 1 else 'places'}"


def _words(count: int) -> str:
    return "word" if count == 1 else "words"


def _slip_told(before: Wording, passages: tuple[Passage, ...]) -> str:
    changed = [(p.gone, p.new) for p in passages if p.gone or p.new]
    if not changed:
        return f"the headline was {_quoted(before.title)}"
    gone, new = changed[0]
    rest = f", and {len(changed) - 1} more" if len(changed) > 1 else ""
    return f"“{_short(gone)}” became “{_short(new)}”{rest}"


def _slips(passages: tuple[Passage, ...]) -> bool:
    """Whether every change is one of spelling, punctuation or case, and there are few."""
    gone, new = _count(passages)
    return max(gone, new) <= _FEW and all(_pairs_are_slips(passage) for passage in passages if passage.pieces)


def _is_slip(before: str, after: str) -> bool:
    return _slips(diff(before, after))


def _pairs_are_slips(passage: Passage) -> bool:
    pieces = (("same", ""), *passage.pieces, ("same", ""))
    gone = ""
    for index, (mark, text) in enumerate(pieces):
        if mark == "gone" and pieces[index + 1][0] == "new":
            gone = text
        elif mark != "same":
            new = text if mark == "new" else ""
            gone = gone or ("" if new else text)
            doubled = not (gone and new) and _is_doubled(text, pieces[index - 1][1], pieces[index + 1][1])
            if not (doubled or _is_respelled(gone, new)):
                return False
            gone = ""
    return True


def _is_respelled(gone: str, new: str) -> bool:
    """Whether one is a misspelling of the other: never where a number or a magnitude differs."""
    old, now = _WORD.findall(gone.casefold()), _WORD.findall(new.casefold())
    if "".join(old) == "".join(now):  # marks, case, "base ball"
        return True
    return len(old) == len(now) and all(
        one == other or _is_misspelled(one, other) for one, other in zip(old, now, strict=True)
    )


def _is_doubled(text: str, before: str, after: str) -> bool:
    """Whether a word was only written twice."""
    words, around = _WORD.findall(text.casefold()), (before.casefold(), after.casefold())
    return words in (_WORD.findall(around[0])[-1:], _WORD.findall(around[1])[:1])


def _is_misspelled(one: str, other: str) -> bool:
    if max(len(one), len(other)) > _LONGEST_WORD:
        return False
    if any(map(str.isdigit, one + other)) or (_MAGNITUDE.fullmatch(one) and _MAGNITUDE.fullmatch(other)):
        return False
    if _plain(one) == _plain(other):
        return True
    shorter = min(len(one), len(other))
    if sorted(one) == sorted(other):  # two letters changed places
        return shorter >= 3
    if shorter < 5:
        return False
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    apart = max(len(one), len(other)) - sum(block.size for block in matcher.get_matching_blocks())
    return apart <= (1 if shorter < 8 else 2)


def _plain(word: str) -> str:
    """A word without its accents."""
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def _quoted(text: str) -> str:
    return f"“{_short(text)}”"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED].rsplit(' ', 1)[0]} …"
