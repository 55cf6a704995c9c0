"""Which items keep_if and drop_if let through."""

import time
from dataclasses import replace

import pytest

from aggregator.core.filters import compile_rules, keeps
from aggregator.model import ParsedItem

ITEM = ParsedItem(
    guid="a",
    url="",
    title="Storm closes harbour",
    summary="The port stays shut.",
    content_html="",
    base_url="",
    authors=("Mona Reyes",),
    tags=("Weather",),
)


@pytest.mark.parametrize(
    ("keep_if", "drop_if", "kept"),
    [
        ((), (), True),
        (("harbour",), (), True),
        (("HARBOUR",), (), True),
        (("cricket",), (), False),
        (("cricket", "weather"), (), True),
        ((), ("reyes",), False),
        (("harbour",), ("port stays",), False),
        ((), ("^harbour",), True),
    ],
)
def test_an_item_stays_when_some_keep_matches_and_no_drop_does(
    keep_if: tuple[str, ...], drop_if: tuple[str, ...], kept: bool
) -> None:
    assert keeps(compile_rules(keep_if, drop_if), ITEM) is kept


def test_a_pattern_that_explodes_is_cut_off() -> None:
    rules = compile_rules((), (r"(a|aa|b+)+$(?!x)c",))
    before = time.process_time()
    assert keeps(rules, replace(ITEM, title="ab" * 500_000 + "!"))
    assert time.process_time() - before < 10
