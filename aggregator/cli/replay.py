"""How is a recording repeated: `aggregator replay`, and the test of one outlet that it makes."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli import output
from aggregator.cli.command import Run, command
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.replay import Replayed

#: requests without an answer that are named
_NAMED = 10
#: what a kind of step is called in the table, in the order of the table
_STEPS = {
    "poll": "Polls",
    "delivery": "Deliveries",
    "page": "Article pages",
    "learn": "Lessons of pages",
    "discover": "Home pages",
    "gap": "Gaps looked into",
    "health": "Daily looks",
    "publish": "Publishings",
}


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    command(app, "replay", examples=_REPLAY)(replay)


_REPLAY = """
python scheduler.py --once --record tape     records
aggregator replay tape                       into a new folder among the temporary ones
aggregator replay tape --output there --compare
aggregator replay tape --outlet "Gulf Insider" --as-test tests/gulf_insider
"""


def replay(
    run: Run,
    tape: Annotated[Path, typer.Argument(metavar="DIR", help="What --record DIR has written.")],
    folder: Annotated[
        Path | None,
        typer.Option(
            "--output", metavar="DIR", help="For database and exports; new or empty. Default: a new folder."
        ),
    ] = None,
    outlet: Annotated[str | None, typer.Option(metavar="NAME", help="Only this outlet.")] = None,
    test: Annotated[
        Path | None,
        typer.Option("--as-test", metavar="DIR", help="With --outlet: make a test of it in DIR."),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Show how exports differ from the recorded ones.")
    ] = False,
) -> None:
    """Rebuild database and exports from a recording, without a network.

    Ends with 1 when the exports are not those of the recorded run, or a request has no recorded answer.
    """
    if test is not None and (outlet is None or folder is not None or compare):
        raise UsageError("--as-test DIR goes with --outlet NAME, and without --output and --compare")
    from aggregator import logs
    from aggregator.replay import as_test
    from aggregator.replay import replay as repeat

    logs.configure(verbose=run.verbose, silent=not run.verbose)
    if test is not None and outlet is not None:
        with tempfile.TemporaryDirectory(prefix="aggregator-replay-") as scratch:
            made = as_test(tape, outlet, test, lambda: Path(tempfile.mkdtemp(dir=scratch)))
        _test_told(run, made, test)
        return
    made = repeat(tape, folder or Path(tempfile.mkdtemp(prefix="aggregator-replay-")), outlet=outlet)
    if run.json:
        output.print_json(_object(made))
    elif not (run.quiet and _is_same(made)):
        _told(made, compare=compare)
    raise typer.Exit(0 if _is_same(made) else 1)


def _is_same(made: "Replayed") -> bool:
    return not made.missing and made.same == made.compared


def _test_told(run: Run, made: "Replayed", test: Path) -> None:
    if run.json:
        output.print_json({"test": str(test), "items": made.items, "responses": made.responses})
    elif not run.quiet:
        output.print_line(
            f"{test} is a test of {_count(made.items, 'item')} from {_count(made.responses, 'response')}: "
            f"`python -m pytest {test}` runs it; it passes now."
        )


def _told(made: "Replayed", *, compare: bool) -> None:
    rows = [(words, str(made.steps[kind])) for kind, words in _STEPS.items() if made.steps.get(kind)]
    rows = [("Runs", str(made.runs)), *rows, ("Responses", str(made.responses)), ("Items", str(made.items))]
    output.console().print(output.table(("Replayed", "Number#"), rows))
    output.print_line()
    for sentence in _sentences(made):
        output.print_line(sentence)
    if compare:
        for difference in made.differences:
            output.print_line()
            for line in difference.lines or (f"{difference.file}: what was recorded of it is its digest",):
                output.print_line(line)


def _sentences(made: "Replayed") -> "Iterator[str]":
    yield from made.notes
    if made.missing:
        yield f"{_count(len(made.missing), 'request')} without a recorded answer:"
        yield from (f"  {request}" for request in made.missing[:_NAMED])
    if made.compared:
        yield _comparison(made)
    yield f"All rows: {made.digest}"
    yield f"Database: {made.config.parent / 'aggregator.db'}; exports: {made.exports}"
    yield f"`aggregator --config {made.config} items` lists the items."


def _comparison(made: "Replayed") -> str:
    if made.same == made.compared:
        return f"{_count(made.compared, 'published file')} compared: all the same as recorded."
    words = (
        f"{made.compared - made.same} of {_count(made.compared, 'published file')} differ from the recorded"
    )
    if not made.differences:
        return f"{words}; in the end all are the same."
    names = ", ".join(difference.file for difference in made.differences)
    return f"{words}; in the end: {names} (--compare shows how)."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _object(made: "Replayed") -> dict[str, Any]:
    return {
        "folder": str(made.folder),
        "config": str(made.config),
        "exports": str(made.exports),
        "runs": made.runs,
        "steps": dict(made.steps),
        "responses": made.responses,
        "missing": list(made.missing),
        "items": made.items,
        "digest": made.digest,
        "notes": list(made.notes),
        "compared": made.compared,
        "same": made.same,
        "differences": [{"file": one.file, "lines": list(one.lines)} for one in made.differences],
    }
