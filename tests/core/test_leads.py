"""Cards of other outlets in aggregators' pages, whatever their markup."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.leads import MOST, front_page, read_leads, without_hashtags
from aggregator.core.outlet_names import named_alike
from aggregator.core.resolving import Candidate, find, likeness
from aggregator.model.leads import LeadsPage
from tests.conftest import NOW
from tests.store.press import DAY

FOLDER = Path(__file__).resolve().parent.parent / "data" / "leads"
URL = "https://round-up.example/a/1"


def read(html: bytes) -> LeadsPage:
    return read_leads(html, url=URL, charset=None, now=NOW, own_names=("Round Up", "Wire"))


def told(name: str) -> list[tuple[str, str, str, str]]:
    page = read((FOLDER / f"{name}.html").read_bytes())
    return [(lead.outlet, lead.said, lead.title, lead.url) for lead in page.leads]


def test_cards_of_blocks_name_outlet_and_time_above_the_headline() -> None:
    assert told("cards-of-divs") == [
        (
            "Gulf Insider",
            "3 days ago",
            "Island ferry is back after long repairs",
            "https://www.gulf-insider.example/ferry-back",
        ),
        ("Harbour Post", "a day ago", "Crowds greet first ferry of the season", ""),
    ]


def test_a_list_in_german_names_them_below_it() -> None:
    assert told("list-in-german") == [
        ("Küstenbote", "19.11.2026", "Brücke nach vier Jahren fertig", "https://kuestenbote.example/bruecke"),
        (
            "Förde-Zeitung",
            "20.11.2026",
            "Tausende feiern die neue Brücke",
            "https://foerde-zeitung.example/p/9",
        ),
        ("Küstenbote", "vor 2 Tagen", "Streit um die Maut geht weiter", "https://kuestenbote.example/maut"),
    ]


def test_a_card_may_be_one_link_with_all_of_it_on_a_line() -> None:
    assert [one[:2] for one in told("one-line-in-links")] == [
        ("The Mill Gazette", "4h ago"),
        ("baker-times.example", "6h ago"),
        ("Valley Voice", "yesterday"),
    ]


def test_rows_of_a_table_and_what_is_stated_for_programs_are_cards_too() -> None:
    assert [one[:2] for one in told("table-of-rows")] == [
        ("River Record", "2026-11-20T10:00:00Z"),
        ("Hill Herald", "2 days ago"),
        ("Delta Daily", "20 November 2026"),
        ("Hill Herald", "3 days ago"),
    ]


def test_lines_of_hashtags_are_the_articles() -> None:
    page = read((FOLDER / "cards-of-divs.html").read_bytes())
    assert page.hashtags == ("Ferry", "Islands", "WinterRepairs")


@pytest.mark.parametrize(
    "html",
    [
        "<p>Gulf Insider · 3 days ago</p><h3>One card alone is none of a list</h3>",
        "<div><h3>No time and no name here</h3></div><div><h3>Nor anything of it here</h3></div>",
        "".join(
            f"<div><h3>Our own headline number {n}</h3><p>Round Up · {n} days ago</p></div>" for n in (2, 3)
        ),
        "".join(
            f"<div><h3>A headline of number {n}</h3><p>By Ann Lee</p><p>{n} days ago</p></div>"
            for n in (2, 3)
        ),
    ],
    ids=["one", "without time", "of the page's own house", "with authors only"],
)
def test_what_is_no_list_of_other_outlets_cards_gives_none(html: str) -> None:
    assert read(f"<html><body>{html}</body></html>".encode()).leads == ()


def test_a_page_of_thousands_of_cards_is_bounded() -> None:
    cards = "".join(
        f"<li><h3>Headline of card number {n}</h3><p>Outlet {n % 9} • 2h ago</p></li>" for n in range(3000)
    )
    assert len(read(f"<ul>{cards}</ul>".encode()).leads) == MOST


def test_deep_and_huge_pages_give_nothing_rather_than_an_error() -> None:
    assert read(b"<div>" * 5_000 + b"3 days ago").leads == ()
    assert read(b"<p>2 days ago " * 60_000) == LeadsPage()


@given(st.binary(max_size=400))
def test_any_bytes_give_cards_or_nothing(noise: bytes) -> None:
    page = (
        b"<html><body><div><h3>" + noise + b"</h3><p>Some Outlet &middot; 2 days ago</p>" + noise + b"</div>"
    )
    for html in (noise, page * 2):
        assert len(read(html).leads) <= MOST
        front_page(html, url=URL, charset=None, now=NOW)


def test_a_page_without_links_of_its_own_is_taken_for_itself_where_cards_stand_on_it() -> None:
    cards = "".join(
        f"<div><p><b>{name}</b> · 3 days ago</p><h4>What {name} has to say on that</h4></div>"
        for name in ("Gulf Insider", "Harbour Post", "Mill Gazette", "Valley Voice")
    )
    page = f"<html><body><h1>Ferries sail again</h1><p>Short.</p><p>Too short.</p>{cards}</body></html>"
    found = front_page(page.encode(), url=URL, charset=None, now=NOW)
    assert found is not None
    assert [(item.url, item.title) for item in found.items] == [(URL, "Ferries sail again")]
    alone = b"<html><body><h1>Ferries sail again</h1><p>Short.</p></body></html>"
    assert front_page(alone, url=URL, charset=None, now=NOW) is None


def test_lines_of_hashtags_leave_the_text_and_nothing_else_does() -> None:
    text = "Boats sail again.\n\n#Ferry #Ellery #Coastguard\n\nWe are #1 in #Ferry news."
    html = "Loose &lt;<p>Boats &amp; sails.</p><p><a href='/t'>#Ferry</a> #Ellery</p><p>We are #1.</p>"
    assert without_hashtags(text, html) == (
        "Boats sail again.\n\nWe are #1 in #Ferry news.",
        "Loose &lt;<p>Boats &amp; sails.</p><p>We are #1.</p>",
    )
    plain = ("No line\n\n\n\nof any.", "<p>No line</p>of any")
    assert without_hashtags(*plain) == plain


_TAGS = st.sampled_from(
    ["div", "p", "a href='/x'", "h3", "span", "time datetime='2026'", "li", "br", "img alt='X'"]
)
_WORDS = st.sampled_from(
    ["Gulf Insider", "3 days ago", "A headline of several words", "#Tag", "·", "", "vor 2 Tagen"]
)


@given(st.lists(st.tuples(_TAGS, _WORDS, st.booleans()), max_size=40))
def test_any_markup_gives_whole_cards(pieces: list[tuple[str, str, bool]]) -> None:
    html = "".join(
        f"<{tag}>{words}" + (f"</{tag.split()[0]}>" if closed else "") for tag, words, closed in pieces
    )
    for lead in read(html.encode()).leads:
        assert lead.outlet
        assert lead.title
        assert lead.claim is None or lead.claim.earliest <= NOW


# ── whose article is it? ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Gulf Insider", "gulf-insider.com", True),
        ("Gulf Insider", "https://www.gulf-insider.com/feed/", True),
        ("The Times", "Times", True),
        ("BBC", "BBC News", True),
        ("Förde-Zeitung", "Forde Zeitung", True),
        ("Gulf Insider", "Gulf Times", False),
        ("Post", "Postal Service", False),
        ("", "", False),
    ],
)
def test_an_outlet_is_known_by_any_of_its_names(one: str, other: str, alike: bool) -> None:
    assert named_alike(one, other) is named_alike(other, one) is alike


def candidate(number: int, title: str, age: int = 2, link: str = "") -> Candidate:
    return Candidate(id=number, title=title, at=NOW - age * DAY, links=(link,))


def test_a_lead_is_the_item_with_nearly_its_title_at_its_time() -> None:
    items = [candidate(1, "Island ferry is back after repairs"), candidate(2, "Ferry prices rise again")]
    match = find("Island ferry is back after long repairs", "", NOW - 3 * DAY, NOW - DAY, items)
    assert match is not None
    assert match.id == 1


def test_a_like_title_at_another_time_and_two_as_likely_are_none() -> None:
    title = "Morning briefing: what to know today"
    bounds = (NOW - 3 * DAY, NOW - DAY)
    assert find(title, "", *bounds, [candidate(1, title, age=30)]) is None
    twins = [
        candidate(1, "Ferry line reopens today at last"),
        candidate(2, "Ferry line reopens today at six"),
    ]
    assert find("Ferry line reopens today at noon", "", *bounds, twins) is None


def test_the_address_settles_it_whatever_the_title_says() -> None:
    link = "https://gulf-insider.example/1"
    match = find("Other words", link, NOW - DAY, NOW, [candidate(7, "A headline", age=90, link=link)])
    assert match is not None
    assert (match.id, match.evidence) == (7, "the same address")


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_a_share_and_the_same_either_way(one: str, other: str) -> None:
    assert 0 <= likeness(one, other) == likeness(other, one) <= 1
