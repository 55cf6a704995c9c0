"""How is feeds.toml changed by a command: the least that must change, every comment kept, all or nothing.

Outlets are cut out and added as text, so that the rest of the file stays as it is to the letter; that
the result means what it should is checked by reading it. A file written in a way that this does not
fit (outlets as inline tables) is rewritten by tomlkit instead.
"""

import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Array

from aggregator.config import loading
from aggregator.config.values import Outlet
from aggregator.errors import ConfigError, UsageError

_HEADER = re.compile(
    r"""[ \t]*\[\[?[ \t]*([^\[\]"'\n]+|"[^"\n]*"|'[^'\n]*')[^\[\]\n]*\]\]?[ \t]*(#.*)?\r?\n?"""
)
_OUTLET = re.compile(r"""[ \t]*\[\[[ \t]*(outlet|"outlet"|'outlet')[ \t]*\]\]""")
_INSIDE = re.compile(r"""[ \t]*\[\[?[ \t]*(outlet|"outlet"|'outlet')[ \t]*\.""")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
#: keys that a command may write, in this order
_WRITTEN = ("name", "homepage", "feeds", "tags", "language")


def add_outlets(path: Path, outlets: Sequence[Outlet]) -> None:
    """Write further outlets at the end of the file; ConfigError when the result would not be valid."""
    text = loading.read(path)
    tables = [_table(outlet) for outlet in outlets]
    expected = _parsed(text, path)
    expected["outlet"] = [*expected.get("outlet", []), *tables]
    ways = (lambda: _appended(text, tables), lambda: _appended_by_tomlkit(text, tables))
    _write(path, _first_right(ways, expected, path))


def remove_outlet(path: Path, name: str) -> None:
    """Take one outlet out; UsageError when there is none of this name (compared ignoring case)."""
    text = loading.read(path)
    expected = _parsed(text, path)
    names = [str(table.get("name", "")).strip().casefold() for table in expected.get("outlet", [])]
    if name.strip().casefold() not in names:
        raise UsageError(f'{path} lists no outlet "{name}"')
    index = names.index(name.strip().casefold())
    del expected["outlet"][index]
    if not expected["outlet"]:
        del expected["outlet"]
    ways = (lambda: _without(text, index), lambda: _without_by_tomlkit(text, index))
    _write(path, _first_right(ways, expected, path))


def _table(outlet: Outlet) -> dict[str, Any]:
    values = {key: getattr(outlet, key) for key in _WRITTEN}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items() if value}


def _parsed(text: str, path: Path) -> dict[str, Any]:
    """The file as it stands; it must be valid before it is changed."""
    loading.parse(text, path)
    return tomllib.loads(text)


def _first_right(ways: Iterable[Callable[[], str]], expected: Mapping[str, Any], path: Path) -> str:
    """The first text that means what is expected, and is valid."""
    for way in ways:
        text = way()
        try:
            means = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            continue
        if means == expected:
            loading.parse(text, path)
            return text
    raise ConfigError([f"{path}: is written in a way that cannot be changed safely; please edit it by hand"])


# ── as text ──────────────────────────────────────────────────────────────────────────────────


def _appended(text: str, tables: Sequence[Mapping[str, Any]]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    kept = text if not text or text.endswith("\n") else text + newline
    blocks = [_block(table).replace("\n", newline) for table in tables]
    return kept + "".join(newline + block for block in blocks)


def _block(table: Mapping[str, Any]) -> str:
    document, outlets, written = tomlkit.document(), tomlkit.aot(), tomlkit.table()
    for key, value in table.items():
        written.add(key, value)
    outlets.append(written)
    document.add("outlet", outlets)
    return tomlkit.dumps(document)


def _without(text: str, index: int) -> str:
    """The text without the outlet's own lines; comments below them belong to what follows."""
    lines = _LINE.findall(text)
    starts = [number for number, line in enumerate(lines) if _OUTLET.match(line)]
    if index >= len(starts):
        return text
    start = starts[index]
    end = next(
        (
            n
            for n in range(start + 1, len(lines))
            if _HEADER.fullmatch(lines[n]) and not _INSIDE.match(lines[n])
        ),
        len(lines),
    )
    while end > start and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    while end < len(lines) and start > 0 and not lines[end].strip() and not lines[start - 1].strip():
        end += 1  # one blank line is enough where the outlet stood
    return "".join((*lines[:start], *lines[end:]))


# ── by tomlkit ───────────────────────────────────────────────────────────────────────────────


def _appended_by_tomlkit(text: str, tables: Sequence[Mapping[str, Any]]) -> str:
    document = tomlkit.parse(text)
    outlets: Any = document.setdefault("outlet", tomlkit.aot())
    for table in tables:
        written = tomlkit.inline_table() if isinstance(outlets, Array) else tomlkit.table()
        written.update(table)
        outlets.append(written)
    return tomlkit.dumps(document)


def _without_by_tomlkit(text: str, index: int) -> str:
    document = tomlkit.parse(text)
    outlets: Any = document["outlet"]
    del outlets[index]
    if not outlets:
        del document["outlet"]
    return tomlkit.dumps(document)


# ── whole or not at all ──────────────────────────────────────────────────────────────────────


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet; UsageError when something is."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} is there already; it is left as it is") from None
    except OSError as exc:
        raise UsageError(f"{path} cannot be written: {exc.strerror}") from exc


def _write(path: Path, text: str) -> None:
    """Replace the file, or what a link leads to, in one step; its permissions stay."""
    target = path.resolve()
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fchmod(file.fileno(), target.stat().st_mode & 0o7777)
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as exc:
        raise ConfigError([f"{path} cannot be written: {exc.strerror}; nothing was changed"]) from exc
