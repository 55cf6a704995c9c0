"""A page's HTML -> where its feeds are."""

from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.discover import FeedLink, alike, feed_links, known_paths, sitemap_links
from tests.conftest import SHARED, needs_shared

PAGE = "https://news.example.org/world/index.html"
CORPUS = SHARED / "corpus" / "feeds" / "discovery"


def links(html: str, url: str = PAGE) -> list[str]:
    return [link.url for link in feed_links(html.encode(), url)]


def test_a_declared_feed_is_found_with_its_title_and_kind() -> None:
    html = '<head><link rel="alternate" type="application/rss+xml" title=" The\n News " href="/feed/"></head>'
    assert feed_links(html.encode(), PAGE) == (
        FeedLink(url="https://news.example.org/feed/", title="The News", kind="rss"),
    )


def test_feeds_of_every_kind_are_found_in_the_pages_order() -> None:
    html = """
      <link rel=alternate type="application/feed+json" href="feed.json">
      <link rel=alternate type="application/atom+xml; charset=utf-8" href="//news.example.org/atom.xml">
      <LINK REL="Alternate" TYPE="Application/RSS+XML" HREF="https://news.example.org/rss.xml">
      <link rel=feed href=/all>"""
    assert links(html) == [
        "https://news.example.org/world/feed.json",
        "https://news.example.org/atom.xml",
        "https://news.example.org/rss.xml",
        "https://news.example.org/all",
    ]


def test_comment_feeds_come_last_and_links_in_the_text_after_declared_ones() -> None:
    html = """
      <link rel="alternate" type="application/rss+xml" title="News: Comments" href="/comments/feed/">
      <link rel="alternate" type="application/rss+xml" title="News" href="/feed/">
      <p><a href="https://other.example.com/rss.xml">a friend</a> <a href="/sport/rss.xml">Sport</a></p>"""
    assert links(html) == [
        "https://news.example.org/feed/",
        "https://news.example.org/sport/rss.xml",
        "https://other.example.com/rss.xml",
        "https://news.example.org/comments/feed/",
    ]


def test_a_link_is_recognised_by_its_address_or_by_its_words() -> None:
    html = """
      <a href="/api/latest">RSS</a> <a href="/?feed=rss2">all</a> <a href="/news.atom">x</a>
      <a href="/index.xml">y</a>      <a href="/feedback">feedback</a> <a href="/feed.html">help</a>
      <a href="/story">The RSS reader that failed</a>
      <a href="https://feedly.com/i/subscription/feed/https%3A%2F%2Fnews.example.org%2Ffeed">Feedly</a>
      <a href="mailto:rss@example.org">RSS</a> <a href="javascript:feed()">feed</a>"""
    assert links(html) == [
        "https://news.example.org/api/latest",
        "https://news.example.org/?feed=rss2",
        "https://news.example.org/news.atom",
        "https://news.example.org/index.xml",
    ]


def test_the_same_address_is_listed_once_and_the_page_itself_never() -> None:
    html = f"""
      <link rel=alternate type=application/rss+xml href=/feed title=First>
      <a href="/feed#top">RSS</a> <link rel=alternate type=application/atom+xml href="{PAGE}">"""
    assert feed_links(html.encode(), PAGE) == (
        FeedLink(url="https://news.example.org/feed", title="First", kind="rss"),
    )


def test_relative_links_resolve_against_the_base_element() -> None:
    html = '<base href="/blog/"><link rel=alternate type=application/rss+xml href=feed.xml>'
    assert links(html) == ["https://news.example.org/blog/feed.xml"]


def test_feed_scheme_links_are_http_links() -> None:
    html = '<a href="feed://news.example.org/rss">RSS</a><a href="feed:https://news.example.org/atom.xml">Atom</a>'
    assert links(html) == ["http://news.example.org/rss", "https://news.example.org/atom.xml"]


def test_wordpress_interface_links_are_no_feeds() -> None:
    html = """
      <link rel="alternate" type="application/json" href="https://news.example.org/wp-json/wp/v2/pages/2">
      <link rel="alternate" type="application/json+oembed" href="https://news.example.org/oembed/1.0/embed">"""
    assert links(html) == []


def test_what_is_no_html_has_no_links() -> None:
    assert [feed_links(body, PAGE) for body in (b"", b"\0\0", b"   ", b"%PDF-1.7", b"\xff\xfe")] == [()] * 5


def test_usual_paths_lie_in_the_pages_folder_first_and_at_the_root_then() -> None:
    paths = known_paths("https://example.org/blog/")
    assert paths[:2] == ("https://example.org/blog/feed/", "https://example.org/blog/rss.xml")
    assert "https://example.org/feed/" in paths
    root = known_paths("https://example.org")
    assert root[0] == "https://example.org/feed/"
    assert {
        "https://example.org/" + name for name in ("rss.xml", "atom.xml", "feed.json", "index.xml")
    } <= set(root)
    assert len(set(paths)) == len(paths) <= 20


def test_sitemaps_of_robots_txt_begin_with_those_that_say_news() -> None:
    robots = b"User-agent: *\nDisallow: /x # Sitemap: no\n SITEMAP : /pages.xml\nsitemap:https://news.example.org/NEWS.xml\n"
    assert sitemap_links(robots, "https://example.org/robots.txt") == (
        "https://news.example.org/NEWS.xml",
        "https://example.org/news-sitemap.xml",
        "https://example.org/pages.xml",
    )
    assert sitemap_links(b"", "https://example.org/robots.txt") == ("https://example.org/news-sitemap.xml",)


def test_spellings_of_one_address_are_alike() -> None:
    spellings = [
        "http://x.example/feed",
        "HTTPS://www.X.example:443/feed/#top",
        " http://x.example:80/feed/ ",
    ]
    assert {alike(url) for url in spellings} == {"x.example/feed"}
    others = ["http://x.example/Feed", "http://x.example/feed?p=1", "http://x.example:8080/feed"]
    assert len({alike(url) for url in [spellings[0], *others]}) == 4


@needs_shared
def test_every_page_of_the_autodiscovery_suite_gives_its_feed() -> None:
    missing = []
    for page in sorted(CORPUS.glob("feedvalidator--feedfinder-tests__html4-*.html")):
        number = page.stem.rpartition("html4-")[2]
        found = feed_links(page.read_bytes(), "http://diveintomark.org/tests/client/autodiscovery/x.html")
        if not found or not found[0].url.endswith(f"html4-{number}.xml"):
            missing.append((page.name, found))
    assert missing == []


@needs_shared
def test_firefoxs_own_discovery_page_gives_all_its_feeds_and_none_of_its_bogus_ones() -> None:
    found = feed_links((CORPUS / "simplepie--fftests.html").read_bytes(), "https://example.org/")
    assert [link.title for link in found] == [str(n) for n in range(1, 14)]


@needs_shared
def test_real_front_pages_give_their_main_feed_first() -> None:
    first = {}
    for name, url in {
        "netnewswire--DaringFireball.html": "https://daringfireball.net/",
        "netnewswire--furbo.html": "http://furbo.org/",
        "netnewswire--sixcolors.html": "https://sixcolors.com/",
        "feed-io--discovery-dualprotocol.html": "https://example.org/",
    }.items():
        first[name] = feed_links((CORPUS / name).read_bytes(), url)[0].url
    assert first == {
        "netnewswire--DaringFireball.html": "https://daringfireball.net/feeds/main",
        "netnewswire--furbo.html": "http://furbo.org/feed/",
        "netnewswire--sixcolors.html": "http://feedpress.me/sixcolors",
        "feed-io--discovery-dualprotocol.html": "https://example.org/feed.xml",
    }


@given(st.binary(max_size=500))
def test_any_bytes_give_links_or_none(html: bytes) -> None:
    assert all(link.url.startswith("http") for link in feed_links(html, PAGE))
