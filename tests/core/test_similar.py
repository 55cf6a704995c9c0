"""When two texts are the same text."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.similar import is_about, normalise, text_digest

STORY = " ".join(f"word{n} of the story" for n in range(20))


def test_case_marks_and_spaces_do_not_make_another_text() -> None:
    assert text_digest(STORY) == text_digest("\n\n" + STORY.upper().replace(" ", " ,  ") + "!")


def test_another_word_makes_another_text() -> None:
    assert text_digest(STORY) != text_digest(STORY + " more")


def test_short_texts_prove_nothing() -> None:
    assert text_digest("Subscribe to read the full story") is None


def test_a_script_without_spaces_is_long_enough_by_its_length() -> None:
    assert text_digest("港口大桥今天提前开放" * 20) is not None


def test_compatibility_forms_are_one_form() -> None:
    assert normalise("ﬁne “Ｎews”") == "fine news"


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_plain_letters_take_a_short_way_to_the_same_words(text: str) -> None:
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
    assert normalise(text) == " ".join(words)


def test_a_text_is_about_a_headline_when_it_has_half_of_its_longer_words_in_some_form() -> None:
    assert is_about("Harbour bridges opened to the public", "The bridge in the harbour was opened today.")
    assert not is_about("Harbour bridges opened to the public", "We value your privacy, and the public.")
    assert not is_about("", "Anything")
