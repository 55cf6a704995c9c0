"""Figures of the whole store, for whoever watches a daemon."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of this moment."""

    #: configured feeds by condition
    feeds: Mapping[str, int] = field(default_factory=dict)
    #: configured feeds that could be polled now
    overdue: int = 0
    #: how late the longest overdue of them is
    lag: timedelta = timedelta(0)
    #: pages that are wanted, due or waiting for their next attempt
    pages_waiting: int = 0
    #: items whose words are not searchable yet
    search_queue: int = 0
    gaps_open: int = 0
    #: addresses, hosts and sites that asked for quiet
    holds: int = 0
    #: WebSub subscriptions by state
    subscriptions: Mapping[str, int] = field(default_factory=dict)
