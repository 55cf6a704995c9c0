"""Use case: render the exports and write each of them whole, or leave it untouched.

No file carries the time of rendering, so a run without news writes nothing.
"""

import glob
import io
import os
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Literal, Protocol, TypeAlias

from aggregator import coverage, saved, site
from aggregator.config import AiConfig, ExportFormat, PublishConfig, SearchConfig
from aggregator.errors import OutputError, UsageError
from aggregator.export.feed import FeedInfo
from aggregator.model import Corrected, FeedSpec, Item, ItemFilter, RevisionKind
from aggregator.model.stories import StoryFilter

if TYPE_CHECKING:
    from aggregator.export.entry import Entry

#: what there is to export as one file
Exportable: TypeAlias = Literal["atom", "rss", "json", "jsonl", "opml"]

#: what is written of each format, in ``[publish] directory``
FILES: Mapping[Exportable, str] = MappingProxyType(
    {
        "atom": "feed.atom",
        "rss": "feed.rss",
        "json": "feed.json",
        "jsonl": "items.jsonl",
        "opml": "outlets.opml",
    }
)
#: items in an export when nobody says how many; None: all
LIMITS: Mapping[Exportable, int | None] = MappingProxyType(
    {"atom": 100, "rss": 100, "json": 100, "jsonl": None, "opml": None}
)
#: what readers subscribe to
_Feed: TypeAlias = Literal["atom", "rss", "json"]
_FEEDS: tuple[_Feed, ...] = ("atom", "rss", "json")
#: the feeds of a site, with what a reader's program calls them
_OF_SITE: tuple[tuple[Literal["atom", "rss", "json"], str, str], ...] = (
    ("atom", "application/atom+xml", "All articles (Atom)"),
    ("rss", "application/rss+xml", "All articles (RSS)"),
    ("json", "application/feed+json", "All articles (JSON Feed)"),
)
STORIES = "stories.atom"

_CREATED = "created"
# A temporary file that has lain for so many seconds belongs to a process that was killed.
_ABANDONED = 3600


class Source(Protocol):
    """What publishing needs of the store."""

    def items(self, which: ItemFilter, /) -> Iterable[Item]:
        """The items, newest first."""
        ...

    def corrections(self, which: ItemFilter, kinds: Collection[RevisionKind], /) -> Iterable[Corrected]:
        """Edits of these kinds, the latest first."""
        ...

    def shared_guids(self, guids: Collection[str], /) -> Collection[str]:
        """Those of the guids that more than one stored item carries."""
        ...

    def feed_uuid(self) -> str:
        """``urn:uuid:…`` of everything that this store exports."""
        ...

    def meta(self, key: str, /) -> str | None:
        """A value kept beside the items."""
        ...

    def set_meta(self, key: str, value: str, /) -> None:
        """Keep a value beside the items."""
        ...


class SiteSource(Source, coverage.Source, site.Source, Protocol):
    """What a site and its feeds need of the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What publishing did."""

    #: only those whose content is new
    written: tuple[Path, ...] = ()
    #: sentences for the log
    notes: tuple[str, ...] = ()


def publish(
    config: PublishConfig,
    source: Source,
    feeds: Sequence[FeedSpec],
    *,
    now: datetime,
    gives_up: Callable[[], bool] = lambda: False,
) -> Published:
    """Bring the configured files up to date. ``limit`` holds for the feeds; items.jsonl has all items.

    Copies are left out, and what is held back; "html" is ``publish_site``'s. ``gives_up``: whether the time
    is over, asked between two pieces. Raises OutputError, then too, or what the store raises; what was
    published before stays.
    """
    try:
        config.directory.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise _failure(config.directory, exc) from exc
    desk = _Desk(source, feeds, feed_info(config, source, now=now))
    written = []
    for kind in dict.fromkeys(config.formats):
        if kind == "html":
            continue
        path = config.directory / FILES[kind]
        limit = None if kind == "jsonl" else config.limit
        which = ItemFilter(limit=limit, copies=False, shown_at=now)
        if write_whole(path, _in_time(desk.chunks(kind, which), path, gives_up)):
            written.append(path)
    return Published(written=tuple(written))


def _in_time(chunks: Iterable[str], path: Path, gives_up: Callable[[], bool]) -> Iterator[str]:
    for chunk in chunks:
        if gives_up():
            raise OutputError(f"{path} was not written in time; what was there stays as it was")
        yield chunk


def publish_site(
    config: PublishConfig,
    source: SiteSource,
    feeds: Sequence[FeedSpec],
    *,
    now: datetime,
    ai: AiConfig | None = None,
) -> Generator[site.Done, None, None]:
    """Bring the website in the directory up to date, bit by bit: each value tells what is done so far."""
    info = feed_info(config, source, now=now)
    which = ItemFilter(copies=False, shown_at=now)
    return site.building(
        config.directory,
        source,
        which,
        info,
        site_feeds(source, feeds, which, info, limit=config.limit),
        ai=ai,
    )


def site_feeds(
    source: SiteSource, feeds: Sequence[FeedSpec], which: ItemFilter, info: FeedInfo, *, limit: int
) -> tuple[site.Feed, ...]:
    """The feeds that lie beside the pages of a site: of all articles, of the stories, and the outlets."""
    desk = _Desk(source, feeds, info)
    newest = replace(which, limit=limit, copies=False)
    home = info.home_url

    def stories() -> Iterable[str]:
        told = StoryFilter(items=newest, now=which.shown_at)
        return export_stories("atom", source, told, feed=info, self_url=home and home + STORIES, points=False)

    return (
        *(
            site.Feed(path=FILES[kind], type=media, title=title, chunks=partial(desk.chunks, kind, newest))
            for kind, media, title in _OF_SITE
        ),
        site.Feed(path=STORIES, type="application/atom+xml", title="Stories (Atom)", chunks=stories),
        site.Feed(path=FILES["opml"], chunks=partial(desk.chunks, "opml", newest)),
    )


def publish_searches(
    config: PublishConfig, source: saved.Source, searches: Sequence[SearchConfig], *, now: datetime
) -> Published:
    """Bring the feeds of the saved searches up to date: ``search/SLUG.atom`` and what else is a feed.

    As ``publish`` otherwise; what a search that is no more has left stays.
    """
    if not searches:
        return Published()
    info = feed_info(config, source, now=now)
    folder = config.directory / saved.FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise _failure(folder, exc) from exc
    which = ItemFilter(limit=config.limit, copies=False, shown_at=now)
    written: list[Path] = []
    for search in searches:
        desk, files = _search_desk(source, searches, search, info, now)
        paths = {kind: config.directory / files[kind] for kind in _FEEDS if kind in config.formats}
        written += [path for kind, path in paths.items() if write_whole(path, desk.chunks(kind, which))]
    return Published(written=tuple(written))


def _search_desk(
    source: saved.Source,
    searches: Sequence[SearchConfig],
    search: SearchConfig,
    feed: FeedInfo,
    now: datetime,
) -> "tuple[_Desk, Mapping[_Feed, str]]":
    slug = saved.slugs(each.name for each in searches)[searches.index(search)]
    files: Mapping[_Feed, str] = {kind: f"{saved.FOLDER}/{slug}.{kind}" for kind in _FEEDS}
    found = saved.Finds(source, saved.query_of(search, now), now)
    return _Desk(found, (), saved.feed_of(feed, search), files), files


def export(
    kind: ExportFormat, source: Source, feeds: Sequence[FeedSpec], which: ItemFilter, *, feed: FeedInfo
) -> Iterator[str]:
    """One export as pieces of text, for a terminal or ``write_whole``. ``opml`` ignores ``which``."""
    if kind == "html":
        raise UsageError("a website is many files; expected the directory for them: --output DIR")
    return _Desk(source, feeds, feed).chunks(kind, which)


def export_search(
    kind: Exportable,
    source: saved.Source,
    searches: Sequence[SearchConfig],
    name: str,
    which: ItemFilter,
    *,
    feed: FeedInfo,
    now: datetime,
) -> Iterator[str]:
    """What a saved search finds, newest first, as pieces of text; UsageError for a name that is not there."""
    if kind == "opml":
        raise UsageError("a saved search is no list of outlets; there are atom, rss, json and jsonl of it")
    desk, _ = _search_desk(source, searches, saved.named(searches, name), feed, now)
    return desk.chunks(kind, which)


def export_corrections(
    kind: ExportFormat, source: Source, which: ItemFilter, *, feed: FeedInfo
) -> Iterator[str]:
    """The edits of the items as pieces of text; ``which``: items, and when they were edited."""
    from aggregator.export import atom, corrections, jsonfeed, rss

    found = source.corrections(which, corrections.TOLD)
    if kind == "jsonl":
        return corrections.lines(found, full=feed.content == "full")
    renderers = {"atom": atom.render_entries, "rss": rss.render_entries, "json": jsonfeed.render_entries}
    if kind not in renderers:
        raise UsageError(f"there are no corrections as {kind}; there are atom, rss, json and jsonl")
    return iter([renderers[kind](corrections.feed_of(feed), corrections.entries(feed, found))])


def export_stories(
    kind: ExportFormat,
    source: coverage.Source,
    which: StoryFilter,
    *,
    feed: FeedInfo,
    self_url: str = "",
    points: bool = True,
) -> Iterator[str]:
    """The stories as pieces of text, an entry each. ``self_url``: where the document will be found.

    ``points``: with their key points, where full texts are told; they take some 50 ms a story.
    """
    from aggregator.export import atom, jsonfeed, rss, stories

    found = coverage.read(source, which, points=points and feed.content == "full")
    if kind == "jsonl":
        return stories.lines(found, full=feed.content == "full")
    renderers = {"atom": atom.render_entries, "rss": rss.render_entries, "json": jsonfeed.render_entries}
    if kind not in renderers:
        raise UsageError(f"there are no stories as {kind}; there are atom, rss, json and jsonl")
    of_stories = replace(stories.feed_of(feed), self_url=self_url)
    return iter([renderers[kind](of_stories, stories.entries(feed, found))])


def feed_info(config: PublishConfig | None, source: Source, *, now: datetime) -> FeedInfo:
    """What our exports say of themselves; a feed without entries is as old as the first of them, whose time
    is kept: rendering twice gives the same.
    """
    settings = config or PublishConfig(directory=Path())
    base = settings.base_url or ""
    created = source.meta(_CREATED)
    if created is None:
        created = now.astimezone(UTC).isoformat()
        source.set_meta(_CREATED, created)
    return FeedInfo(
        id=source.feed_uuid(),
        title=settings.title,
        updated=datetime.fromisoformat(created),
        home_url=base if not base or base.endswith("/") else f"{base}/",
        content=settings.content,
    )


class _Desk:
    """Renders the formats one after the other; the feeds share what cost most, the cleaned entries."""

    def __init__(
        self,
        source: Source,
        feeds: Sequence[FeedSpec],
        feed: FeedInfo,
        files: Mapping[_Feed, str] | None = None,
    ) -> None:
        self._source = source
        self._feeds = feeds
        self._feed = feed
        self._files: Mapping[_Feed, str] = files or {kind: FILES[kind] for kind in _FEEDS}
        self._entries: dict[ItemFilter, tuple[Entry, ...]] = {}

    def chunks(self, kind: Exportable, which: ItemFilter) -> Iterator[str]:
        """The document in pieces."""
        if kind == "jsonl":
            from aggregator.export import jsonl

            yield from jsonl.lines(self._source.items(which), full=self._feed.content == "full")
        elif kind == "opml":
            from aggregator.export import opml

            yield opml.render(self._feed.title, self._feeds)
        else:
            yield self._render(kind, which)

    def _render(self, kind: Literal["atom", "rss", "json"], which: ItemFilter) -> str:
        from aggregator.export import atom, jsonfeed, rss

        home = self._feed.home_url
        feed = replace(self._feed, self_url=home + self._files[kind] if home else "")
        render = {"atom": atom.render_entries, "rss": rss.render_entries, "json": jsonfeed.render_entries}
        return render[kind](feed, self._prepared(which))

    def _prepared(self, which: ItemFilter) -> "tuple[Entry, ...]":
        from aggregator.export.entry import entries

        if which not in self._entries:
            items = tuple(self._source.items(which))
            shared = self._source.shared_guids({item.guid for item in items if item.guid})
            self._entries[which] = entries(self._feed, items, shared_guids=shared)
        return self._entries[which]


def write_whole(path: Path, text: str | Iterable[str]) -> bool:
    """Write a file whole or not at all; False when it holds that text already, and is left untouched.

    The text goes to a temporary file beside it, which then takes its name; permissions are those of
    a new file. A device or pipe is written to as it is. Raises OutputError; what ``text`` raises
    passes, and leaves the file as it was.
    """
    chunks = (text,) if isinstance(text, str) else text
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            with target.open("w", encoding="utf-8", newline="") as stream:
                stream.writelines(chunks)
            return True
        return _replace(target, chunks)
    except OSError as exc:
        raise _failure(path, exc) from exc


def _replace(path: Path, chunks: Iterable[str]) -> bool:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            if _pour(chunks, file, path):
                return False
            file.flush()
            os.fsync(file.fileno())
        _sweep(path, temporary.stat().st_mtime - _ABANDONED)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _pour(chunks: Iterable[str], file: IO[bytes], path: Path) -> bool:
    """Write the chunks; whether ``path`` holds the very same bytes."""
    with path.open("rb") if path.exists() else io.BytesIO() as old:
        same = path.exists()
        for chunk in chunks:
            data = chunk.encode()
            file.write(data)
            same = same and old.read(len(data)) == data
        return same and not old.read(1)


def _sweep(path: Path, before: float) -> None:
    """Remove what a killed process left of earlier attempts at the same file."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        if left.stat().st_mtime < before:
            left.unlink(missing_ok=True)


def _failure(path: Path, exc: OSError) -> OutputError:
    reason = exc.strerror or str(exc)
    return OutputError(
        f"{path} cannot be written: {reason[:1].lower()}{reason[1:]}; what was there stays as it was"
    )
