"""Short lists of numbers as bytes: a feed's window and its arrivals in one compact column each."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from struct import Struct

from aggregator.model import Rhythm, WindowEntry
from aggregator.store.types import from_microseconds, to_microseconds

_NO_ITEM = 0  # item ids begin at 1
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # no gap was seen then
_RHYTHM = Struct("<3q2f")


def pack_window(entries: Sequence[tuple[bytes, int | None]]) -> bytes:
    """Digests of one length, each with its item: length, all digests, then all ids (64 bits)."""
    if not entries:
        return b""
    width = len(entries[0][0])
    if not 0 < width < 256 or any(len(digest) != width for digest, _ in entries):
        raise ValueError("the digests of a window must be of one length, from 1 to 255 bytes")
    ids = [item_id or _NO_ITEM for _, item_id in entries]
    return bytes([width]) + b"".join([digest for digest, _ in entries]) + Struct(f"<{len(ids)}q").pack(*ids)


def unpack_window(packed: bytes | None) -> tuple[WindowEntry, ...]:
    """The opposite of ``pack_window``."""
    if not packed:
        return ()
    width = packed[0]
    count = (len(packed) - 1) // (width + 8)
    ids = Struct(f"<{count}q").unpack_from(packed, 1 + count * width)
    return tuple(
        [
            WindowEntry(digest=packed[1 + i * width : 1 + (i + 1) * width], item_id=ids[i] or None)
            for i in range(count)
        ]
    )


def window_ids(packed: bytes | None) -> tuple[int, ...]:
    """Only the items of a packed window."""
    if not packed:
        return ()
    count = (len(packed) - 1) // (packed[0] + 8)
    return tuple(i for i in Struct(f"<{count}q").unpack_from(packed, 1 + count * packed[0]) if i)


def pack_instants(instants: Iterable[datetime]) -> bytes:
    """Instants as microseconds, 64 bits each."""
    values = [to_microseconds(instant) for instant in instants]
    return Struct(f"<{len(values)}q").pack(*values)


def unpack_instants(packed: bytes | None) -> tuple[datetime, ...]:
    """The opposite of ``pack_instants``."""
    if not packed:
        return ()
    return tuple([from_microseconds(value) for value in Struct(f"<{len(packed) // 8}q").unpack(packed)])


def pack_rhythm(rhythm: Rhythm) -> bytes:
    """Three instants as microseconds, the numbers as 32-bit floats; b"" for one that knows nothing."""
    if rhythm.since is None or rhythm.until is None:
        return b""
    instants = (rhythm.since, rhythm.until, rhythm.gap_at or _NEVER)
    head = _RHYTHM.pack(*map(to_microseconds, instants), rhythm.batch, rhythm.gaps)
    return head + Struct(f"<{len(rhythm.counts)}f").pack(*rhythm.counts)


def unpack_rhythm(packed: bytes | None) -> Rhythm:
    """The opposite of ``pack_rhythm``."""
    if not packed:
        return Rhythm()
    since, until, gap_at, batch, gaps = _RHYTHM.unpack_from(packed)
    return Rhythm(
        counts=Struct(f"<{(len(packed) - _RHYTHM.size) // 4}f").unpack_from(packed, _RHYTHM.size),
        since=from_microseconds(since),
        until=from_microseconds(until),
        batch=batch,
        gaps=gaps,
        gap_at=from_microseconds(gap_at) if gap_at else None,
    )
