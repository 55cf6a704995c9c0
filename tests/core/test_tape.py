"""The lines of a tape: what is written is read again, and no password is written."""

import tomllib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.tape import (
    FORMAT,
    EndLine,
    ExportsLine,
    Hop,
    Line,
    ResponseLine,
    RunLine,
    StepLine,
    TapeError,
    chance,
    config_for_tape,
    decode,
    encode,
    response_line,
    result_of,
    without_credentials,
)
from aggregator.model import FailureKind, Fetched, FetchFailed, FetchResult, NotModified, PutOff, Validators
from tests.conftest import NOW

DIGEST = "ab" * 32
RUN = RunLine(format=1, run="r", at=NOW, config=DIGEST, seed="s", feed_id="urn:uuid:1")
HEADERS = {"content-type": "text/html", "x": "ö \u2028 \x85"}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).filter(lambda text: "@" not in text)
headers = st.dictionaries(texts.map(lambda name: f"x-{name}"), texts)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
answers = st.one_of(
    st.builds(
        Fetched,
        url=texts,
        final_url=texts.filter(bool),
        status=st.sampled_from([200, 203]),
        headers=headers,
        body=st.binary(max_size=20),
        validators=st.builds(Validators, etag=texts, last_modified=st.none() | texts),
        elapsed_ms=st.integers(0, 99_999),
        moved_to=st.none() | texts,
    ),
    st.builds(
        NotModified,
        url=texts,
        final_url=texts.filter(bool),
        headers=headers,
        validators=st.builds(Validators, etag=texts),
        elapsed_ms=st.integers(0, 99_999),
        status=st.sampled_from([200, 304]),
    ),
    st.builds(
        FetchFailed,
        url=texts,
        final_url=texts.filter(bool),
        kind=st.sampled_from(FailureKind),
        reason=texts,
        status=st.none() | st.integers(100, 599),
        headers=headers,
    ),
    st.builds(PutOff, url=texts, until=instants, reason=texts),
)


@given(answers, instants)
def test_what_a_request_came_to_is_the_same_after_it_lay_on_a_tape(result: FetchResult, at: datetime) -> None:
    line = response_line(result, step=3, at=at, sent=Validators(), body=DIGEST)
    read = decode(encode(line))
    assert isinstance(read, ResponseLine)
    assert read == line
    assert result_of(read, result.url, getattr(result, "body", b"")) == result


@pytest.mark.parametrize(
    "line",
    [
        RUN,
        StepLine(step=1, kind="page", began=NOW, outlet="Öresund", url="https://x.example/1", number=7),
        StepLine(step=2, kind="claim", began=NOW, limit=256),
        ExportsLine(at=NOW, files={"feed.atom": DIGEST}),
        ResponseLine(
            step=0,
            at=NOW,
            method="POST",
            url="https://x.example/",
            hops=(Hop(url="https://x.example/", status=301, location="/a"),),
            outcome="failed",
            kind=FailureKind.NAME,
            headers=HEADERS,
            ours=True,
        ),
        EndLine(at=NOW + timedelta(microseconds=1)),
    ],
    ids=lambda line: line.line,
)
def test_every_kind_of_line_is_one_line_and_is_read_as_it_was_written(line: Line) -> None:
    written = encode(line)
    assert written.count("\n") == 1
    assert decode(written) == line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"line":"step"}',
        '{"line":"other"}',
        '{"line":"end","at":"2026-01-31T08:00:00"}',
        '{"line":"exports","at":"2026-01-31T08:00:00Z","files":{"a":"../../etc/passwd"}}',
        encode(RUN).replace('"format":1', f'"format":{FORMAT + 1}'),
        encode(RUN).replace(DIGEST, DIGEST + "\\n"),
    ],
)
def test_what_is_no_line_is_refused_with_its_reason(text: str) -> None:
    with pytest.raises(TapeError, match=r"\w"):
        decode(text)


def test_what_a_later_version_adds_to_a_line_is_passed_over() -> None:
    assert decode(encode(EndLine(at=NOW)).replace("{", '{"mood":"good",', 1)) == EndLine(at=NOW)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("https://user:pass@x.example/a", "https://x.example/a"),
        ("see http://u@x.example.", "see http://x.example."),
        ("https://u:p%40ss@x.example?q=a@b", "https://x.example?q=a@b"),
        ("https://u:p@ss@x.example/", "https://x.example/"),
        ("https://medium.example/@author", "https://medium.example/@author"),
        ("https://x.example/?to=a@b.example", "https://x.example/?to=a@b.example"),
        ("mail a@b.example", "mail a@b.example"),
    ],
)
def test_addresses_lose_their_users_and_passwords_and_nothing_else(text: str, bare: str) -> None:
    assert without_credentials(text) == bare


def test_headers_of_a_session_and_bytes_that_are_no_text_stay_off_the_tape() -> None:
    given_headers = {"www-authenticate": 'Basic realm="x"', "authorization": "Basic abc", "x-odd": "a\udcffb"}
    result = FetchFailed(url="u", final_url="u", kind=FailureKind.HTTP, reason="no", headers=given_headers)
    read = decode(encode(response_line(result, step=1, at=NOW, sent=Validators())))
    assert isinstance(read, ResponseLine)
    assert read.headers == {"x-odd": "a?b"}


@given(st.text(max_size=8), st.integers(0, 99), st.integers(0, 9))
def test_chance_is_a_number_from_0_to_1_that_is_the_same_again(seed: str, step: int, draw: int) -> None:
    assert 0 <= chance(seed, step, draw) < 1
    assert chance(seed, step, draw) == chance(seed, step, draw)


def test_chance_differs_with_seed_step_and_draw() -> None:
    found = {chance(seed, step, draw) for seed in "ab" for step in range(20) for draw in range(20)}
    assert len(found) == 800
    assert 0.4 < sum(found) / 800 < 0.6


CONFIG = r"""
[store]
url = "postgresql://me:pw@db/news"
keep = "30d"
[fetch]
proxy = "http://me:pw@proxy:8080"
timeout = "5s"
allow_networks = ["127.0.0.0/8"]
[web]
listen = "127.0.0.1:8000"
[mail]
user = "me"
password_file = "/etc/secret"
[publish]
directory = "/srv/public"
limit = 3
[[outlet]]
name = "Ä \"quoted\" \\ \u007f"
feeds = ["https://x.example/feed"]
user = "me"
password_file = "/etc/secret"
headers = { X-Key = "secret" }
keep_if = ['\bsport\b']
comments = false
[[outlet]]
name = "Other"
homepage = "https://me:pw@y.example/"
"""


def config(text: str) -> dict[str, Any]:
    return tomllib.loads(text)


def test_a_configuration_loses_its_secrets_and_the_places_of_this_machine() -> None:
    assert config(config_for_tape(CONFIG)) == {
        "store": {"keep": "30d"},
        "fetch": {"timeout": "5s", "allow_networks": ["127.0.0.0/8"]},
        "publish": {"limit": 3},
        "outlet": [
            {
                "name": 'Ä "quoted" \\ \x7f',
                "feeds": ["https://x.example/feed"],
                "keep_if": [r"\bsport\b"],
                "comments": False,
            },
            {"name": "Other", "homepage": "https://y.example/"},
        ],
    }


def test_the_configuration_of_one_outlet_has_no_other() -> None:
    only = config(config_for_tape(CONFIG, outlet="OTHER"))
    assert only["outlet"] == [{"name": "Other", "homepage": "https://y.example/"}]


def test_an_empty_table_that_means_something_stays() -> None:
    assert config(config_for_tape('[publish]\ndirectory = "x"\n')) == {"publish": {}}
