"""The planned digest: once for each planned time, of all that came since; again when it failed."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from aggregator import app, config
from aggregator.config import MailConfig
from aggregator.core.mailing import Posted
from aggregator.digest import POSTED
from aggregator.fetch.mail import Sent
from aggregator.rounds import Round
from aggregator.store import Store
from tests.conftest import NOW
from tests.fakes import FakeSite
from tests.mailbox import Mailbox, mail_server
from tests.press import Entry, Newsroom, outlet, rss

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(directory=tmp_path)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=2) as site:
        yield site


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


def mail_table(box: Mailbox, **keys: str) -> str:
    plain = {
        "host": '"127.0.0.1"',
        "port": str(box.port),
        "security": '"none"',
        "sender": '"News <news@gulf.example>"',
        "to": '["layla@gulf.example"]',
        "cron": '"0 7 * * *"',
    }
    return "[mail]\n" + "\n".join(f"{key} = {value}" for key, value in (plain | keys).items()) + "\n"


BRIDGE, METERS = "Council rebuilds the northern bridge", "Parking meters vanish overnight"


def print_news(site: FakeSite, *headlines: str) -> None:
    """Port News has these headlines, the last one printed last."""
    entries = [Entry(number=n, title=headline) for n, headline in enumerate(headlines, 1)]
    site.serve("/port.xml", rss(entries[::-1], title="Port News"))


def open_for(newsroom: Newsroom, site: FakeSite, box: Mailbox, extra: str = "", **keys: str) -> None:
    """A newsroom that has been running since the morning, with a digest planned for seven each day."""
    print_news(site, BRIDGE)
    newsroom.outlets(outlet("Port News", site.url("/port.xml")), extra=mail_table(box, **keys) + extra)
    newsroom.once()


def run_at(newsroom: Newsroom, hour: int, *, days: int = 1, minute: int = 0) -> Any:
    """Everything that is due, at that hour of the day so many days after the first."""
    newsroom.clock.advance(seconds=(_at(hour, days, minute) - newsroom.clock.now()).total_seconds())
    return newsroom.once(force=True)


def _at(hour: int, days: int, minute: int = 0) -> Any:
    return NOW.replace(hour=hour, minute=minute) + timedelta(days=days)


def posted(newsroom: Newsroom) -> Posted:
    with newsroom.store() as store:
        kept = store.meta(POSTED)
    assert kept is not None
    return Posted.loads(kept)


def headlines(box: Mailbox) -> list[str]:
    """The subjects of what arrived, without title and day."""
    return [str(message["Subject"]).split(": ", 1)[1] for message in box.messages]


def test_a_digest_goes_out_once_at_its_time_with_what_came(
    newsroom: Newsroom, site: FakeSite, box: Mailbox
) -> None:
    open_for(newsroom, site, box)
    assert run_at(newsroom, 6).notes == ()
    notes = run_at(newsroom, 7).notes
    run_at(newsroom, 8)
    assert headlines(box) == [BRIDGE]
    assert notes == ("sent the digest to layla@gulf.example",)


def test_nobody_gets_a_digest_for_having_configured_it(
    newsroom: Newsroom, site: FakeSite, box: Mailbox
) -> None:
    open_for(newsroom, site, box)
    assert box.messages == []
    assert posted(newsroom).first


def test_each_story_is_told_when_something_of_it_is_new(
    newsroom: Newsroom, site: FakeSite, box: Mailbox
) -> None:
    open_for(newsroom, site, box)
    run_at(newsroom, 7)
    print_news(site, BRIDGE, METERS)
    run_at(newsroom, 9)
    run_at(newsroom, 7, days=2)
    assert headlines(box) == [BRIDGE, METERS]


def test_what_is_stored_late_is_in_the_next_digest_though_it_was_published_before_the_last(
    newsroom: Newsroom, site: FakeSite, box: Mailbox
) -> None:
    open_for(newsroom, site, box)
    run_at(newsroom, 7)
    late = Entry(number=9, title="Ferry is late", age=-18 * HOUR)  # published at six, seen at eight
    site.serve("/port.xml", rss([late], title="Port News"))
    run_at(newsroom, 8)
    run_at(newsroom, 7, days=2)
    assert headlines(box)[1:] == ["Ferry is late"]


def test_nothing_new_sends_nothing(newsroom: Newsroom, site: FakeSite, box: Mailbox) -> None:
    open_for(newsroom, site, box)
    run_at(newsroom, 7)
    assert run_at(newsroom, 7, days=2).notes == ()
    assert len(box.messages) == 1
    assert posted(newsroom).until > _at(6, 2)


def test_times_that_were_missed_bring_one_digest(newsroom: Newsroom, site: FakeSite, box: Mailbox) -> None:
    open_for(newsroom, site, box)
    run_at(newsroom, 7)
    print_news(site, BRIDGE, METERS)
    run_at(newsroom, 9)
    run_at(newsroom, 12, days=5)
    run_at(newsroom, 13, days=5)
    assert headlines(box)[1:] == [METERS]


def test_a_digest_that_failed_is_sent_again_after_a_pause_with_what_came_meanwhile(
    newsroom: Newsroom, site: FakeSite, box: Mailbox
) -> None:
    open_for(newsroom, site, box)
    box.answer = "451 later"
    (note,) = run_at(newsroom, 7).notes
    run_at(newsroom, 7, minute=5)
    assert note == f"the digest was not sent: 127.0.0.1:{box.port} answers 451 later"
    assert posted(newsroom).attempts == 1
    box.answer = "250 taken"
    print_news(site, BRIDGE, METERS)
    run_at(newsroom, 7, minute=11)
    assert headlines(box) == [f"{METERS}, and 1 more story"]
    assert (posted(newsroom).attempts, posted(newsroom).first) == (0, False)


def test_who_is_killed_while_sending_sends_once_more_under_the_same_id(
    newsroom: Newsroom, site: FakeSite, box: Mailbox
) -> None:
    open_for(newsroom, site, box)
    before = posted(newsroom)
    run_at(newsroom, 7)
    with newsroom.store() as store:  # as if it had been killed once the server had taken it
        store.set_meta(POSTED, before.trying(_at(7, 1)).dumps())
    run_at(newsroom, 7, minute=30)
    run_at(newsroom, 8)
    first, second = box.messages
    assert first["Message-ID"] == second["Message-ID"]


def test_two_planned_times_have_two_ids(newsroom: Newsroom, site: FakeSite, box: Mailbox) -> None:
    open_for(newsroom, site, box)
    run_at(newsroom, 7)
    print_news(site, BRIDGE, METERS)
    run_at(newsroom, 7, days=2)
    assert len({message["Message-ID"] for message in box.messages}) == 2


def test_the_plan_is_read_in_the_readers_time_zone(newsroom: Newsroom, site: FakeSite, box: Mailbox) -> None:
    open_for(newsroom, site, box, '[web]\nlisten = "127.0.0.1:1"\ntimezone = "Asia/Bahrain"\n')
    run_at(newsroom, 3, minute=59)
    assert box.messages == []
    run_at(newsroom, 4)
    (message,) = box.messages
    assert "Asia/Bahrain" in message.get_body(("plain",)).get_content()


def test_a_clock_that_was_set_back_begins_anew(newsroom: Newsroom, site: FakeSite, box: Mailbox) -> None:
    open_for(newsroom, site, box)
    with newsroom.store() as store:
        store.set_meta(POSTED, Posted(until=NOW + 900 * HOUR).dumps())
    run_at(newsroom, 6)
    assert posted(newsroom).until <= _at(7, 1)
    run_at(newsroom, 7)
    assert len(box.messages) == 1


def test_without_a_plan_nothing_is_sent_or_noted(newsroom: Newsroom, site: FakeSite, box: Mailbox) -> None:
    print_news(site, BRIDGE)
    table = mail_table(box).replace('cron = "0 7 * * *"\n', "")
    newsroom.outlets(outlet("Port News", site.url("/port.xml")), extra=table)
    newsroom.once()
    run_at(newsroom, 7)
    with newsroom.store() as store:
        assert store.meta(POSTED) is None
    assert box.messages == []


async def test_what_is_being_sent_when_the_job_is_cancelled_is_sent_and_noted_once(
    newsroom: Newsroom, site: FakeSite, box: Mailbox
) -> None:
    await asyncio.to_thread(open_for, newsroom, site, box)
    newsroom.clock.advance(seconds=(_at(7, 1) - newsroom.clock.now()).total_seconds())
    began, may_end, sent = asyncio.Event(), asyncio.Event(), []

    async def slow(message: EmailMessage, _: MailConfig) -> Sent:
        began.set()
        await may_end.wait()
        sent.append(message)
        return Sent()

    async with app.open_services(config.load(newsroom.file), clock=newsroom.clock.now) as services:
        digests = replace(services.digests, deliver=slow)
        job = asyncio.create_task(digests.tick())
        await began.wait()
        job.cancel()
        may_end.set()
        await digests.drain(60)
        assert await digests.tick() == ()
    assert len(sent) == 1
    assert posted(newsroom).until == _at(7, 1)


async def test_no_digest_is_tried_while_our_own_network_is_out(
    newsroom: Newsroom, site: FakeSite, box: Mailbox
) -> None:
    await asyncio.to_thread(open_for, newsroom, site, box)
    newsroom.clock.advance(seconds=(_at(7, 1) - newsroom.clock.now()).total_seconds())
    async with app.open_services(config.load(newsroom.file), clock=newsroom.clock.now) as services:
        services.network.out = True
        await Round(services=services, started=newsroom.clock.now()).post_digest()
    assert box.messages == []
    assert posted(newsroom).attempts == 0


def test_what_is_new_is_found_without_reading_a_text(
    newsroom: Newsroom, site: FakeSite, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_for(newsroom, site, box)
    run_at(newsroom, 7)

    def nothing(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(Store, "items_of", nothing)
    assert run_at(newsroom, 7, days=2).notes == ()
