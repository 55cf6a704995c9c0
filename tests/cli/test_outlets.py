"""Health, history and reasons, over a real database."""

from tests.cli.conftest import Terminal
from tests.fakes import FakeSite


def test_outlets_show_state_last_success_and_next_poll(over: Terminal) -> None:
    result = over("outlets")

    assert result.code == 0
    assert result.lines[0].split()[:2] == ["Outlet", "State"]
    port = next(line for line in result.lines if line.startswith("Port News"))
    assert " ok " in port
    assert "3 hours ago" in port
    down = next(line for line in result.lines if line.startswith("Down"))
    assert "failing: the server answered 503" in down
    assert "never" in down


def test_outlets_as_json_have_every_key_of_the_contract(over: Terminal) -> None:
    lines = over("outlets", "--json").json_lines

    assert [line["outlet"] for line in lines] == ["Port News", "Quay", "Down"]
    assert set(lines[0]) == {
        "outlet", "feed", "state", "reason", "last_success", "next_poll", "items", "not_modified_share",
    }  # fmt: skip
    assert (lines[0]["state"], lines[0]["items"], lines[0]["not_modified_share"]) == ("ok", 2, 0.0)
    assert (lines[2]["state"], lines[2]["last_success"]) == ("failing", None)


def test_an_outlets_history_lists_its_polls(over: Terminal) -> None:
    result = over("outlets", "down")

    assert result.code == 0
    assert "3 hours ago" in result.lines[2]
    assert "503" in result.lines[2]
    assert over("outlets", "Port News", "--json").json_lines[0]["result"] == "modified"


def test_an_unknown_outlet_is_refused_with_a_near_name(over: Terminal) -> None:
    for command in ("outlets", "explain"):
        result = over(command, "qay")
        assert (result.code, result.err) == (2, 'there is no outlet "qay"; did you mean "Quay"?\n')


def test_explain_names_every_term_and_which_one_won(over: Terminal) -> None:
    result = over("explain", "down")

    assert result.code == 0
    assert result.lines[0].startswith("Down  http://")
    assert "last polled 3 hours ago" in result.lines[1]
    assert "→" in result.out
    terms = over("explain", "down", "--json").json["terms"]
    assert [term["won"] for term in terms].count(True) == 1


def test_outlets_of_a_fresh_file_are_shown_before_their_first_poll(run: Terminal) -> None:
    run.newsroom.outlets(
        'name = "New"\nfeeds = ["https://new.example/feed"]\n',
        'name = "Page"\nhomepage = "https://page.example/"\n',
        'name = "Off"\nfeeds = ["https://off.example/feed"]\nenabled = false\n',
    )

    lines = run("outlets", "--json").json_lines

    assert [(line["outlet"], line["feed"], line["state"]) for line in lines] == [
        ("New", "https://new.example/feed", "new"),
        ("Page", "https://page.example/", "new"),
        ("Off", "https://off.example/feed", "disabled"),
    ]
    assert run("outlets", "new").err.startswith("New has not been polled yet")
    assert run("explain", "new").err.startswith("New has not been polled yet")
    assert run("explain", "off").err == "Off is disabled in feeds.toml: it is not polled.\n"


def test_a_page_that_names_no_feed_is_shown_with_the_reason(run: Terminal, site: FakeSite) -> None:
    site.serve("/", "<html><body>Nothing here</body></html>", content_type="text/html")
    run.newsroom.outlets(f'name = "Page"\nhomepage = "{site.url("/")}"\n')
    run.newsroom.once()

    line = run("outlets", "--json").json

    assert (line["outlet"], line["feed"], line["state"]) == ("Page", site.url("/"), "failing")
    assert "no feed" in line["reason"]
    assert line["next_poll"] > "2026-11-20T12:00:00Z"


def test_options_of_later_say_what_there_is(over: Terminal) -> None:
    for arguments in (("quay", "--boilerplate"), ("--proposed",)):
        result = over("outlets", *arguments)
        assert (result.code, result.out) == (2, "")
        assert "not there yet; `aggregator outlets" in result.err


def test_a_file_without_outlets_says_how_to_add_one(run: Terminal) -> None:
    run.newsroom.outlets()

    assert run("outlets").err == "No outlets yet: add one with `aggregator add URL`.\n"
