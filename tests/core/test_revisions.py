"""What kind of edit lies between two wordings: what a reader would call it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.corrections import correction_notes
from aggregator.core.revisions import (
    classify,
    found_otherwise,
    grew,
    lost_most,
    same_to_a_reader,
    wording_hash,
)
from aggregator.model import Edit, RevisionKind, TextSource, Wording

LEAD = "The bridge over the bay was opened on Tuesday by the minister of works, who cut a ribbon."
BODY = (
    "Some 12 people were hurt in March when a crane fell. The builder paid 3 million dinars to the families."
)
END = "The road to the bridge follows in May, the ministry said in a statement."
TEXT = f"{LEAD}\n\n{BODY}\n\n{END}"
TITLE = "Bridge over the bay opened by minister"
OTHER = (
    "Parliament rejected the budget on Sunday after eleven hours of debate, with opposition members leaving "
    "the chamber before speaker Hassan could announce a second reading for next Thursday afternoon."
)


def said(text: str = TEXT, title: str = TITLE, source: TextSource = "page") -> Wording:
    return Wording(title=title, text=text, source=source)


def kind(before: Wording, after: Wording, *, grew_before: bool = False) -> RevisionKind | None:
    edit = classify(before, after, grew_before=grew_before)
    return None if edit is None else edit.kind


@pytest.mark.parametrize(
    "noise",
    [
        f"{TEXT}\n\n13 comments",
        f"Updated 5 minutes ago\n\n{TEXT}",
        f"3 min read\n{TEXT}",
        TEXT.replace("\n\n", "\n \n\n").replace(" on ", "  on "),
        TEXT.replace("who cut", "who\u00a0cut"),
    ],
)
def test_counters_clocks_and_white_space_are_no_edit(noise: str) -> None:
    assert same_to_a_reader(TEXT, noise)
    assert classify(said(), said(noise)) is None
    assert wording_hash(said()) == wording_hash(said(noise))


@pytest.mark.parametrize(
    "line",
    [
        "Read also: Ferry fares rise again",
        "READ MORE – The mayor's plan for the harbour",
        "Advertisement",
        "Subscribe to our newsletter and get the day's news at seven",
        "Lesen Sie auch: Fähre wird teurer",
        "Читайте также: Паром подорожал",
        "関連記事：フェリー値上げ",
    ],
)
def test_lines_that_lead_elsewhere_are_no_edit(line: str) -> None:
    assert kind(said(), said(f"{LEAD}\n\n{line}\n\n{BODY}\n\n{END}")) is None
    assert wording_hash(said()) == wording_hash(said(f"{TEXT}\n{line}"))


@pytest.mark.parametrize(
    "line",
    [
        "Read the minister's letter twice before you answer, said the mayor.",
        "Advertisement of alcohol is forbidden from May.",
        "Related claims: " + 40 * "the bridge is not paid for ",
        "Subscribe to the plan or leave, the mayor said. The channel was silent.",
    ],
)
def test_sentences_that_begin_like_lines_that_lead_elsewhere_are_edits(line: str) -> None:
    assert kind(said(), said(f"{TEXT}\n\n{line}")) is not None


def test_a_page_is_found_otherwise_where_only_its_edges_differ() -> None:
    assert found_otherwise(TEXT, f"{LEAD} {BODY}")
    assert found_otherwise(TEXT, f"By Layla Ali\n{LEAD}\n{BODY}\n{END}\nAll rights reserved")


@pytest.mark.parametrize(
    "after",
    [
        TEXT.replace("12 people", "14 people"),
        TEXT.replace("opened on Tuesday", "opened on Wednesday"),
        TEXT.replace("in May", "in June"),
        f"{LEAD}\n\n{END}",
        f"{TEXT}\n\nCorrection: the crane fell in April.",
        OTHER,
    ],
    ids=["between", "the first", "the last", "one less between", "a note", "all"],
)
def test_a_page_was_edited_where_its_sentences_changed(after: str) -> None:
    assert not found_otherwise(TEXT, after)


@pytest.mark.parametrize("source", ["feed", "summary"])
def test_a_withdrawal_is_told_whatever_the_text_was_before(source: TextSource) -> None:
    notice = "This article has been withdrawn."

    assert classify(said(source="feed"), said(notice, source=source)) == Edit(
        kind="correction", summary=f"“{notice}”"
    )


def test_the_shape_of_quotes_and_tracking_parameters_are_no_edit() -> None:
    assert same_to_a_reader('He said "it\'s done" – twice', "He said “it’s done” - twice")
    assert same_to_a_reader("See https://a.example/x?utm_source=rss", "See https://a.example/x?fbclid=1#top")


def test_a_text_of_the_page_in_place_of_the_feeds_summary_is_no_edit() -> None:
    assert classify(said("The bridge was opened.", source="summary"), said()) is None


@pytest.mark.parametrize(
    "after",
    [
        TEXT.replace("minister", "ministre"),
        TEXT.replace("statement", "statment"),
        TEXT.replace("Tuesday by", "Tuesday, by"),
        TEXT.replace("ministry", "Ministry"),
        TEXT.replace("was opened", "was was opened"),
    ],
)
def test_spelling_punctuation_and_case_are_typos(after: str) -> None:
    assert kind(said(), said(after)) == "typo"
    assert kind(said(after), said()) == "typo"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("12 people", "14 people"),
        ("million", "billion"),
        ("was opened", "was not opened"),
        ("hurt", "killed"),
    ],
)
def test_one_word_that_changes_what_is_said_is_an_edit_not_a_typo(old: str, new: str) -> None:
    assert kind(said(), said(TEXT.replace(old, new))) == "edit"


def test_a_typo_says_what_became_of_which_word() -> None:
    edit = classify(said(TEXT.replace("families", "familes")), said())

    assert edit == Edit(kind="typo", summary="“familes” became “families”")


def test_a_title_that_says_something_else_is_a_headline() -> None:
    edit = classify(said(), said(title="Minister opens bridge, three years late"))

    assert edit == Edit(kind="headline", summary=f"the headline was “{TITLE}”")


def test_a_word_longer_than_any_is_no_slip_of_the_pen() -> None:
    """Letters without spaces, a picture in base64: comparing 20,000 of them took most of a minute."""
    assert (
        kind(
            said(TEXT + " Donaudampfschifffahrtsgesellschaft"),
            said(TEXT + " Donaudampfschiffahrtsgesellschaft"),
        )
        == "typo"
    )
    assert kind(said(f"{TEXT} {'a' * 60}"), said(f"{TEXT} {'a' * 59}b")) == "edit"


def test_a_misspelled_title_is_a_typo() -> None:
    assert kind(said(title="Bridge over the bay opend by minister"), said()) == "typo"


@pytest.mark.parametrize(
    "note",
    [
        "Correction: An earlier version of this article gave a wrong number.",
        "This article was amended on 3 March 2026 to correct the number of people hurt.",
        "CORRECTION (Mar 3, 2026): The bridge is in the north.",
        "Editor’s note: the name of the builder has been removed.",
        "Korrektur: In einer früheren Version stand eine falsche Zahl.",
        "In einer früheren Version dieses Artikels hieß es, der Kran sei im April gefallen.",
        "Rectificatif : le pont a été ouvert mardi.",
        "Une version précédente de cet article indiquait un autre chiffre.",
        "Corrección: el puente se abrió el martes.",
        "Fe de errores: eran 14 personas.",
        "Errata: são 14 pessoas.",
        "Rettifica: i feriti sono 14.",
        "Исправление: пострадали 14 человек.",
        "В предыдущей версии этой статьи было указано другое число.",
        "Düzeltme: yaralı sayısı 14.",
        "تصحيح: عدد المصابين 14.",
        "更正：受伤人数为14人。",
        "訂正：負傷者は14人でした。",
        "정정: 부상자는 14명입니다.",
    ],
)
def test_a_note_that_was_added_makes_it_a_correction(note: str) -> None:
    edit = classify(said(), said(f"{TEXT.replace('12 people', '14 people')}\n\n{note}"))

    assert edit is not None
    assert edit.kind == "correction"
    assert note in edit.summary


@pytest.mark.parametrize(
    "note",
    [
        "UPDATE: The ministry has since replied.",
        "This story has been updated with comment from the builder.",
        "Editor's note: Ann Lee is an editor at this paper.",
        "Dieser Artikel wurde aktualisiert.",
        "The original version of this story appeared in Bay Weekly.",
        "This article originally appeared in Bay Weekly.",
    ],
)
def test_a_note_that_admits_nothing_is_an_edit_like_others(note: str) -> None:
    assert kind(said(), said(f"{TEXT}\n\n{note}")) == "edit"


@pytest.mark.parametrize("label", ["UPDATED: ", "UPDATE 1-", "Update – "])
def test_a_headline_that_is_labelled_an_update_is_no_correction(label: str) -> None:
    assert kind(said(), said(title=label + TITLE)) == "headline"


@pytest.mark.parametrize("label", ["CORRECTED-", "Clarification: ", "WITHDRAWN-"])
def test_a_headline_that_is_labelled_a_correction_is_one(label: str) -> None:
    assert kind(said(), said(title=label + TITLE)) == "correction"


def test_a_note_that_stood_there_before_makes_no_second_correction() -> None:
    noted = f"{TEXT}\n\nCorrection: the bridge is in the north."

    assert kind(said(noted), said(noted.replace("12 people", "14 people"))) == "edit"


@pytest.mark.parametrize(
    "line", ["The correction of the course took weeks.", "An update is expected on Monday."]
)
def test_an_article_about_corrections_carries_no_note(line: str) -> None:
    assert correction_notes(line) == ()


def test_a_live_blog_that_grows_at_its_top_is_told_as_live() -> None:
    block = "14:05 The first cars have crossed, with horns, flags and a brass band from the harbour town."
    grown = f"{block}\n\n{TEXT}"

    assert (
        kind(said(title="Bridge opening: live updates"), said(grown, title="Bridge opening: live updates"))
        == "live"
    )
    assert kind(said(), said(grown)) == "edit"
    assert kind(said(), said(grown), grew_before=True) == "live"
    assert grew(said(), said(grown))
    assert not grew(said(grown), said())


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("LIVE: bridge opens", "live"),
        ("Bridge opens – live", "live"),
        ("Liveticker: Brücke eröffnet", "live"),
        ("Le pont ouvre, en direct", "live"),
        ("Where people live longest", "edit"),
    ],
)
def test_a_live_blog_is_known_by_its_title_not_by_the_verb(title: str, expected: str) -> None:
    block = "The first cars have crossed, with horns, flags and a brass band from the harbour town."

    assert kind(said(title=title), said(f"{TEXT}\n\n{block}", title=title)) == expected


def test_much_that_changed_is_a_rewrite() -> None:
    assert kind(said(), said(f"{LEAD}\n\n{OTHER} {OTHER.upper()}")) == "rewrite"


def test_a_guid_that_was_used_again_for_another_article_is_told_as_such() -> None:
    edit = classify(said(), said(OTHER, title="Budget rejected"))

    assert edit == Edit(kind="rewrite", summary=f"another article stands under its id; before: “{TITLE}”")


def test_a_paragraph_that_was_added_is_an_edit_that_counts_words() -> None:
    assert classify(said(), said(f"{TEXT}\n\nThe mayor thanked the builders.")) == Edit(
        kind="edit", summary="5 words added in 1 place"
    )


def test_a_text_that_lost_most_of_its_words_is_worse_unless_it_was_taken_back() -> None:
    assert lost_most(TEXT, LEAD)
    assert not lost_most(TEXT, f"{LEAD} {BODY}")
    assert not lost_most(TEXT, "Retraction: this article was wrong.")


texts = st.lists(
    st.sampled_from([LEAD, BODY, END, OTHER, "12 comments", "Correction: no.", "", "\x00", "的的的"])
).map("\n".join)


@given(texts, texts, st.booleans())
def test_what_is_the_same_to_a_reader_is_no_edit_and_the_rest_is_one(
    one: str, other: str, grew_before: bool
) -> None:
    edit = classify(said(one), said(other), grew_before=grew_before)

    assert (edit is None) == same_to_a_reader(one, other)
    assert (wording_hash(said(one)) == wording_hash(said(other))) == same_to_a_reader(one, other)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=300), st.text(max_size=300))
def test_any_two_wordings_can_be_told_apart(title: str, other_title: str, text: str, other: str) -> None:
    classify(said(text, title), said(other, other_title))
