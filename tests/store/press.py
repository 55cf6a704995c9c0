"""Values that the store's tests arrange with: feeds, items and polls, plain unless they say otherwise."""

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy import text

from aggregator.model import (
    Article,
    ArticleOutcome,
    ArticleTask,
    FeedCondition,
    FeedSpec,
    FeedState,
    Item,
    Lease,
    NewItem,
    ParsedItem,
    PollOutcome,
    Recorded,
    Schedule,
)
from aggregator.store import Store
from aggregator.store.engine import Database
from tests.conftest import NOW as NOW

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def spec(name: str = "Gulf Insider", **values: Any) -> FeedSpec:
    """A configured feed; its address comes from the outlet's name."""
    host = name.lower().replace(" ", "-") + ".example"
    values = {"url": f"https://{host}/feed", "homepage": f"https://{host}/"} | values
    return FeedSpec(outlet=name, **values)


def lease(token: str = "run-1", now: datetime = NOW) -> Lease:
    """A claim that holds for ten minutes."""
    return Lease(token=token, until=now + timedelta(minutes=10))


def digest(value: str) -> bytes:
    """16 bytes of anything."""
    return blake2b(value.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def parsed(guid: str = "1", **values: Any) -> ParsedItem:
    """An item as a feed states it."""
    plain: dict[str, Any] = {
        "guid": guid,
        "url": f"https://gulf-insider.example/{guid}",
        "title": f"Title {guid}",
        "summary": f"Summary {guid}",
        "content_html": f"<p>Content {guid}</p>",
        "base_url": "https://gulf-insider.example/",
    }
    return ParsedItem(**plain | values)


def new_item(guid: str = "1", *, entry: ParsedItem | None = None, **values: Any) -> NewItem:
    """An item to store: ``values`` of NewItem, and of ParsedItem where NewItem has none of that name."""
    own = {name: values.pop(name) for name in list(values) if name in NewItem.__dataclass_fields__}
    stated = entry or parsed(guid, **values)
    published = own.get("published")
    plain: dict[str, Any] = {
        "key": guid,
        "parsed": stated,
        "canonical_url": stated.url,
        "digest": digest(repr(stated)),
        "text": f"Text of {guid}.",
        "text_source": "feed",
        "text_digest": None,
        "published": None,
        "published_source": None if published is None else "feed",
        "published_earliest": published,
        "published_latest": published,
        "language": None,
        "page_due_at": None,
    }
    return NewItem(**plain | own)


def schedule(at: datetime | None = NOW + HOUR, **values: Any) -> Schedule:
    """Polled again in an hour."""
    plain: dict[str, Any] = {"next_poll_at": at, "condition": FeedCondition.OK, "failures": 0, "terms": ()}
    return Schedule(**plain | values)


def outcome(feed: FeedState, **values: Any) -> PollOutcome:
    """A poll that found a modified feed."""
    plain: dict[str, Any] = {
        "feed_id": feed.id,
        "lease_token": feed.lease_token,
        "at": NOW,
        "result": "modified",
        "schedule": schedule(values.get("at", NOW) + HOUR),
        "reason": "",
        "status": 200,
        "size": 1000,
        "elapsed_ms": 20,
    }
    return PollOutcome(**plain | values)


def claim(store: Store, now: datetime = NOW, token: str = "run-1", **values: Any) -> tuple[FeedState, ...]:
    """All due feeds."""
    return store.claim_due(now, lease(token, now), limit=1000, **values)


def claim_one(store: Store, now: datetime = NOW, **values: Any) -> FeedState:
    """The one feed there is, due or not."""
    (feed,) = claim(store, now, force=True, **values)
    return feed


def poll(
    store: Store, *new: NewItem, now: datetime = NOW, outlet: str = "Gulf Insider", **values: Any
) -> Recorded:
    """One poll of an outlet's feed that brings these items; the outlet is listed when it is not yet."""
    if outlet not in store.outlet_names():
        store.sync_feeds([*(spec(name) for name in store.outlet_names()), spec(outlet)], now)
    feed = claim_one(store, now, outlets=[outlet])
    return store.record_poll(outcome(feed, new=new, at=now, **values))


def all_items(store: Store) -> dict[int, Item]:
    """Every stored item by its id."""
    return {item.id: item for item in store.items()}


def groups(store: Store) -> dict[int, tuple[int | None, str | None]]:
    """What is a copy of what."""
    return {item.id: (item.duplicate_of, item.relation) for item in all_items(store).values()}


def read_page(
    store: Store, item_id: int, article: Article | None, *, now: datetime = NOW, **values: Any
) -> ArticleTask:
    """Claims an item's page and records this article for it."""
    tasks = {task.item_id: task for task in store.claim_articles(now, lease(now=now), limit=1000)}
    task = tasks[item_id]
    plain: dict[str, Any] = {"result": "extracted", "reason": "", "status": 200}
    done = ArticleOutcome(
        item_id=item_id, lease_token=task.lease_token, at=now, article=article, **plain | values
    )
    assert store.record_article(done)
    store.release(task.lease_token)
    return task


def execute(url: str, *statements: str) -> None:
    """Statements behind the store's back."""
    database = Database(url)
    with database.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))
    database.close()


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """What the database really holds."""
    database = Database(url)
    with database.reading() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    database.close()
    return found


def faults(store: Store, now: datetime = NOW) -> list[str]:
    """What `db doctor` finds, but for items that the next run gives their stories."""
    found = [finding.problem for finding in store.doctor(now)]
    return [problem for problem in found if "place among the stories" not in problem]
