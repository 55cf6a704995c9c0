"""What the pages show: plain values that a template writes down, of a static site or of a server.

Addresses of our own pages are relative to the site's root (``items/1.html``); templates put before them the
way from the page to the root.
"""

from dataclasses import dataclass, field

from aggregator.core.sanitize import SafeHtml
from aggregator.export.site.times import When


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Somewhere to go; ``href`` "" is a mere name."""

    text: str
    href: str = ""
    #: how many are there, where that is told
    count: int = 0
    #: colour of the outlet's mark, 0 to 11
    hue: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """One line about an article beside another: "Gulf Insider: Bridge opens"."""

    outlet: Link
    headline: str
    href: str
    #: the address is at the outlet, not here
    outside: bool = False
    when: When
    lang: str = ""
    dir: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Teaser:
    """An article or story in a list."""

    href: str
    headline: str
    summary: str
    lang: str = ""
    dir: str = "auto"
    when: When
    #: those that are named, and how many more there are
    outlets: tuple[Link, ...]
    more_outlets: int = 0
    #: different articles; more than one makes it a story
    articles: int = 1
    image: str = ""
    tags: tuple[Link, ...] = ()
    comments: int | None = None
    others: tuple[Other, ...] = ()
    #: why it stands beside an article, in few words
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternate:
    """A feed beside the pages, for autodiscovery."""

    href: str
    type: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every page has around it; nothing that changes with the news, or every page would."""

    title: str
    #: "" without one: then no page names its own address
    base_url: str = ""
    feeds: tuple[Alternate, ...] = ()
    style: str = "static/site.css"
    script: str = "static/site.js"
    #: articles are told by their summaries alone
    is_summary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPage:
    """The newest of everything."""

    lead: Teaser | None = None
    top: tuple[Teaser, ...] = ()
    latest: tuple[Teaser, ...] = ()
    tags: tuple[Link, ...] = ()
    outlets: tuple[Link, ...] = ()
    #: the newest days, for what is older
    days: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence, and the outlets that say it."""

    text: str
    outlets: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """The box "In short": sentences of the article, or a model's words and the sentences that they cite."""

    sentences: tuple[str, ...] = ()
    #: with "[1]" where something is cited, and is shown
    written: str = ""
    model: str = ""
    cited: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A part of a story's course."""

    count: int
    #: in hundredths of the highest
    height: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPage:
    """A story across its outlets."""

    id: int
    headline: str
    lang: str = ""
    dir: str = "auto"
    first: When
    last: When
    outlets: tuple[Link, ...]
    tags: tuple[Link, ...] = ()
    image: str = ""
    short: Short = field(default_factory=Short)
    agreed: tuple[Said, ...] = ()
    alone: tuple[Said, ...] = ()
    #: wordings of one thing with different numbers
    differing: tuple[tuple[Said, ...], ...] = ()
    course: tuple[Bar, ...] = ()
    #: in order, the first one first
    articles: tuple[Teaser, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePage:
    """An article in full."""

    id: int
    headline: str
    lang: str = ""
    dir: str = "auto"
    outlet: Link
    authors: tuple[str, ...] = ()
    when: When
    updated: When | None = None
    #: at the outlet, "" where it has no page
    url: str = ""
    summary: str = ""
    #: cleaned; "" where only the summary may be shown
    html: SafeHtml = SafeHtml("")  # noqa: RUF009  a text, not a call that makes something
    #: shown where the text has no picture of its own
    image: str = ""
    tags: tuple[Link, ...] = ()
    short: Short = field(default_factory=Short)
    comments: int | None = None
    comments_url: str = ""
    #: what readers wrote: name, text
    remarks: tuple[tuple[str, str], ...] = ()
    #: the same text elsewhere
    copies: tuple[Other, ...] = ()
    #: of several outlets
    story: Teaser | None = None
    related: tuple[Teaser, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """An outlet's, a tag's or a day's articles, newest first."""

    title: str
    kind: str
    #: "#" before a tag
    prefix: str = ""
    note: str = ""
    #: an address elsewhere: the outlet's own page
    outside: str = ""
    hue: int | None = None
    teasers: tuple[Teaser, ...]
    newer: Link | None = None
    older: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage:
    """Names with counts: the outlets, the tags, the days."""

    title: str
    kind: str
    note: str = ""
    prefix: str = ""
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedPage:
    """Where a page used to be: it leads on to the one that took its place."""

    headline: str
    href: str
