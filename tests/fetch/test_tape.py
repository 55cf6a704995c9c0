"""The files of a tape, and a player that answers from one."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.core.tape import EndLine, ResponseLine, RunLine, StepLine, TapeError, encode
from aggregator.errors import OutputError, UsageError
from aggregator.fetch.tape import NOT_RECORDED, Player, Recorder, ReplayedNetwork
from aggregator.fetch.tapefiles import TapeReader, TapeWriter
from aggregator.model import FailureKind, Fetched, FetchFailed, NotModified, Validators
from tests.conftest import NOW
from tests.fakes import FakeClock

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
ROBOTS = "https://x.example/robots.txt"
RUN = RunLine(format=1, run="r", at=NOW, config="ab" * 32, seed="s", feed_id="urn:uuid:1")


def names(tape: Path) -> list[str]:
    return sorted(path.name for path in (tape / "lines").iterdir())


# ── files ────────────────────────────────────────────────────────────────────────────────────


def test_each_day_has_a_file_and_a_day_that_went_on_has_one(tmp_path: Path) -> None:
    for at in (NOW, NOW + SECOND, NOW + DAY):
        writer = TapeWriter(tmp_path / "tape")
        writer.write(EndLine(at=at), at)
        writer.close()
    writer = TapeWriter(tmp_path / "tape")
    begun = [writer.write(EndLine(at=at), at) for at in (NOW + 2 * DAY, NOW + 2 * DAY, NOW + 3 * DAY)]
    writer.close()
    assert begun == [True, False, True]
    assert names(tmp_path / "tape") == [
        "000001-2026-11-20.jsonl",
        "000002-2026-11-21.jsonl",
        "000003-2026-11-22.jsonl",
        "000004-2026-11-23.jsonl",
    ]
    assert [line.at for line in TapeReader(tmp_path / "tape").lines() if isinstance(line, EndLine)] == [
        NOW,
        NOW + SECOND,
        NOW + DAY,
        NOW + 2 * DAY,
        NOW + 2 * DAY,
        NOW + 3 * DAY,
    ]


def test_a_clock_that_was_set_back_changes_nothing_of_the_order(tmp_path: Path) -> None:
    writer = TapeWriter(tmp_path / "tape")
    times = [NOW, NOW - DAY, NOW]
    for at in times:
        writer.write(EndLine(at=at), at)
    writer.close()
    assert [line.at for line in TapeReader(tmp_path / "tape").lines() if isinstance(line, EndLine)] == times


def test_half_a_line_is_ended_by_whoever_writes_next(tmp_path: Path) -> None:
    tape = tmp_path / "tape"
    writer = TapeWriter(tape)
    writer.write(EndLine(at=NOW), NOW)
    writer.close()
    path = tape / "lines" / names(tape)[0]
    with path.open("a") as file:
        file.write('{"line":"en')
    writer = TapeWriter(tape)
    writer.write(EndLine(at=NOW + SECOND), NOW)
    writer.close()
    reader = TapeReader(tape)
    assert list(reader.lines()) == [EndLine(at=NOW), EndLine(at=NOW + SECOND)]
    assert reader.notes == [f"{path.name}, line 2 is left out: it is torn"]


def test_a_disk_that_takes_half_a_line_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = TapeWriter(tmp_path / "tape")
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:5]))
    with pytest.raises(OSError, match="No space left"):
        writer.write(EndLine(at=NOW), NOW)


def test_a_body_is_kept_once_and_given_back(tmp_path: Path) -> None:
    writer = TapeWriter(tmp_path / "tape")
    body = b"<rss>" * 10_000
    digests = {writer.put(body), writer.put(body)}
    grown = writer.written
    writer.put(body)
    (digest,) = digests
    assert TapeReader(tmp_path / "tape").body(digest) == body
    assert writer.written == grown < 1_000


@pytest.mark.parametrize("digest", ["../../etc/passwd", "", "AB" * 32, "ab" * 32 + "\n"])
def test_what_is_no_digest_is_looked_for_nowhere(tmp_path: Path, digest: str) -> None:
    TapeWriter(tmp_path / "tape").close()
    with pytest.raises(TapeError, match="no digest"):
        TapeReader(tmp_path / "tape").body(digest)


def test_a_body_that_is_not_there_is_an_error_with_its_name(tmp_path: Path) -> None:
    TapeWriter(tmp_path / "tape").close()
    with pytest.raises(TapeError, match=r"the body abababababab… is not on the tape"):
        TapeReader(tmp_path / "tape").body("ab" * 32)


def test_a_folder_of_other_things_is_neither_written_nor_read(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(OutputError, match="holds something else"):
        TapeWriter(tmp_path)
    with pytest.raises(UsageError, match="holds no recording"):
        TapeReader(tmp_path)
    with pytest.raises(OutputError, match="letter is a file; name a folder"):
        TapeWriter(tmp_path / "letter")


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        (b"", "tape.json does not say that this is a recording"),
        (b"[1]", "tape.json does not say that this is a recording"),
        (b'{"tape": "x"}', "tape.json does not say that this is a recording"),
        (b'{"tape": 99}', "is a recording of format 99, and this version reads 3 at most"),
    ],
)
def test_a_tape_that_this_version_cannot_read_is_neither_read_nor_added_to(
    tmp_path: Path, mark: bytes, message: str
) -> None:
    TapeWriter(tmp_path / "tape").close()
    (tmp_path / "tape" / "tape.json").write_bytes(mark)
    with pytest.raises(UsageError, match=message):
        TapeReader(tmp_path / "tape")
    with pytest.raises(OutputError, match=message):
        TapeWriter(tmp_path / "tape")


def test_a_line_without_end_is_read_in_pieces_that_are_left_out(tmp_path: Path) -> None:
    TapeWriter(tmp_path / "tape").close()
    (tmp_path / "tape" / "lines" / "000001-2026-01-31.jsonl").write_text(
        "x" * 2_500_000 + "\n" + encode(EndLine(at=NOW))
    )
    reader = TapeReader(tmp_path / "tape")
    assert list(reader.lines()) == [EndLine(at=NOW)]
    assert len(reader.notes) == 3


# ── recording ────────────────────────────────────────────────────────────────────────────────


def a_recorder(tape: Path, clock: Callable[[], datetime]) -> Recorder:
    recorder = Recorder(TapeWriter(tape), clock=clock)
    recorder.begin(RUN)
    return recorder


def fetched(body: bytes, url: str = "https://x.example/") -> Fetched:
    return Fetched(
        url=url, final_url=url, status=200, headers={}, body=body, validators=Validators(), elapsed_ms=1
    )


async def test_within_a_step_time_stands_still_between_two_responses(tmp_path: Path) -> None:
    clock = FakeClock()
    recorder = a_recorder(tmp_path / "tape", clock.now)
    seen = []
    with recorder.step("poll", "record_poll", outlet="X", url="u"):
        clock.advance(seconds=1)
        seen.append(recorder.clock())
        clock.advance(seconds=1)
        await recorder.keep(fetched(b"1"))
        clock.advance(seconds=1)
        seen.append(recorder.clock())
    seen.append(recorder.clock())
    assert [at - NOW for at in seen] == [0 * SECOND, 2 * SECOND, 3 * SECOND]


async def test_a_step_is_written_when_its_result_is_handed_over_once_and_not_without(tmp_path: Path) -> None:
    recorder = a_recorder(tmp_path / "tape", FakeClock().now)
    with recorder.step("poll", "record_poll", url="never"):
        recorder.called("known_items")
    with recorder.step("poll", "record_poll", url="once"):
        await recorder.keep(fetched(b"1"))
        recorder.called("record_poll")
        recorder.called("record_poll")
    recorder.called("record_poll")
    lines = [line for line in TapeReader(tmp_path / "tape").lines() if not isinstance(line, RunLine)]
    assert [(line.line, line.step) for line in lines if isinstance(line, ResponseLine | StepLine)] == [
        ("response", 2),
        ("step", 2),
    ]


# ── playing ──────────────────────────────────────────────────────────────────────────────────


def failed(step: int, url: str, *, after: timedelta = SECOND, ours: bool = False) -> ResponseLine:
    return ResponseLine(
        step=step,
        at=NOW + after,
        url=url,
        outcome="failed",
        kind=FailureKind.CONNECT,
        reason=f"{url} {step}",
        ours=ours,
    )


@pytest.fixture
def player(tmp_path: Path) -> Player:
    TapeWriter(tmp_path / "tape").close()
    made = Player(TapeReader(tmp_path / "tape"))
    made.begin(RUN)
    return made


def poll(number: int) -> StepLine:
    return StepLine(step=number, kind="poll", began=NOW, url="u")


def reason(result: object) -> str:
    assert isinstance(result, FetchFailed)
    return result.reason


def test_each_step_is_given_its_own_answers_in_their_order(player: Player) -> None:
    for line in (failed(1, "a"), failed(2, "a", after=9 * SECOND), failed(1, "b", after=2 * SECOND)):
        player.add(line)
    with player.step(poll(2)):
        assert reason(player.answer("GET", "a")) == "a 2"
        assert player.clock() == NOW + 9 * SECOND
    with player.step(poll(1)):
        told = [reason(player.answer("GET", url)) for url in "ba"]
        assert (told, player.clock()) == (["b 1", "a 1"], NOW + 2 * SECOND)
    assert (player.answered, player.missing) == (3, [])


def test_what_another_step_had_asked_for_is_given_again_and_leaves_the_clock(player: Player) -> None:
    player.add(failed(1, ROBOTS))
    with player.step(poll(2)):
        assert reason(player.answer("GET", ROBOTS)) == f"{ROBOTS} 1"
        assert player.clock() == NOW
        assert [line.step for line in player.used] == [2]


def test_what_nobody_asked_for_is_a_failure_that_is_counted(player: Player) -> None:
    with player.step(poll(1)):
        assert reason(player.answer("GET", "https://me:pw@x.example/")) == NOT_RECORDED
    player.add(failed(3, "a"))
    player.begin(RUN)
    with player.step(poll(3)):
        assert reason(player.answer("GET", "a")) == NOT_RECORDED
    assert player.missing == ["GET https://x.example/", "GET a"]


def test_a_failure_of_our_own_network_is_one_again(player: Player) -> None:
    network = ReplayedNetwork(player)
    player.add(failed(1, "a", ours=True))
    player.add(failed(1, "b"))
    with player.step(poll(1)):
        answers = [player.answer("GET", url) for url in "ab"]
        assert [network.is_ours(one) for one in answers if isinstance(one, FetchFailed)] == [True, False]


def test_a_step_draws_the_same_numbers_as_when_it_was_recorded(player: Player, tmp_path: Path) -> None:
    recorder = a_recorder(tmp_path / "other", FakeClock().now)
    with recorder.step("poll", "record_poll"):
        drawn = [recorder.jitter() for _ in range(3)]
    with player.step(poll(1)):
        assert [player.jitter() for _ in range(3)] == drawn


def test_a_304_is_a_304_again(player: Player) -> None:
    player.add(ResponseLine(step=1, at=NOW, url="a", outcome="not modified", status=304, new_etag='"1"'))
    with player.step(poll(1)):
        assert player.answer("GET", "a") == NotModified(
            url="a", final_url="a", headers={}, validators=Validators(etag='"1"'), elapsed_ms=0
        )
