"""`stories` and `story` over a real database, and what `show` says of an article's story."""

import pytest

from aggregator.cli.stories import reasons, why
from aggregator.model.stories import Membership, SharedTerm
from tests.cli.conftest import Terminal
from tests.cli.test_items import ids
from tests.conftest import NOW
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, outlet, rss
from tests.store.press import HOUR
from tests.store.telling import tell

BRIDGE = SharedTerm(kind="term", text="northern bridge", weight=0.5)
MANAMA = SharedTerm(kind="name", text="Manama", weight=0.3)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """Two outlets tell of a bridge, one of a ferry alone; story 7 became part of story 5."""
    newsroom = Newsroom(directory=tmp_path_factory.mktemp("told"))
    with FakeSite.running(hosts=2) as site:
        port = [
            Entry(number=1, title="Bridge opens", link=site.url("/1"), summary="It opens in spring."),
            Entry(number=2, title="Ferry late", link=site.url("/2")),
        ]
        quay = [Entry(number=3, title="Northern bridge to open", link=site.url("/3", host=1))]
        site.serve("/port.xml", rss(port, title="Port News"))
        site.serve("/quay.xml", rss(quay, title="Quay"))
        newsroom.outlets(
            outlet("Port News", site.url("/port.xml")), outlet("Quay", site.url("/quay.xml", host=1))
        )
        newsroom.once()
    newsroom.clock.advance(hours=3)
    with newsroom.store() as store:
        known = {item.title: item.id for item in store.items()}
    for_bridge = (known["Bridge opens"], known["Northern bridge to open"])
    tell(newsroom.url, 1005, *for_bridge, shared=(BRIDGE, MANAMA), score=0.61)
    tell(newsroom.url, 1006, known["Ferry late"], score=1, joined_at=NOW - 48 * HOUR)
    tell(newsroom.url, 1007, merged_into=1005)
    return newsroom


@pytest.fixture
def over(capsys: pytest.CaptureFixture[str], told: Newsroom) -> Terminal:
    return Terminal(capsys, told)


def test_stories_are_listed_with_outlets_articles_and_age(over: Terminal) -> None:
    said = over("stories")
    assert (said.code, len(said.lines)) == (0, 4)
    assert said.lines[0].split() == ["Id", "Latest", "Articles", "Outlets", "Headline"]
    assert {" ".join(line.split()) for line in said.lines[2:]} == {
        "1005 4 hours ago 2 Port News, Quay Bridge opens",
        "1006 4 hours ago 1 Port News Ferry late",
    }


def test_stories_of_several_outlets_can_be_asked_for(over: Terminal) -> None:
    assert [one["id"] for one in over("stories", "--several", "--json").json_lines] == [1005]
    assert [one["id"] for one in over("stories", "--outlets", "2", "--json").json_lines] == [1005]
    said = over("stories", "--outlets", "3")
    assert (said.code, said.out, said.err) == (0, "", "No stories.\n")


def test_stories_follow_the_filters(over: Terminal) -> None:
    assert [one["id"] for one in over("stories", "--outlet", "QUAY", "--json").json_lines] == [1005]
    assert over("stories", "--since", "1h", "--json").out == ""
    assert over("stories", "--outlet", "Nobody").code == 2


def test_a_story_shows_its_articles_and_why_each_is_in_it(over: Terminal) -> None:
    said = " ".join(over("story", "1005").out.split())
    assert said.startswith("Bridge opens First 4 hours ago (")
    assert "Outlets Port News, Quay Articles 2" in said
    assert "4 hours ago · Quay · id" in said
    assert "Northern bridge to open In it for “northern bridge” and the name Manama (likeness 0.61)." in said
    assert "Ferry late In it from the start." in " ".join(over("story", "1006").out.split())


def test_a_storys_numbers_for_programs(over: Terminal) -> None:
    story = over("story", "1005", "--json").json
    articles = story.pop("items")
    story.pop("box")  # tests/cli/test_ask.py
    assert story == {
        "id": 1005,
        "headline": "Bridge opens",
        "language": None,
        "first": "2026-11-20T11:00:00Z",
        "last": "2026-11-20T11:00:00Z",
        "joined": "2026-11-20T12:00:00Z",
        "outlets": ["Port News", "Quay"],
        "size": 2,
        "grown": 2,
        "lead": ids(over)["Port News Bridge"],
    }
    assert [(one["outlet"], one["title"], one["summary"]) for one in articles] == [
        ("Port News", "Bridge opens", "It opens in spring."),
        ("Quay", "Northern bridge to open", ""),
    ]
    assert (articles[1]["likeness"], articles[1]["by_hand"], articles[1]["shared"][1]) == (
        0.61,
        False,
        {"kind": "name", "text": "Manama", "weight": 0.3},
    )


def test_the_number_of_a_merged_story_leads_on(over: Terminal) -> None:
    assert over("story", "1007", "--json").json["id"] == 1005


@pytest.mark.parametrize("number", ["99", "x", "9" * 30, "-1"])
def test_an_unknown_story_is_an_error_that_says_where_they_are_listed(over: Terminal, number: str) -> None:
    said = over("story", "--", number)
    assert (said.code, said.out) == (2, "")
    assert "`aggregator stories` lists them" in said.err


def test_a_reason_is_told_for_every_kind_of_tie() -> None:
    link = SharedTerm(kind="link", text="https://x.example/", weight=0.1)
    copy = SharedTerm(kind="copy", text="Bridge opens", weight=1.0)

    def place(*shared: SharedTerm, by_hand: bool = False, score: float = 0.5) -> Membership:
        return Membership(item_id=1, story_id=1, joined_at=NOW, score=score, shared=shared, by_hand=by_hand)

    assert (
        reasons([MANAMA, BRIDGE, link])
        == "the name Manama, “northern bridge” and a link to https://x.example/"
    )
    assert why(place(copy), ()) == "because it is a copy of “Bridge opens”."
    assert why(place(by_hand=True), ()) == "because a reader put it there."
    assert why(place(score=0.5), ()) == "with a likeness of 0.50."


# ── what stands beside an article ───────────────────────────────────────────────────────────


BRIDGES = (
    "Harbour council votes to rebuild northern bridge",
    "Northern bridge to be rebuilt, harbour council says",
    "Ferry strike ends",
)


@pytest.fixture
def beside(run: Terminal, site: FakeSite) -> Terminal:
    """Two outlets tell of a bridge, a third of a ferry; the run itself places and relates them."""
    outlets = []
    for number, title in enumerate(BRIDGES):
        entry = Entry(number=number, title=title, link=site.url(f"/{number}", host=number))
        site.serve(f"/{number}.xml", rss([entry], title=f"Port {number}"))
        outlets.append(outlet(f"Port {number}", site.url(f"/{number}.xml", host=number), language='"en"'))
    run.newsroom.outlets(*outlets)
    run.newsroom.once()
    return run


def test_show_tells_the_story_and_what_other_outlets_have(beside: Terminal) -> None:
    known = {item["title"]: item for item in beside("items", "--json").json_lines}
    here, there, ferry = (known[title]["id"] for title in BRIDGES)
    story = known[BRIDGES[0]]["story"]
    said = " ".join(beside("show", str(here)).out.split())
    assert f"Story {story}, “{BRIDGES[0]}”: 2 articles of 2 outlets. This one is in it" in said
    assert f"Related articles Port 1 · an hour ago · id {there} {BRIDGES[1]} The same story: " in said
    said = " ".join(beside("show", str(ferry)).out.split())
    assert "of this article alone" in said
    assert "Related articles" not in said


def test_show_as_json_has_the_story_and_what_is_related(beside: Terminal) -> None:
    known = {item["title"]: item["id"] for item in beside("items", "--json").json_lines}
    shown = beside("show", str(known[BRIDGES[1]]), "--json").json
    assert isinstance(shown["story"], int)
    assert {one["kind"] for one in shown["story_place"]["shared"]} <= {"term", "name", "link"}
    (related,) = shown["related"]
    assert (related["id"], related["outlet"], related["same_story"]) == (known[BRIDGES[0]], "Port 0", True)
    assert 0 < related["likeness"] <= 1


def test_an_item_is_split_off_its_story_and_joined_again(beside: Terminal) -> None:
    def story_of(title: str) -> int:
        found: int = next(i["story"] for i in beside("items", "--json").json_lines if i["title"] == title)
        return found

    known = {item["title"]: str(item["id"]) for item in beside("items", "--json").json_lines}
    here, there = known[BRIDGES[0]], known[BRIDGES[1]]
    before = story_of(BRIDGES[0])
    said = beside("split", there)
    apart = story_of(BRIDGES[1])
    assert said.out == f"Item {there} is in story {apart} now, and stays apart from what it was with.\n"
    assert apart != before == story_of(BRIDGES[0])
    beside.newsroom.once(force=True)
    assert story_of(BRIDGES[1]) == apart

    again = beside("split", there)
    assert again.code == 2
    assert "alone in its story" in again.err

    said = beside("join", here, there, "--story")
    assert said.out == f"Items {here} and {there} are of one story now: {before}.\n"
    assert story_of(BRIDGES[1]) == before
    assert "because a reader put it there" in " ".join(beside("story", str(before)).out.split())


def test_an_article_that_began_a_story_which_became_part_of_this_one_says_so() -> None:
    first, other = (
        Membership(item_id=number, story_id=7, joined_at=NOW + number * HOUR, score=1.0) for number in (1, 2)
    )
    both = (first, other)

    assert why(first, both) == "from the start."
    assert why(other, both) == "from the start of another story, which became a part of this one."
