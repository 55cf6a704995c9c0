"""What became of an article: told by ``show``, exported as a feed of corrections."""

from datetime import timedelta

import pytest

from aggregator.cli.revisions import told
from aggregator.model import Revision, Wording
from tests.cli.conftest import Terminal
from tests.conftest import NOW
from tests.export.making import ATOM, tree
from tests.fakes import FakeSite
from tests.press import Entry, outlet, page, rss, story

BEFORE = Wording(title="Bridge opens", text="One.\nSome 12 people were hurt.\nThree.\nFour.", source="feed")
AFTER = Wording(title="Bridge opens", text="One.\nSome 14 people were hurt.\nThree.\nFour.", source="feed")
EDIT = Revision(
    id=1,
    item_id=1,
    at=NOW - timedelta(hours=3),
    seen_in="feed",
    kind="edit",
    summary="1 word added and 1 word removed in 1 place",
    before=BEFORE,
    after=AFTER,
)


def test_an_edit_reads_as_what_became_of_which_words() -> None:
    assert told([EDIT], 80, now=NOW) == [
        "Edited 3 hours ago (Fri 20 November 2026, 09:00 UTC), seen in the feed: 1 word",
        "  added and 1 word removed in 1 place",
        "  … 1 paragraph as before",
        "  Some [-12-] {+14+} people were hurt.",
        "  … 2 paragraphs as before",
    ]


def test_the_latest_edit_stands_first_and_no_line_is_wider_than_asked() -> None:
    later = Revision(
        id=2,
        item_id=1,
        at=NOW,
        seen_in="page",
        kind="correction",
        summary="“Correction: it was 15.”",
        before=AFTER,
        after=Wording(
            title="Bridge opens", text=f"{AFTER.text}\n{'Correction: it was 15. ' * 20}", source="feed"
        ),
    )
    lines = told([EDIT, later], 60, now=NOW)

    assert lines[0].startswith("Correction now (")
    assert max(map(len, lines)) <= 60


def test_what_a_terminal_would_obey_is_not_told() -> None:
    hostile = Wording(title="Bridge \x1b[2J opens", text=AFTER.text, source="feed")
    lines = told(
        [Revision(**{name: getattr(EDIT, name) for name in EDIT.__slots__} | {"after": hostile})], 80, now=NOW
    )

    assert not any("\x1b" in line for line in lines)


@pytest.fixture
def edited(run: Terminal, site: FakeSite) -> Terminal:
    """A newsroom one of whose two articles was edited three hours after it came."""
    text = " ".join(story("the bridge"))
    bridge = Entry(number=1, title="Bridge opens", link=site.url("/bridge"), content=text)
    ferry = Entry(number=2, title="Ferry late", link=site.url("/ferry"), summary="It is late.")
    site.serve("/port.xml", rss([bridge, ferry]))
    run.newsroom.outlets(outlet("Port News", site.url("/port.xml"), tags='["harbour"]'))
    run.newsroom.once()
    run.newsroom.clock.advance(hours=3)
    note = f"{text.replace('on Tuesday', 'on Wednesday')}<p>Correction: the vote was on Wednesday.</p>"
    after = Entry(number=1, title="Bridge opens", link=site.url("/bridge"), content=f"<p>{note}</p>")
    site.serve("/port.xml", rss([after, ferry]))
    run.newsroom.once(force=True)
    run.newsroom.clock.advance(hours=1)
    return run


def test_show_as_json_has_the_revisions(edited: Terminal) -> None:
    (revision,) = edited("show", "1", "--json").json["revisions"]

    assert (revision["kind"], revision["seen_in"], revision["at"]) == (
        "correction",
        "feed",
        "2026-11-20T15:00:01Z",
    )
    assert "on Tuesday" in revision["before"]["text"]
    assert "on Wednesday" in revision["after"]["text"]
    assert edited("show", "2", "--json").json["revisions"] == []


def test_the_corrections_feed_has_an_entry_an_edit(edited: Terminal) -> None:
    root = tree(edited("export", "atom", "--corrections").out)

    titles = [element.text for element in root.iterfind(f"{ATOM}entry/{ATOM}title")]
    assert titles == ["Corrected: Bridge opens"]
    content = root.findtext(f"{ATOM}entry/{ATOM}content") or ""
    assert "<del>Tuesday </del><ins>Wednesday </ins>" in content


@pytest.mark.parametrize("kind", ["rss", "json", "jsonl"])
def test_every_feed_format_tells_the_corrections(edited: Terminal, kind: str) -> None:
    result = edited("export", kind, "--corrections")

    assert (result.code, result.err) == (0, "")
    assert result.out.count("Correction: the vote was on Wednesday.") >= 1


def test_filters_hold_for_corrections_and_times_are_those_of_the_edit(edited: Terminal) -> None:
    def count(*filters: str) -> int:
        return len(edited("export", "jsonl", "--corrections", *filters).lines)

    assert count("--since", "2h") == 1  # the article itself is five hours old
    assert count("--until", "2h") == 0
    assert (count("--tag", "harbour"), count("--tag", "other")) == (1, 0)


def test_a_list_of_outlets_has_no_corrections(edited: Terminal) -> None:
    result = edited("export", "opml", "--corrections")

    assert (result.code, result.out) == (2, "")
    assert result.err == "there are no corrections as opml; there are atom, rss, json and jsonl\n"


def test_a_second_look_at_a_young_article_finds_its_correction(run: Terminal, site: FakeSite) -> None:
    title, paragraphs = "Council votes to rebuild the northern bridge", story("the bridge")
    link = site.url("/bridge")
    entry = Entry(number=1, title=title, link=link, summary=paragraphs[0], age=timedelta(minutes=1))
    site.serve("/port.xml", rss([entry]))
    site.serve("/bridge", page(title, paragraphs), content_type="text/html")
    run.newsroom.outlets(outlet("Port News", site.url("/port.xml"), full_text="auto"))
    run.newsroom.once()
    asked = len([one for one in site.requests if one.path == "/bridge"])
    run.newsroom.clock.advance(minutes=40)
    run.newsroom.once()
    unchanged = run("show", "1", "--json").json

    note = "Correction: an earlier version of this article gave a wrong day."
    site.serve("/bridge", page(title, [*paragraphs, note]), content_type="text/html")
    run.newsroom.clock.advance(hours=2)
    run.newsroom.once()
    corrected = run("show", "1", "--json").json

    assert asked == 1
    assert (unchanged["revisions"], unchanged["updated"]) == ([], None)
    assert [(one["kind"], one["seen_in"]) for one in corrected["revisions"]] == [("correction", "page")]
    assert note in corrected["text"]
    assert corrected["updated"] is not None
