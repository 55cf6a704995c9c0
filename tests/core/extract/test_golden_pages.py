"""Odd pages, each beside the article we read in it: changing an expectation is a visible diff.

Each ``tests/data/pages/<what-is-odd>.html`` was fetched, so to speak, from the address below. After a
change that is meant to show, ``python -m tests.core.extract.test_golden_pages`` writes the
expectations anew.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from aggregator.core.extract import extract

FOLDER = Path(__file__).resolve().parents[2] / "data" / "pages"
PAGES = sorted(FOLDER.glob("*.html"))
URL = "https://news.example/2026/11/story.html?from=feed"


def _read(path: Path) -> Any:
    article = extract(path.read_bytes(), url=URL, want_metadata=True)
    found = asdict(article) if article else {}
    return json.loads(json.dumps({key: value for key, value in found.items() if value}, default=str))


def _expected(path: Path) -> Path:
    return path.with_suffix(".expected.json")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_gives_the_article_that_stands_beside_it(path: Path) -> None:
    assert _read(path) == json.loads(_expected(path).read_text())


if __name__ == "__main__":
    for page in PAGES:
        _expected(page).write_text(json.dumps(_read(page), ensure_ascii=False, indent=1) + "\n")
