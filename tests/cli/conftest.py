"""A newsroom that was polled once, and the commands run over it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog

from aggregator.cli import main
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, outlet, rss, story


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.lines]


class Terminal:
    """Runs commands in this process, at the newsroom's time."""

    def __init__(self, capsys: pytest.CaptureFixture[str], newsroom: Newsroom) -> None:
        self._capsys = capsys
        self.newsroom = newsroom

    def __call__(self, *arguments: str, config: bool = True) -> Result:
        self._capsys.readouterr()
        before = ["--config", str(self.newsroom.file)] if config else []
        code = main([*before, *arguments], clock=self.newsroom.clock.now)
        out, err = self._capsys.readouterr()
        return Result(code=code, out=out, err=err)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], newsroom: Newsroom) -> Iterator[Terminal]:
    """Commands over an empty newsroom."""
    yield Terminal(capsys, newsroom)
    structlog.reset_defaults()


@pytest.fixture
def over(capsys: pytest.CaptureFixture[str], polled: Newsroom) -> Terminal:
    """Commands over a newsroom with items; they must leave it as it is."""
    return Terminal(capsys, polled)


@pytest.fixture
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    return Newsroom(directory=tmp_path_factory.mktemp("newsroom"))


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=4) as site:
        yield site


BRIDGE = " ".join(story("the bridge"))


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """Three outlets: one with two items, one with a copy of one of them, one that fails."""
    newsroom = Newsroom(directory=tmp_path_factory.mktemp("polled"))
    with FakeSite.running(hosts=4) as site:
        bridge = Entry(number=1, title="Bridge [b]opens[/b]", link=site.url("/bridge"), content=BRIDGE)
        ferry = Entry(number=2, title="Ferry \u202elate", link=site.url("/ferry"), summary="It is very låte.")
        copy = Entry(number=3, title="Bridge opens at last", link=site.url("/copied", host=1), content=BRIDGE)
        site.serve("/port.xml", rss([bridge, ferry], title="Port News"))
        site.serve("/quay.xml", rss([copy], title="Quay"))
        site.status("/down.xml", 503)
        newsroom.outlets(
            outlet("Port News", site.url("/port.xml"), tags='["harbour", "daily"]', language='"en"'),
            outlet("Quay", site.url("/quay.xml", host=1), tags='["daily"]'),
            outlet("Down", site.url("/down.xml", host=2)),
        )
        newsroom.once()
        newsroom.clock.advance(hours=3)
        yield newsroom
