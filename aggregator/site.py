"""Use case: a website of static files, of which only what has changed is written anew.

A list in the folder (``.site.json``) has every file that is ours, with a digest of what it was made of. A
page whose digest is the same is neither made nor touched. The list is written before the first file and after
the last, each file takes its name when it is whole, and what is not wanted any more goes last: a run that is
killed leaves a site that works, and the next one makes it whole. Files that are not on the list are not ours.
"""

import gc
import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from aggregator import __version__
from aggregator.box import Answers, Shown, shown_of_items, shown_of_story
from aggregator.config import AiConfig
from aggregator.core.hashtags import merged
from aggregator.core.points import key_points
from aggregator.errors import OutputError
from aggregator.export.feed import FeedInfo
from aggregator.export.site import names, render
from aggregator.export.site.article import Beside, article_page, without_cited
from aggregator.export.site.compose import Newsroom, Planned, digest
from aggregator.export.site.pages import Alternate, Frame, MovedPage
from aggregator.export.site.sitemap import sitemap
from aggregator.model import Item, ItemFilter
from aggregator.model.cards import Card
from aggregator.model.stories import Box, Comment, Hashtag, Related, Story, StoryFilter

K = TypeVar("K")
T = TypeVar("T")

#: articles on a site when nobody says how many: the newest
LIMIT = 10_000
LIST = ".site.json"
#: changes whenever the same stored values would make other pages
_EDITION = 1
#: articles that are read and written in one go
_BATCH = 20
_ASKED = 500
#: articles of a story that its key points are made of, each outlet's first before any outlet's second
_POINTS_OF = 8
#: Stories whose key points are made in one run, the newest first: comparing their articles' sentences takes
#: some 15 ms. The pages of others are there without them, and so many of those get theirs in a later run.
_POINTS, _POINTS_LATER = 1_000, 5
_BUILDERS = count(1)
_STATIC = ("site.css", "site.js", "favicon.svg")


class Source(Answers, Protocol):
    """What a site needs of the store."""

    def cards(self, which: ItemFilter, /) -> Sequence[Card]:
        """The items as lists show them, newest first."""
        ...

    def cards_of_copies(self, ids: Collection[int], /) -> Mapping[int, tuple[Card, ...]]:
        """Their copies."""
        ...

    def neighbours(self, ids: Collection[int], /) -> Mapping[int, tuple[tuple[int, int], ...]]:
        """What is stored as related beside each of them."""
        ...

    def items_of(self, ids: Collection[int], /) -> Mapping[int, Item]:
        """These items with their texts."""
        ...

    def stories(self, which: StoryFilter, /) -> Sequence[Story]:
        """The stories, those with the latest news first."""
        ...

    def merged_stories(self, ids: Collection[int], /) -> Mapping[int, int]:
        """The stories that became part of these, each with its heir."""
        ...

    def related(
        self, ids: Collection[int], now: datetime | None = None, /
    ) -> Mapping[int, tuple[Related, ...]]:
        """Other outlets' articles beside each of them."""
        ...

    def hashtags(self, ids: Collection[int], /) -> Mapping[int, tuple[Hashtag, ...]]:
        """Their hashtags."""
        ...

    def comments(self, ids: Collection[int], /) -> Mapping[int, tuple[Comment, ...]]:
        """What readers wrote of them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A file beside the pages that others make, and that pages name as a feed where ``type`` says so."""

    path: str
    chunks: Callable[[], Iterable[str]]
    title: str = ""
    type: str = ""

    def text(self) -> str:
        """What it holds."""
        return "".join(self.chunks())


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What has been written so far."""

    written: int = 0
    removed: int = 0
    #: pages and files that are there by now, or were before
    files: int = 0


def build(
    directory: Path,
    source: Source,
    which: ItemFilter,
    info: FeedInfo,
    feeds: Sequence[Feed] = (),
    ai: AiConfig | None = None,
) -> Done:
    """Bring the site in ``directory`` up to date. Raises OutputError, or what the store raises."""
    done = Done()
    for done in building(directory, source, which, info, feeds, ai):  # noqa: B007  the last one tells all
        pass
    return done


def building(
    directory: Path,
    source: Source,
    which: ItemFilter,
    info: FeedInfo,
    feeds: Sequence[Feed] = (),
    ai: AiConfig | None = None,
) -> Generator[Done, None, None]:
    """The same bit by bit, so that others get their turn in between; the last value tells all.

    ``ai``: whose words stand in the boxes, where it wrote some; nothing is asked.
    """
    site = _Site(directory, source, which, info, feeds, ai)
    try:
        yield from site.build()
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise OutputError(
            f"{exc.filename or directory} cannot be written: {reason[:1].lower()}{reason[1:]}; "
            "the pages that were there stay as they were"
        ) from exc
    finally:
        site.folder.tidy()


@contextmanager
def _no_cycles_sought() -> Iterator[None]:
    """Rows of ten thousand articles make none: looking for them again and again takes a sixth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Site:
    def __init__(
        self,
        directory: Path,
        source: Source,
        which: ItemFilter,
        info: FeedInfo,
        feeds: Sequence[Feed],
        ai: AiConfig | None,
    ) -> None:
        self._ai = ai
        self.folder = _Folder(directory)
        self._source = source
        self._which = replace(which, copies=False, limit=which.limit or LIMIT)
        self._info = info
        self._feeds = feeds
        self._frame = Frame(
            title=info.title,
            base_url=info.home_url,
            feeds=tuple(
                Alternate(href=feed.path, type=feed.type, title=feed.title) for feed in feeds if feed.type
            ),
            style=render.static_name("site.css"),
            script=render.static_name("site.js"),
            is_summary=info.content != "full",
        )
        # a box of one model is none of another's
        model = ai.model if ai else ""
        self._base = digest(f"{_EDITION} {__version__} {render.layout()}", repr(self._frame), model)

    def build(self) -> Iterator[Done]:
        """Read what there is, write what has changed, remove what is left over."""
        with _no_cycles_sought():
            room, articles, stories, lists = yield from self._planned()
        folder = self.folder
        yield from self._write_articles(room, articles)
        yield from self._write_stories(room, stories)
        yield from self._write_lists(lists)
        for feed in self._feeds:
            folder.write(feed.path, feed.text)
            yield folder.done
        folder.close()
        yield folder.done

    def _planned(
        self,
    ) -> Generator[Done, None, tuple[Newsroom, Sequence[int], Sequence[Story], Sequence[Planned]]]:
        """Everything that is to be there is known to the folder, and small files are written."""
        folder = self.folder
        folder.open(self._base)
        cards = self._source.cards(self._which)
        ids = [card.id for card in cards]
        yield folder.done
        room = Newsroom(
            cards=cards,
            stories=self._stories(cards),
            hashtags=self._asked(self._source.hashtags, ids),
            merged=merged,
        )
        yield folder.done
        articles = dict(self._articles(room, ids))
        stories = {names.story_path(story.id): (story, found) for story, _, found in room.story_pages()}
        lists = list(room.lists())
        fixed = dict(self._fixed(room, stories, lists))
        moved = dict(self._moved(room))
        whole = room.whole()
        folder.expect(
            {path: found for path, (_, found) in articles.items()}
            | {path: found for path, (_, found) in stories.items()}
            | {page.path: page.digest for page in lists}
            | {path: digest(text) for path, text in fixed.items()}
            | {path: digest(repr(shown)) for path, shown in moved.items()}
            | {feed.path: whole for feed in self._feeds},
            self._answered(),
        )
        for path, text in fixed.items():
            folder.write(path, partial(str, text))
        for path, shown in moved.items():
            folder.write(path, partial(render.page, self._frame, shown, path))
        yield folder.done
        return room, [one for one, _ in articles.values()], [story for story, _ in stories.values()], lists

    # ── what there is ───────────────────────────────────────────────────────────────────────

    def _stories(self, cards: Sequence[Card]) -> Sequence[Story]:
        if not cards:
            return ()
        oldest = min(card.sort_at for card in cards)
        return self._source.stories(StoryFilter(items=replace(self._which, limit=None, since=oldest), size=2))

    def _asked(self, question: Callable[[Collection[K]], Mapping[K, T]], ids: Sequence[K]) -> Mapping[K, T]:
        found: dict[K, T] = {}
        for start in range(0, len(ids), _ASKED):
            found.update(question(ids[start : start + _ASKED]))
        return found

    def _articles(self, room: Newsroom, ids: Sequence[int]) -> Iterator[tuple[str, tuple[int, bytes]]]:
        """The articles' pages, each with a digest of all that it shows."""
        copies = self._asked(self._source.cards_of_copies, ids)
        near = self._asked(self._source.neighbours, ids)
        signs = room.signs
        comments = self._asked(self._source.comments, ids)
        for one in ids:
            parts = [signs[one], room.around(one)]
            parts += [copy.stamp for copy in copies.get(one, ())]
            parts += [signs.get(other, b"") + b"%d" % score for other, score in near.get(one, ())]
            parts += [repr(comments[one]).encode()] if one in comments else []
            yield names.item_path(one), (one, digest(*parts))

    def _fixed(
        self, room: Newsroom, stories: Collection[str], lists: Sequence[Planned]
    ) -> Iterator[tuple[str, str]]:
        """Files that are made at no cost."""
        for name in _STATIC:
            yield ("favicon.svg" if name == "favicon.svg" else render.static_name(name)), render.static(name)
        yield "404.html", render.not_found(self._frame)
        if self._frame.base_url:
            newest = {names.story_path(story.id): story.last_at for story in room.stories}
            paths = {
                **dict.fromkeys(page.path for page in lists),
                **{one: newest.get(one) for one in stories},
            }
            yield "sitemap.xml", sitemap(self._frame.base_url, paths)

    def _moved(self, room: Newsroom) -> Iterator[tuple[str, MovedPage]]:
        """Pages of stories that became part of others: they lead on, so that no address dies."""
        by_id = {story.id: story for story in room.stories}
        heirs = self._asked(self._source.merged_stories, list(by_id))
        for old, heir in heirs.items():
            if old not in by_id and (place := room.place_of(by_id[heir])) is not None:
                yield names.story_path(old), MovedPage(headline=place[0], href=place[1])

    def _answered(self) -> Collection[bytes]:
        """What pages wait for and a model has written since."""
        return self._asked(self._source.answers, self.folder.awaited()) if self._ai else ()

    # ── writing ─────────────────────────────────────────────────────────────────────────────

    def _write_articles(self, room: Newsroom, ids: Sequence[int]) -> Iterator[Done]:
        wanted = [one for one in ids if self.folder.is_due(names.item_path(one))]
        full = self._info.content == "full"
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            items = self._source.items_of(batch)
            related = self._source.related(batch, self._which.shown_at)
            copies = self._source.cards_of_copies(batch)
            comments = self._source.comments(batch)
            boxes = self._boxes([items[one] for one in batch if one in items])
            for one in (items[one] for one in batch if one in items):
                beside = Beside(
                    copies=copies.get(one.id, ()),
                    related=related.get(one.id, ()),
                    comments=comments.get(one.id, ()),
                    box=boxes[one.id].box,
                )
                path = names.item_path(one.id)
                shown = article_page(room, one, beside, full=full)
                make = partial(render.page, self._frame, shown, path)
                self.folder.write(path, make, awaits=boxes[one.id].awaits)
            yield self.folder.done

    def _write_stories(self, room: Newsroom, stories: Sequence[Story]) -> Iterator[Done]:
        folder = self.folder
        due = [story for story in stories if folder.is_due(names.story_path(story.id))]
        late = [story for story in stories if folder.is_partly_done(names.story_path(story.id))]
        with_points = {story.id for story in (*due[:_POINTS], *late[:_POINTS_LATER])}
        for story in (*due, *late[:_POINTS_LATER]):
            path = names.story_path(story.id)
            told = story.id in with_points
            box = self._story_box(story) if told else Shown(box=Box(summary=()))
            make = partial(render.page, self._frame, room.story_page(story, box.box), path)
            folder.write(path, make, whole=told, awaits=box.awaits)
            yield folder.done

    def _boxes(self, items: Sequence[Item]) -> Mapping[int, Shown]:
        if self._info.content != "full" and self._ai is None:  # nothing of it would be shown
            return {item.id: Shown(box=Box(summary=())) for item in items}
        return shown_of_items(self._source, self._ai, items)

    def _story_box(self, story: Story) -> Shown:
        full = self._info.content == "full"
        if self._ai is not None:  # it was asked about all of the story
            found = self._source.items_of(story.items)
            shown = shown_of_story(self._source, self._ai, story, [*found.values()])
            return shown if full else replace(shown, box=without_cited(shown.box))
        if not full:  # key points are sentences of the articles
            return Shown(box=Box(summary=()))
        found = self._source.items_of(story.items[: 4 * _POINTS_OF])
        articles = [found[one] for one in story.items if one in found]
        turns: Counter[str] = Counter()
        placed: list[tuple[int, int]] = []
        for place, one in enumerate(articles):
            placed.append((turns[one.outlet], place))
            turns[one.outlet] += 1
        chosen = sorted(place for _, place in sorted(placed)[:_POINTS_OF])
        return Shown(box=Box(summary=(), points=key_points([articles[place] for place in chosen])))

    def _list(self, planned: Planned) -> str:
        return render.page(self._frame, planned.make(), planned.path)

    def _write_lists(self, lists: Sequence[Planned]) -> Iterator[Done]:
        for page in lists:
            if self.folder.is_due(page.path):
                self.folder.write(page.path, partial(self._list, page))
                yield self.folder.done


# ── the folder ───────────────────────────────────────────────────────────────────────────────


class _Kept(NamedTuple):
    """A file of ours: what it was made of ("" while it is not written yet), and its size."""

    digest: str
    size: int
    #: what it will be another with, once a model has written it: the digest of that
    awaits: str = ""


class _Folder:
    """The files of a site, and the list of those that are ours."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        # one name, so that a folder of ten thousand pages need not be searched for what was left over
        # … and another for each builder: one that was broken off tidies up late
        self._temporary = directory / f".site.{os.getpid()}.{next(_BUILDERS)}.tmp"
        self._base = ""
        self._known: dict[str, _Kept] = {}
        self._wanted: dict[str, str] = {}
        self._due: set[str] = set()
        self._partly: set[str] = set()
        self._changed = False
        self.done = Done()

    def open(self, base: bytes) -> None:
        """Make the folder where there is none, and read the list; of another base, nothing is as it was."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._base = base.hex()
        try:
            told = json.loads((self._directory / LIST).read_text(encoding="utf-8"))
            listed = told["files"]
            self._known = {
                path: _Kept(str(made_of), int(size), str(*awaits))
                for path, (made_of, size, *awaits) in listed.items()
                if names.is_ours(path)
            }
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
            # without a list, or with a broken one, everything is written anew
            self._known = {}
            return
        if told.get("base") != self._base:
            self._known = {path: _Kept("", kept.size) for path, kept in self._known.items()}

    def awaited(self) -> Sequence[bytes]:
        """What pages wait for that a model writes."""
        with suppress(ValueError):  # a list that somebody has edited
            return [bytes.fromhex(kept.awaits) for kept in self._known.values() if kept.awaits]
        return ()

    def expect(self, wanted: Mapping[str, bytes], answered: Collection[bytes] = ()) -> None:
        """These files are to be there, made of this; those that waited for what is answered are others.

        Raises OutputError where one is somebody else's.
        """
        self._wanted = {path: made_of.hex() for path, made_of in wanted.items()}
        sizes = self._sizes()
        for path in self._wanted:
            if path in sizes and path not in self._known:
                self._take_over(path)
        came = {one.hex() for one in answered}
        none = _Kept("", 0)
        for path, made_of in self._wanted.items():
            kept = self._known.get(path, none)
            if kept.digest == made_of and kept.size == sizes.get(path) and kept.awaits not in came:
                continue
            self._due.add(path)
            if kept.digest == _partly(made_of) and kept.size == sizes.get(path):
                self._partly.add(path)
        self._due -= self._partly
        for path in self._due:  # from now on they are ours, whatever happens
            self._known[path] = none
        if self._due:
            for folder in {(self._directory / path).parent for path in self._due}:
                folder.mkdir(exist_ok=True)
            self._save()
        self.done = replace(self.done, files=len(self._wanted) - len(self._due))

    def is_due(self, path: str) -> bool:
        """Whether a file must be written."""
        return path in self._due

    def is_partly_done(self, path: str) -> bool:
        """Whether a file is as it should be but for what was left for later."""
        return path in self._partly

    def write(
        self, path: str, make: Callable[[], str], *, whole: bool = True, awaits: bytes | None = None
    ) -> None:
        """Write the file where it is due; one that holds the same already keeps its time.

        Not ``whole``: something was left for later. ``awaits``: what it will be another with.
        """
        if path not in self._due and path not in self._partly:
            return
        data = make().encode("utf-8", "replace")
        target = self._directory / path
        if not _holds(target, data):
            self._temporary.write_bytes(data)
            self._temporary.replace(target)
            self.done = replace(self.done, written=self.done.written + 1)
        made_of = self._wanted[path]
        self._known[path] = _Kept(
            made_of if whole else _partly(made_of), len(data), awaits.hex() if awaits else ""
        )
        self._changed = True
        if path in self._due:
            self._due.discard(path)
            self.done = replace(self.done, files=self.done.files + 1)

    def close(self) -> None:
        """Remove what is ours and not wanted any more; write the list."""
        left = [path for path in self._known if path not in self._wanted]
        for path in left:
            (self._directory / path).unlink(missing_ok=True)
            del self._known[path]
        self.done = replace(self.done, removed=len(left))
        if left or self._changed or not (self._directory / LIST).exists():
            self._save()

    def tidy(self) -> None:
        """Leave nothing half written."""
        if self._changed:  # broken off: the next builder need not make again what is written
            with suppress(OSError):
                self._save()
        with suppress(OSError):
            self._temporary.unlink()

    def _sizes(self) -> dict[str, int]:
        """The sizes of the files that are there, by path; one look at each folder is enough for it."""
        found: dict[str, int] = {}
        for folder in {os.path.dirname(path) for path in self._wanted}:  # noqa: PTH120  ten thousand of them
            try:
                entries = os.scandir(self._directory / folder)
            except FileNotFoundError:
                continue
            with entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False):
                        found[f"{folder}/{entry.name}" if folder else entry.name] = entry.stat().st_size
        return found

    def _take_over(self, path: str) -> None:
        """A file stands where one of ours is to be: is it ours all the same (the list was lost)?"""
        with (self._directory / path).open("rb") as file:
            begins = file.read(1_000)
        if path.endswith(".html") and render.MARK.encode() not in begins:
            raise OutputError(
                f"{self._directory / path} is there and was not made by this program; "
                "choose another directory, or move that file away"
            )

    def _save(self) -> None:
        files = {path: kept if kept.awaits else kept[:2] for path, kept in sorted(self._known.items())}
        self._temporary.write_text(
            json.dumps({"base": self._base, "files": files}, ensure_ascii=False), encoding="utf-8"
        )
        self._temporary.replace(self._directory / LIST)
        self._changed = False


def _partly(made_of: str) -> str:
    return f"{made_of} in part"


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except FileNotFoundError:
        return False
