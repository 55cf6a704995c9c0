"""A newsroom and a site for every end-to-end test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import FakeSite
from tests.press import Newsroom


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(directory=tmp_path)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite.running(hosts=4) as site:
        yield site
