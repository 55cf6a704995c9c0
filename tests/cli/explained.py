"""The situations of docs/explain.md, brought about for real; ``python -m tests.cli.explained`` writes them.

Each is a feed on loopback that is polled by whole runs, at times that a clock of the test's own gives. What
``aggregator explain`` says of it in the end stands in the page behind ``<!-- name -->``.
"""

import io
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from aggregator import logs
from aggregator.cli import main
from aggregator.model import Subscription, SubscriptionState
from tests.conftest import NOW, ROOT
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, outlet, rss

PAGE = ROOT / "docs" / "explain.md"
#: the terminal that the page shows
WIDTH = 100
_BLOCK = re.compile(r"(<!-- ([a-z-]+) -->\n```\n).*?(```\n)", re.DOTALL)
_ESCAPES = re.compile("\x1b\\[[0-9;]*m")
_NAMESPACES = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'


@dataclass(kw_only=True)
class Stage:
    """A newsroom with one outlet, whose feed brings an item every so often."""

    newsroom: Newsroom
    site: FakeSite
    pause: timedelta = timedelta(minutes=40)
    head: str = ""
    headers: Mapping[str, str] | None = None

    @property
    def now(self) -> datetime:
        return self.newsroom.clock.now()

    def opens(self, **outlet_keys: str) -> None:
        """List the outlet; its feed is there."""
        self.newsroom.outlets(outlet("Port News", self.site.url("/feed"), **outlet_keys))
        self.serves()

    def serves(self) -> None:
        """The feed as it is now: the newest thirty items."""
        newest = (self.now - NOW) // self.pause
        entries = [
            Entry(number=1000 + n, link=self.site.url(f"/{n}"), age=-n * self.pause)
            for n in range(newest, newest - 30, -1)
        ]
        document = rss(entries, head=self.head).replace("<rss ", f"<rss {_NAMESPACES} ", 1)
        # its entity tag changes with what is in it
        self.site.serve("/feed", document, last_modified=None, headers=self.headers or {})

    def answers(self, status: int, **headers: str) -> None:
        """The feed's address gives this from now on."""
        self.site.status(
            "/feed", status, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    def polls(self, times: int = 1, *, serving: bool = True) -> None:
        """Runs at the times that were chosen for them, the first one at once."""
        for _ in range(times):
            self.until_due()
            if serving:
                self.serves()
            self.newsroom.once()

    def until_due(self) -> None:
        feed = self.newsroom.health().get("Port News")
        if feed is not None and feed.next_poll_at is not None and feed.next_poll_at > self.now:
            self.newsroom.clock.advance(feed.next_poll_at - self.now)

    def passes(self, **parts: float) -> None:
        self.newsroom.clock.advance(timedelta(**parts))


def busy(stage: Stage) -> None:
    """A WordPress outlet with an item every forty minutes."""
    stage.head = "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>"
    stage.opens()
    stage.polls(6)
    stage.passes(minutes=3)


def quiet(stage: Stage) -> None:
    """A blog with a post a week."""
    stage.pause = timedelta(days=7)
    stage.opens()
    stage.polls(4)
    stage.passes(hours=1)


def ttl(stage: Stage) -> None:
    """A feed that says how long its copies last."""
    stage.head = "<ttl>180</ttl>"
    stage.opens()
    stage.polls(2)
    stage.passes(minutes=10)


def skip_hours(stage: Stage) -> None:
    """A feed that does not want to be asked in the afternoon."""
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(12, 18))
    stage.head = f"<skipHours>{hours}</skipHours>"
    stage.opens()
    stage.polls()
    stage.passes(minutes=10)


def cache_control(stage: Stage) -> None:
    """A server that says how long its copies last."""
    stage.headers = {"Cache-Control": "public, max-age=10800", "Age": "600"}
    stage.opens()
    stage.polls()
    stage.passes(minutes=10)


def retry_after(stage: Stage) -> None:
    """A server that asks for quiet."""
    stage.opens()
    stage.polls()
    stage.answers(429, Retry_After="7200")
    stage.polls(serving=False)
    stage.passes(minutes=30)


def failing(stage: Stage) -> None:
    """A server that is out of order."""
    stage.opens()
    stage.polls()
    stage.answers(500)
    stage.polls(3, serving=False)
    stage.passes(minutes=10)


def suspended(stage: Stage) -> None:
    """A feed that is not found for more than a week."""
    stage.opens()
    stage.polls()
    stage.answers(404)
    for _ in range(60):
        stage.polls(serving=False)
        if stage.newsroom.health()["Port News"].condition == "suspended":
            break
    stage.passes(hours=6)


def gone(stage: Stage) -> None:
    """A feed that its outlet has removed."""
    stage.opens()
    stage.polls()
    stage.answers(410)
    stage.polls(serving=False)
    stage.passes(days=2)


def pushed(stage: Stage) -> None:
    """A feed whose hub sends its items."""
    stage.opens()
    stage.polls()
    stage.until_due()
    with stage.newsroom.store() as store:
        (feed,) = store.watched()
        store.add_subscription(
            Subscription(
                feed_id=feed.id,
                hub="https://hub.example/",
                topic=feed.url,
                token="t" * 32,
                secret="s",
                state=SubscriptionState.ACTIVE,
                lease_until=stage.now + timedelta(days=10),
                delivered_at=stage.now - timedelta(minutes=4),
            )
        )
    # the hub has brought what came meanwhile: the document holds nothing new
    stage.newsroom.once()
    stage.passes(minutes=5)


def every(stage: Stage) -> None:
    """An interval of the user's own."""
    stage.pause = timedelta(minutes=5)
    stage.opens(every='"2h"')
    stage.polls(2)
    stage.passes(minutes=5)


def cron(stage: Stage) -> None:
    """Times of the user's own."""
    stage.opens(cron='"0 7 * * *"')
    stage.polls()
    stage.passes(hours=1)


#: in the page's order
SITUATIONS: Mapping[str, Callable[[Stage], None]] = {
    "busy": busy,
    "quiet": quiet,
    "ttl": ttl,
    "skip-hours": skip_hours,
    "cache-control": cache_control,
    "retry-after": retry_after,
    "failing": failing,
    "suspended": suspended,
    "gone": gone,
    "pushed": pushed,
    "every": every,
    "cron": cron,
}


def explained(name: str, directory: Path) -> str:
    """What ``aggregator explain`` says in this situation, on a terminal as wide as the page."""
    newsroom = Newsroom(directory=directory)
    with FakeSite.running() as site, patch.object(random, "random", lambda: 0.5):
        SITUATIONS[name](Stage(newsroom=newsroom, site=site))
        with _terminal() as screen:
            main(["--config", str(newsroom.file), "explain", "Port News"], clock=newsroom.clock.now)
        said = screen.getvalue().replace(site.url(""), "https://port.example")
    lines = [line.rstrip() for line in _ESCAPES.sub("", said).splitlines()]
    return "\n".join(lines).strip() + "\n"


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def _terminal() -> Iterator[_Screen]:
    screen = _Screen()
    size: dict[str, Any] = {"COLUMNS": str(WIDTH), "LINES": "50", "TERM": "xterm", "NO_COLOR": "1"}
    with patch.dict("os.environ", size), redirect_stdout(screen):
        yield screen


def blocks(page: str) -> dict[str, str]:
    """What the page shows, by situation."""
    return {found[2]: found[0].split("```\n")[1] for found in _BLOCK.finditer(page)}


def written(page: str, outputs: Mapping[str, str]) -> str:
    """The page with these outputs."""
    return _BLOCK.sub(lambda found: found[1] + outputs[found[2]] + found[3], page)


if __name__ == "__main__":
    logs.configure(silent=True)
    with tempfile.TemporaryDirectory() as folder:
        outputs = {}
        for name in SITUATIONS:
            (place := Path(folder) / name).mkdir()
            outputs[name] = explained(name, place)
    PAGE.write_text(written(PAGE.read_text(), outputs))
