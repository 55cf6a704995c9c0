"""How good are texts once an outlet's pages are learned from? Sites that keep one real template each.

    python -m benchmarks.farm_pages [--feeds 60] [--entries 40] [--worst 10] [--port 8095]

The farm serves ``entries`` pages of each site in the shape of one captured page; a feed states title,
summary and date. One run of the program (``--once``, ``full_text = "auto"``) reads them all; the figure is
the mean token F1 of the stored texts against the farm's own. Ends with 1 when it is not reached.
"""

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import fmean

from benchmarks.farm import SHARED, Farm
from benchmarks.farm_check import Checkout, Figure, token_f1


def measure(feeds: int, entries: int, port: int, worst: int) -> list[Figure]:
    """The figures, after a list of the sites with the worst texts."""
    options = ("--summary", "--one-template", "--pages", str(SHARED / "corpus" / "pages"))
    with (
        Farm(*options, feeds=feeds, entries=entries, port=port) as farm,
        tempfile.TemporaryDirectory() as directory,
    ):
        checkout = Checkout(Path(directory), farm, "auto")
        started = time.monotonic()
        report = checkout.once()
        seconds = time.monotonic() - started
        items = checkout.items()
        sites: dict[int, list[float]] = defaultdict(list)
        for place, item in sorted(items.items()):
            sites[place[0]].append(token_f1(item["text"], farm.text(*place)))
    for site in sorted(sites, key=lambda site: fmean(sites[site]))[:worst]:
        own = sites[site]
        print(f"  outlet {site}: mean {fmean(own):.3f}, worst {min(own):.3f}, best {max(own):.3f}")
    print(f"{len(items)} pages of {len(sites)} sites in {seconds:.0f} s", file=sys.stderr)
    scores = [score for own in sites.values() for score in own]
    return [
        Figure(name="new items", value=report["items"]["new"], exactly=feeds * entries),
        Figure(name="articles failed", value=report["articles"]["failed"], exactly=0),
        Figure(name="one template a site: mean token F1", value=fmean(scores), at_least=0.985),
    ]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.farm_pages", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--feeds", type=int, default=60)
    parser.add_argument("--entries", type=int, default=40)
    parser.add_argument("--port", type=int, default=8095)
    parser.add_argument("--worst", type=int, default=0, help="sites with the worst texts to list")
    options = parser.parse_args()
    figures = measure(options.feeds, options.entries, options.port, options.worst)
    print(*figures, sep="\n")
    sys.exit(0 if all(figure.reached for figure in figures) else 1)


if __name__ == "__main__":
    main()
