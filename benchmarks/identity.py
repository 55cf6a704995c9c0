"""Scripted floods over captured feeds: does every article stay one, under whatever name it comes?

usage: python -m benchmarks.identity [--feeds N] [--scene WORDS] [--verbose] [--write]

Each captured feed is polled, changed as its publisher might change it, and polled again, along with one
item that is new. What must be stored in the end is what a feed that never changed gives: more are duplicates,
fewer were merged into others or lost. The last scenes are the other way round: documents of other items
that look much like those that were there, of which none may be taken for one of them.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from aggregator.core.parse import parse_feed
from aggregator.core.urls import article_url
from aggregator.errors import ParseError
from aggregator.model import ParsedItem
from aggregator.store import Store
from benchmarks import results
from benchmarks.farm import SHARED
from tests.conftest import NOW
from tests.reading import Reader

Items = Sequence[ParsedItem]
#: the document of the ``turn``-th poll after the change
Change = Callable[[Items, int], Items]

#: items of one feed that are used
_MOST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One way in which a feed changes."""

    name: str
    change: Change
    #: polls after the change
    polls: int = 2
    #: the documents hold other items than before, none of which is stored
    control: bool = False


@dataclass(slots=True, kw_only=True)
class Score:
    """What became of one scene over all feeds."""

    scene: Scene
    feeds: int = 0
    items: int = 0
    duplicates: int = 0
    lost: int = 0
    edits: int = 0
    held: int = 0
    seconds: float = 0.0
    bad: list[str] | None = None


# ── changes ──────────────────────────────────────────────────────────────────────────────────


def each(change: Callable[[ParsedItem, int], ParsedItem]) -> Change:
    """The same change of every item; the second argument is the poll's turn."""
    return lambda items, turn: [change(item, turn) for item in items]


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(items: Items, turn: int) -> Items:
        for one in changes:
            items = one(items, turn)
        return items

    return change


def mark(item: ParsedItem, turn: object) -> str:
    """A number that looks like chance, and is the same for one item and turn."""
    text = f"{item.guid} {item.url} {item.title} {item.published} {turn}"
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:20]


def new_guid(item: ParsedItem, turn: int) -> ParsedItem:
    """Another guid in every document."""
    return replace(item, guid=f"urn:x:{mark(item, turn)}")


def one_new_guid(item: ParsedItem, _: int) -> ParsedItem:
    """Another guid, for good."""
    return new_guid(item, 0)


def host(item: ParsedItem, _: int) -> ParsedItem:
    """On another host."""
    return _on_host(item, "www.renamed.example")


def hosts_in_turn(item: ParsedItem, turn: int) -> ParsedItem:
    """On one of two hosts."""
    return _on_host(item, f"node{turn % 2}.renamed.example")


def _on_host(item: ParsedItem, name: str) -> ParsedItem:
    return replace(item, guid=_rehosted(item.guid, name), url=_rehosted(item.url, name))


def _rehosted(url: str, name: str) -> str:
    return urlsplit(url)._replace(netloc=name).geturl() if "://" in url else url


def scheme(item: ParsedItem, _: int) -> ParsedItem:
    """http for https, and the other way round."""
    return replace(item, guid=_other_scheme(item.guid), url=_other_scheme(item.url))


def _other_scheme(url: str) -> str:
    name, found, rest = url.partition("://")
    return {"http": "https", "https": "http"}.get(name, name) + found + rest


def no_guid(item: ParsedItem, _: int) -> ParsedItem:
    """Without its guid."""
    return replace(item, guid="")


def guid_is_link(item: ParsedItem, _: int) -> ParsedItem:
    """The link for a guid."""
    return replace(item, guid=item.url or item.guid)


def tracked(item: ParsedItem, turn: int) -> ParsedItem:
    """A link that tells who came."""
    return replace(item, url=_with_query(item.url, f"utm_source=rss&utm_campaign=c{turn}"))


def counted(item: ParsedItem, turn: int) -> ParsedItem:
    """A link that counts."""
    return replace(item, url=_with_query(item.url, f"hits={100 + 7 * turn}"))


def _with_query(url: str, query: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{query}" if url else url


def moved(item: ParsedItem, _: int) -> ParsedItem:
    """Another form of address, made of the title as publishers make them."""
    slug = "-".join("".join(one if one.isalnum() else " " for one in item.title.lower()).split())[:60]
    parts = urlsplit(item.url)
    return replace(
        item, url=f"https://{parts.netloc or 'x.example'}/articles/{slug}-{mark(item, 0)[:6]}.html"
    )


def numbered(item: ParsedItem, _: int) -> ParsedItem:
    """An address that is a number."""
    parts = urlsplit(item.url)
    return replace(item, url=f"https://{parts.netloc or 'x.example'}/?p={int(mark(item, 1)[:8], 16)}")


def shouted(item: ParsedItem, _: int) -> ParsedItem:
    """The headline in capitals."""
    return replace(item, title=item.title.upper())


def escaped_again(item: ParsedItem, _: int) -> ParsedItem:
    """The headline escaped twice."""
    return replace(item, title=escape(escape(item.title)).replace("’", "&amp;#8217;"))


def misread(item: ParsedItem, _: int) -> ParsedItem:
    """UTF-8 that was read as ISO 8859-1."""
    return replace(item, title=_misread(item.title), content_html=_misread(item.content_html))


def _misread(text: str) -> str:
    return text.encode("utf-8", "replace").decode("latin-1")


def dates_of_now(item: ParsedItem, turn: int) -> ParsedItem:
    """Dated when it is asked for."""
    return replace(item, published=NOW + timedelta(hours=turn + 1), updated=None)


def other_zone(item: ParsedItem, _: int) -> ParsedItem:
    """Dated three hours later."""
    at = item.published
    return replace(item, published=at and at + timedelta(hours=3), updated=None)


def no_dates(item: ParsedItem, _: int) -> ParsedItem:
    """Without a date."""
    return replace(item, published=None, updated=None)


def constant_guid(item: ParsedItem, _: int) -> ParsedItem:
    """The guid that all have."""
    return replace(item, guid="N/A")


def counting(item: ParsedItem, turn: int) -> ParsedItem:
    """A text with a counter and a clock."""
    counter = f"<p>{3 + turn} comments</p><p>Updated {5 + turn} minutes ago</p>"
    return replace(item, content_html=item.content_html + counter)


def reversed_order(items: Items, _: int) -> Items:
    """The last first."""
    return list(reversed(items))


def halved(items: Items, _: int) -> Items:
    """Its newer half."""
    return items[: max(2, len(items) // 2)]


def twice(items: Items, _: int) -> Items:
    """Some of it again at the end."""
    return [*items, *items[:3]]


def in_turn(one: Change, other: Change) -> Change:
    """One change and the other by turns."""
    return lambda items, turn: (one if turn % 2 else other)(items, turn)


def untouched(items: Items, _: int) -> Items:
    """As it was."""
    return items


# ── controls ─────────────────────────────────────────────────────────────────────────────────


def other_items(items: Items, _: int) -> Items:
    """As they are."""
    return items


def next_of_series(item: ParsedItem, _: int) -> ParsedItem:
    """The same headline on another day: "Morning briefing"."""
    at = (item.published or NOW - timedelta(days=9)) + timedelta(days=1, minutes=7)
    words = " ".join(reversed(item.summary.split()[:12]))
    text = f"<p>{mark(item, 5)} {mark(item, 6)} {mark(item, 7)}: {escape(words)}</p>"
    item = replace(item, summary="", content_html=text, published=at, updated=None, enclosures=())
    return numbered(replace(item, guid=f"next {item.guid}"), 0)


def sequel(item: ParsedItem, turn: int) -> ParsedItem:
    """Another story that begins alike."""
    changed = next_of_series(item, turn)
    return replace(
        changed, title=f"{' '.join(item.title.split()[:3])} {mark(item, 8)[:7]} {mark(item, 9)[:7]}"
    )


SCENES = (
    Scene(name="new guids", change=each(one_new_guid)),
    Scene(name="new guids at every fetch", change=each(new_guid), polls=4),
    Scene(name="another host in guids and links", change=each(host)),
    Scene(name="another scheme in guids and links", change=each(scheme)),
    Scene(name="guids dropped", change=each(no_guid)),
    Scene(name="guids become links", change=each(guid_is_link)),
    Scene(name="one guid for all", change=each(constant_guid)),
    Scene(name="tracking in links, no guids", change=both(each(no_guid), each(tracked)), polls=3),
    Scene(name="a counter in links, no guids", change=both(each(no_guid), each(counted)), polls=4),
    Scene(name="the other order", change=reversed_order),
    Scene(name="half as long, new guids", change=both(halved, each(one_new_guid))),
    Scene(name="two versions in turn: guids", change=in_turn(each(one_new_guid), untouched), polls=6),
    Scene(name="two versions in turn: hosts", change=each(hosts_in_turn), polls=6),
    Scene(name="headlines in capitals, new guids", change=both(each(shouted), each(one_new_guid))),
    Scene(name="headlines escaped twice, new guids", change=both(each(escaped_again), each(one_new_guid))),
    Scene(name="UTF-8 misread, new guids", change=both(each(misread), each(one_new_guid))),
    Scene(name="other permalinks, new guids", change=both(each(moved), each(one_new_guid))),
    Scene(name="other permalinks, guids dropped", change=both(each(moved), each(no_guid))),
    Scene(name="numbered permalinks, guids are links", change=both(each(numbered), each(guid_is_link))),
    Scene(
        name="another host, new guids, dates of now",
        change=both(each(host), each(one_new_guid), each(dates_of_now)),
    ),
    Scene(
        name="other permalinks, new guids, dates in another zone",
        change=both(each(moved), each(one_new_guid), each(other_zone)),
    ),
    Scene(
        name="other permalinks, new guids, no dates",
        change=both(each(moved), each(one_new_guid), each(no_dates)),
    ),
    Scene(name="items twice, new guids", change=both(each(one_new_guid), twice)),
    Scene(name="counters in every text", change=each(counting), polls=4),
    Scene(name="control: other items", change=other_items, control=True),
    Scene(name="control: the same headlines another day", change=each(next_of_series), control=True),
    Scene(name="control: headlines that begin alike", change=each(sequel), control=True),
)


# ── playing ──────────────────────────────────────────────────────────────────────────────────


def captured(most: int | None) -> dict[str, list[ParsedItem]]:
    """The captured feeds' items, newest first; feeds of fewer than four are left out."""
    feeds = {}
    for path in sorted((SHARED / "corpus" / "feeds" / "real").iterdir()):
        try:
            parsed = parse_feed(path.read_bytes(), url="https://x.example/feed", headers={})
        except ParseError:
            continue
        items = distinct(parsed.items)[:_MOST]
        if len(items) >= 4:
            feeds[path.name] = items
    names = sorted(feeds, key=lambda name: sha256(name.encode()).digest())[:most]
    return {name: feeds[name] for name in sorted(names)}


def distinct(items: Iterable[ParsedItem]) -> list[ParsedItem]:
    """Without those that are the same item to every reader."""
    found = {
        (item.guid, article_url(item.url)) if item.guid else (item.url, item.title, item.published): item
        for item in items
    }
    texts = {(item.title, item.content_html, item.published): item for item in found.values()}
    return list(texts.values())


def rss(items: Items) -> bytes:
    """An RSS 2.0 document."""
    head = '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>X</title>'
    return f"{head}{''.join(map(_entry, items))}</channel></rss>".encode("utf-8", "xmlcharrefreplace")


def _entry(item: ParsedItem) -> str:
    published = format_datetime(item.published.astimezone(UTC)) if item.published else ""
    parts = (
        ("title", item.title),
        ("link", item.url),
        ("pubDate", published),
        ("description", item.summary),
        ("content:encoded", item.content_html),
    )
    guid = f'<guid isPermaLink="false">{escape(item.guid)}</guid>' if item.guid else ""
    files = "".join(
        f'<enclosure url="{escape(one.url)}" type="{one.type or ""}"/>' for one in item.enclosures
    )
    told = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in parts if text)
    return f"<item>{told}{guid}{files}</item>\n"


def play(scene: Scene, items: Items, score: Score, name: str) -> None:
    """One scene with one feed."""
    score.feeds += 1
    score.items += len(items)
    half = len(items) // 2
    before, after = (items[half:], items[:half]) if scene.control else (items[1:], items)
    documents = [rss(scene.change(after, turn)) for turn in range(1, scene.polls + 1)]
    if scene.name == "control: other items":
        expected = _stored([rss(items)], Score(scene=scene))
    elif scene.control:
        expected = len(before) + _stored([documents[0]], Score(scene=scene))
        expected -= len(before) - _stored([rss(before)], Score(scene=scene))
    else:
        expected = _unchanged(name, items, scene)
    begun = time.process_time()
    stored = _stored([rss(before), *documents], score)
    score.seconds += time.process_time() - begun
    score.duplicates += max(0, stored - expected)
    score.lost += max(0, expected - stored)
    if stored != expected:
        score.bad = [*(score.bad or ()), f"{name}: {stored} of {expected}"]


_EXPECTED: dict[str, int] = {}


def _unchanged(name: str, items: Items, scene: Scene) -> int:
    """How many items the feed gives that never changes; asked once for all scenes."""
    if name not in _EXPECTED:
        _EXPECTED[name] = _stored([rss(items[1:]), rss(items)], Score(scene=scene))
    return _EXPECTED[name]


def _stored(documents: Sequence[bytes], score: Score) -> int:
    with tempfile.TemporaryDirectory() as directory:
        store = Store.open(f"sqlite:///{directory}/x.db")
        try:
            reader = Reader(store=store)
            reader.poll(documents[0])
            for document in documents[1:]:
                outcome = reader.poll(document)
                score.edits += len(outcome.changed)
                score.held += sum(item.held_until is not None for item in outcome.new)
            return len(reader.items())
        finally:
            store.close()


def main() -> int:
    """Play every scene; 0 when nothing was doubled or lost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, help="so many of the captured feeds, chosen by their names")
    parser.add_argument("--scene", default="", help="only scenes whose name has these words")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--write", action="store_true", help="keep the table in README.md")
    options = parser.parse_args()
    feeds = captured(options.feeds)
    lines = ["| scene | feeds | items | duplicates | lost | edits | held |", "|---|--:|--:|--:|--:|--:|--:|"]
    failed = False
    for scene in SCENES:
        if options.scene not in scene.name:
            continue
        score = Score(scene=scene)
        for name, items in feeds.items():
            play(scene, items, score, name)
        cells = (score.feeds, score.items, score.duplicates, score.lost, score.edits, score.held)
        lines.append(f"| {scene.name} | {' | '.join(f'{cell:,}' for cell in cells)} |")
        print(lines[-1], f"{score.seconds:.1f} s", flush=True)
        failed = failed or bool(score.duplicates or score.lost)
        for line in score.bad or () if options.verbose else ():
            print("   ", line)
    if options.write:
        results.keep("identity", lines)
    print("\n".join(["", *lines]))
    return int(failed)


if __name__ == "__main__":
    assert Path(SHARED).is_dir(), f"{SHARED} is not there: the feeds lie in it"
    sys.exit(main())
