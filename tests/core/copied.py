"""Texts to compare: articles of made-up words, and what outlets do to them."""

import json
import random
from functools import cache

import pytest

from tests.conftest import SHARED

_SYLLABLES = ("ba", "ke", "li", "mo", "nu", "ra", "si", "to", "ve", "za", "dor", "fen", "gul", "har", "jin")


def article(seed: int, words: int = 300) -> str:
    """A text of its own, in sentences and paragraphs, with names and numbers in it."""
    chance = random.Random(seed)
    sentences = []
    while words > 0:
        length = min(words, chance.randint(8, 20))
        words -= length
        sentence = [_word(chance) for _ in range(length)]
        sentences.append(" ".join(sentence).capitalize() + ".")
    return "\n\n".join(" ".join(sentences[start : start + 3]) for start in range(0, len(sentences), 3))


def _word(chance: random.Random) -> str:
    if chance.random() < 0.04:
        return str(chance.randint(2, 4000))
    word = "".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4)))
    return word.capitalize() if chance.random() < 0.06 else word


def edited(text: str, share: float, seed: int = 0) -> str:
    """The text with that share of its words replaced."""
    chance = random.Random(seed)
    lines = [
        " ".join(_word(chance) if chance.random() < share else word for word in line.split(" "))
        for line in text.split("\n")
    ]
    return "\n".join(lines)


def beginning(text: str, share: float) -> str:
    """The first part of a text."""
    words = text.split(" ")
    return " ".join(words[: round(len(words) * share)])


@cache
def captured() -> dict[str, str]:
    """The texts of the captured pages, by name."""
    truth = SHARED / "corpus" / "pages" / "ground-truth.json"
    if not truth.exists():
        pytest.skip("the captured pages are not beside this checkout")
    pages = json.loads(truth.read_text())
    return {name: page["text"] for name, page in pages.items() if page.get("text")}
