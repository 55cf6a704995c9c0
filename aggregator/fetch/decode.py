"""Content codings undone while the body arrives, so that a bomb is known before it has gone off.

We decode rather than aiohttp, as only who sees both sides can compare packed and unpacked size, read a body
that is labelled gzip and is not, and notice a stream that breaks off.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli

from aggregator.model import FailureKind

#: bytes unpacked at a time
_PIECE = 1 << 20
#: layers of packing that are undone; two are seen in the wild
_LAYERS = 3
#: gzip members in one stream; servers send one, or one a flush
_MEMBERS = 1000
#: bytes that may prove not to be packed after all, before anything was unpacked
_DOUBT = 1 << 16
#: bytes needed to tell how a body begins
_HEAD = 16

_GZIP_MAGIC = b"\x1f\x8b\x08"
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml|<!doctype|<!--|<rss|<feed|<rdf|<html|\{\s*\")", re.IGNORECASE
)
#: bytes that no text has, UTF-16 left out
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_NO_CODING = frozenset({"", "identity", "none", "utf-8", "utf8", "8bit", "binary", "aws-chunked"})


class BodyError(Exception):
    """The body cannot be used; ``kind`` for decisions, the text for people."""

    def __init__(self, kind: FailureKind, reason: str) -> None:
        self.kind = kind
        super().__init__(reason)


class _Unpacker(Protocol):
    """One layer of packing."""

    def unpack(self, data: bytes) -> Iterator[bytes]: ...
    def whole(self) -> bool: ...


class Decoder:
    """Collects a body: ``feed`` each chunk, then ``finish``.

    ``cap``: decoded bytes at most; ``ratio``: decoded bytes for one received byte at most, once more than
    ``ratio_from`` bytes are decoded. Both ``feed`` and ``finish`` raise BodyError.
    """

    __slots__ = ("_cap", "_chunks", "_ratio", "_ratio_from", "_received", "_size", "_stage")

    def __init__(self, codings: str, *, cap: int, ratio: int = 200, ratio_from: int = 1_000_000) -> None:
        self._cap = cap
        self._ratio = ratio
        self._ratio_from = ratio_from
        self._received = 0
        self._size = 0
        self._chunks: list[bytes] = []
        self._stage = _Stage(_codings(codings), cap, 0)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes as they came from the network."""
        self._received += len(chunk)
        for piece in self._stage.push(chunk):
            self._keep(piece)

    def finish(self) -> bytes:
        """The whole body, decoded."""
        for piece in self._stage.end():
            self._keep(piece)
        return self.so_far()

    def so_far(self) -> bytes:
        """What is decoded by now, at most ``cap`` bytes."""
        return (self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks))[: self._cap]

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        self._chunks.append(piece)
        if self._size > self._cap:
            raise too_big(self._cap)
        if self._size > self._ratio_from and self._size > self._ratio * self._received:
            raise BodyError(
                FailureKind.TOO_BIG, f"the body unpacks to more than {self._ratio} times its size on the wire"
            )


def too_big(cap: int) -> BodyError:
    """The error for a body of more than ``cap`` decoded bytes."""
    size = f"{cap / 1e6:g} MB" if cap >= 100_000 else f"{cap:,} bytes"
    return BodyError(FailureKind.TOO_BIG, f"the body is larger than {size}")


def _codings(header: str) -> tuple[str, ...]:
    """Content-Encoding as the codings to undo, the outermost first."""
    names = (name.strip().lower().removeprefix("x-") for name in header.split(","))
    return tuple(name for name in names if name not in _NO_CODING)[::-1]


class _Stage:
    """One layer of the body, decided by what it is labelled as and by how it begins; then the next."""

    __slots__ = ("_cap", "_codings", "_depth", "_head", "_next", "_plain", "_size", "_taken", "_unpacker")

    def __init__(self, codings: tuple[str, ...], cap: int, depth: int) -> None:
        self._codings = codings
        self._cap = cap
        self._depth = depth
        self._head = b""
        self._plain = False
        self._size = 0
        #: what was taken while nothing has come out; None once something has
        self._taken: bytes | None = b""
        self._unpacker: _Unpacker | None = None
        self._next: _Stage | None = None

    def push(self, data: bytes) -> Iterator[bytes]:
        if self._plain:
            yield data
            return
        if self._unpacker is None:
            data = self._head + data
            if len(data) < _HEAD:
                self._head = data
                return
            self._decide(data)
        yield from self._pass_on(data)

    def end(self) -> Iterator[bytes]:
        if self._unpacker is None and not self._plain and self._head:
            self._decide(self._head)
            yield from self._pass_on(self._head)
        if self._next is not None:
            yield from self._next.end()
        if self._unpacker is not None and not self._unpacker.whole():
            raise BodyError(FailureKind.TRUNCATED, "the packed body breaks off in the middle")

    def _pass_on(self, data: bytes) -> Iterator[bytes]:
        if self._unpacker is None or self._next is None:
            yield data
            return
        if self._taken is not None:
            self._taken += data
        try:
            for piece in self._unpacker.unpack(data):
                self._size += len(piece)
                if piece or len(self._taken or b"") > _DOUBT:
                    self._taken = None
                if self._size > self._cap + _PIECE:  # even where the next layer makes nothing of it
                    raise too_big(self._cap)
                yield from self._next.push(piece)
        except (zlib.error, brotli.error) as exc:
            if self._taken is not None and not _BINARY.search(
                self._taken, 0, 1024
            ):  # mislabelled: it is not packed
                self._plain, self._unpacker = True, None
                yield self._taken
                return
            raise BodyError(
                FailureKind.ENCODING, f"the body is not valid {self._codings[0] if self._codings else 'gzip'}"
            ) from exc

    def _decide(self, head: bytes) -> None:
        coding = self._codings[0] if self._codings else ""
        packed = head.startswith(_GZIP_MAGIC)
        if self._depth >= _LAYERS and packed:
            raise BodyError(FailureKind.ENCODING, f"the body is packed more than {_LAYERS} times")
        if packed and coding != "br":  # labelled or not: some label gzip "deflate", or nothing at all
            self._unpacker = _Inflate(31)
        elif coding in ("", "gzip") or _MARKUP.match(head):  # mislabelled: it is not packed
            self._plain = True
            return
        elif coding == "deflate":
            self._unpacker = _Inflate(15 if _is_zlib(head) else -15)
        elif coding == "br":
            self._unpacker = _Brotli()
        else:
            raise BodyError(
                FailureKind.ENCODING, f"the body is packed with {coding!r}, which was not asked for"
            )
        self._next = _Stage(self._codings[1:], self._cap, self._depth + 1)


def _is_zlib(head: bytes) -> bool:
    """RFC 1950, 2.2: without this header "deflate" is the raw stream that old servers send."""
    return head[0] & 0x0F == 8 and int.from_bytes(head[:2]) % 31 == 0


class _Inflate:
    """gzip (31), zlib (15) or raw deflate (-15); gzip members one after another count as one stream."""

    __slots__ = ("_members", "_wbits", "_zlib")

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._members = 1
        self._zlib = zlib.decompressobj(wbits)

    def unpack(self, data: bytes) -> Iterator[bytes]:
        while data and (not self._zlib.eof or self._another(data)):
            piece = self._zlib.decompress(data, _PIECE)
            data = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
            while piece:
                yield piece
                # a full piece can leave output inside although all input was taken
                piece = b"" if len(piece) < _PIECE or data else self._zlib.decompress(b"", _PIECE)

    def whole(self) -> bool:
        return self._zlib.eof

    def _another(self, data: bytes) -> bool:
        """Begin the next gzip member; anything else behind the stream is padding, and ignored."""
        if self._wbits != 31 or not data.startswith(_GZIP_MAGIC[:2]):
            return False
        self._members += 1
        if self._members > _MEMBERS:
            raise BodyError(FailureKind.ENCODING, f"the body consists of more than {_MEMBERS} gzip streams")
        self._zlib = zlib.decompressobj(self._wbits)
        return True


class _Brotli:
    """RFC 7932."""

    __slots__ = ("_brotli",)

    def __init__(self) -> None:
        self._brotli = brotli.Decompressor()

    def unpack(self, data: bytes) -> Iterator[bytes]:
        if self._brotli.is_finished():
            return
        yield self._brotli.process(data, output_buffer_limit=_PIECE)
        while not self._brotli.is_finished() and not self._brotli.can_accept_more_data():
            yield self._brotli.process(b"", output_buffer_limit=_PIECE)

    def whole(self) -> bool:
        return bool(self._brotli.is_finished())
