"""What is killed, full or locked loses nothing and stores nothing twice."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter

from tests.conftest import ROOT
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, outlet, rss

FEEDS = 12


def serve(site: FakeSite, newsroom: Newsroom, upto: int) -> None:
    for n in range(FEEDS):
        entries = [
            Entry(
                number=k,
                link=f"https://x{n}.example/{k}",
                title=f"Outlet {n} says {k}",
                content=f"<p>{k}</p>",
            )
            for k in range(upto, 0, -1)
        ]
        site.serve(f"/{n}.xml", rss(entries))
    newsroom.outlets(
        *(outlet(f"Outlet {n}", site.url(f"/{n}.xml", host=n % 4), every='"1s"') for n in range(FEEDS))
    )


def test_kill_9_while_polling_loses_nothing_and_stores_nothing_twice(
    newsroom: Newsroom, site: FakeSite
) -> None:
    command = [
        sys.executable,
        str(ROOT / "scheduler.py"),
        "--config",
        str(newsroom.file),
        "--once",
        "--force",
    ]
    for turn in range(1, 21):
        serve(site, newsroom, turn)
        site.forget()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and len(site.requests) < 1 + turn % FEEDS:
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
    assert newsroom.scheduler("--once", "--force").returncode == 0
    stored = Counter((item.outlet, item.title) for item in newsroom.items())
    expected = {(f"Outlet {n}", f"Outlet {n} says {k}") for n in range(FEEDS) for k in range(1, 21)}
    assert set(stored) == expected
    assert set(stored.values()) == {1}
    with sqlite3.connect(newsroom.directory / "news.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    database.close()


def test_a_locked_database_ends_the_run_with_2_and_a_sentence(newsroom: Newsroom, site: FakeSite) -> None:
    serve(site, newsroom, 1)
    assert newsroom.scheduler("--once").returncode == 0
    holder = sqlite3.connect(newsroom.directory / "news.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        run = newsroom.scheduler("--once", "--force", timeout=90)
    finally:
        holder.close()
    assert (run.returncode, "Traceback" in run.stderr) == (2, False)
    assert "lock" in run.stderr
    assert newsroom.scheduler("--once", "--force").returncode == 0
    assert len(newsroom.items()) == FEEDS


def test_a_database_that_is_full_ends_the_run_with_2_and_keeps_what_was_there(
    newsroom: Newsroom, site: FakeSite
) -> None:
    serve(site, newsroom, 1)
    newsroom.scheduler("--once")
    serve(site, newsroom, 200)
    limited = ["bash", "-c", 'ulimit -f "$0"; exec "$@"', "600"]  # 600 KiB: no file may grow beyond
    command = [*limited, sys.executable, str(ROOT / "scheduler.py"), "--config", str(newsroom.file)]
    run = subprocess.run(
        [*command, "--once", "--force"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (run.returncode, "Traceback" in run.stderr) == (2, False)
    assert newsroom.scheduler("--once", "--force").returncode == 0
    stored = Counter((item.outlet, item.title) for item in newsroom.items())
    assert (len(stored), set(stored.values())) == (FEEDS * 200, {1})
