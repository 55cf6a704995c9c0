"""How long does a search take over a million items? The store's part of it, without the program's start.

python -m benchmarks.search --database /tmp/million.db --items 1000000 --build
python -m benchmarks.search --database /tmp/million.db [--queries 200] [--write]

The items are made of real words at their real frequencies: those of the titles and pages of the captured
corpora. PostgreSQL takes the same with ``--database postgresql+psycopg://…``.
"""

import argparse
import csv
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice, pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from sqlalchemy import insert, text

from aggregator.core.query import Query, parse_query
from aggregator.model import FeedSpec, ItemFilter
from aggregator.store import Store
from aggregator.store.engine import Database
from aggregator.store.tables import item_tags, items, texts
from benchmarks.farm import ROOT
from benchmarks.results import keep

MEDIAN, SLOWEST = 0.050, 0.200
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_OUTLETS = 500
_BATCH = 20_000
_SPAN = timedelta(days=365)
_CORPUS = ROOT.parent / "shared" / "corpus"
_WORD = re.compile(r"[^\W\d_]{2,}")


def vocabulary() -> Counter[str]:
    """How often each word stands in the captured titles and articles."""
    counted: Counter[str] = Counter()
    truth = json.loads((_CORPUS / "pages" / "ground-truth.json").read_text())
    for page in truth.values():
        counted.update(_WORD.findall(page.get("text") or ""))
    with (_CORPUS / "stories" / "uci-news-aggregator-2014-03.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            counted.update(_WORD.findall(row["title"]))
    return Counter({word: count for word, count in counted.items() if len(word) < 30})


def build(url: str, count: int) -> None:
    """A database with so many items, indexed."""
    store = Store.open(url)
    specs = [
        FeedSpec(
            url=f"https://outlet-{n}.example/feed",
            outlet=f"Outlet {n}",
            homepage=f"https://outlet-{n}.example/",
            tags=("sport",) if n % 10 == 0 else (),
        )
        for n in range(_OUTLETS)
    ]
    store.sync_feeds(specs, NOW - _SPAN)
    with closing_database(url) as database:
        chance = random.Random(1)
        sentence = _sentences(chance)
        step = _SPAN / count
        for start in range(0, count, _BATCH):
            rows = [_row(n, NOW - _SPAN + n * step, chance, sentence) for n in range(start, start + _BATCH)]
            with database.writing() as connection:
                connection.execute(insert(items), [row for row, _, _ in rows])
                connection.execute(insert(texts), [row for _, row, _ in rows])
                tagged = [{"tag_key": tag, "item_id": row["id"]} for row, _, tag in rows if tag]
                connection.execute(insert(item_tags), tagged)
                connection.execute(text("DELETE FROM story_queue"))  # what other indexes wait for
            while store.index_pending(5_000):
                pass
            print(f"{start + _BATCH} items", file=sys.stderr)
    store.close()


def closing_database(url: str) -> Any:
    """The database without the store's questions."""
    return closing(Database(url))


def _sentences(chance: random.Random) -> Callable[[int], str]:
    counted = vocabulary()
    words = list(counted)
    weights = list(accumulate(counted.values()))
    pool: Iterator[str] = iter(())

    def some(size: int) -> str:
        nonlocal pool
        taken = list(islice(pool, size))
        while len(taken) < size:
            pool = iter(chance.choices(words, cum_weights=weights, k=200_000))
            taken += islice(pool, size - len(taken))
        return " ".join(taken)

    return some


def _row(
    number: int, at: datetime, chance: random.Random, sentence: Callable[[int], str]
) -> tuple[dict[str, Any], dict[str, Any], str]:
    # as outlets are: some bring much, most little
    feed = min(int(chance.paretovariate(0.7)), _OUTLETS)
    link = f"https://outlet-{feed}.example/{number}"
    language = chance.choices(("en", "de", "sv"), (90, 9.9, 0.1))[0]
    title = sentence(9)
    item = {
        "id": number + 1,
        "feed_id": feed,
        "key": link,
        "key_hash": link,
        "guid": link,
        "url": link,
        "link": link,
        "canonical_url": link,
        "title": title,
        "summary": sentence(15),
        "base_url": link,
        "authors": [],
        "tags": [],
        "enclosures": [],
        "language": language,
        "first_seen": at,
        "sort_at": at,
        "digest": b"0" * 16,
        "image": "",
        "comments_url": "",
        "comments_feed": "",
    }
    stored = {"item_id": number + 1, "text": sentence(60), "content_html": "", "method": ""}
    return item, stored, chance.choices(("economy", "seldom", ""), (10, 0.05, 89.95))[0]


def queries(count: int) -> list[tuple[str, str]]:
    """What is asked: its kind, and the text."""
    chance = random.Random(2)
    ranked = [word.lower() for word, _ in vocabulary().most_common() if word.isascii()]
    ranked = list(dict.fromkeys(ranked))
    top, common, usual, rare = ranked[:20], ranked[20:300], ranked[300:5_000], ranked[20_000:]
    pairs = list(pairwise(ranked[:40]))

    def of(words: Sequence[str]) -> str:
        return chance.choice(words)

    kinds: dict[str, Callable[[], str]] = {
        "rare word": lambda: of(rare),
        "usual word": lambda: of(usual),
        "common word": lambda: of(common),
        "a word that nearly all hold": lambda: of(top),
        "two usual words": lambda: f"{of(usual)} {of(usual)}",
        "two common words": lambda: f"{of(common)} {of(common)}",
        "common and rare word": lambda: f"{of(top)} {of(rare)}",
        "phrase of frequent words": lambda: '"{} {}"'.format(*of(pairs)),  # type: ignore[arg-type]
        "phrase": lambda: f'"{of(usual)} {of(top)}"',
        "common, not common": lambda: f"{of(common)} -{of(top)}",
        "either": lambda: f"{of(common)} OR {of(rare)}",
        "prefix": lambda: f"{of(usual)[:4].ljust(3, 'e')}*",
        "prefix of three letters": lambda: f"{of(common)[:3].ljust(3, 'e')}*",
        "title": lambda: f"title:{of(usual)}",
        "common, small outlet": lambda: f'{of(common)} outlet:"Outlet {chance.randrange(100, 499)}"',
        "usual, large outlet": lambda: f'{of(usual)} outlet:"Outlet 1"',
        "common, tag": lambda: f"{of(common)} tag:economy",
        "common, rare tag": lambda: f"{of(common)} tag:seldom",
        "common, last week": lambda: f"{of(common)} after:7d",
        "usual, half a year ago": lambda: f"{of(usual)} before:180d",
        "common, half a year ago": lambda: f"{of(common)} before:180d",
        "common, rare language": lambda: f"{of(common)} lang:sv",
        "usual, language, not an outlet": lambda: f'{of(usual)} lang:en -outlet:"Outlet 1"',
        "keys alone": lambda: 'outlet:"Outlet 7" after:30d',
    }
    names = list(kinds)
    return [(names[n % len(names)], kinds[names[n % len(names)]]()) for n in range(count)]


def ask(store: Store, query: Query) -> int:
    """The first page, as a person sees it."""
    return len(list(store.hits(query, ItemFilter(limit=50), now=NOW)))


def main() -> None:
    """Build or ask, print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.search", description="How long a search takes over a million items."
    )
    parser.add_argument("--database", default="/tmp/aggregator-search.db", help="a file, or an address")
    parser.add_argument("--build", action="store_true", help="make it first")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="keep the figures in README.md")
    options = parser.parse_args()
    url = options.database if "://" in options.database else f"sqlite:///{options.database}"
    if options.build:
        began = time.perf_counter()
        build(url, options.items)
        print(f"built in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    store = Store.open(url)
    asked = [(kind, parse_query(query, now=NOW)) for kind, query in queries(options.queries)]
    for _, query in asked:  # warm
        ask(store, query)
    took: dict[str, list[float]] = {}
    cpu: list[float] = []
    for kind, query in asked:
        began, worked = time.perf_counter(), time.process_time()
        found = ask(store, query)
        spent = time.perf_counter() - began
        took.setdefault(kind, []).append(spent)
        cpu.append(time.process_time() - worked)
        if spent > SLOWEST:
            print(f"{spent * 1000:.0f} ms, {found} found: {query.text}", file=sys.stderr)
    store.close()
    every = [spent for spents in took.values() for spent in spents]
    middle, late = median(every), quantiles(every, n=100)[98]
    lines = ["| search | median ms | slowest ms |", "|---|---|---|"]
    lines += [
        f"| {kind} | {median(each) * 1000:.1f} | {max(each) * 1000:.1f} |" for kind, each in took.items()
    ]
    reached = middle <= MEDIAN and late <= SLOWEST
    reached_at = f"{middle * 1000:.1f} (limit {MEDIAN * 1000:.0f})"
    late_at = f"99 % under {late * 1000:.0f} (limit {SLOWEST * 1000:.0f})"
    lines.append(f"| all {len(every)} | {reached_at} | {late_at} |")
    lines.append(
        f"| CPU of it | {median(cpu) * 1000:.1f} | 99 % under {quantiles(cpu, n=100)[98] * 1000:.0f} |"
    )
    size = Path(options.database).stat().st_size / 1e9 if Path(options.database).exists() else 0
    lines += ["", f"{'reached' if reached else '**missed**'}; the database has {size:.1f} GB"]
    print(*lines, sep="\n")
    if options.write:
        keep("search", lines)
    sys.exit(0 if reached else 1)


if __name__ == "__main__":
    main()
