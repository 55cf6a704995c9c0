"""What a run did decides its exit code and its JSON."""

from dataclasses import replace

import pytest

from aggregator.model import Failure, FailureKind
from aggregator.report import RunReport, exit_code, no_name_was_found, to_json, went_well
from tests.conftest import NOW

NOTHING = RunReport(started=NOW, finished=NOW)
NAME = Failure(outlet="A", feed="https://a.example/", reason="no such host", kind=FailureKind.NAME)
HTTP = Failure(outlet="B", feed="https://b.example/", reason="404", kind=FailureKind.HTTP)


@pytest.mark.parametrize(
    ("polled", "failed", "strict", "code"),
    [
        (0, 0, False, 0),
        (3, 0, False, 0),
        (3, 1, False, 0),
        (3, 3, False, 1),
        (3, 1, True, 1),
        (3, 0, True, 0),
    ],
)
def test_a_run_fails_when_every_feed_did_or_any_with_strict(
    polled: int, failed: int, strict: bool, code: int
) -> None:
    report = replace(NOTHING, polled=polled, failed=failed)

    assert exit_code(report, strict=strict) == code


def test_nothing_is_to_be_told_only_when_no_feed_and_no_page_failed() -> None:
    assert went_well(NOTHING)
    assert not went_well(replace(NOTHING, polled=2, failed=1))
    assert not went_well(replace(NOTHING, articles_failed=1))


def test_no_network_is_when_no_name_was_found_at_all() -> None:
    assert no_name_was_found(replace(NOTHING, polled=1, failed=1, failures=(NAME,)))
    assert not no_name_was_found(NOTHING)
    assert not no_name_was_found(replace(NOTHING, polled=2, failed=2, failures=(NAME, HTTP)))
    assert not no_name_was_found(replace(NOTHING, polled=2, modified=1, failed=1, failures=(NAME,)))


def test_the_json_is_that_of_the_contract() -> None:
    report = RunReport(
        started=NOW,
        finished=NOW,
        feeds_total=9,
        feeds_due=5,
        polled=4,
        modified=2,
        not_modified=1,
        failed=1,
        items_new=30,
        items_changed=2,
        items_unchanged=28,
        articles_fetched=20,
        articles_extracted=18,
        articles_from_feed=2,
        articles_failed=1,
        articles_looked_again=12,
        failures=(HTTP,),
    )

    assert to_json(report) == {
        "started": "2026-11-20T12:00:00Z",
        "finished": "2026-11-20T12:00:00Z",
        "feeds": {"total": 9, "due": 5, "polled": 4, "modified": 2, "not_modified": 1, "failed": 1},
        "items": {"new": 30, "changed": 2, "unchanged": 28},
        "articles": {"fetched": 20, "extracted": 18, "from_feed": 2, "failed": 1, "looked_again": 12},
        "failures": [{"outlet": "B", "feed": "https://b.example/", "reason": "404"}],
    }
