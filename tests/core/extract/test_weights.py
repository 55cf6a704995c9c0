"""The models ask for figures that are there, and tell paragraphs of an article from its surroundings."""

import ast
from pathlib import Path

import pytest

from aggregator.core.extract import traits, weights


@pytest.mark.parametrize(
    ("model", "figures"),
    [("first", len(traits.NAMES)), ("second", len(traits.NAMES) + len(traits.SECOND_NAMES))],
)
def test_the_models_ask_for_figures_that_are_there(model: str, figures: int) -> None:
    tree = ast.parse(Path(weights.__file__).read_text())
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == model)
    asked = {
        node.slice.value
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
    }
    assert asked
    assert asked <= set(range(figures))
