"""Lines that come, go and change in many articles of one outlet: boxes and counters, no edits.

Learned from the differences themselves: a line that another article's edit showed as well is no part of
either. What differs in numbers only is one line.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from aggregator.core.corrections import correction_notes
from aggregator.core.similar import normalise

#: articles whose differences must show a line before it is noise
ENOUGH: Final = 3
#: lines of one outlet that are remembered, the latest
REMEMBERED: Final = 200
#: characters; longer lines are paragraphs
_LONGEST: Final = 160
#: lines of one difference that are looked at: a rewrite shows nothing
_MOST: Final = 12
_NUMBER = re.compile(r"\d+(?:[.,:\s]\d+)*")

#: articles that showed a line in their differences, by its ``line_key``
Sightings = Mapping[str, Sequence[int]]


def line_key(line: str) -> str:
    """What a line is known by: its words, every number as one."""
    return normalise(_NUMBER.sub("0", line))


def learned(sightings: Sightings, item_id: int, before: str, after: str) -> dict[str, tuple[int, ...]]:
    """The sightings with those of one more difference between two texts of an article."""
    found = {key: tuple(ids) for key, ids in sightings.items()}
    for key in _differing(before, after):
        seen = found.pop(key, ())  # the latest stand at the end
        found[key] = seen if item_id in seen else (*seen, item_id)[-ENOUGH:]
    return dict(list(found.items())[-REMEMBERED:])


def noise(sightings: Sightings) -> frozenset[str]:
    """The keys of the lines that are no part of an article."""
    return frozenset(key for key, ids in sightings.items() if len(ids) >= ENOUGH)


def without_noise(text: str, keys: Collection[str]) -> str:
    """The text without the lines that are no part of it."""
    if not keys:
        return text
    return "\n".join(line for line in text.splitlines() if len(line) > _LONGEST or line_key(line) not in keys)


def _differing(before: str, after: str) -> list[str]:
    old, new = before.splitlines(), after.splitlines()
    there, now = frozenset(old), frozenset(new)
    lines = [line for line in dict.fromkeys([*old, *new]) if (line in there) != (line in now)]
    short = [line for line in lines if 0 < len(line) <= _LONGEST and not correction_notes(line)]
    return [key for key in map(line_key, short) if key] if len(lines) <= _MOST else []
