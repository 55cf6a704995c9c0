"""Which characters and which spelling of an instant an export may carry."""

import re
from datetime import UTC, datetime

# Not a character of XML 1.0 (section 2.2), or a control character that no reader can use.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def printable(text: str) -> str:
    """The text without control characters and lone surrogates; line ends become ``\\n``.

    U+0080 to U+009F are read as windows-1252, as browsers do: they are quotes and dashes of a feed
    that named the wrong charset.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNPRINTABLE.sub(_replacement, text)


def _replacement(match: re.Match[str]) -> str:
    code = ord(match[0])
    return bytes((code,)).decode("cp1252", "ignore") if 0x80 <= code <= 0x9F else ""


def language_tag(language: str | None) -> str | None:
    """The language as the grammars of Atom and RSS allow it (BCP 47), None for anything else."""
    tag = (language or "").strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else None


def iso(at: datetime) -> str:
    """``2026-01-31T08:00:00Z`` (RFC 3339, in UTC, to the second)."""
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def rfc822(at: datetime) -> str:
    """``Sat, 31 Jan 2026 08:00:00 GMT``: RFC 822 as RSS 2.0 asks for it, in English in any locale."""
    at = at.astimezone(UTC)
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day}, {at.day:02} {month} {at.year:04} {at.hour:02}:{at.minute:02}:{at.second:02} GMT"
