"""Our own rules read foreign text in the process that serves everyone: they cost what its size costs."""

import time
from collections.abc import Callable

import pytest

from aggregator.core.charset import charset_of
from aggregator.core.cut import cut_known
from aggregator.core.dates import parse_date
from aggregator.core.discover import feed_links, sitemap_links
from aggregator.core.extract import Stated, judge
from aggregator.core.filters import compile_rules, keeps
from aggregator.core.hints import of_xml
from aggregator.core.sanitize import clean_html, html_to_text, plain
from aggregator.core.similar import text_digest
from aggregator.core.sitemap import is_sitemap
from aggregator.core.urls import article_url, resolve
from aggregator.core.walls import wall
from aggregator.model import Article, ParsedItem

#: bytes of each trap
SIZE = 200_000
#: seconds of CPU: what is quadratic takes longer at this size
LIMIT = 2.0

#: what is repeated until the text is long enough
PIECES = (
    *("&amp;", "&#"),
    *("<", ">", "&", '"', "'", "\\", "[", "{", "]", "-", "--", "=", "?", "!", " ", "\n", "\t\n "),
    *("<!--", "<!-->", "-->", "<![CDATA[", "]]>", "<?x ", "<!DOCTYPE x [", "<!ENTITY a 'b'>", "<script "),
    *("<pre ", "<script>", "<title>", "<a ", "<a href=", "<a href='/feed/x' ", "</a ", "</a", "<b><i>"),
    *("<item>", "</item>", "<pubDate>", "<pubDate ", "<link ", "<image>", "<base x:base='a'>"),
    *(" xmlns:a='b'", " xmlns:a=", "<a xml:base=", "<slash:comments>1", " thr:count='1'", "<ttl>1", "<hour>"),
    "<urlset ",
    *("Sitemap: /x\n", "Sitemap:", "a.", "a@", "a", "a ", "A and B, ", "read more ", "...", ". . "),
    *("the cookies we use ", "1", "12:", "2026-", "1 jan ", "+1", "%41", "%", "/../", "./", "?utm_a=b&", ";"),
    *("#", "é", "界", "\U0001f600", "\x00", "\x1b$B", "/feed", "rss."),
)  # fmt: skip


def _article(text: str) -> Article:
    return Article(
        text=text,
        html="",
        canonical_url="",
        title=None,
        authors=(),
        published=None,
        published_is_day=False,
        language=None,
    )


def _item(title: str) -> ParsedItem:
    return ParsedItem(
        guid="1", url="", title=title, summary="", content_html="", base_url="", authors=(), tags=()
    )


def _feed(text: str) -> None:
    """The piece in each place of a document that takes it."""
    start, item = '<rss version="2.0" xmlns:slash="s" xmlns:thr="t">', "<item><guid>1</guid></item>"
    for body in (
        text,
        f"<?x {text}?>{start}<channel>{item}</channel></rss>",
        f"{start}<channel><x><![CDATA[{text}]]></x>{item}{item}</channel></rss>",
        f"{start}<channel><item>{text}</item>{item}{item}</channel></rss>",
        f"{start}<channel>{item}{item}{text}</channel></rss>",
        f'{{"version": "https://jsonfeed.org/version/1", "items": [{{}}, {text}]}}',
    ):
        document = body.encode()
        whole = cut_known(document, {})
        known = dict.fromkeys((whole.all_digests or ())[:-1], 1)
        cut_known(document, known)


READERS: dict[str, Callable[[str], object]] = {
    "cut": _feed,
    "charset": lambda text: charset_of(text.encode(), "text/xml; charset=shift_jis"),
    "text": html_to_text,
    "title": plain,
    "markup": lambda text: clean_html(text, "https://h.example/"),
    "digest": text_digest,
    "date": parse_date,
    "address": lambda text: (
        article_url(f"https://h.example/{text}"),
        resolve("https://h.example/a/b", text),
    ),
    "hints": lambda text: of_xml(f"<rss version='2.0'><channel>{text}</channel></rss>"),
    "sitemap": lambda text: is_sitemap(text.encode()),
    "wall": lambda text: wall(403, {}, text.encode()),
    "home page": lambda text: feed_links(text.encode(), "https://h.example/"),
    "robots.txt": lambda text: sitemap_links(text.encode(), "https://h.example/"),
    "verdict": lambda text: (
        judge(_article("x " * 200), Stated(text=text, source="feed")),
        judge(_article(text), Stated(title=text, text="A b c. " * 9)),
    ),
}


@pytest.mark.parametrize("reader", READERS)
def test_foreign_text_costs_what_its_size_costs(reader: str) -> None:
    """Part of mark 5: nothing here has a deadline but its own good behaviour."""
    slow = []
    for piece in PIECES:
        text = piece * (SIZE // len(piece))
        before = time.process_time()
        READERS[reader](text)
        if (took := time.process_time() - before) > LIMIT:
            slow.append((piece, round(took, 1)))
    assert slow == []


def test_a_rule_of_the_user_that_explodes_is_cut_off_once_not_for_every_item() -> None:
    """A pattern that takes over a second on a megabyte is given up, for all 2,000 items at once."""
    rules = compile_rules((), (r"(a|aa|b+)+$(?!x)c", "storm"))
    item, other = _item("ab" * 500_000 + "!"), _item("Storm")
    before = time.process_time()
    kept = [keeps(rules, one) for one in (item, item, item, item, item, item, other)]
    assert kept == [True] * 6 + [False]
    assert time.process_time() - before < 4
