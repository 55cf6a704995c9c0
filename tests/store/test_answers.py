"""What a model wrote, kept by what it was asked."""

from datetime import timedelta

from aggregator.model.answers import Answer
from aggregator.store import Store
from tests.store.press import DAY, NOW, digest


def answer(name: str, **values: object) -> Answer:
    plain = {"digest": digest(name), "model": "small", "body": f"About {name} [1].", "tokens": 100, "at": NOW}
    return Answer(**plain | values)  # type: ignore[arg-type]


def test_answers_are_found_by_what_was_asked(store: Store) -> None:
    store.record_answer(answer("a"))
    store.record_answer(answer("b", body=""))

    assert store.answers([digest("a"), digest("b"), digest("c")]) == {
        digest("a"): "About a [1].",
        digest("b"): "",
    }
    assert store.answers([]) == {}


def test_an_answer_takes_the_place_of_an_older_one_to_the_same_question(store: Store) -> None:
    store.record_answer(answer("a"))
    store.record_answer(answer("a", body="Newer [1].", tokens=5))

    assert store.answers([digest("a")]) == {digest("a"): "Newer [1]."}
    assert store.tokens_since(NOW) == 5


def test_tokens_are_counted_from_an_instant_on(store: Store) -> None:
    store.record_answer(answer("a", at=NOW - timedelta(seconds=1)))
    store.record_answer(answer("b"))
    store.record_answer(answer("c", tokens=7))

    assert store.tokens_since(NOW) == 107
    assert store.tokens_since(NOW + DAY) == 0


def test_answers_are_forgotten_after_a_year(store: Store) -> None:
    store.record_answer(answer("a", at=NOW - 366 * DAY))
    store.record_answer(answer("b", at=NOW - 300 * DAY))

    store.prune(NOW, None)

    assert store.answers([digest("a"), digest("b")]) == {digest("b"): "About b [1]."}
