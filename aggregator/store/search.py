"""Full text: one syntax for both databases, and the index behind it.

Words must all match, in any order; ``"words in quotes"`` stand together; ``-word`` must be absent.
Case and accents make no difference. What the user typed reaches no query language: it is taken apart
into words here, and put together again from them.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, select, table, text
from sqlalchemy import column as sql_column

from aggregator.errors import UsageError
from aggregator.model import ItemFilter
from aggregator.store.among import among
from aggregator.store.engine import take_turn
from aggregator.store.items import matching
from aggregator.store.tables import items, search, search_queue, texts

#: how much a word counts in title, summary and text
_WEIGHTS = (8.0, 2.0, 1.0)
#: characters of a text that PostgreSQL indexes: a tsvector holds 1 MB of words
_INDEXED = 150_000

#: terms of a query: FTS5 nests each -word, and takes 256 levels
_TERMS = 50

_TERM = re.compile(r'(-?)(?:"([^"]*)"|([^\s"]+))')
_WORD = re.compile(r"[^\W_]+")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a user asked for: each term is one word or the words of a phrase."""

    wanted: tuple[tuple[str, ...], ...]
    unwanted: tuple[tuple[str, ...], ...] = ()


def parse_query(query: str) -> Query:
    """The terms of a query; UsageError when there is nothing to look for or a quote is left open."""
    plain = unicodedata.normalize("NFC", query).translate(_QUOTES)
    if plain.count('"') % 2:
        raise UsageError(f'search: {query!r} has a quote that is not closed; write phrases as "two words"')
    wanted: list[tuple[str, ...]] = []
    unwanted: list[tuple[str, ...]] = []
    for minus, phrase, word in _TERM.findall(plain):
        words = tuple(_WORD.findall(phrase or word))
        if words:
            (unwanted if minus else wanted).append(words)
    if not wanted:
        reason = "only says what must be absent" if unwanted else "holds no word"
        raise UsageError(
            f'search: {query!r} {reason}; type words to find, for example: bahrain "grand prix" -formula'
        )
    if len(wanted) + len(unwanted) > _TERMS:
        raise UsageError(f"search: more than {_TERMS} words and phrases; leave some out")
    return Query(wanted=tuple(wanted), unwanted=tuple(unwanted))


def fold(value: str) -> str:
    """The text without case and accents, as FTS5's tokenizer sees it."""
    if value.isascii():
        return value.lower()
    decomposed = unicodedata.normalize("NFD", value)
    return "".join([letter for letter in decomposed if not unicodedata.combining(letter)]).lower()


# ── looking up ───────────────────────────────────────────────────────────────────────────────

#: PostgreSQL's configuration without stemming and stop words
_SIMPLE = text("'simple'::regconfig")

_fts = table("search", sql_column("rowid"), sql_column("rank"))


def best_first(query: Query, which: ItemFilter, *, is_sqlite: bool) -> Select[int]:
    """The ids of matching items: the best first, the newer of equals first."""
    found = _sqlite(query) if is_sqlite else _postgresql(query)
    ids = found.where(*matching(which)).order_by(items.c.sort_at.desc(), items.c.id.desc())
    return ids if which.limit is None else ids.limit(which.limit)


def _sqlite(query: Query) -> Select[int]:
    """https://www.sqlite.org/fts5.html#full_text_query_syntax, every word as a string of its own."""
    match = " AND ".join(_quoted(words) for words in query.wanted)
    for words in query.unwanted:
        match = f"({match}) NOT {_quoted(words)}"
    condition = text("search MATCH :query").bindparams(query=match)
    rank = text(f"bm25(search, {', '.join(map(str, _WEIGHTS))})")
    return (
        select(items.c.id).join_from(_fts, items, items.c.id == _fts.c.rowid).where(condition).order_by(rank)
    )


def _quoted(words: tuple[str, ...]) -> str:
    return f'"{" ".join(words)}"'


def _postgresql(query: Query) -> Select[int]:
    asked = _phrase(query.wanted[0])
    for words in query.wanted[1:]:
        asked = asked.op("&&")(_phrase(words))
    for words in query.unwanted:
        asked = asked.op("&&")(func.tsquery_not(_phrase(words)))
    rank = func.ts_rank(text("'{0.1, 0.1, 0.3, 1.0}'"), search.c.words, asked, 1)
    return (
        select(items.c.id)
        .join_from(search, items, items.c.id == search.c.item_id)
        .where(search.c.words.op("@@")(asked))
        .order_by(rank.desc())
    )


def _phrase(words: tuple[str, ...]) -> ColumnElement[Any]:
    return func.phraseto_tsquery(_SIMPLE, fold(" ".join(words)))


# ── indexing ─────────────────────────────────────────────────────────────────────────────────


def any_pending(connection: Connection) -> bool:
    """Whether an item waits to be indexed."""
    return bool(connection.execute(select(select(search_queue.c.item_id).exists())).scalar())


def index_pending(connection: Connection, batch: int) -> int:
    """Takes up to ``batch`` items into the index; how many there were."""
    take_turn(connection)
    waiting = select(search_queue.c.item_id).order_by(search_queue.c.item_id).limit(batch)
    ids = list(connection.execute(waiting).scalars())
    if ids:
        if connection.dialect.name == "postgresql":
            _index_postgresql(connection, ids)
        else:
            connection.execute(_INDEX_SQLITE, {"last": ids[-1]})
        connection.execute(delete(search_queue).where(search_queue.c.item_id <= ids[-1]))
    return len(ids)


_INDEX_SQLITE = text(
    "INSERT INTO search (rowid, title, summary, text)"
    " SELECT items.id, items.title, items.summary, texts.text"
    " FROM search_queue JOIN items ON items.id = search_queue.item_id"
    " JOIN texts ON texts.item_id = items.id"
    " WHERE search_queue.item_id <= :last ORDER BY search_queue.item_id"
)


def _index_postgresql(connection: Connection, ids: list[int]) -> None:
    """Words are folded and told apart here, as queries are: the server's own rules know neither
    accents (without the extension unaccent) nor, in the C locale, any letter beyond ASCII.
    """
    rows = connection.execute(
        select(items.c.id, items.c.title, items.c.summary, texts.c.text)
        .join(texts, texts.c.item_id == items.c.id)
        .where(among(items.c.id, "ids")),
        {"ids": ids},
    )
    values = [
        {
            "id": row.id,
            "title": _words(row.title),
            "summary": _words(row.summary),
            "text": _words(row.text),
        }
        for row in rows
    ]
    if values:
        connection.execute(_INDEX_POSTGRESQL, values)


def _words(value: str) -> str:
    return " ".join(_WORD.findall(fold(value[:_INDEXED])))


_INDEX_POSTGRESQL = text(
    "INSERT INTO search (item_id, words) VALUES (:id,"
    " setweight(to_tsvector('simple', :title), 'A')"
    " || setweight(to_tsvector('simple', :summary), 'B')"
    " || setweight(to_tsvector('simple', :text), 'D'))"
    " ON CONFLICT (item_id) DO UPDATE SET words = excluded.words"
)
