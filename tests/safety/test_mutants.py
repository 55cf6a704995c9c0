"""Real feeds, broken on their way: bits that flip, ends that are missing, labels that lie."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import SHARED, SOAK, needs_shared
from tests.fakes import FakeSite
from tests.press import Newsroom, outlet

pytestmark = needs_shared

COUNT = 1000 if SOAK else 100
_CHARSETS = (
    "utf-16",
    "utf-7",
    "koi8-r",
    "iso-2022-jp",
    "punycode",
    "no-such",
    "utf-8",
    "cp037",
    "idna",
    "x" * 500,
)


def flipped(body: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randrange(1, 50)):
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)


def cut_short(body: bytearray, chance: random.Random) -> None:
    del body[chance.randrange(1, len(body)) :]


def without_a_piece(body: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(body))
    del body[start : start + chance.randrange(1, 5_000)]


def with_a_piece_twice(body: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(body))
    body[start:start] = body[start : start + chance.randrange(1, 5_000)]


def with_tags_swapped(body: bytearray, chance: random.Random) -> None:
    tags = [(match.start(), match.end()) for match in re.finditer(rb"<[^<>]{1,200}>", body)]
    for _ in range(min(5, len(tags) // 2)):
        (a, b), (c, d) = sorted(chance.sample(tags, 2))
        if d - c == b - a:
            body[a:b], body[c:d] = body[c:d], body[a:b]
        else:
            body[a + 1 : b - 1] = bytes(body[a + 1 : b - 1])[::-1]


def with_odd_bytes(body: bytearray, chance: random.Random) -> None:
    odd = (
        b"\x00",
        b"\xff\xfe",
        b"]]>",
        b"<![CDATA[",
        b"&#0;",
        b"<!--",
        b"&nbsp;",
        b"\xed\xa0\x80",
        b"</item>",
        b"<",
    )
    for _ in range(chance.randrange(1, 10)):
        at = chance.randrange(len(body))
        body[at:at] = chance.choice(odd)


def with_another_declared_charset(body: bytearray, chance: random.Random) -> None:
    declared = f'<?xml version="1.0" encoding="{chance.choice(_CHARSETS)}"?>'.encode()
    body[:] = re.sub(rb"\A[^<]*<\?xml[^>]*\?>", b"", bytes(body))
    body[:0] = declared


def recoded(body: bytearray, chance: random.Random) -> None:
    body[:] = bytes(body).decode("utf-8", "replace").encode(chance.choice(("utf-16", "utf-32", "utf-16-be")))


MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    flipped,
    cut_short,
    without_a_piece,
    with_a_piece_twice,
    with_tags_swapped,
    with_odd_bytes,
    with_another_declared_charset,
    recoded,
)


def mutant(feeds: list[Path], number: int) -> tuple[bytes, str]:
    """A body and its Content-Type; the same for the same number."""
    chance = random.Random(number)
    body = bytearray(chance.choice(feeds).read_bytes())
    for mutate in chance.sample(MUTATIONS, chance.randrange(1, 4)):
        if body:
            mutate(body, chance)
    kind = chance.choice(("application/xml", "text/html", "application/json", "image/png", "", "text/xml"))
    return bytes(body), f"{kind}; charset={chance.choice(_CHARSETS)}" if chance.random() < 0.5 else kind


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(directory=tmp_path)


def test_a_thousand_mutated_feeds_are_polled_and_polled_again(newsroom: Newsroom) -> None:
    """Mark 19: the second time half of them as others, so that known entries are cut away."""
    feeds = sorted((SHARED / "corpus/feeds/real").iterdir())
    with FakeSite.running(hosts=20) as site:
        newsroom.outlets(*(outlet(f"Mutant {n}", site.url(f"/{n}", host=n % 20)) for n in range(COUNT)))
        for turn in range(2):
            for n in range(COUNT):
                body, kind = mutant(feeds, n if turn == 0 or n % 2 else n + COUNT)
                tail = b"\n" * turn
                site.serve(f"/{n}", body + tail, content_type=kind, etag=None, last_modified=None)
            report = newsroom.once(force=True)
            print(f"turn {turn + 1}: {report.modified} read, {report.failed} refused")
            reasons = [failure.reason for failure in report.failures]
            assert report.polled == COUNT
            assert report.modified + report.not_modified + report.failed == COUNT
            # each is a sentence of a rule that met it, not the last net's
            assert [reason for reason in reasons if "reading it failed" in reason or not reason] == []
            assert report.modified > COUNT / 4
