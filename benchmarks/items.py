"""How long does ``aggregator items`` take over a large database? Process start included.

python -m benchmarks.items [--items 100000] [--runs 5]
"""

import argparse
import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from aggregator.model import (
    FeedCondition,
    FeedSpec,
    FeedState,
    Lease,
    NewItem,
    ParsedItem,
    PollOutcome,
    Schedule,
)
from aggregator.store import Store
from benchmarks.farm import ROOT, compiled
from benchmarks.processes import Usage, measure
from benchmarks.results import keep

LIMIT = 0.6
_OUTLETS = 100
_WORDS = ["harbour", "council", "market", "storm", "bridge", "school", "budget", "orchard", "energy", "ferry"]

#: what is asked; only the first has a limit
_QUESTIONS = (
    ("--limit", "50"),
    ("--limit", "50", "--json"),
    ("--limit", "50", "--outlet", "Outlet 7"),
    ("--limit", "50", "--tag", "sport"),
    ("--limit", "50", "--tag", "seldom"),
    ("--limit", "50", "--since", "7d", "--lang", "en"),
)


def fill(url: str, count: int, now: datetime) -> None:
    """Put ``count`` items of a hundred outlets into the database, as polls would."""
    store = Store.open(url)
    specs = [
        FeedSpec(
            url=f"https://outlet-{number}.example/feed",
            outlet=f"Outlet {number}",
            homepage=f"https://outlet-{number}.example/",
            tags=("sport",) if number % 10 == 0 else ("news",),
        )
        for number in range(_OUTLETS)
    ]
    store.sync_feeds(specs, now)
    lease = Lease(token="benchmark", until=now + timedelta(hours=1))
    chance = random.Random(1)
    for feed in store.claim_due(now, lease, limit=_OUTLETS):
        store.record_poll(_poll(feed, count // _OUTLETS, now, chance))
    store.close()


def _poll(feed: FeedState, count: int, now: datetime, chance: random.Random) -> PollOutcome:
    return PollOutcome(
        feed_id=feed.id,
        lease_token=feed.lease_token,
        at=now,
        result="modified",
        schedule=Schedule(
            next_poll_at=now + timedelta(hours=1), condition=FeedCondition.OK, failures=0, terms=()
        ),
        reason="",
        status=200,
        size=124_000,
        elapsed_ms=40,
        new=tuple(_item(feed, number, now, chance) for number in range(count)),
    )


def _item(feed: FeedState, number: int, now: datetime, chance: random.Random) -> NewItem:
    text = " ".join(chance.choices(_WORDS, k=300))
    link = f"{feed.url}/{number}"
    published = now - timedelta(seconds=chance.randrange(365 * 86_400))
    digest = hashlib.blake2b(link.encode(), digest_size=16).digest()
    return NewItem(
        key=link,
        parsed=ParsedItem(
            guid=link,
            url=link,
            title=text[:70],
            summary=text[:200],
            content_html=f"<p>{text}</p>",
            base_url=feed.url,
            authors=("A Reporter",),
            tags=(chance.choice(_WORDS), "seldom") if number % 500 == 0 else (chance.choice(_WORDS),),
            published=published,
            language="en",
        ),
        canonical_url=link,
        digest=digest,
        text=text,
        text_source="feed",
        text_digest=digest,
        published=published,
        published_source="feed",
        published_earliest=published,
        published_latest=published,
        language="en",
        page_due_at=None,
    )


def main() -> None:
    """Fill, ask, print."""
    compiled()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.items",
        description="How long `aggregator items` takes over a large database.",
    )
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="keep the figures in README.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        config = Path(name) / "feeds.toml"
        config.write_text('[[outlet]]\nname = "Outlet 7"\nfeeds = ["https://outlet-7.example/feed"]\n')
        began = time.perf_counter()
        fill(f"sqlite:///{name}/aggregator.db", options.items, datetime.now(UTC))
        took = time.perf_counter() - began
        print(f"{options.items} items stored in {took:.0f} s\n", file=sys.stderr)
        lines = ["| aggregator items | wall s | limit | | CPU s |", "|---|---|---|---|---|"]
        reached = True
        for question in _QUESTIONS:
            usages = [_ask(config, question) for _ in range(options.runs)]
            wall, cpu = (median(getattr(usage, what) for usage in usages) for what in ("wall", "cpu"))
            limit, verdict = "", ""
            if question == _QUESTIONS[0]:
                reached = wall <= LIMIT
                limit, verdict = str(LIMIT), "reached" if reached else "**missed**"
            lines.append(f"| {' '.join(question)} | {wall:.2f} | {limit} | {verdict} | {cpu:.2f} |")
    print(*lines, sep="\n")
    if options.write:
        keep("items", lines)
    sys.exit(0 if reached else 1)


def _ask(config: Path, question: Sequence[str]) -> Usage:
    command = [sys.executable, "-m", "aggregator", "items", "--config", config, *question]
    usage = measure(command, cwd=ROOT)
    if usage.code or len(usage.stdout.splitlines()) < 50:
        raise RuntimeError(f"{' '.join(question)}: ended with {usage.code}\n{usage.stderr}{usage.stdout}")
    return usage


if __name__ == "__main__":
    main()
