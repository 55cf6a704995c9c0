"""Items that hypothesis makes up: any text at all, and text as a store keeps it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from aggregator.export.text import printable
from aggregator.model import Enclosure, Item
from tests.export.making import make_item

any_text = st.text(st.characters(exclude_categories=()), max_size=40) | st.sampled_from(
    ["<b>bold</b>", "AT&amp;T", "a < b & c", "]]>", "&#0;", "<![CDATA[x]]>", "\ud83d", "\x85", "&nbsp;"]
)
_instants = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis wants it so
    max_value=datetime(2050, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda at: at.replace(microsecond=0))
_urls = st.from_regex(r"\Ahttps?://[a-z]{1,8}\.example/[a-z0-9/]{0,10}(\?[a-z]=[a-z0-9&é]{1,8})?\Z")
_enclosures = st.builds(
    Enclosure,
    url=_urls | any_text,
    type=st.none() | any_text,
    length=st.none() | st.integers(0, 10**12),
)


def _items(texts: st.SearchStrategy[str], urls: st.SearchStrategy[str], **more: Any) -> Any:
    item = st.builds(
        make_item,
        guid=texts | urls,
        key=texts,
        url=urls,
        title=texts,
        summary=texts,
        text=texts,
        content_html=texts,
        authors=st.lists(texts, max_size=2).map(tuple),
        tags=st.lists(texts, max_size=3).map(tuple),
        published=st.none() | _instants,
        updated=st.none() | _instants,
        language=st.none() | texts | st.sampled_from(["en", "ar", "de-CH"]),
        enclosures=st.lists(_enclosures, max_size=2).map(tuple),
        **more,
    )
    return st.lists(item, max_size=4).map(
        lambda items: [replace(one, id=number) for number, one in enumerate(items, 1)]
    )


#: lists of items with anything in any of their texts
any_items: st.SearchStrategy[list[Item]] = _items(
    any_text, _urls | any_text, outlet=any_text, feed=_urls, site_url=any_text, base_url=any_text
)


def _told(text: str) -> str:
    """Text as the store keeps it, less what feedparser itself takes for broken UTF-8 and mends."""
    line = " ".join(printable(text).split())
    try:
        line.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return line
    return line.encode("ascii", "ignore").decode()


#: lists of items as a store keeps them
stored_items: st.SearchStrategy[list[Item]] = _items(
    any_text.map(_told), _urls, outlet=st.just("Gulf Insider")
).map(lambda items: [replace(one, content_html="") for one in items])
