"""scheduler.py: its options, its lock, and what it prints; the program itself over a loopback server."""

# ruff: noqa: E501, ISC004  sentences stand as they are printed

import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from aggregator.cli import schedule
from tests.cli.conftest import Result
from tests.conftest import ROOT
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, outlet, rss

Scheduler = Callable[..., Result]


def feed(site: FakeSite, *numbers: int) -> str:
    site.serve("/feed.xml", rss([Entry(number=n, link=site.url(f"/{n}"), summary="S") for n in numbers]))
    return site.url("/feed.xml")


@pytest.fixture
def scheduler(newsroom: Newsroom, capsys: pytest.CaptureFixture[str]) -> Iterator[Scheduler]:
    """scheduler.py in this process: the same but for the interpreter's start."""

    def run(*arguments: str) -> Result:
        capsys.readouterr()
        code = schedule.main(["--config", str(newsroom.file), *arguments])
        out, err = capsys.readouterr()
        return Result(code=code, out=out, err=err)

    yield run
    structlog.reset_defaults()


def test_once_prints_a_summary_and_ends_with_0(newsroom: Newsroom, site: FakeSite) -> None:
    newsroom.outlets(outlet("Port", feed(site, 1, 2)))

    first = newsroom.scheduler("--once")
    again = newsroom.scheduler("--once")

    assert (first.returncode, first.stderr) == (0, "")
    assert "1 feed polled (1 modified, 0 not modified): 2 new items, 0 changed." in first.stdout
    assert first.stdout.splitlines()[0].split() == ["Outlet", "New", "Changed", "Result"]
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.splitlines()[0] == "Nothing was due."
    assert again.stdout.splitlines()[1].startswith("Next poll in ")


def test_once_json_is_one_object_of_the_contract(
    scheduler: Scheduler, newsroom: Newsroom, site: FakeSite
) -> None:
    newsroom.outlets(outlet("Port", feed(site, 1, 2)), outlet("Down", site.url("/none.xml")))

    run = scheduler("--once", "--json")
    said = run.json

    assert (run.code, run.err) == (0, "")
    assert said["feeds"] == {"total": 2, "due": 2, "polled": 2, "modified": 1, "not_modified": 0, "failed": 1}
    assert said["items"] == {"new": 2, "changed": 0, "unchanged": 0}
    assert [failure["outlet"] for failure in said["failures"]] == ["Down"]


def test_quiet_says_nothing_when_all_went_well_and_everything_when_not(
    scheduler: Scheduler, newsroom: Newsroom, site: FakeSite
) -> None:
    newsroom.outlets(outlet("Port", feed(site, 1)))
    well = scheduler("--once", "--quiet")
    newsroom.outlets(outlet("Down", site.url("/none.xml")))
    badly = scheduler("--once", "--quiet")

    assert (well.code, well.out, well.err) == (0, "", "")
    assert badly.code == 1
    assert "404" in badly.out


def test_strict_fails_when_any_feed_does(scheduler: Scheduler, newsroom: Newsroom, site: FakeSite) -> None:
    newsroom.outlets(outlet("Port", feed(site, 1)), outlet("Down", site.url("/none.xml")))

    assert scheduler("--once", "--strict").code == 1
    assert scheduler("--once", "--force").code == 0


def test_an_outlet_is_chosen_ignoring_case_and_an_unknown_one_refused(
    scheduler: Scheduler, newsroom: Newsroom, site: FakeSite
) -> None:
    newsroom.outlets(outlet("Port", feed(site, 1)), outlet("Quay", site.url("/none.xml")))

    chosen = scheduler("--once", "--json", "--outlet", "PORT")
    unknown = scheduler("--once", "--outlet", "Prt")

    assert chosen.json["feeds"]["polled"] == 1
    assert (unknown.code, unknown.out) == (2, "")
    assert unknown.err == 'there is no outlet "Prt"; did you mean "Port"?\n'


def test_without_any_name_found_the_demo_is_named(scheduler: Scheduler, newsroom: Newsroom) -> None:
    newsroom.outlets(outlet("Nowhere", "http://nowhere.invalid/feed"))

    run = scheduler("--once")

    assert run.code == 1
    assert "No host name could be looked up" in run.out
    assert "`aggregator demo`" in run.out


def test_verbose_logs_every_step_to_stderr(scheduler: Scheduler, newsroom: Newsroom, site: FakeSite) -> None:
    newsroom.outlets(outlet("Port", feed(site, 1)))

    run = scheduler("--once", "--verbose", "--json")

    assert "event=polled outlet=Port" in run.err
    assert run.json["feeds"]["polled"] == 1


def test_two_configurations_over_one_database_are_kept_apart(newsroom: Newsroom, site: FakeSite) -> None:
    newsroom.outlets(outlet("Port", feed(site, 1)))
    other = newsroom.directory / "other.toml"
    other.write_text(newsroom.file.read_text())
    holder = subprocess.Popen(
        [sys.executable, "-c", "import sys, time; from pathlib import Path; from aggregator.lock import acquire; "
         f"lock = acquire(Path({str(newsroom.directory / 'news.db')!r})); print('held', flush=True); time.sleep(60)"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        run = newsroom.scheduler("--once")
    finally:
        holder.kill()
        holder.communicate()

    assert run.returncode == 75
    assert f"(process {holder.pid})" in run.stderr


def test_a_configuration_with_errors_touches_nothing(newsroom: Newsroom) -> None:
    newsroom.file.write_text("[fecth]\n[[outlet]]\n")

    run = newsroom.scheduler("--once")

    assert (run.returncode, run.stdout) == (2, "")
    assert len(run.stderr.splitlines()) == 3
    assert not (newsroom.directory / "aggregator.db").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--force"], "--force goes with --once"),
        (["--max-seconds", "5"], "--max-seconds goes with --once"),
        (["--demo", "--record", "tape"], "--record goes with polling, not with --demo"),
        (["--once", "--max-seconds", "-1"], "argument --max-seconds: -1 is not a number of seconds"),
        (["--json"], "--json goes with --once"),
        (["--ones"], "unrecognized arguments: --ones"),
    ],
)
def test_wrong_options_are_refused_in_a_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert schedule.main(arguments) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith(f"{sentence}\n")


def test_a_missing_file_says_how_to_get_one(newsroom: Newsroom, capsys: pytest.CaptureFixture[str]) -> None:
    assert schedule.main(["--once", "--config", str(newsroom.file)]) == 2
    assert capsys.readouterr().err == f"{newsroom.file} is not there; `aggregator init` writes one\n"


def test_help_and_version_need_nothing_but_the_standard_library() -> None:
    for option, start in (("--help", "usage: scheduler.py"), ("--version", "aggregator 0.1.0")):
        run = subprocess.run(
            [sys.executable, "-c", "import sys, runpy; sys.argv = ['scheduler.py', sys.argv[1]]; "
             "runpy.run_path('scheduler.py', run_name='__main__')", option],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert run.stdout.startswith(start)


def test_a_missing_package_is_told_with_what_to_type(tmp_path: Path) -> None:
    bare = tmp_path / "checkout"
    bare.mkdir()
    (bare / "scheduler.py").write_text((ROOT / "scheduler.py").read_text())

    run = subprocess.run(
        [sys.executable, "-S", "-E", str(bare / "scheduler.py"), "--once"],
        cwd=bare, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == (
        "Python packages are missing (aiohttp, alembic, apscheduler, …); "
        f"in {bare} type `./run`, or: python3 -m venv .venv && .venv/bin/pip install .\n"
    )


def test_the_virtual_environment_beside_it_is_used_without_being_activated(tmp_path: Path) -> None:
    (tmp_path / "scheduler.py").write_text((ROOT / "scheduler.py").read_text())
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "own python: $@"\n')
    python.chmod(0o755)

    run = subprocess.run(
        [sys.executable, "-S", "-E", str(tmp_path / "scheduler.py"), "--once"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert run.stdout == f"own python: {tmp_path / 'scheduler.py'} --once\n"


def test_every_declared_dependency_is_looked_for() -> None:
    names: dict[str, object] = {}
    exec(
        compile((ROOT / "scheduler.py").read_text(), "scheduler.py", "exec"),
        {"__name__": "x", "__file__": "x"},
        names,
    )
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    named_otherwise = {"pystemmer": "Stemmer"}
    names_of = (name.partition(">")[0].lower().replace("-", "_") for name in declared)
    wanted = {named_otherwise.get(name, name) for name in names_of}

    assert set(names["NEEDED"]) == wanted  # type: ignore[call-overload]
