"""What polling costs, side by side with other aggregators: the figures of the project's first product.

    python -m benchmarks.polling [--runs 5] [--feeds 300] [--only first,304] [--skip-peers]

Every figure is CPU time of the whole process tree of one ``scheduler.py --once``, less that of the
same command with nothing due, divided by the number of feeds (or articles); medians. The farm's
documents are built beforehand, so that only polling is measured.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.farm import ROOT, Farm, compiled
from benchmarks.peers import Peer, default_venv, installed
from benchmarks.processes import Peak, Usage, measure, peak_memory
from benchmarks.results import keep

#: figures to reach: milliseconds of CPU a feed or article, as the project's goals state them
LIMITS = {"first": 25.0, "304": 1.2, "same body": 1.6, "1 new": 5.0, "article": 24.0}
IDLE_LIMIT = 0.8
PSS_LIMITS = {"without workers": 110, "with two workers": 260}

TITLES = {
    "first": "first poll, no articles, searchable",
    "304": "304",
    "same body": "200, same body",
    "1 new": "1 new of {entries}",
    "article": "one new article: page, text, stored, searchable (polling it included)",
}


@dataclass(slots=True)
class Series:
    """What one aggregator took, a list of runs for each kind of work."""

    usages: dict[str, list[Usage]] = field(default_factory=dict)

    def add(self, work: str, usage: Usage) -> None:
        """Take down one run."""
        self.usages.setdefault(work, []).append(usage)

    def cpu(self, work: str) -> float | None:
        """Median CPU seconds."""
        runs = self.usages.get(work)
        return median(usage.cpu for usage in runs) if runs else None

    def wall(self, work: str) -> float | None:
        """Median seconds from start to end."""
        runs = self.usages.get(work)
        return median(usage.wall for usage in runs) if runs else None

    def each(self, work: str, count: int) -> float | None:
        """Median CPU milliseconds a piece, what the command takes by itself left out."""
        cpu, idle = self.cpu(work), self.cpu("idle")
        return None if cpu is None or idle is None else (cpu - idle) / count * 1000


class Ours:
    """The aggregator of this checkout, in a directory of its own."""

    def __init__(self, directory: Path, urls: Sequence[str]) -> None:
        self._directory = directory
        self._urls = urls
        self.full_text("never")

    def full_text(self, choice: str) -> None:
        """Write the configuration, with or without article pages."""
        outlets = "".join(
            f'[[outlet]]\nname = "Outlet {number}"\nfeeds = ["{url}"]\n'
            for number, url in enumerate(self._urls)
        )
        (self._directory / "feeds.toml").write_text(
            '[fetch]\nallow_networks = ["127.0.0.0/8"]\nper_host_delay = "0s"\n'
            f'[articles]\nfull_text = "{choice}"\n{outlets}'
        )

    def command(self, *options: str) -> list[str]:
        """The command line of one run."""
        return [sys.executable, str(ROOT / "scheduler.py"), "--once", "--json", *options]

    def once(self, *options: str) -> tuple[Usage, dict[str, Any]]:
        """One run; what it took and what it says it did."""
        usage = measure(self.command(*options), cwd=self._directory)
        if usage.code != 0:
            raise RuntimeError(f"scheduler.py --once ended with {usage.code}:\n{usage.stderr}")
        report: dict[str, Any] = json.loads(usage.stdout)
        return usage, report

    def peak(self, *options: str) -> Peak:
        """Peak memory of one run, which is not measured otherwise."""
        return peak_memory(self.command(*options), cwd=self._directory)


def _expect(what: str, found: object, expected: object) -> None:
    """A cheap run that did not do the work must not pass for a fast one."""
    if found != expected:
        raise RuntimeError(f"{what}: expected {expected}, found {found}")


def measure_ours(farm: Farm, directory: Path, wanted: Callable[[str], bool], series: Series) -> None:
    """All kinds of work once, in a fresh database."""
    ours, feeds = Ours(directory, farm.urls()), farm.feeds
    farm.control(prepare=1)
    usage, report = ours.once()
    _expect("new items", report["items"]["new"], feeds * farm.entries)
    series.add("first", usage)
    series.add("idle", ours.once()[0])
    if wanted("304"):
        usage, report = ours.once("--force")
        _expect("not modified", report["feeds"]["not_modified"], feeds)
        series.add("304", usage)
    if wanted("same body"):
        farm.control(cond=0)
        usage, report = ours.once("--force")
        farm.control(cond=1)
        _expect("not modified", report["feeds"]["not_modified"], feeds)
        series.add("same body", usage)
    if wanted("1 new") or wanted("article"):
        farm.control(advance=1)
        farm.control(prepare=1)
        usage, report = ours.once("--force")
        _expect("new items", report["items"]["new"], feeds)
        series.add("1 new", usage)
    if wanted("article"):
        ours.full_text("always")
        for _ in range(2):  # the first also fetches each site's robots.txt, which is then known for a day
            farm.control(advance=1)
            farm.control(prepare=1, pages=1)
            usage, report = ours.once("--force")
            _expect("articles", report["articles"]["extracted"], feeds)
        series.add("article", usage)


def measure_peer(
    farm: Farm, peer: Peer, directory: Path, wanted: Callable[[str], bool], series: Series
) -> None:
    """The same work by another aggregator; none of them fetches article pages by itself."""
    farm.control(prepare=1)
    peer.subscribe(directory, farm.urls())
    series.add("first", _checked(farm, peer, "feed200"))
    series.add("idle", peer.idle())
    peer.poll()  # newsboat keeps the validators of a feed from its second poll on
    if wanted("304"):
        series.add("304", _checked(farm, peer, "feed304"))
    if wanted("same body"):
        farm.control(cond=0)
        series.add("same body", _checked(farm, peer, "feed200"))
        farm.control(cond=1)
    if wanted("1 new"):
        farm.control(advance=1)
        farm.control(prepare=1)
        series.add("1 new", _checked(farm, peer, "feed200"))


def _checked(farm: Farm, peer: Peer, counter: str) -> Usage:
    """One poll by a peer; the farm must have given every feed the expected answer."""
    farm.control(reset=1)
    usage = peer.poll()
    answered = farm.control(stats=1)[counter]
    _expect(f"{peer.name}: {counter}", answered, farm.feeds)
    return usage


def measure_memory(farm: Farm, directory: Path) -> dict[str, Peak]:
    """Peak memory: of a run whose documents are too small for workers, and of one that keeps two busy."""
    ours = Ours(directory, farm.urls())
    farm.control(prepare=1)
    peaks = {"with two workers": ours.peak()}
    peaks["without workers"] = ours.peak("--force")
    ours.full_text("always")
    farm.control(advance=1)
    farm.control(prepare=1, pages=1)
    articles = ours.peak("--force")
    peaks["with two workers"] = max(peaks["with two workers"], articles, key=lambda peak: peak.pss)
    return peaks


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _mark(value: float | None, limit: float) -> str:
    return "–" if value is None else "reached" if value <= limit else f"**missed by {value / limit - 1:.0%}**"


def cpu_table(ours: Series, peers: Sequence[tuple[Peer, Series]], farm: Farm) -> list[str]:
    """CPU milliseconds a feed, limits and verdicts, as Markdown."""
    head = ["CPU ms a feed", "limit", "ours", "", *(f"{peer.name} {peer.version}" for peer, _ in peers)]
    rows = [head, ["---"] * len(head)]
    for work, limit in LIMITS.items():
        value = ours.each(work, farm.feeds)
        name = TITLES[work].format(entries=farm.entries)
        theirs = [_cell(series.each(work, farm.feeds)) for _, series in peers]
        rows.append([name, f"{limit:g}", _cell(value), _mark(value, limit), *theirs])
    idle = ours.cpu("idle")
    theirs = [_cell(series.cpu("idle")) for _, series in peers]
    rows.append(["nothing due, CPU s", f"{IDLE_LIMIT:g}", _cell(idle), _mark(idle, IDLE_LIMIT), *theirs])
    wall = ours.wall("first")
    rival = next((series.wall("first") for peer, series in peers if peer.name == "newsboat"), None)
    mark = "–" if rival is None else _mark(wall, rival)
    theirs = [_cell(series.wall("first")) for _, series in peers]
    rows.append(["first poll, wall s", _cell(rival), _cell(wall), mark, *theirs])
    lines = [_row(cells) for cells in rows]
    article, poll = ours.each("article", farm.feeds), ours.each("1 new", farm.feeds)
    if article is not None and poll is not None:
        lines += ["", f"An article without the poll that brought it: {article - poll:.2f} ms."]
    return lines


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def memory_table(peaks: dict[str, Peak]) -> list[str]:
    """Peak memory, as Markdown."""
    rows = [["peak PSS of the process tree, MB", "limit", "ours", "", "processes"], ["---"] * 5]
    for name, limit in PSS_LIMITS.items():
        peak = peaks[name]
        value = peak.pss / 1e6
        rows.append([name, str(limit), f"{value:.0f}", _mark(value, limit), str(peak.processes)])
    return ["", *(_row(cells) for cells in rows)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.polling",
        description="What polling costs, side by side with other aggregators.",
    )
    parser.add_argument("--runs", type=int, default=5, help="medians of so many runs (default 5)")
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--entries", type=int, default=30)
    parser.add_argument("--port", type=int, default=8099, help="of the farm")
    parser.add_argument("--only", default="", help=f"of: {', '.join(LIMITS)}, memory; comma between them")
    parser.add_argument("--skip-peers", action="store_true")
    parser.add_argument("--skip-ours", action="store_true")
    parser.add_argument("--write", action="store_true", help="keep the figures in README.md")
    parser.add_argument(
        "--venv", type=Path, default=default_venv(), help="where reader is installed, or will be"
    )
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = _options()
    compiled()
    only = {name.strip() for name in options.only.split(",") if name.strip()}

    def wanted(work: str) -> bool:
        return not only or work in only

    series = Series()
    peers = [] if options.skip_peers else [(peer, Series()) for peer in installed(options.venv)]
    with Farm(feeds=options.feeds, entries=options.entries, port=options.port) as farm:
        for run in range(options.runs):
            print(f"run {run + 1} of {options.runs}", file=sys.stderr, flush=True)
            for peer, peer_series in peers:
                with tempfile.TemporaryDirectory() as directory:
                    measure_peer(farm, peer, Path(directory), wanted, peer_series)
            if not options.skip_ours:
                with tempfile.TemporaryDirectory() as directory:
                    measure_ours(farm, Path(directory), wanted, series)
        lines = cpu_table(series, peers, farm)
        if wanted("memory") and not options.skip_ours:
            with tempfile.TemporaryDirectory() as directory:
                lines += memory_table(measure_memory(farm, Path(directory)))
    print(*lines, sep="\n")
    if options.write:
        keep("polling", lines)


if __name__ == "__main__":
    main()
