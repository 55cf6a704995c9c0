"""Pure decisions: does the feed carry the whole article, is this an article at all, whose text wins?"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from aggregator.core.extract import phrases
from aggregator.core.extract.agreement import Said, held, stems
from aggregator.core.sanitize import html_to_text
from aggregator.model import Article, ArticleResult, ParsedItem, TextSource

#: Thai, Lao, Burmese, Japanese, Chinese: no spaces between words, so two characters count as one
_UNSPACED: Final = r"\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff"
_ANY_UNSPACED = re.compile(f"[{_UNSPACED}]")
_WORD = re.compile(rf"[{_UNSPACED}]{{1,2}}|[^\W{_UNSPACED}]+")
_SENTENCE_END = re.compile(r"[.!?…\]][\"'”»)]*\s+|[。！？]")
_LONG_WORD = re.compile(r"\w{5,}")
_TAG = re.compile(r"<[^>]*>")
_LINK = re.compile(r"<a\b[^>]*>(.*?)</a>", re.DOTALL)
_INDEX = re.compile(r"(?:index|home|default)(?:\.\w{2,5})?", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_APART = re.compile(r"[-_+.,]|%20")

#: words; what feeds call an excerpt has 55 (WordPress) to 150 words
FULL: Final = 150
#: words at which a text is whole even if the feed's summary repeats much of it
SURELY_FULL: Final = 300
#: a page with less than this share of the words in the feed's own full text has lost some of it
_SHARE: Final = 0.7
#: … and so has one that holds less of it word for word; an edit since leaves more
_HELD: Final = 0.7
#: of a summary as long as an article
_NEARLY: Final = 0.9
#: a page that says what the feed's summary says, and no more
_SAME: Final = 0.6
#: a second look that gives less than this share of the words from before is no edit
_MOST: Final = 0.6
#: … nor is one that is so much less sure, and shorter
_WORSE: Final = 0.2
#: a text found less surely must hold what the feed says; of 81 captured articles none was below .66, a page
#: that shows nothing but its menu has 0
_UNSURE: Final = 0.3
#: the share of a text inside links from which on it is a list of them; of 160 captured articles one had .45,
#: all others less than .21
_MOST_LINKED: Final = 0.65
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the feed says of an item, and where its page was found."""

    title: str = ""
    #: the feed's text, and whether that is its content or its summary
    text: str = ""
    source: TextSource | None = None
    #: also where ``text`` is the content
    summary: str = ""
    #: the item's address, and where that led
    asked: str = ""
    landed: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether ``text`` is the article and not a teaser of it, as far as can be told from it alone."""
        return self.source == "feed" and _whole_words(self.text) > 0


def judge(article: Article | None, stated: Stated) -> Verdict:
    """Which of three texts an item gets: its page's, the feed's content or the feed's summary.

    The page's, unless it is none, about something else, mere links, or less than the feed's own.
    """
    if article is None:
        return Verdict(result="failed", reason="no article text was found in the page")
    if reason := _nobodys(article, stated):
        return Verdict(result="failed", reason=reason)
    page, feed = count_words(article.text), count_words(stated.text)
    if stated.source == "feed" and not is_cut_off(_without_attribution(stated.text)):
        return _against_content(article.text, stated, page, feed)
    if page >= feed or (feed >= FULL and page >= _NEARLY * feed):  # a summary that is the article itself
        return Verdict(result="extracted", reason="")
    kind = "summary" if stated.source == "summary" else "teaser"
    reason = f"the page gave {page} words, fewer than the feed's {kind} with {feed}"
    # a video, a podcast: the page says the same in fewer words, and will tomorrow
    result: ArticleResult = "from_feed" if held(article.text, stated.text) >= _SAME else "failed"
    return Verdict(result=result, reason=reason)


def _against_content(text: str, stated: Stated, page: int, feed: int) -> Verdict:
    """The page against content that is not cut off: it must hold what the feed holds."""
    if page < _SHARE * feed:
        reason = f"the page gave {page} words, the feed's own text has {feed}"
        return Verdict(result="from_feed", reason=reason)
    if stated.is_whole and (share := held(stated.text, text)) < _HELD:
        reason = f"the page holds {share:.0%} of the feed's own text, which has {feed} words"
        return Verdict(result="from_feed", reason=reason)
    return Verdict(result="extracted", reason="")


def _nobodys(article: Article, stated: Stated) -> str:
    """Why the text is not this item's article, "" when nothing speaks for that."""
    said = Said(stated.title, stated.summary or " ".join(stated.text.split(" ", 100)[:100]))
    words = count_words(article.text)
    if (where := led_away(stated.asked, stated.landed)) and not _is_slug_of(stated.landed, stated.title):
        return f"the address leads to {where} now, not to the article"
    if said.is_strange(article.text, named=article.title):
        return f"the page gave {words} words about something else than the feed's headline and summary"
    if words < _WALL and _shares_nothing(article.text, stated.text):
        return f"the page gave {words} words which share none with the feed's: a notice, not the article"
    if article.method and article.score < _UNSURE and not said.agrees_with(article.text):
        return f"the page gave {words} words that do not look like an article"
    if _is_list_of_links(article.html):
        return f"the page gave a list of links of {words} words, no article"
    return ""


def better(article: Article, before: str, score: float | None) -> Verdict:
    """Whether what a page gives now takes the place of what it gave before: not when it is clearly worse.

    ``score`` of the text from before, None when it is unknown.
    """
    now, was = count_words(article.text), count_words(before)
    if now < _MOST * was:
        reason = f"looked at again, the page gave {now} words; the {was} from before stay"
        return Verdict(result="unchanged", reason=reason)
    # a page of another making gives other words: fewer and less sure is worse, not news
    if score and article.score and article.score < score - _WORSE and now < was:
        sure = f"{article.score:.2f} after {score:.2f}"
        reason = f"looked at again, the page's text was found less surely ({sure}) and is shorter"
        return Verdict(result="unchanged", reason=reason)
    return Verdict(result="extracted", reason="")


def led_away(asked: str, landed: str) -> str:
    """Where a redirect led that no article stands at: "the front page", "a section", "" for anywhere else.

    Sites send readers of articles that are gone to the section, or to the front page, with status 200.
    """
    if not asked or not landed or asked == landed:
        return ""
    wanted, there = _segments(asked), _segments(landed)
    if wanted and not there and not urlsplit(landed).query:
        return "the site's front page"
    shorter = there and len(there) < len(wanted) and wanted[: len(there)] == there
    if shorter and not _looks_like_slug(there[-1]):
        return "a section of the site"
    return ""


def _segments(url: str) -> list[str]:
    return [part for part in urlsplit(url).path.split("/") if part and not _INDEX.fullmatch(part)]


def _looks_like_slug(segment: str) -> bool:
    """Whether the last part of an address names an article: a number, or several words."""
    return len(_DIGIT.findall(segment)) >= 4 or len(_APART.findall(segment)) >= 3


def _is_slug_of(url: str, title: str) -> bool:
    wanted = stems(title)
    last = next(reversed(_segments(url)), "")
    return len(wanted) >= 2 and 2 * len(wanted & stems(_APART.sub(" ", last))) >= len(wanted)


def _is_list_of_links(html: str) -> bool:
    linked = sum(len(_TAG.sub("", link[1])) for link in _LINK.finditer(html))
    return linked > _MOST_LINKED * len(_TAG.sub("", html))


def carries_full_text(item: ParsedItem, text: str | None = None) -> bool:
    """Whether the feed's content is the whole article, so that its page need not be fetched.

    ``text`` is the content's plain text, for callers that have it already. When in doubt the answer
    is no: it costs a request, and the feed's text still wins where the page gives less.
    """
    if len(item.content_html) < FULL * 2:  # not even in Chinese
        return False
    words = _whole_words(html_to_text(item.content_html) if text is None else text)
    return words >= SURELY_FULL or (
        words > 0 and words >= 1.5 * count_words(_without_attribution(item.summary))
    )


def _whole_words(text: str) -> int:
    """The words of a feed's content, 0 where it is too short for an article or cut off."""
    text = _without_attribution(text)
    words = count_words(text)
    return 0 if words < FULL or is_cut_off(text) else words


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


def _shares_nothing(text: str, feed_text: str) -> bool:
    telling = set(_LONG_WORD.findall(feed_text.casefold()))
    return len(telling) >= _TELLING and telling.isdisjoint(_LONG_WORD.findall(text.casefold()))
