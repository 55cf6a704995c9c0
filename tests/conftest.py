"""What every test may use: the shared corpora beside the project, and one clock that stands still."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
#: captured feeds and pages, laid beside the project; never copied into it
SHARED = ROOT.parent / "shared"

#: marks are counts and times that take long; a tenth of them shows in every run, all of them in ./run soak
SOAK = bool(os.environ.get("AGGREGATOR_SOAK"))

needs_shared = pytest.mark.skipif(
    not (SHARED / "corpus").is_dir(), reason="the shared corpus does not lie beside the project"
)

#: the instant at which tests take place unless they say otherwise
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
