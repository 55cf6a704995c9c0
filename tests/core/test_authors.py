"""Author fields that feedparser can read in time."""

import time

import pytest

from aggregator.core.authors import AUTHOR_LENGTH, shorten_authors
from aggregator.core.parse import parse_feed

#: what feedparser's pattern for mail addresses is quadratic in
HOSTILE = b"a@" + b"a." * 20_000 + b"!"


def rss(item: bytes, doctype: bytes = b"") -> bytes:
    return (
        doctype
        + b'<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        + b'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>T</title><item>'
        + item
        + b"</item></channel></rss>"
    )


@pytest.mark.parametrize(
    "item",
    [
        b"<author>%b</author>" % HOSTILE,
        b"<AUTHOR>%b</AUTHOR>" % HOSTILE,
        b"<dc:creator><![CDATA[%b]]></dc:creator>" % HOSTILE,
        b"<x:creator xmlns:x='http://purl.org/dc/elements/1.1/'>%b</x:creator>" % HOSTILE,
        b"<managingEditor >%b</managingEditor >" % HOSTILE,
        b"<webMaster>%b</webMaster>" % HOSTILE,
        b"<itunes:owner>%b</itunes:owner>" % HOSTILE,
        b"<author>%b</author>" % HOSTILE.replace(b"a.a.a.", b"a.<!-- -->a.a."),
        b"<author><name>%b</name></author>" % HOSTILE,
        b"<author>" * 5_000 + HOSTILE + b"</author>",
    ],
    ids=range(10),
)
def test_a_hostile_author_field_costs_next_to_nothing(item: bytes) -> None:
    before = time.process_time()
    parse_feed(rss(item), url="https://x.example/", headers={})
    assert time.process_time() - before < 2


def test_a_short_author_cannot_grow_by_entities() -> None:
    doctype = b'<!DOCTYPE rss [\n<!ENTITY a "%b">\n]>' % (b"a." * 30)
    before = time.process_time()
    parse_feed(rss(b"<author>a@%b!</author>" % (b"&a;" * 300), doctype), url="https://x.example/", headers={})
    assert time.process_time() - before < 2


def test_ordinary_authors_are_left_as_they_are() -> None:
    body = rss(b"<author>ann@x.example (Ann)</author><dc:creator><![CDATA[Bob & Co]]></dc:creator>")
    assert shorten_authors(body) is body


def test_a_long_list_of_names_keeps_its_beginning() -> None:
    names = ", ".join(f"Zoë Name{number}" for number in range(500))
    (item,) = parse_feed(
        rss(f"<dc:creator>{names}</dc:creator>".encode()), url="https://x.example/", headers={}
    ).items
    assert names.startswith(item.authors[0])
    assert len(item.authors[0]) > 100


def test_neither_characters_nor_references_are_cut_in_two() -> None:
    body = rss(b"<author>%b</author>" % ("é" * 400 + "&amp;" * 400).encode())
    author = shorten_authors(body).partition(b"<author>")[2].partition(b"</author>")[0]
    assert len(author) <= AUTHOR_LENGTH
    assert author.decode().replace("é", "").replace("&amp;", "") == ""


def test_the_items_after_an_author_that_is_not_closed_stay() -> None:
    body = rss(b"<author>Ann<title>One</title></item><item><title>Two</title><guid>2</guid>")
    assert [item.title for item in parse_feed(body, url="https://x.example/", headers={}).items][-1] == "Two"
