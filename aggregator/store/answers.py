"""What a model wrote, kept by what it was asked; and how much of the day's budget that took."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from aggregator.model.answers import Answer
from aggregator.store.tables import answers

#: how long answers are kept: as long as items are by default
_KEPT = timedelta(days=365)


def record(connection: Connection, answer: Answer) -> None:
    """Keeps an answer in the place of one to the same prompt."""
    connection.execute(delete(answers).where(answers.c.digest == answer.digest))
    connection.execute(
        insert(answers).values(
            digest=answer.digest,
            model=answer.model,
            body=answer.body,
            tokens=answer.tokens,
            at=answer.at,
        )
    )


def bodies(connection: Connection, digests: Collection[bytes]) -> Mapping[bytes, str]:
    """What may be shown of each answer that is there, by its digest."""
    if not digests:
        return {}
    rows = connection.execute(
        select(answers.c.digest, answers.c.body).where(answers.c.digest.in_(sorted(digests)))
    )
    return {bytes(row.digest): row.body for row in rows}


def spent_since(connection: Connection, since: datetime) -> int:
    """Tokens of the answers since then."""
    total = connection.execute(select(func.sum(answers.c.tokens)).where(answers.c.at >= since)).scalar()
    return int(total or 0)


def forget(connection: Connection, now: datetime) -> None:
    """Deletes old answers."""
    connection.execute(delete(answers).where(answers.c.at < now - _KEPT))
