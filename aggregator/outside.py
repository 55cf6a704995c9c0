"""What does a run meet that is not its own: time, chance, the network, the order of things.

A recording and its replay bring their own; everybody else takes what is here.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aggregator.fetch.client import Client
from aggregator.fetch.network import Network
from aggregator.pool import Pool, ProcessPool
from aggregator.rounds import Round
from aggregator.store.thread import StoreThread


def chance() -> float:
    """A random number from 0 to 1."""
    return random.random()  # noqa: S311  spreads polls, hides nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Built once for a run, handed to ``app.open_services``."""

    #: what decisions go by
    clock: Callable[[], datetime]
    #: the present, for pauses and whatever else is no decision about items; None: ``clock``
    wall: Callable[[], datetime] | None = None
    #: random numbers from 0 to 1
    jitter: Callable[[], float] = chance
    thread: Callable[[], StoreThread] = StoreThread
    network: Callable[[], Network] = Network
    #: so many workers; closed with everything else
    pool: Callable[[int], Pool] = ProcessPool
    #: called as ``Client`` is
    client: Callable[..., Client] = Client
    #: called as ``Round`` is
    round: Callable[..., Round] = Round
    #: whether pauses that sites asked for are remembered between runs
    remembers: bool = True
