"""JSON documents as feeds: JSON Feed 1 and 1.1 (jsonfeed.org), and RSS written as JSON."""

import html
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from aggregator.core import hints
from aggregator.core.charset import charset_of
from aggregator.core.dates import parse_date
from aggregator.core.draft import Draft, DraftFeed, Link
from aggregator.core.replies import Replies
from aggregator.errors import ParseError

_VERSIONS: Final = (("jsonfeed.org/version/1.1", "json11"), ("jsonfeed.org/version/1", "json1"))
_ATTACHMENT_LIMIT: Final = 50
_COUNTS: Final = ("comment_count", "comments_count", "reply_count", "replies_count")
_TALKS: Final = ("comments_url", "comment_url", "discussion_url")
_TALK_FEEDS: Final = ("comments_feed", "comment_feed", "comments_feed_url", "comment_feed_url")
#: objects and lists in a document: "{}" takes two bytes of it and 250 of memory
_MOST_OBJECTS: Final = 200_000


def looks_like_json(body: bytes) -> bool:
    """True when the first character opens a JSON object or array."""
    return body[:256].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")[:1] in (b"{", b"[")


def read_json(body: bytes) -> DraftFeed:
    """The feed in a JSON document; ParseError with what it looks like instead."""
    if body.count(b"{") + body.count(b"[") > _MOST_OBJECTS:
        raise ParseError("a JSON document with more objects and lists than a feed needs")
    try:
        document = json.loads(body.decode(charset_of(body), "replace"))
    except (ValueError, RecursionError):
        raise ParseError("the body begins like JSON, but is cut short or malformed") from None
    if isinstance(document, dict):
        if isinstance(document.get("items"), list) and _is_json_feed(document):
            return _json_feed(document)
        channel = _channel(document)
        if channel is not None:
            return _rss_in_json(channel)
    raise ParseError("a JSON document that is not a feed: it has no items of JSON Feed or RSS in it")


def _is_json_feed(document: Mapping[str, Any]) -> bool:
    version = document.get("version")
    if isinstance(version, str) and "jsonfeed" in version:
        return True
    # some generators write a version of their own
    return isinstance(version, str) and ("home_page_url" in document or "feed_url" in document)


def _json_feed(document: Mapping[str, Any]) -> DraftFeed:
    version = _text(document.get("version"))
    authors = _authors(document)
    return DraftFeed(
        version=next((name for mark, name in _VERSIONS if mark in version), "json1"),
        title=_text(document.get("title")),
        title_is_html=False,
        link=_text(document.get("home_page_url")),
        language=_text(document.get("language")),
        drafts=[_item(item, authors) if isinstance(item, dict) else None for item in document["items"]],
        hints=hints.of_json(document),
    )


def _item(item: Mapping[str, Any], feed_authors: list[str]) -> Draft:
    content, text = _text(item.get("content_html")), _text(item.get("content_text"))
    return Draft(
        guid=_scalar(item.get("id")),
        links=[_text(item.get("url")), _text(item.get("external_url"))],
        title=_text(item.get("title")),
        title_is_html=False,
        summary=html.escape(_text(item.get("summary")), quote=False),
        contents=[content] if content else [as_html(text)] if text else [],
        authors=_authors(item) or feed_authors,
        tags=[tag for tag in _list(item.get("tags")) if isinstance(tag, str)],
        published=_date(item.get("date_published")),
        published_text=_value(item.get("date_published")),
        updated=_date(item.get("date_modified")),
        language=_text(item.get("language")),
        enclosures=[_attachment(one) for one in _list(item.get("attachments")) if isinstance(one, dict)],
        replies=_replies(item),
    )


def _replies(item: Mapping[str, Any]) -> Replies | None:
    """JSON Feed has no name for comments: what extensions ("_…": {…}) and generators call them."""
    extensions = (value for key, value in item.items() if key[:1] == "_" and isinstance(value, dict))
    found: Replies | None = None
    for holder in (item, *extensions):
        told = holder.get("comments")
        own = told if isinstance(told, dict) else {}
        stated = Replies(
            count=_first(holder, _COUNTS) or _first(own, ("count", "total")) or _digits(told),
            url=_first(holder, _TALKS) or _first(own, ("url", "html")) or _text(told),
            feed=_first(holder, _TALK_FEEDS) or _first(own, ("feed", "feed_url")),
        )
        found = stated.over(found) if stated != Replies() else found
    return found


def _first(holder: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((value for name in names if (value := _scalar(holder.get(name)))), "")


def _digits(value: object) -> str:
    return _scalar(value) if isinstance(value, int) else ""


def _attachment(attachment: Mapping[str, Any]) -> Link:
    return Link(
        href=_text(attachment.get("url")),
        type=_text(attachment.get("mime_type")),
        length=_scalar(attachment.get("size_in_bytes")),
    )


def _authors(holder: Mapping[str, Any]) -> list[str]:
    """``authors`` of 1.1, ``author`` of 1; both may be anything in the wild."""
    found = _list(holder.get("authors")) or _many(holder.get("author"))
    names = (one.get("name") if isinstance(one, dict) else one for one in found)
    return [name for name in names if isinstance(name, str)]


def _channel(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """``{"rss": {"channel": {"item": […]}}}``, with or without its outer layers."""
    rss = document.get("rss", document)
    channel = rss.get("channel", rss if rss is not document else None) if isinstance(rss, dict) else None
    return channel if isinstance(channel, dict) and ("item" in channel or "title" in channel) else None


def _rss_in_json(channel: Mapping[str, Any]) -> DraftFeed:
    return DraftFeed(
        version="rss-json",
        title=_value(channel.get("title")),
        link=_value(channel.get("link")),
        language=_value(channel.get("language")),
        drafts=[_rss_item(item) if isinstance(item, dict) else None for item in _many(channel.get("item"))],
    )


def _rss_item(item: Mapping[str, Any]) -> Draft:
    guid = item.get("guid")
    permalink = not (isinstance(guid, dict) and _scalar(guid.get("isPermaLink")).lower() == "false")
    identity = _value(guid)
    dated = next((item.get(name) for name in ("pubDate", "dc:date") if _date(item.get(name))), None)
    return Draft(
        guid=identity,
        links=[_value(item.get("link")), identity if permalink else ""],
        title=_value(item.get("title")),
        summary=_value(item.get("description")),
        contents=[
            text for text in (_value(item.get("content:encoded")), _value(item.get("description"))) if text
        ],
        authors=[_value(one) for key in ("author", "dc:creator") for one in _many(item.get(key))],
        tags=[_value(one) for one in _many(item.get("category"))],
        published=_date(dated),
        published_text=_value(dated),
        enclosures=[_enclosure(one) for one in _many(item.get("enclosure")) if isinstance(one, dict)],
    )


def _enclosure(attributes: Mapping[str, Any]) -> Link:
    return Link(
        href=_text(attributes.get("url")),
        type=_text(attributes.get("type")),
        length=_scalar(attributes.get("length")),
    )


def as_html(text: str) -> str:
    """Plain text as HTML with the same paragraphs and lines."""
    paragraphs = html.escape(text, quote=False).replace("\r\n", "\n").strip().split("\n\n")
    return "".join(f"<p>{paragraph.replace(chr(10), '<br>')}</p>" for paragraph in paragraphs if paragraph)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _scalar(value: object) -> str:
    """Ids and sizes are written as strings and as numbers; both name the same thing."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else ""


def _value(value: object) -> str:
    """The text of an element that may have had attributes: "x" or {"#value": "x", …}."""
    if isinstance(value, dict):
        return next(
            (_scalar(value[key]) for key in ("#value", "_value", "#text", "$t", "value") if key in value), ""
        )
    return _scalar(value)


def _date(value: object) -> datetime | None:
    return parse_date(_value(value))


def _list(value: object) -> list[Any]:
    return value[:_ATTACHMENT_LIMIT] if isinstance(value, list) else []


def _many(value: object) -> Iterable[Any]:
    return value if isinstance(value, list) else () if value is None else (value,)
