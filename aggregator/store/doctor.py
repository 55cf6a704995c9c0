"""What can be wrong inside a database, each fault with its remedy."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    column,
    delete,
    func,
    insert,
    or_,
    select,
    table,
    text,
    update,
)

from aggregator.errors import StoreError, StoreFullError, StoreLockedError
from aggregator.model import Finding
from aggregator.store.duplicates import members, regroup
from aggregator.store.engine import Database, take_turn
from aggregator.store.sketches import count_left
from aggregator.store.tables import (
    comment_feeds,
    feeds,
    item_terms,
    items,
    metadata,
    pages,
    search,
    search_queue,
    story_queue,
    story_repairs,
    texts,
)

#: no claim is taken for longer than this; one that lasts longer was made by a wrong clock
_LONGEST_CLAIM = timedelta(days=1)
_RESTORE = 'put back a backup ("aggregator db backup" makes them)'
_PRUNE = 'run "aggregator db prune", which puts it right'
_docsize = table("search_docsize", column("id"))
_CHECK_INDEX = text("INSERT INTO search (search) VALUES ('integrity-check')")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """A fault that can be counted."""

    counts: Select[int]
    problem: str
    remedy: str


def examine(database: Database, now: datetime) -> tuple[Finding, ...]:
    """Every known fault that this database has; none: it is well."""
    findings = list(_examine_file(database)) if database.is_sqlite else []
    with database.reading() as connection:
        for check in _checks(connection.dialect.name, now):
            count = connection.execute(check.counts).scalar_one()
            if count:
                findings.append(Finding(problem=check.problem, remedy=check.remedy, count=count))
    return tuple(findings)


def repair(database: Database, now: datetime) -> None:
    """Puts right what can be put right without a backup."""
    damaged = database.is_sqlite and not _index_is_whole(database)
    with database.writing() as connection:
        take_turn(connection)
        _repair_copies(connection)
        for claimed in (feeds, pages, comment_feeds):
            connection.execute(
                update(claimed)
                .where(claimed.c.lease_until > now + _LONGEST_CLAIM)
                .values(lease_token=None, lease_until=None)
            )
        connection.execute(delete(item_terms).where(_lost_terms()))
        if database.is_sqlite:
            _delete_orphans(connection)
        if damaged:
            connection.execute(text("INSERT INTO search (search) VALUES ('delete-all')"))
        missing = _not_indexed(items.c.id, connection.dialect.name)
        connection.execute(insert(search_queue).from_select(["item_id"], missing))


def _repair_copies(connection: Connection) -> None:
    wrong = list(connection.execute(_wrong_copies(items.c.id)).scalars())
    if wrong:
        firsts = {member.first for member in members(connection, wrong)}
        # Those may be copies themselves: their groups belong here too.
        firsts |= {member.first for member in members(connection, firsts)}
        regroup(connection, [member.id for member in members(connection, wrong, firsts)])


def _delete_orphans(connection: Connection) -> None:
    """Rows that a program without foreign keys left behind: owners first, as theirs are lost with them."""
    for owned in metadata.sorted_tables:
        if owned.info.get("only", connection.dialect.name) != connection.dialect.name:
            continue
        for key in owned.foreign_keys:
            lost = key.parent.is_not(None) & key.parent.not_in(
                select(key.column.table.alias().c[key.column.name])
            )
            if key.ondelete == "CASCADE":
                connection.execute(delete(owned).where(lost))
            elif owned is items:  # what named a copy as its first says no more that it is one
                connection.execute(update(items).where(lost).values(duplicate_of=None, relation=None))
            else:
                connection.execute(update(owned).where(lost).values({key.parent.name: None}))


def _checks(dialect: str, now: datetime) -> Iterator[_Check]:
    yield _Check(
        counts=_wrong_copies(func.count()),
        problem="copies that name another copy as the first of their group",
        remedy=_PRUNE,
    )
    for claimed, what in ((feeds, "feeds"), (pages, "pages"), (comment_feeds, "comment feeds")):
        yield _Check(
            counts=select(func.count())
            .select_from(claimed)
            .where(claimed.c.lease_until > now + _LONGEST_CLAIM),
            problem=f"{what} claimed for more than a day ahead (was the clock wrong?): nobody polls them",
            remedy=_PRUNE,
        )
    yield _Check(
        counts=select(func.count()).select_from(search_queue),
        problem="items that the search does not find yet",
        remedy='run "python scheduler.py --once", which indexes them',
    )
    yield _Check(
        counts=select(func.count()).select_from(story_queue),
        problem="items that have no place among the stories and no hashtags yet",
        remedy='run "aggregator db upgrade", which does it at once; runs do a part of it each',
    )
    yield _Check(
        counts=count_left(),
        problem="items of an earlier version that were not compared with the others yet: copies among them "
        "are listed as articles of their own",
        remedy='run "aggregator db upgrade", which does it at once; runs do a part of it each',
    )
    yield _Check(
        counts=select(func.count()).select_from(story_repairs),
        problem="stories that lost articles and may still show them",
        remedy='run "aggregator db upgrade", which does it at once; runs do a part of it each',
    )
    yield _Check(
        counts=select(func.count()).select_from(item_terms).where(_lost_terms()),
        problem="terms by which items are found that are gone",
        remedy=_PRUNE,
    )
    yield _Check(
        counts=_not_indexed(func.count(), dialect),
        problem="items missing from the full-text index",
        remedy=_PRUNE,
    )
    yield _Check(
        counts=select(func.count()).select_from(items).where(items.c.id.not_in(select(texts.c.item_id))),
        problem="items without a row for their text",
        remedy=_RESTORE,
    )


def _lost_terms() -> ColumnElement[bool]:
    return item_terms.c.item_id.not_in(select(items.c.id))


def _wrong_copies(what: Any) -> Select[Any]:
    first = items.alias("first")
    return (
        select(what)
        .select_from(items)
        .join(first, first.c.id == items.c.duplicate_of)
        .where(or_(first.c.duplicate_of.is_not(None), first.c.id == items.c.id))
    )


def _not_indexed(what: Any, dialect: str) -> Select[Any]:
    indexed = search.c.item_id if dialect == "postgresql" else _docsize.c.id
    return (
        select(what)
        .select_from(items)
        .where(items.c.id.not_in(select(indexed)), items.c.id.not_in(select(search_queue.c.item_id)))
    )


def _examine_file(database: Database) -> Iterator[Finding]:
    """What SQLite itself can check."""
    with database.reading() as connection:
        said = [row[0] for row in connection.execute(text("PRAGMA integrity_check(20)"))]
        if said != ["ok"]:
            yield Finding(problem=f"the file is damaged: {said[0]}", remedy=_RESTORE, count=len(said))
        orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
        if orphans:
            tables = ", ".join(sorted({row[0] for row in orphans}))
            yield Finding(
                problem=f"rows that belong to nothing, in {tables}", remedy=_PRUNE, count=len(orphans)
            )
    if not _index_is_whole(database):
        yield Finding(problem="the full-text index is damaged", remedy=_PRUNE, count=1)


def _index_is_whole(database: Database) -> bool:
    """FTS5's own check, which is an INSERT."""
    try:
        with database.writing() as connection:
            connection.execute(_CHECK_INDEX)
    except StoreError as error:
        if isinstance(error, StoreLockedError | StoreFullError):
            raise
        return False
    return True
