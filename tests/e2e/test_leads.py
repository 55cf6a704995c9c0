"""A page of an aggregator as a source: its article, its hashtags, what it shows of other outlets."""

import json
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path

import pytest

from aggregator import app, config, replay
from aggregator.cli import main
from aggregator.export.jsonl import item_dict
from aggregator.model import Item, ItemFilter
from aggregator.report import RunOptions
from aggregator.store import Store
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, outlet, page, rss, story

HTML = "text/html; charset=utf-8"
CARDS = (
    ("Gulf Insider", "3 days ago", "Island ferry is back after long repairs"),
    ("harbour-post.example", "a day ago", "Crowds greet first ferry of the season"),
    ("Gulf Insider", "2 days ago", "Minister defends the price of tickets"),
)


def with_cards(body: str, *cards: tuple[str, str, str]) -> str:
    blocks = "".join(
        f"<div class=x1><p><b>{name}</b> · <i>{when}</i></p><h4>{title}</h4>"
        f"<p>Some words of what {name} has on that.</p></div>"
        for name, when, title in cards
    )
    tags = '<p><a href="/t/1">#Ferry</a> <a href="/t/2">#Islands</a></p>'
    return body.replace("</body>", f"{tags}<section><h3>Related Articles</h3>{blocks}</section></body>")


def aggregator(site: FakeSite, newsroom: Newsroom, *more: str, address: str = "/roundup.xml") -> None:
    """An aggregator with one article, beside which three cards stand."""
    article = with_cards(page("Ferry line reopens", story("ferry")), *CARDS)
    site.serve("/roundup/1", article, content_type=HTML)
    entry = Entry(
        number=1, title="Ferry line reopens", link=site.url("/roundup/1"), summary="Boats sail again."
    )
    site.serve("/roundup.xml", rss([entry]))
    newsroom.outlets(outlet("Round Up", site.url(address), full_text="auto", kind='"aggregator"'), *more)


def gulf(site: FakeSite, *titles: str) -> str:
    """The first card's own outlet."""
    entries = [
        Entry(
            number=n,
            title=title,
            link=site.url(f"/gulf/{n}", host=1),
            summary="Words.",
            age=timedelta(days=3),
        )
        for n, title in enumerate(titles)
    ]
    site.serve("/gulf.xml", rss(entries, title="Gulf Insider"))
    return outlet("Gulf Insider", site.url("/gulf.xml", host=1))


def leads(newsroom: Newsroom) -> dict[str, Item]:
    return {item.title: item for item in newsroom.items() if item.is_lead}


def test_the_cards_beside_an_article_become_leads_with_dates_as_wide_as_they_are_told(
    newsroom: Newsroom, site: FakeSite
) -> None:
    aggregator(site, newsroom)
    newsroom.once()
    found = leads(newsroom)
    first = found["Island ferry is back after long repairs"]
    assert [item.outlet for item in found.values()].count("Gulf Insider") == 2
    assert first.published_source == "relative"
    assert first.published_earliest is not None
    assert first.published_latest is not None
    assert first.published_latest - first.published_earliest == timedelta(days=1)
    assert first.summary == "Some words of what Gulf Insider has on that."
    (own,) = [item for item in newsroom.items() if not item.is_lead]
    assert (own.outlet, own.text_source) == ("Round Up", "page")
    with newsroom.store() as store:
        place = store.lead(first.id)
    assert place is not None
    assert (place.said, place.seen_on, place.resolved_to) == ("3 days ago", own.id, None)


def test_a_lead_is_resolved_to_the_outlets_own_item_and_never_shown_beside_it(
    newsroom: Newsroom, site: FakeSite
) -> None:
    aggregator(site, newsroom, gulf(site, "Island ferry is back after long repairs", "Quite another matter"))
    newsroom.once()
    lead = leads(newsroom)["Island ferry is back after long repairs"]
    own = next(item for item in newsroom.items() if item.title == lead.title and not item.is_lead)
    assert (lead.duplicate_of, lead.relation) == (own.id, "same")
    exported = newsroom.items(copies=False)
    assert own in exported
    assert not any(item.is_lead for item in exported)


def test_a_lead_is_resolved_when_the_outlets_own_item_comes_later(newsroom: Newsroom, site: FakeSite) -> None:
    aggregator(site, newsroom, gulf(site, "Quite another matter"))
    newsroom.once()
    assert leads(newsroom)["Minister defends the price of tickets"].duplicate_of is None
    gulf(site, "Quite another matter", "Minister defends price of the tickets")
    newsroom.clock.advance(hours=2)
    newsroom.once(force=True)
    lead = leads(newsroom)["Minister defends the price of tickets"]
    own = next(item for item in newsroom.items() if item.title == "Minister defends price of the tickets")
    assert (lead.duplicate_of, lead.relation) == (own.id, "same")


def test_a_card_that_stands_beside_several_articles_is_one_lead(newsroom: Newsroom, site: FakeSite) -> None:
    aggregator(site, newsroom)
    newsroom.once()
    site.serve("/roundup/2", with_cards(page("Second", story("harbour")), *CARDS), content_type=HTML)
    second = Entry(number=2, title="Second", link=site.url("/roundup/2"), summary="More.")
    site.serve("/roundup.xml", rss([second]))
    newsroom.clock.advance(hours=1)
    newsroom.once(force=True)
    assert len(leads(newsroom)) == sum(item.is_lead for item in newsroom.items()) == 3


def test_lines_of_hashtags_become_tags_of_the_article_and_leave_its_text(
    newsroom: Newsroom, site: FakeSite
) -> None:
    aggregator(site, newsroom)
    body = page("Ferry line reopens", story("ferry"))
    tagged = body.replace("</article>", "<p>#Ferry #Ellery #Coastguard</p></article>")
    site.serve("/roundup/1", with_cards(tagged, *CARDS), content_type=HTML)
    newsroom.once()
    (own,) = newsroom.items(tag="coastguard")
    assert own.tags == ("Ferry", "Ellery", "Coastguard", "Islands")
    assert "#" not in own.text + own.content_html
    assert own.text.endswith("This concerns ferry.")


def test_pages_that_are_feeds_of_one_outlet_share_their_cards(newsroom: Newsroom, site: FakeSite) -> None:
    for number in (1, 2):
        body = with_cards(page(f"Round-up number {number}", story(f"topic {number}")), *CARDS)
        site.serve(f"/roundup/{number}", body, content_type=HTML)
    feeds = f'["{site.url("/roundup/1")}", "{site.url("/roundup/2")}"]'
    listed = outlet("Round Up", site.url("/roundup/1"), full_text="auto", kind='"aggregator"')
    newsroom.outlets(listed.replace(f'["{site.url("/roundup/1")}"]', feeds))
    newsroom.once()
    assert len(newsroom.items()) == 2 + 3
    newsroom.clock.advance(days=1)
    newsroom.once(force=True)
    assert len(newsroom.items()) == 2 + 3


def test_a_run_goes_on_when_leads_cannot_be_resolved(
    newsroom: Newsroom, site: FakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_store: Store) -> int:
        raise TypeError

    monkeypatch.setattr(Store, "resolve_leads", broken)
    aggregator(site, newsroom)
    assert newsroom.once().failed == 0
    assert len(leads(newsroom)) == 3


def test_a_page_may_stand_in_the_place_of_a_feed(newsroom: Newsroom, site: FakeSite) -> None:
    aggregator(site, newsroom, address="/front")
    site.serve(
        "/front",
        '<html lang="en"><body><nav><a href="/about">About us and our staff</a></nav>'
        f'<h2><a href="{site.url("/roundup/1")}">Ferry line to the islands reopens</a></h2></body></html>',
        content_type=HTML,
    )
    report = newsroom.once()
    assert (report.failed, len(leads(newsroom))) == (0, 3)
    newsroom.clock.advance(hours=1)
    again = newsroom.once(force=True)
    assert (again.items_new, again.items_changed) == (0, 0)


def test_a_page_that_robots_txt_keeps_to_itself_is_not_read(newsroom: Newsroom, site: FakeSite) -> None:
    site.serve("/robots.txt", "User-agent: *\nDisallow: /\n", content_type="text/plain")
    aggregator(site, newsroom)
    newsroom.once()
    assert site.paths() == ["/robots.txt"]


def test_outlets_that_leads_name_often_are_proposed(
    newsroom: Newsroom, site: FakeSite, capsys: pytest.CaptureFixture[str]
) -> None:
    aggregator(site, newsroom)
    newsroom.once()
    capsys.readouterr()
    assert main(["outlets", "--proposed", "--json", "--config", str(newsroom.file)]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["outlet"], one["leads"]) for one in told] == [
        ("Gulf Insider", 2),
        ("harbour-post.example", 1),
    ]
    assert main(["outlets", "--proposed", "--config", str(newsroom.file)]) == 0
    assert "aggregator add" in capsys.readouterr().out


def test_where_nothing_is_proposed_an_aggregator_that_cannot_be_read_is_named(
    newsroom: Newsroom, site: FakeSite, capsys: pytest.CaptureFixture[str]
) -> None:
    aggregator(site, newsroom)
    site.status("/roundup.xml", 503)
    newsroom.once()
    capsys.readouterr()
    assert main(["outlets", "--proposed", "--config", str(newsroom.file)]) == 0
    assert "Round Up could not be read: " in capsys.readouterr().err


def test_an_outlet_that_is_polled_is_not_proposed(
    newsroom: Newsroom, site: FakeSite, capsys: pytest.CaptureFixture[str]
) -> None:
    aggregator(site, newsroom, gulf(site, "Quite another matter"))
    newsroom.once()
    capsys.readouterr()
    main(["outlets", "--proposed", "--json", "--config", str(newsroom.file)])
    told = [json.loads(line)["outlet"] for line in capsys.readouterr().out.splitlines()]
    assert told == ["harbour-post.example"]


def test_show_says_that_it_is_a_lead_and_where_it_stood(
    newsroom: Newsroom, site: FakeSite, capsys: pytest.CaptureFixture[str]
) -> None:
    aggregator(site, newsroom)
    newsroom.once()
    lead = leads(newsroom)["Island ferry is back after long repairs"]
    main(["show", str(lead.id), "--config", str(newsroom.file)])
    shown = " ".join(capsys.readouterr().out.split())
    assert 'a lead: "3 days ago" on a page of Round Up' in shown


def test_a_replay_gives_the_leads_again(newsroom: Newsroom, site: FakeSite, tmp_path: Path) -> None:
    aggregator(site, newsroom, gulf(site, "Island ferry is back after long repairs"))

    def ticking() -> datetime:
        newsroom.clock.advance(milliseconds=7)
        return newsroom.clock.now()

    app.run_once(
        config.load(newsroom.file),
        RunOptions(),
        clock=ticking,
        record=newsroom.directory / "tape",
    )
    made = replay.replay(tmp_path / "tape", tmp_path / "again")
    again = Store.open(f"sqlite:///{made.folder / 'aggregator.db'}")
    try:
        repeated = [item_dict(item) for item in again.items(ItemFilter())]
    finally:
        again.close()
    assert (made.missing, made.notes, made.differences) == ((), (), ())
    recorded = [item_dict(item) for item in newsroom.items()]
    assert sorted(repeated, key=itemgetter("id")) == recorded
    assert any(one["is_lead"] and one["duplicate_of"] for one in repeated)
