"""How is a page asked for and read, and an article that is spread over several pages joined?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import Message
from typing import Final

from aggregator.config import Outlet
from aggregator.core.extract import extract, join
from aggregator.core.extract.agreement import Said
from aggregator.core.extract.paging import MOST, holds, is_same_again, is_whole, page_number
from aggregator.core.takedown import notice
from aggregator.core.urls import canonicalise, site_key
from aggregator.errors import WorkerError
from aggregator.fetch.access import fetch_as
from aggregator.fetch.client import PAGE, Client
from aggregator.fetch.robots import Robots
from aggregator.model import (
    Article,
    FailureKind,
    Fetched,
    FetchFailed,
    FetchResult,
    NotModified,
    PutOff,
    Validators,
)
from aggregator.model.learning import Rules
from aggregator.pool import Pool

#: seconds of work that one page may take
DEADLINE: Final = 10.0
#: what the requests for an article's further pages may take together, waiting for their turn left out
_ALLOWED: Final = timedelta(seconds=20)
_HTML: Final = frozenset({"text/html", "application/xhtml+xml", "application/xml", "text/xml", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """An article with all of its pages, or what there is of them."""

    article: Article
    #: why a page of it is missing, None when none is
    missing: FetchFailed | PutOff | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Asks for pages as an outlet's reader, and reads them."""

    client: Client
    robots: Robots | None
    workers: Pool
    #: what was learned of the outlet's pages, and what the feed says of the item; None: nothing is learned
    rules: Rules | None = None
    feed_text: str = ""
    #: lines of hashtags are no part of the text
    shows_tags: bool = False

    async def ask(
        self, url: str, outlet: Outlet, *, validators: Validators, deadline: timedelta | None = None
    ) -> FetchResult:
        """The page, where its site lets us read it."""
        if self.robots is not None and (obstacle := await self.robots.obstacle(url)) is not None:
            return obstacle
        return await fetch_as(self.client, outlet, url, validators=validators, accept=PAGE, deadline=deadline)

    async def read(
        self, page: Fetched, *, now: datetime | None = None, want_metadata: bool, want_date: bool = False
    ) -> Article | FetchFailed | None:
        """The article of a page, None where there is none in it; a failure where it cannot be read.

        ``now`` is when it was fetched; see ``extract`` for the rest.
        """
        media_type, charset = content_type(page.headers)
        if media_type not in _HTML:
            return unusable(page, f"the page is {media_type}, not HTML")
        try:
            article: Article | None = await self.workers.run(
                extract,
                page.body,
                url=page.final_url,
                want_metadata=want_metadata,
                charset=charset,
                now=now,
                want_date=want_date,
                rules=self.rules,
                feed_text=self.feed_text,
                deadline=DEADLINE,
            )
            if article is not None and self.shows_tags:
                article = await self._without_tags(article)
        except WorkerError as error:
            return unusable(page, f"reading the page failed: {error}")
        return article

    async def _without_tags(self, article: Article) -> Article | None:
        from aggregator.core.leads import without_hashtags

        run = self.workers.run
        text, html = await run(without_hashtags, article.text, article.html, deadline=DEADLINE)
        return replace(article, text=text, html=html) if text else None

    async def notice(self, page: Fetched, article: Article | None) -> str:
        """What a page that shows next to nothing says of the article that stood there, "" when nothing."""
        _, charset = content_type(page.headers)
        found = "" if article is None else article.text
        try:
            said: str = await self.workers.run(notice, page.body, charset, found, deadline=DEADLINE)
        except WorkerError:
            return ""
        return said

    async def whole(self, page: Fetched, article: Article, outlet: Outlet, title: str) -> Whole:
        """The article with its further pages; as it is where there are none.

        ``title`` is the item's. A page that cannot be had ends the text, and is told.
        """
        if not article.further:
            return Whole(article=article)
        walk = _Walk(self, page, article, outlet, title)
        if await walk.all_on_one():
            return Whole(article=walk.parts[0])
        missing = await walk.through()
        if len(walk.parts) == 1:
            return Whole(article=article, missing=missing)
        try:
            joined = await self._joined(walk.parts)
        except WorkerError as error:
            failure = unusable(page, f"joining the article's {len(walk.parts)} pages failed: {error}")
            return Whole(article=article, missing=failure)
        return Whole(article=joined, missing=missing)

    async def _joined(self, parts: list[Article]) -> Article:
        text, html = await self.workers.run(
            join, [part.text for part in parts], [part.html for part in parts], deadline=DEADLINE
        )
        image = next((part.image for part in parts if part.image), "")
        return replace(parts[0], text=text, html=html, score=min(part.score for part in parts), image=image)


class _Walk:
    """From the first page of an article to its last."""

    def __init__(self, pages: Pages, page: Fetched, article: Article, outlet: Outlet, title: str) -> None:
        self.pages = pages
        self.first = page.final_url
        self.outlet = outlet
        self.title = title or article.title or ""
        self.parts = [article]
        self.left = _ALLOWED

    async def all_on_one(self) -> bool:
        """Whether the site shows all pages on one, which is in ``parts`` then."""
        article = self.parts[0]
        if not article.whole or not is_whole(self.first, article.whole):
            return False
        found = await self._page(article.whole)
        if isinstance(found, Article) and holds(found.text, article.text) and self._is_ours(found, None):
            self.parts = [
                replace(article, text=found.text, html=found.html, score=found.score, sample=found.sample)
            ]
            return True
        return False

    async def through(self) -> FetchFailed | PutOff | None:
        """Gather page after page in ``parts``; why one is missing, None when the last one was read."""
        while len(self.parts) < MOST and (address := self._next()):
            number = len(self.parts) + 1
            found = await self._page(address)
            if isinstance(found, FetchFailed | PutOff):
                return replace(found, reason=f"page {number} of the article: {found.reason}")
            text = "\n".join(part.text for part in self.parts)
            if found is None or not self._is_ours(found, number) or is_same_again(text, found.text):
                return None
            self.parts.append(found)
        return None

    def _next(self) -> str:
        wanted = len(self.parts) + 1
        further = self.parts[-1].further
        return next((one for one in further if page_number(self.first, one) == wanted), "")

    async def _page(self, address: str) -> Article | FetchFailed | PutOff | None:
        """What stands at an address, None where it only leads back, or to another site."""
        if self.left <= timedelta(0):
            reason = f"its pages took longer than {_ALLOWED.total_seconds():g} s"
            return FetchFailed(url=address, final_url=address, kind=FailureKind.TIMEOUT, reason=reason)
        result = await self.pages.ask(
            address, self.outlet, validators=Validators(), deadline=min(self.left, _ALLOWED)
        )
        match result:
            case PutOff() | FetchFailed():
                return result
            case NotModified():  # not asked for; said by servers that think that we know
                return None
            case Fetched():
                self.left -= timedelta(milliseconds=result.elapsed_ms)
                if not self._stayed(result):
                    return None
                found = await self.pages.read(result, want_metadata=True)
                return found or unusable(result, "no text was found in it")

    def _stayed(self, result: Fetched) -> bool:
        """Whether a page is not the first one again, nor of another site."""
        same_site = site_key(result.final_url) == site_key(self.first)
        return same_site and canonicalise(result.final_url) != canonicalise(self.first)

    def _is_ours(self, found: Article, number: int | None) -> bool:
        """Whether a page is of this article, by its canonical address or its title."""
        own = {canonicalise(url) for url in (self.first, self.parts[0].canonical_url) if url}
        if found.canonical_url and (
            canonicalise(found.canonical_url) in own
            or any(page_number(url, found.canonical_url) == number is not None for url in own)
        ):
            return True
        same_title = found.title is not None and found.title == self.parts[0].title
        return same_title or Said(self.title, "").is_named(found.title)


def unusable(page: Fetched, reason: str) -> FetchFailed:
    """A page that arrived and is of no use."""
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
