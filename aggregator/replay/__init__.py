"""How does a recording become a database again, or a test? ``driver`` repeats, ``testcase`` keeps a part."""

from aggregator.replay.driver import Difference, Replayed, replay
from aggregator.replay.testcase import as_test, differences

__all__ = ["Difference", "Replayed", "as_test", "differences", "replay"]
