"""Use case: an item's page is fetched, its text extracted, judged against the feed's own, stored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from aggregator.config import Outlet
from aggregator.core import polling
from aggregator.core.extract import Stated, Verdict, better, judge
from aggregator.core.revisions import same_to_a_reader
from aggregator.core.sanitize import html_to_text
from aggregator.core.settle import settle
from aggregator.core.similar import text_digest
from aggregator.core.sketch import sketch_of
from aggregator.core.urls import article_url, believed_canonical, site_key
from aggregator.core.walls import not_a_page
from aggregator.errors import WorkerError
from aggregator.fetch.client import Client
from aggregator.fetch.holds import Queued
from aggregator.fetch.network import Network
from aggregator.fetch.robots import Robots
from aggregator.leads import leads_of
from aggregator.learning import Learning
from aggregator.model import (
    Article,
    ArticleOutcome,
    ArticleTask,
    FailureKind,
    Fetched,
    FetchFailed,
    NotModified,
    PutOff,
    Validators,
)
from aggregator.pages import DEADLINE, Pages, Whole, unusable
from aggregator.pool import Pool
from aggregator.store import Store
from aggregator.store.thread import StoreThread

T = TypeVar("T")

#: characters of texts up to which they are compared here, in a few milliseconds
_LIGHT = 100_000

#: when a page is tried again after our own network was out
_OUTAGE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleDone:
    """What became of one page, for the run's report."""

    task: ArticleTask
    outcome: ArticleOutcome
    #: a page arrived with status 200
    fetched: bool
    #: too many wait for its site: it comes to its turn in the same run, then
    queued_until: datetime | None = None
    #: the site that another page was read of, which may be enough to learn from
    learn_of: str | None = None


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
    learning: Learning

    async def read(self, task: ArticleTask) -> ArticleDone:
        """Handle one due page; what fails is recorded with its reason and tried again later."""
        done = await self._read(task)
        written = await self.thread.call(self.store.record_article, done.outcome)
        if written is None:
            return done
        lookout = written.lookout if written.article is not None else None
        return replace(done, outcome=written, learn_of=None if lookout is None else lookout.site)

    async def broken(self, task: ArticleTask, error: Exception) -> ArticleDone:
        """What becomes of a page at which this program itself failed: it is tried again a day later."""
        reason = f"reading the page failed: {type(error).__name__}: {error}"
        failure = FetchFailed(url=task.url, final_url=task.url, kind=FailureKind.CONTENT, reason=reason)
        done = self._failed(task, failure)
        await self.thread.call(self.store.record_article, done.outcome)
        return done

    async def _read(self, task: ArticleTask) -> ArticleDone:
        if reason := not_a_page(task.url):
            return self._given_up(task, reason)
        match await self._pages.ask(task.url, self._outlet(task), validators=task.validators):
            case FetchFailed() as failure if self.network.is_ours(failure):
                return self._put_off(
                    task, PutOff(url=task.url, until=self.clock() + _OUTAGE, reason=failure.reason)
                )
            case FetchFailed() as failure:
                return self._failed(task, failure)
            case NotModified() as unchanged:
                return self._not_modified(task, unchanged)
            case Fetched() as page:
                return await self._arrived(task, page)
            case PutOff() as put_off:
                return self._put_off(task, put_off)

    @property
    def _pages(self) -> Pages:
        return Pages(client=self.client, robots=self.robots, workers=self.workers)

    def _outlet(self, task: ArticleTask) -> Outlet:
        return self.outlets.get(task.outlet) or Outlet(name=task.outlet)

    def _not_modified(self, task: ArticleTask, unchanged: NotModified) -> ArticleDone:
        if task.page_text:
            return self._same(task, validators=unchanged.validators, fetched=False)
        reason = "the page has not changed since it was read without finding more"
        verdict = Verdict(result="from_feed", reason=reason)
        return self._kept(task, verdict, unchanged.validators, fetched=False)

    async def _arrived(self, task: ArticleTask, page: Fetched) -> ArticleDone:
        if reason := not_a_page(page.final_url):
            return self._failed(task, unusable(page, reason), fetched=True)
        lookout, rules = await self.learning.rules(task.outlet, site_key(page.final_url))
        own = "\n".join(filter(None, (task.text, html_to_text(task.summary))))
        shows_tags = self._outlet(task).kind == "aggregator"
        pages = replace(self._pages, rules=rules, feed_text=own, shows_tags=shows_tags)
        done = await self._read_by(task, page, pages)
        if self._outlet(task).kind == "aggregator":
            done = await self._with_leads(task, page, done)
        return replace(done, outcome=replace(done.outcome, lookout=lookout))

    async def _with_leads(self, task: ArticleTask, page: Fetched, done: ArticleDone) -> ArticleDone:
        """With what an aggregator's page shows of other outlets, and its hashtags."""
        found = await leads_of(page, self._outlet(task), self.workers, self.clock())
        outcome = replace(done.outcome, leads=found.leads, hashtags=found.hashtags)
        if outcome.article is not None:
            tags = tuple(dict.fromkeys((*found.hashtags, *outcome.article.tags)))
            outcome = replace(outcome, article=replace(outcome.article, tags=tags))
        else:
            outcome = replace(outcome, tags=tuple(dict.fromkeys((*found.hashtags, *outcome.tags))))
        return replace(done, outcome=outcome)

    async def _read_by(self, task: ArticleTask, page: Fetched, pages: Pages) -> ArticleDone:
        """What becomes of a page that arrived, read by what was learned of its outlet."""
        article = await pages.read(
            page,
            now=self.clock(),
            want_metadata=not (task.title and task.authors and task.language),
            want_date=task.published is None,
        )
        if isinstance(article, FetchFailed):
            return self._failed(task, article, fetched=True)
        try:
            done = await self._judged(task, page, pages, article)
        except WorkerError as error:
            return self._failed(task, unusable(page, f"comparing its text failed: {error}"), fetched=True)
        if article is None or done.outcome.result not in ("from_feed", "unchanged"):
            return done
        return replace(done, outcome=replace(done.outcome, claims=article.claims, tags=article.tags))

    async def _judged(
        self, task: ArticleTask, page: Fetched, pages: Pages, article: Article | None
    ) -> ArticleDone:
        stated = _stated(task, page.final_url)
        found = ("", "") if article is None else (article.text, article.html)
        verdict = await self._apart((*found, stated.text, stated.summary), judge, article, stated)
        doubtful = verdict.result != "extracted" or _shows_little(task, article)
        if task.page_text and doubtful and (said := await pages.notice(page, article)):
            return self._taken_down(task, said)
        if verdict.result == "extracted" and article is not None:
            return await self._take(task, page, pages, article, stated)
        if verdict.result == "from_feed" and not task.page_text:
            return self._kept(task, verdict, page.validators, fetched=True)
        return self._failed(task, unusable(page, verdict.reason), fetched=True)

    async def _take(
        self, task: ArticleTask, page: Fetched, pages: Pages, article: Article, stated: Stated
    ) -> ArticleDone:
        """The page's text, its further pages joined to it, unless the text from before is as good."""
        if await self._is_known(task, article):
            return self._same(task, validators=page.validators, fetched=True)
        if stated.is_whole:  # the feed says where the article ends
            whole = Whole(article=article)
        else:
            whole = await pages.whole(page, article, self._outlet(task), task.title)
        if not task.page_text:
            return await self._taken(task, page, whole)
        if whole.missing is not None and not _is_incomplete(task):
            return self._looked(task, whole.missing.reason, fetched=True)
        texts = (whole.article.text, whole.article.html, task.page_text)
        same = await self._apart(texts, same_to_a_reader, whole.article.text, task.page_text)
        if same and whole.missing is None:
            return self._same(task, validators=page.validators, fetched=True)
        verdict = await self._apart(texts, better, whole.article, task.page_text, task.page_score)
        if verdict.result == "extracted":
            return await self._taken(task, page, whole)
        return self._looked(task, verdict.reason, fetched=True)

    async def _is_known(self, task: ArticleTask, article: Article) -> bool:
        """Whether the first of an article's pages says what the stored text begins with."""
        if not (task.page_text and article.further) or _is_incomplete(task):
            return False
        texts = (article.text, task.page_text[: len(article.text)])
        return await self._apart(texts, same_to_a_reader, *texts)

    async def _apart(self, texts: Sequence[str], fn: Callable[..., T], /, *args: Any) -> T:
        """``fn(…)``, in a worker where ``texts`` are so long that it holds up everybody else.

        Raises WorkerError.
        """
        if sum(map(len, texts)) <= _LIGHT:
            return fn(*args)
        return await self.workers.run(fn, *args, deadline=DEADLINE)

    async def _taken(self, task: ArticleTask, page: Fetched, whole: Whole) -> ArticleDone:
        now, article, missing = self.clock(), whole.article, whole.missing
        rereads = task.rereads + bool(task.page_text)
        outcome = ArticleOutcome(
            item_id=task.item_id,
            lease_token=task.lease_token,
            at=now,
            result="extracted",
            reason="" if missing is None else missing.reason,
            status=page.status,
            article=article,
            canonical_url=_canonical(task, page, article) or None,
            text_digest=await self._apart((article.text,), text_digest, article.text),
            sketch=await self._apart((article.text,), sketch_of, article.text, "page", article.named),
            # without validators: a 304 would say that nothing is missing
            validators=page.validators if missing is None else Validators(),
            attempts=0 if missing is None else task.attempts + 1,
            rereads=rereads,
            next_try_at=self._again(task, rereads, missing, article=article, changed=bool(task.page_text)),
        )
        return ArticleDone(task=task, outcome=outcome, fetched=True)

    def _taken_down(self, task: ArticleTask, said: str) -> ArticleDone:
        """The page says that the article is gone: what was read stays, and it is asked a day later again."""
        # without validators: a 304 would say that the article is there
        done = self._looked(task, f"the page says: {said}", fetched=True, validators=Validators())
        again = polling.after_withdrawal(task.rereads + 1, self.clock())
        return replace(done, outcome=replace(done.outcome, withdrawal=said, next_try_at=again))

    def _same(self, task: ArticleTask, *, validators: Validators, fetched: bool) -> ArticleDone:
        """A second look found what was there before."""
        return self._looked(task, "", fetched=fetched, validators=validators)

    def _looked(
        self,
        task: ArticleTask,
        reason: str,
        *,
        fetched: bool,
        failure: FetchFailed | None = None,
        validators: Validators | None = None,
    ) -> ArticleDone:
        """A second look changes nothing; ``reason`` says why, where it saw something else or nothing."""
        incomplete = _is_incomplete(task)
        missing = failure or FetchFailed(
            url=task.url, final_url=task.url, kind=FailureKind.CONTENT, reason=reason
        )
        outcome = ArticleOutcome(
            item_id=task.item_id,
            lease_token=task.lease_token,
            at=self.clock(),
            result="unchanged",
            reason=reason,
            status=None if failure is None else failure.status,
            validators=validators,
            attempts=task.attempts + incomplete,
            rereads=task.rereads + 1,
            next_try_at=self._again(
                task, task.rereads + 1, missing if incomplete else None, failure=failure, changed=False
            ),
        )
        return ArticleDone(task=task, outcome=outcome, fetched=fetched)

    def _again(
        self,
        task: ArticleTask,
        rereads: int,
        missing: FetchFailed | PutOff | None,
        *,
        changed: bool,
        failure: FetchFailed | None = None,
        article: Article | None = None,
    ) -> datetime | None:
        """When the page is looked at again: for what is ``missing``, else for edits.

        ``article``: what was just read, which may say how old it is where the feed does not.
        """
        now = self.clock()
        if isinstance(missing, PutOff):
            return missing.until
        if missing is not None and (again := _retry(missing, task.attempts + 1, now)) is not None:
            return again
        if self._outlet(task).full_text == "never":
            return None
        published = task.published or (settle(article.claims, task.first_seen).published if article else None)
        planned = polling.reread_page(
            rereads, published=published, first_seen=task.first_seen, now=now, changed=changed
        )
        asked = None if failure is None else polling.retry_after(failure.headers, now)
        return max(planned, asked) if planned and asked else planned

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
        if task.page_text:  # what was read before stands
            return self._looked(task, failure.reason, fetched=fetched, failure=failure)
        now = self.clock()
        outcome = ArticleOutcome(
            item_id=task.item_id,
            lease_token=task.lease_token,
            at=now,
            result="failed",
            reason=failure.reason,
            status=failure.status,
            attempts=task.attempts + 1,
            next_try_at=_retry(failure, task.attempts + 1, now),
        )
        return ArticleDone(task=task, outcome=outcome, fetched=fetched)

    def _given_up(self, task: ArticleTask, reason: str) -> ArticleDone:
        """An address at which there will never be an article: nothing is asked."""
        outcome = ArticleOutcome(
            item_id=task.item_id,
            lease_token=task.lease_token,
            at=self.clock(),
            result="failed",
            reason=reason,
            attempts=task.attempts,
        )
        return ArticleDone(task=task, outcome=outcome, fetched=False)


def _retry(failure: FetchFailed, attempts: int, now: datetime) -> datetime | None:
    return polling.retry_page(
        attempts, now=now, kind=failure.kind, status=failure.status, headers=failure.headers
    )


def _is_incomplete(task: ArticleTask) -> bool:
    """Whether a page of the article is missing in what was read before."""
    return bool(task.page_text) and task.attempts > 0


def _shows_little(task: ArticleTask, article: Article | None) -> bool:
    """Whether of what was read before the page shows less than half."""
    return bool(task.page_text) and (article is None or 2 * len(article.text) < len(task.page_text))


def _canonical(task: ArticleTask, page: Fetched, article: Article) -> str:
    """The page's rel=canonical, else where the item's address led, if that is another site's."""
    stated = believed_canonical(page.final_url, article.canonical_url)
    if stated or site_key(page.final_url) == site_key(task.url):
        return stated
    return article_url(page.final_url)


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
