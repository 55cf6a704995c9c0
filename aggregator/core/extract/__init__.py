"""Which text of a page is the article, and is it better than what the feed itself carries?

Light to import: the parser and trafilatura (``page``) load with the first page, in a worker process.
"""

from collections.abc import Sequence
from datetime import datetime

from aggregator.core.extract.verdict import Stated, Verdict, better, carries_full_text, judge
from aggregator.model import Article
from aggregator.model.learning import Learned, Lesson, Rules

__all__ = ["Stated", "Verdict", "better", "carries_full_text", "extract", "join", "judge", "study", "text_of"]


def extract(
    html: bytes,
    *,
    url: str,
    want_metadata: bool,
    charset: str | None = None,
    now: datetime | None = None,
    want_date: bool | None = None,
    rules: Rules | None = None,
    feed_text: str = "",
) -> Article | None:
    """The article of a page, or None when there is no article text in it.

    ``url`` is the page's own address, which relative ones are resolved against; ``charset`` is what its
    Content-Type said. Title, authors and language are read only on ``want_metadata``: they take a third of
    the time. What states a date is always read, "3 days ago" against ``now``, when the page was fetched;
    ``want_date`` looks through the text where nothing else states it, None: as ``want_metadata``. The text is
    corrected by ``rules``, what was learned of its outlet, but for what stands in ``feed_text``, the feed's
    own of the item; without rules there is no sample of the page either. Raises nothing but MemoryError,
    whatever the bytes; hostile bytes may take minutes, so it runs in a worker with a deadline.
    """
    from aggregator.core.extract import page

    return page.read(
        html,
        url=url,
        want_metadata=want_metadata,
        charset=charset,
        now=now,
        want_date=want_metadata if want_date is None else want_date,
        rules=rules,
        feed_text=feed_text,
    )


def join(texts: Sequence[str], htmls: Sequence[str]) -> tuple[str, str]:
    """The text and the HTML of an article from those of its pages, without what they repeat. In a worker."""
    from aggregator.core.extract import pager

    return pager.joined(texts, htmls)


def study(lesson: Lesson, *, now: datetime) -> Learned:
    """What the latest pages of an outlet's site have in common, and their articles by it. In a worker."""
    from aggregator.core.extract import lesson as pages

    return pages.learn(lesson, now=now)


def text_of(html: bytes, url: str | None) -> str | None:
    """The article text of a page alone; None when there is none."""
    article = extract(html, url=url or "", want_metadata=False)
    return article.text if article else None
