"""OPML 2.0 out, and in again: the same feeds, folders and tags."""

from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.opml import FeedList, read
from aggregator.export import opml
from aggregator.model import FeedSpec
from tests.conftest import SHARED, needs_shared
from tests.export.making import make_spec, tree
from tests.export.strategies import any_text

GOLDEN = """\
<?xml version="1.0" encoding="utf-8"?>
<opml version="2.0">
  <head>
    <title>Gulf news</title>
  </head>
  <body>
    <outline text="bahrain" title="bahrain">
      <outline type="rss" text="Gulf Insider" title="Gulf Insider" xmlUrl="https://gulf.example/feed/" \
htmlUrl="https://gulf.example/" language="en" category="bahrain,gulf"/>
      <outline type="rss" text="Gulf Insider" title="Gulf Insider" xmlUrl="https://gulf.example/s?a=1&amp;b" \
category="Bahrain"/>
    </outline>
    <outline type="rss" text="Elsewhere" title="Elsewhere" xmlUrl="https://gulf.example/feed/"/>
  </body>
</opml>
"""


def test_a_list_reads_as_one_would_write_it_by_hand() -> None:
    feeds = [
        make_spec(),
        make_spec(outlet="Elsewhere", tags=(), homepage="", language=None),
        make_spec(url="https://gulf.example/s?a=1&b", homepage="", language=None, tags=("Bahrain",)),
    ]
    assert opml.render("Gulf news", feeds) == GOLDEN


def specs(listed: FeedList) -> list[FeedSpec]:
    return [
        make_spec(
            url=feed.url,
            outlet=feed.name or feed.url,
            homepage=feed.homepage,
            tags=feed.tags,
            language=feed.language,
        )
        for feed in listed.feeds
    ]


def assert_stable(listed: FeedList) -> None:
    """Import, export, import: nothing is lost and nothing is added; folders may gather their feeds."""
    out = opml.render(listed.title, specs(listed))
    again = read(out.encode())
    assert again.rejected == ()
    assert sorted(specs(again), key=lambda one: one.url) == sorted(specs(listed), key=lambda one: one.url)
    assert opml.render(again.title, specs(again)) == out


@needs_shared
def test_captured_lists_come_back_as_they_were_imported() -> None:
    stable = 0
    for path in sorted((SHARED / "corpus" / "opml").glob("awesome-*")):
        listed = read(path.read_bytes())
        assert listed.feeds
        assert_stable(listed)
        stable += 1
    assert stable > 60


_tags = st.lists(any_text, max_size=3).map(tuple)


@given(
    st.lists(
        st.builds(make_spec, outlet=any_text, homepage=any_text, tags=_tags, language=any_text), max_size=4
    )
)
def test_whatever_is_configured_the_list_is_well_formed_and_importable(feeds: list[FeedSpec]) -> None:
    feeds = [
        make_spec(url=f"https://gulf.example/{n}", outlet=one.outlet, tags=one.tags)
        for n, one in enumerate(feeds)
    ]
    out = opml.render("t", feeds)
    outlines = [element for element in tree(out).iter("outline") if element.get("xmlUrl")]
    assert sorted(element.attrib["xmlUrl"] for element in outlines) == sorted(one.url for one in feeds)
    assert_stable(read(out.encode()))
