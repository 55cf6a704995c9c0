"""A run that is recorded, and what the recording gives again: the same rows, the same bytes, no network."""

import asyncio
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
import structlog

from aggregator import app, config, publish, replay
from aggregator.cli import main
from aggregator.core.tape import Line, ResponseLine, encode
from aggregator.errors import UsageError
from aggregator.export.jsonl import item_dict
from aggregator.fetch.tapefiles import TapeReader, TapeWriter
from aggregator.lock import acquire
from aggregator.model import Fetched, ItemFilter, Lease, Validators
from aggregator.model.stories import StoryFilter
from aggregator.recording import Recording, recording
from aggregator.report import RunOptions, RunReport
from aggregator.store import Store
from tests.conftest import ROOT
from tests.e2e.test_daemon import daemon, until
from tests.fakes import FakeSite, Reply
from tests.press import Entry, Newsroom, free_port, outlet, page, rss, story
from tests.store.press import rows as database_rows

PUBLISH = '[publish]\nformats = ["atom", "rss", "json", "jsonl", "opml"]\nbase_url = "https://n.example/"\n'
HTML = "text/html; charset=utf-8"


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def once(newsroom: Newsroom, *, force: bool = False) -> RunReport:
    """A recorded run on a clock that moves with every look at it."""

    def ticking() -> datetime:
        newsroom.clock.advance(milliseconds=7)
        return newsroom.clock.now()

    report = app.run_once(
        config.load(newsroom.file),
        RunOptions(force=force),
        clock=ticking,
        record=newsroom.directory / "tape",
    )
    newsroom.clock.advance(hours=3)
    return report


def items(database: str) -> list[str]:
    """As ``items --json`` prints them."""
    store = Store.open(database)
    try:
        return [json.dumps(item_dict(item)) for item in store.items(ItemFilter())]
    finally:
        store.close()


def rows(database: str) -> str:
    store = Store.open(database)
    try:
        return store.digest()
    finally:
        store.close()


def exports(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def entry(site: FakeSite, number: int, title: str = "") -> Entry:
    return Entry(number=number, link=site.url(f"/story/{number}"), summary=f"Summary {number}", title=title)


def port(newsroom: Newsroom, site: FakeSite, *more: str) -> None:
    """One outlet with two stories, and what else is named."""
    site.serve("/port.xml", rss([entry(site, 2), entry(site, 1)]))
    for number in (1, 2):
        site.serve(f"/story/{number}", page(f"Story {number}", story(f"pier {number}")), content_type=HTML)
    newsroom.outlets(outlet("Port", site.url("/port.xml"), full_text="auto"), *more, extra=PUBLISH)


def a_week_of_everything(newsroom: Newsroom, site: FakeSite) -> None:
    """Four runs: news, edits, copies, 304s, redirects, errors of every kind, pages, a discovery."""
    site.serve("/robots.txt", "User-agent: *\nDisallow: /story/4\n", content_type="text/plain")
    site.redirect("/story/3", "/story/moved")
    site.serve("/story/moved", page("Story 3", story("pier 3")), content_type=HTML)
    site.status("/story/5", 503)
    site.on("/cut.xml", Reply(body=b"<rss>", length=5000))
    site.status("/down.xml", 503, headers={"Retry-After": "60"})
    site.redirect("/old.xml", site.url("/new.xml", host=2), status=301)
    site.serve("/new.xml", rss([Entry(number=7, link=site.url("/story/1"), summary="Summary 1")]))
    site.serve(
        "/",
        '<html><head><link rel="alternate" type="application/rss+xml" href="/found.xml"></head></html>',
        content_type=HTML,
    )
    site.serve("/found.xml", rss([Entry(number=9, link="https://y.example/9", content=" ".join(story("y")))]))
    port(
        newsroom,
        site,
        outlet("Cut", site.url("/cut.xml", host=1)),
        outlet("Down", site.url("/down.xml", host=1)),
        outlet("Refused", f"http://127.0.0.1:{free_port()}/feed"),
        outlet("Moved", site.url("/old.xml", host=1), full_text="auto"),
        f'name = "Found"\nhomepage = "{site.url("/", host=3)}"\nfull_text = "never"\n',
    )
    once(newsroom)
    site.serve("/port.xml", rss([*(entry(site, n) for n in (5, 4, 3)), entry(site, 2, title="Edited")]))
    once(newsroom, force=True)
    once(newsroom, force=True)
    site.serve("/story/5", page("Story 5", story("pier 5")), content_type=HTML)
    newsroom.clock.advance(days=1)
    once(newsroom)


class Fence:
    """Between this process and every network, once it is up."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def up(self) -> None:
        def refuse(*_: object) -> NoReturn:
            raise AssertionError("a socket was opened")

        self._monkeypatch.setattr("asyncio.selector_events.BaseSelectorEventLoop.sock_connect", refuse)
        self._monkeypatch.setattr(socket, "getaddrinfo", refuse)
        self._monkeypatch.setattr("aiohttp.TCPConnector.connect", refuse)


@pytest.fixture
def fence(monkeypatch: pytest.MonkeyPatch) -> Fence:
    return Fence(monkeypatch)


def test_a_replay_gives_the_rows_and_the_bytes_that_the_recorded_runs_gave(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path, fence: Fence
) -> None:
    a_week_of_everything(newsroom, site)
    asked = len(site.requests)
    fence.up()
    first = replay.replay(tmp_path / "tape", tmp_path / "first")
    second = replay.replay(tmp_path / "tape", tmp_path / "second")
    database = f"sqlite:///{tmp_path / 'first' / 'aggregator.db'}"
    assert (first.missing, first.notes, first.differences) == ((), (), ())
    assert first.compared == first.same > 10
    assert first.items == len(newsroom.items()) >= 7
    assert items(database) == items(newsroom.url)
    assert exports(first.exports) == exports(second.exports) == exports(tmp_path / "public")
    assert first.digest == second.digest == rows(database)
    assert len(site.requests) == asked


def told_stories(newsroom: Newsroom, database: str) -> str:
    """As ``export atom --stories`` prints them."""
    now = newsroom.clock.now()
    store = Store.open(database)
    try:
        info = publish.feed_info(config.load(newsroom.file).publish, store, now=now)
        told = StoryFilter(items=ItemFilter(shown_at=now), now=now)
        return "".join(publish.export_stories("atom", store, told, feed=info))
    finally:
        store.close()


def test_a_replay_gives_the_stories_of_several_outlets_their_numbers_and_bytes(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path
) -> None:
    storm, dead = (
        "Cyclone Hamoon kills twelve in Chittagong port",
        "Twelve dead as Hamoon hits Chittagong port",
    )
    site.serve(
        "/gulf.xml", rss([entry(site, 21, "Parliament passes austerity budget"), entry(site, 20, storm)])
    )
    site.serve("/bay.xml", rss([entry(site, 30, "Chess champion returns to cheers")]))
    bay, gulf = (
        outlet(name, site.url(f"/{name.lower()}.xml"), full_text="never") for name in ("Bay", "Gulf")
    )
    newsroom.outlets(bay, gulf, extra=PUBLISH)
    once(newsroom)
    site.serve("/bay.xml", rss([entry(site, 31, dead), entry(site, 30, "Chess champion returns to cheers")]))
    once(newsroom, force=True)
    made = replay.replay(tmp_path / "tape", tmp_path / "again")
    numbers = {item["title"]: item["story"] for item in map(json.loads, items(newsroom.url))}
    assert numbers[storm] == numbers[dead]
    assert len(set(numbers.values())) == 3
    assert items(f"sqlite:///{made.folder / 'aggregator.db'}") == items(newsroom.url)
    assert exports(made.exports) == exports(tmp_path / "public")
    stories = told_stories(newsroom, newsroom.url)
    assert told_stories(newsroom, f"sqlite:///{made.folder / 'aggregator.db'}") == stories
    assert storm in stories


def test_a_replay_gives_every_poll_of_the_history_and_the_plans_again(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path
) -> None:
    a_week_of_everything(newsroom, site)
    made = replay.replay(tmp_path / "tape", tmp_path / "again")
    store = Store.open(f"sqlite:///{made.folder / 'aggregator.db'}")
    try:
        health = store.health(newsroom.clock.now())
        history = [store.history(feed.outlet) for feed in health]
    finally:
        store.close()
    with newsroom.store() as recorded:
        assert health == recorded.health(newsroom.clock.now())
        assert history == [recorded.history(feed.outlet) for feed in health]


# ── what is on the tape ──────────────────────────────────────────────────────────────────────


def responses(tape: Path) -> list[ResponseLine]:
    return [line for line in TapeReader(tape).lines() if isinstance(line, ResponseLine)]


def test_every_response_is_kept_with_its_redirects_its_failures_and_each_body_once(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path
) -> None:
    a_week_of_everything(newsroom, site)
    kept = responses(tmp_path / "tape")
    (moved,) = [one for one in kept if one.url == site.url("/old.xml", host=1)][:1]
    outcomes = {(one.outcome, one.kind and one.kind.value, one.status) for one in kept}
    assert [(hop.status, hop.location) for hop in moved.hops] == [(301, site.url("/new.xml", host=2))]
    assert outcomes >= {
        ("fetched", None, 200),
        ("not modified", None, 304),
        ("failed", "connect", None),
        ("failed", "truncated", 200),
        ("failed", "http", 503),
    }
    assert {one.url for one in kept} >= {site.url("/robots.txt"), site.url("/", host=3)}
    bodies = [one.body for one in kept if one.body]
    files = [path.stem for path in (tmp_path / "tape" / "bodies").glob("*/*.z")]
    assert len(files) == len(set(files))
    assert set(bodies) <= set(files)
    assert len(bodies) > len(set(bodies))


def everything_in(folder: Path) -> bytes:
    """All that the files of a tape hold, bodies unpacked, and their names."""
    held = b""
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        held += bytes(path) + (zlib.decompress(data) if path.suffix == ".z" else data)
    return held


def test_no_password_no_configured_header_and_no_cookie_is_on_a_tape(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2-password\n")
    site.serve("/a.xml", rss([entry(site, 1)]), headers={"Set-Cookie": "session=cookie-secret"})
    site.redirect("/b.xml", site.url("/c.xml").replace("://", "://loc:location-secret@"))
    site.serve("/c.xml", rss([entry(site, 2)]))
    newsroom.outlets(
        outlet("A", site.url("/a.xml"), user='"reader"', password_file=f'"{secret}"'),
        outlet("B", site.url("/b.xml"), headers='{ X-Key = "header-secret" }'),
    )
    once(newsroom)
    held = everything_in(tmp_path / "tape")
    sent = [request.headers for request in site.requests]
    assert {headers.get("x-key") for headers in sent} > {"header-secret"}
    assert any("authorization" in headers for headers in sent)
    for word in (b"hunter2", b"secret@", b"-secret", b"reader", b"authorization", b"cookie"):
        assert word not in held
    assert replay.replay(tmp_path / "tape", tmp_path / "again").items == len(newsroom.items()) == 2


def test_a_tape_is_its_owners_alone(newsroom: Newsroom, site: FakeSite, tmp_path: Path) -> None:
    port(newsroom, site)
    once(newsroom)
    modes = {
        path.stat().st_mode & 0o777
        for path in [tmp_path / "tape", *(tmp_path / "tape").rglob("*")]
        if path.suffix != ".lock"
    }
    assert modes == {0o700, 0o600}


def test_a_run_is_told_how_much_was_recorded(newsroom: Newsroom, site: FakeSite, tmp_path: Path) -> None:
    port(newsroom, site)
    assert once(newsroom).notes[-1] == f"4 responses recorded in {tmp_path / 'tape'} (0.0 MB more)."


# ── when things go wrong ─────────────────────────────────────────────────────────────────────


def test_a_full_disk_ends_the_recording_with_one_error_and_not_the_run(
    newsroom: Newsroom, site: FakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    port(newsroom, site)
    write, room = TapeWriter.write, [5]

    def little_room(self: TapeWriter, line: Line, at: datetime) -> bool:
        room[0] -= 1
        if room[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(self, line, at)

    monkeypatch.setattr(TapeWriter, "write", little_room)
    with structlog.testing.capture_logs() as events:
        report = once(newsroom)
    errors = [event["event"] for event in events if event["log_level"] == "error"]
    assert (report.items_new, report.articles_extracted) == (2, 2)
    assert errors == ["recording has stopped; the run goes on"]
    assert "Recording has stopped" in report.notes[-1]
    assert room[0] == -1


def test_a_line_that_was_torn_is_left_out_with_a_note_and_harms_no_other(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path
) -> None:
    port(newsroom, site)
    once(newsroom)
    (lines,) = (tmp_path / "tape" / "lines").iterdir()
    with lines.open("a") as file:
        file.write('{"line":"response","step":9,"at":"2026-')
    newsroom.clock.advance(minutes=-179)
    once(newsroom, force=True)
    made = replay.replay(tmp_path / "tape", tmp_path / "again")
    number = lines.read_bytes()[: lines.read_bytes().index(b'"2026-\n')].count(b"\n") + 1
    assert made.notes == (f"{lines.name}, line {number} is left out: it is torn",)
    assert (made.runs, made.same) == (2, made.compared)
    assert items(f"sqlite:///{made.folder / 'aggregator.db'}") == items(newsroom.url)


def test_what_a_killed_run_recorded_replays_to_what_it_stored(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path
) -> None:
    site.on("/slow.xml", Reply(body=b"<rss>", delay=30))
    port(newsroom, site, outlet("Slow", site.url("/slow.xml", host=1)))
    command = [sys.executable, str(ROOT / "scheduler.py"), "--config", str(newsroom.file)]
    process = subprocess.Popen([*command, "--once", "--record", str(tmp_path / "tape")])
    try:
        until(lambda: newsroom.file.with_name("news.db").exists() and len(newsroom.items()) == 2)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    site.serve("/slow.xml", rss([Entry(number=8, link="https://z.example/8", summary="Z")]))
    run = newsroom.scheduler("--once", "--record", str(tmp_path / "tape"))
    assert run.returncode == 0, run.stderr
    made = replay.replay(tmp_path / "tape", tmp_path / "again")
    assert (made.runs, made.missing, made.items) == (2, (), 3)
    assert items(f"sqlite:///{made.folder / 'aggregator.db'}") == items(newsroom.url)


def test_the_recording_of_a_daemon_replays_to_what_it_stored_and_published(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path
) -> None:
    port(newsroom, site, outlet("Often", site.url("/often.xml", host=1), every='"2s"'))
    site.script(
        "/often.xml",
        *(Reply(body=rss([entry(site, n) for n in range(11, last)]).encode()) for last in (12, 13, 14)),
    )
    with daemon(newsroom, "--record", str(tmp_path / "tape")) as process:
        until(lambda: len(site.asked("/often.xml")) >= 4 and len(newsroom.items()) == 5)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=25)
    made = replay.replay(tmp_path / "tape", tmp_path / "again")
    assert (made.missing, made.notes) == ((), ())
    assert made.compared == made.same >= 5
    assert items(f"sqlite:///{made.folder / 'aggregator.db'}") == items(newsroom.url)
    assert exports(made.exports) == exports(tmp_path / "public")


def test_a_request_that_was_not_recorded_fails_is_counted_and_is_told(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path
) -> None:
    port(newsroom, site)
    once(newsroom)
    (lines,) = (tmp_path / "tape" / "lines").iterdir()
    kept = [
        line for line in TapeReader(tmp_path / "tape").lines() if getattr(line, "url", "") != page_1(site)
    ]
    lines.write_text("".join(map(encode, kept)) + encode(step_of_page_1(tmp_path / "tape", site)))
    made = replay.replay(tmp_path / "tape", tmp_path / "again")
    assert made.missing == (f"GET {page_1(site)}",)


def page_1(site: FakeSite) -> str:
    return site.url("/story/1")


def step_of_page_1(tape: Path, site: FakeSite) -> Line:
    (step,) = [
        line
        for line in TapeReader(tape).lines()
        if getattr(line, "url", "") == page_1(site) and not isinstance(line, ResponseLine)
    ]
    return step


def test_a_body_that_is_another_than_its_digest_says_is_not_believed(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path
) -> None:
    port(newsroom, site)
    once(newsroom)
    (feed,) = [one for one in responses(tmp_path / "tape") if one.url == site.url("/port.xml")]
    assert feed.body
    path = tmp_path / "tape" / "bodies" / feed.body[:2] / f"{feed.body}.z"
    path.write_bytes(zlib.compress(rss([entry(site, 66)]).encode()))
    made = replay.replay(tmp_path / "tape", tmp_path / "again")
    assert made.items == 0
    assert made.missing[0] == f"GET {feed.url}: the body {feed.body[:12]}… is damaged"


def test_nothing_is_written_over_what_is_there(newsroom: Newsroom, site: FakeSite, tmp_path: Path) -> None:
    port(newsroom, site)
    once(newsroom)
    there = tmp_path / "there"
    there.mkdir()
    (there / "mine").write_text("precious")
    with pytest.raises(UsageError, match="is not empty"):
        replay.replay(tmp_path / "tape", there)
    with pytest.raises(UsageError, match="holds no recording"):
        replay.replay(there, tmp_path / "again")
    refused = newsroom.scheduler("--once", "--record", str(there))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "holds something else; name an empty or new folder" in refused.stderr
    assert [path.name for path in there.iterdir()] == ["mine"]


def test_two_processes_never_write_to_one_tape(newsroom: Newsroom, site: FakeSite, tmp_path: Path) -> None:
    port(newsroom, site)
    once(newsroom)
    lock = acquire(tmp_path / "tape" / "tape.json")
    try:
        assert newsroom.scheduler("--once", "--record", str(tmp_path / "tape")).returncode == 75
    finally:
        lock.release()


def test_a_recording_that_others_went_on_beside_says_so(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path
) -> None:
    port(newsroom, site)
    newsroom.once()
    once(newsroom, force=True)
    made = replay.replay(tmp_path / "tape", tmp_path / "again")
    assert made.notes[0].startswith("before run 1 the recorded database held 2 items and the replay holds 0")


# ── the command ──────────────────────────────────────────────────────────────────────────────


def test_the_command_tells_what_it_did_and_that_all_is_the_same(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port(newsroom, site)
    once(newsroom)
    capsys.readouterr()
    assert main(["replay", str(tmp_path / "tape"), "--output", str(tmp_path / "again")]) == 0
    out = capsys.readouterr().out
    assert "5 published files compared: all the same as recorded." in out
    assert f"Database: {tmp_path / 'again' / 'aggregator.db'}" in out
    assert main(["--config", str(tmp_path / "again" / "feeds.toml"), "--json", "items"]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        json.loads(item) for item in items(newsroom.url)
    ]


def test_what_is_done_otherwise_today_is_shown_and_ends_with_1(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port(newsroom, site)
    once(newsroom)
    # a feeds.toml beside the tape stands for every other cause of a difference
    text = (newsroom.file).read_text() + 'drop_if = ["number 2"]\n'
    (tmp_path / "tape" / "feeds.toml").write_text(text)
    capsys.readouterr()
    assert main(["replay", str(tmp_path / "tape"), "--output", str(tmp_path / "a"), "--compare"]) == 1
    out = capsys.readouterr().out
    assert "4 of 5 published files differ from the recorded; in the end: feed.atom, feed.json" in out
    assert "--- recorded/feed.atom\n+++ replayed/feed.atom\n" in out
    assert [line for line in out.splitlines() if line.startswith("-") and "Headline number 2" in line]
    assert not [line for line in out.splitlines() if line.startswith("-") and "Headline number 1" in line]


def test_one_outlet_alone_is_replayed(newsroom: Newsroom, site: FakeSite, tmp_path: Path) -> None:
    a_week_of_everything(newsroom, site)
    made = replay.replay(tmp_path / "tape", tmp_path / "again", outlet="moved")
    (item,) = map(json.loads, items(f"sqlite:///{made.folder / 'aggregator.db'}"))
    (recorded,) = [item for item in newsroom.items() if item.outlet == "Moved"]
    assert (item["outlet"], item["text"], made.missing) == ("Moved", recorded.text, ())
    with pytest.raises(
        UsageError, match='no outlet "nobody"; it has: cut, down, found, moved, port, refused'
    ):
        replay.replay(tmp_path / "tape", tmp_path / "none", outlet="nobody")


def pytest_on(folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)


def test_one_command_makes_a_test_of_an_outlet_that_passes_and_fails_when_an_item_differs(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path
) -> None:
    a_week_of_everything(newsroom, site)
    case = tmp_path / "case"
    assert main(["replay", str(tmp_path / "tape"), "--outlet", "port", "--as-test", str(case), "-q"]) == 0
    site.forget()
    passed = pytest_on(case)
    assert (passed.returncode, site.requests) == (0, []), passed.stdout
    assert site.url("/found.xml", host=3).encode() not in everything_in(case)

    expected = case / "expected.jsonl"
    text = expected.read_text()
    expected.write_text(text.replace("Headline number 4", "Another headline"))
    failed = pytest_on(case)
    assert failed.returncode == 1
    assert "title is 'Headline number 4' and was 'Another headline'" in failed.stdout

    expected.write_text("".join(text.splitlines(keepends=True)[1:]))
    assert "new: item 1 " in pytest_on(case).stdout


def test_options_that_do_not_go_together_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["replay", str(tmp_path), "--as-test", str(tmp_path / "case")]) == 2
    assert "--as-test DIR goes with --outlet NAME" in capsys.readouterr().err


# ── what is learned of pages while others are under way ──────────────────────────────────────

TOPICS = (
    "bridge",
    "ferry",
    "school",
    "harvest",
    "museum",
    "glacier",
    "orchestra",
    "quarry",
    "airport",
    "canal",
)
MORE = "Click here to read more of what our newsroom covers every single day."


def learned_of(newsroom: Newsroom, site: FakeSite) -> None:
    """Two runs over a site of many pages that end alike; all are asked for at once, lessons in between."""
    entries = [
        Entry(number=n, title=f"All of the {topic}", link=site.url(f"/{topic}"))
        for n, topic in enumerate(TOPICS, 1)
    ]
    for topic in TOPICS:
        paragraphs = [f"The {topic} board heard {topic} expert {n} on its {topic}." for n in range(9)]
        site.serve(f"/{topic}", page(f"All of the {topic}", [*paragraphs, MORE]), content_type=HTML)
    newsroom.outlets(outlet("Port", site.url("/port.xml"), full_text="always"), extra=PUBLISH)
    for count in (7, len(TOPICS)):
        site.serve("/port.xml", rss(entries[:count]))
        once(newsroom, force=True)


def test_pages_that_were_under_way_during_a_lesson_are_replayed_by_the_rules_that_they_were_read_by(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path
) -> None:
    learned_of(newsroom, site)
    made = replay.replay(tmp_path / "tape", tmp_path / "again")
    told = items(f"sqlite:///{made.folder / 'aggregator.db'}")
    assert (made.missing, made.notes, made.differences) == ((), (), ())
    assert made.steps["learn"] >= 2
    assert told == items(newsroom.url)
    assert not [item for item in told if MORE in item]
    assert learned_rows(f"sqlite:///{made.folder / 'aggregator.db'}") == learned_rows(newsroom.url)


def learned_rows(database: str) -> list[tuple[Any, ...]]:
    """What was learned, and by what each page was read."""
    return [
        *database_rows(database, "SELECT site, pages, learn_at, learned_at, profile FROM profiles"),
        *database_rows(database, "SELECT item_id, learned_at, sample FROM samples ORDER BY item_id"),
    ]


def test_a_lesson_of_which_nothing_could_be_learned_is_left_out_in_a_replay_too(
    newsroom: Newsroom, site: FakeSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("aggregator.learning.study", len)  # takes no other argument: it breaks in the worker
        learned_of(newsroom, site)
    made = replay.replay(tmp_path / "tape", tmp_path / "again")
    assert (made.notes, made.steps["skip"] >= 1, made.steps.get("learn")) == ((), True, None)
    assert learned_rows(f"sqlite:///{made.folder / 'aggregator.db'}") == learned_rows(newsroom.url)


# ── what a run meets beside polls ────────────────────────────────────────────────────────────


def test_what_a_hub_brought_is_replayed(newsroom: Newsroom, site: FakeSite, tmp_path: Path) -> None:
    port(newsroom, site)
    once(newsroom)
    brought = Fetched(
        url=site.url("/port.xml"),
        final_url=site.url("/port.xml"),
        status=200,
        headers={"content-type": "application/rss+xml"},
        body=rss([entry(site, 77, title="Pushed")]).encode(),
        validators=Validators(),
        elapsed_ms=0,
    )

    async def deliver(tape: Recording) -> None:
        async with app.open_services(config.load(newsroom.file), outside=tape.outside) as services:
            with tape.run(services, "daemon"):
                now = services.clock()
                round_ = tape.outside.round(services=services, started=now)
                feed = services.store.claim_feed(1, now, Lease(token="t", until=now + timedelta(minutes=1)))
                assert feed is not None
                await round_.take(feed, brought)

    with recording(tmp_path / "tape", newsroom.clock.now) as tape:
        asyncio.run(deliver(tape))
    made = replay.replay(tmp_path / "tape", tmp_path / "again")
    told = items(f"sqlite:///{made.folder / 'aggregator.db'}")
    assert (made.missing, made.notes, made.steps["delivery"]) == ((), (), 1)
    assert told == items(newsroom.url)
    assert [json.loads(item)["title"] for item in told].count("Pushed") == 1


def test_an_outage_of_our_own_is_held_against_nobody_in_a_replay_either(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    nobody = free_port()
    newsroom.outlets(*(outlet(f"N{n}", f"http://127.0.0.{n}:{nobody}/feed") for n in range(11, 21)))
    report = once(newsroom)
    made = replay.replay(tmp_path / "tape", tmp_path / "again")
    store = Store.open(f"sqlite:///{made.folder / 'aggregator.db'}")
    try:
        health = {feed.outlet: feed for feed in store.health(newsroom.clock.now())}
    finally:
        store.close()
    assert any("network seems to be out" in note for note in report.notes)
    assert any(one.ours for one in responses(tmp_path / "tape"))
    recorded = newsroom.health()
    assert {name: (feed.condition, feed.reason) for name, feed in health.items()} == {
        name: (feed.condition, feed.reason) for name, feed in recorded.items()
    }
