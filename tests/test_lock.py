"""One run at a time, whatever becomes of the others."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aggregator.lock import LockedError, acquire
from tests.conftest import ROOT, SOAK

HOLD = """
import sys, time
from pathlib import Path
from aggregator.lock import acquire
lock = acquire(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.toml"
    path.write_text("")
    return path


def holder(config: Path) -> "subprocess.Popen[str]":
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(config)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def test_a_lock_can_be_taken_again_after_it_was_released(config: Path) -> None:
    acquire(config).release()
    lock = acquire(config)
    lock.release()

    assert lock.path == config.with_name("feeds.toml.lock")
    assert lock.path.read_text() == f"{os.getpid()}\n"


def test_a_held_lock_names_its_process(config: Path) -> None:
    process = holder(config)
    try:
        with pytest.raises(LockedError, match=rf"another run holds the lock .* \(process {process.pid}\)"):
            acquire(config)
    finally:
        end(process)


def test_a_killed_holder_holds_nothing(config: Path) -> None:
    process = holder(config)
    process.send_signal(signal.SIGKILL)
    process.communicate()

    acquire(config).release()


def test_two_configurations_do_not_hinder_each_other(config: Path) -> None:
    other = config.with_name("other.toml")
    process = holder(other)
    try:
        acquire(config).release()
    finally:
        end(process)


def test_a_link_to_the_configuration_is_the_same_lock(config: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(config)
    process = holder(link)
    try:
        with pytest.raises(LockedError):
            acquire(config)
    finally:
        end(process)


def test_where_the_folder_cannot_be_written_the_lock_lies_among_the_temporary_files(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    (tmp_path / "feeds.toml.lock").mkdir()  # what stands there cannot be opened, for root either

    lock = acquire(config)
    lock.release()

    assert lock.path.parent == temporary


def test_nineteen_of_twenty_overlapping_runs_end_with_75_within_three_seconds(config: Path) -> None:
    """Mark 12, without the work of the one."""
    process = holder(config)
    command = [sys.executable, str(ROOT / "scheduler.py"), "--once", "--config", str(config)]
    try:
        started = time.monotonic()
        runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(19)]
        said = [run.communicate()[1] for run in runs]
        elapsed = time.monotonic() - started
    finally:
        end(process)

    assert [run.returncode for run in runs] == [75] * 19
    assert all(f"(process {process.pid})" in each for each in said)
    assert elapsed < (3 if SOAK else 20)
