"""How is a problem of feeds.toml said: file, place, key, what was found, what is expected."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Any

_LONGEST = 80

#: never repeated on a terminal or in a log
_PASSWORD = re.compile(r"(://|^\")(?:(?<=/)[^/@\s\"]+|(?!mailto:)[^/@\s\":]+:[^/@\s\"]+)@")

_EXPECTED = {
    "string_type": "text in quotes",
    "int_type": "a whole number, without quotes",
    "bool_type": "true or false, without quotes",
    "list_type": 'a list in brackets, such as ["…"]',
    "dict_type": 'a table, such as { "Name" = "value" }',
}


def found(value: object) -> str:
    """A value as it stands in the file, shortened, on one line, without control characters."""
    if isinstance(value, Mapping):
        return "{…}"
    if isinstance(value, date | time):
        return value.isoformat()
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (RecursionError, ValueError):  # nested without end; an integer of more digits than Python prints
        return "…"
    text = hidden(printable(text))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def hidden(text: str) -> str:
    """The text without the password of an address in it."""
    return _PASSWORD.sub(r"\1…@", text)


def printable(text: str) -> str:
    """One line that a terminal only shows: control characters are written out."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def near(name: str, known: Iterable[str]) -> str:
    """``; did you mean "timeout"?``, or the names there are when none is near."""
    known = tuple(known)
    matches = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return f'; did you mean "{matches[0]}"?' if matches else f"; known are: {', '.join(known)}"


def in_words(error: Mapping[str, Any], known_keys: Iterable[str]) -> str:
    """One of pydantic's errors as ``key value what is wrong``."""
    key = _key(error["loc"])
    kind, value = error["type"], error.get("input")
    if kind == "missing":
        return f"{key} is missing"
    if kind == "extra_forbidden":
        return f"unknown key {found(str(error['loc'][-1]))}{near(str(error['loc'][-1]), known_keys)}"
    return f"{key} {found(value)} {_predicate(kind, error)}"


def _predicate(kind: str, error: Mapping[str, Any]) -> str:
    context = error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        expected = str(context["expected"]).replace("'", '"')
        return f"is not known; expected {expected}"
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = f"at least {context['ge']}" if "ge" in context else f"at most {context['le']}"
        return f"is out of range; expected {bound}"
    if kind == "too_short":
        return f"is too short; expected at least {context['min_length']}"
    if kind in _EXPECTED:
        return f"has the wrong type; expected {_EXPECTED[kind]}"
    return f"cannot be used: {error['msg']}"


def _key(location: tuple[int | str, ...]) -> str:
    """``("feeds", 0)`` -> ``feeds[0]``; pydantic marks the name of a dict's key by ``[key]``."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part != "[key]":
            text += f".{part}" if text else part
    return text
