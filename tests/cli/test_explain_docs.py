"""docs/explain.md shows what the program says."""

from pathlib import Path

import pytest

from tests.cli.explained import PAGE, SITUATIONS, blocks, explained, written


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_page_shows_what_explain_says(name: str, tmp_path: Path) -> None:
    assert explained(name, tmp_path) == blocks(PAGE.read_text())[name], "python -m tests.cli.explained"


def test_the_page_has_every_situation_once_and_in_order() -> None:
    assert list(blocks(PAGE.read_text())) == list(SITUATIONS)


def test_writing_the_page_changes_its_blocks_alone() -> None:
    page = "# A\n<!-- busy -->\n```\nold\n```\n\nText `x`.\n<!-- quiet -->\n```\n```\n"
    assert written(page, {"busy": "new\nlines\n", "quiet": "q\n"}) == (
        "# A\n<!-- busy -->\n```\nnew\nlines\n```\n\nText `x`.\n<!-- quiet -->\n```\nq\n```\n"
    )
