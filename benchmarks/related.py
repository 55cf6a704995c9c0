"""Do related articles tell of the same event, and what does finding them cost?

    python -m benchmarks.related [--sample 100] [--seed 1] [--beside 100000]

The headlines of ``corpus/stories`` are stored in the order of their time, placed among the stories and
related in batches as a run does, titles only. Then, for a sample of the headlines whose event has at least
six of other outlets: how many of the first five that ``show`` puts beside each are of its event; at least
90 %. Printed besides: the same without what stories say, the same for all headlines, and how many
milliseconds of CPU an item took; at most 1.5. ``--beside``: that time beside so many items made of recombined
headlines. Ends with 1 when a figure is not reached.
"""

import argparse
import csv
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from aggregator.core.features import features_of
from aggregator.model import FeedSpec, NewItem, ParsedItem
from aggregator.store import Store, features, related, stories, vocabulary
from aggregator.store.engine import Database
from aggregator.store.inserts import insert_items
from benchmarks.farm import SHARED

_GOLD = SHARED / "corpus" / "stories" / "uci-news-aggregator-2014-03.csv"
_BATCH = 100
#: items that a cost is the mean of
_MEASURED = 1_000
#: items before that are related as well: lists that are full are what most stores have
_WARM = 5_000
_FIRST = 5
_OTHERS = 6
_PRECISION, _MILLISECONDS = 0.90, 1.5


@dataclass(frozen=True, slots=True)
class Headline:
    """One line of the corpus."""

    title: str
    url: str
    outlet: str
    event: str
    at: datetime


def headlines() -> list[Headline]:
    """The corpus in the order of time."""
    with _GOLD.open(newline="", encoding="utf-8") as file:
        rows = [
            Headline(
                row["title"],
                row["url"],
                row["publisher"],
                row["story"],
                datetime.fromtimestamp(int(row["timestamp_ms"]) / 1000, UTC),
            )
            for row in csv.DictReader(file)
        ]
    return sorted(rows, key=lambda row: row.at)


class Newsroom:
    """A store of its own, and the CPU seconds that finding what is related took in it."""

    def __init__(self, directory: Path, outlets: Collection[str], since: datetime) -> None:
        url = f"sqlite:///{directory / 'news.db'}"
        self.store = Store.open(url)
        names = sorted(set(outlets))
        specs = [
            FeedSpec(
                url=f"https://o{n}.example/f", outlet=name, homepage=f"https://o{n}.example/", language="en"
            )
            for n, name in enumerate(names)
        ]
        self.store.sync_feeds(specs, since)
        self._database = Database(url)
        with self._database.reading() as connection:
            rows = connection.execute(text("SELECT outlet, id FROM feeds"))
            self._feeds: dict[str, int] = {row.outlet: row.id for row in rows}
        self.spent = 0.0
        self.placed = 0

    def take(self, batch: Sequence[Headline]) -> list[int]:
        """Stores, places and relates these; their ids."""
        ids: list[int] = []
        with self._database.writing() as connection:
            for one in batch:
                ids += insert_items(connection, self._feeds[one.outlet], [_item(one)], one.at)
        with self._database.writing() as connection:
            while placed := stories.place_some(connection, batch[-1].at, _BATCH):
                began = time.process_time()
                related.relate(connection, placed)
                self.spent += time.process_time() - began
                self.placed += len(placed)
        return ids

    def keep(self, batch: Sequence[Headline]) -> None:
        """Stores what these are compared by, and looks for nothing: a large store is made faster."""
        with self._database.writing() as connection:
            ids = insert_items(
                connection, self._feeds[batch[0].outlet], [_item(one) for one in batch], batch[0].at
            )
            made = {
                one: features_of(row.title, outlet=row.outlet, stated="en")
                for one, row in zip(ids, batch, strict=True)
            }
            features.write(connection, made, {})
            counted = Counter(term.term for one in made.values() for term in one.terms)
            vocabulary.add(connection, counted | Counter({vocabulary.ALL: len(made)}))
            connection.execute(text("DELETE FROM story_queue"))

    def near(self, ids: Collection[int]) -> dict[int, list[int]]:
        """What is stored beside these items, whatever their stories."""
        with self._database.reading() as connection:
            rows = connection.execute(
                text("SELECT item_id, other_id FROM related ORDER BY score DESC, other_id")
            ).all()
        found: dict[int, list[int]] = {one: [] for one in ids}
        for item_id, other_id in rows:
            found.setdefault(item_id, []).append(other_id)
        return found

    def close(self) -> None:
        """Gives up the database."""
        self._database.close()
        self.store.close()


def _item(one: Headline) -> NewItem:
    parsed = ParsedItem(
        guid=one.url, url=one.url, title=one.title, summary="", content_html="", base_url=one.url
    )
    return NewItem(
        key=one.url,
        parsed=parsed,
        canonical_url=one.url,
        digest=b"",
        text="",
        text_source=None,
        text_digest=None,
        published=one.at,
        published_source="feed",
        published_earliest=one.at,
        published_latest=one.at,
        language=None,
        page_due_at=None,
    )


def _share(beside: dict[int, list[int]], asked: Collection[int], events: dict[int, str]) -> tuple[float, int]:
    """How many of the first five are of the item's event, and of how many."""
    told = [(one, other) for one in asked for other in beside[one][:_FIRST]]
    return sum(events[one] == events[other] for one, other in told) / len(told), len(told)


def measure(sample: int, seed: int) -> bool:
    """The share of the first five, and the cost; whether both are reached."""
    rows = headlines()
    with tempfile.TemporaryDirectory() as directory:
        newsroom = Newsroom(Path(directory), {row.outlet for row in rows}, rows[0].at)
        events: dict[int, str] = {}
        outlets: dict[int, str] = {}
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            ids = newsroom.take(batch)
            events |= {one: row.event for one, row in zip(ids, batch, strict=True)}
            outlets |= {one: row.outlet for one, row in zip(ids, batch, strict=True)}
        pairs = Counter((events[one], outlets[one]) for one in events)
        sizes = Counter(events.values())
        wanted = [one for one in events if sizes[events[one]] - pairs[events[one], outlets[one]] >= _OTHERS]
        chosen = random.Random(seed).sample(wanted, sample)
        told = newsroom.store.related(wanted)
        beside = {one: [other.item_id for other in others] for one, others in told.items()}
        near = newsroom.near(wanted)
        share, count = _share(beside, chosen, events)
        print(
            f"{len(rows)} headlines, {len(wanted)} of them with at least {_OTHERS} of their event elsewhere"
        )
        told_of = f"of the event among the first {_FIRST}, {sample} headlines"
        print(f"{told_of}: {share:.1%} of {count} (wanted {_PRECISION:.0%})")
        print("the same for all of these headlines: {:.1%} of {}".format(*_share(beside, wanted, events)))
        print("the same by nearness alone: {:.1%} of {}".format(*_share(near, wanted, events)))
        cost = 1000 * newsroom.spent / newsroom.placed
        print(f"CPU beside so few: {cost:.2f} ms an item (wanted {_MILLISECONDS})")
        newsroom.close()
    return share >= _PRECISION and cost <= _MILLISECONDS


def beside(count: int) -> bool:
    """The cost beside many items; whether it is reached."""
    rows = headlines()
    chance = random.Random(1)
    words = [row.title.split() for row in rows]
    outlets = sorted({row.outlet for row in rows})
    step = timedelta(days=60) / count
    began = rows[0].at - timedelta(days=60)
    cost, until = 0.0, 0
    with tempfile.TemporaryDirectory() as directory:
        newsroom = Newsroom(Path(directory), outlets, began)
        for start in range(0, count, _BATCH):
            batch = []
            for number in range(start, start + _BATCH):
                here, there = chance.choice(words), chance.choice(words)
                title = " ".join([*here[: len(here) // 2], *there[len(there) // 2 :], f"case{number // 7}"])
                url = f"https://x.example/{number}"
                batch.append(Headline(title, url, chance.choice(outlets), "", began + number * step))
            if start + _MEASURED in (2_000, 10_000, count):
                newsroom.spent, newsroom.placed, until = 0.0, 0, start + _MEASURED
            if any(one - _WARM <= start < one for one in (2_000, 10_000, count)):
                newsroom.take(batch)
            else:
                newsroom.keep(batch)
            if start + _BATCH == until and newsroom.placed:
                cost = 1000 * newsroom.spent / newsroom.placed
                print(f"CPU beside {until:,}: {cost:.2f} ms an item", flush=True)
        newsroom.close()
    return cost <= _MILLISECONDS


def main() -> int:
    """The figures; 1 when one is not reached."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sample", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--beside", type=int, default=0)
    wanted = parser.parse_args()
    return 0 if (beside(wanted.beside) if wanted.beside else measure(wanted.sample, wanted.seed)) else 1


if __name__ == "__main__":
    sys.exit(main())
