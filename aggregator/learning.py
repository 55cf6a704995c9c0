"""What is learned of outlets' pages while they are read: rules for the next, lessons from the last."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from aggregator.core.extract import study
from aggregator.model.articles import Lookout
from aggregator.model.learning import NO_RULES, Learned, Lesson, Profile, Rules
from aggregator.pool import Pool
from aggregator.store import Store
from aggregator.store.thread import StoreThread

#: seconds of work that a lesson may take
DEADLINE: Final = 20.0
#: sites whose rules are remembered, the latest asked for
_SITES: Final = 1000
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(slots=True, kw_only=True)
class Learning:
    """Learns of each outlet's pages, site by site; one instance serves a whole run."""

    store: Store
    thread: StoreThread
    workers: Pool
    clock: Callable[[], datetime]
    _known: OrderedDict[tuple[str, str], tuple[datetime | None, Rules]] = field(default_factory=OrderedDict)
    _studying: set[tuple[str, str]] = field(default_factory=set)

    async def rules(self, outlet: str, site: str) -> tuple[Lookout, Rules]:
        """By what a page of this site is corrected, and what to record with it."""
        which = (outlet.casefold(), site)
        if which not in self._known:
            self._keep(which, await self.thread.call(self.store.profile, outlet, site))
        self._known.move_to_end(which)
        learned_at, rules = self._known[which]
        return Lookout(site=site, learned_at=learned_at), rules

    @contextmanager
    def turn(self, outlet: str, site: str) -> Iterator[bool]:
        """Whether nobody learns of this site right now; nobody else does inside."""
        which = (outlet.casefold(), site)
        if which in self._studying:
            yield False
            return
        self._studying.add(which)
        try:
            yield True
        finally:
            self._studying.discard(which)

    async def lesson(self, outlet: str, site: str) -> Lesson | None:
        """What there is to learn of a site now."""
        return await self.thread.call(self.store.lesson, outlet, site)

    async def learn(self, outlet: str, lesson: Lesson) -> Learned:
        """What comes of a lesson; what was stored of its pages is corrected. Raises WorkerError."""
        learned = await self.workers.run(study, lesson, now=self._after(lesson.before), deadline=DEADLINE)
        self._keep((outlet.casefold(), lesson.site), learned.profile)
        await self.thread.call(self.store.record_learned, outlet, lesson, learned)
        return learned

    async def skip(self, outlet: str, lesson: Lesson) -> None:
        """Leave these pages out: nothing could be learned of them."""
        await self.thread.call(self.store.skip_lesson, outlet, lesson)

    def _after(self, before: Profile | None) -> datetime:
        """Now, but later than what was known before: profiles are told apart by when they were learned."""
        now = self.clock()
        return now if before is None else max(now, before.learned_at + _INSTANT)

    def _keep(self, which: tuple[str, str], profile: Profile | None) -> None:
        self._known[which] = (None, NO_RULES) if profile is None else (profile.learned_at, profile.rules)
        if len(self._known) > _SITES:
            self._known.popitem(last=False)
