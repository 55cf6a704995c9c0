"""What the network gave: a body, "unchanged", or why there is nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave us to ask "has it changed?" with (RFC 9110, section 8.8), verbatim."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A 200 with its whole body."""

    url: str
    #: where redirects led; equal to ``url`` without one
    final_url: str
    status: int
    #: names in lower case
    headers: Mapping[str, str]
    #: decoded (content-encoding undone)
    body: bytes
    validators: Validators
    #: milliseconds from the first request to the last byte, waiting at the site's gate left out
    elapsed_ms: int
    #: the last address that permanent redirects (301, 308) alone led to; None without one
    moved_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """A 304: what we have is current."""

    url: str
    final_url: str
    headers: Mapping[str, str]
    #: those of the 304 where it carried any, else those we sent
    validators: Validators
    elapsed_ms: int
    status: int = 304
    moved_to: str | None = None


class FailureKind(StrEnum):
    """Why a fetch gave nothing, for decisions; the words for people stand in ``reason``."""

    NAME = "name"  # the host name could not be looked up
    CONNECT = "connect"  # refused, unreachable, reset
    TLS = "tls"
    TIMEOUT = "timeout"
    HTTP = "http"  # an error status, see ``status``
    REDIRECT = "redirect"  # too many, in a circle, or without a target
    FORBIDDEN = "forbidden"  # our own guard refused the address or the scheme
    TOO_BIG = "too_big"
    TRUNCATED = "truncated"
    ENCODING = "encoding"  # the body does not decode
    ROBOTS = "robots"  # robots.txt asks us to stay away from this page
    BLOCKED = "blocked"  # a bot wall, a consent wall: there is something, but not for programs
    CONTENT = "content"  # arrived, but is not what was asked for (HTML for a feed, a PDF for a page)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """Nothing usable arrived. ``reason`` is a sentence for the user."""

    url: str
    final_url: str
    kind: FailureKind
    reason: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    elapsed_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """Nothing was asked: the site wants quiet until then. No failure, and no entry in the history."""

    url: str
    until: datetime
    #: a sentence for the user: who wants quiet, since when and why
    reason: str
    #: robots.txt could not be read for this reason, as the page could not either
    failure: FetchFailed | None = None


FetchResult = Fetched | NotModified | FetchFailed | PutOff
