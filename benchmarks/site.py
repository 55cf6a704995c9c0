"""What does a website of ten thousand articles cost, at first and when ten of them are new?

    python -m benchmarks.site [--items 10000] [--write]

The articles have some 400 words of HTML with headings, links and pictures, of fifty outlets; two fifths of
them come five to a story. Stories, related articles and hashtags are put into the database as they are: what
finding them costs is measured elsewhere, and filling the database is not counted.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from aggregator import publish, site
from aggregator.config import PublishConfig
from aggregator.model import ItemFilter, NewItem
from aggregator.store import Store
from benchmarks.results import keep
from tests.store.press import NOW, claim, execute, new_item, outcome, spec

#: goals in seconds
FIRST, CHANGED = 60.0, 2.0
_OUTLETS = 50
_SYLLABLES = (
    "ba",
    "co",
    "der",
    "el",
    "fi",
    "gan",
    "hu",
    "ist",
    "ja",
    "kor",
    "lim",
    "mon",
    "nar",
    "ol",
    "pet",
)


def _words(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(count)]


_LEXICON = _words(6_000, 1)


def _sentence(chance: random.Random, topic: list[str]) -> str:
    words = [
        chance.choice(topic) if chance.random() < 0.25 else _LEXICON[int(6_000 * chance.random() ** 2)]
        for _ in range(chance.randint(9, 22))
    ]
    return " ".join(words).capitalize() + "."


def article(number: int) -> NewItem:
    """A made-up article of some 400 words."""
    chance = random.Random(number)
    event = number - number % 5 if number % 25 < 10 else number
    topic = _words(14, event)
    paragraphs = [" ".join(_sentence(chance, topic) for _ in range(chance.randint(2, 4))) for _ in range(9)]
    html = "".join(
        f'<p class="x">{text} <a href="/more/{number}?a=1&amp;b=2">{topic[0]}</a></p>'
        + (f'<h3>{topic[1]}</h3><figure><img src="/i/{number}.jpg" width="640"></figure>' if n == 4 else "")
        for n, text in enumerate(paragraphs)
    )
    title = " ".join(chance.sample(topic, 6)).capitalize()
    return new_item(
        f"item-{number}",
        title=title,
        summary=paragraphs[0][:300],
        content_html=html,
        text="\n\n".join(paragraphs),
        published=NOW - timedelta(minutes=10_000 - number),
        tags=tuple(topic[:3]),
        language="en",
        authors=("A. Writer",),
    )


_NUMBERED = """(
    SELECT *, CASE WHEN n % 25 < 10 THEN n - n % 5 ELSE n END + 1 AS event
    FROM (SELECT *, CAST(substr(guid, 6) AS INTEGER) AS n FROM items)
)"""
_TOLD = (
    "DELETE FROM story_queue",
    "DELETE FROM stories",
    f"""INSERT INTO stories (id, language, headline, lead_id, first_at, last_at, joined_at, size, outlets)
        SELECT event, 'en', min(title), min(id), min(sort_at), max(sort_at), max(sort_at), count(*),
        count(DISTINCT feed_id) FROM {_NUMBERED} GROUP BY event""",
    f"""INSERT INTO story_items (item_id, story_id, joined_at, score, by_hand)
        SELECT id, event, sort_at, 1000, 0 FROM {_NUMBERED}""",
    """INSERT OR IGNORE INTO hashtags (tag_key, item_id, label, source, weight)
        SELECT lower(tag.value), items.id, tag.value, 'publisher', 900
        FROM items, json_each(items.tags) AS tag""",
    """INSERT OR IGNORE INTO related (item_id, other_id, score)
        SELECT one.id, other.id, 500 FROM items AS one
        JOIN items AS other ON other.id BETWEEN one.id + 5 AND one.id + 10""",
)


def fill(store: Store, url: str, numbers: range) -> None:
    """Store these articles as their outlets' polls bring them, with their stories."""
    specs = [spec(f"Outlet {n}") for n in range(_OUTLETS)]
    store.sync_feeds(specs, NOW)
    feeds = {feed.outlet: feed for feed in claim(store, force=True)}
    for n in range(_OUTLETS):
        new = tuple(article(number) for number in numbers if number % _OUTLETS == n)
        if new:
            store.record_poll(outcome(feeds[f"Outlet {n}"], new=new))
    store.release("run-1")
    execute(url, *_TOLD)


def measured(directory: Path, store: Store) -> tuple[site.Done, float, float]:
    """One build: what it did, seconds by the wall and of the CPU."""
    config = PublishConfig(directory=directory, base_url="https://news.example/", formats=("html",))
    wall, cpu = time.perf_counter(), time.process_time()
    done = site.Done()
    for done in publish.publish_site(config, store, [], now=NOW + timedelta(days=1)):  # noqa: B007
        pass
    return done, time.perf_counter() - wall, time.process_time() - cpu


def _some(count: int) -> str:
    """Ten articles of different outlets, days and stories."""
    return ", ".join(str(1 + n * (count - 1) // 10) for n in range(10))


def _runs(folder: Path, count: int) -> Iterator[tuple[str, site.Done, float, float]]:
    url = f"sqlite:///{folder / 'news.db'}"
    store = Store.open(url)
    fill(store, url, range(count))
    items = len(store.cards(ItemFilter()))
    print(f"{items} articles stored", file=sys.stderr)
    yield ("the first time", *measured(folder / "site", store))
    yield ("nothing is new", *measured(folder / "site", store))
    execute(url, f"UPDATE items SET title = title || ' anew' WHERE id IN ({_some(count)})")
    yield ("ten articles have changed", *measured(folder / "site", store))
    fill(store, url, range(count, count + 10))
    yield ("ten more articles", *measured(folder / "site", store))
    store.close()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=site.LIMIT)
    parser.add_argument("--write", action="store_true", help="keep the figures in README.md")
    asked = parser.parse_args()
    lines = [
        f"| {asked.items:,} articles | files | written | removed | wall s | CPU s | goal s |",
        "|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for name, done, wall, cpu in _runs(Path(folder), asked.items):
            goal = FIRST if name == "the first time" else CHANGED
            counts = f"{done.files:,} | {done.written:,} | {done.removed:,}"
            lines.append(f"| {name} | {counts} | {wall:.2f} | {cpu:.2f} | {goal:.0f} |")
            print(lines[-1], file=sys.stderr)
    print("\n".join(lines))
    if asked.write:
        keep("site", lines)


if __name__ == "__main__":
    main()
