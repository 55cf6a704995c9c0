"""The digest as text, as HTML and as a message: absolute times, everything escaped, headers that hold."""

import json
from datetime import UTC, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import html as parser

from aggregator.export import digest as told
from aggregator.export.digest import Digest
from aggregator.export.mail import message
from aggregator.model import Item
from aggregator.model.coverage import Coverage
from tests.export.making import PUBLISHED, make_coverage, make_hashtag, make_item, other_item
from tests.export.strategies import any_items

DAY = timedelta(days=1)
PORT, QUAY = other_item(2, "Port News"), other_item(3, "Quay")
BRIDGE = make_coverage(make_item(), PORT, QUAY)
FERRY = make_coverage(other_item(9, "Port News", title="Ferry late", summary=""), hashtags=())


def make_digest(**changes: Any) -> Digest:
    values: dict[str, Any] = {
        "title": "Gulf news",
        "since": PUBLISHED - DAY,
        "until": PUBLISHED,
        "several": (BRIDGE,),
        "single": (FERRY,),
        "more": 0,
        "timezone": UTC,
    }
    return Digest(**(values | changes))


def make_message(digest: Digest | None = None, **changes: Any) -> EmailMessage:
    values: dict[str, Any] = {
        "sender": "Gulf news <news@gulf.example>",
        "to": ("layla@gulf.example", "Omar Saïd <omar@gulf.example>"),
        "sent_at": PUBLISHED,
        "number": "7a4c5d32-2ffa-5f7c-a5ba-63c1aeebb04e",
        "list_number": "9f5f6e0a-3c3a-4d53-9d6c-0d1c1c9b7a10",
    }
    return message(digest or make_digest(), **(values | changes))


def received(sent: EmailMessage) -> Any:
    """The message as it arrives."""
    return message_from_bytes(sent.as_bytes(), policy=default)


def bodies(arrived: Any) -> tuple[str, str]:
    """Its text and its HTML."""
    plain, rich = arrived.iter_parts()
    return plain.get_content(), rich.get_content()


GOLDEN = """\
Gulf news
2 stories, Fri 30 Jan 2026, 08:00 to Sat 31 Jan 2026, 08:00. Times are of
UTC.

At several outlets
------------------

Bridge opens
  Gulf Insider, Sat 31 Jan 2026, 08:00
  It opened.
  https://gulf.example/bridge
  #Bridge
  * Port News: Port News on the bridge
    https://port-news.example/2
  * Quay: Quay on the bridge
    https://quay.example/3

More news
---------

Ferry late
  Port News, Sat 31 Jan 2026, 08:09
  https://port-news.example/9
"""


def test_the_text_reads_as_one_would_write_it_by_hand() -> None:
    assert told.text(make_digest()) == GOLDEN


def test_times_are_those_of_the_readers_zone_and_never_relative() -> None:
    text = told.text(make_digest(timezone=ZoneInfo("Asia/Bahrain")))
    assert "Sat 31 Jan 2026, 11:00" in text
    assert "Times are of\nAsia/Bahrain." in text
    assert " ago" not in text + told.html(make_digest())


def test_html_links_each_headline_and_each_other_outlet() -> None:
    page = parser.fromstring(told.html(make_digest()))
    links = [(link.get("href"), link.text) for link in page.iter("a")]
    assert links == [
        ("https://gulf.example/bridge", "Bridge opens"),
        (PORT.url, PORT.title),
        (QUAY.url, QUAY.title),
        ("https://port-news.example/9", "Ferry late"),
    ]
    assert [one.get("datetime") for one in page.iter("time")] == [
        "2026-01-31T08:00:00Z",
        "2026-01-31T08:09:00Z",
    ]


def test_a_mail_program_in_the_dark_is_served_and_nothing_is_fetched() -> None:
    page = told.html(make_digest())
    assert "prefers-color-scheme: dark" in page
    tags = {element.tag for element in parser.fromstring(page).iter() if isinstance(element.tag, str)}
    assert not tags & {"img", "script", "link", "iframe", "table", "form", "object"}
    assert "url(" not in page


def test_only_addresses_that_open_a_page_become_links() -> None:
    hostile = make_coverage(
        make_item(url="javascript:alert(1)"), other_item(2, "Port", url="data:text/html,x")
    )
    digest = make_digest(several=(hostile,), single=(), home_url="javascript:x")
    assert list(parser.fromstring(told.html(digest)).iter("a")) == []
    assert "javascript:" not in told.html(digest) + told.text(make_digest(several=(hostile,)))


def test_what_is_not_told_is_counted() -> None:
    many = make_coverage(make_item(), *[other_item(n, f"Outlet {n}") for n in range(2, 12)])
    digest = make_digest(several=(many,), single=(), more=37)
    for shown in (told.text(digest), told.html(digest)):
        assert "and 4 more" in shown
        assert "37 more stories in this time." in shown
        assert "38 stories, " in shown


def test_a_digest_of_single_outlets_has_one_part() -> None:
    text = told.text(make_digest(several=()))
    assert "\nNews\n----\n" in text
    assert "More news" not in text


def test_long_summaries_are_cut_at_a_word() -> None:
    long = make_coverage(make_item(summary="word " * 200))
    assert "word …\n" in told.text(make_digest(several=(), single=(long,)))


def test_programs_get_the_stories_as_objects() -> None:
    read = json.loads(json.dumps(told.digest_dict(make_digest(more=3))))
    assert [story["headline"] for story in read["stories"]] == ["Bridge opens", "Ferry late"]
    assert (read["since"], read["until"], read["more"]) == ("2026-01-30T08:00:00Z", "2026-01-31T08:00:00Z", 3)


# ── the message ──────────────────────────────────────────────────────────────────────────────


def test_a_message_arrives_with_its_headers_and_both_bodies() -> None:
    arrived = received(make_message())
    headers = {name: str(arrived[name]) for name in arrived if not name.lower().startswith("content")}
    headers.pop("MIME-Version")
    assert headers == {
        "From": "Gulf news <news@gulf.example>",
        "To": "layla@gulf.example, Omar Saïd <omar@gulf.example>",
        "Subject": "Gulf news, Sat 31 January 2026: Bridge opens, and 1 more story",
        "Date": "Sat, 31 Jan 2026 08:00:00 +0000",
        "Message-ID": "<7a4c5d32-2ffa-5f7c-a5ba-63c1aeebb04e@gulf.example>",
        "List-Id": "<digest.9f5f6e0a3c3a4d539d6c0d1c1c9b7a10.localhost>",
        "Auto-Submitted": "auto-generated",
    }
    assert arrived.get_content_type() == "multipart/alternative"
    assert not arrived.defects
    text, page = bodies(arrived)
    assert (text.replace("\r\n", "\n"), page.replace("\r\n", "\n")) == (GOLDEN, told.html(make_digest()))


def test_a_message_is_the_same_each_time() -> None:
    assert make_message().as_bytes() == make_message().as_bytes()


def test_any_letters_arrive_and_travel_as_ascii_in_short_lines() -> None:
    arabic = make_coverage(
        make_item(title="افتتاح الجسر " * 12, summary="Überall 東京 \N{GRINNING FACE}"),
        hashtags=(make_hashtag("الجسر"),),
    )
    sent = make_message(make_digest(several=(), single=(arabic,)))
    raw = sent.as_bytes()
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998  # RFC 5322, 2.1.1
    text, page = bodies(received(sent))
    for shown in (text, page):
        assert "Überall 東京 \N{GRINNING FACE}" in shown
        assert "#الجسر" in shown
    assert "افتتاح الجسر" in str(received(sent)["Subject"])


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\x00"])
def test_a_headline_cannot_add_headers(breaks: str) -> None:
    title = f"Bridge{breaks}Bcc: victim@quay.example{breaks}{breaks}body"
    arrived = received(make_message(make_digest(several=(), single=(make_coverage(make_item(title=title)),))))
    assert arrived["Bcc"] is None
    assert arrived.is_multipart()
    assert "Bcc: victim@quay.example" in arrived["Subject"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(items=any_items)
def test_whatever_outlets_write_is_shown_as_text(items: list[Item]) -> None:
    coverage: tuple[Coverage, ...] = tuple(make_coverage(one) for one in items) or (FERRY,)
    digest = make_digest(several=(), single=coverage)
    sent = make_message(digest)
    assert sent.as_bytes().isascii()
    page = parser.fromstring(bodies(received(sent))[1])
    assert len(list(page.iter("h3"))) == len(coverage)
    assert not list(page.iter("script", "b", "img"))
