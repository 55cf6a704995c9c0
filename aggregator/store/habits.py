"""A feed's habits as a value of JSON beside its document."""

from datetime import datetime
from typing import Any

from aggregator.model import Habits, Unrest
from aggregator.store.types import from_microseconds, to_microseconds

_NONE = Habits()


def habits_to_json(habits: Habits) -> dict[str, Any] | None:
    """Only what was learned; None when that is nothing, as of most feeds."""
    if habits == _NONE:
        return None
    said: dict[str, Any] = {
        "guids": "" if habits.guids == "own" else habits.guids,
        "links_shared": habits.links_shared,
        "noise": habits.noise,
        "numbers": habits.numbers,
        "renamed": habits.renamed,
        "renamed_at": _number(habits.renamed_at),
        "unrest": [
            [
                one.item_id,
                one.changes,
                one.numbers,
                one.returns,
                _number(one.at),
                _number(one.stated),
                [version.hex() for version in one.versions],
            ]
            for one in habits.unrest
        ],
    }
    return {name: value for name, value in said.items() if value}


def habits_from_json(stored: dict[str, Any] | None) -> Habits:
    """The opposite of ``habits_to_json``."""
    if not stored:
        return _NONE
    return Habits(
        guids=stored.get("guids", "own"),
        links_shared=stored.get("links_shared", False),
        noise=stored.get("noise", ""),
        numbers=stored.get("numbers", 0),
        renamed=stored.get("renamed", 0),
        renamed_at=_instant(stored.get("renamed_at")),
        unrest=tuple(
            Unrest(
                item_id=item_id,
                changes=changes,
                numbers=numbers,
                returns=returns,
                at=from_microseconds(at),
                stated=_instant(stated),
                versions=tuple(map(bytes.fromhex, versions)),
            )
            for item_id, changes, numbers, returns, at, stated, versions in stored.get("unrest", ())
        ),
    )


def _number(at: datetime | None) -> int | None:
    return None if at is None else to_microseconds(at)


def _instant(number: int | None) -> datetime | None:
    return None if number is None else from_microseconds(number)
