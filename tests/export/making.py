"""Items and feeds as tests need them, and the schemas that exports must satisfy."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jsonschema
from lxml import etree
from referencing import Registry
from referencing.jsonschema import DRAFT4

from aggregator.export.feed import FeedInfo
from aggregator.model import Enclosure, FeedSpec, Item, ParsedItem
from aggregator.model.coverage import Coverage
from aggregator.model.stories import Hashtag, Story
from tests.conftest import SHARED

SCHEMAS = SHARED / "corpus" / "schemas"
ATOM = "{http://www.w3.org/2005/Atom}"

FEED_ID = "urn:uuid:9f5f6e0a-3c3a-4d53-9d6c-0d1c1c9b7a10"
FIRST_DAY = datetime(2026, 1, 1, 6, 0, tzinfo=UTC)
SEEN = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
PUBLISHED = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)


def make_feed(**changes: Any) -> FeedInfo:
    values: dict[str, Any] = {"id": FEED_ID, "title": "Gulf news", "updated": FIRST_DAY}
    return FeedInfo(**(values | changes))


def make_item(**changes: Any) -> Item:
    values: dict[str, Any] = {
        "id": 1,
        "outlet": "Gulf Insider",
        "feed": "https://gulf.example/feed/",
        "feed_title": "Gulf Insider – latest",
        "site_url": "https://gulf.example/",
        "guid": "https://gulf.example/?p=1",
        "key": "https://gulf.example/?p=1",
        "url": "https://gulf.example/bridge",
        "canonical_url": "https://gulf.example/bridge",
        "title": "Bridge opens",
        "summary": "It opened.",
        "text": "The bridge opened today.\n\nTraffic flows.",
        "text_source": "feed",
        "content_html": "<p>The bridge opened today.</p><p>Traffic flows.</p>",
        "base_url": "https://gulf.example/bridge",
        "authors": ("Layla Ali",),
        "published": PUBLISHED,
        "published_source": "feed",
        "published_earliest": PUBLISHED,
        "published_latest": PUBLISHED,
        "first_seen": SEEN,
        "updated": None,
        "language": "en",
        "tags": ("Roads",),
        "outlet_tags": ("bahrain",),
        "enclosures": (),
        "duplicate_of": None,
        "relation": None,
    }
    return Item(**(values | changes))


def bare_item(**changes: Any) -> Item:
    """An item of which next to nothing is known."""
    nothing: dict[str, Any] = {
        "guid": "",
        "key": "",
        "url": "",
        "canonical_url": "",
        "site_url": "",
        "title": "",
        "summary": "",
        "text": "",
        "text_source": None,
        "content_html": "",
        "base_url": "",
        "authors": (),
        "published": None,
        "published_source": None,
        "published_earliest": None,
        "published_latest": None,
        "language": None,
        "tags": (),
        "outlet_tags": (),
    }
    return make_item(**(nothing | changes))


def full_item(**changes: Any) -> Item:
    """An item with everything an outlet can say."""
    everything: dict[str, Any] = {
        "authors": ("Layla Ali", "Omar Saïd"),
        "updated": datetime(2026, 1, 31, 8, 45, 30, 250_000, tzinfo=UTC),
        "language": "en_GB",
        "tags": ("Roads", "Traffic & transport"),
        "enclosures": (
            Enclosure(url="https://gulf.example/bridge.mp3", type="audio/mpeg", length=1234),
            Enclosure(url="https://gulf.example/bridge.bin"),
        ),
        "image": "https://gulf.example/bridge.jpg",
    }
    return make_item(**(everything | changes))


def item_of(parsed: ParsedItem, number: int, text: str) -> Item:
    """A parsed item as it would be stored."""
    return make_item(
        id=number,
        guid=parsed.guid,
        key=f"{parsed.guid} {number}",
        url=parsed.url,
        canonical_url=parsed.url,
        title=parsed.title,
        summary=parsed.summary,
        text=text,
        content_html=parsed.content_html,
        base_url=parsed.base_url,
        authors=parsed.authors,
        published=parsed.published,
        updated=parsed.updated,
        language=parsed.language,
        tags=parsed.tags,
        enclosures=parsed.enclosures,
    )


def make_story(items: Sequence[Item], **changes: Any) -> Story:
    """The story of these items, the first of which leads."""
    times = [item.sort_at for item in items]
    values: dict[str, Any] = {
        "id": 7,
        "headline": items[0].title,
        "language": items[0].language,
        "first_at": min(times),
        "last_at": max(times),
        "joined_at": SEEN,
        "outlets": tuple(dict.fromkeys(item.outlet for item in items)),
        "items": tuple(item.id for item in items),
        "lead": items[0].id,
    }
    return Story(**(values | changes))


def make_coverage(*items: Item, **changes: Any) -> Coverage:
    """A story with everything told of it: of one outlet's article, unless others are given."""
    told = items or (make_item(),)
    values: dict[str, Any] = {"story": make_story(told), "items": told, "hashtags": (make_hashtag(),)}
    return Coverage(**(values | changes))


def make_hashtag(label: str = "Bridge") -> Hashtag:
    return Hashtag(key=label.casefold(), label=label, source="phrase", weight=0.8)


def other_item(number: int, outlet: str, **changes: Any) -> Item:
    """What another outlet has of the same event."""
    host = outlet.lower().replace(" ", "-") + ".example"
    values: dict[str, Any] = {
        "id": number,
        "outlet": outlet,
        "feed": f"https://{host}/feed",
        "site_url": f"https://{host}/",
        "guid": f"https://{host}/{number}",
        "key": f"https://{host}/{number}",
        "url": f"https://{host}/{number}",
        "title": f"{outlet} on the bridge",
        "summary": f"{outlet} was there.",
        "published": PUBLISHED + timedelta(minutes=number),
    }
    return make_item(**(values | changes))


def make_spec(**changes: Any) -> FeedSpec:
    values: dict[str, Any] = {
        "url": "https://gulf.example/feed/",
        "outlet": "Gulf Insider",
        "homepage": "https://gulf.example/",
        "tags": ("bahrain", "gulf"),
        "language": "en",
    }
    return FeedSpec(**(values | changes))


def tree(document: str) -> etree._Element:
    """The document as a reader gets it: bytes."""
    return etree.fromstring(document.encode())


@cache
def _atom_grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(SCHEMAS / "atom-rfc4287.rng"))


def assert_valid_atom(document: str) -> None:
    """RFC 4287's grammar, and what it says beyond the grammar (4.1.1, 4.1.2)."""
    root = tree(document)
    grammar = _atom_grammar()
    assert grammar.validate(root), grammar.error_log
    ids = [element.text for element in root.iterfind(f"{ATOM}entry/{ATOM}id")]
    assert len(ids) == len(set(ids))
    for entry in root.iterfind(f"{ATOM}entry"):
        authors = (entry.find(f"{ATOM}author"), entry.find(f"{ATOM}source/{ATOM}author"))
        assert any(author is not None for author in authors)
        links = [link for link in entry.iterfind(f"{ATOM}link") if link.get("rel") == "alternate"]
        assert links or entry.find(f"{ATOM}content") is not None
        assert len(links) <= 1


@cache
def _json_feed_schema() -> Any:
    schemas = {
        name: json.loads((SCHEMAS / f"{name}.schema.json").read_text())
        for name in ("jsonfeed-1", "jsonfeed-1.1")
    }
    old = DRAFT4.create_resource(schemas["jsonfeed-1"])
    registry: Registry[Any] = Registry().with_resource("https://json.schemastore.org/feed-1", old)
    return jsonschema.Draft4Validator(schemas["jsonfeed-1.1"], registry=registry)


def assert_valid_json_feed(document: str) -> None:
    """The schema of JSON Feed 1.1; nothing is fetched for it."""
    _json_feed_schema().validate(json.loads(document))


def assert_valid_rss(document: str) -> None:
    """What the W3C's validator asks of RSS 2.0 (its channel.py and item.py), as far as we write it."""
    root = tree(document)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    channel = root[0]
    names = [str(element.tag) for element in channel]
    for required in ("title", "link", "description", "lastBuildDate"):
        assert names.count(required) == 1
    assert "item" not in names[: len(names) - names.count("item")]  # metadata stands before the items
    guids = [item.findtext("guid") for item in channel.iterfind("item")]
    assert None not in guids
    assert len(guids) == len(set(guids))
    for item in channel.iterfind("item"):
        _assert_valid_rss_item(item)


def _assert_valid_rss_item(item: etree._Element) -> None:
    names = [str(element.tag).replace(ATOM, "atom:").rpartition("}")[2] for element in item]
    assert "title" in names or "description" in names
    for single in ("title", "link", "description", "guid", "pubDate", "source", "encoded"):
        assert names.count(single) <= 1
    if "encoded" in names:
        assert names.index("description") < names.index("encoded")
    for enclosure in item.iterfind("enclosure"):
        assert int(enclosure.attrib["length"]) >= 0
        assert "/" in enclosure.attrib["type"]
    assert item.find("source") is None or item.find("source[@url]") is not None


def words(text: str) -> str:
    """A text for comparison: its words."""
    return " ".join(text.split())
