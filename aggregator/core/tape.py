"""What stands on a tape: the lines of a recording, and the values between which they carry a run. Pure.

A tape is a list of lines in the order in which things were decided. A *step* is one thing that a run does:
a poll, an article's page, a look for a gap. Its line is written when it hands its result to the database, so
the order of these lines is the order of the writes, and whoever repeats them one after another gives every
item the number it had. Before it stand the responses that the step was given.

A step has a clock of its own, which stands still between two responses: while a run is recorded, it shows
what the replay will show. Chance is made from a seed and the number of the step.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Annotated, Any, Literal, TypeAlias, assert_never

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from aggregator.model import FailureKind, Fetched, FetchFailed, FetchResult, NotModified, PutOff, Validators

#: the number of this format; what was written with a higher one is not read
FORMAT = 3

Digest: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Outcome: TypeAlias = Literal["fetched", "not modified", "failed", "put off"]
Kind: TypeAlias = Literal[
    "prepare",
    "claim",
    "discover",
    "poll",
    "delivery",
    "page",
    "lesson",
    "learn",
    "skip",
    "gap",
    "comments",
    "forgive",
    "health",
    "stories",
    "leads",
    "prune",
    "publish",
]

#: what is between ``://`` and the ``@`` of an address: user and password
_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s\"<>]*@")
#: headers of answers that speak of a session
_PRIVATE = frozenset({"set-cookie", "set-cookie2", "authorization", "cookie", "www-authenticate"})
#: tables of feeds.toml that decide which items there are and how they are published
_TABLES = frozenset({"store", "fetch", "polling", "articles", "publish", "outlet"})
#: … and the keys of theirs that hold secrets, or places of this machine
_LEFT_OUT = frozenset({"url", "proxy", "directory", "user", "password_file", "headers"})


class TapeError(ValueError):
    """A line that is none of a tape; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run begins."""

    line: Literal["run"] = "run"
    format: int
    #: unique on a tape
    run: str
    at: AwareDatetime
    #: the version of this program
    program: str = ""
    mode: Literal["once", "daemon"] = "once"
    force: bool = False
    outlets: tuple[str, ...] = ()
    #: the body that holds its feeds.toml, without secrets
    config: Digest
    #: chance was made of it
    seed: str
    #: ``urn:uuid:…`` of everything the database exports
    feed_id: str
    #: items that the database held already
    items: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """A response that redirected."""

    url: str
    status: int
    location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseLine:
    """What one request came to, redirects included."""

    line: Literal["response"] = "response"
    #: whose it is; 0: nobody's that a replay repeats
    step: int
    at: AwareDatetime
    #: "DELIVERY": a hub brought it
    method: Literal["GET", "POST", "DELIVERY"] = "GET"
    url: str
    #: what was sent along
    etag: str | None = None
    last_modified: str | None = None
    hops: tuple[Hop, ...] = ()
    outcome: Outcome
    final_url: str = ""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    #: the validators to keep
    new_etag: str | None = None
    new_last_modified: str | None = None
    moved_to: str | None = None
    elapsed_ms: int = 0
    body: Digest | None = None
    size: int = 0
    kind: FailureKind | None = None
    reason: str = ""
    #: put off until then
    until: AwareDatetime | None = None
    #: it failed with our own network
    ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """A step hands its result to the database."""

    line: Literal["step"] = "step"
    step: int
    kind: Kind
    #: what its clock showed at first
    began: AwareDatetime
    outlet: str = ""
    #: the feed, the page, the gap's feed, the site that is learned of
    url: str = ""
    #: the item or the gap
    number: int = 0
    #: how many pages were claimed at most
    limit: int = 0
    #: when the rules were learned that the page was read by
    learned_at: AwareDatetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportsLine:
    """The exports as they were published."""

    line: Literal["exports"] = "exports"
    at: AwareDatetime
    #: by file name; of the last of a run, and one an hour, the bodies are on the tape as well
    files: Mapping[str, Digest] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndLine:
    """A run ended as it should."""

    line: Literal["end"] = "end"
    at: AwareDatetime


Line = RunLine | ResponseLine | StepLine | ExportsLine | EndLine


#: by kind of line: its fields, each with the value that needs not be written
_DEFAULTS: Mapping[type, tuple[tuple[str, Any], ...]] = {
    kind: tuple(
        (one.name, one.default_factory() if one.default_factory is not MISSING else one.default)
        for one in fields(kind)
        if one.name != "line"
    )
    for kind in (RunLine, ResponseLine, StepLine, ExportsLine, EndLine)
}


@cache
def _adapter() -> TypeAdapter[Line]:
    return TypeAdapter(Annotated[Line, Field(discriminator="line")])


def encode(line: Line) -> str:
    """One line of JSON, with its line break; addresses lose their passwords.

    Bytes of a header that are no UTF-8 become question marks.
    """
    values = {"line": line.line}
    for name, default in _DEFAULTS[type(line)]:
        if (value := getattr(line, name)) != default:
            values[name] = value
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return without_credentials(text).encode("utf-8", "replace").decode() + "\n"


def _plain(value: Any) -> Any:
    """What JSON does not know."""
    return value.isoformat() if isinstance(value, datetime) else asdict(value)


def decode(text: str | bytes) -> Line:
    """The line that ``text`` stands for. Raises TapeError."""
    try:
        line = _adapter().validate_json(text)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise TapeError(f"{where}: {first['msg']}" if where else first["msg"]) from None
    if isinstance(line, RunLine) and line.format > FORMAT:
        raise TapeError(f"it is of format {line.format}, and this version reads {FORMAT} at most")
    return line


def without_credentials(text: str) -> str:
    """``text`` with users and passwords taken out of its addresses."""
    return _CREDENTIALS.sub("", text)


# ── responses ────────────────────────────────────────────────────────────────────────────────


def response_line(
    result: FetchResult,
    *,
    step: int,
    at: datetime,
    method: Literal["GET", "POST", "DELIVERY"] = "GET",
    sent: Validators,
    hops: tuple[Hop, ...] = (),
    body: str | None = None,
    ours: bool = False,
) -> ResponseLine:
    """The line of what a request came to; ``body`` is the digest of a body that is on the tape."""
    asked: dict[str, Any] = {
        "step": step,
        "at": at,
        "method": method,
        "url": result.url,
        "etag": sent.etag,
        "last_modified": sent.last_modified,
        "hops": hops,
    }
    match result:
        case Fetched() | NotModified():
            return ResponseLine(
                **asked,
                outcome="fetched" if isinstance(result, Fetched) else "not modified",
                final_url=result.final_url,
                status=result.status,
                headers=_kept(result.headers),
                new_etag=result.validators.etag,
                new_last_modified=result.validators.last_modified,
                moved_to=result.moved_to,
                elapsed_ms=result.elapsed_ms,
                body=body,
                size=len(result.body) if isinstance(result, Fetched) else 0,
            )
        case FetchFailed():
            return ResponseLine(
                **asked,
                outcome="failed",
                final_url=result.final_url,
                status=result.status,
                headers=_kept(result.headers),
                elapsed_ms=result.elapsed_ms,
                kind=result.kind,
                reason=result.reason,
                ours=ours,
            )
        case PutOff():
            return ResponseLine(**asked, outcome="put off", until=result.until, reason=result.reason)
    assert_never(result)


def result_of(line: ResponseLine, url: str, body: bytes) -> FetchResult:
    """What the request came to, for whoever asks ``url``; ``body`` is what the line's digest names."""
    final = line.final_url or url
    kept = Validators(etag=line.new_etag, last_modified=line.new_last_modified)
    match line.outcome:
        case "fetched":
            return Fetched(
                url=url,
                final_url=final,
                status=line.status or 200,
                headers=line.headers,
                body=body,
                validators=kept,
                elapsed_ms=line.elapsed_ms,
                moved_to=line.moved_to,
            )
        case "not modified":
            return NotModified(
                url=url,
                final_url=final,
                headers=line.headers,
                validators=kept,
                elapsed_ms=line.elapsed_ms,
                status=line.status or 304,
                moved_to=line.moved_to,
            )
        case "failed":
            return FetchFailed(
                url=url,
                final_url=final,
                kind=line.kind or FailureKind.CONNECT,
                reason=line.reason,
                status=line.status,
                headers=line.headers,
                elapsed_ms=line.elapsed_ms,
            )
        case "put off":
            return PutOff(url=url, until=line.until or line.at, reason=line.reason)
    assert_never(line.outcome)


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in _PRIVATE}


# ── chance ───────────────────────────────────────────────────────────────────────────────────


def chance(seed: str, step: int, draw: int) -> float:
    """A number from 0 to 1 that looks random and is the same for the same arguments."""
    digest = blake2b(f"{seed}:{step}:{draw}".encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / 2**56


# ── the configuration ────────────────────────────────────────────────────────────────────────


def config_for_tape(text: str, *, outlet: str | None = None) -> str:
    """The parts of a valid feeds.toml that decide which items there are, without its secrets.

    With ``outlet`` no other outlet than that stays. Paths are left out: the copy uses the folder it lies in.
    """
    tables = {name: table for name, table in tomllib.loads(text).items() if name in _TABLES}
    kept = [_config_table(name, table) for name, table in tables.items() if name != "outlet"]
    kept += [
        _config_table("outlet", table, many=True)
        for table in tables.get("outlet", ())
        if outlet is None or str(table.get("name", "")).strip().casefold() == outlet.casefold()
    ]
    return without_credentials("\n".join(kept))


def _config_table(name: str, table: Mapping[str, Any], *, many: bool = False) -> str:
    lines = [f"{key} = {_toml(value)}" for key, value in table.items() if key not in _LEFT_OUT]
    head = f"[[{name}]]" if many else f"[{name}]"
    return "\n".join([head, *lines, ""])  # an empty [publish] means something


def _toml(value: Any) -> str:
    """A value of feeds.toml as TOML; its strings are JSON's, but for DEL."""
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
