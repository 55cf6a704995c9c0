"""Use case: the comment feed of a young item is looked at, where its outlet wants that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.config import Outlet
from aggregator.core import polling
from aggregator.core.comments import comments_of, next_look
from aggregator.documents import Documents
from aggregator.errors import ParseError, WorkerError
from aggregator.fetch.access import fetch_as
from aggregator.fetch.client import FEED, Client
from aggregator.fetch.network import Network
from aggregator.model import Fetched, FetchFailed, NotModified, PutOff, Validators
from aggregator.model.comments import CommentsOutcome, CommentTask
from aggregator.model.stories import Comment
from aggregator.store import Store
from aggregator.store.thread import StoreThread

#: when a comment feed is asked again after our own network was out
_OUTAGE = timedelta(minutes=10)
#: answers after which there is nothing to ask for any more
_OVER = frozenset({401, 403, 404, 410})


@dataclass(frozen=True, slots=True, kw_only=True)
class Comments:
    """Reads comment feeds; one instance serves a whole run."""

    client: Client
    network: Network
    documents: Documents
    store: Store
    thread: StoreThread
    clock: Callable[[], datetime]
    #: by name as in feeds.toml
    outlets: Mapping[str, Outlet]

    async def look(self, task: CommentTask) -> int:
        """Ask for what is new, and store it; how many comments that were. What fails is written down."""
        outcome = await self._look(task)
        return await self.thread.call(self.store.record_comments, outcome) or 0

    async def broken(self, task: CommentTask, error: Exception) -> None:
        """What becomes of a comment feed at which this program itself failed: it is asked no more."""
        reason = f"reading it failed: {type(error).__name__}: {error}"
        outcome = CommentsOutcome(
            item_id=task.item_id,
            lease_token=task.lease_token,
            at=self.clock(),
            quiet=task.quiet,
            reason=reason,
        )
        await self.thread.call(self.store.record_comments, outcome)

    async def _look(self, task: CommentTask) -> CommentsOutcome:
        outlet = self.outlets.get(task.outlet) or Outlet(name=task.outlet)
        match await fetch_as(self.client, outlet, task.url, validators=task.validators, accept=FEED):
            case PutOff() as put_off:
                return self._later(task, put_off.until, put_off.reason)
            case FetchFailed() as failed if self.network.is_ours(failed):
                return self._later(task, self.clock() + _OUTAGE, failed.reason)
            case FetchFailed() as failed:
                return self._failed(task, failed)
            case NotModified() as same:
                return self._looked(task, validators=same.validators)
            case Fetched() as page:
                return await self._read(task, page)

    async def _read(self, task: CommentTask, page: Fetched) -> CommentsOutcome:
        try:
            feed = await self.documents.parse(page.body, page.final_url, page.headers)
        except (ParseError, WorkerError) as error:
            return self._looked(task, reason=str(error))
        found = comments_of(feed, task.item_id, self.clock())
        return self._looked(task, found=found, validators=page.validators)

    def _looked(
        self,
        task: CommentTask,
        *,
        found: tuple[tuple[str, Comment], ...] = (),
        validators: Validators | None = None,
        reason: str = "",
    ) -> CommentsOutcome:
        now, quiet = self.clock(), task.quiet + 1
        return CommentsOutcome(
            item_id=task.item_id,
            lease_token=task.lease_token,
            at=now,
            found=found,
            quiet=quiet,
            next_look_at=next_look(task.since, now, quiet=quiet),
            lively_at=next_look(task.since, now, quiet=0),
            validators=validators,
            reason=reason,
        )

    def _failed(self, task: CommentTask, failed: FetchFailed) -> CommentsOutcome:
        """It is asked at its next turn, not before its server wants to be; what is not there, no more."""
        now, quiet = self.clock(), task.quiet + 1
        planned = None if failed.status in _OVER else next_look(task.since, now, quiet=quiet)
        asked = polling.retry_after(failed.headers, now)
        return CommentsOutcome(
            item_id=task.item_id,
            lease_token=task.lease_token,
            at=now,
            quiet=quiet,
            next_look_at=max(planned, asked) if planned and asked else planned,
            reason=failed.reason,
        )

    def _later(self, task: CommentTask, at: datetime, reason: str) -> CommentsOutcome:
        """Nothing was asked: this was no look."""
        return CommentsOutcome(
            item_id=task.item_id,
            lease_token=task.lease_token,
            at=self.clock(),
            quiet=task.quiet,
            next_look_at=at,
            reason=reason,
        )
