"""Which characters the bytes of a feed stand for."""

import codecs
import re
from typing import Final

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: "<?xm" or "<" and a letter as other encodings write it (XML 1.0, appendix F)
_UNMARKED: Final = (
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00<\x00", "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
_PROLOG = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
#: text encodings only: "punycode" takes quadratic time, "unicode_escape" is code
_TEXT = re.compile(
    r"(?:utf|ucs|u8|us-ascii|ascii|iso|latin|windows|cp|ibm|koi8|mac|gb|big5|euc|shift|sjis|ms932|ks_c|johab|"
    r"hz|tis|ptcp|viscii|x-)[\w.:-]*",
    re.IGNORECASE,
)
#: written with bytes below 128 alone, so that they pass for UTF-8
_SEVEN_BIT: Final = ("iso2022", "hz")
_SUPERSETS: Final = {"gb2312": "gb18030", "gbk": "gb18030", "ascii": "utf-8"}
#: stray bytes in a text whose other characters prove it to be UTF-8
_STRAY_SHARE: Final = 0.1


def charset_of(body: bytes, content_type: str = "") -> str:
    """The Python codec that decodes ``body``; with ``errors="replace"`` it always does.

    A byte order mark decides; then, bytes that are valid UTF-8 are UTF-8, whatever header and
    prolog say (both are often a server's default, and no other text passes for it by chance); then
    header before prolog (RFC 7303); then mostly valid UTF-8; then Windows' western Europe.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return name
    start = body[:64].lstrip(b" \t\r\n")
    for mark, name in _UNMARKED:
        if start.startswith(mark):
            return name
    declared = _declared(body, content_type)
    for name in declared:
        if name.startswith(_SEVEN_BIT) and _decodes(body, name):
            return name
    if body.isascii() or _is_utf8(body):
        return "utf-8"
    for name in declared:
        if name != "utf-8" and _decodes(body, name):
            return name
    return "utf-8" if _mostly_utf8(body) else "windows-1252"


def _declared(body: bytes, content_type: str) -> list[str]:
    header, prolog = _HEADER.search(content_type), _PROLOG.match(body)
    names = [header[1]] if header else []
    if prolog:
        names.append(prolog[1].decode("ascii", "replace"))
    return [codec for name in names if (codec := _codec(name))]


def _codec(name: str) -> str | None:
    if not _TEXT.fullmatch(name):
        return None
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return None
    # two-byte encodings show in the first bytes or not at all
    return None if found.startswith(("utf-16", "utf-32")) else _SUPERSETS.get(found, found)


def _decodes(body: bytes, name: str) -> bool:
    try:
        body.decode(name)
    except (UnicodeError, LookupError):
        return False
    return True


def _is_utf8(body: bytes) -> bool:
    """Also when the body was cut short within a character."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


def _mostly_utf8(body: bytes) -> bool:
    text = body.decode("utf-8", "replace")
    strays = text.count("\ufffd")
    good = sum(len(run) for run in re.findall(r"[^\x00-\x7f\ufffd]+", text))
    return strays <= good * _STRAY_SHARE
