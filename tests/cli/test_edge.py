"""What holds for every command: help, options before and after, errors, the pipe, Ctrl-C, start-up."""

# ruff: noqa: E501  sentences and calls stand as they are printed and typed

import os
import re
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from aggregator.cli.later import COMMANDS
from tests.cli.conftest import Terminal
from tests.conftest import ROOT
from tests.press import Newsroom

AVAILABLE = (
    "demo", "run", "add", "remove", "init", "check", "import", "items", "search", "show", "outlets", "explain",
    "export", "db", "replay", "split", "join", "stories", "story", "tags", "ask", "digest",
)  # fmt: skip


def process(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "aggregator", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_command_that_is_there_and_none_that_comes_later(run: Terminal) -> None:
    out = run("--help").out
    listed = re.findall(r"^  ([a-z]+)  +\S", out[out.index("Commands:") :], flags=re.MULTILINE)

    assert sorted(listed) == sorted(AVAILABLE)


@pytest.mark.parametrize("command", [*AVAILABLE, "db upgrade", "db prune", "db backup", "db doctor"])
def test_every_command_has_help_with_examples(run: Terminal, command: str) -> None:
    result = run(*command.split(), "--help", config=False)

    assert result.code == 0
    if command != "db":
        assert "examples:" in result.out.lower()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_later_says_in_one_sentence_what_there_is(run: Terminal, command: str) -> None:
    result = run(command, "anything", "--at", "all")

    assert (result.code, result.out) == (2, "")
    assert result.err == COMMANDS[command] + "\n"


def test_options_may_stand_before_or_after_the_command(over: Terminal) -> None:
    before = over("--json", "items")
    after = over("items", "--json")

    assert before.out == after.out
    assert over("db", "doctor", "--json").out == over("--json", "db", "doctor").out


@pytest.mark.parametrize(
    "arguments",
    [["frobnicate"], ["items", "--frob"], ["items", "--limit", "x"], ["items", "--limit", "0"], ["show"], []],
)
def test_a_wrong_call_ends_with_2_and_says_so_on_stderr(run: Terminal, arguments: list[str]) -> None:
    result = run(*arguments, config=False)

    assert (result.code, result.out) == (2, "")
    assert "Usage: aggregator" in result.err


def test_the_version_is_told(run: Terminal) -> None:
    assert run("--version").out == "aggregator 0.1.0\n"


def test_quiet_says_nothing_but_results(run: Terminal) -> None:
    assert run("--quiet", "init").out == ""
    assert run("check", "--quiet").out == ""


def test_a_reader_that_leaves_early_is_no_error(polled: Newsroom) -> None:
    command = (
        f'"{sys.executable}" -m aggregator --config "{polled.file}" export jsonl --copies; echo "code $?" >&2'
    )
    piped = subprocess.run(
        ["sh", "-c", f"({command}) | true"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert piped.stderr == "code 0\n"


def test_a_full_disk_behind_stdout_is_a_sentence(polled: Newsroom) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "aggregator", "--config", str(polled.file), "items", "--json"],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip

    assert ended.returncode == 2
    assert ended.stderr == "No space left on device\n"


def test_ctrl_c_ends_with_130_and_says_nothing(newsroom: Newsroom) -> None:
    os.mkfifo(newsroom.file)
    command = [sys.executable, "-m", "aggregator", "--config", str(newsroom.file), "items"]
    waiting = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with newsroom.file.open("w"):  # opens when the command reads its configuration, which never ends
        for patience in (10, 50):  # a key pressed while an object is taken apart is lost, and pressed again
            waiting.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                waiting.wait(patience)
                break
    out, err = waiting.communicate(timeout=10)

    assert (waiting.returncode, out, err) == (130, "", "")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["items", "--help"], ["db", "backup", "--help"], ["run", "--help"]]
)
def test_help_costs_less_than_half_a_second(arguments: list[str]) -> None:
    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before = spent()
    assert process(*arguments).returncode == 0

    assert spent() - before < 0.5  # of CPU: wall time depends on who else is at work


def test_help_imports_none_of_the_heavy_libraries() -> None:
    heavy = {"sqlalchemy", "aiohttp", "alembic", "lxml", "structlog", "rich"}
    code = (
        "import sys; from aggregator.cli import main; main(['items', '--help']); "
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert said.stdout.splitlines()[-1] == "[]"


def test_a_terminal_that_speaks_only_ascii_gets_escapes_and_json_stays_utf8(polled: Newsroom) -> None:
    def said(*arguments: str) -> bytes:
        return subprocess.run(
            [sys.executable, "-m", "aggregator", "--config", str(polled.file), *arguments],
            cwd=ROOT, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, check=True,
        ).stdout  # fmt: skip

    assert said("show", "1").isascii()
    assert said("explain", "down").isascii()
    assert "låte".encode() in said("items", "--json")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("aggregator ex", ["explain", "export"]),
        ("aggregator items --outlet P", ["Port News"]),
        ("aggregator explain ", ["Port News", "Quay", "Down"]),
    ],
)
def test_shells_are_offered_commands_and_outlets(polled: Newsroom, typed: str, offered: list[str]) -> None:
    asked = {
        "_AGGREGATOR_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }
    said = subprocess.run(
        [sys.executable, "-m", "aggregator"],
        cwd=ROOT, env={**os.environ, **asked, "AGGREGATOR_CONFIG": str(polled.file)}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert said.stdout.splitlines() == offered


def test_no_color_is_honoured_and_pipes_get_none(over: Terminal) -> None:
    assert "\x1b" not in over("items").out
