"""Which outlet is meant: names as typed against names as configured, and as stored."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aggregator.errors import UsageError

if TYPE_CHECKING:
    from aggregator.config import Config
    from aggregator.store import Store


def resolve_outlets(names: Iterable[str], config: "Config", store: "Store") -> tuple[str, ...]:
    """The names as they are written in feeds.toml; outlets that were removed are known by their items.

    UsageError, with a near name, for one that is known nowhere.
    """
    names = tuple(names)
    known = {outlet.name.casefold(): outlet.name for outlet in config.outlets}
    if any(name.strip().casefold() not in known for name in names):
        known = {name.casefold(): name for name in store.outlet_names()} | known
    return tuple(_resolve(name, known) for name in names)


def resolve_configured(name: str, config: "Config") -> str:
    """The name of an outlet of feeds.toml; UsageError, with a near name, for another."""
    return _resolve(name, {outlet.name.casefold(): outlet.name for outlet in config.outlets})


def _resolve(name: str, known: dict[str, str]) -> str:
    import difflib

    key = name.strip().casefold()
    if key in known:
        return known[key]
    if not known:
        raise UsageError(
            f'there is no outlet "{name}": feeds.toml lists none; add one with `aggregator add URL`'
        )
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    remedy = f'did you mean "{known[near[0]]}"?' if near else "`aggregator outlets` lists them"
    raise UsageError(f'there is no outlet "{name}"; {remedy}')
