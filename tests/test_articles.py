"""What becomes of items' pages: taken, joined, refused, looked at again. Real pages on loopback."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.core.sanitize import clean_html
from aggregator.model import Item
from aggregator.pool import ProcessPool
from aggregator.report import RunReport
from tests.conftest import NOW
from tests.fakes import FakeSite, Reply, etag_of
from tests.press import Entry, Newsroom, outlet, page, rss, story

FEED = "/feed.xml"
HTML = {"content-type": "text/html; charset=utf-8"}
TITLE = "Council votes to rebuild the northern bridge"
SUMMARY = "The harbour council rebuilds the northern bridge before the winter storms come."
LEAD = story("the vote")
#: the article is loaded by a script
EMPTY = f"<html><head><title>{TITLE}</title></head><body><div id='app'></div></body></html>"


def paragraphs(*numbers: int) -> list[str]:
    return [
        f"In year {n} the bridge council heard engineer number {n} explain why span {n} of the bridge "
        f"needed {n + 3} new bolts and {n + 7} more rivets before any winter storm."
        for n in numbers
    ]


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=2) as running:
        yield running


@pytest.fixture
def room(tmp_path: Path, site: FakeSite) -> Newsroom:
    room = Newsroom(directory=tmp_path)
    listed(room, site)
    return room


def listed(room: Newsroom, site: FakeSite, **keys: str) -> None:
    room.outlets(outlet("Port", site.url(FEED), full_text="auto", **keys))


def announce(site: FakeSite, link: str = "/story", *, content: str = "", summary: str = SUMMARY) -> None:
    address = link if ":" in link else site.url(link)
    site.serve(FEED, rss([Entry(number=1, title=TITLE, link=address, summary=summary, content=content)]))


def show(site: FakeSite, path: str, texts: Sequence[str], *, below: str = "", title: str = TITLE) -> None:
    """A page; ``below`` is HTML under the article's text."""
    html = page(title, texts).replace("</article>", f"</article>{below}")
    site.serve(path, html, content_type=HTML["content-type"], last_modified=None)


def pager(*numbers: int, path: str = "/story") -> str:
    links = "".join(f'<a href="{path}/{n}">{n}</a> ' for n in numbers)
    return f'<div class="page-links">Pages: {links}</div>'


def only(room: Newsroom) -> Item:
    (item,) = room.items()
    return item


def pages_of(report: RunReport) -> tuple[int, int, int, int]:
    """Fetched, extracted, from the feed, failed."""
    return (
        report.articles_fetched,
        report.articles_extracted,
        report.articles_from_feed,
        report.articles_failed,
    )


# ── taken or refused ─────────────────────────────────────────────────────────────────────────


def test_a_failed_extraction_is_recorded_with_its_reason(room: Newsroom, site: FakeSite) -> None:
    # Edge case 46
    announce(site)
    site.serve("/story", EMPTY, content_type=HTML["content-type"])
    assert pages_of(room.once()) == (1, 0, 0, 1)
    item = only(room)
    assert (item.text, item.text_source) == (SUMMARY, "summary")
    assert item.page_reason == "no article text was found in the page"
    assert (item.page_attempts, item.page_due_at is not None) == (1, True)


@pytest.mark.parametrize(
    ("count", "apart"), [(20, {"extract"}), (1000, {"extract", "judge", "text_digest", "sketch_of"})]
)
def test_a_long_text_is_weighed_in_a_worker_as_it_would_hold_up_the_others(
    room: Newsroom, site: FakeSite, monkeypatch: pytest.MonkeyPatch, count: int, apart: set[str]
) -> None:
    asked = set()
    run = ProcessPool.run

    async def told(self: ProcessPool, fn: Callable[..., Any], *args: Any, **values: Any) -> Any:
        asked.add(fn.__name__)
        return await run(self, fn, *args, **values)

    monkeypatch.setattr(ProcessPool, "run", told)
    announce(site)
    show(site, "/story", [f"{text} {n}" for n in range(count // 5) for text in story(TITLE)])
    room.once()

    assert only(room).text_source == "page"
    assert asked - {"parse_cut", "study"} == apart


def test_a_page_that_redirects_to_another_site_gives_its_text_and_says_where_it_is(
    room: Newsroom, site: FakeSite
) -> None:
    # Edge case 47
    announce(site)
    listed(room, site, headers='{"X-Key" = "secret"}')
    there = site.url("/elsewhere/story", host=1)
    site.redirect("/story", there)
    show(site, "/elsewhere/story", LEAD)
    room.once()
    item = only(room)
    assert (item.text_source, item.url, item.canonical_url) == ("page", site.url("/story"), there)
    assert [one.headers.get("x-key") for one in site.asked("/story")] == ["secret"]
    assert [one.headers.get("x-key") for one in site.asked("/elsewhere/story")] == [None]


def test_a_page_that_redirects_within_its_site_is_what_it_says_it_is(room: Newsroom, site: FakeSite) -> None:
    announce(site, "/?p=7")
    site.redirect("/?p=7", "/story")
    show(site, "/story", LEAD)
    room.once()
    assert (only(room).text_source, only(room).canonical_url) == ("page", site.url("/?p=7"))


@pytest.mark.parametrize("landed", ["/", "/news/"])
def test_a_redirect_to_the_front_page_or_a_section_is_not_the_article(
    room: Newsroom, site: FakeSite, landed: str
) -> None:
    announce(site, "/news/bridge-is-rebuilt")
    site.redirect("/news/bridge-is-rebuilt", landed)
    show(site, landed, [SUMMARY, *LEAD], title="Port News")
    room.once()
    item = only(room)
    assert (item.text, item.text_source) == (SUMMARY, "summary")
    assert "leads to" in item.page_reason


def test_a_page_about_something_else_is_not_the_article(room: Newsroom, site: FakeSite) -> None:
    announce(site)
    show(site, "/story", ["Wine growers in the valley expect little after frost damaged young shoots."] * 4)
    room.once()
    item = only(room)
    assert (item.text_source, "something else" in item.page_reason) == ("summary", True)


CONSENT = (
    "Wir verwenden Cookies und ähnliche Technologien, um Inhalte zu messen.",
    "Wir und unsere 214 Partner benötigen Ihre Einwilligung, die Sie jederzeit widerrufen können.",
)


@pytest.mark.parametrize(
    "answer",
    [
        page("Zustimmung erforderlich", CONSENT),
        page("Just a moment...", ["Enable JavaScript and cookies to continue."]),
        page("Seite nicht gefunden", ["Die angeforderte Seite wurde nicht gefunden. Zur Startseite"]),
        page("Log in", ["Log in to continue reading this article. Already a subscriber? Log in."]),
    ],
)
def test_a_consent_challenge_login_or_error_page_is_never_the_article(
    room: Newsroom, site: FakeSite, answer: str
) -> None:
    # Edge case 48
    announce(site, summary="The bridge.")
    site.serve("/story", answer, content_type=HTML["content-type"])
    report = room.once()
    assert (report.articles_extracted, report.articles_failed) == (0, 1)
    assert (only(room).text, only(room).text_source) == ("The bridge.", "summary")


def test_a_google_news_link_is_not_fetched_and_says_why(room: Newsroom, site: FakeSite) -> None:
    # Edge case 48
    announce(site, "https://news.google.com/rss/articles/CBMiQWh0dHBzOi8vcG9ydC5leGFtcGxlL2E?oc=5")
    assert pages_of(room.once()) == (0, 0, 0, 1)
    item = only(room)
    assert (item.text, "Google News link" in item.page_reason) == (SUMMARY, True)
    assert item.page_due_at is None


def test_an_aggregators_redirect_leads_to_the_article(room: Newsroom, site: FakeSite) -> None:
    announce(site, site.url("/~r/port/~3/x1", host=1))
    site.redirect("/~r/port/~3/x1", site.url("/story"))
    show(site, "/story", LEAD)
    room.once()
    assert (only(room).text_source, only(room).canonical_url) == ("page", site.url("/story"))


def test_a_teaser_with_read_more_gives_way_to_the_page(room: Newsroom, site: FakeSite) -> None:
    announce(site, content=f"<p>{' '.join(LEAD[:2])}</p><p><a href='/story'>Read more</a></p>")
    show(site, "/story", LEAD)
    room.once()
    assert (only(room).text_source, LEAD[4] in only(room).text) == ("page", True)


def test_a_feeds_whole_text_stays_where_the_page_lost_parts_of_it(room: Newsroom, site: FakeSite) -> None:
    room.outlets(outlet("Port", site.url(FEED), full_text="always"))
    announce(site, content="".join(f"<p>{text}</p>" for text in paragraphs(*range(1, 12))))
    show(site, "/story", paragraphs(1, 2, 3, 4, *range(50, 60)))
    assert pages_of(room.once()) == (1, 0, 1, 0)
    item = only(room)
    assert (item.text_source, "of the feed's own text" in item.page_reason) == ("feed", True)


def test_a_page_whose_text_is_not_taken_dates_the_item_all_the_same(room: Newsroom, site: FakeSite) -> None:
    room.outlets(outlet("Port", site.url(FEED), full_text="always"))
    content = "".join(f"<p>{text}</p>" for text in paragraphs(*range(1, 12)))
    entry = Entry(number=1, title=TITLE, link=site.url("/story"), summary=SUMMARY, content=content)
    site.serve(FEED, re.sub("<pubDate>.*?</pubDate>", "", rss([entry])))
    at = NOW - timedelta(days=2)
    html = page(TITLE, paragraphs(1, 2, 3, 4, *range(50, 60))).replace(
        "</head>", f'<meta property="article:published_time" content="{at.isoformat()}"></head>'
    )
    site.serve("/story", html, content_type=HTML["content-type"])
    assert pages_of(room.once()) == (1, 0, 1, 0)
    item = only(room)
    assert (item.text_source, item.published, item.published_source) == ("feed", at, "meta")


# ── articles over several pages ──────────────────────────────────────────────────────────────


def test_an_article_over_several_pages_is_read_to_its_end(room: Newsroom, site: FakeSite) -> None:
    announce(site)
    show(site, "/story", paragraphs(1, 2, 3), below=pager(2, 3))
    show(site, "/story/2", paragraphs(4, 5, 6), below=pager(1, 3))
    show(site, "/story/3", paragraphs(7, 8), below=pager(1, 2))
    assert pages_of(room.once()) == (1, 1, 0, 0)
    item = only(room)
    lines = [line for line in item.text.split("\n") if line and line != TITLE]
    assert lines == paragraphs(*range(1, 9))
    assert [item.content_html.count(text) for text in paragraphs(*range(1, 9))] == [1] * 8
    assert (item.page_reason, item.page_attempts) == ("", 0)
    assert [path for path in site.paths() if path.startswith("/story")] == ["/story", "/story/2", "/story/3"]


def test_all_pages_on_one_are_preferred(room: Newsroom, site: FakeSite) -> None:
    announce(site)
    whole = '<a href="/story?page=all">View all on one page</a>'
    show(site, "/story", paragraphs(1, 2, 3), below=f'<a href="/story?page=2">2</a>{whole}')
    show(site, "/story?page=all", paragraphs(*range(1, 9)))
    room.once()
    assert [text in only(room).text for text in paragraphs(*range(1, 9))] == [True] * 8
    assert [path for path in site.paths() if path.startswith("/story")] == ["/story", "/story?page=all"]


def test_a_later_page_that_fails_leaves_the_first_part_marked_and_is_tried_again(
    room: Newsroom, site: FakeSite
) -> None:
    announce(site)
    show(site, "/story", paragraphs(1, 2, 3), below=pager(2))
    html = page(TITLE, paragraphs(4, 5)).encode()
    site.script("/story/2", Reply(status=500), Reply(body=html, headers=HTML, content_type=None))
    assert pages_of(room.once()) == (1, 1, 0, 0)
    item = only(room)
    assert (item.text_source, paragraphs(3)[0] in item.text) == ("page", True)
    assert item.page_reason.startswith("page 2 of the article: ")
    assert (item.page_attempts, item.page_due_at) == (1, NOW + timedelta(minutes=30))
    room.clock.advance(minutes=31)
    assert pages_of(room.once()) == (1, 1, 0, 0)
    item = only(room)
    assert (paragraphs(5)[0] in item.text, item.page_reason, item.page_attempts) == (True, "", 0)


def test_a_pager_that_shows_the_same_article_again_adds_nothing(room: Newsroom, site: FakeSite) -> None:
    announce(site)
    for number in ("", "/2", "/3"):
        show(site, f"/story{number}", LEAD, below=pager(2, 3))
    room.once()
    assert only(room).text.count(LEAD[0]) == 1
    assert only(room).page_reason == ""
    assert [path for path in site.paths() if path.startswith("/story")] == ["/story", "/story/2"]


def test_another_article_behind_the_pager_is_not_joined(room: Newsroom, site: FakeSite) -> None:
    announce(site)
    show(site, "/story", LEAD, below=pager(2))
    show(site, "/story/2", paragraphs(4, 5), title="Ferries are late again this week")
    room.once()
    assert paragraphs(4)[0] not in only(room).text


def test_robots_txt_has_a_say_in_later_pages_too(room: Newsroom, site: FakeSite) -> None:
    announce(site)
    site.serve("/robots.txt", "User-agent: *\nDisallow: /story/\n", content_type="text/plain")
    show(site, "/story", LEAD, below=pager(2))
    show(site, "/story/2", paragraphs(4, 5))
    room.once()
    assert (only(room).text_source, "robots.txt" in only(room).page_reason) == ("page", True)
    assert site.asked("/story/2") == []


def test_an_article_without_end_is_read_for_ten_pages(room: Newsroom, site: FakeSite) -> None:
    announce(site)
    show(site, "/story", paragraphs(1, 101), below=pager(2))
    for n in range(2, 15):
        show(site, f"/story/{n}", paragraphs(n, 100 + n), below=pager(n + 1))
    room.once()
    assert len([path for path in site.paths() if path.startswith("/story")]) == 10
    assert (paragraphs(10)[0] in only(room).text, paragraphs(11)[0] in only(room).text) == (True, False)


def test_a_feed_with_the_whole_text_says_where_the_article_ends(room: Newsroom, site: FakeSite) -> None:
    room.outlets(outlet("Port", site.url(FEED), full_text="always"))
    texts = paragraphs(*range(1, 12))
    announce(site, content="".join(f"<p>{text}</p>" for text in texts))
    show(site, "/story", texts, below=pager(2))
    show(site, "/story/2", paragraphs(40, 41))
    room.once()
    assert only(room).text_source == "page"
    assert site.asked("/story/2") == []


# ── looked at again ──────────────────────────────────────────────────────────────────────────


def after(room: Newsroom, **time: Any) -> RunReport:
    """A run some time later; the pages that are due by then are looked at again."""
    room.clock.advance(**time)
    return room.once()


@pytest.fixture
def read(room: Newsroom, site: FakeSite) -> Item:
    """The item with its page's text, read an hour after it was published."""
    announce(site)
    show(site, "/story", LEAD)
    assert pages_of(room.once()) == (1, 1, 0, 0)
    item = only(room)
    assert (item.text_source, item.page_reason) == ("page", "")
    assert item.page_due_at is not None
    return item


def same_text(room: Newsroom, read: Item) -> bool:
    now = only(room)
    return (now.text, now.text_source, now.updated) == (read.text, "page", read.updated)


def test_a_young_article_is_looked_at_again_with_a_conditional_request(
    room: Newsroom, site: FakeSite, read: Item
) -> None:
    assert pages_of(after(room, hours=3)) == (0, 0, 0, 0)
    first, second = site.asked("/story")
    html = page(TITLE, LEAD).encode()
    assert (first.headers.get("if-none-match"), second.headers.get("if-none-match")) == (None, etag_of(html))
    assert same_text(room, read)
    assert only(room).page_reason == ""


def test_a_second_look_that_shows_the_same_text_changes_nothing(
    room: Newsroom, site: FakeSite, read: Item
) -> None:
    show(site, "/story", LEAD, below="<aside>12 comments</aside>")
    assert pages_of(after(room, hours=3)) == (1, 0, 0, 0)
    assert same_text(room, read)


@pytest.mark.parametrize(
    "said",
    [
        "This article has been withdrawn.",
        "This story has been removed. We apologise to our readers, and to all who were named in it.",
        "Dieser Artikel wurde von der Redaktion zurückgezogen.",
    ],
)
def test_an_article_that_its_page_takes_back_stays_and_is_told_and_asked_a_day_later(
    room: Newsroom, site: FakeSite, read: Item, said: str
) -> None:
    show(site, "/story", [said])
    for hours in (3, 25):
        start = room.clock.now() + timedelta(hours=hours)
        assert pages_of(after(room, hours=hours))[1] == 0
        now = only(room)
        assert now.text == read.text
        assert now.page_reason == f"the page says: {said.split('. ')[0].rstrip('.')}."
        assert now.page_due_at == start + timedelta(days=1)
    with room.store() as store:
        (revision,) = store.revisions(now.id)
    assert (revision.kind, revision.seen_in, revision.before.text) == ("correction", "page", read.text)


def test_an_edit_of_the_page_takes_the_place_of_what_was_read(
    room: Newsroom, site: FakeSite, read: Item
) -> None:
    show(site, "/story", [*LEAD, "Correction: the council voted on Monday, not on Tuesday."])
    assert pages_of(after(room, hours=3)) == (1, 1, 0, 0)
    assert "not on Tuesday" in only(room).text


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Reply(status=404), "404"),
        (Reply(status=410), "410"),
        (Reply(status=503), "503"),
        (Reply(body=page(TITLE, LEAD[:1]).encode(), headers=HTML, content_type=None), "from before stay"),
        (Reply(body=EMPTY.encode(), headers=HTML, content_type=None), "no article text"),
        (Reply(body=page(TITLE, []).encode(), headers=HTML, content_type=None), "something else"),
        (
            Reply(body=page("Zustimmung", CONSENT).encode(), headers=HTML, content_type=None),
            "no article text",
        ),
        (Reply(body=b"%PDF-1.7", headers={"content-type": "application/pdf"}, content_type=None), "pdf"),
    ],
)
def test_a_worse_look_never_replaces_a_better_text_and_its_reason_is_kept(
    room: Newsroom, site: FakeSite, read: Item, answer: Reply, why: str
) -> None:
    site.on("/story", answer)
    report = after(room, hours=3)
    assert (report.articles_extracted, report.articles_failed) == (0, 0)
    assert same_text(room, read)
    assert why in only(room).page_reason
    assert only(room).page_due_at is not None


def test_an_old_article_of_a_feed_without_dates_is_not_looked_at_again(
    room: Newsroom, site: FakeSite
) -> None:
    entry = Entry(number=1, title=TITLE, link=site.url("/story"), summary=SUMMARY)
    site.serve(FEED, re.sub("<pubDate>.*?</pubDate>", "", rss([entry])))
    old = (NOW - timedelta(days=40)).isoformat()
    html = page(TITLE, LEAD).replace(
        "</head>", f'<meta property="article:published_time" content="{old}"></head>'
    )
    site.serve("/story", html, content_type=HTML["content-type"])
    room.once()
    item = only(room)
    assert (item.text_source, item.published, item.page_due_at) == ("page", NOW - timedelta(days=40), None)


def test_the_looks_at_an_article_end(room: Newsroom, site: FakeSite, read: Item) -> None:
    for _ in range(12):
        after(room, days=1)
    assert 3 <= len(site.asked("/story")) <= 7
    assert only(room).page_due_at is None


def test_an_article_over_several_pages_is_not_read_whole_again_while_it_begins_as_it_did(
    room: Newsroom, site: FakeSite
) -> None:
    announce(site)
    show(site, "/story", paragraphs(1, 2, 3), below=pager(2))
    show(site, "/story/2", paragraphs(4, 5))
    room.once()
    before = only(room)
    show(site, "/story", paragraphs(1, 2, 3), below=pager(2) + "<aside>7 comments</aside>")
    after(room, hours=3)
    assert same_text(room, before)
    assert len(site.asked("/story/2")) == 1


def test_what_is_learned_of_an_outlets_pages_is_no_edit_at_the_next_look(
    room: Newsroom, site: FakeSite
) -> None:
    numbers = range(1, 9)
    entries = [
        Entry(number=n, title=f"Span {n} of the bridge", link=site.url(f"/story/{n}"), summary=f"Span {n}.")
        for n in numbers
    ]
    box = "Follow our channel for more news of the harbour and never miss a ship again."
    for n in numbers:
        show(site, f"/story/{n}", [*paragraphs(n, 10 + n, 20 + n), box], title=f"Span {n} of the bridge")
    for count in numbers:
        site.serve(FEED, rss(entries[:count]))
        room.once(force=True)
    for n in numbers:
        clock = f"<aside>{n} comments</aside>"
        texts = [*paragraphs(n, 10 + n, 20 + n), box]
        show(site, f"/story/{n}", texts, title=f"Span {n} of the bridge", below=clock)
    after(room, hours=3)
    items = room.items()
    assert [item.updated for item in items] == [None] * 8
    assert [box in item.text for item in items] == [False] * 8


# ── what a page gives beside its text ────────────────────────────────────────────────────────


def test_pictures_captions_and_links_of_an_article_survive_to_the_exports(
    room: Newsroom, site: FakeSite, tmp_path: Path
) -> None:
    room.outlets(
        outlet("Port", site.url(FEED), full_text="auto"),
        extra=f'[publish]\ndirectory = "{tmp_path / "out"}"\nformats = ["atom"]\n',
    )
    announce(site)
    figure = (
        '<figure><img src="/bridge.jpg" width="800" height="600" onerror="alert(1)">'
        "<figcaption>The bridge in May</figcaption></figure>"
    )
    html = page(TITLE, LEAD).replace(f"<p>{LEAD[1]}</p>", f"{figure}<p>{LEAD[1]}</p>")
    html = html.replace("temporary ferry", '<a href="/ferry">temporary ferry</a>')
    html = html.replace(
        "</article>", '<p><a href="javascript:alert(2)">The mayor said more.</a></p></article>'
    )
    site.serve("/story", html, content_type=HTML["content-type"])
    room.once()
    exported = (tmp_path / "out" / "feed.atom").read_text()
    assert f'img src="{site.url("/bridge.jpg")}"' in exported.replace("&lt;", "<").replace("&quot;", '"')
    assert "The bridge in May" in exported
    assert site.url("/ferry") in exported
    assert ("onerror" in exported, "javascript:" in exported) == (False, False)
    assert "<" not in only(room).text


def test_javascript_links_are_dropped_when_a_feed_and_a_page_are_read(room: Newsroom, site: FakeSite) -> None:
    # Edge case 54
    script = "<a href='javascript:alert(1)'>The mayor</a> said so."
    entries = [
        Entry(
            number=1,
            title=TITLE,
            link="javascript:alert(2)",
            content=f"<p>{script}</p>",
            extra='<enclosure url="javascript:alert(3)" type="audio/mpeg" length="1"/>',
        ),
        Entry(number=2, title=TITLE, link=site.url("/story"), summary=SUMMARY),
    ]
    site.serve(FEED, rss(entries))
    html = page(TITLE, LEAD).replace(f"<p>{LEAD[1]}</p>", f"<p>{LEAD[1]} {script}</p>")
    site.serve("/story", html, content_type=HTML["content-type"])
    room.once()
    feed, read = room.items()
    assert (feed.url, feed.enclosures) == ("", ())
    assert (read.text_source, "The mayor" in read.text) == ("page", True)
    assert "javascript:" not in read.content_html
    assert "javascript:" not in clean_html(feed.content_html, feed.base_url)


@pytest.mark.parametrize(("declared", "stored"), [("<language>de-at</language>", "de-at"), ("", "en")])
def test_the_language_is_the_feeds_else_the_pages(
    room: Newsroom, site: FakeSite, declared: str, stored: str
) -> None:
    entry = Entry(number=1, title=TITLE, link=site.url("/story"), summary=SUMMARY)
    site.serve(FEED, rss([entry], head=declared))
    show(site, "/story", LEAD)
    room.once()
    assert only(room).language == stored
