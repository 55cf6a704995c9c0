"""What stands for a text when its copies are looked for."""

from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.sketch import estimate, found_by, hashes_of, sketch, sketch_of
from tests.core.copied import article, beginning


def test_a_sketch_stays_small_however_long_the_text() -> None:
    sizes = [len(made.hashes) for words in (100, 600, 20_000) if (made := sketch(article(1, words)))]
    assert sizes == [256, 256, 1024]


def test_case_and_marks_do_not_change_a_sketch() -> None:
    assert sketch(article(1).upper().replace(" ", " , ")) == sketch(article(1))


def test_summaries_get_none() -> None:
    assert sketch_of(article(1), "summary") is None
    assert sketch_of(article(1), "page") == sketch_of(article(1), "feed") is not None


def test_whom_a_text_names_goes_with_its_sketch() -> None:
    made = sketch_of(f"{article(1)}\n\nSource: Zero Hedge", "feed")
    assert made is not None
    assert [credit.name for credit in made.named] == ["Zero Hedge"]


def test_the_part_of_a_text_is_estimated_by_both_sides() -> None:
    whole, part = sketch(article(1, 1000)), sketch(beginning(article(1, 1000), 0.4))
    assert whole is not None
    assert part is not None
    of_whole, of_part, _ = estimate(whole, part)
    assert 0.25 < of_whole < 0.55
    assert of_part > 0.95


@given(st.text())
def test_any_text_has_a_sketch_of_ascending_hashes_or_none(text: str) -> None:
    made = sketch(text * 30)
    if made is not None:
        hashes = list(hashes_of(made.hashes))
        assert hashes == sorted(set(hashes))
        assert list(found_by(made)) == hashes[: len(found_by(made))]
        assert estimate(made, made)[:2] == (1.0, 1.0)
