"""`aggregator ask`: the passages that hold the answer."""

import pytest

from tests.cli.conftest import Terminal
from tests.fakes import FakeSite
from tests.press import Entry, outlet, rss

FERRY = "The ferry sank near Halden on Sunday. At least 12 people died when the ferry sank, police said."
QUESTION = "how many people died when the ferry sank?"


def read(run: Terminal, site: FakeSite, *texts: str) -> None:
    entries = [
        Entry(number=n, title=f"Report {n}", link=site.url(f"/{n}"), content=f"<p>{text}</p>")
        for n, text in enumerate(texts, 1)
    ]
    site.serve("/feed", rss(entries))
    run.newsroom.outlets(outlet("Tribune", site.url("/feed"), language='"en"'))
    run.newsroom.once()
    run.newsroom.clock.advance(hours=2)


def test_a_question_is_answered_by_a_passage_with_its_outlet_age_title_and_address(
    run: Terminal, site: FakeSite
) -> None:
    read(run, site, "A bridge opened in Manama on Monday morning.", FERRY)

    result = run("ask", QUESTION)

    assert result.code == 0
    assert "At least 12 people died when the ferry sank, police said." in " ".join(result.out.split())
    assert "Tribune, 3 hours ago: Report 2 (item 2)" in result.out
    assert site.url("/2") in result.out
    assert "bridge" not in result.out


def test_json_tells_the_place_of_the_passage_in_its_text(run: Terminal, site: FakeSite) -> None:
    read(run, site, FERRY)

    (passage,) = run("ask", QUESTION, "--json").json["passages"]

    text = run("show", "1", "--json").json["text"]
    assert text[passage["start"] : passage["end"]] == passage["text"]
    assert (passage["item"], passage["outlet"], passage["url"]) == (1, "Tribune", site.url("/1"))
    assert passage["published"] == run("show", "1", "--json").json["published"]
    assert passage["published"].endswith("Z")


def test_an_answer_is_found_although_no_text_has_all_of_the_question(run: Terminal, site: FakeSite) -> None:
    read(run, site, FERRY)

    assert "12 people died" in " ".join(
        run("ask", "how", "many", "died", "on", "the", "sunken", "ferry", "Halden").out.split()
    )


def test_nothing_found_is_said_in_words(run: Terminal, site: FakeSite) -> None:
    read(run, site, FERRY)

    result = run("ask", "who won the election in Bahrain?")

    assert (result.code, result.out) == (0, "")
    assert "Nothing stored answers this" in result.err


@pytest.mark.parametrize("question", ["???", "who", "the"])
def test_a_question_that_names_nothing_is_a_usage_error(run: Terminal, site: FakeSite, question: str) -> None:
    read(run, site, FERRY)

    result = run("ask", question)

    assert (result.code, result.out) == (2, "")
    assert f"ask: {question!r} names nothing to look for; ask for instance:" in result.err


def test_a_title_without_text_answers_and_has_no_place_in_a_text(run: Terminal, site: FakeSite) -> None:
    entry = Entry(number=1, title="'Trump shock' after Toyota tweet", link=site.url("/1"), content="")
    site.serve("/feed", rss([entry]))
    run.newsroom.outlets(outlet("Tribune", site.url("/feed"), language='"en"'))
    run.newsroom.once()

    (passage,) = run("ask", "What did Trump say about Toyota?", "--json").json["passages"]

    assert (passage["text"], passage["start"], passage["end"]) == (
        "'Trump shock' after Toyota tweet",
        None,
        None,
    )
