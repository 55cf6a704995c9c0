"""Use case: an item's page is fetched, its text extracted, judged against the feed's own, stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import Message

from aggregator.config import Outlet
from aggregator.core import polling
from aggregator.core.extract import Stated, Verdict, extract, judge
from aggregator.core.similar import text_digest
from aggregator.core.urls import article_url
from aggregator.errors import WorkerError
from aggregator.fetch.access import fetch_as
from aggregator.fetch.client import PAGE, Client
from aggregator.fetch.holds import Queued
from aggregator.fetch.network import Network
from aggregator.fetch.robots import Robots
from aggregator.model import (
    Article,
    ArticleOutcome,
    ArticleTask,
    FailureKind,
    Fetched,
    FetchFailed,
    FetchResult,
    NotModified,
    PutOff,
    Validators,
)
from aggregator.pool import Pool
from aggregator.store import Store
from aggregator.store.thread import StoreThread

#: seconds of work that one page may take
DEADLINE = 10.0
#: when a page is tried again after our own network was out
_OUTAGE = timedelta(minutes=1)
_HTML = frozenset({"text/html", "application/xhtml+xml", "application/xml", "text/xml", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleDone:
    """What became of one page, for the run's report."""

    task: ArticleTask
    outcome: ArticleOutcome
    #: a page arrived with status 200
    fetched: bool
    #: too many wait for its site: it comes to its turn in the same run, then
    queued_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Articles:
    """Fetches and extracts pages; one instance serves a whole run."""

    client: Client
    network: Network
    robots: Robots | None
    workers: Pool
    store: Store
    thread: StoreThread
    clock: Callable[[], datetime]
    #: by name as in feeds.toml
    outlets: Mapping[str, Outlet]

    async def read(self, task: ArticleTask) -> ArticleDone:
        """Handle one due page; what fails is recorded with its reason and tried again later."""
        done = await self._read(task)
        written = await self.thread.call(self.store.record_article, done.outcome)
        return done if written is None else replace(done, outcome=written)

    async def broken(self, task: ArticleTask, error: Exception) -> ArticleDone:
        """What becomes of a page at which this program itself failed: it is tried again a day later."""
        reason = f"reading the page failed: {type(error).__name__}: {error}"
        failure = FetchFailed(url=task.url, final_url=task.url, kind=FailureKind.CONTENT, reason=reason)
        done = self._failed(task, failure)
        await self.thread.call(self.store.record_article, done.outcome)
        return done

    async def _read(self, task: ArticleTask) -> ArticleDone:
        match await self._ask(task):
            case FetchFailed() as failure if self.network.is_ours(failure):
                return self._put_off(
                    task, PutOff(url=task.url, until=self.clock() + _OUTAGE, reason=failure.reason)
                )
            case FetchFailed() as failure:
                return self._failed(task, failure)
            case NotModified() as unchanged:
                reason = "the page has not changed since it was read without finding more"
                verdict = Verdict(result="from_feed", reason=reason)
                return self._kept(task, verdict, unchanged.validators, fetched=False)
            case Fetched() as page:
                return await self._extract(task, page)
            case PutOff() as put_off:
                return self._put_off(task, put_off)

    async def _ask(self, task: ArticleTask) -> FetchResult:
        """The page, where its site lets us read it."""
        if self.robots is not None and (obstacle := await self.robots.obstacle(task.url)) is not None:
            return obstacle
        outlet = self.outlets.get(task.outlet) or Outlet(name=task.outlet)
        return await fetch_as(self.client, outlet, task.url, validators=task.validators, accept=PAGE)

    async def _extract(self, task: ArticleTask, page: Fetched) -> ArticleDone:
        media_type, charset = content_type(page.headers)
        if media_type not in _HTML:
            return self._failed(task, _unusable(page, f"the page is {media_type}, not HTML"), fetched=True)
        want_metadata = not (task.title and task.published and task.authors)
        try:
            article: Article | None = await self.workers.run(
                extract,
                page.body,
                url=page.final_url,
                want_metadata=want_metadata,
                charset=charset,
                deadline=DEADLINE,
            )
        except WorkerError as error:
            return self._failed(task, _unusable(page, f"reading the page failed: {error}"), fetched=True)
        verdict = judge(article, _stated(task, page.final_url))
        if verdict.result == "extracted" and article is not None:
            return self._taken(task, page, article)
        if verdict.result == "from_feed":
            return self._kept(task, verdict, page.validators, fetched=True)
        return self._failed(task, _unusable(page, verdict.reason), fetched=True)

    def _taken(self, task: ArticleTask, page: Fetched, article: Article) -> ArticleDone:
        now = self.clock()
        if article.published is not None and article.published > now:
            # A page states when it was published; what lies ahead is an expiry date (trafilatura#72).
            article = replace(article, published=None)
        outcome = ArticleOutcome(
            item_id=task.item_id,
            lease_token=task.lease_token,
            at=now,
            result="extracted",
            reason="",
            status=page.status,
            article=article,
            canonical_url=article_url(article.canonical_url) or None,
            text_digest=text_digest(article.text),
            validators=page.validators,
            attempts=task.attempts,
        )
        return ArticleDone(task=task, outcome=outcome, fetched=True)

    def _kept(
        self, task: ArticleTask, verdict: Verdict, validators: Validators, *, fetched: bool
    ) -> ArticleDone:
        outcome = ArticleOutcome(
            item_id=task.item_id,
            lease_token=task.lease_token,
            at=self.clock(),
            result=verdict.result,
            reason=verdict.reason,
            validators=validators,
            attempts=task.attempts,
        )
        return ArticleDone(task=task, outcome=outcome, fetched=fetched)

    def _put_off(self, task: ArticleTask, put_off: PutOff) -> ArticleDone:
        """Nothing was asked: the page waits, and this was no attempt."""
        outcome = ArticleOutcome(
            item_id=task.item_id,
            lease_token=task.lease_token,
            at=self.clock(),
            result="put_off",
            reason=put_off.reason,
            attempts=task.attempts,
            next_try_at=put_off.until,
        )
        queued_until = put_off.until if isinstance(put_off, Queued) else None
        return ArticleDone(task=task, outcome=outcome, fetched=False, queued_until=queued_until)

    def _failed(self, task: ArticleTask, failure: FetchFailed, *, fetched: bool = False) -> ArticleDone:
        now = self.clock()
        outcome = ArticleOutcome(
            item_id=task.item_id,
            lease_token=task.lease_token,
            at=now,
            result="failed",
            reason=failure.reason,
            status=failure.status,
            attempts=task.attempts + 1,
            next_try_at=polling.retry_page(
                task.attempts + 1,
                now=now,
                kind=failure.kind,
                status=failure.status,
                headers=failure.headers,
            ),
        )
        return ArticleDone(task=task, outcome=outcome, fetched=fetched)


def _stated(task: ArticleTask, landed: str) -> Stated:
    """What the feed says of the item, for the verdict."""
    return Stated(
        title=task.title,
        text=task.text,
        source=task.text_source,
        summary=task.summary,
        asked=task.url,
        landed=landed,
    )


def _unusable(page: Fetched, reason: str) -> FetchFailed:
    return FetchFailed(
        url=page.url,
        final_url=page.final_url,
        kind=FailureKind.CONTENT,
        reason=reason,
        status=page.status,
        headers=page.headers,
    )


def content_type(headers: Mapping[str, str]) -> tuple[str, str | None]:
    """The media type in lower case ("" when absent) and the charset of a Content-Type (RFC 9110, 8.3)."""
    message = Message()
    message["Content-Type"] = headers.get("content-type") or ""
    if not headers.get("content-type"):
        return "", None
    return message.get_content_type(), message.get_content_charset()
