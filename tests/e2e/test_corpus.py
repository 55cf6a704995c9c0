"""Every captured feed, served from loopback and polled by the program itself."""

import json
from collections import Counter
from pathlib import Path

from tests.conftest import SHARED, needs_shared
from tests.fakes import FakeSite
from tests.press import Newsroom, outlet

pytestmark = needs_shared


def captured() -> dict[str, int]:
    """File name and the entries that feedparser alone finds in it."""
    index = json.loads((SHARED / "corpus/feeds/index.json").read_text())
    return {
        Path(one["file"]).name: one["feedparser"]["entries"]
        for one in index
        if one["file"].startswith("feeds/real/")
    }


def serve_all(site: FakeSite, newsroom: Newsroom) -> dict[str, int]:
    expected = captured()
    for name in expected:
        body = (SHARED / "corpus/feeds/real" / name).read_bytes()
        kind = "application/json" if name.endswith(".json") else "application/xml"
        site.serve(f"/{name}", body, content_type=kind, etag=None, last_modified=None)
    newsroom.outlets(*(outlet(name, site.url(f"/{name}", host=0)) for name in expected))
    return expected


def test_every_captured_feed_gives_at_least_the_items_that_feedparser_finds(
    newsroom: Newsroom, site: FakeSite
) -> None:
    expected = serve_all(site, newsroom)
    report = newsroom.scheduler("--once", "--json", timeout=300)
    counts = json.loads(report.stdout)
    stored = Counter(item.outlet for item in newsroom.items())
    missing = {name: (stored[name], n) for name, n in expected.items() if stored[name] < n}
    assert (report.returncode, counts["feeds"]["failed"], missing) == (0, 0, {})
    empty = [name for name in expected if name.endswith(".json") and not stored[name]]
    assert empty == []


def test_the_same_captured_responses_replayed_ten_times_change_nothing_after_the_first(
    newsroom: Newsroom, site: FakeSite
) -> None:
    serve_all(site, newsroom)
    newsroom.once()
    before = newsroom.items()
    for turn in range(10):
        newsroom.clock.advance(hours=1)
        for name in captured() if turn % 2 else ():
            # another body with the same entries: white space after the document
            body = (SHARED / "corpus/feeds/real" / name).read_bytes() + b"\n" * turn
            site.serve(f"/{name}", body, etag=None, last_modified=None)
        report = newsroom.once(force=True)
        assert (report.items_new, report.items_changed, report.failed) == (0, 0, 0)
    assert newsroom.items() == before
