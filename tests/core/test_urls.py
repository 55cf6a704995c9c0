"""Resolving addresses, one key for one page, the site behind an address."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.core.urls import (
    MAX_URL,
    believed_canonical,
    canonicalise,
    is_http,
    part_named,
    resolve,
    site_key,
)

BASE = "https://news.example/feeds/main.xml"


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("https://a.example/x?y#z", "https://a.example/x?y#z"),
        ("/x", "https://news.example/x"),
        ("x", "https://news.example/feeds/x"),
        ("../x", "https://news.example/x"),
        ("?a=1", "https://news.example/feeds/main.xml?a=1"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("HTTP://A.Example/X", "http://A.Example/X"),
        ("  /a b\n ", "https://news.example/a%20b"),
        ("https://a.example/a\tb\nc", "https://a.example/abc"),
        ("www.a.example/x", "http://www.a.example/x"),
        ("https://bücher.example/ü", "https://bücher.example/ü"),
        ("javascript:alert(1)", ""),
        ("JaVaScRiPt:alert(1)", ""),
        ("java\tscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("mailto:a@b.example", ""),
        ("file:///etc/passwd", ""),
        ("http://", ""),
        ("http://[::1", ""),
        ("https://a.example:port/", "https://a.example:port/"),
        ("", ""),
        ("/" + "x" * MAX_URL, ""),
    ],
)
def test_an_address_is_resolved_or_there_is_none(ref: str, expected: str) -> None:
    assert resolve(BASE, ref) == expected


def test_a_scheme_relative_address_takes_the_scheme_of_its_base() -> None:
    assert resolve("http://news.example/", "//cdn.example/x") == "http://cdn.example/x"


def test_without_a_base_only_absolute_addresses_resolve() -> None:
    assert resolve("", "/x") == ""
    assert resolve("", "https://a.example/") == "https://a.example/"


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_resolving_gives_http_or_nothing(base: str, ref: str) -> None:
    found = resolve(base, ref)
    assert found == "" or is_http(found)


@pytest.mark.parametrize(
    "variant",
    [
        "https://news.example/2026/story?id=7&page=2",
        "http://news.example/2026/story?id=7&page=2",
        "https://news.example:443/2026/story?id=7&page=2",
        "HTTPS://News.Example/2026/story?page=2&id=7",
        "https://news.example/2026/story/?id=7&page=2",
        "https://news.example/2026//story?id=7&page=2#comments",
        "https://news.example/2026/story?id=7&page=2&utm_source=rss&utm_medium=feed",
        "https://news.example/2026/story?id=7&page=2&smid=tw&CMP=share&cmpid=x&wt_mc=1&ns_mchannel=x&fbclid=9",
        "https://news.example/2026/story?id=7&page=2&ref=news.example",
        "https://news.example/2026/story?id=7&page=2&ref=https://www.news.example/",
        "https://news.example/2026/story?id=7&page=2&source=rss",
        "https://news.example/a/../2026/story?id=7&page=2",
    ],
)
def test_one_page_has_one_key(variant: str) -> None:
    assert canonicalise(variant) == "https://news.example/2026/story?id=7&page=2"


@pytest.mark.parametrize(
    "pair",
    [
        ("https://x.example/watch?v=1", "https://x.example/watch?v=2"),
        ("https://x.example/?cid=1", "https://x.example/?cid=2"),
        ("https://x.example/?uid=1", "https://x.example/?uid=2"),
        ("https://x.example/a", "https://x.example/A"),
        ("https://x.example/?ref=other.example", "https://x.example/"),
        ("https://x.example/?source=12", "https://x.example/?source=13"),
        ("https://x.example/#!/1", "https://x.example/#!/2"),
        ("https://x.example/?a=", "https://x.example/"),
        ("http://x.example:8080/", "https://x.example:8080/"),
        ("https://a.x.example/", "https://x.example/"),
    ],
)
def test_different_pages_keep_different_keys(pair: tuple[str, str]) -> None:
    assert canonicalise(pair[0]) != canonicalise(pair[1])


def test_a_named_port_keeps_its_scheme() -> None:
    assert canonicalise("http://127.0.0.1:8101/x/") == "http://127.0.0.1:8101/x"


@pytest.mark.parametrize("text", ["", "urn:uuid:1", "mailto:a@b.example", "http://[", "/x"])
def test_what_is_not_http_comes_back_unchanged(text: str) -> None:
    assert canonicalise(text) == text


ADDRESSES = st.builds(
    "{}://{}{}/{}{}{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(
        ["x.example", "WWW.X.example", "bücher.example", "xn--bcher-kva.example", "127.0.0.1", "[::1]"]
    ),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    st.text(alphabet="ab/.%2fFé ~+&;=@", max_size=12),
    st.one_of(st.just(""), st.text(alphabet="?ab=&utm_%20+refé;", max_size=20).map("?{}".format)),
    st.one_of(st.just(""), st.text(alphabet="#!/ab", max_size=6).map("#{}".format)),
)


@settings(deadline=None)
@given(ADDRESSES)
def test_canonicalising_twice_changes_nothing(url: str) -> None:
    once = canonicalise(url)
    assert canonicalise(once) == once


@settings(deadline=None)
@given(st.text(max_size=60).map("http://x.example/{}".format) | st.text(max_size=60))
def test_canonicalising_never_raises(url: str) -> None:
    assert isinstance(canonicalise(url), str)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.bbc.co.uk/news", "bbc.co.uk"),
        ("https://feeds.bbci.co.uk:8443/x", "bbci.co.uk"),
        ("https://a.b.example.org/", "example.org"),
        ("https://one.blogspot.com/", "blogspot.com"),
        ("http://127.1.0.1:8101/feed.xml", "127.1.0.1:8101"),
        ("http://127.1.0.1/feed.xml", "127.1.0.1"),
        ("http://[2001:db8::1]:80/", "2001:db8::1:80"),
        ("http://localhost:8000/", "localhost:8000"),
        ("HTTP://NEWS.Example.ORG/", "example.org"),
        ("https://news.invalid-tld/", "news.invalid-tld"),
        ("ftp://example.org/", ""),
        ("", ""),
        ("http://[", ""),
    ],
)
def test_a_site_is_what_one_operator_runs(url: str, site: str) -> None:
    assert site_key(url) == site


@settings(deadline=None)
@given(
    st.from_regex(r"\Ahttps?://[a-z0-9.-]{1,12}(:[0-9]{1,4})?(/[a-zA-Z0-9._~-]{0,5}){0,4}\Z"),
)
def test_the_short_way_for_plain_addresses_says_what_the_long_way_says(url: str) -> None:
    assert canonicalise(url) == canonicalise(f"{url}#fragment")


# ── what an address means ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fragment", ["block-3", "v1.10", "post-17", "Frühstück"])
def test_a_fragment_names_a_part_of_its_page(fragment: str) -> None:
    assert part_named(f"https://x.example/live/storm#{fragment}") == fragment


@pytest.mark.parametrize(
    "fragment",
    [
        "",
        "comments",
        "comment-17",
        "respond",
        "reply",
        "rss",
        "xtor=RSS-1",
        "utm_source=rss",
        "top",
        "/a",
        "!/a",
    ],
)
def test_comments_and_trackers_are_no_part_of_a_page(fragment: str) -> None:
    assert part_named(f"https://x.example/live/storm#{fragment}") == ""


@pytest.mark.parametrize(
    ("link", "stated"),
    [
        ("https://x.example/news/storm.html", "https://x.example/news"),
        ("https://x.example/news/2026/11/22/storm", "https://x.example/news/"),
        ("http://www.x.example/news/2026/storm", "https://x.example/news/2026"),
        ("https://x.example/a", "https://x.example/"),
    ],
)
def test_a_section_is_no_articles_canonical_address(link: str, stated: str) -> None:
    assert believed_canonical(link, stated) == ""


@pytest.mark.parametrize(
    ("link", "stated"),
    [
        ("https://x.example/news/storm/amp", "https://x.example/news/storm"),
        ("https://x.example/news/storm/amp/", "https://x.example/news/storm/"),
        ("https://x.example/news/storm/page/2", "https://x.example/news/storm"),
        ("https://x.example/news/storm/print.html", "https://x.example/news/storm"),
        ("https://x.example/news/storm?id=3", "https://x.example/news/storm"),
        ("https://x.example/newsroom/storm", "https://x.example/news"),
        ("https://x.example/?p=17", "https://x.example/news/storm"),
        ("https://x.example/news/storm", "https://y.example/news"),
    ],
)
def test_an_articles_other_forms_are_believed(link: str, stated: str) -> None:
    assert believed_canonical(link, stated) == stated.rstrip("/")


@given(st.lists(st.from_regex(r"[a-z]{4,9}-[a-z]{4,9}", fullmatch=True), min_size=2, max_size=5), st.data())
def test_an_address_is_believed_of_itself_and_no_folder_of_it_is(
    path: list[str], data: st.DataObject
) -> None:
    link = "https://x.example/" + "/".join(path)
    folder = "https://x.example/" + "/".join(path[: data.draw(st.integers(0, len(path) - 1))])
    assert believed_canonical(link, link) == link
    assert believed_canonical(link, folder) == ""
