"""What is read back, by people and by other programs."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from aggregator.model.fetching import FailureKind
from aggregator.model.habits import Habits
from aggregator.model.items import DateClaim, PublishedSource, Relation, TextSource
from aggregator.model.parsing import Enclosure
from aggregator.model.polling import FeedCondition, PollResult, Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A stored item as lists, exports and other programs see it."""

    id: int
    outlet: str
    #: the feed's URL
    feed: str
    feed_title: str
    site_url: str
    guid: str
    url: str
    canonical_url: str
    title: str
    summary: str
    text: str
    text_source: TextSource | None
    #: raw HTML of the text: of the page where ``text_source`` is "page", else of the feed
    content_html: str
    base_url: str
    authors: tuple[str, ...]
    published: datetime | None
    published_source: PublishedSource | None
    published_earliest: datetime | None
    published_latest: datetime | None
    first_seen: datetime
    updated: datetime | None
    language: str | None
    tags: tuple[str, ...]
    outlet_tags: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]
    duplicate_of: int | None
    relation: Relation | None
    #: unique in its feed and lasting (core/identity): exports make an id of it where the guid is none
    key: str = ""
    #: why the page's text is not there, "" when it is or was not wanted
    page_reason: str = ""
    page_attempts: int = 0
    page_due_at: datetime | None = None
    #: what was said of its publication, also what was not believed
    claims: tuple[DateClaim, ...] = ()
    #: address of the lead image, "" without one
    image: str = ""
    #: how the text was found, "" where it is the feed's; and how sure that is, 0 to 1
    text_method: str = ""
    text_score: float | None = None
    #: part of a flood: it is left out of exports until then
    held_until: datetime | None = None
    #: the guid that it had at first, where the publisher has changed it since
    first_guid: str | None = None
    #: of a copy that of its first; None: its place is not looked for yet
    story: int | None = None
    #: what an aggregator's page says of another outlet's article, rather than that outlet itself
    is_lead: bool = False
    #: comments that its feed counts; None where it does not
    comments: int | None = None
    #: where they are read by people, and by programs; "" where unknown
    comments_url: str = ""
    comments_feed: str = ""

    @property
    def sort_at(self) -> datetime:
        """The instant that orders lists: the earlier of ``published`` and ``first_seen``."""
        return min(self.published, self.first_seen) if self.published else self.first_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """Which items; ``since`` is inclusive, ``until`` exclusive, both against ``Item.sort_at``."""

    #: names as in feeds.toml, compared ignoring case
    outlets: tuple[str, ...] = ()
    #: of the item or of its outlet, compared ignoring case; "#oilprice": or a hashtag, however spelt
    tag: str | None = None
    #: "en" also matches "en-GB"
    language: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    copies: bool = True
    #: without what is held back at that instant; None: with it
    shown_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A feed that was found on an outlet's page and is not listed."""

    url: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """One feed as ``outlets`` shows it."""

    outlet: str
    #: the URL as configured
    feed: str
    #: still in feeds.toml
    listed: bool
    condition: FeedCondition
    reason: str
    last_attempt: datetime | None
    last_success: datetime | None
    next_poll_at: datetime | None
    items: int
    polls: int
    not_modified: int
    dropped: int
    #: pages that were tried and gave no text, and are not given up
    pages_failing: int
    terms: tuple[Term, ...] = ()
    #: its server asked for quiet until then
    hold_until: datetime | None = None
    #: when the present failures began
    failing_since: datetime | None = None
    #: of the last four weeks; None where nobody asked for it, or nothing is stored
    items_per_day: float | None = None
    #: times that items came and went between two polls, and were not found elsewhere yet
    open_gaps: int = 0
    #: where a lasting permanent redirect led, "" without one
    moved_to: str = ""
    #: the listed feed that is polled in its place, "" without one
    merged_into: str = ""
    #: why it may have died although it answers, "" while nothing speaks for it
    suspicion: str = ""
    suspected_at: datetime | None = None
    #: feeds found on its outlet's page that could take its place
    offers: tuple[Offer, ...] = ()
    #: the hub's subscription: "active", "pending", "refused", "" without one
    push: str = ""
    #: what was learned of how it names its items
    habits: Habits = field(default_factory=Habits)
    #: items of a flood that are not published yet, and when the last of them will be
    held: int = 0
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchEvent:
    """One line of a feed's fetch history."""

    at: datetime
    feed: str
    result: PollResult
    status: int | None
    #: bytes of the decoded body
    size: int
    elapsed_ms: int
    new: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One choice of a next poll time, as ``explain`` shows it."""

    at: datetime
    feed: str
    result: PollResult
    next_poll_at: datetime | None
    terms: tuple[Term, ...]
    #: a hub brought something: this was no poll
    brought: bool = False


#: died: it answers no more; drifted: it answers with something else; silent: with nothing new;
#: blocked: a bot wall answers; gap: items were lost; flood: it names old items anew, or too many at once;
#: extraction: the texts of its pages got worse
HealthKind = Literal["died", "drifted", "silent", "blocked", "gap", "flood", "extraction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthEvent:
    """What the keeper of an outlet should know today; at most one an outlet and day."""

    outlet: str
    at: datetime
    kind: HealthKind
    #: what happened, and what to do about it
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault that ``db doctor`` knows, with its remedy."""

    problem: str
    remedy: str
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A feed that could not be polled."""

    outlet: str
    feed: str
    reason: str
    kind: FailureKind | None = None
