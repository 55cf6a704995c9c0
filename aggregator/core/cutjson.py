"""The items of a JSON Feed, found in its bytes without decoding it."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

#: everything up to the next bracket, strings skipped whole
_BRACKET = re.compile(rb'(?:[^"\[\]{}]|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+([\[\]{}])', re.DOTALL)
_ITEMS_KEY = re.compile(rb'"items"\s*:\s*\Z')
_OPENING: Final = b"[{"
_SPACE: Final = b" \t\r\n"
#: how deep the array of items may stand: {"items": […]}
_ITEMS_DEPTH: Final = 1
#: beyond, decoding costs less than looking
_MOST_BRACKETS: Final = 50_000


def is_json(body: bytes) -> bool:
    """True when the first character opens a JSON object."""
    return body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def spans(body: bytes) -> list[tuple[int, int]] | None:
    """Start and end of each object in the one top-level array "items"; None when there is no such.

    None too when the array holds anything but objects, or the document does not end.
    """
    found: list[tuple[int, int]] = []
    array: list[int] = []
    depth, start = 0, -1
    for number, bracket in enumerate(_brackets(body)):
        if number == _MOST_BRACKETS:
            return None
        at = bracket.end() - 1
        in_items = len(array) == 1
        if bracket[1] in _OPENING:
            if depth == _ITEMS_DEPTH and bracket[1] == b"[" and _ITEMS_KEY.search(body, max(0, at - 40), at):
                array.append(at)
            elif in_items and depth == _ITEMS_DEPTH + 1:
                start = at
            depth += 1
        else:
            depth -= 1
            if in_items and depth == _ITEMS_DEPTH + 1:
                found.append((start, at + 1))
            elif in_items and depth == _ITEMS_DEPTH:
                array.append(at)
    if depth != 0 or len(array) != 2:
        return None
    return found if _only_objects(body, found, (array[0] + 1, array[1])) else None


def _brackets(body: bytes) -> Iterator[re.Match[bytes]]:
    """One after the other without a gap: a search would try an unterminated string from each byte."""
    bracket = _BRACKET.match(body)
    while bracket:
        yield bracket
        bracket = _BRACKET.match(body, bracket.end())


def _only_objects(body: bytes, found: list[tuple[int, int]], inside: tuple[int, int]) -> bool:
    """True when nothing but white space and one comma each stands around the objects."""
    edges = [inside[0], *(edge for span in found for edge in span), inside[1]]
    gaps = [body[start:end].strip(_SPACE) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    commas = [b","] * (len(found) - 1)
    return gaps == ([b"", *commas, b""] if found else [b""]) and all(
        body[start : start + 1] == b"{" for start, _ in found
    )


def without(body: bytes, entries: Sequence[tuple[int, int, bool]]) -> bytes:
    """``body`` without the entries (start, end, gone) that are gone, and without their commas."""
    if not entries:
        return body
    kept = [body[start:end] for start, end, gone in entries if not gone]
    return body[: entries[0][0]] + b",".join(kept) + body[entries[-1][1] :]
