"""What the fork server holds so that its workers need not load it: imported there and nowhere else."""

import gc
import importlib
import signal
from multiprocessing import spawn

_MODULES = ("pebble", "aggregator.pool", "aggregator.core.parse", "aggregator.core.extract.page")


def _ignore_main(_: str) -> None:
    """Leave the parent's main module alone: workers run functions of importable modules only."""


# multiprocessing runs the parent's script again in each worker, for classes defined in it
spawn.__dict__["_fixup_main_from_path"] = _ignore_main
spawn.__dict__["_fixup_main_from_name"] = _ignore_main

# as in the workers: a stop is the parent's to carry out
signal.signal(signal.SIGTERM, signal.SIG_IGN)

# objects that live for good stay out of collections, so that forked workers leave their pages shared;
# workers turn collection on for what they make themselves
gc.disable()
for _module in _MODULES:
    importlib.import_module(_module)
gc.freeze()
