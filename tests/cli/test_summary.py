"""What a run tells the person who started it."""

# ruff: noqa: E501  sentences stand as they are printed

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.cli import summary
from aggregator.cli.summary import sentences
from aggregator.config import Config
from aggregator.config.loading import parse
from aggregator.model import HealthEvent
from aggregator.report import OutletRow, RunReport
from tests.conftest import NOW

CONFIG = parse('[[outlet]]\nname = "A"\nfeeds = ["https://a.example/"]\n', Path("feeds.toml"))
NOTHING = RunReport(started=NOW, finished=NOW)


def told(report: RunReport, config: Config = CONFIG) -> list[str]:
    return list(sentences(report, config, now=NOW))


def test_nothing_due_says_when_something_will_be() -> None:
    assert told(replace(NOTHING, next_poll_at=NOW + timedelta(minutes=12))) == [
        "Nothing was due.",
        "Next poll in 12 minutes.",
    ]


def test_no_outlets_say_how_to_add_one() -> None:
    assert told(NOTHING, parse("", Path("feeds.toml"))) == [
        "feeds.toml lists no outlet yet: add one with `aggregator add URL`."
    ]


def test_totals_count_feeds_items_and_pages() -> None:
    report = replace(
        NOTHING,
        polled=3,
        modified=1,
        not_modified=1,
        failed=1,
        items_new=1,
        items_changed=2,
        articles_extracted=4,
        articles_from_feed=1,
        articles_failed=2,
        notes=("published 4 files",),
        cut_short=True,
    )

    assert told(report) == [
        "3 feeds polled (1 modified, 1 not modified, 1 failed): 1 new item, 2 changed.",
        "7 article pages read: 4 with full text, 1 no better than the feed's, 2 failed and will be tried again.",
        "published 4 files",
        "The time was over before all was done; the next run goes on.",
    ]


def test_of_many_outlets_only_those_with_news_or_trouble_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    quiet = tuple(OutletRow(outlet=f"Quiet {n}", polled=1, not_modified=1) for n in range(40))
    news = OutletRow(outlet="Loud", polled=1, new=3)
    summary.told(replace(NOTHING, polled=41, outlets=(*quiet, news)), CONFIG, now=NOW)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[2:4]] == ["Loud", "…"]
    summary.told(replace(NOTHING, polled=40, outlets=quiet), CONFIG, now=NOW)
    assert "Quiet" not in capsys.readouterr().out


def test_health_events_of_the_day_stand_below_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    events = tuple(
        HealthEvent(outlet=f"Port {n}", at=NOW, kind="died", text="its feed answers 410 Gone")
        for n in range(12)
    )
    summary.told(replace(NOTHING, events=events), CONFIG, now=NOW)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0].split("   ") == ["Look after", "What happened"]
    assert lines[2:12] == [f"Port {n}       its feed answers 410 Gone" for n in range(10)]
    assert lines[12:] == ["… and 2 outlets more; `aggregator outlets` tells.", "", "Nothing was due."]


def test_a_run_whose_feeds_all_wait_says_so() -> None:
    assert told(replace(NOTHING, feeds_total=1, feeds_due=1)) == [
        "What was due waits: its sites asked for quiet (`aggregator outlets` says until when)."
    ]


def test_pages_that_wait_are_told_with_the_reason_of_the_first() -> None:
    waits = replace(NOTHING, articles_waiting=8, waiting_for="a.example asked for quiet until 12:30 UTC")
    assert told(waits) == ["8 pages wait: a.example asked for quiet until 12:30 UTC."]
    assert told(replace(waits, polled=1, modified=1, items_new=8, articles_waiting=1))[1:] == [
        "1 page waits: a.example asked for quiet until 12:30 UTC."
    ]


def test_articles_that_were_only_looked_at_again_are_told() -> None:
    again = replace(NOTHING, articles_looked_again=12, articles_edited=3, articles_extracted=3)
    assert told(again) == ["12 articles looked at again: 3 changed."]
    assert told(replace(NOTHING, articles_looked_again=1)) == ["1 article looked at again: none changed."]
    assert told(replace(again, articles_extracted=5)) == [
        "2 article pages read: 2 with full text, 0 no better than the feed's.",
        "12 articles looked at again: 3 changed.",
    ]
