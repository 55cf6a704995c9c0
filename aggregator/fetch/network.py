"""Is it us? When most sites cannot be reached, our own network is out, and no outlet is to blame.

What counts is the latest outcome of each of the last fifty sites: whether a connection came about. A site
that cannot be reached again and again counts once.

- Of five sites or more, out when at least 80 % could not be reached.
- Out as well when five sites in a row could not, and none answered in between: fifty sites that answered an
  hour ago are no reason to blame forty outlets first.
- Of two to four (a user of three outlets), out when none could be reached and each failure speaks of our own
  side: no name server answered, or there is no network.
- One site alone says nothing.

Then one site after another is tried every half minute, those that answered before first. When the very first
try succeeds, it was no outage: those that failed are down themselves, and count no more until they answer.
So a wrong guess costs a few seconds.
"""

from typing import TypeVar

from yarl import URL

from aggregator.fetch.hosts import site_of
from aggregator.model import FailureKind, FetchFailed

#: sites whose latest outcome is looked at, and how many of them at least
_SITES = 50
_FEWEST = 5
_SHARE = 0.8
#: sites known to be down, to have answered: as many are remembered
_REMEMBERED = 5000
#: seconds between two tries
PROBE_EVERY = 30.0


class Network:
    """Fed by the client with what became of each attempt to connect; asked by whoever claims polls."""

    def __init__(self) -> None:
        #: nothing is to be polled, and no failure to be counted
        self.out = False
        #: latest outcomes, oldest first: None a connection came about, else whether the failure is our side's
        self._recent: dict[str, bool | None] = {}
        #: sites that failed since one answered
        self._in_a_row: set[str] = set()
        #: an address of each site that was asked, oldest first
        self._failing: dict[str, URL] = {}
        self._good: dict[str, URL] = {}
        self._down: dict[str, None] = {}
        self._tries = 0

    def connected(self, site: str, at: URL) -> None:
        """A connection to ``site`` came about."""
        if self._in_a_row:
            self._in_a_row.clear()
        if self._failing or self._down:
            self._failing.pop(site, None)
            self._down.pop(site, None)
        if self._recent.pop(site, True) is None and site in self._good:
            self._recent[site] = None
            return
        self._note(site, None)
        _remember(self._good, site, at)

    def answered_before(self, url: str) -> None:
        """An earlier run reached the site of ``url``: it is among the first to be tried."""
        site = site_of(url)
        if site not in self._failing:
            _remember(self._good, site, URL(url))

    def failed(self, site: str, at: URL, *, ours: bool) -> None:
        """No connection to ``site``; ``ours``: for a reason on our own side."""
        if site in self._down:
            return
        self._recent.pop(site, None)
        self._note(site, ours)
        self._in_a_row.add(site)
        _remember(self._failing, site, at)
        if not self.out and self._looks_out():
            self.out, self._tries = True, 0

    def is_ours(self, failure: FetchFailed) -> bool:
        """Whether this failure is to be put down to our own network, and so not to be counted."""
        if not self.out or failure.status is not None:
            return False
        return failure.kind in (FailureKind.NAME, FailureKind.CONNECT, FailureKind.TIMEOUT)

    def candidate(self) -> URL | None:
        """The address to try next while the network is out: each time that of another site."""
        if not self.out:
            return None
        asked = list({**self._failing, **self._good}.values())[-_SITES:]
        self._tries += 1
        return asked[-1 - (self._tries - 1) % len(asked)]

    def resumed(self) -> None:
        """A try succeeded: polling goes on."""
        if self._tries <= 1:
            for site in self._failing:
                _remember(self._down, site, None)
        self.out = False
        self._recent.clear()
        self._in_a_row.clear()
        self._failing.clear()

    def _note(self, site: str, outcome: bool | None) -> None:
        self._recent[site] = outcome
        if len(self._recent) > _SITES:
            del self._recent[next(iter(self._recent))]

    def _looks_out(self) -> bool:
        failures = [outcome for outcome in self._recent.values() if outcome is not None]
        sites = len(self._recent)
        if sites < _FEWEST:
            return 1 < sites == len(failures) and all(failures)
        return len(failures) >= _SHARE * sites or len(self._in_a_row) >= _FEWEST


_Value = TypeVar("_Value")


def _remember(known: dict[str, _Value], site: str, value: _Value) -> None:
    known.pop(site, None)
    known[site] = value
    if len(known) > _REMEMBERED:
        del known[next(iter(known))]
