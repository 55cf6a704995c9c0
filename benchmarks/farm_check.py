"""Is what comes out right? The farm knows the truth: which items are new, their texts, which are copies.

    python -m benchmarks.farm_check [--feeds 300] [--entries 30]

First with the farm's own pages and ``full_text = "always"``: a first run, ``advance``, a second run;
exactly the new items, their texts, the copies among them, one request a site at a time. Then with the
shared captured pages as templates, summaries in the feeds and ``full_text = "auto"``: the mean token
F1 of the texts. Ends with 1 when a figure is not reached.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.farm import ROOT, SHARED, Farm

_ADDRESS = re.compile(r"http://127\.(\d+)\.(\d+)\.(\d+):\d+/.*-(\d+)\.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number and what it must be."""

    name: str
    value: float
    at_least: float | None = None
    at_most: float | None = None
    exactly: float | None = None

    @property
    def reached(self) -> bool:
        """Whether it is what it must be."""
        if self.exactly is not None:
            return self.value == self.exactly
        if self.at_most is not None:
            return self.value <= self.at_most
        return self.at_least is None or self.value >= self.at_least

    def __str__(self) -> str:
        bounds = (("=", self.exactly), ("<=", self.at_most), (">=", self.at_least))
        wanted = next((f"{sign} {bound:g}" for sign, bound in bounds if bound is not None), "any")
        return f"{'ok  ' if self.reached else 'MISS'} {self.name}: {self.value:.4g} (wanted {wanted})"


class Checkout:
    """The aggregator of this checkout, polling a farm into a directory of its own."""

    def __init__(self, directory: Path, farm: Farm, full_text: str) -> None:
        self._directory = directory
        outlets = "".join(
            f'[[outlet]]\nname = "Outlet {number}"\nfeeds = ["{url}"]\n'
            for number, url in enumerate(farm.urls())
        )
        (directory / "feeds.toml").write_text(
            '[fetch]\nallow_networks = ["127.0.0.0/8"]\nper_host_delay = "0s"\n'
            f'[articles]\nfull_text = "{full_text}"\n{outlets}'
        )

    def once(self, *options: str) -> dict[str, Any]:
        """One run's report."""
        return dict(json.loads(self._run(str(ROOT / "scheduler.py"), "--once", "--json", *options)))

    def items(self) -> dict[tuple[int, int], dict[str, Any]]:
        """Every stored item by the farm's numbers of outlet and entry."""
        config = str(self._directory / "feeds.toml")
        lines = self._run(
            "-m", "aggregator", "items", "--json", "--limit", "1000000", "--config", config
        ).splitlines()
        return {_place(item["url"]): item for item in map(json.loads, lines)}

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self._directory if command[0] != "-m" else ROOT,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode or "Traceback" in done.stderr:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-4000:]}")
        return done.stdout


def _place(url: str) -> tuple[int, int]:
    match = _ADDRESS.fullmatch(url)
    if match is None:
        raise RuntimeError(f"not an address of the farm: {url}")
    block, high, low, entry = map(int, match.groups())
    return (block - 1) * 62500 + high * 250 + low - 1, entry


def token_f1(found: str, truth: str) -> float:
    """F1 of the words of two texts, as bags: the harmonic mean of precision and recall."""
    left, right = (Counter(re.findall(r"\w+", text.lower())) for text in (found, truth))
    both = sum((left & right).values())
    return 2 * both / (sum(left.values()) + sum(right.values())) if both else 0.0


def _pairs(groups: Iterable[Iterable[tuple[int, int]]]) -> set[tuple[tuple[int, int], tuple[int, int]]]:
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def copies_of_farm(farm: Farm, items: dict[tuple[int, int], dict[str, Any]]) -> tuple[float, float]:
    """Precision and recall of the pairs of copies."""
    truth: dict[str, list[tuple[int, int]]] = defaultdict(list)
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for place, item in items.items():
        if group := farm.group(*place):
            truth[group].append(place)
        found[item["duplicate_of"] or item["id"]].append(place)
    true_pairs, found_pairs = _pairs(truth.values()), _pairs(found.values())
    right = len(true_pairs & found_pairs)
    return right / max(1, len(found_pairs)), right / max(1, len(true_pairs))


def check_new_items_texts_and_copies(feeds: int, entries: int, port: int) -> list[Figure]:
    """``full_text = "always"`` over the farm's own pages."""
    with (
        Farm("--dup", "0.1", "--near", "0", feeds=feeds, entries=entries, port=port) as farm,
        tempfile.TemporaryDirectory() as directory,
    ):
        farm.control(latency=50, prepare=1)
        checkout = Checkout(Path(directory), farm, "always")
        first = checkout.once()
        farm.control(advance=1)
        farm.control(prepare=1)
        second = checkout.once("--force")
        busiest = farm.control(stats=1)["maxperhost"]
        items = checkout.items()
        scores = [token_f1(item["text"], farm.text(*place)) for place, item in items.items()]
        precision, recall = copies_of_farm(farm, items)
        from_page = sum(item["text_source"] == "page" for item in items.values())
    total = feeds * (entries + 1)
    return [
        Figure(name="first run: new items", value=first["items"]["new"], exactly=feeds * entries),
        Figure(
            name="first run: articles extracted",
            value=first["articles"]["extracted"],
            exactly=feeds * entries,
        ),
        Figure(name="after advance=1: new items", value=second["items"]["new"], exactly=feeds),
        Figure(name="after advance=1: changed items", value=second["items"]["changed"], exactly=0),
        Figure(
            name="after advance=1: articles extracted", value=second["articles"]["extracted"], exactly=feeds
        ),
        Figure(name="stored items", value=len(items), exactly=total),
        Figure(name="texts from the page", value=from_page, exactly=total),
        Figure(name="texts: mean token F1", value=fmean(scores), at_least=0.99),
        Figure(name="copies: precision of pairs", value=precision, at_least=1.0),
        Figure(name="copies: recall of pairs", value=recall, at_least=1.0),
        Figure(name="most requests at once on one site", value=busiest, exactly=1),
    ]


def check_texts_of_captured_pages(feeds: int, entries: int, port: int) -> list[Figure]:
    """``full_text = "auto"`` where feeds carry summaries and pages have the shape of real ones."""
    pages = str(SHARED / "corpus" / "pages")
    with (
        Farm("--summary", "--pages", pages, feeds=feeds, entries=entries, port=port) as farm,
        tempfile.TemporaryDirectory() as directory,
    ):
        farm.control(latency=50, prepare=1)
        checkout = Checkout(Path(directory), farm, "auto")
        report = checkout.once()
        busiest = farm.control(stats=1)["maxperhost"]
        items = checkout.items()
        scores = {place: token_f1(item["text"], farm.text(*place)) for place, item in items.items()}
    for place in sorted(scores, key=lambda place: scores[place])[:5]:
        item = items[place]
        print(f"  worst: {scores[place]:.2f} {item['url']} ({item['text_source']})", file=sys.stderr)
    return [
        Figure(name="captured pages: new items", value=report["items"]["new"], exactly=feeds * entries),
        Figure(name="captured pages: articles failed", value=report["articles"]["failed"], exactly=0),
        Figure(name="captured pages: mean token F1", value=fmean(scores.values()), at_least=0.96),
        Figure(name="captured pages: most requests at once on one site", value=busiest, exactly=1),
    ]


def main() -> None:
    """Run both checks and print the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.farm_check", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--entries", type=int, default=30)
    parser.add_argument("--port", type=int, default=8097)
    parser.add_argument("--skip-pages", action="store_true", help="without the captured pages")
    options = parser.parse_args()
    figures = check_new_items_texts_and_copies(options.feeds, options.entries, options.port)
    print(*figures, sep="\n", flush=True)
    if not options.skip_pages:
        captured = check_texts_of_captured_pages(options.feeds, options.entries, options.port)
        print(*captured, sep="\n")
        figures += captured
    sys.exit(0 if all(figure.reached for figure in figures) else 1)


if __name__ == "__main__":
    main()
