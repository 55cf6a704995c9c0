"""Are copies found, only copies, and fast enough?

    python -m benchmarks.copies --farm [--feeds 300] [--entries 30]
    python -m benchmarks.copies --stored 1000000
    python -m benchmarks.copies --group 1000
    python -m benchmarks.copies --pages

``--farm``: pairs of copies on the farm, a fifth of whose entries repeat another's, half of those lightly
edited: precision at least 0.995, recall at least 0.98. ``--stored``: CPU milliseconds of one article's
sketch being looked up and stored beside so many others (median of single articles, and a mean of polls of
thirty), at most 1; and what an article's sketch takes on disk. ``--group``: CPU milliseconds of storing one
more copy of a text that so many outlets have word for word, at most 30, and of one that 120 have lightly
edited, at most 10 (medians of the last twenty). ``--pages``: the captured pages' texts, all
pairs of different ones (none is a copy), and each of them edited, cut and surrounded (all are). Ends with 1
when a figure is not reached.
"""

import argparse
import json
import random
import re
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from statistics import fmean, median
from typing import Any

from sqlalchemy import Connection, text

from aggregator.core.likeness import compare, is_worth_reading, read
from aggregator.core.similar import text_digest
from aggregator.core.sketch import estimate, found_by, sketch, sketch_of
from aggregator.model import NewItem, ParsedItem
from aggregator.model.copies import Sketch
from aggregator.store import Store, sketches
from aggregator.store.engine import Database
from aggregator.store.inserts import insert_items
from benchmarks.farm import SHARED, Farm
from benchmarks.farm_check import Checkout, Figure, copies_of_farm

_WORDS = 20_000
_POLL = 30


def farm(feeds: int, entries: int, port: int) -> list[Figure]:
    """Precision and recall of the pairs of copies on the farm."""
    with (
        Farm("--dup", "0.2", "--near", "0.5", feeds=feeds, entries=entries, port=port) as site,
        tempfile.TemporaryDirectory() as directory,
    ):
        site.control(prepare=1)
        checkout = Checkout(Path(directory), site, "always")
        checkout.once()
        precision, recall = copies_of_farm(site, checkout.items())
    return [
        Figure(name="farm: precision of pairs", value=precision, at_least=0.995),
        Figure(name="farm: recall of pairs", value=recall, at_least=0.98),
    ]


# ── beside a million others ──────────────────────────────────────────────────────────────────


def _article(chance: random.Random) -> str:
    """Some 500 words, a few of them often, most of them seldom."""
    return " ".join(f"w{int(_WORDS * chance.random() ** 3)}" for _ in range(chance.randint(300, 700)))


def _fill(connection: Connection, count: int, chance: random.Random) -> None:
    """So many sketches as articles of 500 words have them: 64 hashes of the lowest eighth, 16 in the index.

    Written past SQLAlchemy, and into the index in its order, which is how one of this size is built fast.
    """
    driver: Any = connection.connection.dbapi_connection
    pairs: list[int] = []

    def rows() -> Iterator[tuple[int, bytes]]:
        for item_id in range(1, count + 1):
            hashes = array("I", sorted(value >> 3 for value in array("I", chance.randbytes(256))))
            pairs.extend(value << 24 | item_id for value in hashes[:16])
            yield item_id, hashes.tobytes()

    driver.executemany("INSERT INTO sketches (item_id, words, hashes) VALUES (?, 500, ?)", rows())
    pairs.sort()
    driver.executemany(
        "INSERT OR IGNORE INTO shingles (hash, item_id) VALUES (?, ?)",
        ((pair >> 24, pair & 0xFFFFFF) for pair in pairs),
    )


def stored(count: int) -> list[Figure]:
    """An article's cost beside ``count`` others, and its size."""
    chance = random.Random(4)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "news.db"
        url = f"sqlite:///{path}"
        Store.open(url).close()
        database = Database(url)
        empty = path.stat().st_size
        with database.writing() as connection:
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
            connection.execute(text("INSERT INTO feeds (id, url, outlet, outlet_key, homepage, tags, listed, title, site_url, condition, reason, failures, terms, polls, not_modified, dropped) VALUES (1, 'u', 'o', 'o', 'h', '[]', 1, '', '', 'ok', '', 0, '[]', 0, 0, 0)"))  # fmt: skip # noqa: E501
            connection.execute(text(_ITEMS), {"count": count + 10_000})
        before = _size(database, path)
        with database.writing() as connection:
            _fill(connection, count, chance)
        grown = _size(database, path) - before
        made, single, polls = [], [], []
        next_id = count + 1
        for _ in range(200):
            article = _article(chance)
            began = time.process_time()
            one = sketch(article)
            made.append(time.process_time() - began)
            single.append(_written(database, {next_id: one}))
            next_id += 1
        for _ in range(100):
            new = {next_id + place: sketch(_article(chance)) for place in range(_POLL)}
            next_id += _POLL
            polls.append(_written(database, new) / _POLL)
        database.close()
    print(f"a sketch: {1000 * median(made):.3f} ms; disk: {grown / count:.0f} bytes an article "
          f"({empty} bytes empty); in polls of {_POLL}: {1000 * fmean(polls):.3f} ms an article")  # fmt: skip
    return [
        Figure(name=f"copies: ms to make one sketch (beside {count})", value=1000 * median(made), at_most=1),
        Figure(name="copies: ms to look up and store one", value=1000 * median(single), at_most=1),
        Figure(name="copies: ms each of a poll of thirty", value=1000 * fmean(polls), at_most=1),
    ]


_ITEMS = """
    WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < :count)
    INSERT INTO items (id, feed_id, key, key_hash, guid, url, link, canonical_url, title, summary, base_url,
        authors, tags, enclosures, first_seen, sort_at, digest)
    SELECT id, 1, id, id, id, 'https://x.example/' || id, '', '', '', '', '', '[]', '[]', '[]', 0, 0, x''
    FROM n
"""


def _size(database: Database, path: Path) -> int:
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def _written(database: Database, new: dict[int, Sketch | None]) -> float:
    """CPU seconds of looking these up and storing them, as a poll does, its commit included."""
    began = time.process_time()
    with database.writing() as connection:
        sketches.write_new(connection, new)
    return time.process_time() - began


# ── one text at many outlets ─────────────────────────────────────────────────────────────────


def group(count: int) -> list[Figure]:
    """What one more copy costs in a large group."""
    return [
        Figure(name=f"copies: ms of one more of {count} equal texts", value=_grown(count, 0), at_most=30),
        Figure(name="copies: ms of one more of 120 like texts", value=_grown(120, 0.02), at_most=10),
    ]


def _grown(count: int, replaced: float) -> float:
    """CPU milliseconds of storing the last of so many copies, each at an outlet of its own."""
    chance = random.Random(6)
    wire = [_word(chance) for _ in range(500)]
    taken = []
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{Path(directory) / 'news.db'}"
        Store.open(url).close()
        database = Database(url)
        with database.writing() as connection:
            connection.execute(text(_FEEDS), {"count": count})
        for number in range(1, count + 1):
            words = [_word(chance) if chance.random() < replaced else word for word in wire]
            new = _copy(number, " ".join(words))
            began = time.process_time()
            with database.writing() as connection:
                insert_items(connection, number, [new], _NOW + timedelta(seconds=number))
            taken.append(time.process_time() - began)
        with database.reading() as connection:
            copies = connection.execute(text("SELECT count(*) FROM items WHERE relation = 'copy'")).scalar()
        database.close()
    if copies != count - 1:
        raise RuntimeError(f"{copies} of {count - 1} copies were found")
    return 1000 * median(taken[-20:])


def _word(chance: random.Random) -> str:
    return "".join(chance.choices("abdeiklmnorstu", k=6))


def _copy(number: int, said: str) -> NewItem:
    url = f"https://outlet-{number}.example/{number}"
    byline = (f"Author {number}", "Ann Lee, Reuters")[number % 3 == 0]
    return NewItem(
        key=url,
        parsed=ParsedItem(
            guid=url,
            url=url,
            title="A wire story",
            summary="",
            content_html="",
            base_url="",
            authors=(byline,),
        ),
        canonical_url=url,
        digest=b"",
        text=said,
        text_source="feed",
        text_digest=text_digest(said),
        sketch=sketch_of(said, "feed"),
        published=None,
        published_source=None,
        published_earliest=None,
        published_latest=None,
        language=None,
        page_due_at=None,
    )


_NOW = datetime(2026, 11, 1, tzinfo=UTC)
_FEEDS = """
    WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < :count)
    INSERT INTO feeds (id, url, outlet, outlet_key, homepage, tags, listed, title, site_url, condition,
        reason, failures, terms, polls, not_modified, dropped)
    SELECT id, 'u' || id, 'Outlet ' || id, 'outlet ' || id, 'https://outlet-' || id || '.example/', '[]', 1,
        '', '', 'ok', '', 0, '[]', 0, 0, 0
    FROM n
"""


# ── captured texts ───────────────────────────────────────────────────────────────────────────


def pages() -> list[Figure]:
    """Texts of captured pages: different ones, and each against its copies."""
    truth = json.loads((SHARED / "corpus" / "pages" / "ground-truth.json").read_text())
    texts = [page["text"] for page in truth.values() if page.get("text") and len(page["text"].split()) > 120]
    chance = random.Random(5)
    made = [(one, sketch(one)) for one in texts]
    merged = sum(_is_copy(*one, *other) for one, other in combinations(made, 2))
    figures = [Figure(name="pages: different ones taken for copies", value=merged, exactly=0)]
    for name, edit in _edits(texts, chance):
        found = sum(_is_copy(one, kept, other := edit(one), sketch(other)) for one, kept in made)
        figures.append(Figure(name=f"pages: {name}", value=found / len(made), at_least=0.97))
    return figures


def _is_copy(one: str, kept: Sketch | None, other: str, other_kept: Sketch | None) -> bool:
    if kept is None or other_kept is None or not set(found_by(kept)) & set(found_by(other_kept)):
        return False
    parts = estimate(kept, other_kept)
    if not is_worth_reading(parts, kept, other_kept, one_house=False):
        return False
    return compare(read(one), read(other), one_house=False) is not None


def _edits(texts: list[str], chance: random.Random) -> Iterator[tuple[str, Callable[[str], str]]]:
    words = [word for one in texts for word in one.split()]

    def replaced(one: str, share: float) -> str:
        return re.sub(r"\S+", lambda m: chance.choice(words) if chance.random() < share else m[0], one)

    def head(one: str, share: float) -> str:
        parts = one.split(" ")
        return " ".join(parts[: int(len(parts) * share)])

    def amid(one: str, count: int) -> str:
        other = chance.choice(texts).split(" ")[:count]
        return " ".join(other[: count // 2]) + "\n" + one + "\n" + " ".join(other[count // 2 :])

    yield "every tenth word replaced", lambda one: replaced(one, 0.1)
    yield "every seventh word replaced", lambda one: replaced(one, 0.15)
    yield "40 % kept", lambda one: head(one, 0.4)
    yield "40 % kept, every twentieth word replaced", lambda one: replaced(head(one, 0.4), 0.05)
    yield "another beginning, an end of its own", lambda one: amid(one[len(one) // 10 :], 30)
    yield "within a text of twice its length", lambda one: amid(one, len(one.split()))


def main() -> None:
    """Print the figures that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.copies", description=__doc__.splitlines()[0])
    parser.add_argument("--farm", action="store_true")
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--entries", type=int, default=30)
    parser.add_argument("--port", type=int, default=8095)
    parser.add_argument("--stored", type=int, metavar="COUNT")
    parser.add_argument("--group", type=int, metavar="COUNT")
    parser.add_argument("--pages", action="store_true")
    options = parser.parse_args()
    figures: list[Figure] = []
    if options.farm:
        figures += farm(options.feeds, options.entries, options.port)
    if options.stored:
        figures += stored(options.stored)
    if options.group:
        figures += group(options.group)
    if options.pages:
        figures += pages()
    print(*figures, sep="\n")
    sys.exit(0 if all(figure.reached for figure in figures) else 1)


if __name__ == "__main__":
    main()
