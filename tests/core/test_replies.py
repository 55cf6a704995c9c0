"""What a document says of its items' discussions, however it is written."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.cut import cut_known
from aggregator.core.identity import item_digest
from aggregator.core.parse import parse_cut, parse_feed
from aggregator.core.replies import Replies, without_replies

URL = "https://outlet.example/feed/"
SPACES = (
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:wfw="http://wellformedweb.org/CommentAPI/" '
    'xmlns:thr="http://purl.org/syndication/thread/1.0"'
)

Told = tuple[int | None, str, str]


def rss(*items: str) -> bytes:
    inside = "".join(f"<item><title>Item {n}</title>{item}</item>" for n, item in enumerate(items))
    return f'<rss version="2.0" {SPACES}><channel><title>x</title>{inside}</channel></rss>'.encode()


def atom(*entries: str) -> bytes:
    inside = "".join(
        f"<entry><id>urn:x:{n}</id><title>Entry</title><updated>2026-11-22T08:00:00Z</updated>{one}</entry>"
        for n, one in enumerate(entries)
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {SPACES}><title>x</title>{inside}</feed>'.encode()


def told(document: bytes) -> list[Told]:
    feed = parse_feed(document, url=URL, headers={})
    return [(item.comments, item.comments_url, item.comments_feed) for item in feed.items]


WORDPRESS = (
    "<comments>https://outlet.example/a/#comments</comments>"
    "<wfw:commentRss>https://outlet.example/a/feed/</wfw:commentRss><slash:comments>3</slash:comments>"
)
ALL_OF_IT = (3, "https://outlet.example/a/#comments", "https://outlet.example/a/feed/")


def test_each_item_has_its_own_comments() -> None:
    document = rss(
        WORDPRESS, "<description>No word of comments</description>", "<slash:comments>0</slash:comments>"
    )
    assert told(document) == [ALL_OF_IT, (None, "", ""), (0, "", "")]


@pytest.mark.parametrize(
    "written",
    [
        WORDPRESS.replace("<comments>", "<comments >").replace("</slash:comments>", " </slash:comments>"),
        WORDPRESS.replace(
            "https://outlet.example/a/#comments", "<![CDATA[https://outlet.example/a/#comments]]>"
        ),
        WORDPRESS.replace("https://outlet.example/a/feed/", "/a/feed/"),
        WORDPRESS.replace("commentRss", "commentRSS"),
    ],
    ids=["with white space", "in CDATA", "with a relative address", "in capitals"],
)
def test_however_it_is_written_it_says_the_same(written: str) -> None:
    assert told(rss(written)) == [ALL_OF_IT]


def test_atom_threading_says_where_and_how_many() -> None:
    links = (
        '<link rel="replies" type="text/html" href="https://outlet.example/a/#comments" thr:count="2"/>'
        '<link rel="replies" type="application/atom+xml" href="/a/feed/" thr:count="3" '
        'thr:updated="2026-11-22T08:00:00Z"/>'
    )
    assert told(atom(links, f"{links}<thr:total>9</thr:total>")) == [ALL_OF_IT, (9, *ALL_OF_IT[1:])]


@pytest.mark.parametrize(
    "more",
    [
        {"_blog": {"comments": {"count": 3, "url": ALL_OF_IT[1], "feed": ALL_OF_IT[2]}}},
        {"comment_count": 3, "comments_url": ALL_OF_IT[1], "comments_feed": ALL_OF_IT[2]},
        {"comments": 3, "_blog": {"discussion_url": ALL_OF_IT[1], "comment_feed_url": "/a/feed/"}},
    ],
)
def test_a_json_feed_says_it_in_an_extension(more: dict[str, Any]) -> None:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "x",
        "items": [{"id": "1", "title": "a"} | more],
    }
    assert told(json.dumps(document).encode()) == [ALL_OF_IT]


@pytest.mark.parametrize(
    "hostile",
    [
        "<comments>javascript:alert(1)</comments>",
        "<slash:comments>many</slash:comments>",
        "<slash:comments>99999999999999999999</slash:comments>",
        "<wfw:commentRss>file:///etc/passwd</wfw:commentRss>",
    ],
)
def test_what_is_no_address_and_no_number_says_nothing(hostile: str) -> None:
    assert told(rss(hostile)) == [(None, "", "")]


def test_a_number_of_comments_is_no_part_of_what_an_item_says() -> None:
    few, many = (
        parse_feed(rss(f"<slash:comments>{n}</slash:comments>"), url=URL, headers={}).items[0]
        for n in (1, 400)
    )
    assert item_digest(few) == item_digest(many)


def test_markup_that_an_entry_quotes_takes_nobodys_comments() -> None:
    quoted = "<description><![CDATA[<p>An <item > of markup</p>]]></description>"
    assert told(rss(quoted, WORDPRESS)) == [(None, "", ""), *told(rss(WORDPRESS))]


@given(st.lists(st.tuples(st.integers(0, 10**9 - 1), st.booleans()), max_size=8))
def test_every_count_reaches_its_item(counts: list[tuple[int, bool]]) -> None:
    items = [f"<slash:comments>{count}</slash:comments>" if stated else "" for count, stated in counts]
    assert [count for count, _, _ in told(rss(*items))] == [
        count if stated else None for count, stated in counts
    ]


@given(st.binary(max_size=300))
def test_whatever_stands_in_a_document_nothing_but_the_elements_is_taken(noise: bytes) -> None:
    document = b"<item><slash:comments>7</slash:comments>" + noise.replace(b"<", b"") + b"</item>"
    rest, found = without_replies(document)
    assert rest == b"<item>" + noise.replace(b"<", b"").lstrip(b" \t\n\r\x0b\x0c") + b"</item>"
    assert found == [Replies(count="7")]


# ── entries that are not parsed again ────────────────────────────────────────────────────────


def entry(n: int, count: int) -> str:
    return f"<guid>{n}</guid><slash:comments>{count}</slash:comments>"


def known(document: bytes) -> tuple[bytes, ...]:
    parsed = parse_cut(document, digests=cut_known(document, ()).digests, whole=True, url=URL, headers={})
    assert parsed is not None
    assert parsed.digests is not None
    return parsed.digests


def test_a_count_that_went_up_is_seen_although_its_entry_is_not_parsed() -> None:
    digests = known(rss(entry(1, 5), entry(2, 0)))
    cut = cut_known(
        rss(entry(3, 1), entry(1, 6), entry(2, 0))
        .replace(b"Item 0", b"Item")
        .replace(b"Item 1", b"Item 0")
        .replace(b"Item 2", b"Item 1"),
        digests,
    )
    assert (cut.whole, len(cut.digests or ())) == (False, 1)
    assert cut.comments == ((digests[0], 6), (digests[1], 0))


def test_a_document_whose_counts_alone_changed_is_not_parsed() -> None:
    first = rss(entry(1, 5), entry(2, 0))
    digests, shell = known(first), cut_known(first, ()).shell_digest
    cut = cut_known(rss(entry(1, 7), entry(2, 0)), digests, known_shell=shell)
    assert cut.nothing_new
    assert cut.body == b""
    assert cut.comments == ((digests[0], 7), (digests[1], 0))


def test_an_entry_that_is_only_quoted_is_none() -> None:
    document = (
        b"<rss><item><description><![CDATA[<item>]]></description></item><!-- <item> --><?php <item> ?>"
        b"<item><slash:comments>3</slash:comments></item></rss>"
    )
    rest, found = without_replies(document)
    assert found == [None, Replies(count="3")]
    assert rest == document.replace(b"<slash:comments>3</slash:comments>", b"")


def test_a_document_of_open_comments_is_read_once() -> None:
    document = b"<rss><item>" + b"<!--" * 400_000  # each searched to the end would take hours
    assert without_replies(document) == (document, [None])
