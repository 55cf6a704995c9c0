"""What a page says about itself: canonical address, title, authors, date, language."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from lxml import html as lxml_html

from aggregator.core.urls import resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """None and empty where the page does not say."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    published_is_day: bool = False
    language: str | None = None


def base_of(tree: lxml_html.HtmlElement, url: str) -> str:
    """The address that relative ones are resolved against: ``<base href>``, else the page's own."""
    for element in tree.iterfind(".//base[@href]"):
        return resolve(url, element.get("href", "")) or url
    return url


def canonical_of(tree: lxml_html.HtmlElement, url: str, base: str) -> str:
    """The page's rel=canonical (RFC 6596), absolute; "" when absent, contradictory or the home page."""
    found = {
        address
        for element in tree.iter("link")
        if "canonical" in (element.get("rel") or "").lower().split()
        and (address := resolve(base, element.get("href") or ""))
    }
    if len(found) != 1:
        return ""
    address = found.pop()
    # templates that name the home page on every article would make all of them one
    return "" if _is_home(address) and not _is_home(url) else address


def _is_home(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def title_of(tree: lxml_html.HtmlElement) -> str:
    """The text of ``<title>``, "" when absent."""
    for element in tree.iter("title"):
        return " ".join(element.text_content().split())
    return ""


def read(tree: lxml_html.HtmlElement, url: str) -> Metadata:
    """Everything the page says, by trafilatura's rules."""
    from trafilatura import extract_metadata

    found = extract_metadata(tree, default_url=url or None, extensive=False)
    published = datetime.strptime(found.date, "%Y-%m-%d").replace(tzinfo=UTC) if found.date else None
    return Metadata(
        title=found.title,
        authors=tuple(filter(None, (name.strip() for name in (found.author or "").split(";")))),
        published=published,
        published_is_day=published is not None,
        language=found.language,
    )
