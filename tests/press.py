"""Factories for end-to-end tests: feeds and pages of made-up outlets, and a newsroom that polls them."""

import dataclasses
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any

from aggregator import app, config
from aggregator.model import FeedHealth, Item, ItemFilter
from aggregator.report import RunOptions, RunReport
from aggregator.store import Store
from tests.conftest import NOW, ROOT
from tests.fakes import FakeClock, FakeSite

PARAGRAPHS = (
    "The harbour council voted on Tuesday to rebuild the northern bridge before the winter storms come.",
    "Engineers had warned for years that the old structure could no longer carry the freight trains.",
    "The first boats should pass under the new spans in spring, the mayor told reporters at the pier.",
    "Residents on both banks welcomed the decision, although some asked why it had taken so long.",
    "A temporary ferry will carry passengers while the work goes on, every twenty minutes until midnight.",
)


def story(topic: str) -> list[str]:
    """Paragraphs that no other topic has, long enough to be told apart."""
    return [f"{paragraph} This concerns {topic}." for paragraph in PARAGRAPHS]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of a feed."""

    number: int
    title: str = ""
    link: str = ""
    guid: str | None = None
    summary: str = ""
    content: str = ""
    age: timedelta = timedelta(hours=1)
    extra: str = ""

    def rss(self) -> str:
        guid = self.guid if self.guid is not None else f"tag:x.example,2026:{self.number}"
        parts = [
            f"<title>{escape(self.title or f'Headline number {self.number}')}</title>",
            f"<link>{escape(self.link)}</link>" if self.link else "",
            f'<guid isPermaLink="false">{escape(guid)}</guid>' if guid else "",
            f"<pubDate>{format_datetime(NOW - self.age)}</pubDate>",
            f"<description>{escape(self.summary)}</description>" if self.summary else "",
            f"<content:encoded>{escape(self.content)}</content:encoded>" if self.content else "",
            self.extra,
        ]
        return f"<item>{''.join(parts)}</item>\n"


def rss(entries: Sequence[Entry], *, title: str = "Port News", head: str = "") -> str:
    """An RSS 2.0 document."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel>\n'
        f"<title>{escape(title)}</title><link>https://x.example/</link><description>News</description>{head}\n"
        f"{''.join(entry.rss() for entry in entries)}</channel></rss>\n"
    )


def page(title: str, paragraphs: Sequence[str]) -> str:
    """An article page with the usual things around the article."""
    menu = "".join(f'<li><a href="/section/{n}">Section {n}</a></li>' for n in range(20))
    text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    return (
        "<!DOCTYPE html><html lang='en'>"
        f"<head><meta charset='utf-8'><title>{escape(title)}</title></head><body>"
        f"<nav><ul>{menu}</ul></nav><main><article><h1>{escape(title)}</h1>{text}</article></main>"
        "<footer>All rights reserved.</footer></body></html>"
    )


@dataclass(kw_only=True)
class Newsroom:
    """A directory with a feeds.toml, a database and a clock that the test moves."""

    directory: Path
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    database: str = ""

    @property
    def file(self) -> Path:
        return self.directory / "feeds.toml"

    @property
    def url(self) -> str:
        return self.database or f"sqlite:///{self.directory / 'news.db'}"

    def outlets(self, *outlets: str, polling: str = "", extra: str = "") -> None:
        """Write feeds.toml; each of ``outlets`` is the body of an ``[[outlet]]`` table."""
        tables = "\n".join(f"[[outlet]]\n{outlet}" for outlet in outlets)
        self.file.write_text(
            f'[store]\nurl = "{self.url}"\n[fetch]\nallow_networks = ["127.0.0.0/8"]\n'
            f'per_host_delay = "0s"\ntimeout = "5s"\n[polling]\n{polling}\n{extra}\n{tables}\n'
        )

    def once(self, **options: Any) -> RunReport:
        """What ``scheduler.py --once`` does, at the clock's time."""
        report = app.run_once(config.load(self.file), RunOptions(**options), clock=self.clock.now)
        self.clock.advance(seconds=1)  # no two runs start at one instant
        return report

    def scheduler(self, *arguments: str, timeout: float = 60) -> "subprocess.CompletedProcess[str]":
        """The program itself, on the real clock."""
        command = [sys.executable, str(ROOT / "scheduler.py"), "--config", str(self.file), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = Store.open(self.url)
        try:
            yield store
        finally:
            store.close()

    def items(self, **filters: Any) -> list[Item]:
        """What is stored, oldest id first."""
        with self.store() as store:
            return sorted(store.items(ItemFilter(**filters)), key=lambda item: item.id)

    def health(self) -> dict[str, FeedHealth]:
        """By outlet."""
        with self.store() as store:
            return {feed.outlet: feed for feed in store.health(self.clock.now())}


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def outlet(name: str, feed: str, *, full_text: str = "never", **keys: str) -> str:
    """The body of an ``[[outlet]]`` table; values of ``keys`` are TOML."""
    lines = [f'name = "{name}"', f'feeds = ["{feed}"]', f'full_text = "{full_text}"']
    return "\n".join([*lines, *(f"{key} = {value}" for key, value in keys.items())]) + "\n"


def timeless(item: Item) -> Item:
    """The item without what another run may choose otherwise."""
    return dataclasses.replace(item, id=0)


__all__ = ["Entry", "FakeSite", "Newsroom", "free_port", "outlet", "page", "rss", "story", "timeless"]
