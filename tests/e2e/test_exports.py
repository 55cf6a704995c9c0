"""Every export of what was really polled, the demo and captured feeds: valid, read back as it was stored."""

import calendar
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree

from aggregator.cli import main
from aggregator.core.opml import read as read_opml
from aggregator.core.sanitize import html_to_text
from aggregator.demo.server import DemoSites
from aggregator.model import Item, ItemFilter
from tests.conftest import NOW, SHARED, needs_shared
from tests.export.making import assert_valid_atom, assert_valid_json_feed, assert_valid_rss, words
from tests.fakes import FakeSite
from tests.press import Newsroom, outlet

#: captured feeds that are polled, evenly from all there are
FEEDS = 50
#: entries of each export
LIMIT = 300
VARIANTS = ((), ("--stories",), ("--corrections",))
CHECKS = {"atom": assert_valid_atom, "rss": assert_valid_rss, "json": assert_valid_json_feed}


@cache
def captured() -> Sequence[Path]:
    files = sorted((SHARED / "corpus/feeds/real").iterdir())
    return files[:: max(1, len(files) // FEEDS)][:FEEDS]


@pytest.fixture(scope="module", params=["the demo", "captured feeds"])
def polled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """A newsroom that has polled them."""
    newsroom = Newsroom(directory=tmp_path_factory.mktemp("exports"))
    if request.param == "the demo":
        with DemoSites(NOW) as sites:
            made = sites.feeds_toml(newsroom.directory)
            newsroom.database = f"sqlite:///{newsroom.directory / 'aggregator.db'}"
            assert made == newsroom.file
            newsroom.once()
            sites.correct()
            newsroom.clock.advance(hours=1)
            newsroom.once(force=True)
    else:
        with FakeSite.running(hosts=4) as site:
            for path in captured():
                site.serve(f"/{path.name}", path.read_bytes(), etag=None, last_modified=None)
            hosts = len(site.hosts)
            names = [path.name for path in captured()]
            newsroom.outlets(
                *(outlet(name, site.url(f"/{name}", host=n % hosts)) for n, name in enumerate(names))
            )
            newsroom.once()
    return newsroom


@pytest.fixture
def export(polled: Newsroom, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str) -> str:
        capsys.readouterr()
        code = main(["--config", str(polled.file), "export", *arguments], clock=polled.clock.now)
        out, err = capsys.readouterr()
        assert (code, err) == (0, "")
        return out

    return run


@needs_shared
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: "".join(variant) or "items")
@pytest.mark.parametrize("kind", CHECKS)
def test_feeds_of_every_kind_are_valid(export: Any, kind: str, variant: tuple[str, ...]) -> None:
    document = export(kind, *variant, "--limit", str(LIMIT))
    CHECKS[kind](document)
    if variant != ("--corrections",):
        entries = json.loads(document)["items"] if kind == "json" else read(document).entries
        assert len(entries) >= 10


@needs_shared
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: "".join(variant) or "items")
def test_lines_are_objects_each(export: Any, variant: tuple[str, ...]) -> None:
    told = [json.loads(line) for line in export("jsonl", *variant).splitlines()]
    assert len({one["id"] for one in told}) == len(told)
    assert told or variant == ("--corrections",)


@needs_shared
def test_the_outlets_are_read_back_from_opml(polled: Newsroom, export: Any) -> None:
    document = export("opml")
    etree.fromstring(document.encode())
    listed = {feed.url for feed in read_opml(document.encode()).feeds}
    with polled.store() as store:
        assert {feed.feed for feed in store.health() if feed.listed} <= listed


# ── read back ────────────────────────────────────────────────────────────────────────────────


def read(document: str) -> Any:
    found = feedparser.parse(BytesIO(document.encode()), sanitize_html=False, resolve_relative_uris=False)
    assert not found.bozo
    return found


def stored(polled: Newsroom) -> list[Item]:
    with polled.store() as store:
        which = ItemFilter(limit=LIMIT, copies=False, shown_at=polled.clock.now())
        return list(store.items(which))


def line(text: str) -> str:
    return " ".join(text.split())


def told(item: Item) -> dict[str, Any]:
    """What a reader should learn of an item."""
    published = (item.published or item.first_seen).replace(microsecond=0)
    return {
        "title": line(item.title),
        "link": item.url,
        "published": published,
        "updated": (item.updated or published).replace(microsecond=0),
        "authors": [line(name) for name in item.authors],
        "tags": [line(tag) for tag in item.tags],
        "enclosures": [(one.url, one.type or "application/octet-stream") for one in item.enclosures],
        "outlet": item.outlet,
    }


def told_by(entry: Any, kind: str) -> dict[str, Any]:
    detail = entry.get("title_detail")
    title = detail.value if detail else ""
    if detail and detail.type == "text/html":
        title = html_to_text(title)
    return {
        "title": line(title),
        "link": next((one.href for one in entry.get("links", ()) if one.rel == "alternate"), ""),
        "published": _instant(entry.published_parsed),
        "updated": _instant(entry.updated_parsed if "updated" in entry else entry.published_parsed),
        "authors": [one.name for one in entry.get("authors", ()) if one],
        "tags": [html_to_text(tag.term) if kind == "rss" else tag.term for tag in entry.get("tags", ())],
        "enclosures": [(one.href, one.type) for one in entry.get("links", ()) if one.rel == "enclosure"],
        "outlet": html_to_text(entry.source.title) if kind == "rss" else entry.source.title,
    }


def _instant(parsed: Any) -> datetime:
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC)


@needs_shared
@pytest.mark.parametrize("kind", ["atom", "rss"])
def test_feedparser_reads_back_what_is_stored(polled: Newsroom, export: Any, kind: str) -> None:
    items = stored(polled)
    found = read(export(kind, "--limit", str(LIMIT))).entries
    pairs = [(told_by(entry, kind), told(item)) for entry, item in zip(found, items, strict=True)]
    assert [pair for pair in pairs if pair[0] != pair[1]] == []
    assert len({entry.id for entry in found}) == len(items)


@needs_shared
@pytest.mark.parametrize("kind", ["atom", "rss"])
def test_feedparser_reads_back_the_texts(polled: Newsroom, export: Any, kind: str) -> None:
    items = stored(polled)
    found = read(export(kind, "--limit", str(LIMIT))).entries
    shorter = []
    for item, entry in zip(items, found, strict=True):
        text = words(
            html_to_text("".join(one.value for one in entry.get("content", ()) if one.type == "text/html"))
        )
        if len(text) * 2 < len(words(item.text)) or (item.text and not text):
            shorter.append((item.outlet, item.title))
    assert shorter == []


@needs_shared
def test_a_json_reader_reads_back_what_is_stored(polled: Newsroom, export: Any) -> None:
    found = json.loads(export("json", "--limit", str(LIMIT)))["items"]
    for item, entry in zip(stored(polled), found, strict=True):
        expected = told(item)
        assert {
            "title": line(entry.get("title", "")),
            "link": entry.get("url", ""),
            "published": datetime.fromisoformat(entry["date_published"]),
            "updated": datetime.fromisoformat(entry.get("date_modified", entry["date_published"])),
            "authors": [one["name"] for one in entry.get("authors", ())],
            "tags": entry.get("tags", []),
            "enclosures": [(one["url"], one["mime_type"]) for one in entry.get("attachments", ())],
            "outlet": entry["_aggregator"]["outlet"],
        } == expected


@needs_shared
@pytest.mark.parametrize("kind", ["atom", "rss"])
def test_feedparser_reads_back_every_outlet_of_a_story(polled: Newsroom, export: Any, kind: str) -> None:
    lines = [json.loads(one) for one in export("jsonl", "--stories", "--limit", str(LIMIT)).splitlines()]
    found = read(export(kind, "--stories", "--limit", str(LIMIT))).entries
    for story, entry in zip(lines, found, strict=True):
        related = [one.href for one in entry.get("links", ()) if one.rel == "related"]
        first = {one["outlet"]: one["url"] for one in reversed(story["items"]) if one["url"]}
        lead = next(one for one in story["items"] if one["id"] == story["lead"])
        assert set(related) == set((first | {lead["outlet"]: lead["url"]}).values()) - {""}
        assert [tag.term for tag in entry.get("tags", ())] == story["hashtags"]


@needs_shared
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: "".join(variant) or "items")
@pytest.mark.parametrize("kind", [*CHECKS, "jsonl"])
def test_no_text_goes_out_with_content_summary(
    polled: Newsroom, export: Any, kind: str, variant: tuple[str, ...]
) -> None:
    before = polled.file.read_text()
    table = '[publish]\ncontent = "summary"\n'
    polled.file.write_text(
        before.replace("[publish]\n", table) if "[publish]" in before else f"{before}\n{table}"
    )
    try:
        document = export(kind, *variant, "--limit", str(LIMIT))
    finally:
        polled.file.write_text(before)
    told_anyway = " ".join(f"{item.summary} {item.title}" for item in stored(polled))
    secrets = [_secret(item) for item in stored(polled)]
    leaked = [one for one in secrets if one and one not in told_anyway and one in words(document)]
    assert leaked == []
    assert any(secrets)


def _secret(item: Item) -> str:
    """A piece from the second half of a long text."""
    text = words(item.text)
    piece = text[len(text) * 2 // 3 :][:60]
    return piece if len(text) > 600 and piece.isascii() and not set('<>&"\\') & set(piece) else ""
