"""An item's page: the task, its text, what is written of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aggregator.model.copies import Credit, Sketch
from aggregator.model.fetching import Validators
from aggregator.model.items import DateClaim, TextSource
from aggregator.model.leads import Lead


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleTask:
    """An item whose page is due."""

    item_id: int
    outlet: str
    url: str
    title: str
    authors: tuple[str, ...]
    published: datetime | None
    language: str | None
    first_seen: datetime
    #: the feed's own text, and what it was made from
    text: str
    text_source: TextSource | None
    #: failed attempts so far
    attempts: int
    validators: Validators
    lease_token: str
    #: the feed's summary, whatever ``text`` is
    summary: str = ""
    #: what its page gave before, "" when it was never read: this is a second look
    page_text: str = ""
    page_score: float | None = None
    #: second looks so far
    rereads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """The main text of a page. Metadata only where it was asked for, else None or empty."""

    text: str
    #: the same as HTML, not yet cleaned
    html: str
    #: absolute http(s) rel=canonical of the page, "" when absent
    canonical_url: str = ""
    title: str | None = None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    #: True when ``published`` is a day without a time
    published_is_day: bool = False
    language: str | None = None
    #: which way of finding the text won: "blocks", "trafilatura" or "json-ld"
    method: str = ""
    #: how sure it is that this is the article and all of it, 0 to 1
    score: float = 0.0
    #: absolute address of the lead image, "" without one
    image: str = ""
    #: what the page says of its publication
    claims: tuple[DateClaim, ...] = ()
    #: what the page says that the article is about, sections last
    tags: tuple[str, ...] = ()
    #: absolute addresses that look like other pages of the same article, in the page's order
    further: tuple[str, ...] = ()
    #: where all of its pages stand on one, "" where none is offered
    whole: str = ""
    #: what its outlet's pages are learned from, packed; b"" where nothing was asked for
    sample: bytes = b""
    #: whom the page names as its source below the text
    named: tuple[Credit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookout:
    """With what an outlet's page was read that arrived, for what is learned of the outlet's pages."""

    #: the site that the page is of, which may be another than its item's address
    site: str
    #: when the profile was learned whose rules the text was corrected by, None without any
    learned_at: datetime | None = None


#: put_off: nothing was asked, see PutOff; unchanged: a second look showed nothing new, or something worse
ArticleResult = Literal["extracted", "from_feed", "failed", "put_off", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleOutcome:
    """Everything that one article's transaction must write."""

    item_id: int
    lease_token: str
    at: datetime
    #: "from_feed": the page held less than the feed's own text, which stays
    result: ArticleResult
    reason: str
    status: int | None = None
    article: Article | None = None
    #: what a page says that does not show the article any more
    withdrawal: str = ""
    #: what a page says of its publication whose text is not taken
    claims: tuple[DateClaim, ...] = ()
    #: what such a page says that its article is about
    tags: tuple[str, ...] = ()
    #: of the page's rel=canonical, None to leave the item's
    canonical_url: str | None = None
    text_digest: bytes | None = None
    #: what copies of its text are found by; None: not made yet, or the text gets none
    sketch: Sketch | None = None
    validators: Validators | None = None
    attempts: int = 0
    rereads: int = 0
    #: when to try, or look, again; None: done, or given up
    next_try_at: datetime | None = None
    #: what an aggregator's page shows of other outlets beside its article
    leads: tuple[Lead, ...] = ()
    #: … and its lines of hashtags, which become the item's tags
    hashtags: tuple[str, ...] = ()
    #: None: no page arrived, or what it is like is of no interest
    lookout: Lookout | None = None
