"""A summary made of an article's own sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.gist import numbers_of, stands_alone
from aggregator.core.summary import summarise

LEAD = "Bahrain's central bank raised its key interest rate to 6.25 percent on Wednesday."
WHY = "The rate was raised because the bank expects inflation in Bahrain to reach 4 percent this year."
LOANS = "Loans to small companies in Manama will cost more from January, the bank's governor said."
HISTORY = "The bank was founded in 1973 and stands in the Diplomatic Area."


def told(
    text: str, title: str = "Central bank raises interest rate", language: str | None = "en"
) -> list[str]:
    return [one.text for one in summarise(item_id=1, title=title, text=text, language=language)]


def test_a_summary_is_made_of_sentences_at_their_places_in_their_order() -> None:
    text = f"{LEAD} {HISTORY}\n\n{WHY}\n{LOANS}"
    found = summarise(item_id=7, title="Central bank raises interest rate", text=text, language="en")

    assert found[0].text == LEAD
    assert all(text[one.start : one.end] == one.text and one.item_id == 7 for one in found)
    assert list(found) == sorted(found, key=lambda one: one.start)


def test_what_the_title_speaks_of_goes_before_what_it_does_not() -> None:
    assert told(f"{LEAD} {HISTORY} {WHY}") == [LEAD, WHY]


def test_no_sentence_leans_on_one_that_is_left_out() -> None:
    assert told(f"{LEAD} He said that the interest rate of the central bank was high. {WHY}") == [LEAD, WHY]


def test_no_quote_stands_without_its_speaker() -> None:
    quote = "“The interest rate of the central bank is high, and it will stay so for long.”"

    assert told(f"{LEAD} {quote} {WHY}") == [LEAD, WHY]


def test_a_quote_with_its_speaker_may_stand() -> None:
    assert stands_alone("“The rate will stay high for long,” governor Khalid Humaidan said on Wednesday.")


@pytest.mark.parametrize(
    "remark",
    [
        "Sign up for our central bank newsletter and read about interest rates every day.",
        "Follow us on social media for the central bank and its interest rate.",
        "The post Central bank raises interest rate appeared first on Gulf Insider.",
        "Reporting by Jane Doe in Manama; Editing by John Roe, central bank desk.",
        "Read more: the interest rate of the central bank explained in five charts.",
        "© 2026 Central bank interest rate news, all rights reserved.",
    ],
)
def test_what_the_outlet_says_of_itself_is_no_part_of_a_summary(remark: str) -> None:
    assert remark not in told(f"{LEAD} {remark} {WHY} {remark}")


def test_nothing_is_said_twice() -> None:
    again = "On Wednesday Bahrain's central bank raised the key interest rate to 6.25 percent."

    assert told(f"{LEAD} {again} {WHY}") == [LEAD, WHY]


def test_headings_and_entries_of_lists_are_left_out() -> None:
    assert told(
        f"Central bank raises its key interest rate\n\n{LEAD}\n\n- interest rate of the bank\n{WHY}"
    ) == [LEAD, WHY]


def test_a_long_text_has_a_longer_summary_than_a_short_one_but_never_more_than_four_sentences() -> None:
    many = " ".join(
        f"Ministry {n} of region {n * 7} announced plan {n * 3} for harbour {n + 40} today."
        for n in range(60)
    )

    assert len(told(f"{LEAD} {WHY}")) == 2
    assert 3 <= len(told(f"{LEAD} {WHY} {LOANS} {many}")) <= 4


def test_a_text_of_one_sentence_is_its_own_summary_and_no_text_has_none() -> None:
    assert told(LEAD) == [LEAD]
    assert told("A teaser without a stop") == ["A teaser without a stop"]
    assert told("") == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "zh",
            "中国央行周三宣布将基准利率上调二十五个基点至百分之四点五。央行表示此举旨在抑制不断上升的通货膨胀压力。",
        ),
        (
            "ar",
            (
                "أعلن البنك المركزي يوم الأربعاء رفع سعر الفائدة إلى ستة بالمئة. "
                "وتوقع خبراء أن يستمر التضخم العام المقبل."
            ),
        ),
        (
            "hi",
            "केंद्रीय बैंक ने बुधवार को ब्याज दर बढ़ाकर छह प्रतिशत कर दी है। महंगाई अगले साल भी जारी रहेगी, बैंक ने कहा।",
        ),
    ],
)
def test_any_script_is_summarised(language: str, text: str) -> None:
    assert len(told(text, title="", language=language)) >= 2


@given(st.lists(st.sampled_from([LEAD, WHY, LOANS, HISTORY, "He left.", "\n", "“Yes.”"]), max_size=30))
def test_a_summary_is_short_exact_and_the_same_every_time(pieces: list[str]) -> None:
    text = " ".join(pieces)
    found = summarise(item_id=1, title="Bank", text=text, language="en")

    assert len(found) <= 4
    assert len({one.text for one in found}) == len(found)
    assert all(text[one.start : one.end] == one.text for one in found)
    assert found == summarise(item_id=1, title="Bank", text=text, language="en")


def test_what_is_counted_is_known_by_the_word_after_its_number() -> None:
    assert numbers_of("At least 12 people died, 1,500 fled on 3 May 2024 at 10:30.", "en") == {
        "peopl": frozenset({"12"}),
        "fled": frozenset({"1500"}),
    }
