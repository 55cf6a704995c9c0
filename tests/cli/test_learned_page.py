"""What was learned of an outlet's pages, as people and programs read it."""

from datetime import timedelta

import pytest

from aggregator.core.extract.pieces import Piece, pack
from aggregator.model import Article
from aggregator.model.articles import Lookout
from aggregator.model.learning import ContentPlace, Learned, Line, Profile
from tests.cli.conftest import Terminal
from tests.conftest import NOW
from tests.press import outlet
from tests.store import press as stored

HOUR = timedelta(hours=1)
SAMPLE = pack([Piece("The text", "article>p", "p", kept=True, density=0.0)])


@pytest.fixture
def learned(run: Terminal) -> Terminal:
    """An outlet of which three pages were read and learned from."""
    room = run.newsroom
    room.outlets(outlet("Gulf Insider", "https://x.example/feed"))
    line = Line(kind="end", key=7, text="Source Zero Hedge", articles=3, since=NOW - HOUR, seen=NOW)
    place = ContentPlace(path="article>p", articles=3, share=0.96)
    with room.store() as store:
        stored.poll(store, *[stored.new_item(str(n), page_due_at=stored.NOW) for n in (1, 2, 3)])
        for n in (1, 2, 3):
            page = Article(text=f"Text {n}", html=f"<p>Text {n}</p>", sample=SAMPLE, score=0.875)
            stored.read_page(store, n, page, lookout=Lookout(site="x.example"))
        lesson = store.lesson("Gulf Insider", "x.example")
        assert lesson is not None
        profile = Profile(learned_at=NOW - HOUR, articles=3, lines=(line,), content=(place,))
        store.record_learned("Gulf Insider", lesson, Learned(profile=profile, pages=(1, 2, 3)))
    return run


def test_what_is_cut_is_told_with_where_and_since_when(learned: Terminal) -> None:
    result = learned("outlets", "gulf insider", "--boilerplate")
    assert result.code == 0
    assert result.lines[0].startswith("x.example: 3 pages read, the last ")
    assert "  How sure the texts are, oldest to newest: 0.88" in result.lines
    assert "  Articles stand in article > p (96% of what is there)" in result.lines
    row = next(line for line in result.lines if line.startswith("Source Zero Hedge"))
    assert "(at the end of paragraphs)" in row
    assert "3 of 3" in row


def test_the_same_as_json(learned: Terminal) -> None:
    (site,) = learned("outlets", "Gulf Insider", "--boilerplate", "--json").json_lines
    assert (site["outlet"], site["site"], site["pages"]) == ("Gulf Insider", "x.example", 3)
    cut = [(line["kind"], line["text"], line["articles"]) for line in site["cut"]]
    assert (site["learned_from"], cut) == (3, [("end", "Source Zero Hedge", 3)])
    assert site["content"] == [{"path": "article>p", "articles": 3, "share": 0.96}]
    assert (site["teasers"], site["scores"], site["worse"]) == ([], [0.875], None)


def test_an_outlet_whose_pages_were_never_read_says_so(over: Terminal) -> None:
    result = over("outlets", "down", "--boilerplate")
    assert (result.code, result.out) == (0, "")
    assert "No page of Down has been read yet" in result.err
