"""A diff that is read: changed words within their sentence, unchanged paragraphs left out."""

import random
from difflib import Match, SequenceMatcher
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.wording import Passage, diff


def test_a_changed_word_is_told_within_its_sentence() -> None:
    assert diff(
        "One.\n\nSome 12 people were hurt.\n\nThree.\n\nFour.",
        "One.\n\nSome 14 people were hurt.\n\nThree.\n\nFour.",
    ) == (
        Passage(elided=1),
        Passage(pieces=(("same", "Some "), ("gone", "12 "), ("new", "14 "), ("same", "people were hurt."))),
        Passage(elided=2),
    )


def test_a_new_paragraph_is_told_whole() -> None:
    assert diff("One.\nTwo.", "One.\nNew.\nTwo.") == (
        Passage(elided=1),
        Passage(pieces=(("new", "New."),)),
        Passage(elided=1),
    )


def test_what_is_said_wholly_otherwise_is_replaced_not_patched() -> None:
    (passage,) = diff("The minister cut a ribbon today.", "Parliament has rejected this budget.")

    assert passage.pieces == (
        ("gone", "The minister cut a ribbon today."),
        ("new", "Parliament has rejected this budget."),
    )


def test_a_word_that_stayed_between_two_changes_is_told_with_them() -> None:
    (passage,) = diff(
        "He paid 3 million dinars to all the families.", "He paid 4 million euros to all the families."
    )

    assert (passage.gone, passage.new) == ("3 million dinars", "4 million euros")


def test_of_a_long_sentence_only_what_stands_around_a_change_is_told() -> None:
    long = " ".join(f"word{n}" for n in range(200))
    (passage,) = diff(f"{long} old {long}", f"{long} new {long}")

    assert passage.gone == "old"
    assert all(len(text) < 250 for _, text in passage.pieces)
    assert "…" in passage.pieces[0][1]


def test_scripts_without_spaces_are_compared_by_their_letters() -> None:
    (passage,) = diff("桥梁于周二开通，部长剪彩。", "桥梁于周三开通，部长剪彩。")

    assert (passage.gone, passage.new) == ("二", "三")


def test_very_long_texts_are_compared_by_sentences() -> None:
    sentences = [f"This is sentence number {n} of a long report." for n in range(1000)]
    after = [*sentences[:500], "This one is new.", *sentences[501:]]
    (passage,) = diff(" ".join(sentences), " ".join(after))

    assert (passage.gone, passage.new) == (sentences[500], "This one is new.")


def test_texts_that_repeat_themselves_are_compared_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(1)
    looked = 0
    find = SequenceMatcher.find_longest_match

    def counted(self: Any, alo: int, ahi: int, blo: int, bhi: int) -> Match:
        nonlocal looked
        looked += sum(len(self.b2j.get(one, ())) for one in self.a[alo:ahi])
        return find(self, alo, ahi, blo, bhi)

    def text() -> str:
        return "\n".join(f"{' '.join(chance.choices('abc', k=290))}\nKept {n}." for n in range(60))

    monkeypatch.setattr(SequenceMatcher, "find_longest_match", counted)
    passages = diff(text(), text())

    assert looked < 3_000_000
    assert sum(passage.elided for passage in passages) == 60


lines = st.lists(
    st.sampled_from(["One.", "Two words.", "Three of them.", "Vier", "五六七", ""]), max_size=8
).map("\n".join)


@given(lines, lines)
def test_what_is_gone_was_there_and_what_is_new_is_there(before: str, after: str) -> None:
    for passage in diff(before, after):
        for mark, text in passage.pieces:
            side = before if mark == "gone" else after
            assert "…" in text or all(part.strip() in side for part in text.split("\n"))


@given(lines)
def test_nothing_differs_from_itself(text: str) -> None:
    assert diff(text, text) == ()
