"""`aggregator tags`, and hashtags in `show` and behind --tag."""

from collections.abc import Iterator

import pytest

from aggregator.cli.tags import bars
from tests.cli.conftest import Terminal
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, outlet, rss


def entry(number: int, site: FakeSite, *tags: str, host: int = 0) -> Entry:
    return Entry(
        number=number,
        title=f"What happened in place {number}",
        link=site.url(f"/{number}", host=host),
        summary=f"Report number {number}.",
        extra="".join(f"<category>{tag}</category>" for tag in tags),
    )


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """Two outlets write of a flood, each in its own spelling; one of them of bread as well."""
    newsroom = Newsroom(directory=tmp_path_factory.mktemp("flooded"))
    with FakeSite.running(hosts=4) as site:
        port = [entry(1, site, "Spring floods", "News"), entry(2, site, "Bread"), entry(3, site, "Bread")]
        quay = [entry(4, site, "#SpringFlood", host=1)]
        site.serve("/port.xml", rss(port, title="Port News"))
        site.serve("/quay.xml", rss(quay, title="Quay"))
        newsroom.outlets(
            outlet("Port News", site.url("/port.xml")),
            outlet("Quay", site.url("/quay.xml", host=1)),
        )
        newsroom.once()
        yield newsroom


@pytest.fixture
def over(capsys: pytest.CaptureFixture[str], flooded: Newsroom) -> Terminal:
    return Terminal(capsys, flooded)


def ids(over: Terminal, tag: str) -> int:
    return len(over("items", "--tag", tag, "--json").json_lines)


def test_trending_tags_are_those_of_several_outlets_with_their_course(over: Terminal) -> None:
    result = over("tags")
    assert result.code == 0
    (row,) = [line for line in result.lines if line.startswith("#")]
    assert row.split()[:4] == ["#SpringFlood", "2", "0.5", "2"]
    assert "█" in row
    assert "Nothing is stored of the time before" in result.err


def test_trends_for_programs_tell_what_was_expected_and_the_window(over: Terminal) -> None:
    (trend,) = over("tags", "--json").json_lines
    assert trend | {"score": 0, "course": []} == {
        "tag": "springflood",
        "label": "SpringFlood",
        "items": 2,
        "outlets": 2,
        "expected": 0.5,
        "score": 0,
        "course": [],
        "since": trend["since"],
        "until": trend["until"],
    }
    assert sum(trend["course"]) == 2
    assert trend["since"] < trend["until"]


def test_where_one_outlet_is_asked_for_its_own_tags_trend(over: Terminal) -> None:
    labels = [trend["label"] for trend in over("tags", "--outlet", "Port News", "--json").json_lines]
    assert "Bread" in labels


def test_a_time_in_which_nothing_was_tagged_says_so(over: Terminal) -> None:
    result = over("tags", "--since", "2020-01-01", "--until", "2020-01-02")
    assert (result.code, result.out, result.err) == (0, "", "No hashtag is on the rise.\n")


def test_since_after_until_is_refused(over: Terminal) -> None:
    result = over("tags", "--since", "1d", "--until", "2d")
    assert result.code == 2
    assert "--since is not before --until" in result.err


def test_a_tag_with_a_hash_finds_every_spelling_and_one_without_only_its_own(over: Terminal) -> None:
    assert ids(over, "#spring-floods") == 2
    assert ids(over, "spring floods") == 1


def test_show_tells_an_articles_hashtags_and_leaves_out_what_is_no_tag(over: Terminal) -> None:
    (item,) = over("items", "--tag", "spring floods", "--json").json_lines
    shown = over("show", str(item["id"]))
    (line,) = [one for one in shown.lines if one.startswith("Hashtags")]
    assert "#SpringFloods" in line
    assert "#News" not in line
    first = over("show", str(item["id"]), "--json").json["hashtags"][0]
    assert first == {"tag": "springflood", "label": "SpringFloods", "source": "publisher", "weight": 0.55}


def test_a_course_is_drawn_by_its_highest_part() -> None:
    assert bars((0, 1, 4, 2)) == "▁▃█▅"
    assert bars((0, 0)) == "▁▁"
    assert bars(()) == ""
