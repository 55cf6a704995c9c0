"""Webhooks are told what is new: by real runs against a receiver on loopback that checks signatures."""

import base64
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NOW
from tests.fakes import FakeSite, Reply, Request
from tests.press import Entry, Newsroom, outlet, page, rss, story

SECRET = "whsec_" + base64.b64encode(b"twenty-four octets of it").decode()


@dataclass(kw_only=True)
class Receiver:
    """What other programs run: takes news once for each of its keys, and only with a good signature."""

    site: FakeSite
    told: list[dict[str, Any]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    #: answers instead of taking it, one after another
    answers: list[Reply] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site.on("/hook?token=a", self.take)

    def take(self, request: Request) -> Reply:
        self.requests.append(request)
        if self.answers:
            return self.answers.pop(0)
        number, stamp = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        signed = hmac.new(b"twenty-four octets of it", f"{number}.{stamp}.".encode() + request.body, sha256)
        if request.headers.get("webhook-signature") != "v1," + base64.b64encode(signed.digest()).decode():
            return Reply(status=401)
        if number not in self.seen:
            self.seen.add(number)
            self.told.append(json.loads(request.body))
        return Reply(status=204)


@dataclass(kw_only=True)
class Desk:
    room: Newsroom
    outlets: FakeSite
    receiver: Receiver

    def configure(self, *, event: str = "item", query: str = "", secret: str = SECRET) -> None:
        (self.room.directory / "secret").write_text(secret + "\n")
        self.room.outlets(
            outlet("Port News", self.outlets.url("/port.xml"), full_text="auto"),
            outlet("Quay", self.outlets.url("/quay.xml"), full_text="auto"),
            extra=(
                f'[[webhook]]\nurl = "{self.receiver.site.url("/hook?token=a")}"\nevent = "{event}"\n'
                + (f"query = '{query}'\n" if query else "")
                + 'secret_file = "secret"\n'
            ),
        )

    def publish(self, path: str, *entries: Entry) -> None:
        self.outlets.serve(path, rss(entries).encode())

    def entry(self, number: int, title: str, summary: str = "Short.") -> Entry:
        return Entry(number=number, title=title, link=self.outlets.url(f"/{number}"), summary=summary)

    def titles(self) -> list[str]:
        return [one["data"]["title"] for one in self.receiver.told]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with FakeSite.running() as outlets, FakeSite.running() as hooks:
        desk = Desk(room=Newsroom(directory=tmp_path), outlets=outlets, receiver=Receiver(site=hooks))
        desk.publish("/port.xml")
        desk.publish("/quay.xml")
        desk.configure()
        desk.room.once()  # what a feed's first document brings is no news
        desk.room.clock.advance(hours=13)
        desk.publish("/port.xml", desk.entry(1, "Harbour opens"))
        yield desk


def test_each_new_item_is_told_once_signed_and_with_its_text(desk: Desk) -> None:
    paragraphs = story("harbour")
    desk.outlets.serve("/1", page("Harbour opens", paragraphs).encode(), content_type="text/html")

    desk.room.once()
    desk.publish("/port.xml", desk.entry(2, "Ferry late"), desk.entry(1, "Harbour opens"))
    desk.room.clock.advance(hours=13)
    desk.room.once()
    desk.room.once(force=True)

    stored = {item.title: item for item in desk.room.items()}
    assert [(one["type"], one["data"]["id"], one["data"]["title"]) for one in desk.receiver.told] == [
        ("item.new", stored["Harbour opens"].id, "Harbour opens"),
        ("item.new", stored["Ferry late"].id, "Ferry late"),
    ]
    assert desk.receiver.told[0]["data"]["text"] == stored["Harbour opens"].text != "Short."
    first = desk.receiver.requests[0]
    assert first.headers["content-type"] == "application/json; charset=utf-8"
    assert first.headers["idempotency-key"] == f'"{first.headers["webhook-id"]}"'
    assert len(desk.receiver.requests) == 2


def test_what_the_first_document_of_a_feed_brings_is_its_past_and_no_news(desk: Desk) -> None:
    desk.outlets.serve("/new.xml", rss([desk.entry(70, "From long ago")]).encode())
    text = desk.room.file.read_text()
    desk.room.file.write_text(f"{text}\n[[outlet]]\n{outlet('New', desk.outlets.url('/new.xml'))}")
    desk.room.once()
    assert desk.titles() == ["Harbour opens"]

    desk.outlets.serve(
        "/new.xml", rss([desk.entry(71, "Of today"), desk.entry(70, "From long ago")]).encode()
    )
    desk.room.clock.advance(hours=13)
    desk.room.once()
    assert desk.titles() == ["Harbour opens", "Of today"]


def test_a_webhook_of_an_old_database_is_told_of_what_arrives_from_then_on(desk: Desk) -> None:
    desk.room.outlets(outlet("Port News", desk.outlets.url("/port.xml")))
    desk.room.once()
    desk.configure()
    desk.publish("/port.xml", desk.entry(2, "Ferry late"), desk.entry(1, "Harbour opens"))
    desk.room.once(force=True)

    assert desk.titles() == ["Ferry late"]


def test_only_what_the_query_asks_for_is_told(desk: Desk) -> None:
    desk.configure(query="ferry -outlet:Quay")
    desk.publish("/port.xml", desk.entry(1, "Harbour opens"), desk.entry(2, "Ferry late"))
    desk.publish("/quay.xml", desk.entry(3, "Ferry early"))
    desk.room.once()

    assert desk.titles() == ["Ferry late"]


def test_a_copy_is_not_told_again(desk: Desk) -> None:
    same = " ".join(story("harbour"))
    desk.publish("/port.xml", desk.entry(1, "Harbour opens", same))
    desk.publish(
        "/quay.xml", Entry(number=9, title="Harbour opens", link=desk.outlets.url("/1"), summary=same)
    )
    desk.room.once()

    assert [item.duplicate_of for item in desk.room.items()].count(None) == 1
    assert desk.titles() == ["Harbour opens"]


def test_a_receiver_that_is_down_is_told_later_with_the_same_key(desk: Desk) -> None:
    desk.receiver.answers = [Reply(status=503)]
    report = desk.room.once()
    assert [note for note in report.notes if "webhook" in note] == [
        (
            f"webhook {desk.receiver.site.url('/…')}: the receiver answered 503 Service Unavailable; "
            "1 piece of news waits for another attempt"
        )
    ]
    desk.room.once()  # a minute has not passed
    assert len(desk.receiver.requests) == 1

    desk.room.clock.advance(minutes=2)
    desk.room.once()

    first, second = desk.receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert desk.titles() == ["Harbour opens"]


def test_the_receivers_retry_after_is_kept(desk: Desk) -> None:
    desk.receiver.answers = [Reply(status=429, headers={"Retry-After": "7200"})]
    desk.room.once()
    desk.room.clock.advance(minutes=110)
    desk.room.once()
    assert len(desk.receiver.requests) == 1
    desk.room.clock.advance(minutes=11)
    desk.room.once()
    assert desk.titles() == ["Harbour opens"]


def test_what_is_refused_for_good_is_given_up_and_the_rest_told(desk: Desk) -> None:
    desk.publish("/port.xml", desk.entry(1, "Harbour opens"), desk.entry(2, "Ferry late"))
    desk.receiver.answers = [Reply(status=400)]
    desk.room.once()
    desk.room.clock.advance(days=1)
    desk.room.once()

    assert len(desk.receiver.requests) == 2
    assert len(desk.receiver.told) == 1


def test_after_three_days_of_silence_news_is_given_up(desk: Desk) -> None:
    desk.receiver.answers = [Reply(status=500)] * 40
    for _ in range(20):
        desk.room.once()
        desk.room.clock.advance(days=1)

    assert len(desk.receiver.requests) == 10


def test_a_redirect_is_not_followed_and_says_what_to_do(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    desk.receiver.answers = [Reply(status=301, headers={"Location": desk.outlets.url("/elsewhere")})]
    desk.room.once()
    assert desk.outlets.asked("/elsewhere") == []
    assert desk.receiver.told == []


def test_addresses_that_are_not_public_are_refused_unless_allowed(desk: Desk) -> None:
    text = desk.room.file.read_text().replace('["127.0.0.0/8"]', "[]")
    desk.room.file.write_text(text)
    desk.room.once()

    assert desk.receiver.requests == []


def test_a_story_is_told_when_a_second_outlet_joins_it(desk: Desk) -> None:
    desk.configure(event="story")
    title = "Harbour master Salman Abdulla resigns over ferry collision inquiry"
    desk.publish("/port.xml", desk.entry(1, title))
    desk.room.once()
    assert desk.receiver.told == []

    desk.publish(
        "/quay.xml", desk.entry(5, "Salman Abdulla, harbour master, resigns after ferry collision inquiry")
    )
    desk.room.clock.advance(hours=13)
    desk.room.once()
    desk.room.once(force=True)

    (told,) = desk.receiver.told
    assert (told["type"], told["data"]["outlets"]) == ("story.new", ["Port News", "Quay"])
    assert [item["outlet"] for item in told["data"]["items"]] == ["Port News", "Quay"]


def test_a_secret_that_cannot_be_read_holds_the_news_and_says_so(desk: Desk) -> None:
    (desk.room.directory / "secret").write_text("whsec_%%%")
    report = desk.room.once()
    assert not any("token" in note for note in report.notes)
    assert any("base64 must follow" in note for note in report.notes)
    assert desk.receiver.requests == []

    (desk.room.directory / "secret").write_text(SECRET)
    desk.room.once()
    assert desk.titles() == ["Harbour opens"]


def test_news_of_a_webhook_that_is_gone_is_not_kept(desk: Desk) -> None:
    desk.receiver.answers = [Reply(status=503)]
    desk.room.once()
    desk.room.outlets(outlet("Port News", desk.outlets.url("/port.xml")))
    desk.room.once()
    desk.configure()
    desk.room.clock.advance(days=1)
    desk.room.once()

    assert desk.titles() == []


def test_the_clock_of_these_tests_is_the_one_that_signs(desk: Desk) -> None:
    desk.room.once()
    assert desk.receiver.requests[0].headers["webhook-timestamp"] == str(
        int((NOW + timedelta(hours=13, seconds=1)).timestamp())
    )
