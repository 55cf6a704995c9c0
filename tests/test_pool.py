"""Work in worker processes: what is hostile ends alone, and what is good is not disturbed."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from aggregator import pool as pool_module
from aggregator.errors import ParseError, WorkerEndedError, WorkerError
from aggregator.pool import Inline, Pool, ProcessPool
from tests import jobs
from tests.conftest import ROOT


@pytest.fixture
async def pool() -> AsyncIterator[ProcessPool]:
    pool = ProcessPool(2)
    yield pool
    pool.close()


@pytest.fixture(params=["inline", "processes"])
async def any_pool(request: pytest.FixtureRequest) -> AsyncIterator[Pool]:
    pool: Pool = Inline() if request.param == "inline" else ProcessPool(1)
    yield pool
    pool.close()


def is_running(pid: int) -> bool:
    return state_of(pid) not in ("", "Z")


def state_of(pid: int) -> str:
    """As in proc(5): R runs, S waits, Z is dead and not yet buried; "" once it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # the latter when it goes between opening and reading
        return ""


async def until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.02)
    return True


# ── the same for both kinds ──────────────────────────────────────────────────────────────────


async def test_a_run_returns_what_the_function_returns(any_pool: Pool) -> None:
    assert await any_pool.run(jobs.echo, 1, b"two", deadline=5, three="3") == ((1, b"two"), {"three": "3"})


async def test_an_exception_of_our_own_tree_passes(any_pool: Pool) -> None:
    with pytest.raises(ParseError, match=r"^this is a web page, not a feed$"):
        await any_pool.run(jobs.not_a_feed, deadline=5)


async def test_any_other_exception_becomes_a_worker_error_with_its_text(any_pool: Pool) -> None:
    with pytest.raises(WorkerError, match=r"^ValueError: no such thing$"):
        await any_pool.run(jobs.raise_value_error, deadline=5)
    with pytest.raises(WorkerError, match=r"^SystemExit: 3$"):
        await any_pool.run(jobs.exit_politely, deadline=5)


# ── hostile work ─────────────────────────────────────────────────────────────────────────────


async def test_work_past_its_deadline_is_ended(pool: ProcessPool) -> None:
    await pool.run(jobs.double, 1, deadline=5)
    for endless in (jobs.loop_for_ever, jobs.match_for_ever):
        start = time.monotonic()
        with pytest.raises(WorkerError, match=r"^took longer than 0\.5 s$"):
            await pool.run(endless, deadline=0.5)
        assert time.monotonic() - start < 10  # a busy machine; it would take for ever


async def test_work_that_needs_too_much_memory_is_ended(pool: ProcessPool) -> None:
    with pytest.raises(WorkerError, match=r"^needed more than 1\.5 GB$"):
        await pool.run(jobs.allocate_5_gb, deadline=5)


async def test_a_crash_is_told_with_its_signal(pool: ProcessPool, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WorkerError, match=r"^the worker died \(signal 11\)$"):
        await pool.run(jobs.segfault, deadline=5)
    with pytest.raises(WorkerError, match=r"^the worker died \(signal 9\)$"):
        await pool.run(jobs.kill_myself, deadline=5)
    with pytest.raises(WorkerError, match=r"^the worker died \(exit code 3\)$"):
        await pool.run(jobs.leave, 3, deadline=5)
    with pytest.raises(WorkerError, match=r"^took longer than 0\.5 s$"):  # looks like a worker that is done
        await pool.run(jobs.leave, 0, deadline=0.5)
    assert await pool.run(jobs.double, 21, deadline=5) == 42


async def test_others_are_unharmed_by_a_crash_a_kill_an_allocation_and_a_loop(
    pool: ProcessPool, capfd: pytest.CaptureFixture[str]
) -> None:
    """Mark 17: 4 of 4."""
    hostile = (jobs.segfault, jobs.kill_myself, jobs.allocate_5_gb, jobs.loop_for_ever)
    runs = []
    for number, bad in enumerate(hostile):
        runs += [pool.run(bad, deadline=1), pool.run(jobs.double, number, deadline=5)]
    results = await asyncio.gather(*runs, return_exceptions=True)
    assert [type(result) for result in results[::2]] == [WorkerEndedError] * 4
    assert results[1::2] == [0, 2, 4, 6]


async def test_a_result_or_an_argument_that_cannot_be_sent_is_a_worker_error(pool: ProcessPool) -> None:
    with pytest.raises(WorkerError, match="AttributeError: Can't pickle local object"):
        await pool.run(jobs.something_local, deadline=5)
    with pytest.raises(WorkerError, match="pickle"):
        await pool.run(jobs.echo, lambda: None, deadline=5)
    assert await pool.run(jobs.double, 4, deadline=5) == 8


async def test_workers_have_their_limits_and_leave_stopping_to_the_parent(pool: ProcessPool) -> None:
    assert await pool.run(jobs.limits, deadline=5) == (1_500_000_000, 0)
    pid = await pool.run(jobs.stop_signals_sent_to_me, deadline=5)
    assert is_running(pid)


# ── queueing, cancelling, recycling ──────────────────────────────────────────────────────────


async def test_the_deadline_counts_from_the_start_of_the_work_not_from_its_place_in_the_queue() -> None:
    pool = ProcessPool(1)
    try:
        pids = await asyncio.gather(*(pool.run(jobs.sleep, 0.8, deadline=3) for _ in range(4)))
    finally:
        pool.close()
    assert len(set(pids)) == 1


async def test_cancelling_a_run_ends_its_work(pool: ProcessPool, tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    run = asyncio.create_task(pool.run(jobs.loop_for_ever, str(marker), deadline=60))
    assert await until(lambda: marker.exists() and marker.read_text() != "")
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert await until(lambda: not is_running(int(marker.read_text())))
    assert await pool.run(jobs.double, 3, deadline=5) == 6


async def test_workers_are_replaced_after_their_share_of_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_MAX_TASKS", 2)
    pool = ProcessPool(1)
    try:
        pids = [await pool.run(jobs.sleep, 0, deadline=5) for _ in range(4)]
    finally:
        pool.close()
    assert pids[0] == pids[1] != pids[2] == pids[3]


async def test_a_worker_killed_between_two_tasks_is_replaced(pool: ProcessPool) -> None:
    pid = await pool.run(jobs.sleep, 0, deadline=5)
    assert await until(lambda: state_of(pid) == "S")  # it waits for work
    os.kill(pid, signal.SIGKILL)
    assert await until(lambda: not is_running(pid))
    results = await asyncio.gather(*(pool.run(jobs.double, n, deadline=5) for n in range(4)))
    assert results == [0, 2, 4, 6]


# ── beginning and end ────────────────────────────────────────────────────────────────────────


async def test_workers_end_when_nothing_comes_for_a_while_and_start_again() -> None:
    pool = ProcessPool(1, idle=0.1)
    try:
        first = await pool.run(jobs.sleep, 0, deadline=5)
        assert await until(lambda: not is_running(first))
        assert await pool.run(jobs.double, 2, deadline=5) == 4
    finally:
        pool.close()


async def test_a_closed_pool_leaves_no_worker_and_ends_what_runs(tmp_path: Path) -> None:
    pool = ProcessPool(1)
    marker = tmp_path / "pid"
    running = asyncio.create_task(pool.run(jobs.match_for_ever, str(marker), deadline=60))
    assert await until(lambda: marker.exists() and marker.read_text() != "")
    in_line = asyncio.create_task(pool.run(jobs.double, 1, deadline=60))
    waiting = asyncio.gather(running, in_line, return_exceptions=True)
    await asyncio.sleep(0.1)  # until it stands in the pool's line behind the other
    start = time.monotonic()
    pool.close()
    assert time.monotonic() - start < 20  # a busy machine; what runs would take 60 s
    assert [str(result) for result in await waiting] == ["the pool of workers is closed"] * 2
    assert not is_running(int(marker.read_text()))
    with pytest.raises(WorkerError, match="closed"):
        await pool.run(jobs.double, 1, deadline=5)
    pool.close()


PROGRAM = """
    import asyncio, sys
    sys.path.insert(0, {root!r})
    from tests import jobs
    from aggregator.pool import ProcessPool

    print("main", flush=True)

    async def main():
        pool = ProcessPool(2)
        {body}

    if __name__ == "__main__":
        asyncio.run(main())
"""


def program(tmp_path: Path, body: str) -> list[str]:
    """A script that knows by itself where the checkout lies."""
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(PROGRAM).format(root=str(ROOT), body=body))
    return [sys.executable, "-W", "error", str(script)]


def run(command: list[str]) -> tuple[int, str, str]:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd="/", env=env, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def test_workers_neither_run_the_main_module_nor_load_the_parsers_again(tmp_path: Path) -> None:
    body = "print(sorted(await pool.run(jobs.loaded_before_me, deadline=9))); pool.close()"
    assert run(program(tmp_path, body)) == (0, "main\n['feedparser', 'lxml.etree', 'trafilatura']\n", "")


def test_a_pool_that_nobody_closed_does_not_keep_the_program_from_ending(tmp_path: Path) -> None:
    assert run(program(tmp_path, "print(await pool.run(jobs.double, 1, deadline=9))")) == (0, "main\n2\n", "")


async def test_workers_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """Even one which is inside a regular expression, where no Python code of its own runs."""
    marker = tmp_path / "pid"
    body = f"await pool.run(jobs.match_for_ever, {str(marker)!r}, deadline=60)"
    with subprocess.Popen(program(tmp_path, body), cwd=tmp_path, stdout=subprocess.PIPE) as parent:
        assert await until(lambda: marker.exists() and marker.read_text() != "")
        worker = int(marker.read_text())
        fork_server = int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1])
        parent.kill()
    assert await until(lambda: not is_running(worker))
    assert await until(lambda: not is_running(fork_server))


async def test_nothing_starts_before_the_first_run() -> None:
    def children() -> set[str]:
        return {
            entry
            for task in Path("/proc/self/task").iterdir()
            for entry in (task / "children").read_text().split()
        }

    before = children()
    pool = ProcessPool(2)
    pool.close()
    assert children() == before
