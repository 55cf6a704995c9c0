"""Score the dates read from the shared pages against people's gold: the right day, and none too late.

usage: python -m benchmarks.dates [--source trafilatura] [--misses] [--late]

A day is right in the gold's own offset. A gold without one is the day that a person read in the page: the one
at the place where the page states it. Where the instant is stated as one of Greenwich, as many systems write
it, that is the day of another statement of the same instant which has an offset of its own or is for people.
When the pages were captured is not known, so "3 days ago" says nothing here. Needs the folder
``shared`` beside the project; ``benchmarks/README.md`` holds the results.
"""

import argparse
import gzip
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from trafilatura import load_html

from aggregator.core.dates import LAST_YEAR, is_local, local_day
from aggregator.core.extract import extract, metadata
from aggregator.core.settle import Settled, agrees, settle
from aggregator.model import DateClaim

PAGES = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus" / "pages"
_MONTH = timedelta(days=27)
END = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """One page: its gold, and what was read."""

    name: str
    corpus: str
    gold: str
    claims: tuple[DateClaim, ...]
    settled: Settled

    @property
    def gold_day(self) -> date | None:
        """None for a gold that is no date; two say 2022-29-11 for 2022-11-29."""
        for text in (self.gold[:10], f"{self.gold[:5]}{self.gold[8:10]}-{self.gold[5:7]}"):
            try:
                return date.fromisoformat(text)
            except ValueError:
                continue
        return None

    @property
    def day(self) -> str | None:
        """The day that was read, in the gold's offset, else as the page states it."""
        if self.settled.published is None:
            return None
        try:
            gold = datetime.fromisoformat(self.gold)
        except ValueError:
            gold = datetime(1, 1, 1)  # noqa: DTZ001 - it stands for a gold without an offset
        if gold.tzinfo is not None:
            return f"{self.settled.published.astimezone(gold.tzinfo):%Y-%m-%d}"
        own = next(one for one in self.claims if one.source == self.settled.source)
        if is_local(own.stated):
            return local_day(own.stated)
        others = (
            one
            for one in self.claims
            if is_local(one.stated) and one.latest - one.earliest < _MONTH and agrees(one, self.settled)
        )
        return local_day(next(others, own).stated) or self.utc_day

    @property
    def utc_day(self) -> str | None:
        """The day that was read, at Greenwich."""
        return f"{self.settled.published:%Y-%m-%d}" if self.settled.published else None

    @property
    def right(self) -> bool:
        """Whether it is the day of the gold."""
        return self.gold_day is not None and self.day == f"{self.gold_day}"

    @property
    def late(self) -> bool:
        """Whether it is later than the day after the gold."""
        if self.day is None or self.gold_day is None:
            return False
        return date.fromisoformat(self.day) > self.gold_day + timedelta(days=1)


def _read(body: bytes, gold: dict[str, Any], name: str) -> Dated:
    """From the whole extraction; from the page alone where that finds no article in it."""
    url = gold["url"] or ""
    article = extract(body, url=url, want_metadata=True)
    claims = article.claims if article else ()
    if article is None and (tree := load_html(body)) is not None:
        claims = metadata.read(tree, url, now=None, names=False, look=True).claims
    return Dated(
        name=name,
        corpus=gold["source"],
        gold=str(gold["date"]),
        claims=claims,
        settled=settle(claims, END),
    )


def _cost(body: bytes, url: str) -> tuple[float, float] | None:
    """Milliseconds for what states a date, and with the text looked through."""
    tree = load_html(body)
    if tree is None:
        return None
    spent = []
    for look in (False, True):
        began = time.process_time()
        metadata.read(tree, url, now=None, names=False, look=look)
        spent.append((time.process_time() - began) * 1000)
    return spent[0], spent[1]


def _pages(source: str | None) -> Iterator[tuple[str, dict[str, Any], bytes]]:
    for name, gold in json.loads((PAGES / "ground-truth.json").read_text()).items():
        if gold.get("date") and (source is None or gold["source"] == source):
            yield name, gold, gzip.decompress((PAGES / f"{name}.html.gz").read_bytes())


def main() -> int:
    """Print the scores; 2 where the pages are not there."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", help="only pages of this corpus")
    parser.add_argument("--misses", action="store_true", help="list what is not the gold's day")
    parser.add_argument("--late", action="store_true", help="list what is later than the day after the gold")
    options = parser.parse_args()
    if not PAGES.is_dir():
        print(f"{PAGES} is not there", file=sys.stderr)
        return 2
    read, spent = [], []
    for name, gold, body in _pages(options.source):
        read.append(_read(body, gold, name))
        if cost := _cost(body, gold["url"] or ""):
            spent.append(cost)
    for one in read:
        if (options.misses and not one.right) or (options.late and one.late):
            said = ", ".join(f"{claim.source}: {claim.stated}" for claim in one.claims)
            print(f"{one.name}: gold {one.gold}, read {one.day} [{said}]")
    _print_table(
        "corpus", Counter(one.corpus for one in read), Counter(one.corpus for one in read if one.right)
    )
    _print_table(
        "said by",
        Counter(one.settled.source or "nobody" for one in read),
        Counter(one.settled.source or "nobody" for one in read if one.right),
    )
    right, late = sum(one.right for one in read), sum(one.late for one in read)
    dated = [one for one in read if one.day is not None]
    in_utc = sum(one.utc_day == f"{one.gold_day}" for one in read)
    print(f"\nright day {right} of {len(read)}, {right / len(read):.1%}", end="; ")
    print(f"{right / len(dated):.1%} of those with a date")
    print(f"by the days of Greenwich {in_utc}, {in_utc / len(read):.1%}")
    print(f"later than the day after {late}; no date {len(read) - len(dated)}")
    for number, what in enumerate(("what states a date", "and the text looked through")):
        costs = sorted(cost[number] for cost in spent)
        print(f"{what}: CPU median {statistics.median(costs):.1f} ms, mean {statistics.mean(costs):.1f} ms, "
              f"most {costs[-1]:.0f} ms")  # fmt: skip
    return 0


def _print_table(title: str, all_of: Counter[str], right: Counter[str]) -> None:
    print(f"\n{title:<14}{'pages':>7}{'right':>7}")
    for name, count in all_of.most_common():
        print(f"{name:<14}{count:>7}{right[name]:>7}{right[name] / count:>8.1%}")


if __name__ == "__main__":
    sys.exit(main())
