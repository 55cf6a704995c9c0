"""One run from feeds.toml to stored items, over real sockets and a real database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.model import FeedCondition
from tests.conftest import NOW
from tests.fakes import FakeSite, Reply
from tests.press import Entry, Newsroom, outlet, page, rss, story

FEED = "/feed.xml"


def entries(*numbers: int) -> list[Entry]:
    return [Entry(number=n, link=f"https://x.example/{n}", summary=f"Summary {n}") for n in numbers]


def counts(newsroom: Newsroom, **options: object) -> tuple[int, int, int]:
    report = newsroom.once(**options)
    return report.items_new, report.items_changed, report.items_unchanged


def test_a_first_run_stores_every_item_and_a_second_one_changes_nothing(
    newsroom: Newsroom, site: FakeSite
) -> None:
    site.serve(FEED, rss(entries(3, 2, 1)))
    newsroom.outlets(outlet("Port", site.url(FEED)))
    first = newsroom.once()
    before = newsroom.items()
    newsroom.clock.advance(hours=2)
    second = newsroom.once()
    assert (first.polled, first.modified, first.items_new) == (1, 1, 3)
    assert (second.polled, second.not_modified, second.items_new) == (1, 1, 0)
    assert newsroom.items() == before
    assert site.requests[1].headers["if-none-match"]


def test_nothing_is_polled_before_it_is_due(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve(FEED, rss(entries(1)))
    newsroom.outlets(outlet("Port", site.url(FEED), every='"15m"'))
    newsroom.once()
    newsroom.clock.advance(minutes=14)
    early = newsroom.once()
    newsroom.clock.advance(minutes=1)
    due = newsroom.once()
    assert (early.feeds_due, early.polled, due.feeds_due, due.polled) == (0, 0, 1, 1)
    assert early.next_poll_at == NOW + timedelta(minutes=15)


def test_the_same_body_without_validators_is_not_modified(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve(FEED, rss(entries(1)), etag=None, last_modified=None)
    newsroom.outlets(outlet("Port", site.url(FEED)))
    newsroom.once()
    again = newsroom.once(force=True)
    assert (again.polled, again.not_modified, again.items_unchanged) == (1, 1, 0)


def test_only_the_new_one_of_thirty_is_stored(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve(FEED, rss(entries(*range(30, 0, -1))))
    newsroom.outlets(outlet("Port", site.url(FEED)))
    newsroom.once()
    site.serve(FEED, rss(entries(*range(31, 1, -1))))
    assert counts(newsroom, force=True) == (1, 0, 29)
    assert len(newsroom.items()) == 31


def test_a_counter_in_an_entry_is_no_change_and_followed(newsroom: Newsroom, site: FakeSite) -> None:
    def counted(n: int) -> str:
        head = f"<lastBuildDate>Fri, 20 Nov 2026 1{n}:00:00 GMT</lastBuildDate>"
        entry = Entry(number=1, link="https://x.example/1", extra=f"<slash:comments>{n}</slash:comments>")
        return rss([entry], head=head)

    site.serve(FEED, counted(1))
    newsroom.outlets(outlet("Port", site.url(FEED)))
    newsroom.once()
    (before,) = newsroom.items()
    site.serve(FEED, counted(2))
    assert counts(newsroom, force=True) == (0, 0, 1)
    assert before.comments == 1
    assert newsroom.items() == [replace(before, comments=2)]


def test_an_edited_title_is_a_change_not_a_new_item(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve(FEED, rss(entries(2, 1)))
    newsroom.outlets(outlet("Port", site.url(FEED)))
    newsroom.once()
    edited = Entry(number=1, link="https://x.example/1", summary="Summary 1", title="Corrected headline")
    site.serve(FEED, rss([*entries(2), edited]))
    newsroom.clock.advance(hours=1)
    assert counts(newsroom, force=True) == (0, 1, 1)
    (item,) = [item for item in newsroom.items() if item.guid.endswith(":1")]
    assert (item.title, item.first_seen, item.updated) == (
        "Corrected headline",
        NOW,
        NOW + timedelta(hours=1, seconds=1),
    )


def test_a_reordered_feed_changes_nothing(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve(FEED, rss(entries(1, 2, 3)))
    newsroom.outlets(outlet("Port", site.url(FEED)))
    newsroom.once()
    site.serve(FEED, rss(entries(3, 1, 2)))
    assert counts(newsroom, force=True) == (0, 0, 3)


def test_full_text_comes_from_the_page_when_the_feed_has_only_summaries(
    newsroom: Newsroom, site: FakeSite
) -> None:
    text = story("the bridge")
    site.serve(FEED, rss([Entry(number=1, link=site.url("/bridge"), summary="The bridge is rebuilt.")]))
    site.serve("/bridge", page("Headline number 1", text), content_type="text/html; charset=utf-8")
    newsroom.outlets(outlet("Port", site.url(FEED), full_text="auto"))
    report = newsroom.once()
    (item,) = newsroom.items()
    assert (report.articles_fetched, report.articles_extracted, report.articles_failed) == (1, 1, 0)
    assert item.text_source == "page"
    assert [part for part in text if part not in item.text] == []
    assert "Section 3" not in item.text
    assert "/robots.txt" in site.paths()


def test_a_feed_that_carries_the_full_text_costs_no_page(newsroom: Newsroom, site: FakeSite) -> None:
    text = "".join(f"<p>{part}</p>" for part in story("the ferry") * 4)
    site.serve(FEED, rss([Entry(number=1, link=site.url("/ferry"), summary="A ferry.", content=text)]))
    newsroom.outlets(outlet("Port", site.url(FEED), full_text="auto"))
    newsroom.once()
    (item,) = newsroom.items()
    assert item.text_source == "feed"
    assert site.asked("/ferry") == []


def test_a_page_that_fails_is_recorded_tried_again_and_never_hides_the_item(
    newsroom: Newsroom, site: FakeSite
) -> None:
    html = {"content-type": "text/html; charset=utf-8"}
    good = Reply(body=page("Headline number 1", story("the pier")).encode(), headers=html, content_type=None)
    site.serve(FEED, rss([Entry(number=1, link=site.url("/pier"), summary="The pier.")]))
    site.script("/pier", Reply(status=500), good)
    newsroom.outlets(outlet("Port", site.url(FEED), full_text="auto"))
    first = newsroom.once()
    (item,) = newsroom.items()
    assert (first.articles_failed, item.text, item.text_source) == (1, "The pier.", "summary")
    assert "500" in item.page_reason
    newsroom.clock.advance(minutes=31)
    second = newsroom.once()
    (item,) = newsroom.items()
    assert (second.articles_extracted, item.text_source, item.page_reason) == (1, "page", "")


def test_a_page_that_is_not_html_is_refused(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve(FEED, rss([Entry(number=1, link=site.url("/report"), summary="A report.")]))
    site.serve("/report", b"%PDF-1.7", content_type="application/pdf")
    newsroom.outlets(outlet("Port", site.url(FEED), full_text="auto"))
    newsroom.once()
    (item,) = newsroom.items()
    assert (item.text_source, "application/pdf" in item.page_reason) == ("summary", True)


def test_a_home_page_that_robots_txt_closes_is_searched_for_no_feed(
    newsroom: Newsroom, site: FakeSite
) -> None:
    site.serve("/robots.txt", "User-agent: *\nDisallow: /\n", content_type="text/plain")
    site.serve(
        "/", '<link rel="alternate" type="application/rss+xml" href="/feed">', content_type="text/html"
    )
    site.serve("/feed", rss(entries(1)))
    newsroom.outlets(f'name = "Port"\nhomepage = "{site.url("/")}"')
    (failure,) = newsroom.once().failures
    assert "robots.txt" in failure.reason
    assert site.paths() == ["/robots.txt"]


def test_robots_txt_is_obeyed_for_pages_and_can_be_ignored(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve("/robots.txt", "User-agent: *\nDisallow: /private\n", content_type="text/plain")
    site.serve(FEED, rss([Entry(number=1, link=site.url("/private/a"), summary="Secret.")]))
    site.serve("/private/a", page("t", story("the vault")), content_type="text/html")
    newsroom.outlets(outlet("Port", site.url(FEED), full_text="auto"))
    newsroom.once()
    (item,) = newsroom.items()
    assert site.asked("/private/a") == []
    assert "robots.txt" in item.page_reason


def test_the_same_text_at_another_outlet_is_a_copy_of_the_first(newsroom: Newsroom, site: FakeSite) -> None:
    text = "".join(f"<p>{part}</p>" for part in story("the wire"))
    for n, name in enumerate(("a", "b", "c")):
        entry = Entry(number=n, link=f"https://{name}.example/wire", content=text, title=f"Title {name}")
        site.serve(f"/{name}.xml", rss([entry], title=name))
    newsroom.outlets(*(outlet(name.upper(), site.url(f"/{name}.xml", host=0)) for name in ("a", "b", "c")))
    newsroom.once()
    first, *copies = newsroom.items()
    assert (first.duplicate_of, first.relation) == (None, None)
    assert [(copy.duplicate_of, copy.relation) for copy in copies] == [(first.id, "copy")] * 2
    assert len(newsroom.items(copies=False)) == 1


def test_the_same_article_in_two_feeds_of_one_outlet_is_stored_for_each_and_linked(
    newsroom: Newsroom, site: FakeSite
) -> None:
    site.serve("/all.xml", rss([Entry(number=1, link="https://x.example/a?utm_source=all")]))
    site.serve("/top.xml", rss([Entry(number=1, link="https://x.example/a?utm_source=top")]))
    newsroom.outlets(
        f'name = "Port"\nfeeds = ["{site.url("/all.xml")}", "{site.url("/top.xml")}"]\nfull_text = "never"\n'
    )
    newsroom.once()
    first, second = newsroom.items()
    assert (second.duplicate_of, second.relation) == (first.id, "same")


def test_an_outlet_with_only_a_home_page_has_its_feed_discovered_once(
    newsroom: Newsroom, site: FakeSite
) -> None:
    home = f'<html><head><link rel="alternate" type="application/rss+xml" href="{FEED}"></head></html>'
    site.serve("/", home, content_type="text/html")
    site.serve(FEED, rss(entries(1)))
    newsroom.outlets(f'name = "Port"\nhomepage = "{site.url("/")}"\nfull_text = "never"\n')
    first = newsroom.once()
    newsroom.clock.advance(days=1)
    newsroom.once()
    assert (first.polled, first.items_new) == (1, 1)
    assert len(site.asked("/")) == 1


def test_a_home_page_without_a_feed_is_a_failure_in_words(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve("/", "<html><body>Welcome</body></html>", content_type="text/html")
    newsroom.outlets(f'name = "Port"\nhomepage = "{site.url("/")}"\n')
    report = newsroom.once()
    assert (report.feeds_total, report.polled, report.failed) == (1, 1, 1)
    assert [failure.outlet for failure in report.failures] == ["Port"]


def test_rules_drop_items_count_them_and_do_not_ask_again(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve(FEED, rss([*entries(1), Entry(number=2, title="Horoscope of the day")]))
    newsroom.outlets(outlet("Port", site.url(FEED), drop_if='["horoscope"]'))
    assert counts(newsroom) == (1, 0, 0)
    site.serve(FEED, rss([*entries(3, 1), Entry(number=2, title="Horoscope of the day")]))
    assert counts(newsroom, force=True) == (1, 0, 2)
    assert newsroom.health()["Port"].dropped == 1


def test_only_the_named_outlets_are_polled(newsroom: Newsroom, site: FakeSite) -> None:
    for name in ("a", "b"):
        site.serve(f"/{name}.xml", rss(entries(1)))
    newsroom.outlets(outlet("Alpha", site.url("/a.xml")), outlet("Beta", site.url("/b.xml")))
    report = newsroom.once(outlets=("ALPHA",))
    assert (report.feeds_total, report.polled, site.paths()) == (2, 1, ["/a.xml"])


def test_a_disabled_outlet_is_not_polled_and_keeps_its_items(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve(FEED, rss(entries(1)))
    newsroom.outlets(outlet("Port", site.url(FEED)))
    newsroom.once()
    newsroom.outlets(outlet("Port", site.url(FEED), enabled="false"))
    report = newsroom.once(force=True)
    assert (report.feeds_total, report.polled, len(newsroom.items())) == (0, 0, 1)


def test_a_renamed_outlet_keeps_its_items(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve(FEED, rss(entries(1)))
    newsroom.outlets(outlet("Port", site.url(FEED)))
    newsroom.once()
    newsroom.outlets(outlet("Harbour Times", site.url(FEED)))
    newsroom.once()
    assert [item.outlet for item in newsroom.items()] == ["Harbour Times"]


def test_a_feed_that_is_gone_keeps_its_items_and_is_not_asked_again(
    newsroom: Newsroom, site: FakeSite
) -> None:
    site.serve(FEED, rss(entries(1)))
    newsroom.outlets(outlet("Port", site.url(FEED)))
    newsroom.once()
    site.status(FEED, 410)
    newsroom.once(force=True)
    site.forget()
    newsroom.clock.advance(days=40)
    newsroom.once(force=True)
    assert site.requests == []
    assert newsroom.health()["Port"].condition is FeedCondition.GONE
    assert len(newsroom.items()) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7200"}, 7200),
        ({"Retry-After": "Fri, 20 Nov 2026 14:00:00 GMT", "Date": "Fri, 20 Nov 2026 12:00:00 GMT"}, 7200),
        ({"Retry-After": "315360000"}, 31 * 86_400),
    ],
)
def test_a_429_is_asked_again_at_the_stated_time_and_not_even_forced_before(
    newsroom: Newsroom, site: FakeSite, headers: dict[str, str], seconds: int
) -> None:
    site.status(FEED, 429, headers=headers)
    newsroom.outlets(outlet("Port", site.url(FEED)))
    newsroom.once()
    site.forget()
    newsroom.clock.advance(seconds=seconds - 10)
    newsroom.once(force=True)
    assert site.requests == []
    newsroom.clock.advance(seconds=9)
    newsroom.once()
    assert len(site.requests) == 1


BAD: dict[str, tuple[Reply, str]] = {
    "404": (Reply(status=404), "404"),
    "500": (Reply(status=500), "500"),
    "an empty body": (Reply(body=b""), "empty"),
    "a page": (Reply(body=b"<!DOCTYPE html><html><body>Hi</body></html>", content_type="text/html"), "HTML"),
    "a truncated body": (Reply(body=rss(entries(1)).encode()[:300], length=5000), "whole body"),
    "a path": (Reply(body=b"/etc/passwd", content_type="text/plain"), "not a feed"),
    "a bomb": (Reply(body=b"\0" * 60_000_000, encode=("gzip",)), "large"),
    "a broken coding": (Reply(body=b"\x1f\x8bnonsense", headers={"Content-Encoding": "gzip"}), "not a feed"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_answer_is_a_state_in_words_and_harms_no_other_feed(
    newsroom: Newsroom, site: FakeSite, what: str
) -> None:
    reply, words = BAD[what]
    site.on("/bad.xml", reply)
    site.serve("/good.xml", rss(entries(1)))
    newsroom.outlets(
        outlet("Bad", site.url("/bad.xml", host=1)), outlet("Good", site.url("/good.xml", host=2))
    )
    report = newsroom.once()
    health = newsroom.health()
    assert (report.polled, report.failed, report.items_new) == (2, 1, 1)
    assert (health["Bad"].condition, health["Good"].condition) == (FeedCondition.FAILING, FeedCondition.OK)
    assert words.casefold() in health["Bad"].reason.casefold()
    assert [failure.reason for failure in report.failures] == [health["Bad"].reason]


def test_a_bad_answer_leaves_what_is_known_of_the_feed_alone(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve(FEED, rss(entries(1)), etag=None, last_modified=None)
    newsroom.outlets(outlet("Port", site.url(FEED)))
    newsroom.once()
    site.serve(FEED, "<html><body>Down for maintenance</body></html>", content_type="text/html")
    newsroom.once(force=True)
    site.serve(FEED, rss(entries(1)), etag=None, last_modified=None)
    healed = newsroom.once(force=True)
    assert (healed.not_modified, healed.failed) == (1, 0)


def test_an_unreachable_host_is_a_state_in_words(newsroom: Newsroom, site: FakeSite) -> None:
    newsroom.outlets(outlet("Port", "http://127.0.0.1:9/feed"), outlet("Name", "http://nowhere.invalid/feed"))
    report = newsroom.once()
    reasons = {failure.outlet: failure.reason for failure in report.failures}
    assert "refused" in reasons["Port"]
    assert "nowhere.invalid" in reasons["Name"]


def test_the_time_limit_ends_the_run_and_leaves_the_rest_for_the_next(
    newsroom: Newsroom, site: FakeSite
) -> None:
    site.serve(FEED, rss(entries(1)))
    newsroom.outlets(outlet("Port", site.url(FEED)))
    report = newsroom.once(max_time=timedelta(0))
    assert (report.cut_short, report.polled) == (True, 0)
    assert newsroom.once().items_new == 1


def test_one_site_sees_one_connection_at_a_time(newsroom: Newsroom, site: FakeSite) -> None:
    for n in range(6):
        site.serve(f"/{n}.xml", rss(entries(n)), delay=0.02)
    newsroom.outlets(*(outlet(f"Port {n}", site.url(f"/{n}.xml")) for n in range(6)))
    assert newsroom.once().items_new == 6
    assert site.max_in_flight == 1


def test_a_cron_outlet_is_polled_at_its_times_and_weekdays_count_from_sunday(
    newsroom: Newsroom, site: FakeSite
) -> None:
    site.serve(FEED, rss(entries(1)))
    newsroom.outlets(outlet("Port", site.url(FEED), cron='"0 7 * * 1"'))
    report = newsroom.once()
    assert report.next_poll_at is not None
    assert report.next_poll_at.isoformat() == "2026-11-23T07:00:00+00:00"  # a Monday


def test_exports_that_cannot_be_written_end_the_run_with_2_and_lose_nothing(
    newsroom: Newsroom, site: FakeSite
) -> None:
    site.serve(FEED, rss(entries(1)))
    (newsroom.directory / "public" / "feed.atom").mkdir(parents=True)  # where a file belongs
    newsroom.outlets(outlet("Port", site.url(FEED)), extra='[publish]\ndirectory = "public"\n')
    run = newsroom.scheduler("--once", "--quiet")
    assert (run.returncode, "feed.atom" in run.stdout) == (2, True)
    assert len(newsroom.items()) == 1


def test_an_outlets_password_and_headers_reach_its_own_site_and_no_other(
    newsroom: Newsroom, site: FakeSite
) -> None:
    links = (site.url("/own"), site.url("/far", host=2))
    site.serve(FEED, rss([Entry(number=n, link=link) for n, link in enumerate(links)]))
    (newsroom.directory / "password").write_text("secret\n")
    newsroom.outlets(
        outlet(
            "Port",
            site.url(FEED),
            full_text="always",
            user='"me"',
            password_file='"password"',
            headers='{ X-Key = "k" }',
        )
    )
    newsroom.once()
    sent = {
        request.path: (request.headers.get("authorization"), request.headers.get("x-key"))
        for request in site.requests
        if request.path != "/robots.txt"
    }
    known = ("Basic bWU6c2VjcmV0", "k")
    assert sent == {FEED: known, "/own": known, "/far": (None, None)}


def test_a_changed_interval_counts_from_the_last_poll_and_not_from_the_old_plan(
    newsroom: Newsroom, site: FakeSite
) -> None:
    site.serve(FEED, rss(entries(1)))
    newsroom.outlets(outlet("Port", site.url(FEED), cron='"0 7 * * *"'))
    newsroom.once()
    newsroom.clock.advance(minutes=20)
    newsroom.outlets(outlet("Port", site.url(FEED), every='"15m"'))
    assert newsroom.once().polled == 1


def test_a_changed_interval_does_not_break_a_promise_to_wait(newsroom: Newsroom, site: FakeSite) -> None:
    site.on(FEED, Reply(body=rss(entries(1)).encode(), headers={"Retry-After": "7200"}))
    newsroom.outlets(outlet("Port", site.url(FEED), every='"1d"'))
    newsroom.once()
    newsroom.clock.advance(hours=1)
    newsroom.outlets(outlet("Port", site.url(FEED), every='"15m"'))
    assert newsroom.once().polled == 0
    newsroom.clock.advance(hours=1)
    assert newsroom.once().polled == 1
