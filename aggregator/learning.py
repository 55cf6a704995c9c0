"""What is learned of outlets' pages while they are read: rules for the next, lessons from the last."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from aggregator.core.extract import study
from aggregator.errors import WorkerError
from aggregator.model.articles import Lookout
from aggregator.model.learning import NO_RULES, Profile, Rules
from aggregator.pool import Pool
from aggregator.store import Store
from aggregator.store.thread import StoreThread

log = structlog.get_logger()

#: seconds of work that a lesson may take
DEADLINE: Final = 20.0
#: sites whose rules are remembered, the latest asked for
_SITES: Final = 1000


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

    async def learn(self, outlet: str, site: str) -> None:
        """Learn of the site's latest pages, where it is time to; what was stored of them is corrected."""
        which = (outlet.casefold(), site)
        if which in self._studying:
            return
        self._studying.add(which)
        try:
            while await self._learned(which, outlet, site):
                pass
        finally:
            self._studying.discard(which)

    async def _learned(self, which: tuple[str, str], outlet: str, site: str) -> bool:
        """One lesson, if there is one; whether there may be another, of pages read meanwhile."""
        lesson = await self.thread.call(self.store.lesson, outlet, site)
        if lesson is None:
            return False
        try:
            learned = await self.workers.run(study, lesson, now=self.clock(), deadline=DEADLINE)
        except WorkerError as error:
            log.warning("learning of an outlet's pages failed", outlet=outlet, site=site, reason=str(error))
            await self.thread.call(self.store.skip_lesson, outlet, lesson)
            return False
        self._keep(which, learned.profile)
        await self.thread.call(self.store.record_learned, outlet, lesson, learned)
        log.info(
            "learned",
            outlet=outlet,
            site=site,
            articles=learned.profile.articles,
            lines=len(learned.profile.lines),
            corrected=len(learned.corrected),
        )
        return True

    def _keep(self, which: tuple[str, str], profile: Profile | None) -> None:
        self._known[which] = (None, NO_RULES) if profile is None else (profile.learned_at, profile.rules)
        if len(self._known) > _SITES:
            self._known.popitem(last=False)
