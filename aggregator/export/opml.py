"""Configured feeds -> OPML 2.0 (http://opml.org/spec2.opml), for other readers to subscribe to.

The first tag of an outlet is its folder; all of them stand in ``category`` as well. core/opml reads
it back to the same.
"""

from collections.abc import Iterable

from lxml import etree

from aggregator.core.urls import is_http
from aggregator.export.text import language_tag
from aggregator.export.xml import add, document
from aggregator.model import FeedSpec


def render(title: str, feeds: Iterable[FeedSpec]) -> str:
    """A subscription list of the feeds in their order, folders where their first feed stands."""
    root = etree.Element("opml", version="2.0")
    add(add(root, "head"), "title", title)
    body = add(root, "body")
    folders: dict[str, etree._Element] = {}
    for feed in feeds:
        _add_feed(_folder(body, folders, feed.tags), feed)
    return document(root)


def _folder(
    body: etree._Element, folders: dict[str, etree._Element], tags: tuple[str, ...]
) -> etree._Element:
    if not tags:
        return body
    key = tags[0].casefold()
    if key not in folders:
        folders[key] = add(body, "outline", text=tags[0], title=tags[0])
    return folders[key]


def _add_feed(parent: etree._Element, feed: FeedSpec) -> None:
    add(
        parent,
        "outline",
        type="rss",
        text=feed.outlet,
        title=feed.outlet,
        xmlUrl=feed.url,
        htmlUrl=feed.homepage if is_http(feed.homepage) else None,
        language=language_tag(feed.language),
        category=",".join(_categories(feed.tags)),
    )


def _categories(tags: tuple[str, ...]) -> list[str]:
    """The tags as categories: a comma would end one, and a slash in front make a path of it."""
    spelt = [" ".join(tag.replace(",", " ").lstrip("/ ").split()) for tag in tags]
    # The folder says the first tag exactly; a category that has to say it otherwise would be another.
    return spelt if spelt[:1] == list(tags[:1]) else spelt[1:]
