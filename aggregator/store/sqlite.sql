CREATE TABLE aggregator_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT aggregator_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE answers (
	digest BLOB NOT NULL, 
	model TEXT NOT NULL, 
	body TEXT NOT NULL, 
	tokens INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_answers PRIMARY KEY (digest)
);

CREATE TABLE comment_feeds (
	item_id INTEGER NOT NULL, 
	due_at BIGINT, 
	attempts INTEGER NOT NULL, 
	etag TEXT, 
	last_modified TEXT, 
	reason TEXT NOT NULL, 
	lease_token TEXT, 
	lease_until BIGINT, 
	CONSTRAINT pk_comment_feeds PRIMARY KEY (item_id), 
	CONSTRAINT fk_comment_feeds_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
);

CREATE TABLE comments (
	id INTEGER NOT NULL, 
	item_id INTEGER NOT NULL, 
	key_hash BIGINT NOT NULL, 
	author TEXT NOT NULL, 
	text TEXT NOT NULL, 
	url TEXT NOT NULL, 
	published BIGINT, 
	first_seen BIGINT NOT NULL, 
	CONSTRAINT pk_comments PRIMARY KEY (id), 
	CONSTRAINT fk_comments_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
);

CREATE TABLE copy_decisions (
	item_id INTEGER NOT NULL, 
	other_id INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_copy_decisions PRIMARY KEY (item_id, other_id), 
	CONSTRAINT fk_copy_decisions_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE, 
	CONSTRAINT fk_copy_decisions_other_id FOREIGN KEY(other_id) REFERENCES items (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;

CREATE TABLE deliveries (
	id INTEGER NOT NULL, 
	hook TEXT NOT NULL, 
	event TEXT NOT NULL, 
	idempotency_key TEXT NOT NULL, 
	body TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	due_at BIGINT, 
	attempts INTEGER NOT NULL, 
	status INTEGER, 
	reason TEXT NOT NULL, 
	delivered_at BIGINT, 
	CONSTRAINT pk_deliveries PRIMARY KEY (id), 
	CONSTRAINT uq_deliveries_idempotency_key UNIQUE (idempotency_key)
);

CREATE TABLE documents (
	feed_id INTEGER NOT NULL, 
	body_digest BLOB, 
	shell_digest BLOB, 
	window BLOB, 
	arrivals BLOB, rhythm BLOB, habits TEXT, 
	CONSTRAINT pk_documents PRIMARY KEY (feed_id), 
	CONSTRAINT fk_documents_feed_id FOREIGN KEY(feed_id) REFERENCES feeds (id) ON DELETE CASCADE
);

CREATE TABLE events (
	id INTEGER NOT NULL, 
	outlet TEXT NOT NULL, 
	outlet_key TEXT NOT NULL, 
	day TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	text TEXT NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (id)
);

CREATE TABLE features (
	item_id INTEGER NOT NULL, 
	language TEXT, 
	packed BLOB NOT NULL, 
	CONSTRAINT pk_features PRIMARY KEY (item_id), 
	CONSTRAINT fk_features_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
);

CREATE TABLE feed_tags (
	tag_key TEXT NOT NULL, 
	feed_id INTEGER NOT NULL, 
	CONSTRAINT pk_feed_tags PRIMARY KEY (tag_key, feed_id), 
	CONSTRAINT fk_feed_tags_feed_id FOREIGN KEY(feed_id) REFERENCES feeds (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;

CREATE TABLE feeds (
	id INTEGER NOT NULL, 
	url TEXT NOT NULL, 
	outlet TEXT NOT NULL, 
	outlet_key TEXT NOT NULL, 
	homepage TEXT NOT NULL, 
	tags TEXT NOT NULL, 
	language TEXT, 
	listed BOOLEAN NOT NULL, 
	title TEXT NOT NULL, 
	site_url TEXT NOT NULL, 
	feed_language TEXT, 
	etag TEXT, 
	last_modified TEXT, 
	condition TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	failures INTEGER NOT NULL, 
	terms TEXT NOT NULL, 
	last_attempt BIGINT, 
	last_success BIGINT, 
	polls BIGINT NOT NULL, 
	not_modified BIGINT NOT NULL, 
	dropped BIGINT NOT NULL, 
	next_poll_at BIGINT, 
	hold_until BIGINT, 
	lease_token TEXT, 
	lease_until BIGINT, failing_since BIGINT, absences INTEGER DEFAULT '0' NOT NULL, absent_since BIGINT, moved_to TEXT DEFAULT '' NOT NULL, sighting TEXT, last_body BIGINT, hints TEXT, movable_from BIGINT, merged_into TEXT, suspicion TEXT DEFAULT '' NOT NULL, suspected_at BIGINT, offers TEXT, 
	CONSTRAINT pk_feeds PRIMARY KEY (id), 
	CONSTRAINT uq_feeds_url UNIQUE (url)
);

CREATE TABLE fetches (
	id INTEGER NOT NULL, 
	feed_id INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	result TEXT NOT NULL, 
	status INTEGER, 
	size BIGINT NOT NULL, 
	elapsed_ms INTEGER NOT NULL, 
	new INTEGER NOT NULL, 
	reason TEXT NOT NULL, next_poll_at BIGINT, terms TEXT, 
	CONSTRAINT pk_fetches PRIMARY KEY (id), 
	CONSTRAINT fk_fetches_feed_id FOREIGN KEY(feed_id) REFERENCES feeds (id) ON DELETE CASCADE
);

CREATE TABLE gaps (
	id INTEGER NOT NULL, 
	feed_id INTEGER NOT NULL, 
	opened_at BIGINT NOT NULL, 
	"after" BIGINT NOT NULL, 
	"before" BIGINT NOT NULL, 
	closed_at BIGINT, 
	how TEXT NOT NULL, 
	found INTEGER NOT NULL, 
	attempts INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	due_at BIGINT, 
	CONSTRAINT pk_gaps PRIMARY KEY (id), 
	CONSTRAINT fk_gaps_feed_id FOREIGN KEY(feed_id) REFERENCES feeds (id) ON DELETE CASCADE
);

CREATE TABLE hashtags (
	tag_key TEXT NOT NULL, 
	item_id INTEGER NOT NULL, 
	label TEXT NOT NULL, 
	source TEXT NOT NULL, 
	weight INTEGER NOT NULL, 
	CONSTRAINT pk_hashtags PRIMARY KEY (tag_key, item_id), 
	CONSTRAINT fk_hashtags_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;

CREATE TABLE holds (
	kind TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	until BIGINT NOT NULL, 
	since BIGINT NOT NULL, 
	status INTEGER, 
	reason TEXT NOT NULL, 
	CONSTRAINT pk_holds PRIMARY KEY (kind, "key")
);

CREATE TABLE item_tags (
	tag_key TEXT NOT NULL, 
	item_id INTEGER NOT NULL, 
	CONSTRAINT pk_item_tags PRIMARY KEY (tag_key, item_id), 
	CONSTRAINT fk_item_tags_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;

CREATE TABLE item_terms (
	term BIGINT NOT NULL, 
	item_id BIGINT NOT NULL, 
	CONSTRAINT pk_item_terms PRIMARY KEY (term, item_id)
)
 WITHOUT ROWID

;

CREATE TABLE items (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	feed_id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	key_hash BIGINT NOT NULL, 
	guid TEXT NOT NULL, 
	guid_hash BIGINT, 
	url TEXT NOT NULL, 
	link TEXT NOT NULL, 
	link_hash BIGINT, 
	canonical_url TEXT NOT NULL, 
	canonical_hash BIGINT, 
	title_hash BIGINT, 
	title TEXT NOT NULL, 
	summary TEXT NOT NULL, 
	base_url TEXT NOT NULL, 
	authors TEXT NOT NULL, 
	tags TEXT NOT NULL, 
	enclosures TEXT NOT NULL, 
	language TEXT, 
	published BIGINT, 
	published_source TEXT, 
	published_earliest BIGINT, 
	published_latest BIGINT, 
	first_seen BIGINT NOT NULL, 
	sort_at BIGINT NOT NULL, 
	updated BIGINT, 
	digest BLOB NOT NULL, 
	text_source TEXT, 
	text_hash BIGINT, 
	duplicate_of INTEGER, 
	relation TEXT, held_until BIGINT, first_guid TEXT, claims TEXT, image TEXT DEFAULT '' NOT NULL, kind TEXT, comments INTEGER, comments_url TEXT DEFAULT '' NOT NULL, comments_feed TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT fk_items_duplicate_of FOREIGN KEY(duplicate_of) REFERENCES items (id) ON DELETE SET NULL, 
	CONSTRAINT fk_items_feed_id FOREIGN KEY(feed_id) REFERENCES feeds (id) ON DELETE CASCADE
);

CREATE TABLE leads (
	item_id INTEGER NOT NULL, 
	outlet TEXT NOT NULL, 
	outlet_key TEXT NOT NULL, 
	seen_on INTEGER, 
	said TEXT NOT NULL, 
	resolved_to INTEGER, 
	evidence TEXT, 
	CONSTRAINT pk_leads PRIMARY KEY (item_id), 
	CONSTRAINT fk_leads_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE, 
	CONSTRAINT fk_leads_resolved_to FOREIGN KEY(resolved_to) REFERENCES items (id) ON DELETE SET NULL, 
	CONSTRAINT fk_leads_seen_on FOREIGN KEY(seen_on) REFERENCES items (id) ON DELETE SET NULL
);

CREATE TABLE likenesses (
	low_id INTEGER NOT NULL, 
	high_id INTEGER NOT NULL, 
	relation TEXT NOT NULL, 
	low_words INTEGER NOT NULL, 
	high_words INTEGER NOT NULL, 
	low_shared INTEGER NOT NULL, 
	high_shared INTEGER NOT NULL, 
	resemblance INTEGER NOT NULL, 
	passage TEXT NOT NULL, 
	CONSTRAINT pk_likenesses PRIMARY KEY (low_id, high_id), 
	CONSTRAINT fk_likenesses_low_id FOREIGN KEY(low_id) REFERENCES items (id) ON DELETE CASCADE, 
	CONSTRAINT fk_likenesses_high_id FOREIGN KEY(high_id) REFERENCES items (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;

CREATE TABLE meta (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_meta PRIMARY KEY ("key")
);

CREATE TABLE page_tags (
	item_id INTEGER NOT NULL, 
	tags TEXT NOT NULL, 
	CONSTRAINT pk_page_tags PRIMARY KEY (item_id), 
	CONSTRAINT fk_page_tags_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
);

CREATE TABLE pages (
	item_id INTEGER NOT NULL, 
	due_at BIGINT, 
	attempts INTEGER NOT NULL, 
	status INTEGER, 
	reason TEXT NOT NULL, 
	etag TEXT, 
	last_modified TEXT, 
	lease_token TEXT, 
	lease_until BIGINT, rereads INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_pages PRIMARY KEY (item_id), 
	CONSTRAINT fk_pages_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
);

CREATE TABLE profiles (
	outlet_key TEXT NOT NULL, 
	site TEXT NOT NULL, 
	pages INTEGER NOT NULL, 
	learn_at INTEGER NOT NULL, 
	read_at BIGINT NOT NULL, 
	learned_at BIGINT, 
	profile BLOB, 
	looks BLOB, 
	decline TEXT, 
	CONSTRAINT pk_profiles PRIMARY KEY (outlet_key, site)
);

CREATE TABLE related (
	item_id INTEGER NOT NULL, 
	other_id INTEGER NOT NULL, 
	score INTEGER NOT NULL, 
	shared TEXT, 
	CONSTRAINT pk_related PRIMARY KEY (item_id, other_id), 
	CONSTRAINT fk_related_other_id FOREIGN KEY(other_id) REFERENCES items (id) ON DELETE CASCADE, 
	CONSTRAINT fk_related_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;

CREATE TABLE revisions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	item_id INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	seen_in TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	summary TEXT NOT NULL, 
	before_hash BIGINT NOT NULL, 
	after_hash BIGINT NOT NULL, 
	packed BLOB NOT NULL, 
	CONSTRAINT fk_revisions_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
);

CREATE TABLE robots (
	site TEXT NOT NULL, 
	text TEXT NOT NULL, 
	fetched_at BIGINT NOT NULL, 
	CONSTRAINT pk_robots PRIMARY KEY (site)
);

CREATE TABLE samples (
	item_id INTEGER NOT NULL, 
	outlet_key TEXT NOT NULL, 
	site TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	learned_at BIGINT, 
	sample BLOB NOT NULL, 
	CONSTRAINT pk_samples PRIMARY KEY (item_id), 
	CONSTRAINT fk_samples_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
);

CREATE TABLE search_queue (
	item_id INTEGER NOT NULL, 
	CONSTRAINT pk_search_queue PRIMARY KEY (item_id), 
	CONSTRAINT fk_search_queue_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
);

CREATE TABLE set_aside (
	digest BLOB NOT NULL, 
	strikes INTEGER NOT NULL, 
	until BIGINT NOT NULL, 
	reason TEXT NOT NULL, 
	CONSTRAINT pk_set_aside PRIMARY KEY (digest)
);

CREATE TABLE shingles (
	hash BIGINT NOT NULL, 
	item_id BIGINT NOT NULL, 
	CONSTRAINT pk_shingles PRIMARY KEY (hash, item_id)
)
 WITHOUT ROWID

;

CREATE TABLE sites (
	site TEXT NOT NULL, 
	free_at BIGINT, 
	scope TEXT, 
	learned_at BIGINT, 
	CONSTRAINT pk_sites PRIMARY KEY (site)
);

CREATE TABLE sketches (
	item_id INTEGER NOT NULL, 
	words INTEGER NOT NULL, 
	hashes BLOB NOT NULL, 
	named TEXT, 
	CONSTRAINT pk_sketches PRIMARY KEY (item_id), 
	CONSTRAINT fk_sketches_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
);

CREATE TABLE stories (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	language TEXT, 
	headline TEXT NOT NULL, 
	lead_id INTEGER, 
	first_at BIGINT NOT NULL, 
	last_at BIGINT NOT NULL, 
	joined_at BIGINT NOT NULL, 
	size INTEGER NOT NULL, 
	outlets INTEGER NOT NULL, 
	profile BLOB, 
	merged_into INTEGER, 
	CONSTRAINT fk_stories_lead_id FOREIGN KEY(lead_id) REFERENCES items (id) ON DELETE SET NULL, 
	CONSTRAINT fk_stories_merged_into FOREIGN KEY(merged_into) REFERENCES stories (id) ON DELETE SET NULL
);

CREATE TABLE story_decisions (
	item_id INTEGER NOT NULL, 
	other_id INTEGER NOT NULL, 
	together BOOLEAN NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_story_decisions PRIMARY KEY (item_id, other_id), 
	CONSTRAINT fk_story_decisions_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE, 
	CONSTRAINT fk_story_decisions_other_id FOREIGN KEY(other_id) REFERENCES items (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;

CREATE TABLE story_items (
	item_id INTEGER NOT NULL, 
	story_id INTEGER NOT NULL, 
	joined_at BIGINT NOT NULL, 
	score INTEGER NOT NULL, 
	shared TEXT, 
	by_hand BOOLEAN NOT NULL, 
	CONSTRAINT pk_story_items PRIMARY KEY (item_id), 
	CONSTRAINT fk_story_items_story_id FOREIGN KEY(story_id) REFERENCES stories (id) ON DELETE CASCADE, 
	CONSTRAINT fk_story_items_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
);

CREATE TABLE story_queue (
	item_id INTEGER NOT NULL, 
	CONSTRAINT pk_story_queue PRIMARY KEY (item_id), 
	CONSTRAINT fk_story_queue_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
);

CREATE TABLE story_repairs (
	story_id BIGINT NOT NULL, 
	CONSTRAINT pk_story_repairs PRIMARY KEY (story_id)
)
 WITHOUT ROWID

;

CREATE TABLE story_terms (
	term BIGINT NOT NULL, 
	story_id BIGINT NOT NULL, 
	CONSTRAINT pk_story_terms PRIMARY KEY (term, story_id)
)
 WITHOUT ROWID

;

CREATE TABLE subscriptions (
	feed_id INTEGER NOT NULL, 
	hub TEXT NOT NULL, 
	topic TEXT NOT NULL, 
	token TEXT NOT NULL, 
	secret TEXT NOT NULL, 
	state TEXT NOT NULL, 
	lease_until BIGINT, 
	delivered_at BIGINT, 
	next_try_at BIGINT, 
	attempts INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	CONSTRAINT pk_subscriptions PRIMARY KEY (feed_id), 
	CONSTRAINT fk_subscriptions_feed_id FOREIGN KEY(feed_id) REFERENCES feeds (id) ON DELETE CASCADE, 
	CONSTRAINT uq_subscriptions_token UNIQUE (token)
);

CREATE TABLE texts (
	item_id INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	content_html TEXT NOT NULL, 
	page_html TEXT, 
	feed_text TEXT, 
	feed_source TEXT, method TEXT DEFAULT '' NOT NULL, score INTEGER, 
	CONSTRAINT pk_texts PRIMARY KEY (item_id), 
	CONSTRAINT fk_texts_item_id FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE
);

CREATE TABLE tombstones (
	id INTEGER NOT NULL, 
	feed_id INTEGER NOT NULL, 
	guid_hash BIGINT, 
	link_hash BIGINT, 
	title_hash BIGINT, 
	buried_at BIGINT NOT NULL, 
	CONSTRAINT pk_tombstones PRIMARY KEY (id), 
	CONSTRAINT fk_tombstones_feed_id FOREIGN KEY(feed_id) REFERENCES feeds (id) ON DELETE CASCADE
);

CREATE TABLE vocabulary (
	term BIGINT NOT NULL, 
	items INTEGER NOT NULL, 
	CONSTRAINT pk_vocabulary PRIMARY KEY (term)
)
 WITHOUT ROWID

;

CREATE VIEW search_content AS
       SELECT items.id AS id, search_words(items.title, 0) AS title,
       search_words(items.summary, 1) AS summary, search_words(texts.text, 2) AS text
       FROM items JOIN texts ON texts.item_id = items.id;

CREATE VIRTUAL TABLE search USING fts5(
       title, summary, text, content='search_content', content_rowid='id', tokenize='ascii');

CREATE INDEX ix_answers_at ON answers (at);

CREATE INDEX ix_comment_feeds_due_at ON comment_feeds (due_at);

CREATE UNIQUE INDEX ix_comments_item_id_key_hash ON comments (item_id, key_hash);

CREATE INDEX ix_copy_decisions_other_id ON copy_decisions (other_id);

CREATE INDEX ix_deliveries_due_at ON deliveries (due_at);

CREATE UNIQUE INDEX ix_events_outlet_key_day ON events (outlet_key, day);

CREATE INDEX ix_feed_tags_feed_id ON feed_tags (feed_id);

CREATE INDEX ix_feeds_next_poll_at ON feeds (next_poll_at);

CREATE INDEX ix_feeds_outlet_key ON feeds (outlet_key);

CREATE INDEX ix_fetches_feed_id ON fetches (feed_id, id);

CREATE INDEX ix_gaps_due_at ON gaps (due_at);

CREATE INDEX ix_gaps_feed_id ON gaps (feed_id);

CREATE INDEX ix_hashtags_item_id ON hashtags (item_id);

CREATE INDEX ix_item_tags_item_id ON item_tags (item_id);

CREATE INDEX ix_items_canonical_hash ON items (canonical_hash);

CREATE INDEX ix_items_duplicate_of ON items (duplicate_of) WHERE duplicate_of IS NOT NULL;

CREATE UNIQUE INDEX ix_items_feed_id_key_hash ON items (feed_id, key_hash);

CREATE INDEX ix_items_feed_id_link_hash ON items (feed_id, link_hash);

CREATE INDEX ix_items_feed_id_sort_at ON items (feed_id, sort_at);

CREATE INDEX ix_items_feed_id_title_hash ON items (feed_id, title_hash) WHERE title_hash IS NOT NULL;

CREATE INDEX ix_items_guid_hash ON items (guid_hash, feed_id);

CREATE INDEX ix_items_held_until ON items (held_until) WHERE held_until IS NOT NULL;

CREATE INDEX ix_items_language ON items (language);

CREATE INDEX ix_items_sort_at ON items (sort_at, id, language);

CREATE INDEX ix_items_text_hash ON items (text_hash) WHERE text_hash IS NOT NULL;

CREATE INDEX ix_leads_outlet_key ON leads (outlet_key);

CREATE INDEX ix_leads_resolved_to ON leads (resolved_to);

CREATE INDEX ix_leads_seen_on ON leads (seen_on);

CREATE INDEX ix_likenesses_high_id ON likenesses (high_id);

CREATE INDEX ix_pages_due_at ON pages (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX ix_pages_lease_token ON pages (lease_token) WHERE lease_token IS NOT NULL;

CREATE INDEX ix_related_other_id ON related (other_id);

CREATE INDEX ix_revisions_at ON revisions (at, id);

CREATE INDEX ix_revisions_item_id ON revisions (item_id, id);

CREATE INDEX ix_samples_outlet_key_site_at ON samples (outlet_key, site, at);

CREATE INDEX ix_stories_last_at ON stories (last_at, id);

CREATE INDEX ix_stories_lead_id ON stories (lead_id);

CREATE INDEX ix_stories_merged_into ON stories (merged_into);

CREATE INDEX ix_story_decisions_other_id ON story_decisions (other_id);

CREATE INDEX ix_story_items_story_id ON story_items (story_id, item_id);

CREATE INDEX ix_tombstones_buried_at ON tombstones (buried_at);

CREATE INDEX ix_tombstones_feed_id_guid_hash ON tombstones (feed_id, guid_hash);

CREATE INDEX ix_tombstones_feed_id_link_hash ON tombstones (feed_id, link_hash);

CREATE INDEX ix_tombstones_feed_id_title_hash ON tombstones (feed_id, title_hash);

CREATE TRIGGER items_added AFTER INSERT ON items BEGIN
       INSERT INTO search_queue (item_id) VALUES (new.id);
       END;

CREATE TRIGGER items_deleted BEFORE DELETE ON items
       WHEN NOT EXISTS (SELECT 1 FROM search_queue WHERE item_id = old.id) BEGIN
       INSERT INTO search (search, rowid, title, summary, text)
       SELECT 'delete', id, title, summary, text FROM search_content WHERE id = old.id;
       END;

CREATE TRIGGER items_edited BEFORE UPDATE OF title, summary ON items
       WHEN (old.title <> new.title OR old.summary <> new.summary)
       AND NOT EXISTS (SELECT 1 FROM search_queue WHERE item_id = old.id) BEGIN
       INSERT INTO search (search, rowid, title, summary, text)
       SELECT 'delete', id, title, summary, text FROM search_content WHERE id = old.id;
       INSERT INTO search_queue (item_id) VALUES (old.id);
       END;

CREATE TRIGGER items_retold AFTER UPDATE OF title, summary, language, duplicate_of ON items
       WHEN old.title <> new.title OR old.summary <> new.summary OR old.language IS NOT new.language
       OR old.duplicate_of IS NOT new.duplicate_of BEGIN
       INSERT INTO story_queue (item_id) SELECT new.id WHERE new.id NOT IN (SELECT item_id FROM story_queue);
       END;

CREATE TRIGGER items_told AFTER INSERT ON items BEGIN
       INSERT INTO story_queue (item_id) SELECT new.id WHERE new.id NOT IN (SELECT item_id FROM story_queue);
       END;

CREATE TRIGGER story_left AFTER DELETE ON story_items BEGIN
       INSERT INTO story_repairs (story_id) SELECT old.story_id
       WHERE old.story_id NOT IN (SELECT story_id FROM story_repairs);
       END;

CREATE TRIGGER texts_edited BEFORE UPDATE OF text ON texts
       WHEN old.text <> new.text
       AND NOT EXISTS (SELECT 1 FROM search_queue WHERE item_id = old.item_id) BEGIN
       INSERT INTO search (search, rowid, title, summary, text)
       SELECT 'delete', id, title, summary, text FROM search_content WHERE id = old.item_id;
       INSERT INTO search_queue (item_id) VALUES (old.item_id);
       END;

CREATE TRIGGER texts_retold AFTER UPDATE OF text ON texts WHEN old.text <> new.text BEGIN
       INSERT INTO story_queue (item_id) SELECT new.item_id WHERE new.item_id NOT IN (SELECT item_id FROM story_queue);
       END;

INSERT INTO search (search, rank) VALUES ('hashsize', 8000000);

INSERT INTO aggregator_version (version_num) VALUES ('0004')
