"""Documents made to hang, bloat or crash whoever reads them; each is built when it is asked for.

Sizes are near what the client lets through (10 MB a feed, and a page of which 2 MB are read), so that what is
quadratic shows.
"""

import json
import random
from collections.abc import Callable

Maker = Callable[..., bytes]

FEEDS: dict[str, Maker] = {}
PAGES: dict[str, Maker] = {}

_MB = 1_000_000
#: what an article is made of
PARAGRAPHS = tuple(
    f"The {topic} was closed on Tuesday while engineers looked at what last week's storm had done to it."
    for topic in ("northern bridge", "old harbour", "railway station", "museum of the sea", "coastal road")
)


def _feed(make: Maker) -> Maker:
    FEEDS[make.__name__] = make
    return make


def _page(make: Maker) -> Maker:
    PAGES[make.__name__] = make
    return make


def _rss(items: str, *, before: str = "", head: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{before}<rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>Hostile</title><link>https://h.example/</link>{head}{items}</channel></rss>"
    ).encode()


def _item(inside: str, number: int = 1) -> str:
    return f"<item><guid>{number}</guid><title>T {number}</title>{inside}</item>"


def _atom(inside: str) -> bytes:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>H</title><id>h</id><entry><id>1</id><title>T</title>'
        f"{inside}</entry></feed>"
    ).encode()


# ── feeds ────────────────────────────────────────────────────────────────────────────────────


@_feed
def a_billion_laughs(share: float = 1.0) -> bytes:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    return _rss(
        _item("<description>&e11;</description>"), before=f'<!DOCTYPE rss [<!ENTITY e0 "ha">{entities}]>'
    )


@_feed
def one_long_entity_many_times(share: float = 1.0) -> bytes:
    inside = f"<description>{'&long;' * int(share * 50_000)}</description>"
    return _rss(_item(inside), before=f'<!DOCTYPE rss [<!ENTITY long "{"x" * int(share * 60_000)}">]>')


@_feed
def short_entities_many_times(share: float = 1.0) -> bytes:
    entities = "".join(f'<!ENTITY s{n} "{"y" * 60}">' for n in range(int(share * 2_000)))
    inside = "".join(f"&s{n % int(share * 2_000)};" for n in range(int(share * 500_000)))
    return _rss(_item(f"<description>{inside}</description>"), before=f"<!DOCTYPE rss [{entities}]>")


@_feed
def elements_within_elements(share: float = 1.0) -> bytes:
    return _rss(_item("<a>" * int(share * 300_000) + "</a>" * int(share * 300_000)))


@_feed
def markup_within_markup_in_a_description(share: float = 1.0) -> bytes:
    return _rss(_item(f"<description><![CDATA[{'<div>' * int(share * 800_000)}]]></description>"))


@_feed
def xhtml_within_xhtml(share: float = 1.0) -> bytes:
    inside = "<div xmlns='http://www.w3.org/1999/xhtml'>" * int(share * 40_000) + "</div>" * int(
        share * 40_000
    )
    return _atom(f"<content type='xhtml'>{inside}</content>")


@_feed
def titles_within_titles(share: float = 1.0) -> bytes:
    return _rss(_item("<title>" * int(share * 200_000) + "</title>" * int(share * 200_000)))


@_feed
def bases_within_bases(share: float = 1.0) -> bytes:
    return _atom(
        "<div xml:base='a/'>" * int(share * 100_000) + "<link href='x'/>" + "</div>" * int(share * 100_000)
    )


@_feed
def attributes_without_end(share: float = 1.0) -> bytes:
    return _rss(
        _item("<enclosure " + " ".join(f'a{n}="{n}"' for n in range(int(share * 200_000))) + " url='x'/>")
    )


@_feed
def namespaces_without_end(share: float = 1.0) -> bytes:
    return _rss(_item("<x " + " ".join(f'xmlns:n{n}="u:{n}"' for n in range(int(share * 200_000))) + "/>"))


@_feed
def one_attribute_of_nine_megabytes(share: float = 1.0) -> bytes:
    return _rss(
        _item(f"<enclosure url='https://h.example/{'x' * int(share * 9_000_000)}' type='audio/mpeg'/>")
    )


@_feed
def authors_like_mail_addresses(share: float = 1.0) -> bytes:
    author, creator = "a." * int(share * 2_000_000), "a." * int(share * 500_000)
    return _rss(_item(f"<author>a@{author}!</author><dc:creator>a@{creator}!</dc:creator>"))


@_feed
def authors_in_two_thousand_items(share: float = 1.0) -> bytes:
    author = "a@" + "a." * 480 + "!"
    return _rss("".join(_item(f"<author>{author}</author>", n) for n in range(int(share * 2_000))))


@_feed
def comments_that_never_end(share: float = 1.0) -> bytes:
    return _rss(_item("<description>x</description>") + "<!--" * int(share * 2_000_000))


@_feed
def comments_that_end_early(share: float = 1.0) -> bytes:
    return _rss(_item("<description>x</description>") + "<!-->" * int(share * 1_500_000))


@_feed
def comments_in_a_declaration_before_the_feed(share: float = 1.0) -> bytes:
    return b"<?x " + b"<!--" * int(share * 100_000) + b"?>" + _rss(_item("")).partition(b"\n")[2]


@_feed
def comments_in_the_cdata_of_the_feed_itself(share: float = 1.0) -> bytes:
    return _rss(
        _item("", 2) + _item("", 3),
        head=f"<description><![CDATA[{'<!--' * int(share * 100_000)}]]></description>",
    )


@_feed
def declarations_that_never_end(share: float = 1.0) -> bytes:
    return _rss(
        "<!DOCTYPE x [" * int(share * 500_000)
        + _item("<description>x</description>")
        + "<?x " * int(share * 500_000)
    )


@_feed
def a_title_of_nine_megabytes(share: float = 1.0) -> bytes:
    title = "Storm &amp;amp; &lt;b&gt;harbour " * int(share * 300_000)
    return _rss(f"<item><guid>1</guid><title>{title}</title></item>")


@_feed
def a_hundred_thousand_categories(share: float = 1.0) -> bytes:
    return _rss(_item("".join(f"<category>c{n}</category>" for n in range(int(share * 100_000)))))


@_feed
def a_hundred_thousand_enclosures(share: float = 1.0) -> bytes:
    return _rss(
        _item("".join(f"<enclosure url='https://h.example/{n}.mp3'/>" for n in range(int(share * 100_000))))
    )


@_feed
def a_flood_of_cdata(share: float = 1.0) -> bytes:
    return _rss(_item(f"<description>{'<![CDATA[x]]>' * int(share * 700_000)}</description>"))


@_feed
def cdata_that_never_ends(share: float = 1.0) -> bytes:
    return _rss(_item(f"<description>{'<![CDATA[' * int(share * 1_000_000)}</description>"))


@_feed
def a_flood_in_utf_16(share: float = 1.0) -> bytes:
    inside = f"<description>{'界 &amp;amp; ' * int(share * 400_000)}</description>"
    return _rss(_item(inside)).decode().replace("UTF-8", "UTF-16").encode("utf-16")


@_feed
def a_flood_in_utf_32(share: float = 1.0) -> bytes:
    return _rss(_item("<p/>" * int(share * 600_000))).decode().replace("UTF-8", "UTF-32").encode("utf-32")


@_feed
def ten_megabytes_of_open_brackets(share: float = 1.0) -> bytes:
    return _rss(_item(f"<description>{'<' * int(share * 9_000_000)}</description>"))


@_feed
def ten_megabytes_of_ampersands(share: float = 1.0) -> bytes:
    return _rss(_item(f"<description>{'&' * int(share * 9_000_000)}</description>"))


@_feed
def character_references_without_end(share: float = 1.0) -> bytes:
    return _rss(_item(f"<description>{'&#x41;&#65;&#0;' * int(share * 600_000)}</description>"))


@_feed
def empty_elements_without_end(share: float = 1.0) -> bytes:
    return _rss(_item("<p/>" * int(share * 2_400_000)))


@_feed
def a_hundred_thousand_items(share: float = 1.0) -> bytes:
    return _rss("".join(_item("<link>x</link>", n) for n in range(int(share * 140_000))))


@_feed
def items_of_tags_alone(share: float = 1.0) -> bytes:
    inside = "<description><![CDATA[" + "<b><i><u>" * int(share * 500) + "]]></description>"
    return _rss("".join(_item(inside, n) for n in range(int(share * 2_000))))


@_feed
def ill_formed_tags_without_end(share: float = 1.0) -> bytes:
    return _rss(_item("<description>" + "<p class=x <b </i>" * int(share * 500_000)))


@_feed
def items_that_never_end(share: float = 1.0) -> bytes:
    return _rss("<item><title>x" * int(share * 600_000))


@_feed
def dates_of_every_kind(share: float = 1.0) -> bytes:
    dates = ("2026-11-20T" + "1" * 80, "1 " * 49, "a1" * 49, "12:" * 33, "+" * 99, "20" * 48, "2026年" * 16)
    return _rss(
        "".join(_item(f"<pubDate>{dates[n % len(dates)]}</pubDate>", n) for n in range(int(share * 2_000)))
    )


@_feed
def json_within_json(share: float = 1.0) -> bytes:
    return b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b'[{"a":' * int(share * 1_500_000)


@_feed
def json_objects_without_end(share: float = 1.0) -> bytes:
    return (
        b'{"version": "https://jsonfeed.org/version/1.1", "items": ['
        + b'{"":0},' * int(share * 1_400_000)
        + b"{}]}"
    )


@_feed
def json_items_of_nothing(share: float = 1.0) -> bytes:
    return (
        b'{"version": "https://jsonfeed.org/version/1.1", "items": ['
        + b'{"id":1},' * int(share * 199_000)
        + b"{}]}"
    )


@_feed
def json_keys_without_end(share: float = 1.0) -> bytes:
    keys = b",".join(b'"%x":0' % n for n in range(int(share * 1_000_000)))
    return b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "a": {' + keys + b"}}]}"


@_feed
def one_wide_character(share: float = 1.0) -> bytes:
    return _rss(
        _item(f"<description>{'<p>a &amp;lt; b</p> ' * int(share * 480_000)}\U0001f600</description>")
    )


@_feed
def one_wide_character_in_a_title(share: float = 1.0) -> bytes:
    return _rss(
        f"<item><guid>1</guid><title>\U0001f600{'a &amp;amp; b' * int(share * 750_000)}</title></item>"
    )


@_feed
def json_items_without_end(share: float = 1.0) -> bytes:
    items = [{"id": str(n), "content_text": "x" * 60, "tags": ["t"] * 5} for n in range(int(share * 70_000))]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "H", "items": items}).encode()


@_feed
def noise(share: float = 1.0) -> bytes:
    return b"<?xml version='1.0'?><rss>" + random.Random(5).randbytes(int(share * 9_000_000))


# ── pages ────────────────────────────────────────────────────────────────────────────────────


def _html(body: str, *, head: str = "") -> bytes:
    return (
        f"<!DOCTYPE html><html><head><title>Hostile</title>{head}</head><body>{body}</body></html>".encode()
    )


def _article(*, around: str = "") -> str:
    return "<article>" + "".join(f"<p>{text}</p>{around}" for text in PARAGRAPHS) + "</article>"


@_page
def attributes_on_one_element() -> bytes:
    return _html(f"<div {' '.join(f'a{n}=1' for n in range(200_000))}>{_article()}</div>")


@_page
def attributes_on_every_element() -> bytes:
    return _html(
        _article() + "<p " + "></p><p ".join(f'a{n}="{n}" b=1 c=2 d=3' for n in range(50_000)) + "></p>"
    )


@_page
def fifty_thousand_paragraphs() -> bytes:
    return _html("".join(f"<p>Paragraph number {n} of the page.</p>" for n in range(50_000)))


@_page
def inline_tags_without_end() -> bytes:
    return _html(f"<p>{'<b>x</b><i>y</i>' * 160_000}</p>")


@_page
def formatting_that_never_ends() -> bytes:
    return _html("<b><i><font><a href=x>" * 90_000 + "text")


@_page
def blocks_within_blocks() -> bytes:
    return _html("<div>" * 300_000 + _article() + "</div>" * 300_000)


@_page
def quotations_within_lists() -> bytes:
    return _html("<ul><li><blockquote>words of it " * 20_000 + _article())


@_page
def tables_within_tables() -> bytes:
    return _html("<table><tr><td>cell " * 60_000 + _article())


@_page
def a_table_of_a_hundred_thousand_cells() -> bytes:
    return _html(_article() + f"<table>{('<tr>' + '<td>x</td>' * 20 + '</tr>') * 8_000}</table>")


@_page
def a_hundred_thousand_links() -> bytes:
    return _html("".join(f'<p><a href="/{n}">link {n}</a></p>' for n in range(60_000)) + _article())


@_page
def pictures_without_end() -> bytes:
    return _html(
        "".join(f'<figure><img src="/{n}.jpg"></figure><p>{PARAGRAPHS[n % 5]}</p>' for n in range(11_000))
    )


@_page
def statements_about_itself_without_end() -> bytes:
    data = "[" * 11 + json.dumps([{"@type": "Article", "headline": "", "author": [{"name": " "}] * 50}] * 400)
    meta = "".join(f'<meta property="og:title" content="&#{n % 9};">' for n in range(20_000))
    return _html(_article(), head=f'<script type="application/ld+json">{data}{"]" * 11}</script>{meta}')


@_page
def comments_and_scripts_left_open() -> bytes:
    return _html(_article() + "<!--" * 200_000 + "<script" * 100_000 + "<svg><style>" * 40_000)


@_page
def entities_without_end() -> bytes:
    return _html(f"<article><p>{'&amp;&lt;&#x41;&nosuch;' * 90_000}</p></article>")


@_page
def one_paragraph_of_two_megabytes() -> bytes:
    return _html(f"<article><p>{' '.join(PARAGRAPHS * 4_500)}</p></article>")


@_page
def words_of_walls() -> bytes:
    return _html(
        "<p>" + "enable a a a uses our and we you are your a a cookies? a a a a verify a a " * 1_500 + "</p>"
    )


@_page
def names_and_dates_to_find() -> bytes:
    name = '<span class="author">By A And B and C and D and E, F G, H I</span>'
    return _html(_article() + f'{name}<p class="date">1 2 2026 3 4 20 26</p>' * 15_000)


@_page
def a_page_in_utf_16() -> bytes:
    return _html("<p>界 words words</p>" * 50_000).decode().encode("utf-16")


@_page
def breaks_without_end() -> bytes:
    return _html(f"<article>{'x<br>' * 350_000}</article>")


@_page
def mixed_up_tags() -> bytes:
    chance = random.Random(9)
    tags = [
        f"<{slash}{name}>"
        for name in ("p", "b", "table", "td", "form", "li", "select", "a")
        for slash in ("", "/")
    ]
    return _html("".join(chance.choice(tags) + "w " for _ in range(300_000)))
