"""Content codings undone while they arrive; bombs stopped; labels not believed."""

import gzip
import os
import tracemalloc
import zlib
from contextlib import suppress

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.decode import BodyError, Decoder
from aggregator.model import FailureKind
from tests.fakes import encoded

FEED = b'<?xml version="1.0"?><rss>' + os.urandom(30_000).hex().encode() + b"</rss>"
CAP = 10_000_000


def decode(data: bytes, label: str, *, step: int = 65_536, cap: int = CAP) -> bytes:
    decoder = Decoder(label, cap=cap)
    for start in range(0, len(data), step):
        decoder.feed(data[start : start + step])
    return decoder.finish()


@pytest.mark.parametrize("step", [1, 7, 1000, 65_536])
@pytest.mark.parametrize(
    ("codings", "label"),
    [
        ((), ""),
        ((), "identity"),
        (("gzip",), "gzip"),
        (("gzip",), "x-gzip"),
        (("gzip",), "GZIP"),
        (("deflate",), "deflate"),
        (("raw-deflate",), "deflate"),
        (("br",), "br"),
        (("gzip", "br"), "gzip, br"),
        (("gzip", "gzip"), "gzip, gzip"),
    ],
)
def test_every_coding_gives_the_body_back(codings: tuple[str, ...], label: str, step: int) -> None:
    assert decode(encoded(FEED, *codings), label, step=step) == FEED


@pytest.mark.parametrize("label", ["gzip", "deflate", "br", "utf-8", "zstd"])
@pytest.mark.parametrize("body", [FEED, b"<rss/>", b"\n\n<rss/>", b'{"version": "x"}', b"<!DOCTYPE html><p>"])
def test_a_body_mislabelled_as_packed_is_read_raw(label: str, body: bytes) -> None:
    assert decode(body, label) == body


@pytest.mark.parametrize("step", [1, 7, 100_000])
@pytest.mark.parametrize("label", ["gzip", "deflate", "br"])
@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf<rss/>",
        b"[1, 2, 3] is no feed, but text",
        "Ännchen von Tharau".encode() * 50,
        b"ab" * 50_000,
    ],
)
def test_any_text_mislabelled_as_packed_is_read_raw(label: str, body: bytes, step: int) -> None:
    assert decode(body, label, step=step) == body


@pytest.mark.parametrize("label", ["", "deflate", "utf-8"])
def test_a_gzip_body_under_a_wrong_label_is_unpacked(label: str) -> None:
    assert decode(encoded(FEED, "gzip"), label) == FEED


def test_a_body_packed_twice_under_one_label_is_unpacked_twice() -> None:
    assert decode(encoded(FEED, "gzip", "gzip"), "gzip") == FEED


def test_a_body_packed_over_and_over_is_refused() -> None:
    with pytest.raises(BodyError, match="packed more than 3 times"):
        decode(encoded(FEED, *["gzip"] * 5), "gzip")


def test_gzip_members_one_after_another_are_one_body_and_padding_behind_them_is_ignored() -> None:
    assert decode(gzip.compress(b"<rss>") + gzip.compress(b"</rss>") + b"\0" * 40, "gzip") == b"<rss></rss>"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw-deflate", "br"])
@pytest.mark.parametrize("keep", [20, 10_000, -1])
def test_a_packed_body_that_breaks_off_is_truncated(coding: str, keep: int) -> None:
    with pytest.raises(BodyError) as caught:
        decode(encoded(FEED, coding)[:keep], coding.removeprefix("raw-"))
    assert caught.value.kind is FailureKind.TRUNCATED


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_a_damaged_stream_is_an_error_in_words(coding: str) -> None:
    data = bytearray(encoded(FEED, coding))
    data[5000:5100] = bytes(100)
    with pytest.raises(BodyError) as caught:
        decode(bytes(data), coding)
    assert caught.value.kind is FailureKind.ENCODING
    assert str(caught.value) == f"the body is not valid {coding}"


def test_a_coding_that_was_not_asked_for_is_an_error_in_words() -> None:
    with pytest.raises(BodyError, match="packed with 'zstd', which was not asked for"):
        decode(b"\x28\xb5\x2f\xfd" + os.urandom(100), "zstd")


def test_an_empty_body_is_an_empty_body_under_every_label() -> None:
    assert [decode(b"", label) for label in ("", "gzip", "br", "deflate")] == [b""] * 4


def _zeros(megabytes: int, coding: str) -> bytes:
    if coding == "br":
        return bytes(brotli.compress(bytes(megabytes << 20), quality=5))
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()


BOMBS = {
    "gzip": (_zeros(200, "gzip"), "gzip"),
    "br": (_zeros(200, "br"), "br"),
    "gzip in gzip, labelled": (gzip.compress(_zeros(200, "gzip")), "gzip, gzip"),
    "gzip in gzip, unlabelled": (gzip.compress(_zeros(200, "gzip")), "gzip"),
    "gzip with an endless file name": (
        gzip.compress(b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * (200 << 20), compresslevel=1),
        "gzip",
    ),
    "plain": (b"<rss>" + bytes(20 << 20), ""),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_stopped_while_memory_grows_by_less_than_60_mb(bomb: str) -> None:
    data, label = BOMBS[bomb]
    tracemalloc.start()
    try:
        with pytest.raises(BodyError) as caught:
            decode(data, label)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.kind is FailureKind.TOO_BIG
    assert peak < 60_000_000


def test_past_a_megabyte_more_than_two_hundred_for_one_is_a_bomb() -> None:
    repetitive = _zeros(5, "gzip")
    with pytest.raises(BodyError, match="unpacks to more than 200 times its size on the wire"):
        decode(repetitive, "gzip")


def test_a_small_body_may_pack_as_well_as_it_likes() -> None:
    body = b"<rss>" + bytes(900_000)
    assert decode(encoded(body, "gzip"), "gzip") == body


def test_the_cap_counts_decoded_bytes() -> None:
    assert decode(encoded(FEED, "gzip"), "gzip", cap=len(FEED)) == FEED
    with pytest.raises(BodyError, match="larger than 60,0"):
        decode(encoded(FEED, "gzip"), "gzip", cap=len(FEED) - 1)


def test_thousands_of_empty_gzip_streams_are_refused() -> None:
    with pytest.raises(BodyError, match="more than 1000 gzip streams"):
        decode(gzip.compress(b"") * 5000, "gzip")


@given(
    st.binary(max_size=400),
    st.sampled_from(["", "gzip", "deflate", "br", "zstd", "gzip, br", ",,"]),
    st.integers(1, 50),
)
def test_any_bytes_under_any_label_give_a_body_or_an_error(data: bytes, label: str, step: int) -> None:
    with suppress(BodyError):
        assert isinstance(decode(data, label, step=step, cap=100_000), bytes)
