"""The tables. A change here needs a migration; a test compares the two on both databases.

What is particular to one database stands in the migrations alone (which indexes leave out NULL, GIN, the
triggers): naming it here would load all of SQLAlchemy's PostgreSQL for every run on SQLite, 20 ms.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from aggregator.store.types import CleanText, Hash, Json, UtcDateTime, WordVector

#: 64 bits on PostgreSQL; SQLite's row id must be spelled INTEGER
Id = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


#: what a feed is, and when it is polled next; one small row that every poll rewrites
feeds = Table(
    "feeds",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("url", CleanText, nullable=False, unique=True),
    # as configured; outlet_key is the name with its case folded
    Column("outlet", CleanText, nullable=False),
    Column("outlet_key", CleanText, nullable=False, index=True),
    Column("homepage", CleanText, nullable=False),
    Column("tags", Json, nullable=False),
    Column("language", CleanText),
    Column("listed", Boolean, nullable=False),
    # as its document says
    Column("title", CleanText, nullable=False),
    Column("site_url", CleanText, nullable=False),
    Column("feed_language", CleanText),
    # what the last poll left
    Column("etag", CleanText),
    Column("last_modified", CleanText),
    Column("condition", Text, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("terms", Json, nullable=False),
    Column("last_attempt", UtcDateTime),
    Column("last_success", UtcDateTime),
    Column("polls", BigInteger, nullable=False),
    Column("not_modified", BigInteger, nullable=False),
    Column("dropped", BigInteger, nullable=False),
    # NULL: never again
    Column("next_poll_at", UtcDateTime, index=True),
    Column("hold_until", UtcDateTime),
    Column("lease_token", Text),
    Column("lease_until", UtcDateTime),
    Column("failing_since", UtcDateTime),
    # failures since the last success that say that there is no such feed, and when they began
    Column("absences", Integer, nullable=False, server_default="0"),
    Column("absent_since", UtcDateTime),
    # where a lasting permanent redirect led, "" without one; and one that has not lasted yet
    Column("moved_to", CleanText, nullable=False, server_default=""),
    Column("sighting", Json),
    # when a whole document last came, or a 304 although no validators were sent
    Column("last_body", UtcDateTime),
    # what its document says of when to ask
    Column("hints", Json),
    # a surge of news at many feeds may bring the next poll forward to this; NULL: it may not
    Column("movable_from", UtcDateTime),
    # the URL of the feed that is polled in its place (conditions merged and mirror)
    Column("merged_into", CleanText),
    # why it may have died although it answers, "" while nothing speaks for it; and feeds found instead
    Column("suspicion", CleanText, nullable=False, server_default=""),
    Column("suspected_at", UtcDateTime),
    Column("offers", Json),
)

#: what a feed's document held when it last changed; apart, so that a 304 does not rewrite it
documents = Table(
    "documents",
    metadata,
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True),
    Column("body_digest", LargeBinary),
    Column("shell_digest", LargeBinary),
    # packed, see store/packing.py
    Column("window", LargeBinary),
    Column("arrivals", LargeBinary),
    Column("rhythm", LargeBinary),
    # what was learned of how it names its items, and what of them changes without meaning anything
    Column("habits", Json),
)

feed_tags = Table(
    "feed_tags",
    metadata,
    Column("tag_key", CleanText, primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

items = Table(
    "items",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    # unique in its feed, decided by core/identity
    Column("key", CleanText, nullable=False),
    Column("key_hash", Hash, nullable=False),
    Column("guid", CleanText, nullable=False),
    Column("guid_hash", Hash),
    # the one that it had at first, where the publisher has changed it since: exports' ids rest on it
    Column("first_guid", CleanText),
    Column("url", CleanText, nullable=False),
    # canonical form of url: what the feed's entries are known by
    Column("link", CleanText, nullable=False),
    Column("link_hash", Hash),
    # the same until the page names another: what copies are known by
    Column("canonical_url", CleanText, nullable=False),
    Column("canonical_hash", Hash),
    # only where neither guid nor link names the item
    Column("title_hash", Hash),
    Column("title", CleanText, nullable=False),
    Column("summary", CleanText, nullable=False),
    Column("base_url", CleanText, nullable=False),
    Column("authors", Json, nullable=False),
    Column("tags", Json, nullable=False),
    Column("enclosures", Json, nullable=False),
    Column("language", CleanText),
    Column("published", UtcDateTime),
    Column("published_source", Text),
    Column("published_earliest", UtcDateTime),
    Column("published_latest", UtcDateTime),
    # what was said of its publication, also what was not believed
    Column("claims", Json),
    Column("first_seen", UtcDateTime, nullable=False),
    # the earlier of published and first_seen
    Column("sort_at", UtcDateTime, nullable=False),
    Column("updated", UtcDateTime),
    Column("digest", LargeBinary, nullable=False),
    Column("text_source", Text),
    Column("text_hash", BigInteger),
    Column("image", CleanText, nullable=False, server_default=""),
    # part of a flood: left out of exports until then
    Column("held_until", UtcDateTime),
    # the first item of its group, see store/duplicates.py
    Column("duplicate_of", Id, ForeignKey("items.id", ondelete="SET NULL")),
    Column("relation", Text),
    # NULL: an item; "lead": what an aggregator's page says of another outlet's article
    Column("kind", Text),
    # where its readers discuss it, as its feed says
    Column("comments", Integer),
    Column("comments_url", CleanText, nullable=False, server_default=""),
    Column("comments_feed", CleanText, nullable=False, server_default=""),
    Index("ix_items_feed_id_key_hash", "feed_id", "key_hash", unique=True),
    Index("ix_items_guid_hash", "guid_hash", "feed_id"),
    Index("ix_items_feed_id_link_hash", "feed_id", "link_hash"),
    Index("ix_items_feed_id_title_hash", "feed_id", "title_hash"),
    Index("ix_items_feed_id_sort_at", "feed_id", "sort_at"),
    # with the language, so that looking for a rare one reads the index alone
    Index("ix_items_sort_at", "sort_at", "id", "language"),
    Index("ix_items_canonical_hash", "canonical_hash"),
    Index("ix_items_text_hash", "text_hash"),
    Index("ix_items_duplicate_of", "duplicate_of"),
    Index("ix_items_held_until", "held_until"),
    # which languages there are, and the items of a rare one
    Index("ix_items_language", "language"),
    # a number that was shown or exported never comes back as another item
    sqlite_autoincrement=True,
)

#: the long texts, apart, so that lists and changes of state do not drag them along
texts = Table(
    "texts",
    metadata,
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("text", CleanText, nullable=False),
    # both are kept: a page that got worse must not lose what the feed said
    Column("content_html", CleanText, nullable=False),
    Column("page_html", CleanText),
    # the feed's own text and its source while the page's text stands in ``text``
    Column("feed_text", CleanText),
    Column("feed_source", Text),
    # how the page's text was found, and how sure that is in thousandths
    Column("method", Text, nullable=False, server_default=""),
    Column("score", Integer),
)

#: what was deleted, so that it does not come back with a document that still has it
tombstones = Table(
    "tombstones",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    Column("guid_hash", Hash),
    Column("link_hash", Hash),
    Column("title_hash", Hash),
    Column("buried_at", UtcDateTime, nullable=False, index=True),
    Index("ix_tombstones_feed_id_guid_hash", "feed_id", "guid_hash"),
    Index("ix_tombstones_feed_id_link_hash", "feed_id", "link_hash"),
    Index("ix_tombstones_feed_id_title_hash", "feed_id", "title_hash"),
)

#: what was learned of an outlet's pages, by site
profiles = Table(
    "profiles",
    metadata,
    Column("outlet_key", CleanText, primary_key=True),
    Column("site", CleanText, primary_key=True),
    # pages that were read, and how many of them it takes to learn anew
    Column("pages", Integer, nullable=False),
    Column("learn_at", Integer, nullable=False),
    Column("read_at", UtcDateTime, nullable=False),
    Column("learned_at", UtcDateTime),
    # packed, see store/profiles.py
    Column("profile", LargeBinary),
    # what came of the latest pages, and why they are worse than those before
    Column("looks", LargeBinary),
    Column("decline", Json),
)

#: pages as they were read, to learn from: the latest of each site
samples = Table(
    "samples",
    metadata,
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("outlet_key", CleanText, nullable=False),
    Column("site", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # by which profile the item's text was corrected
    Column("learned_at", UtcDateTime),
    Column("sample", LargeBinary, nullable=False),
    Index("ix_samples_outlet_key_site_at", "outlet_key", "site", "at"),
)

item_tags = Table(
    "item_tags",
    metadata,
    Column("tag_key", CleanText, primary_key=True),
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

#: what copies of a text are found by, see core/sketch.py
sketches = Table(
    "sketches",
    metadata,
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("words", Integer, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    # whom the text names as its source
    Column("named", Json),
)

#: the index of the sketches' smallest hashes; see store/sketches.py for why nothing refers to items
shingles = Table(
    "shingles",
    metadata,
    Column("hash", BigInteger, primary_key=True, autoincrement=False),
    Column("item_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

#: items whose texts are nearly the same, or of which one is a part of the other, with the evidence
likenesses = Table(
    "likenesses",
    metadata,
    Column("low_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("high_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, index=True),
    # "copy", "excerpt"
    Column("relation", Text, nullable=False),
    # words of either, and how many of them stand in runs that the other has too
    Column("low_words", Integer, nullable=False),
    Column("high_words", Integer, nullable=False),
    Column("low_shared", Integer, nullable=False),
    Column("high_shared", Integer, nullable=False),
    # in thousandths
    Column("resemblance", Integer, nullable=False),
    # the longest that both have, shortened
    Column("passage", CleanText, nullable=False),
    sqlite_with_rowid=False,
)

#: what readers decided: an item kept apart (with itself), or two joined (lower id first)
copy_decisions = Table(
    "copy_decisions",
    metadata,
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("other_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

#: items whose place among the stories is to be looked for, anew or again; filled by triggers
story_queue = Table(
    "story_queue",
    metadata,
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
)

#: what an item is compared by: its terms and their weights, packed; see core/features.py
features = Table(
    "features",
    metadata,
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    # as stated, else guessed: "en"; NULL where neither is possible
    Column("language", Text),
    Column("packed", LargeBinary, nullable=False),
)

#: the index of the items' strongest terms, hashed with their language (no foreign key, as in shingles)
item_terms = Table(
    "item_terms",
    metadata,
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("item_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

#: how many items have a term; 0 is the term that every item of the store has
vocabulary = Table(
    "vocabulary",
    metadata,
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("items", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: what several outlets, or one, say of one event; ids rest
stories = Table(
    "stories",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("language", Text),
    Column("headline", CleanText, nullable=False),
    Column("lead_id", Id, ForeignKey("items.id", ondelete="SET NULL"), index=True),
    # of its items' sort_at
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    # when an outlet joined last
    Column("joined_at", UtcDateTime, nullable=False),
    # different texts, and the outlets that have them
    Column("size", Integer, nullable=False),
    Column("outlets", Integer, nullable=False),
    # what new items are compared with, packed
    Column("profile", LargeBinary),
    # the story that it became part of: its id leads there
    Column("merged_into", Id, ForeignKey("stories.id", ondelete="SET NULL"), index=True),
    Index("ix_stories_last_at", "last_at", "id"),
    sqlite_autoincrement=True,
)

#: which item is in which story, and why; copies are in the story of their first
story_items = Table(
    "story_items",
    metadata,
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("story_id", Id, ForeignKey("stories.id", ondelete="CASCADE"), nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    # in thousandths
    Column("score", Integer, nullable=False),
    # what it shares with the story, the strongest first
    Column("shared", Json),
    Column("by_hand", Boolean, nullable=False),
    Index("ix_story_items_story_id", "story_id", "item_id"),
)

#: the index of the profiles of stories that still grow: which have a term
story_terms = Table(
    "story_terms",
    metadata,
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("story_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

#: stories that an item left; filled by a trigger
story_repairs = Table(
    "story_repairs",
    metadata,
    Column("story_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

#: what readers decided of two items (lower id first): of one story, or of two
story_decisions = Table(
    "story_decisions",
    metadata,
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("other_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("together", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

#: other outlets' articles beside an item; a few each
related = Table(
    "related",
    metadata,
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("other_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, index=True),
    # in thousandths
    Column("score", Integer, nullable=False),
    Column("shared", Json),
    sqlite_with_rowid=False,
)

#: an item's hashtags, a few each; item_tags are the feed's categories as they are
hashtags = Table(
    "hashtags",
    metadata,
    Column("tag_key", CleanText, primary_key=True),
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("label", CleanText, nullable=False),
    # "publisher", "page", "phrase"
    Column("source", Text, nullable=False),
    # in thousandths
    Column("weight", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: what a page says its article is about: article:tag, JSON-LD keywords
page_tags = Table(
    "page_tags",
    metadata,
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("tags", Json, nullable=False),
)

#: what a model wrote, by digest of what it was asked
answers = Table(
    "answers",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("model", CleanText, nullable=False),
    Column("body", CleanText, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)

#: comment feeds of young items that are polled
comment_feeds = Table(
    "comment_feeds",
    metadata,
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    # NULL: no more
    Column("due_at", UtcDateTime, index=True),
    Column("attempts", Integer, nullable=False),
    Column("etag", CleanText),
    Column("last_modified", CleanText),
    Column("reason", CleanText, nullable=False),
    Column("lease_token", Text),
    Column("lease_until", UtcDateTime),
)

comments = Table(
    "comments",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), nullable=False),
    Column("key_hash", Hash, nullable=False),
    Column("author", CleanText, nullable=False),
    Column("text", CleanText, nullable=False),
    Column("url", CleanText, nullable=False),
    Column("published", UtcDateTime),
    Column("first_seen", UtcDateTime, nullable=False),
    Index("ix_comments_item_id_key_hash", "item_id", "key_hash", unique=True),
)

#: what an aggregator's page says of another outlet's article; the lead is an item of its own
leads = Table(
    "leads",
    metadata,
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    # as the page names it
    Column("outlet", CleanText, nullable=False),
    Column("outlet_key", CleanText, nullable=False, index=True),
    # the article on whose page it stood
    Column("seen_on", Id, ForeignKey("items.id", ondelete="SET NULL"), index=True),
    # "3 days ago", as it was read
    Column("said", CleanText, nullable=False),
    # the outlet's own item
    Column("resolved_to", Id, ForeignKey("items.id", ondelete="SET NULL"), index=True),
    Column("evidence", Json),
)

#: what is to be sent to webhooks, and what was
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    # the hook's address and event
    Column("hook", CleanText, nullable=False),
    Column("event", Text, nullable=False),
    # the same at every attempt, and for the same news
    Column("idempotency_key", Text, nullable=False, unique=True),
    Column("body", CleanText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # NULL: delivered, or given up
    Column("due_at", UtcDateTime, index=True),
    Column("attempts", Integer, nullable=False),
    Column("status", Integer),
    Column("reason", CleanText, nullable=False),
    Column("delivered_at", UtcDateTime),
)

#: pages that are or were wanted; due_at is NULL when there is nothing more to do
pages = Table(
    "pages",
    metadata,
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("due_at", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("status", Integer),
    Column("reason", CleanText, nullable=False),
    Column("etag", CleanText),
    Column("last_modified", CleanText),
    Column("lease_token", Text),
    Column("lease_until", UtcDateTime),
    # times that it was read again after its text had been taken
    Column("rereads", Integer, nullable=False, server_default="0"),
    Index("ix_pages_due_at", "due_at"),
    Index("ix_pages_lease_token", "lease_token"),
)

#: edits of items: what was said before and after; bounded for each item
revisions = Table(
    "revisions",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # "feed", "page"
    Column("seen_in", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("summary", CleanText, nullable=False),
    # 64 bits of what a reader saw before and after: an item that goes to and fro is known by them
    Column("before_hash", BigInteger, nullable=False),
    Column("after_hash", BigInteger, nullable=False),
    # both wordings, compressed, see store/revisions.py
    Column("packed", LargeBinary, nullable=False),
    Index("ix_revisions_item_id", "item_id", "id"),
    Index("ix_revisions_at", "at", "id"),
    # the ids of exported entries are made of these numbers
    sqlite_autoincrement=True,
)

#: one line a poll, kept for 30 days
fetches = Table(
    "fetches",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("result", Text, nullable=False),
    Column("status", Integer),
    Column("size", BigInteger, nullable=False),
    Column("elapsed_ms", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("reason", CleanText, nullable=False),
    # what was decided after it; the terms of the last ten polls of a feed are kept
    Column("next_poll_at", UtcDateTime),
    Column("terms", Json),
    Index("ix_fetches_feed_id", "feed_id", "id"),
)

#: items that came and went between two polls; closed when their place was read elsewhere, or given up
gaps = Table(
    "gaps",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("opened_at", UtcDateTime, nullable=False),
    # what is missing lies between these two
    Column("after", UtcDateTime, nullable=False),
    Column("before", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    # "archive", "sitemap", "" while open, "given up"
    Column("how", Text, nullable=False),
    Column("found", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", CleanText, nullable=False),
    # NULL: nothing more is tried
    Column("due_at", UtcDateTime, index=True),
)

#: what was learned of a site's patience; a row only while it says something
sites = Table(
    "sites",
    metadata,
    Column("site", CleanText, primary_key=True),
    # no request before
    Column("free_at", UtcDateTime),
    # how far a Retry-After of one address reaches here: "url", "host", "site"; NULL: not learned
    Column("scope", Text),
    Column("learned_at", UtcDateTime),
)

#: who asked for quiet until when (Retry-After, 429, 503)
holds = Table(
    "holds",
    metadata,
    # "url", "host", "site"
    Column("kind", Text, primary_key=True),
    Column("key", CleanText, primary_key=True),
    Column("until", UtcDateTime, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("status", Integer),
    Column("reason", CleanText, nullable=False),
)

#: WebSub subscriptions
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True),
    Column("hub", CleanText, nullable=False),
    Column("topic", CleanText, nullable=False),
    # the last part of the callback's address
    Column("token", Text, nullable=False, unique=True),
    Column("secret", Text, nullable=False),
    # "pending", "active", "refused"
    Column("state", Text, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("delivered_at", UtcDateTime),
    Column("next_try_at", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("reason", CleanText, nullable=False),
)

#: what an outlet's keeper should know; one an outlet and day
events = Table(
    "events",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("outlet", CleanText, nullable=False),
    Column("outlet_key", CleanText, nullable=False),
    # "2026-01-31"
    Column("day", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", CleanText, nullable=False),
    Index("ix_events_outlet_key_day", "outlet_key", "day", unique=True),
)

#: documents that killed a worker or took too long, by digest of their bytes
set_aside = Table(
    "set_aside",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("strikes", Integer, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("reason", CleanText, nullable=False),
)

#: items whose words are not in the full-text index yet; filled by triggers
search_queue = Table(
    "search_queue",
    metadata,
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
)

#: PostgreSQL's full-text index; on SQLite ``search`` is an FTS5 table that the migration makes
search = Table(
    "search",
    metadata,
    Column("item_id", Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("words", WordVector, nullable=False),
    Index("ix_search_words", "words"),
    info={"only": "postgresql"},
)

robots = Table(
    "robots",
    metadata,
    Column("site", CleanText, primary_key=True),
    Column("text", CleanText, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
)

#: single values: the feed's own id, when the last prune ran, …
meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", CleanText, nullable=False),
)
