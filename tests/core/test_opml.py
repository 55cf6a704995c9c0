"""Reading lists from anywhere: every feed of a broken one, nothing of a hostile one."""

import time

import pytest

from aggregator.core.opml import MAX_SIZE, FeedList, ListedFeed, Rejected, read
from aggregator.errors import ParseError
from tests.conftest import SHARED, needs_shared

CORPUS = SHARED / "corpus" / "opml"


def outlines(text: str) -> FeedList:
    return read(f'<opml version="2.0"><head><title>T</title></head><body>{text}</body></opml>'.encode())


def test_folders_and_categories_become_tags_outermost_first() -> None:
    listed = outlines(
        '<outline text="Gulf"><outline text="Bahrain"><outline type="rss" text="GI" title="other"'
        ' language="en" xmlUrl="https://gulf.example/feed"'
        ' htmlUrl="https://gulf.example/" category="/news/uk, gulf"/>'
        "</outline></outline><outline text='B' xmlUrl='https://b.example/?x=1&amp;y=2'/>"
    )
    assert listed == FeedList(
        title="T",
        feeds=(
            ListedFeed(
                name="GI",
                url="https://gulf.example/feed",
                homepage="https://gulf.example/",
                tags=("Gulf", "Bahrain", "news", "uk"),
                language="en",
            ),
            ListedFeed(name="B", url="https://b.example/?x=1&y=2"),
        ),
        rejected=(),
    )


def test_a_feed_in_two_folders_is_one_feed_with_both_tags() -> None:
    feed = '<outline text="{}" xmlUrl="https://gulf.example/feed"/>'
    listed = outlines(
        f'<outline text="A">{feed.format("")}</outline><outline text="B">{feed.format("GI")}</outline>'
    )
    assert listed.feeds == (ListedFeed(name="GI", url="https://gulf.example/feed", tags=("A", "B")),)


def test_a_feed_inside_a_feed_is_not_in_a_folder() -> None:
    listed = outlines(
        '<outline text="a" xmlUrl="https://a/"><outline text="b" xmlUrl="https://b/"/></outline>'
    )
    assert [(feed.url, feed.tags) for feed in listed.feeds] == [("https://a/", ()), ("https://b/", ())]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "|~/fetch.py", "//x/y", "http://a b/"]
)
def test_only_web_addresses_are_kept_and_the_others_are_told(url: str) -> None:
    listed = outlines(
        f'<outline text="Odd" xmlUrl="{url}"/><outline text="Good" xmlUrl="https://good.example/"/>'
    )
    assert [feed.name for feed in listed.feeds] == ["Good"]
    assert listed.rejected == (
        Rejected(name="Odd", url=url, reason=f'"{url}" is not an http or https address'),
    )


def test_a_hostile_home_page_is_dropped_and_the_feed_kept() -> None:
    (feed,) = outlines('<outline xmlUrl="https://a.example/" htmlUrl="javascript:alert(1)"/>').feeds
    assert feed == ListedFeed(name="", url="https://a.example/")


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("feed:https://a.example/f", "https://a.example/f"),
        ("feed://a.example/f", "http://a.example/f"),
        ("FEED://https://a.example/f", "https://a.example/f"),
        ("  HTTPS://a.example/f\n", "HTTPS://a.example/f"),
    ],
)
def test_addresses_as_old_readers_wrote_them_are_understood(url: str, meant: str) -> None:
    assert [feed.url for feed in outlines(f'<outline xmlUrl="{url}"/>').feeds] == [meant]


def test_what_is_no_feed_is_reported_with_what_to_do() -> None:
    listed = outlines(
        '<outline type="link" text="L" url="https://x.example/list.opml"/>'
        '<outline type="rss" text="P" htmlUrl="https://p.example/"/><outline type="rss" text="N"/>'
    )
    assert listed.feeds == ()
    assert [(one.name, one.reason) for one in listed.rejected] == [
        ("L", "it points to another list or page; lists are not followed"),
        ("P", 'it gives a page but no feed: "aggregator add https://p.example/" looks for one'),
        ("N", "it is marked as a feed but gives no address (xmlUrl)"),
    ]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "windows-1251", "koi8-r"])
def test_a_list_in_any_charset_keeps_its_names(charset: str) -> None:
    text = (
        f'<?xml version="1.0" encoding="{charset.removesuffix("-sig")}"?><opml><body><outline text="Новости" '
    )
    listed = read((text + 'xmlUrl="https://a.example/"/></body></opml>').encode(charset))
    assert [feed.name for feed in listed.feeds] == ["Новости"]


def test_a_list_in_no_charset_that_it_names_is_read_all_the_same() -> None:
    body = '<?xml encoding="zip_codec"?><opml><body><outline text="Café" xmlUrl="https://a/"/></body></opml>'
    assert [feed.name for feed in read(body.encode("latin-1")).feeds] == ["Café"]


@pytest.mark.parametrize(
    "body", [b"", b" ", b"\0", b"https://a.example/feed\n", b"<rss><channel/></rss>", b"{}"]
)
def test_what_is_not_a_list_is_a_clear_error(body: bytes) -> None:
    with pytest.raises(ParseError, match="not an OPML list"):
        read(body)


def test_a_list_over_the_limit_is_refused() -> None:
    with pytest.raises(ParseError, match="10,000,000 is the most"):
        read(b" " * (MAX_SIZE + 1))


def test_entities_of_a_bomb_are_not_expanded() -> None:
    bomb = "<!DOCTYPE opml [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
        f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
    )
    listed = read(
        f'{bomb}]><opml><body><outline text="&j;" xmlUrl="https://a.example/"/></body></opml>'.encode()
    )
    assert [feed.name for feed in listed.feeds] == ["&j;"]


@pytest.mark.parametrize(
    "text",
    [
        '<outline xmlUrl="http://a/" category="' + ",".join(map(str, range(50_000))) + '"/>',
        "".join(f'<outline xmlUrl="http://a/" category="{n}"/>' for n in range(20_000)),
        '<outline text="a">' * 50_000,
        "".join(f'<outline xmlUrl="http://a/{n}"/>' for n in range(20_000)),
    ],
    ids=["categories", "one feed again and again", "nesting", "many feeds"],
)
def test_a_hostile_list_costs_what_its_size_costs(text: str) -> None:
    started = time.process_time()
    outlines(text)
    assert time.process_time() - started < 2


#: feeds in some lists; listparser 0.20 finds as many, and one that is a command
COUNTS = {
    "awesome-rss-feeds--countries__with_category__Ukraine.opml": 12,
    "awesome-rss-feeds--countries__without_category__Russia.opml": 13,
    "awesome-tech-rss--feeds.opml": 141,
    "feedvalidator--errors__notwellformed.opml": 1,
    "listparser--malformed__concatenated-documents.xml": 2,
    "newsboat--opml-element-missing.opml": 2,
    "newsboat--piped.opml": 1,
}


@needs_shared
def test_every_captured_list_is_read_or_refused_in_words() -> None:
    counts: dict[str, int] = {}
    refused: dict[str, str] = {}
    for path in sorted(CORPUS.iterdir()):
        try:
            counts[path.name] = len(read(path.read_bytes()).feeds)
        except ParseError as exc:
            refused[path.name] = str(exc)
    assert {name: counts[name] for name in COUNTS} == COUNTS
    assert sum(counts.values()) == 1_303
    assert set(refused.values()) == {"this is not an OPML list: it has no <opml> and no <outline> in it"}
    assert {name for name in refused if "rdf" not in name} == {
        "feedvalidator--errors__missingOpml.opml",
        "kagi-smallweb.txt",
        "kagi-smallyt.txt",
    }
