"""How is a run started: the options of scheduler.py, the lock, and what is told at the end.

Standard library only at the top: the lock is taken, and a wrong option refused, before the heavy
imports.
"""

import argparse
import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import __version__
from aggregator.cli import USAGE, guarded
from aggregator.lock import LockedError, acquire

if TYPE_CHECKING:
    from aggregator.config import Config

#: another run holds the lock (EX_TEMPFAIL of sysexits.h)
LOCKED = 75

_EXAMPLES = """
examples:
  %(prog)s                          the daemon: polls what is due, until SIGTERM
  %(prog)s --once                   the same work once, for cron
  %(prog)s --once --force --outlet "Gulf Insider"
  %(prog)s --once --json | jq .items.new
  %(prog)s --demo                   what it does, without any network

exit codes: 0 done, 1 every polled feed failed (or any with --strict),
            2 usage, configuration or storage error, 75 another run holds the lock
"""


def main(arguments: Sequence[str] | None = None, *, program: str = "scheduler.py") -> int:
    """One run; returns its exit code."""
    return guarded(lambda: _main(_options(program).parse_args(arguments)))


def _options(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Polls the feeds that are due, reads the articles, stores and publishes the news.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "--config", metavar="FILE", type=Path, help="default: the variable AGGREGATOR_CONFIG, else feeds.toml"
    )
    add("--once", action="store_true", help="do what is due once, print a summary, end")
    add("--force", action="store_true", help="with --once: poll every feed, due or not")
    add(
        "--outlet",
        metavar="NAME",
        action="append",
        default=[],
        help="with --once: this outlet only; repeatable",
    )
    add("--strict", action="store_true", help="with --once: exit 1 when any feed failed")
    add("--max-seconds", metavar="N", type=_seconds, help="with --once: start nothing new after N seconds")
    add("--record", metavar="DIR", type=Path, help="keep every response in DIR, for `aggregator replay DIR`")
    add("--demo", action="store_true", help="poll packaged sample outlets into a temporary database")
    add("--no-serve", action="store_true", help="with --demo: end after the table")
    add("--json", action="store_true", help="with --once: print one JSON object")
    add("-q", "--quiet", action="store_true", help="print nothing when all went well")
    add("-v", "--verbose", action="store_true", help="log every step to stderr")
    add("--version", action="version", version=f"aggregator {__version__}")
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds")
    return seconds


def _main(options: argparse.Namespace) -> int:
    wrong = _misuse(options)
    if wrong:
        return _refuse(wrong)
    if options.demo:
        from aggregator.cli.demo import run as run_demo

        return run_demo(serve=not options.no_serve, json=options.json, quiet=options.quiet)
    path = options.config or Path(os.environ.get("AGGREGATOR_CONFIG") or "feeds.toml")
    if not path.exists():
        return _refuse(f"{path} is not there; `aggregator init` writes one")
    with ExitStack() as held:
        try:
            return _run(path, options, held)
        except LockedError as exc:
            sys.stderr.write(f"{exc}\n")
            return LOCKED


def _run(path: Path, options: argparse.Namespace, held: ExitStack) -> int:
    """Under two locks: one that costs nothing to find, one that is the same for all who use the database."""
    held.callback(acquire(path).release)
    if not options.once:  # until the daemon listens itself
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    gc.disable()  # what is loaded stays: looking through it again and again is a tenth of the loading
    from aggregator.config import load

    config = load(path)
    outlets = _outlets(options.outlet, config)
    database = _database_file(config.store.url)
    if database is not None:
        held.callback(acquire(database).release)
    return _once(config, outlets, options) if options.once else _daemon(config, options)


def _database_file(url: str) -> Path | None:
    """The file of an SQLite database."""
    name = url.partition(":///")[2].partition("?")[0] if url.startswith("sqlite") else ""
    return Path(name) if name and name != ":memory:" else None


def _misuse(options: argparse.Namespace) -> str:
    """A sentence about options that do not go together, "" when they do."""
    if options.record and options.demo:
        return "--record goes with polling, not with --demo"
    only_once = {
        "--force": options.force,
        "--outlet": options.outlet,
        "--strict": options.strict,
        "--max-seconds": options.max_seconds,
        "--json": options.json,
    }
    given = [name for name, value in only_once.items() if value]
    if given and not (options.once or options.demo):
        return f"{given[0]} goes with --once"
    return ""


def _refuse(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return USAGE


def _daemon(config: "Config", options: argparse.Namespace) -> int:
    from aggregator import daemon, logs
    from aggregator.config import load

    logs.configure(verbose=options.verbose, quiet=options.quiet)
    _loaded()
    return daemon.run(config, reload=lambda: load(config.path), record=options.record)


def _once(config: "Config", outlets: tuple[str, ...], options: argparse.Namespace) -> int:
    from aggregator import app, logs
    from aggregator.cli.summary import told
    from aggregator.progress import for_person
    from aggregator.report import RunOptions, exit_code, to_json, went_well

    # the table says what failed; events are for who asks for them
    logs.configure(verbose=options.verbose, silent=not options.verbose)
    _loaded()
    wanted = RunOptions(force=options.force, outlets=outlets, max_time=_span(options.max_seconds))
    progress = for_person(quiet=options.quiet or options.verbose)
    report = app.run_once(config, wanted, progress=progress, record=options.record)
    if options.json:
        from aggregator.cli.output import print_json

        print_json(to_json(report))
    elif not (options.quiet and went_well(report)):
        told(report, config, now=report.finished)
    return exit_code(report, strict=options.strict)


def _loaded() -> None:
    gc.freeze()
    gc.enable()


def _outlets(names: Sequence[str], config: "Config") -> tuple[str, ...]:
    from aggregator.cli.outlet_names import resolve_configured

    wanted = tuple(resolve_configured(name, config) for name in names)
    for outlet in config.outlets:
        if outlet.name in wanted and not outlet.enabled:
            sys.stderr.write(f"{outlet.name} is disabled in {config.path.name}: it is not polled.\n")
    return wanted


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
