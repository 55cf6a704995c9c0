"""The AI box of an article as `show` tells it."""

from tests.cli.conftest import Terminal
from tests.fakes import FakeSite
from tests.press import Entry, outlet, rss

LEAD = "Bahrain's central bank raised its key interest rate to 6.25 percent on Wednesday."
TEXT = " ".join(
    (
        LEAD,
        "It was the third time this year.",
        "The rate was raised because the bank expects inflation in Bahrain to reach 4 percent this year.",
        *(f"He added that branch number {n} in the old town would stay open as before." for n in range(12)),
    )
)


def read(run: Terminal, site: FakeSite, text: str) -> None:
    entry = Entry(
        number=1, title="Central bank raises interest rate", link=site.url("/1"), content=f"<p>{text}</p>"
    )
    site.serve("/feed", rss([entry]))
    run.newsroom.outlets(outlet("Tribune", site.url("/feed"), language='"en"'))
    run.newsroom.once()


def test_show_tells_a_long_article_in_short(run: Terminal, site: FakeSite) -> None:
    read(run, site, TEXT)

    shown = " ".join(run("show", "1").out.split())

    assert f"In short - {LEAD} - The rate was raised because" in shown


def test_what_is_short_itself_is_not_told_again(run: Terminal, site: FakeSite) -> None:
    read(run, site, LEAD)

    assert "In short" not in run("show", "1").out


def test_the_json_of_an_article_has_its_box_with_the_places_of_its_sentences(
    run: Terminal, site: FakeSite
) -> None:
    read(run, site, TEXT)

    article = run("show", "1", "--json").json

    first = article["box"]["summary"][0]
    assert first == {"item": 1, "start": 0, "end": len(LEAD), "text": LEAD}
    assert article["box"]["written"] is None
    assert article["box"]["points"] == {"agreed": [], "differing": [], "alone": []}
