"""Where does a sentence begin and end? In any script, with its place: ``text[start:end]`` is exact.

A full stop ends most sentences, and stands after abbreviations, initials, ordinals and in numbers as well:
what follows tells. Line breaks end what stands before them: headings and entries of lists have no full stop.
"""

import re
from collections.abc import Iterator

from aggregator.core.months import month_of
from aggregator.model.stories import Sentence

#: characters of a text that are looked at
LONGEST = 40_000

#: ends a sentence where space follows, if what follows may begin one
_STOP = ".!?…‼⁇⁈⁉\u061f\u06d4\u0589\u037e\u1362\u1367\u1368\u104b\u17d4\u1803\u1809"
#: ends a sentence wherever it stands: no space follows it
_FULL = "。！？｡．\u0964\u0965\u0f0d"
_CLOSING = "\"'”’»›)\\]}」』）】》〉“‘"
_OPENING = "\"'“‘„‚«‹([{「『（【《〈¿¡-–—*•·"
_END = re.compile(rf"[{_FULL}]+[{_CLOSING}]*|[{_STOP}]+[{_CLOSING}]*(?=\s|$|[^\W\d_])")
_LINE = re.compile(r"[^\n\r\u2028\u2029]+")
#: a line that a mail program or an editor has broken, rather than its writer
_BROKEN_FROM = 40


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


#: stand before a name, and end no sentence
_TITLES = _words(
    "mr mrs ms mx dr prof mt rev fr hon gen col maj capt cpt lt sgt cpl adm cmdr gov sen rep amb messrs st",
    "supt insp vs cf approx e.g i.e eg ie hr hrn fr frl dipl bzw z.b u.a d.h ggf sog inkl evtl vgl tel hl",
    "m mm mme mlle mgr sr sra srta d dña lic excmo av avda sig sig.ra dott dott.ssa avv geom dhr mevr drs",
    "г-н г-жа ул им т.е проф акад тыс млн млрд обл р-н корп вул нар ред inż hab tzw np m.in godz ks",
)
#: end no sentence where a number follows
_NUMBERED = _words(
    "no nos nr num art fig vol p pp ch sec abs ziff bd s n.º nº núm pág n ст стр п рис ust poz č čl čís §",
)
#: end a sentence now and then: it goes on unless one of ``_STARTS`` follows
_MAYBE = _words(
    "inc ltd co corp llc plc gmbh jr bros etc u.s u.k u.n e.u d.c a.m p.m ph.d m.d b.a m.a b.sc m.sc",
    "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat",
    "ave blvd rd hwy dept univ ste s.a s.p.a n.v b.v a.g chr calif colo conn fla ga kan ky la mass md mich",
    "minn mo mont neb nev okla ore pa tenn tex va vt wis wyo ont que г гг вв руб коп т.д т.п др кв",
)
#: what a sentence is likely to begin with, and a name is not
_STARTS = _words(
    "the a an this that these those it he she they we i you there but and in on at for from to of with when",
    "while if as after before since because although however his her their its our my your what who where",
    "why how not no some many most more one all both each every other another also meanwhile yet so then",
    "here now according by said says",
    "der die das ein eine es er sie wir ich in im am auf mit nach bei für von und aber doch auch wenn als",
    "le la les un une des il elle ils elles on nous en dans mais et ce cette ces selon pour avec à au",
    "el los las una con por para pero y ha se su sus según este esta estos lo al",
    "o os as um uma em no na mas e gli nel nella ma per di da het een de op van met maar det den en ett",
    "på med в на и но он она они это по с к у за не как что для из",
)
#: what goes on after a quotation in Japanese and Chinese
_PARTICLES = frozenset("とのをはが，、")
#: languages that put a full stop after ordinals: "der 3. Platz", "5. kolo"
_ORDINALS = frozenset(
    {"de", "da", "nb", "nn", "no", "fi", "cs", "sk", "sl", "hr", "sr", "bs", "hu", "pl", "et", "lv", "tr"}
)
_INITIALS = re.compile(r"[^\W\d_](?:\.-?[^\W\d_])*")
#: "ended.The next": the space is missing, as where tags were taken out
_GLUED = re.compile(r"[a-zß-ÿа-яё]{2}[.!?]+[”\"’»)]*\Z")
_ADDRESS = re.compile(r"[./@_#]|\Awww\Z")


def spans(text: str, language: str | None = None) -> tuple[tuple[int, int], ...]:
    """Start and end of each sentence, in order, without the space around it.

    Of the first 40,000 characters. Everything that is not space lies in exactly one of them.
    """
    found: list[tuple[int, int]] = []
    tongue = (language or "").partition("-")[0].lower()
    for start, end in _paragraphs(text[:LONGEST]):
        found += _split(text, start, end, tongue)
    return tuple(found)


def sentences(item_id: int, text: str, language: str | None = None) -> tuple[Sentence, ...]:
    """The sentences of an item's text."""
    return tuple(
        Sentence(item_id=item_id, start=start, end=end, text=text[start:end])
        for start, end in spans(text, language)
    )


def is_whole(sentence: str) -> bool:
    """Whether it ends as sentences do, rather than as headings, captions and entries of lists."""
    bare = sentence.rstrip(_CLOSING.replace("\\", ""))
    return bare[-1:] in frozenset(_STOP + _FULL) and not bare.endswith(("...", "…"))


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Lines, joined where one was broken in the middle of a sentence."""
    begun: tuple[int, int] | None = None
    for line in _LINE.finditer(text):
        start, end = line.span()
        if not line[0].strip():
            continue
        if begun is not None and _goes_on(text, begun, start):
            begun = begun[0], end
            continue
        if begun is not None:
            yield begun
        begun = start, end
    if begun is not None:
        yield begun


def _goes_on(text: str, before: tuple[int, int], start: int) -> bool:
    """Whether the line at ``start`` continues the one before, which is long and without a full stop."""
    broken = text[before[1] : start].count("\n") == 1 and before[1] - before[0] >= _BROKEN_FROM
    ended = text[before[0] : before[1]].rstrip()[-1:]
    return broken and text[start].islower() and (ended.isalnum() or ended in ",-–—")


def _split(text: str, start: int, end: int, tongue: str) -> Iterator[tuple[int, int]]:
    for stop in _END.finditer(text, start, end):
        if stop.end() < end and not _ends(text, start, stop, tongue):
            continue
        if (span := _trimmed(text, start, stop.end())) is not None:
            yield span
            start = stop.end()
    if (span := _trimmed(text, start, end)) is not None:
        yield span


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    bare = piece.strip()
    if not bare:
        return None
    start += len(piece) - len(piece.lstrip())
    return start, start + len(bare)


def _ends(text: str, start: int, stop: re.Match[str], tongue: str) -> bool:
    """Whether a sentence that began at ``start`` ends with these marks."""
    marks = stop[0]
    if marks[0] in _FULL:
        return not _is_quoted(text, stop)
    if stop.end() < len(text) and not text[stop.end()].isspace():
        return _is_glued(text, stop)
    follows = _next_word(text, stop.end())
    if follows[:1].islower():
        return False
    if marks[0] != ".":
        return marks[0] != "…" or not follows[:1].isdigit()
    if marks.startswith(".."):
        return True
    return _ends_at_dot(_last_word(text, start, stop.start()), follows, tongue)


def _is_quoted(text: str, stop: re.Match[str]) -> bool:
    """「行きます。」と言った: the sentence goes on after what is said in it."""
    return stop[0][-1] in "」』” " and text[stop.end() : stop.end() + 1] in (
        "と",
        "の",
        "を",
        "は",
        "が",
        "，",
        "、",
    )


def _is_glued(text: str, stop: re.Match[str]) -> bool:
    after = text[stop.end() : stop.end() + 2]
    before = text[max(0, stop.start() - 60) : stop.start()].rpartition(" ")[2]
    glued = _GLUED.search(before + stop[0]) and not _ADDRESS.search(before)
    return bool(glued) and after[:1].isupper() and (after[1:].islower() or after[1:].isspace())


def _next_word(text: str, at: int) -> str:
    """The word after ``at``, without the quotes and brackets before it."""
    return text[at : at + 60].lstrip(_OPENING + " \t\xa0").partition(" ")[0].rstrip(",;:.!?\xa0")


def _last_word(text: str, start: int, end: int) -> str:
    words = text[max(start, end - 40) : end].split()
    return words[-1].lstrip(_OPENING) if words and not text[end - 1 : end].isspace() else ""


def _ends_at_dot(word: str, follows: str, tongue: str) -> bool:
    """Whether the full stop after ``word`` ends a sentence, before a word that is not written small."""
    low = word.lower()
    starts = follows.lower() in _STARTS
    if low in _TITLES or (low in _NUMBERED and follows[:1].isdigit()):
        return False
    if low in _MAYBE or _INITIALS.fullmatch(word):
        # "J. K. Rowling", "U.S. President"; but "at 5 p.m. The", "Plan B. He"
        return starts
    if low.isdigit() and len(low) <= 2:
        return not (tongue in _ORDINALS or month_of(follows.casefold()) is not None)
    return True
