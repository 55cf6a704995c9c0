"""Pure decisions: does the feed carry the whole article, is this an article at all, whose text wins."""

import re
from dataclasses import dataclass

from aggregator.core.sanitize import html_to_text
from aggregator.model import Article, ArticleResult, ParsedItem, TextSource

_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2}|\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whose text an item gets, and why in words ("" when the page's is simply taken)."""

    result: ArticleResult
    reason: str


def judge(article: Article | None, feed_text: str, feed_source: TextSource | None) -> Verdict:
    """Decide between the page's text and the feed's."""
    if article is None:
        return Verdict(result="failed", reason="no article text was found in the page")
    page, feed = count_words(article.text), count_words(feed_text)
    if feed_source == "feed" and page < 0.7 * feed:
        return Verdict(result="from_feed", reason=f"the page holds {page} words, the feed's own text {feed}")
    return Verdict(result="extracted", reason="")


def carries_full_text(item: ParsedItem) -> bool:
    """Whether the feed's content is the whole article."""
    return count_words(html_to_text(item.content_html)) >= 150


def count_words(text: str) -> int:
    """Words; two characters count as one in scripts that put no spaces between words."""
    return sum(1 for _ in _WORD.finditer(text))


def is_wall(text: str, title: str) -> bool:
    """Whether a page's text is too little to be an article."""
    return count_words(text) < 10
