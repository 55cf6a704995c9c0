"""A poll costs what is new: known entries are cut out of a document before it is parsed.

The agreement, in the order of a poll:

1. ``cut_known(body, known, content_type=…, known_shell=…)`` in the parent process; it imports no parser.
   ``known`` are the digests of the entries that the feed's last document had, as ``parse_cut`` gave
   them. ``cut.nothing_new`` and an unchanged ``cut.shell_digest``: the poll is over.
2. ``parse.parse_cut(cut.body, digests=cut.digests, whole=cut.whole, url=…, headers=…)``, inline when
   ``cut.body`` is small, else in a worker. Everything that goes in and comes out pickles.
3. It answers None when the cut document cannot be trusted: then ``parse_cut(body, digests=cut.all_digests,
   whole=True, …)`` parses it all.
4. ``Parsed.digests`` (one for each item) and ``Parsed.left_out`` (entries beyond the cap) are known
   from now on. ``Parsed.digests`` is None when they cannot be told apart (ill-formed XML, above
   all): nothing of such a document is ever known, and it is parsed whole each time.

Why the result is the same as that of parsing the whole: a digest covers an entry's bytes and
everything before the first entry that its meaning depends on (the root element with its namespaces,
xml:base and language); only entries of well-formed documents are known, so a document is well-formed
when what is left of it is; and where feedparser carries something from one entry to the next
(``cutsafe``), or another character set would be chosen for what is left, nothing is cut.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha1
from typing import Final

from aggregator.core import cutjson, cutsafe
from aggregator.core.charset import charset_of
from aggregator.core.dates import parse_date
from aggregator.model import ParsedFeed

DIGEST_SIZE: Final = 8
#: entries that are looked for in the process that serves everyone: 30 ms of its time
_MOST_ENTRIES: Final = 20_000

_OPAQUE = (
    rb"!\[CDATA\[[^\]]*+(?:\](?!\]>)[^\]]*+)*+\]\]>"
    rb"|!--[^-]*+(?:-(?!->)[^-]*+)*+-->"
    rb"|\?[^?]*+(?:\?(?!>)[^?]*+)*+\?>"
)
_COMMENTS = re.compile(rb"<!--.*?-->", re.DOTALL)
_BLOCKS = re.compile(rb"<(?:" + _OPAQUE + rb")")
#: keeps ``parse`` joining addresses as it would for the whole document
_BASE_WAS_HERE: Final = b"<!-- xml:base= -->"
_HEAD = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:<\?xml\s[^<>]*\?>)?+"
    rb"(?:\s|<!--[^-]*+(?:-(?!->)[^-]*+)*+-->|<\?[^?]*+(?:\?(?!>)[^?]*+)*+\?>|<!DOCTYPE[^<>\[]*>)*+"
    rb"<([\w.-]+:)?(rss|RDF|feed|channel)(?:\s[^<>]*)?>(?:\s*+<channel(?:\s[^<>]*)?>)?+"
)
_ENTRY_NAMES: Final = {b"rss": b"item", b"RDF": b"item", b"channel": b"item", b"feed": b"entry"}

#: elements that count, and change without the entry changing; no reader of ours looks at them
_VOLATILE_ELEMENTS: Final = (
    b"slash:comments",
    b"slash:hit_parade",
    b"thr:total",
    b"media:statistics",
    b"media:starRating",
    b"hatena:bookmarkcount",
    b"bookmark:count",
    b"lj:reply-count",
    b"lj:replycount",
    b"re:rank",
    b"opensearch:totalResults",
    b"gd:rating",
    b"gd:feedLink",
    b"yt:statistics",
)
_VOLATILE_ATTRIBUTES = re.compile(rb"""(?<=\s)thr:(?:count|updated|when)\s*=\s*(?:"[\w.:+-]*"|'[\w.:+-]*')""")
_PREFIXES: Final = sorted(
    {
        (b"xmlns:" + prefix, b"<" + prefix + b":")
        for prefix in (name.partition(b":")[0] for name in _VOLATILE_ELEMENTS)
    }
)
_VOLATILE_ELEMENT = re.compile(
    rb"<(%b)(?:\s[^<>&]*)?(?:/>|>(?:\s*+(\d{1,9})(?!\d))?+[\w\s.,:+-]*</\1\s*>)"
    % b"|".join(map(re.escape, _VOLATILE_ELEMENTS))
)
#: those of them that count comments
_COMMENTS_COUNT: Final = (b"slash:comments", b"thr:total", b"lj:reply-count", b"lj:replycount")
#: outside the entries: when it was made, by what, and lists of what follows
_VOLATILE_SHELL = re.compile(
    rb"<((?:[\w.-]+:)?(?:lastBuildDate|pubDate|updated|modified|date|ttl|generator|updateBase|totalResults|"
    rb"startIndex|itemsPerPage|published|issued))(?:\s[^<>]*)?(?:/>|>[^<]*</\1\s*>)|\s+"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """The bytes of one entry, from its start tag to its end tag."""

    digest: bytes
    start: int
    end: int
    #: comments that it counts; None where it does not
    comments: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A feed document taken apart into its entries and the shell around them."""

    body: bytes
    entries: tuple[RawEntry, ...]
    #: over what stands outside the entries and means something
    shell_digest: bytes
    is_json: bool = False

    def kept(self, known: Collection[bytes]) -> tuple[bytes, ...]:
        """Digests of the entries that are not known, in document order."""
        return tuple(entry.digest for entry in self.entries if entry.digest not in known)

    def without(self, known: Collection[bytes]) -> bytes:
        """The document with the known entries' bytes removed."""
        if self.is_json:
            spans = [(entry.start, entry.end, entry.digest in known) for entry in self.entries]
            return cutjson.without(self.body, spans)
        pieces, at = [], 0
        for entry in self.entries:
            if entry.digest in known:
                pieces.append(self.body[at : entry.start])
                at = entry.end
        pieces.append(self.body[at:])
        return b"".join(pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What is left to parse of a document; see the module's agreement."""

    body: bytes
    #: of the entries in ``body``, in document order; None when entries cannot be told apart
    digests: tuple[bytes, ...] | None
    #: of every entry of the document as it came, in document order
    all_digests: tuple[bytes, ...] | None
    #: None when entries cannot be told apart
    shell_digest: bytes | None
    #: nothing was cut away
    whole: bool
    #: known entries that count their comments, and how many they are: what is not parsed is not lost
    comments: tuple[tuple[bytes, int], ...] = ()

    @property
    def nothing_new(self) -> bool:
        """True when every entry is known."""
        return not self.digests and bool(self.all_digests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A parsed document, with the digest of each item's bytes."""

    feed: ParsedFeed
    #: one for each of ``feed.items``; None when they cannot be told apart
    digests: tuple[bytes, ...] | None = None
    #: entries beyond the cap (``feed.cut_off``) or unreadable: known, although they are no items
    left_out: tuple[bytes, ...] = ()


def cut_known(
    body: bytes, known: Collection[bytes], *, content_type: str = "", known_shell: bytes | None = None
) -> Cut:
    """``body`` without the entries whose digests are known, or whole where a cut is not safe.

    ``known_shell`` is the shell digest of the feed's last document: where that and all entries are
    known, the work of cutting is saved (``body`` is empty, and not to be parsed).
    """
    document = split(body)
    if document is None:
        return Cut(body=body, digests=None, all_digests=None, shell_digest=None, whole=True)
    return cut_document(document, known, content_type=content_type, known_shell=known_shell)


def cut_document(
    document: Document, known: Collection[bytes], *, content_type: str = "", known_shell: bytes | None = None
) -> Cut:
    """``cut_known`` for a document that has been split already."""
    body = document.body
    digests, kept = tuple(entry.digest for entry in document.entries), document.kept(known)
    comments = tuple(
        (entry.digest, entry.comments)
        for entry in document.entries
        if entry.comments is not None and entry.digest in known
    )
    if digests and not kept and document.shell_digest == known_shell:
        return Cut(
            body=b"",
            digests=(),
            all_digests=digests,
            shell_digest=known_shell,
            whole=False,
            comments=comments,
        )
    rest = document.without(known)
    whole = len(kept) == len(digests) or not _is_safe(document, known, rest, content_type)
    if not whole and not document.is_json and cutsafe.has_base(body) and not cutsafe.has_base(rest):
        rest += _BASE_WAS_HERE
    return Cut(
        body=body if whole else rest,
        digests=digests if whole else kept,
        all_digests=digests,
        shell_digest=document.shell_digest,
        whole=whole,
        comments=comments,
    )


def _is_safe(document: Document, known: Collection[bytes], rest: bytes, content_type: str) -> bool:
    if not rest.isascii() and charset_of(rest, content_type) != charset_of(document.body, content_type):
        return False
    if document.is_json:
        return True
    first, last = document.entries[0], document.entries[-1]
    gone = b"".join(document.body[e.start : e.end] for e in document.entries if e.digest in known)
    return cutsafe.leaves_nothing_behind(
        head=document.body[: first.start],
        entries=_BLOCKS.sub(b"", gone),
        kept=_BLOCKS.sub(b"", rest[first.start :]) if b"xmlns" in gone else b"",
        tail=b"".join(_gaps(document.body, document.entries)) + document.body[last.end :],
    )


def split(body: bytes, *, most: int = _MOST_ENTRIES) -> Document | None:
    """The entries of an RSS, RDF, Atom or JSON Feed document, found in its bytes.

    None where bytes do not tell them apart for certain: internal DTD subsets, encodings that are
    not ASCII with additions, nested or unterminated entries, no entries' parent known to us, and more
    than ``most`` entries, which are for a worker process to look at.
    """
    if cutjson.is_json(body):
        return _split_json(body)
    head = _HEAD.match(body)
    # an escape sequence of ISO 2022 gives "<" another meaning
    if head is None or b"\x1b" in body:
        return None
    prefix = (head[1] or b"") if head[2] == b"feed" else b""
    spans = _spans(body, head.end(), prefix + _ENTRY_NAMES[head[2]], most)
    if spans is None:
        return None
    context = _without_comments(head[0]).strip()
    return Document(
        body=body,
        entries=tuple(
            RawEntry(digest=digest, start=start, end=end, comments=comments)
            for (digest, comments), (start, end) in zip(_digests(body, spans, context), spans, strict=True)
        ),
        shell_digest=_shell_digest(body, spans),
    )


_DATE = re.compile(
    rb"<(?:[\w.-]+:)?(?:pubDate|published|date|issued|created|updated|modified)(?:\s[^<>]*)?>"
    rb"\s*(?:<!\[CDATA\[)?([^<>\]]{6,60})"
)


def newest(document: Document, limit: int) -> frozenset[bytes]:
    """Digests of all but the ``limit`` newest entries by the first date in their bytes, else by place."""
    beginning = datetime.min.replace(tzinfo=UTC)

    def age(entry: RawEntry) -> datetime:
        found = _DATE.search(document.body, entry.start, entry.end)
        return (found and parse_date(found[1].decode("ascii", "replace"))) or beginning

    order = sorted(document.entries, key=age, reverse=True)
    return frozenset(entry.digest for entry in order[limit:])


def _split_json(body: bytes) -> Document | None:
    spans = cutjson.spans(body)
    if spans is None:
        return None
    return Document(
        body=body,
        entries=tuple(
            RawEntry(digest=_digest(body[start:end]), start=start, end=end) for start, end in spans
        ),
        shell_digest=_shell_digest(body, spans),
        is_json=True,
    )


@cache
def _tokens(name: bytes) -> re.Pattern[bytes]:
    """Tags of ``name``; opaque blocks (no group), or ``<!`` and ``<?`` that open none (group 3)."""
    return re.compile(rb"<(?:" + _OPAQUE + rb"|(%b)(?=[\s>/])|/(%b)\s*>|([!?]))" % (name, name))


def _spans(body: bytes, at: int, name: bytes, most: int) -> list[tuple[int, int]] | None:
    """Start and end of each element ``name``; None when one is nested, or left open."""
    spans: list[tuple[int, int]] = []
    start = -1
    for token in _tokens(re.escape(name)).finditer(body, at):
        kind = token.lastindex
        if kind is None:
            continue
        if kind == 1 and start < 0:
            start = token.start()
            end = body.find(b">", start)
            if end < 0 or len(spans) == most:
                return None
            if body[end - 1 : end] == b"/":
                spans.append((start, end + 1))
                start = -1
        elif kind == 2 and start >= 0:
            spans.append((start, token.end()))
            start = -1
        else:
            return None
    return spans if start < 0 else None


def _digests(body: bytes, spans: list[tuple[int, int]], context: bytes) -> Iterator[tuple[bytes, int | None]]:
    """Of each entry the digest of what lasts in it, and the comments that it counts."""
    view = memoryview(body)
    prefixes = [start for name, start in _PREFIXES if name in context and start in body]
    replies = b"xmlns:thr" in context
    beginning = sha1(context, usedforsecurity=False)
    for start, end in spans:
        digest, comments = beginning.copy(), None
        if prefixes or replies:
            volatile = _volatile(body, start, end, prefixes)
            comments = next((int(one[2]) for one in volatile if one[2] and one[1] in _COMMENTS_COUNT), None)
            for piece in _lasting(body, start, end, volatile, replies=replies):
                digest.update(piece)
        else:
            digest.update(view[start:end])
        yield digest.digest()[:DIGEST_SIZE], comments


def _volatile(body: bytes, start: int, end: int, prefixes: list[bytes]) -> list[re.Match[bytes]]:
    """An entry's volatile elements, in their order."""
    found = []
    for prefix in prefixes:
        at = body.find(prefix, start, end)
        while at >= 0:
            match = _VOLATILE_ELEMENT.match(body, at, end)
            if match:
                found.append(match)
            at = body.find(prefix, at + 1, end)
    return sorted(found, key=re.Match.start)


def _lasting(
    body: bytes, start: int, end: int, volatile: list[re.Match[bytes]], *, replies: bool
) -> Iterator[bytes]:
    """An entry's bytes without its volatile elements and attributes."""
    for match in volatile:
        if match.start() >= start:
            yield _quiet(body[start : match.start()], replies=replies)
            start = match.end()
    yield _quiet(body[start:end], replies=replies)


def _quiet(piece: bytes, *, replies: bool) -> bytes:
    return _VOLATILE_ATTRIBUTES.sub(b"", piece) if replies and b" thr:" in piece else piece


def _gaps(body: bytes, spans: Collection[RawEntry] | Collection[tuple[int, int]]) -> Iterator[bytes]:
    """What stands between two entries, where it is more than white space."""
    before = -1
    for span in spans:
        start, end = (span.start, span.end) if isinstance(span, RawEntry) else span
        if before >= 0 and start > before and (gap := body[before:start].strip(b" \t\r\n,")):
            yield gap
        before = end


def _shell_digest(body: bytes, spans: list[tuple[int, int]]) -> bytes:
    shell = body
    if spans:
        shell = b" ".join((body[: spans[0][0]], *_gaps(body, spans), body[spans[-1][1] :]))
    start = shell.find(b"<items>")
    end = shell.find(b"</items>", start)
    if 0 <= start < end:  # RDF's list of what follows
        shell = shell[:start] + shell[end:]
    return _digest(_VOLATILE_SHELL.sub(b" ", _without_comments(shell)))


def _without_comments(markup: bytes) -> bytes:
    """Up to the last end of a comment, behind which a search from each open one would be quadratic."""
    end = markup.rfind(b"-->") + 3
    return _COMMENTS.sub(b"", markup[:end]) + markup[end:] if b"<!--" in markup[:end] else markup


def _digest(content: bytes) -> bytes:
    """SHA-1 is twice as fast as BLAKE2 where the processor knows it; a publisher fools nobody but itself."""
    return sha1(content, usedforsecurity=False).digest()[:DIGEST_SIZE]
