"""The scheduler that stays: a real process, real signals."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.conftest import ROOT
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, free_port, outlet, rss


@contextmanager
def daemon(newsroom: Newsroom, *arguments: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, str(ROOT / "scheduler.py"), "--config", str(newsroom.file), *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment})
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def until(condition: Callable[[], bool], seconds: float = 40) -> None:
    """Another process works on the real clock, so this is a wait, not a sleep of fixed length."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_the_daemon_polls_publishes_and_ends_cleanly(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve("/feed.xml", rss([Entry(number=1, link="https://x.example/1", summary="One")]))
    web = f'[web]\nlisten = "127.0.0.1:{free_port()}"\n'
    newsroom.outlets(outlet("Port", site.url("/feed.xml")), extra=f'[publish]\ndirectory = "public"\n{web}')
    with daemon(newsroom) as process:
        until(lambda: bool(site.asked("/feed.xml")))
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=25)
    assert process.returncode == 0
    assert "web reader is not there yet" in log
    assert [item.summary for item in newsroom.items()] == ["One"]
    assert (newsroom.directory / "public" / "feed.atom").exists()


def test_a_feed_is_polled_again_when_it_is_due(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve("/feed.xml", rss([Entry(number=1)]))
    newsroom.outlets(outlet("Port", site.url("/feed.xml"), every='"2s"'))
    with daemon(newsroom):
        until(lambda: len(site.asked("/feed.xml")) >= 3)
    gaps = [b.at - a.at for a, b in zip(site.requests, site.requests[1:], strict=False)]
    assert all(1.9 < gap < 20 for gap in gaps)


def test_sighup_re_reads_the_configuration_and_a_wrong_one_changes_nothing(
    newsroom: Newsroom, site: FakeSite
) -> None:
    for name in ("a", "b"):
        site.serve(f"/{name}.xml", rss([Entry(number=1)]))
    newsroom.outlets(outlet("Alpha", site.url("/a.xml")))
    with daemon(newsroom) as process:
        until(lambda: bool(site.asked("/a.xml")))
        good = newsroom.file.read_text()
        newsroom.file.write_text(good + "[[outlet]]\nnam = 3\n")
        process.send_signal(signal.SIGHUP)
        time.sleep(1)  # the wrong file must not end it, which only time can show
        assert process.poll() is None
        newsroom.outlets(outlet("Alpha", site.url("/a.xml")), outlet("Beta", site.url("/b.xml", host=1)))
        process.send_signal(signal.SIGHUP)
        until(lambda: bool(site.asked("/b.xml")))
        process.terminate()
        _, log = process.communicate(timeout=25)
    assert process.returncode == 0
    assert "nam" in log


def test_exports_follow_the_configuration_without_any_news(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve("/feed.xml", rss([Entry(number=1)]))
    newsroom.outlets(outlet("Port", site.url("/feed.xml"), every='"1d"'))
    assert newsroom.scheduler("--once").returncode == 0
    newsroom.outlets(
        outlet("Port", site.url("/feed.xml"), every='"1d"'), extra='[publish]\ndirectory = "public"\n'
    )
    with daemon(newsroom):
        until((newsroom.directory / "public" / "outlets.opml").exists, seconds=60)
        assert "Port" in (newsroom.directory / "public" / "outlets.opml").read_text()


def test_sigterm_does_not_wait_for_a_slow_outlet(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve("/feed.xml", rss([Entry(number=1)]), delay=60)
    newsroom.outlets(outlet("Slow", site.url("/feed.xml")))
    text = newsroom.file.read_text().replace('timeout = "5s"', 'timeout = "60s"')
    newsroom.file.write_text(text)
    with daemon(newsroom) as process:
        until(lambda: bool(site.asked("/feed.xml")))
        started = time.monotonic()
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert time.monotonic() - started < 25


def test_a_second_run_ends_with_75_while_the_daemon_works(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve("/feed.xml", rss([Entry(number=1)]))
    newsroom.outlets(outlet("Port", site.url("/feed.xml")))
    with daemon(newsroom) as process:
        until(lambda: bool(site.asked("/feed.xml")))
        second = newsroom.scheduler("--once")
    assert second.returncode == 75
    assert str(process.pid) in second.stderr


def test_systemd_is_told_when_the_daemon_is_ready_alive_and_stopping(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    newsroom.outlets()
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(path)
        channel.settimeout(60)
        with daemon(newsroom, NOTIFY_SOCKET=path) as process:
            heard = {channel.recv(100).decode() for _ in range(2)}
            process.terminate()
            process.communicate(timeout=25)
        channel.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                heard.add(channel.recv(100).decode())
    assert heard == {"READY=1", "WATCHDOG=1", "STOPPING=1"}
