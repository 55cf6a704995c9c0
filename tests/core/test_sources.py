"""Which pages does an article point at as what it speaks of?"""

from aggregator.core.sources import MOST, sources

BASE = "https://www.gulf-insider.com/2026/storm"


def linked(*addresses: str) -> str:
    return "".join(f'<p>as <a class="x" href="{address}">it</a> says</p>' for address in addresses)


def test_pages_of_other_sites_come_in_their_order_once_and_without_tracking() -> None:
    markup = linked(
        "https://journal.example/sea-floor?utm_source=feed",
        "//agency.example/press/2026-7",
        "https://journal.example/sea-floor",
    )
    assert sources(markup, BASE) == (
        "https://journal.example/sea-floor",
        "https://agency.example/press/2026-7",
    )


def test_an_outlets_own_pages_are_no_sources() -> None:
    markup = linked(
        "/2026/other", "https://blog.gulf-insider.com/a-long-story", "https://gulf-daily.com/a-story"
    )
    assert sources(markup, BASE, "https://www.gulf-daily.com/") == ()


def test_front_pages_and_what_is_there_to_share_follow_or_subscribe_are_no_sources() -> None:
    markup = linked(
        "https://ministry.example/",
        "https://ministry.example/en",
        "https://x.com/reporter/status/123456",
        "https://www.facebook.com/sharer/sharer.php?u=abc",
        "https://other.example/share?url=https://a.example/story",
        "https://other.example/newsletter/weekly",
        "https://other.example/tag/oceans",
        "https://pictures.example/2026/storm.jpg",
        "mailto:press@ministry.example",
        "javascript:void(0)",
    )
    assert sources(markup, BASE) == ()


def test_an_article_has_few_sources_however_many_links() -> None:
    markup = linked(*(f"https://site-{number}.example/a-page" for number in range(200)))
    assert len(sources(markup, BASE)) == MOST


def test_markup_that_was_cut_within_a_link_gives_those_before() -> None:
    markup = linked("https://journal.example/sea-floor") + '<a href="https://agency.exam'
    assert sources(markup, BASE) == ("https://journal.example/sea-floor",)
