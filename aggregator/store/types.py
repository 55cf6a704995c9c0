"""Column types: instants that are always UTC, texts that every database accepts, values as JSON."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Row, Text, TypeDecorator
from sqlalchemy.types import TypeEngine, UserDefinedType

#: a row of any columns
AnyRow = Row[*tuple[Any, ...]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(instant: datetime) -> int:
    """Microseconds since 1970 in UTC; ValueError for an instant without a zone."""
    if instant.tzinfo is None:
        msg = f"an instant without a time zone cannot be stored: {instant.isoformat()}"
        raise ValueError(msg)
    return (instant - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The aware UTC instant of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=value)


def _aware(instant: datetime) -> datetime:
    to_microseconds(instant)
    return instant


def _read_instant(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


def _read_microseconds(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in, aware UTC out.

    SQLite has no instants: they are whole microseconds there (compact, and an index sorts them);
    PostgreSQL keeps ``timestamptz``.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type of this database."""
        return dialect.type_descriptor(
            DateTime(timezone=True) if dialect.name == "postgresql" else BigInteger()
        )

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """To the database."""
        if value is None:
            return None
        return _aware(value) if dialect.name == "postgresql" else to_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database."""
        return _read_instant(value) if dialect.name == "postgresql" else _read_microseconds(value)

    def result_processor(
        self,
        dialect: Dialect,
        coltype: object,  # noqa: ARG002  SQLAlchemy passes it
    ) -> Callable[[Any], datetime | None]:
        """The same, chosen once a query: lists of ten thousand items read a hundred thousand instants."""
        return _read_instant if dialect.name == "postgresql" else _read_microseconds


def clean(value: str) -> str:
    """The text without NUL and lone surrogates, which PostgreSQL and UTF-8 refuse.

    A surrogate pair becomes its character, a lone half the replacement character.
    """
    if "\x00" in value:
        value = value.replace("\x00", "")
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def _clean_or_none(value: str | None) -> str | None:
    return None if value is None else clean(value)


class CleanText(TypeDecorator[str]):
    """Text from outside, in the form that both databases take."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:  # noqa: ARG002
        """To the database. (The usual hook costs a call more for each of some hundred values a poll.)"""
        return _clean_or_none


@lru_cache(maxsize=1024)  # an item's guid, link, canonical URL and key are often one text
def hash64(value: str) -> int:
    """64 bits that stand for a text in an index, as a signed number.

    Those of an address begin with 16 bits of its site: the items of one feed stand near each other in the
    index, and a poll of thirty writes a few of its pages instead of thirty.
    """
    value = clean(value)
    site, slashes, path = value.partition("://")
    if not slashes:
        return _blake(value, 8)
    host, slash, path = path.partition("/")
    return _site16(site + host) << 48 | _blake(slash + path, 6, signed=False)


@lru_cache(maxsize=4096)
def _site16(site: str) -> int:
    return _blake(site, 2)


def _blake(value: str, size: int, *, signed: bool = True) -> int:
    return int.from_bytes(blake2b(value.encode(), digest_size=size).digest(), "big", signed=signed)


def hash_or_none(value: str | None) -> int | None:
    """The hash of a text, None for none or an empty one."""
    return hash64(value) if value else None


def digest64(digest: bytes | None) -> int | None:
    """64 bits of a longer digest, as a signed number: enough to tell a billion texts apart."""
    return None if digest is None else int.from_bytes(digest[:8], "big", signed=True)


class Hash(TypeDecorator[Any]):
    """Text in, its ``hash64`` in the column; NULL for an empty text.

    Indexes of these are a tenth the size of indexes of the texts, and PostgreSQL refuses to index a text
    of more than 2,700 bytes, which a link or a title may well have.
    """

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], int | None]:  # noqa: ARG002
        """To the database."""
        return hash_or_none


class WordVector(UserDefinedType[str]):
    """PostgreSQL's ``tsvector``. (SQLAlchemy's own comes with all of its PostgreSQL, 20 ms to import.)"""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        """The type's name in SQL."""
        return "TSVECTOR"


class Json(TypeDecorator[Any]):
    """Lists and objects as compact JSON text; empty ones cost nothing to write or read."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """To the database."""
        return dumps(value) if value else "[]"

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """From the database."""
        return json.loads(value) if value and value != "[]" else []


_encode: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def dumps(value: Any) -> str:
    """Compact JSON that every database accepts."""
    encoded = _encode(value)
    if "\\u0000" in encoded:  # NUL, or the six characters of its escape
        encoded = _encode(_without_nul(value))
    return clean(encoded)


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    return [_without_nul(part) for part in value] if isinstance(value, list | tuple) else value
