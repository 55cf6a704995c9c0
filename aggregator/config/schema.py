"""What may stand in feeds.toml: every table as a pydantic schema.

Only what is written is validated and kept; defaults belong to the dataclasses in ``values``.
A validator raises ValueError with words that continue ``key "value" …``.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Required

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    with_config,
)

# pydantic needs this one before Python 3.12
from typing_extensions import TypedDict

from aggregator.config import query_syntax, words
from aggregator.config.cron import check_cron
from aggregator.config.values import ExportFormat
from aggregator.model import FullText

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_NOT_PRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
_LISTEN = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/]+):(\d{1,5})")


# ── single values ────────────────────────────────────────────────────────────────────────────


def _span(low: timedelta, high: timedelta) -> Any:
    """A duration between two bounds, inclusive."""

    def read(value: object) -> timedelta:
        if not isinstance(value, str):
            raise ValueError('is not a duration; expected text in quotes, such as "30s", "15m", "6h" or "2d"')  # noqa: TRY004 - pydantic lets a TypeError pass
        span = words.duration(value)
        if not low <= span <= high:
            raise ValueError(f"is out of range; expected {words.in_words(low)} to {words.in_words(high)}")
        return span

    return BeforeValidator(read)


def _keep(value: object) -> timedelta | None:
    if value == "forever":
        return None
    if not isinstance(value, str):
        raise ValueError('is not a duration; expected text such as "365d", or "forever"')  # noqa: TRY004
    try:
        span = words.duration(value)
    except ValueError as exc:
        raise ValueError(f'{exc}, or "forever"') from None
    if span < timedelta(days=1):
        raise ValueError('is out of range; expected at least "1d"')
    return span


def _size(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError('is not a size; expected text in quotes, such as "10MB"')  # noqa: TRY004
    size = words.size(value)
    if not 1_000 <= size <= 10**9:
        raise ValueError('is out of range; expected "1KB" to "1GB"')
    return size


def _one_line(text: str) -> str:
    if _NOT_PRINTABLE.search(text):
        raise ValueError("has a line break or another control character in it")
    if not text.strip():
        raise ValueError("is empty")
    return text.strip()


def _language(text: str) -> str:
    if not words.is_language(text):
        raise ValueError('is not a language code; expected one such as "en" or "pt-BR"')
    return text


def _network(text: str) -> str:
    import ipaddress

    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        raise ValueError('is not a network; expected one such as "127.0.0.0/8" or "fd00::/8"') from None


def _pattern(text: str) -> str:
    import regex

    try:
        regex.compile(text, regex.IGNORECASE | regex.VERSION0)
    except (regex.error, RecursionError, OverflowError) as exc:
        raise ValueError(f"is not a regular expression: {exc}") from None
    return text


def _query(text: str) -> str:
    """A search as people type it; empty is for who decides what no query means."""
    if text.strip():
        query_syntax.read(text)
    return text.strip()


def _header_name(text: str) -> str:
    if not _HEADER_NAME.fullmatch(text):
        raise ValueError("is not a name of an HTTP header")
    return text


def _header_value(text: str) -> str:
    if _NOT_PRINTABLE.search(text):
        raise ValueError("has a line break or another control character in it")
    return text.strip()


def _listen(text: str) -> str:
    found = _LISTEN.fullmatch(text)
    if not found or not 1 <= int(found[2]) <= 65_535:
        raise ValueError('is not an address to listen on; expected host and port, such as "127.0.0.1:8000"')
    return text


def _timezone(text: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(text)
    except (LookupError, ValueError, OSError):
        raise ValueError('is not a time zone; expected one such as "UTC" or "Asia/Bahrain"') from None
    return text


def _or_none(read: Callable[[str], str]) -> Callable[[str], str | None]:
    """An empty text says the same as no key at all."""
    return lambda text: read(text) if text.strip() else None


def _homepage(text: str) -> str:
    return words.http_url(text) if text else ""


def _base(info: ValidationInfo) -> Path:
    """The folder of the file that is read."""
    context: dict[str, Path] = info.context or {}
    return context["base"]


def _folder(text: str, info: ValidationInfo) -> Path:
    folder = _base(info) / Path(_one_line(text)).expanduser()
    if folder.exists() and not folder.is_dir():
        raise ValueError("is a file; expected a folder")
    return folder


def _secret(text: str, info: ValidationInfo) -> Path:
    file = _base(info) / Path(_one_line(text)).expanduser()
    if not file.is_file():
        raise ValueError(f"is not there: put the secret into {file}, readable for this user alone")
    return file


def _database(text: str, info: ValidationInfo) -> str:
    """SQLite paths become absolute; the two kinds of database there are."""
    dialect, found, rest = text.strip().partition("://")
    if not found:
        raise ValueError('is not a database address; expected one such as "sqlite:///aggregator.db"')
    kind = dialect.partition("+")[0].lower()
    if kind == "postgresql":
        return text.strip()
    if kind == "postgres":
        raise ValueError(f'has a scheme that is not known; did you mean "postgresql+psycopg://{rest}"?')
    if kind != "sqlite":
        raise ValueError(
            'is not a database that is supported; expected "sqlite:///…" or "postgresql+psycopg://…"'
        )
    if not rest.startswith("/"):
        if rest:
            raise ValueError(f'is not a file: a path needs three slashes; did you mean "sqlite:///{rest}"?')
        return text.strip()  # in memory
    path, query, options = rest[1:].partition("?")
    if path in ("", ":memory:"):
        return text.strip()
    folder = _base(info)
    if "?" in str(folder):
        raise ValueError(
            'cannot be used: the folder has a "?" in its name, which no database address can carry'
        )
    return f"{dialect}:///{folder / Path(path).expanduser()}{query}{options}"


Text = Annotated[str, AfterValidator(_one_line)]
Url = Annotated[str, AfterValidator(words.http_url)]
OpenUrl = Annotated[str, AfterValidator(words.open_url)]
OptionalUrl = Annotated[str, AfterValidator(_or_none(words.open_url))]
Language = Annotated[str, AfterValidator(_language)]
Cron = Annotated[str, AfterValidator(check_cron)]
SecretFile = Annotated[str, AfterValidator(_secret)]
Pattern = Annotated[str, AfterValidator(_pattern)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[str, AfterValidator(_header_value)]
MailAddress = Annotated[str, AfterValidator(_one_line), AfterValidator(words.mail_address)]
Count = Annotated[int, Field(ge=1)]
_AsTuple = AfterValidator(tuple)
_SECOND, _MINUTE, _DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)

# ── tables ───────────────────────────────────────────────────────────────────────────────────

_closed = with_config(ConfigDict(extra="forbid", strict=True))


@_closed
class Store(TypedDict, total=False):
    """``[store]``."""

    url: Annotated[str, AfterValidator(_database)]
    keep: Annotated[timedelta | None, BeforeValidator(_keep)]


@_closed
class Fetch(TypedDict, total=False):
    """``[fetch]``."""

    user_agent: Text
    timeout: Annotated[timedelta, _span(_SECOND, 10 * _MINUTE)]
    max_body: Annotated[int, BeforeValidator(_size)]
    allow_networks: Annotated[list[Annotated[str, AfterValidator(_network)]], _AsTuple]
    connections: Annotated[int, Field(ge=1, le=10_000)]
    per_host_delay: Annotated[timedelta, _span(timedelta(0), 10 * _MINUTE)]
    robots: Literal["obey", "ignore"]
    proxy: OptionalUrl


@_closed
class Polling(TypedDict, total=False):
    """``[polling]``."""

    min_interval: Annotated[timedelta, _span(_SECOND, 31 * _DAY)]
    max_interval: Annotated[timedelta, _span(_SECOND, 31 * _DAY)]


@_closed
class Articles(TypedDict, total=False):
    """``[articles]``."""

    full_text: FullText


@_closed
class Publish(TypedDict, total=False):
    """``[publish]``."""

    directory: Annotated[str, AfterValidator(_folder)]
    formats: Annotated[list[ExportFormat], _AsTuple]
    limit: Annotated[int, Field(ge=1, le=100_000)]
    content: Literal["full", "summary"]
    title: Text
    base_url: OptionalUrl


@_closed
class Web(TypedDict, total=False):
    """``[web]``."""

    listen: Annotated[str, AfterValidator(_listen)]
    base_url: OptionalUrl
    locale: Language
    timezone: Annotated[str, AfterValidator(_timezone)]


@_closed
class Ai(TypedDict, total=False):
    """``[ai]``."""

    url: Required[OpenUrl]
    model: Required[Text]
    key_file: SecretFile
    tokens_per_day: Count


@_closed
class Mail(TypedDict, total=False):
    """``[mail]``."""

    host: Required[Text]
    port: Annotated[int, Field(ge=1, le=65_535)]
    security: Literal["starttls", "tls", "none"]
    user: Text
    password_file: SecretFile
    sender: Required[MailAddress]
    to: Required[Annotated[list[MailAddress], Field(min_length=1), _AsTuple]]
    cron: Cron
    since: Annotated[timedelta, _span(_MINUTE, 366 * _DAY)]


@_closed
class Search(TypedDict, total=False):
    """``[[search]]``."""

    name: Required[Text]
    query: Required[Annotated[Text, AfterValidator(_query)]]


@_closed
class Webhook(TypedDict, total=False):
    """``[[webhook]]``."""

    url: Required[Url]
    secret_file: SecretFile
    event: Literal["item", "story", "health"]
    query: Annotated[str, AfterValidator(_query)]


@_closed
class OutletTable(TypedDict, total=False):
    """``[[outlet]]``."""

    name: Required[Text]
    homepage: Annotated[str, AfterValidator(_homepage)]
    feeds: Annotated[list[Url], _AsTuple]
    kind: Literal["feed", "aggregator"]
    tags: Annotated[list[Text], _AsTuple]
    language: Language
    every: Annotated[timedelta, _span(_SECOND, 31 * _DAY)]
    cron: Cron
    full_text: FullText
    comments: bool
    enabled: bool
    user: str
    password_file: SecretFile
    headers: dict[HeaderName, HeaderValue]
    keep_if: Annotated[list[Pattern], _AsTuple]
    drop_if: Annotated[list[Pattern], _AsTuple]


#: tables that stand once, ``[name]``
SINGLE: dict[str, type] = {
    "store": Store,
    "fetch": Fetch,
    "polling": Polling,
    "articles": Articles,
    "publish": Publish,
    "web": Web,
    "ai": Ai,
    "mail": Mail,
}
#: tables that stand once for each thing they describe, ``[[name]]``
REPEATED: dict[str, type] = {"outlet": OutletTable, "search": Search, "webhook": Webhook}


@cache
def adapter(table: str) -> TypeAdapter[dict[str, Any]]:
    """The validator of one table; built when a file has that table (1 to 8 ms each)."""
    return TypeAdapter(SINGLE.get(table) or REPEATED[table])


def keys(table: str) -> tuple[str, ...]:
    """Every key that may stand in a table, in the order of the documentation."""
    return tuple((SINGLE.get(table) or REPEATED[table]).__annotations__)
