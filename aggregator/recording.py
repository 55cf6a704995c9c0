"""How is a run recorded: which of its parts are steps, which calls of the store end them, what else is kept.

Everything here stands between the run and what it works with; the run itself does not know.
"""

import asyncio
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Literal, ParamSpec, TypeVar

from aggregator import __version__
from aggregator.articles import ArticleDone
from aggregator.config import Config, Outlet, PublishConfig
from aggregator.core.tape import FORMAT, EndLine, RunLine, config_for_tape
from aggregator.errors import ConfigError
from aggregator.fetch.tape import Recorder, RecordingClient
from aggregator.fetch.tapefiles import TapeWriter
from aggregator.lock import acquire
from aggregator.model import ArticleOutcome, ArticleTask, FeedState, Fetched, OpenGap, PollOutcome
from aggregator.model.comments import CommentTask
from aggregator.model.learning import Lesson
from aggregator.outside import Outside
from aggregator.publish import FILES
from aggregator.report import RunOptions
from aggregator.rounds import Round, Services
from aggregator.store import Store
from aggregator.store.thread import StoreThread

P = ParamSpec("P")
T = TypeVar("T")

#: how often the exports of a daemon are kept whole
_WHOLE_EVERY = timedelta(hours=1)


class Recording:
    """A tape that is being written. ``outside`` is what the runs on it meet."""

    def __init__(self, writer: TapeWriter, clock: Callable[[], datetime]) -> None:
        self._recorder = Recorder(writer, clock=clock)
        self._clock = clock
        self._folder = writer.folder
        self._exports = _Exports(self._recorder)
        self.outside = Outside(
            clock=self._recorder.clock,
            wall=clock,
            jitter=self._recorder.jitter,
            thread=partial(_TapedThread, self._recorder),
            client=partial(RecordingClient, recorder=self._recorder),
            round=partial(_TapedRound, recorder=self._recorder, exports=self._exports),
        )

    @contextmanager
    def run(
        self, services: Services, mode: Literal["once", "daemon"], options: RunOptions | None = None
    ) -> Iterator[None]:
        """Everything inside is one run. Raises ConfigError when feeds.toml cannot be read any more."""
        wanted = options or RunOptions()
        self._begin(services.store, services.config, mode, wanted)
        try:
            yield
        finally:
            if services.config.publish is not None:
                self._exports.keep(services.config.publish)
            at = self._clock()
            self._recorder.write(EndLine(at=at), at)

    def _begin(
        self, store: Store, config: Config, mode: Literal["once", "daemon"], options: RunOptions
    ) -> None:
        digest = self._recorder.put(_config_text(config.path).encode())
        if digest is None:
            return
        line = RunLine(
            format=FORMAT,
            run=uuid.uuid4().hex,
            at=self._clock(),
            program=__version__,
            mode=mode,
            force=options.force,
            outlets=options.outlets,
            config=digest,
            seed=secrets.token_hex(8),
            feed_id=store.feed_uuid(),
            items=sum(feed.items for feed in store.health()),
        )
        self._recorder.begin(line)

    def told(self) -> str:
        """A sentence about what was recorded."""
        recorder = self._recorder
        if recorder.stopped:
            return f"Recording has stopped: {recorder.stopped}."
        count = recorder.responses
        noun = "response" if count == 1 else "responses"
        return f"{count} {noun} recorded in {self._folder} ({recorder.written / 1e6:.1f} MB more)."


@contextmanager
def recording(folder: Path, clock: Callable[[], datetime]) -> Iterator[Recording]:
    """A tape in ``folder``, which is made or continued.

    Raises OutputError where it cannot be written, LockedError while another process writes to it.
    """
    writer = TapeWriter(folder)
    lock = acquire(folder / "tape.json")
    try:
        yield Recording(writer, clock)
    finally:
        writer.close()
        lock.release()


def _config_text(path: Path) -> str:
    from aggregator.config.loading import read

    try:
        return config_for_tape(read(path))
    except ValueError as exc:
        raise ConfigError([f"{path} has changed and is not valid any more: {exc}"]) from exc


class _TapedThread(StoreThread):
    """Tells the recorder of each call, in their order."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    async def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``function`` returns or raises, run after every call made before."""
        self._recorder.called(getattr(function, "__name__", ""), learned_at=_read_by(*args))
        return await super().call(function, *args, **kwargs)


def _read_by(*handed: object) -> datetime | None:
    """When the rules were learned that a page was read by, where it is handed over."""
    outcome = next((one for one in handed if isinstance(one, ArticleOutcome)), None)
    return None if outcome is None or outcome.lookout is None else outcome.lookout.learned_at


class _Exports:
    """The published files: their digests each time, and now and then what they hold."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._kept_at: datetime | None = None
        self._changed = False

    async def note(self, config: PublishConfig, now: datetime) -> None:
        """They were published just now."""
        found = await asyncio.to_thread(_published, config)
        self._recorder.exports({name: sha256(body).hexdigest() for name, body in found.items()})
        self._changed = True
        if self._kept_at is None or now - self._kept_at >= _WHOLE_EVERY:
            self._kept_at = now
            await asyncio.to_thread(self.keep, config)

    def keep(self, config: PublishConfig) -> None:
        """Keep what they hold, if that is not on the tape yet."""
        if self._changed:
            self._changed = False
            for body in _published(config).values():
                self._recorder.put(body)


def _published(config: PublishConfig) -> Mapping[str, bytes]:
    """What was published, by file name."""
    found = {}
    for kind in config.formats:
        if kind != "html" and (path := config.directory / FILES[kind]).is_file():
            found[path.name] = path.read_bytes()
    return found


@dataclass(slots=True, kw_only=True)
class _TapedRound(Round):
    """A round whose parts are steps: each with the call of the store that ends it."""

    recorder: Recorder
    exports: _Exports

    # ``super()`` without arguments does not find its way through a dataclass with slots

    async def prepare(self) -> None:
        with self.recorder.step("prepare", "sync_feeds"):
            await Round.prepare(self)

    async def _claim_pages(self, limit: int) -> Sequence[ArticleTask]:
        with self.recorder.step("claim", "claim_articles", limit=limit):
            return await Round._claim_pages(self, limit)

    async def _discover(self, outlet: Outlet) -> bool:
        with self.recorder.step("discover", "set_meta", outlet=outlet.name, url=outlet.homepage):
            return await Round._discover(self, outlet)

    async def _poll(self, feed: FeedState) -> None:
        with self.recorder.step("poll", "record_poll", outlet=feed.outlet, url=feed.url):
            await Round._poll(self, feed)

    async def take(self, feed: FeedState, arrived: Fetched) -> PollOutcome:
        with self.recorder.step("delivery", "record_poll", outlet=feed.outlet, url=feed.url):
            await self.recorder.keep(arrived, method="DELIVERY")
            return await Round.take(self, feed, arrived)

    async def _read(self, task: ArticleTask) -> ArticleDone:
        with self.recorder.step(
            "page", "record_article", outlet=task.outlet, url=task.url, number=task.item_id
        ):
            return await Round._read(self, task)

    async def _lesson(self, outlet: str, site: str) -> Lesson | None:
        with self.recorder.step("lesson", "lesson", outlet=outlet, url=site):
            return await Round._lesson(self, outlet, site)

    async def _study(self, outlet: str, lesson: Lesson) -> bool:
        with self.recorder.step("learn", "record_learned", outlet=outlet, url=lesson.site):
            return await Round._study(self, outlet, lesson)

    async def _skip(self, outlet: str, lesson: Lesson) -> None:
        with self.recorder.step("skip", "skip_lesson", outlet=outlet, url=lesson.site):
            await Round._skip(self, outlet, lesson)

    async def _fill(self, gap: OpenGap) -> int:
        with self.recorder.step("gap", "fill_gap", outlet=gap.outlet, url=gap.address, number=gap.id):
            return await Round._fill(self, gap)

    async def _look_at_comments(self, task: CommentTask) -> int:
        with self.recorder.step(
            "comments", "record_comments", outlet=task.outlet, url=task.url, number=task.item_id
        ):
            return await Round._look_at_comments(self, task)

    async def forgive(self) -> None:
        with self.recorder.step("forgive", "forgive"):
            await Round.forgive(self)

    async def check_health(self) -> None:
        with self.recorder.step("health", "health"):
            await Round.check_health(self)

    async def _place_some(self) -> int:
        with self.recorder.step("stories", "place_stories"):
            return await Round._place_some(self)

    async def _resolve_some(self) -> bool:
        with self.recorder.step("leads", "resolve_leads"):
            return await Round._resolve_some(self)

    async def prune(self) -> None:
        with self.recorder.step("prune", "prune"):
            await Round.prune(self)

    async def publish(self, *, patience: float | None = None) -> None:
        with self.recorder.step("publish", "publish"):
            await Round.publish(self, patience=patience)
        config = self.services.config.publish
        if config is not None and not self.tally.unpublished:
            await self.exports.note(config, self.services.clock())
