"""Sentences of any script, and their places in the text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.sentences import LONGEST, is_whole, sentences, spans
from aggregator.model.stories import Sentence


def split(text: str, language: str | None = None) -> list[str]:
    return [text[start:end] for start, end in spans(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rained. It stopped.", ["It rained.", "It stopped."]),
        ("Mr. Smith met Dr. Jones. They left.", ["Mr. Smith met Dr. Jones.", "They left."]),
        ("J. K. Rowling and George W. Bush came.", ["J. K. Rowling and George W. Bush came."]),
        (
            "The U.S. President spoke in the U.S. He left.",
            ["The U.S. President spoke in the U.S.", "He left."],
        ),
        ("It began at 5 p.m. The hall was full.", ["It began at 5 p.m.", "The hall was full."]),
        ("Prices rose 3.5 percent. Oil fell.", ["Prices rose 3.5 percent.", "Oil fell."]),
        (
            "It was no. 5 of 12. He said no. Then he left.",
            ["It was no. 5 of 12.", "He said no.", "Then he left."],
        ),
        ("“What?” he said. “I will go.” The end.", ["“What?” he said.", "“I will go.”", "The end."]),
        ("Well... maybe. Wait... The end.", ["Well... maybe.", "Wait...", "The end."]),
        ("See example.com or www.Foo.Com today. Yes!", ["See example.com or www.Foo.Com today.", "Yes!"]),
        ("It ended.The next day came.", ["It ended.", "The next day came."]),
        ("Apple Inc. Chief Tim Cook spoke.", ["Apple Inc. Chief Tim Cook spoke."]),
    ],
)
def test_a_full_stop_ends_a_sentence_where_what_follows_may_begin_one(text: str, expected: list[str]) -> None:
    assert split(text, "en") == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (None, "On the 3. October was a feast. Yes.", 2),
        ("de", "Am 3. Mai kam Dr. Müller z.B. nach Ulm. Der 2. Platz.", 2),
        ("fr", "M. Dupont a dit : « Je pars. » Puis il revint.", 2),
        ("es", "¿Qué pasó? ¡Nada! El Sr. Gómez se fue.", 3),
        ("ru", "В 2012 г. Путин приехал. Он уехал.", 2),
        ("el", "Τι έγινε\u037e Τίποτα. Έφυγε.", 3),
        ("zh", "他走了。“好！”然后呢？没有。", 4),
        ("ja", "彼は「行きます。」と言った。次の文です。", 2),
        ("hi", "यह पहला वाक्य है। यह दूसरा है।", 2),
        ("ar", "قال د. أحمد إن الأمر صعب. هل هذا صحيح؟ نعم.", 3),
        ("ur", "وہ آیا۔ وہ گیا۔", 2),
        ("hy", "Նա եկավ։ Նա գնաց։", 2),
        ("am", "መጣ። ሄደ።", 2),
    ],
)
def test_each_script_has_its_own_stops(language: str | None, text: str, expected: int) -> None:
    assert len(split(text, language)) == expected


def test_headings_and_entries_of_lists_are_sentences_of_their_own() -> None:
    assert split("What we know\n\n- The first point\n- The second point\nThe minister left.") == [
        "What we know",
        "- The first point",
        "- The second point",
        "The minister left.",
    ]


def test_a_line_that_was_broken_in_the_middle_of_a_sentence_goes_on() -> None:
    text = "The minister said that the line had been broken by\nthe program that sent it. Next."

    assert split(text) == [text[:-6], "Next."]


def test_a_sentence_knows_its_item_and_its_place() -> None:
    assert sentences(7, " It rained.  It stopped. ") == (
        Sentence(item_id=7, start=1, end=11, text="It rained."),
        Sentence(item_id=7, start=13, end=24, text="It stopped."),
    )


@pytest.mark.parametrize(
    ("sentence", "whole"),
    [
        ("It rained.", True),
        ("“It rained.”", True),
        ("他走了。", True),
        ("What we know", False),
        ("And then…", False),
    ],
)
def test_a_whole_sentence_ends_in_a_stop(sentence: str, whole: bool) -> None:
    assert is_whole(sentence) is whole


_TEXTS = st.lists(
    st.sampled_from(
        ("ab", "A.", "B?", "!", "…", "。", "।", "”", "(", "1", ".", "3.", "U.S.", "Mr.", "a.The", " ", "\n")
    )
    | st.text(max_size=6)
).map("".join)


@given(_TEXTS)
def test_sentences_stand_in_order_apart_and_hold_all_that_is_not_space(text: str) -> None:
    found = spans(text)

    assert all(start < end for start, end in found)
    assert all(before[1] <= after[0] for before, after in pairwise(found))
    assert all(text[start:end] == text[start:end].strip() for start, end in found)
    kept = "".join(text[start:end] for start, end in found)
    assert "".join(kept.split()) == "".join(text.split())


def test_a_text_of_any_length_is_read_in_a_bounded_part() -> None:
    assert spans("a. B " * 50_000)[-1][1] <= LONGEST
