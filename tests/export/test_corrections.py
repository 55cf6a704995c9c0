"""The corrections feed: an entry an edit, with what was said before and what is said now."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.export import atom, corrections, jsonfeed, rss
from aggregator.model import Corrected, Revision, Wording
from tests.conftest import needs_shared
from tests.export.making import (
    ATOM,
    FEED_ID,
    SEEN,
    assert_valid_atom,
    assert_valid_json_feed,
    assert_valid_rss,
    bare_item,
    make_feed,
    make_item,
    tree,
)

BEFORE = Wording(title="Bridge opens", text="Some 12 people were hurt.\n\nTraffic flows.", source="page")
AFTER = replace(
    BEFORE, text="Some 14 people were hurt.\n\nTraffic flows.\n\nCorrection: 14, not 12 & <more>."
)


def revision(**changes: Any) -> Revision:
    values: dict[str, Any] = {
        "id": 7,
        "item_id": 1,
        "at": SEEN + timedelta(hours=2),
        "seen_in": "page",
        "kind": "correction",
        "summary": "“Correction: 14, not 12 & <more>.”",
        "before": BEFORE,
        "after": AFTER,
    }
    return Revision(**(values | changes))


def corrected(**changes: Any) -> Corrected:
    return Corrected(item=make_item(), revision=revision(**changes))


def entry(one: Corrected, **feed: Any) -> Any:
    (made,) = corrections.entries(make_feed(**feed), [one])
    return made


def test_an_entry_tells_the_note_and_marks_what_was_said_and_what_is() -> None:
    made = entry(corrected())

    assert (made.title, made.summary) == (
        "Corrected: Bridge opens",
        "“Correction: 14, not 12 & <more>.” (seen in the page)",
    )
    assert made.html == (
        "<p>“Correction: 14, not 12 &amp; &lt;more&gt;.” (seen in the page)</p>\n"
        "<p>Some <del>12 </del><ins>14 </ins>people were hurt.</p>\n"
        "<p>[…]</p>\n"
        "<p><ins>Correction: 14, not 12 &amp; &lt;more&gt;.</ins></p>"
    )
    assert (made.url, made.updated) == ("https://gulf.example/bridge", SEEN + timedelta(hours=2))


def test_a_headlines_words_are_marked() -> None:
    made = entry(
        corrected(kind="headline", after=replace(BEFORE, title="Bridge closes"), summary="it was another")
    )

    assert made.title == "New headline: Bridge closes"
    assert "<p>Bridge <del>opens</del><ins>closes</ins></p>" in made.html


def test_a_summary_and_a_page_are_no_versions_of_each_other() -> None:
    made = entry(corrected(before=replace(BEFORE, source="summary", title="Bridge opened")))

    assert made.html.count("<p>") == 2
    assert "12" not in made.html.partition("</p>")[2]


def test_paragraphs_that_came_are_paragraphs_of_the_entry() -> None:
    after = replace(BEFORE, text=f"{BEFORE.text}\nNobody died.\nThe road follows.")
    made = entry(corrected(after=after))

    assert made.html.partition("\n")[2] == (
        "<p>[…]</p>\n<p><ins>Nobody died.</ins></p>\n<p><ins>The road follows.</ins></p>"
    )


def test_an_entrys_id_is_its_own_and_lasts() -> None:
    first = entry(corrected())
    later = entry(
        Corrected(item=make_item(guid="moved", key="moved"), revision=revision(at=SEEN + timedelta(days=9)))
    )

    assert first.id == later.id
    assert len({first.id, entry(corrected(id=8)).id, entry(corrected(), id=FEED_ID[:-1] + "1").id}) == 3
    assert first.id.startswith("urn:uuid:")


def test_the_feed_is_another_one_than_that_of_the_items() -> None:
    told = corrections.feed_of(make_feed(self_url="https://news.example/feed.atom"))

    assert told.id != FEED_ID
    assert (told.title, told.self_url) == ("Gulf news: corrections", "")
    assert corrections.feed_of(make_feed()).id == told.id


def test_outlets_texts_are_left_out_where_only_summaries_are_published() -> None:
    made = entry(corrected(), content="summary")

    assert (made.html, made.summary) == ("", "“Correction: 14, not 12 & <more>.” (seen in the page)")


def test_lines_hold_nothing_of_the_texts_where_these_may_not_go_out() -> None:
    (line,) = corrections.lines([corrected()], full=False)
    told = json.loads(line)
    assert (told["before"]["text"], told["after"]["text"]) == ("", "")
    assert (told["kind"], told["after"]["title"]) == ("correction", "Bridge opens")


def test_lines_for_programs_have_both_wordings_and_the_item() -> None:
    (line,) = corrections.lines([corrected()])

    assert json.loads(line) == {
        "item": 1,
        "outlet": "Gulf Insider",
        "feed": "https://gulf.example/feed/",
        "url": "https://gulf.example/bridge",
        "title": "Bridge opens",
        "id": 7,
        "at": "2026-01-31T11:30:00Z",
        "seen_in": "page",
        "kind": "correction",
        "summary": "“Correction: 14, not 12 & <more>.”",
        "before": {"title": BEFORE.title, "text": BEFORE.text, "text_source": "page"},
        "after": {"title": AFTER.title, "text": AFTER.text, "text_source": "page"},
    }


def test_the_feed_is_as_old_as_its_latest_edit() -> None:
    feed = make_feed()
    root = tree(atom.render_entries(corrections.feed_of(feed), corrections.entries(feed, [corrected()])))

    assert root.findtext(f"{ATOM}updated") == "2026-01-31T11:30:00Z"


anything = st.text(st.characters(exclude_categories=()), max_size=80)


@needs_shared
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(anything, anything, anything), max_size=4), st.booleans())
def test_whatever_outlets_wrote_and_write_the_feeds_are_valid(
    texts: list[tuple[str, str, str]], bare: bool
) -> None:
    feed, item = make_feed(), bare_item() if bare else make_item()
    made = corrections.entries(
        feed,
        [
            Corrected(
                item=item,
                revision=revision(
                    id=number,
                    summary=summary,
                    before=replace(BEFORE, text=before),
                    after=replace(AFTER, text=after, title=before),
                ),
            )
            for number, (before, after, summary) in enumerate(texts)
        ],
    )
    told = corrections.feed_of(feed)

    assert_valid_atom(atom.render_entries(told, made))
    assert_valid_rss(rss.render_entries(told, made))
    assert_valid_json_feed(jsonfeed.render_entries(told, made))


@pytest.mark.parametrize("kind", corrections.TOLD)
def test_every_kind_has_a_title_of_its_own(kind: Any) -> None:
    assert entry(corrected(kind=kind)).title.endswith(": Bridge opens")
