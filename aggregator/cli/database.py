"""How is the database looked after: migrations, retention, backup, diagnosis."""

from pathlib import Path
from typing import Annotated

import typer

from aggregator.cli import output
from aggregator.cli.command import Run, command
from aggregator.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add ``db`` and its commands."""
    group = typer.Typer(help="Look after the database.", no_args_is_help=True, rich_markup_mode=None)
    command(group, "upgrade", examples=_UPGRADE)(upgrade)
    command(group, "prune", examples=_PRUNE)(prune)
    command(group, "backup", examples=_BACKUP)(backup)
    command(group, "doctor", examples=_DOCTOR)(doctor)
    app.add_typer(group, name="db")


#: items that are compared in one transaction: others wait for it
_BATCH = 100
_UPGRADE = "aggregator db upgrade                   after installing a newer version"


def upgrade(run: Run) -> None:
    """Bring the database up to date.

    To the version that this program needs; a current one is left as it is. Looks for copies among what an
    earlier version stored, makes it searchable and finds its stories; where that is interrupted, the next
    runs go on with it.
    """
    from aggregator.progress import bar
    from aggregator.store import Store

    config = run.config()
    Store.upgrade(config.store.url)
    with run.store(config) as store:
        left, unindexed, unplaced = store.count_unsketched(), store.count_pending(), store.count_unplaced()
        with bar("copies", left, quiet=run.quiet) as advance:
            while store.sketch_stored(_BATCH):
                advance(_BATCH)
        with bar("search", store.count_pending(), quiet=run.quiet) as advance:
            while indexed := store.index_pending():
                advance(indexed)
        with bar("stories", store.count_unplaced(), quiet=run.quiet) as advance:
            while placed := store.place_stories(run.now):
                advance(placed)
    done = {"compared": left, "indexed": unindexed, "placed": unplaced}
    told = (
        _counted(left, "of an earlier version compared for copies"),
        _counted(unindexed, "made searchable"),
    )
    more = _counted(
        unplaced,
        f"given {'its place in a story' if unplaced == 1 else 'their places in stories'} and hashtags",
    )
    _done(run, {"upgraded": True, **done}, " ".join(filter(None, ("The database is current.", *told, more))))


def _counted(number: int, done: str) -> str:
    return f"{number} {'article' if number == 1 else 'articles'} {done}." if number else ""


_PRUNE = "aggregator db prune                     as the daemon does once a day"


def prune(run: Run) -> None:
    """Delete what is too old.

    Items older than [store] keep; what is still in a feed stays.
    """
    config = run.config()
    with run.store(config) as store:
        deleted = store.prune(run.now, config.store.keep)
    _done(run, {"deleted": deleted}, f"{deleted} {'item' if deleted == 1 else 'items'} deleted.")


_BACKUP = "aggregator db backup news-2026-01-31.db     while the daemon runs, if it does"


def backup(
    run: Run, file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.")]
) -> None:
    """Write a copy of the database.

    Whole or not at all; others may go on using the database meanwhile.
    """
    if file.exists():
        raise UsageError(f"{file} is there already; it is left as it is")
    config = run.config()
    with run.store(config) as store:
        store.backup(file)
    _done(run, {"file": str(file), "bytes": file.stat().st_size}, f"{file} holds a copy of the database.")


_DOCTOR = """
aggregator db doctor                    each known fault, and what to do about it
"""


def doctor(run: Run) -> None:
    """Name known faults, and their remedies."""
    config = run.config()
    with run.store(config) as store:
        findings = store.doctor(run.now)
    for found in findings:
        if run.json:
            output.print_json({"problem": found.problem, "remedy": found.remedy, "count": found.count})
        else:
            output.print_line(f"{found.problem}\n  → {found.remedy}")
    if not findings and not run.json:
        output.print_line("No faults found.")


def _done(run: Run, result: dict[str, object], sentence: str) -> None:
    if run.json:
        output.print_json(result)
    elif not run.quiet:
        output.print_line(sentence)
