"""The items of a JSON Feed, found in its bytes without decoding it."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

#: everything up to the next bracket, strings skipped whole
_BRACKET = re.compile(rb'(?:[^"\[\]{}]|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+([\[\]{}])', re.DOTALL)
_ITEMS_KEY = re.compile(rb'"items"\s*:\s*\Z')
_OPENING: Final = b"[{"
#: how deep the array of items may stand: {"items": […]}
_ITEMS_DEPTH: Final = 1


def is_json(body: bytes) -> bool:
    """True when the first character opens a JSON object."""
    return body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def spans(body: bytes) -> list[tuple[int, int]] | None:
    """Start and end of each object in the one top-level array "items"; None when there is no such."""
    found: list[tuple[int, int]] | None = None
    depth, in_items, start = 0, False, -1
    for bracket in _brackets(body):
        at = bracket.end() - 1
        if bracket[1] in _OPENING:
            if depth == _ITEMS_DEPTH and bracket[1] == b"[" and _ITEMS_KEY.search(body, max(0, at - 40), at):
                if found is not None:
                    return None
                found, in_items = [], True
            elif in_items and depth == _ITEMS_DEPTH + 1:
                if bracket[1] == b"[":
                    return None
                start = at
            depth += 1
        else:
            depth -= 1
            if in_items and depth == _ITEMS_DEPTH + 1 and found is not None:
                found.append((start, at + 1))
            elif depth == _ITEMS_DEPTH:
                in_items = False
    return found if depth == 0 and _only_commas_between(body, found) else None


def _brackets(body: bytes) -> Iterator[re.Match[bytes]]:
    """One after the other without a gap: a search would try an unterminated string from each byte."""
    bracket = _BRACKET.match(body)
    while bracket:
        yield bracket
        bracket = _BRACKET.match(body, bracket.end())


def _only_commas_between(body: bytes, found: list[tuple[int, int]] | None) -> bool:
    """An array that holds anything but objects is not cut."""
    if found is None:
        return False
    return all(body[before[1] : after[0]].strip(b" \t\r\n") == b"," for before, after in pairwise(found))


def without(body: bytes, entries: Sequence[tuple[int, int, bool]]) -> bytes:
    """``body`` without the entries (start, end, gone) that are gone, and without their commas."""
    if not entries:
        return body
    kept = [body[start:end] for start, end, gone in entries if not gone]
    return body[: entries[0][0]] + b",".join(kept) + body[entries[-1][1] :]
