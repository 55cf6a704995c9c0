"""Ten thousand feeds every ten minutes: does each poll start when it is due, and what does that take?

    python -m benchmarks.scale [--feeds 10000] [--minutes 30] [--every 10m]

The real daemon polls the farm on the real clock. A poll's due time is the one that the poll before it left in
the history; what is late at the end without having been polled counts as late. The first round, in which all
feeds are due at once, is told apart.
"""

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.farm import ROOT, Farm, compiled
from benchmarks.processes import pss, tree
from benchmarks.results import keep

#: goals
SHARE = 0.995
PUNCTUAL = 60.0
PSS_LIMIT = 400e6

_SAMPLE = 5.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was seen of the daemon from outside."""

    started: datetime
    stopped: datetime
    #: bytes, the most that its processes held together
    peak: int
    #: seconds of the whole tree
    cpu: float
    code: int
    #: seconds from SIGTERM to the end
    drained: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Punctuality:
    """What the history says."""

    #: seconds behind due, a value for each poll but a feed's first
    behind: list[float]
    #: seconds from the daemon's start to the end of each feed's first poll
    first: list[float]
    #: feeds still waiting at the end although due for longer than ``PUNCTUAL``
    waiting: int
    failed: int

    @property
    def share(self) -> float:
        """Of the polls that were due, those on time."""
        due = len(self.behind) + self.waiting
        return sum(late <= PUNCTUAL for late in self.behind) / due if due else 0.0


def watch(directory: Path, minutes: float) -> Watched:
    """Run the daemon for so long, then end it as an operator would."""
    command = [sys.executable, str(ROOT / "scheduler.py"), "--config", str(directory / "feeds.toml")]
    with (directory / "log").open("wb") as log:
        started = _now()
        process = subprocess.Popen(command, cwd=directory, stdout=log, stderr=log)
        end, peak, cpu = time.monotonic() + minutes * 60, 0, 0.0
        while process.poll() is None and time.monotonic() < end:
            time.sleep(min(_SAMPLE, max(0.0, end - time.monotonic())))
            processes = tree(process.pid)
            peak = max(peak, sum(map(pss, processes)))
            cpu = max(cpu, sum(map(_cpu, processes)))
        stopped, before = _now(), time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
    return Watched(
        started=started,
        stopped=stopped,
        peak=peak,
        cpu=cpu,
        code=code,
        drained=time.monotonic() - before,
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _cpu(pid: int) -> float:
    """Seconds of a process and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def read(database: Path, watched: Watched) -> Punctuality:
    """Each poll against the due time that the one before it left."""
    due: dict[int, datetime | None] = {}
    behind, first = [], []
    failed = 0
    with sqlite3.connect(database) as connection:
        rows = connection.execute(
            "SELECT feed_id, at, elapsed_ms, result, next_poll_at FROM fetches ORDER BY feed_id, id"
        )
        for feed, at, elapsed, result, next_poll_at in rows:
            began = _instant(at) - timedelta(milliseconds=elapsed)
            failed += result == "failed"
            if feed not in due:
                first.append((_instant(at) - watched.started).total_seconds())
            elif (planned := due[feed]) is not None:
                behind.append((began - planned).total_seconds())
            due[feed] = _instant(next_poll_at) if next_poll_at is not None else None
    connection.close()
    overdue = watched.stopped - timedelta(seconds=PUNCTUAL)
    return Punctuality(
        behind=sorted(behind),
        first=sorted(first),
        waiting=sum(planned is not None and planned < overdue for planned in due.values()),
        failed=failed,
    )


def _instant(stored: int) -> datetime:
    """As the store writes it: microseconds since 1970."""
    return datetime.fromtimestamp(stored / 1e6, UTC)


def table(
    options: argparse.Namespace, watched: Watched, seen: Punctuality, farm: dict[str, Any]
) -> list[str]:
    """Figures, limits and verdicts, as Markdown."""
    behind, first = seen.behind or [0.0], seen.first or [0.0]
    share, most = seen.share, farm["maxperhost"]
    polled, ended = len(seen.first), f"{watched.code}, {watched.drained:.1f}"
    rows = [
        ("polls that start within 60 s of due", f">= {SHARE:.1%}", f"{share:.2%}", share >= SHARE),
        ("peak PSS of the process tree, MB", "< 400", f"{watched.peak / 1e6:.0f}", watched.peak < PSS_LIMIT),
        ("requests at once to one site", "1", str(most), most == 1),
        ("SIGTERM: exit code, seconds", "0, < 25", ended, watched.code == 0 and watched.drained < 25),
        ("first round: feeds polled", str(options.feeds), str(polled), polled == options.feeds),
        ("first round: last one done after, s", "", f"{first[-1]:.0f}", None),
        ("first round: feeds a second", "", f"{polled / max(first[-1], 0.1):.1f}", None),
        ("later polls", "", str(len(seen.behind)), None),
        ("seconds behind due: median, 99 %, most", "", _spread(behind), None),
        ("due and not polled at the end", "", str(seen.waiting), None),
        ("failed polls", "", str(seen.failed), None),
        ("CPU of the tree, s", "", f"{watched.cpu:.0f}", None),
        ("answers of the farm: 200, 304", "", f"{farm['feed200']}, {farm['feed304']}", None),
    ]
    return [
        f"{options.feeds} feeds every {options.every} for {options.minutes:g} minutes",
        "",
        "| figure | limit | ours | |",
        "|---|---|---|---|",
        *(f"| {name} | {limit} | {value} | {_mark(good)} |" for name, limit, value, good in rows),
    ]


def _spread(values: list[float]) -> str:
    return f"{median(values):.1f}, {values[int(len(values) * 0.99)]:.1f}, {values[-1]:.1f}"


def _mark(good: bool | None) -> str:
    return "" if good is None else "reached" if good else "**missed**"


def configure(directory: Path, urls: list[str], every: str) -> None:
    """A feeds.toml of outlets with one feed each."""
    outlets = "".join(
        f'[[outlet]]\nname = "Outlet {number}"\nfeeds = ["{url}"]\nevery = "{every}"\n'
        for number, url in enumerate(urls)
    )
    (directory / "feeds.toml").write_text(
        '[store]\nurl = "sqlite:///news.db"\n[fetch]\nallow_networks = ["127.0.0.0/8"]\n'
        f'[polling]\nmin_interval = "1m"\n[articles]\nfull_text = "never"\n{outlets}'
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale", description="Ten thousand feeds every ten minutes."
    )
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--every", default="10m", help="each feed's fixed interval (default 10m)")
    parser.add_argument("--entries", type=int, default=30)
    parser.add_argument("--latency", type=int, default=50, help="milliseconds before the farm answers")
    parser.add_argument("--port", type=int, default=8098, help="of the farm")
    parser.add_argument("--keep", type=Path, help="leave database and log in this directory")
    parser.add_argument("--write", action="store_true", help="keep the figures in README.md")
    return parser.parse_args()


def main() -> None:
    """Measure and print; 1 when a figure is missed."""
    options = _options()
    compiled()
    with tempfile.TemporaryDirectory() as temporary:
        directory = options.keep or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        with Farm(feeds=options.feeds, entries=options.entries, port=options.port) as farm:
            configure(directory, farm.urls(), options.every)
            farm.control(prepare=1)
            farm.control(latency=options.latency, reset=1)
            watched = watch(directory, options.minutes)
            counters = farm.control(stats=1)
        lines = table(options, watched, read(directory / "news.db", watched), counters)
    print(*lines, sep="\n", flush=True)
    if options.write:
        keep("scale", lines)
    sys.exit(any("**missed**" in line for line in lines))


if __name__ == "__main__":
    main()
