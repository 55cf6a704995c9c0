"""Pure decisions: does the feed carry the whole article, is this an article at all, whose text wins?"""

import re
from dataclasses import dataclass
from typing import Final

from aggregator.core.extract import phrases
from aggregator.core.sanitize import html_to_text
from aggregator.model import Article, ArticleResult, ParsedItem, TextSource

#: Thai, Lao, Burmese, Japanese, Chinese: no spaces between words, so two characters count as one
_UNSPACED: Final = r"\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff"
_ANY_UNSPACED = re.compile(f"[{_UNSPACED}]")
_WORD = re.compile(rf"[{_UNSPACED}]{{1,2}}|[^\W{_UNSPACED}]+")
_SENTENCE_END = re.compile(r"[.!?…\]][\"'”»)]*\s+|[。！？]")
_LONG_WORD = re.compile(r"\w{5,}")

#: words; what feeds call an excerpt has 55 (WordPress) to 150 words
FULL: Final = 150
#: words at which a text is whole even if the feed's summary repeats much of it
SURELY_FULL: Final = 300
#: a page with less than this share of the words in the feed's own full text has lost some of it
_SHARE: Final = 0.7
#: words; no page with less is an article
_SHORTEST: Final = 10
#: words up to which a text is judged by what walls say
_WALL: Final = 150
#: distinct long words of a summary from which on it says what an article is about
_TELLING: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whose text an item gets, and why in words ("" when the page's is simply taken)."""

    result: ArticleResult
    reason: str


def judge(article: Article | None, feed_text: str, feed_source: TextSource | None) -> Verdict:
    """Take the page's text unless it is none, less than the feed's own, or about something else.

    ``feed_text`` is what the feed carries, ``feed_source`` whether as content or as summary only.
    """
    if article is None:
        return Verdict(result="failed", reason="no article text was found in the page")
    page, feed = count_words(article.text), count_words(feed_text)
    if feed_source == "feed" and page < _SHARE * feed:
        reason = f"the page gave {page} words, the feed's own text has {feed}"
        return Verdict(result="from_feed", reason=reason)
    if feed_source == "summary" and page < feed:
        reason = f"the page gave {page} words, fewer than the feed's summary with {feed}"
        return Verdict(result="failed", reason=reason)
    if page < _WALL and _about_something_else(article.text, feed_text):
        reason = f"the page gave {page} words which share none with the feed's: a notice, not the article"
        return Verdict(result="failed", reason=reason)
    return Verdict(result="extracted", reason="")


def carries_full_text(item: ParsedItem, text: str | None = None) -> bool:
    """Whether the feed's content is the whole article, so that its page need not be fetched.

    ``text`` is the content's plain text, for callers that have it already. When in doubt the answer
    is no: it costs a request, and the feed's text still wins where the page gives less.
    """
    if len(item.content_html) < FULL * 2:  # not even in Chinese
        return False
    text = html_to_text(item.content_html) if text is None else text
    text = _without_attribution(text)
    words = count_words(text)
    if words < FULL or is_cut_off(text):
        return False
    return words >= SURELY_FULL or words >= 1.5 * count_words(_without_attribution(item.summary))


def is_cut_off(text: str) -> bool:
    """Whether a text ends as teasers do: in an ellipsis, or by asking the reader to read on."""
    return phrases.ends_cut_off(text.rstrip().rpartition("\n")[2])


def _without_attribution(text: str) -> str:
    """The text without "The post … appeared first on …", which WordPress puts below it."""
    before, _, last = text.rstrip().rpartition("\n")
    if len(last) > 600 or not phrases.is_attribution(last):
        return text
    # a line of its own goes whole; in the one line of a summary, the last sentence does
    sentence = max(
        (match.end() for match in _SENTENCE_END.finditer(last, 0, max(len(last) - 40, 0))), default=0
    )
    if not phrases.is_attribution(last[sentence:]):
        sentence = 0
    return f"{before}\n{last[:sentence]}".rstrip()


def is_wall(text: str, title: str) -> bool:
    """Whether a page's text is a bot check, a consent notice or the like, or too little to be an article."""
    words = count_words(text)
    if words < _SHORTEST:
        return True
    if words >= _WALL:
        return False
    return phrases.is_title_of_wall(title) or phrases.remarks_of_walls(text) >= (
        1 if words < _WALL / 3 else 2
    )


def count_words(text: str) -> int:
    """Words; two characters count as one in scripts that put no spaces between words."""
    return len(text.split() if _ANY_UNSPACED.search(text) is None else _WORD.findall(text))


def _about_something_else(text: str, feed_text: str) -> bool:
    telling = set(_LONG_WORD.findall(feed_text.casefold()))
    return len(telling) >= _TELLING and telling.isdisjoint(_LONG_WORD.findall(text.casefold()))
