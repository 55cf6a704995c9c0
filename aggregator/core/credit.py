"""Whom does an article name as where it comes from? "Source: Zero Hedge", "via Reuters", "MANAMA (AFP) -"."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Set
from functools import lru_cache
from re import IGNORECASE
from re import compile as _compile

from aggregator.core.similar import normalise
from aggregator.model.copies import Credit

#: characters at either end of a text in which sources are named
_HEAD, _TAIL = 400, 700
#: a name: a few words with capitals (or of scripts without them), or a host
_WORD = r"(?:[\w][\w'’&+-]*|&)"
_NAME = rf"((?:{_WORD})(?:[ .]{_WORD}){{0,4}})"
_SOURCE = (
    "source|sources|quelle|fuente|fonte|bron|källa|kilde|lähde|źródło|zdroj|kaynak|джерело|источник|"
    "المصدر|منبع|स्रोत|来源|來源|出典|출처"
)
#: a line of its own: "Source: Zero Hedge", "Source Zero Hedge", "via Reuters"
_LINES = (
    _compile(
        rf"[\W_]*(?:{_SOURCE})\s*[:\uff1a]\s*[\"“]?(?:https?://)?{_NAME}(?:[,/].{{0,80}})?[\W_]*", IGNORECASE
    ),
    _compile(rf"[\W_]*(?:[Ss]ource|SOURCE) (?=[A-Z]){_NAME}[\W_]*"),
    _compile(rf"[\W_]*[Vv]ia[: ]\s*(?=[A-Z]){_NAME}[\W_]*"),
)
_LONGEST_LINE = 100
#: a sentence: "This article originally appeared on The Conversation."
_SENTENCES = (
    _compile(
        r"\b(?:(?:originally|first) (?:appeared|published|posted|reported|ran) (?:on|in|at|by|with)|"
        r"(?:appeared|published|posted) (?:originally|first) (?:on|in|at|by)|"
        r"(?:re-?published|re-?posted|reprinted|re-?produced|syndicated)(?: here)?(?: with permission)?"
        r"(?: by permission)? (?:from|of)|"
        r"[Rr]ead the (?:original|full) (?:article|story|post)(?: here)? (?:on|at|in)|"
        r"(?:[Aa]uthored|[Ww]ritten) by [^.\n]{3,60}? via)"
        rf"\s+(?:the\s+)?[\"“]?(?=[A-Z0-9]|[a-z0-9-]+\.[a-z]){_NAME}",
    ),
    _compile(r"\((?:[Vv]ia|[Ss]ource):? ((?:[A-Z]\w+ ?){1,3})\)"),
    _compile(r"\b(?:Originally|First) (?:appeared|published|posted) (?:on|in|at|by)\s+" + _NAME),
    _compile(r"\b(?:Re-?published|Re-?posted|Reprinted)(?: with permission)? from\s+(?:the\s+)?" + _NAME),
)
#: without one of these none of them matches, which is soon told
_HINT = _compile(rf"via|{_SOURCE}|appear|publish|post|print|produc|report|ran |syndicat|original", IGNORECASE)
#: at the very beginning: "MANAMA, Nov 2 (Reuters) - ", "(AP) — "
_DATELINE = _compile(r"\A[^\n]{0,80}?\(([A-Z][\w&./ ]{1,28})\)\s*[-–—:]")
_VIA = _compile(rf"\b(?:via|for|of)\s+(?=[A-Z]){_NAME}\s*$")
#: agencies whose names have several forms
_AGENCIES = {
    "ap": "associated press",
    "afp": "agence france presse",
    "pa": "press association",
    "pa media": "press association",
    "dpa": "deutsche presse agentur",
    "bna": "bahrain news agency",
    "wam": "emirates news agency",
    "spa": "saudi press agency",
    "pti": "press trust of india",
    "ani": "asian news international",
    "ians": "indo asian news service",
    "upi": "united press international",
    "aa": "anadolu agency",
    "cna": "channel newsasia",
}
_DOMAINS = ("com", "org", "net", "co", "info", "news", "tv")
#: no names although they stand where names do
_NO_NAMES = frozenset(
    {
        *("us", "here", "this", "that", "it", "him", "her", "them", "the", "a", "an", "our", "your"),
        *("twitter", "facebook", "email", "youtube", "instagram"),
        *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"),
        *("january", "february", "march", "april", "june", "july", "august", "september", "october"),
        *(
            "november",
            "december",
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ),
    }
)


def credits_of(text: str) -> tuple[Credit, ...]:
    """Whom a text names as its source, at its beginning and its end; each once."""
    tail = text[max(len(text) - _TAIL, 0) :]
    head = "" if len(text) <= _TAIL else text[:_HEAD]
    found: dict[str, Credit] = {}
    for part in filter(_HINT.search, (head, tail)):
        for line in part.splitlines():
            if len(line) <= _LONGEST_LINE:
                for match in filter(None, (pattern.fullmatch(line) for pattern in _LINES)):
                    _add(found, match[1], match[0])
        for pattern in _SENTENCES:
            for match in pattern.finditer(part):
                _add(found, match[1], match[0])
    if dateline := _DATELINE.match(text[:_HEAD]):
        _add(found, dateline[1], dateline[0])
    return tuple(found.values())


def _add(found: dict[str, Credit], name: str, words: str) -> None:
    name = _cut(name)
    key = identity(name)
    if len(key) > 1 and key not in _NO_NAMES:
        found.setdefault(key, Credit(name=name, where="text", words=" ".join(words.split())[:120]))


def _cut(name: str) -> str:
    """A name without the words in small letters that follow it in its sentence, and without a full stop."""
    words = name.strip(" .").split(" ")
    end = next(
        (place for place, word in enumerate(words) if place and word[:1].islower() and word not in _INNER),
        len(words),
    )
    while end > 1 and words[end - 1] in _INNER:
        end -= 1
    return " ".join(words[:end]).strip(" .")


_INNER = frozenset({"of", "the", "de", "la", "and", "&", "for", "du", "der", "und", "al"})


def byline_credits(authors: Iterable[str]) -> tuple[Credit, ...]:
    """Whom a byline may name: "Reuters", "Tyler Durden via Zero Hedge", "Jane Doe, Associated Press"."""
    return tuple(credit for author in authors for credit in _of_author(author))


@lru_cache(maxsize=4096)
def _of_author(author: str) -> tuple[Credit, ...]:
    found = []
    if via := _VIA.search(author):
        found.append(Credit(name=via[1], where="byline", words=author[:120]))
    for part in dict.fromkeys((author, *author.split(",")[1:], *author.split("/"))):
        name = part.strip().removeprefix("By ").removeprefix("by ")
        if name and len(name) <= 60:
            found.append(Credit(name=name, where="byline", words=author[:120]))
    return tuple(found)


@lru_cache(maxsize=4096)  # the names of a group's outlets and bylines come up at each of its arrivals
def identity(name: str) -> str:
    """A name as it is compared: without case, signs, "the", and the end of a host; agencies in full."""
    words = normalise(name).split()
    if words[:1] == ["www"]:
        words = words[1:]
    if words[:1] in (["the"], ["http"], ["https"]):
        words = words[1:]
    while len(words) > 1 and words[-1] in _DOMAINS:
        words = words[:-1]
    known = " ".join(words)
    return _AGENCIES.get(known, known)


def is_agency(name: str) -> bool:
    """Whether a name is that of a well-known news agency."""
    known = identity(name)
    return known in _KNOWN_AGENCIES


_KNOWN_AGENCIES = frozenset(_AGENCIES.values()) | {
    "reuters", "bloomberg", "efe", "ansa", "tass", "xinhua", "interfax", "kyodo", "kyodo news", "yonhap",
    "dow jones", "ria novosti", "ukrinform", "agencies", "news agencies",
}  # fmt: skip


def identities(outlet: str, hosts: Collection[str]) -> frozenset[str]:
    """Everything that an outlet may be called by: its name, and its hosts without their ends."""
    return frozenset(filter(None, (identity(outlet), *map(_of_host, hosts))))


@lru_cache(maxsize=4096)
def _of_host(host: str) -> str:
    labels = host.lower().removeprefix("www.").split(".")
    return normalise(labels[0].replace("-", " ")) if len(labels) > 1 and not labels[-1].isdigit() else ""


class Names:
    """Outlets' names, looked up by what others call them: "Reuters" is "Reuters World", "zerohedge" is
    "Zero Hedge".
    """

    def __init__(self, names: Collection[str]) -> None:
        self._joined: dict[str, list[str]] = defaultdict(list)
        #: by the words that they begin with
        self._beginning: dict[str, list[str]] = defaultdict(list)
        self._known = frozenset(names)
        self._found: dict[str, Set[str]] = {}
        for name in self._known:
            self._joined[name.replace(" ", "")].append(name)
            for words in _beginnings(name):
                self._beginning[words].append(name)

    def called(self, credit: str) -> Set[str]:
        """Those of the names that a credit may mean."""
        found = self._found.get(credit)
        if found is None:
            found = self._found[credit] = self._look_up(identity(credit))
        return found

    def _look_up(self, wanted: str) -> Set[str]:
        joined = wanted.replace(" ", "")
        if not joined:
            return frozenset()
        shorter = self._known.intersection(_beginnings(wanted))
        return shorter.union(self._joined.get(joined, ()), self._beginning.get(wanted, ()))


#: a name has no more words that count
_WORDS_OF_NAME = 12


@lru_cache(maxsize=4096)
def _beginnings(name: str) -> tuple[str, ...]:
    """What a name may be shortened to, itself included: its first words, of more than two letters."""
    words = name.split()[:_WORDS_OF_NAME]
    places = range(1, len(words) + 1)
    return tuple(" ".join(words[:end]) for end in places if len("".join(words[:end])) > 2)


def is_named(credit: str, names: Collection[str]) -> bool:
    """Whether a name is one of an outlet's."""
    return bool(Names(names).called(credit))
