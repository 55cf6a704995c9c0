"""Every value that crosses from one room to another, one file a leg of the trip.

All are frozen and keyword-only; every datetime is aware and in UTC; sequences are tuples.
"""

from aggregator.model.articles import Article, ArticleOutcome, ArticleResult, ArticleTask
from aggregator.model.fetching import FailureKind, Fetched, FetchFailed, FetchResult, NotModified, Validators
from aggregator.model.items import (
    ChangedItem,
    Changes,
    FullText,
    Keyed,
    KnownItem,
    NewItem,
    Place,
    PublishedSource,
    Relation,
    TextSource,
)
from aggregator.model.parsing import Enclosure, ParsedFeed, ParsedItem
from aggregator.model.polling import (
    LEASE,
    FeedCondition,
    FeedSpec,
    FeedState,
    Lease,
    Plan,
    PollOutcome,
    PollResult,
    Recorded,
    Schedule,
    Term,
    WindowEntry,
)
from aggregator.model.reading import Failure, FeedHealth, FetchEvent, Finding, Item, ItemFilter

__all__ = [
    "LEASE",
    "Article",
    "ArticleOutcome",
    "ArticleResult",
    "ArticleTask",
    "ChangedItem",
    "Changes",
    "Enclosure",
    "Failure",
    "FailureKind",
    "FeedCondition",
    "FeedHealth",
    "FeedSpec",
    "FeedState",
    "FetchEvent",
    "FetchFailed",
    "FetchResult",
    "Fetched",
    "Finding",
    "FullText",
    "Item",
    "ItemFilter",
    "Keyed",
    "KnownItem",
    "Lease",
    "NewItem",
    "NotModified",
    "ParsedFeed",
    "ParsedItem",
    "Place",
    "Plan",
    "PollOutcome",
    "PollResult",
    "PublishedSource",
    "Recorded",
    "Relation",
    "Schedule",
    "Term",
    "TextSource",
    "Validators",
    "WindowEntry",
]
