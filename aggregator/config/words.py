"""What do people write for a span of time, a number of bytes, an address: text -> value, or why not.

Every function raises ValueError whose text continues the sentence ``key "value" …``.
"""

import re
from datetime import timedelta
from urllib.parse import urlsplit

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"\s*(\d{1,6})\s*([smhdw])\s*", re.ASCII)
#: longer spans are typing errors, and would leave the years a date can hold
_LONGEST = timedelta(days=36_500)

_BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_SIZE = re.compile(r"\s*(\d{1,9}(?:\.\d{1,3})?)\s*([KMG]?i?B)\s*", re.ASCII | re.IGNORECASE)

#: what browsers and servers commonly accept, with room to spare
_LONGEST_URL = 8_192
_USUAL_PORTS = {"http": 80, "https": 443}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
_NOT_IN_URL = re.compile(r"[\s\x00-\x1f\x7f<>\"]")


def duration(text: str) -> timedelta:
    """``"30s"``, ``"15m"``, ``"6h"``, ``"2d"``, ``"1w"``."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(
            'is not a duration; expected a number and a unit, such as "30s", "15m", "6h", "2d" or "1w"'
        )
    span = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if span > _LONGEST:
        raise ValueError("is longer than a hundred years")
    return span


def in_words(span: timedelta) -> str:
    """The shortest way to write a span that ``duration`` reads back; whole seconds."""
    seconds = int(span.total_seconds())
    for unit, size in (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def size(text: str) -> int:
    """``"10MB"`` (decimal), ``"10MiB"`` (binary), ``"512KB"``: bytes."""
    found = _SIZE.fullmatch(text)
    if not found:
        raise ValueError('is not a size; expected a number and a unit, such as "500KB" or "10MB"')
    return int(float(found[1]) * _BYTES[found[2].upper()])


def http_url(text: str, *, instead: str = "put them into the keys user and password_file") -> str:
    """An absolute http(s) address with a host, without a password in it; white space around it is cut."""
    url = text.strip()
    if _NOT_IN_URL.search(url):
        raise ValueError("has a character in it that no address may hold")
    if len(url) > _LONGEST_URL:
        raise ValueError(f"is longer than {_LONGEST_URL} characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is not a valid address") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("is not an http(s) address" + _missing_scheme(url))
    if not host or port == 0:
        raise ValueError("is not a valid address: it names no host")
    if "@" in parts.netloc:
        raise ValueError(f"carries a user name or password; {instead}")
    return url


def open_url(text: str) -> str:
    """The same where no key is there to take a password."""
    return http_url(text, instead="expected an address that does without them")


def _missing_scheme(url: str) -> str:
    """A remedy for ``example.org/feed``."""
    first = url.split("/", 1)[0]
    return f'; did you mean "https://{url}"?' if "." in first and ":" not in first else ""


def is_language(text: str) -> bool:
    """Whether this has the form of a language tag (RFC 5646), such as ``en`` or ``pt-BR``."""
    return bool(_LANGUAGE.fullmatch(text))


def mail_address(text: str) -> str:
    """The address of one person, with or without a name; ValueError in words for anything else."""
    from email.policy import default

    try:
        header = default.header_factory("from", text)
        found, defects = header.addresses, header.defects
    except (ValueError, IndexError):  # "a@": an IndexError of the parser's
        found, defects = (), ("none",)
    if defects or len(found) != 1 or not (found[0].username and found[0].domain):
        raise ValueError(
            'is not a mail address; expected one such as "news@example.org" or "News <news@example.org>"'
        )
    if not found[0].addr_spec.isascii():
        raise ValueError(
            'has letters beyond ASCII in the address; write its domain with "xn--", as DNS has it'
        )
    return text


def same_address(url: str) -> str:
    """A key that is equal for spellings of one address: case of scheme and host, the usual port, fragment."""
    parts = urlsplit(url.strip())
    host, scheme = parts.netloc.lower(), parts.scheme.lower()
    if parts.port == _USUAL_PORTS.get(scheme):
        host = host.removesuffix(f":{parts.port}")
    host = host.removesuffix(":")
    return parts._replace(scheme=scheme, netloc=host, path=parts.path or "/", fragment="").geturl()
