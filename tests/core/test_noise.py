"""Lines that many articles of an outlet show and lose are learned to be no part of them."""

from aggregator.core.noise import ENOUGH, REMEMBERED, learned, line_key, noise, without_noise

BOX = "1,234 people are reading this"


def test_a_line_that_differs_in_enough_articles_is_noise() -> None:
    found: dict[str, tuple[int, ...]] = {}
    for item_id in range(1, ENOUGH + 1):
        assert noise(found) == frozenset()
        found = learned(found, item_id, "One.", f"One.\n{item_id} people are reading this")

    assert noise(found) == {line_key(BOX)}
    assert without_noise(f"One.\n{BOX}\nTwo.", noise(found)) == "One.\nTwo."


def test_an_article_that_shows_it_often_is_one_article() -> None:
    found: dict[str, tuple[int, ...]] = {}
    for _ in range(9):
        found = learned(found, 1, "One.", f"One.\n{BOX}")

    assert noise(found) == frozenset()


def test_notes_of_corrections_and_rewrites_teach_nothing() -> None:
    assert learned({}, 1, "One.", "One.\nCorrection: it was two.") == {}
    assert learned({}, 1, "One.", "\n".join(f"line of many {chr(97 + n)}" for n in range(20))) == {}


def test_what_is_remembered_has_a_bound_and_the_latest_stay() -> None:
    found: dict[str, tuple[int, ...]] = {}
    for n in range(REMEMBERED + 50):
        found = learned(found, n, "", "x" * (n % 150 + 1) + "y" * (n // 150))

    assert len(found) == REMEMBERED
    assert found == learned(found, n, "", "")
