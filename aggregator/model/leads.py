"""What an aggregator's page says of other outlets' articles."""

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.items import DateClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A card on an aggregator's page: another outlet's article, as that page tells it."""

    #: as the card names it
    outlet: str
    title: str
    #: plain, "" where the card has none
    summary: str = ""
    #: of the article at its outlet, "" where the card does not lead there
    url: str = ""
    #: the date as it stands there: "3 days ago"
    said: str = ""
    claim: DateClaim | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadsPage:
    """What an aggregator's page holds beside its article."""

    leads: tuple[Lead, ...] = ()
    #: without "#", as they are written there
    hashtags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a lead stood, and what it was resolved to."""

    #: as the card names it
    outlet: str
    #: "3 days ago", as it was read
    said: str
    #: the aggregator's article beside which it stood first; None: gone
    seen_on: int | None
    #: the outlet's own item; None: not known, or not polled
    resolved_to: int | None
    #: why it is that one: what was compared
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An outlet that aggregators' pages name and that is not polled."""

    #: as it is named most often
    outlet: str
    #: different articles of its that were named
    leads: int
    last_seen: datetime
    #: an address of its site where a card led there, "" without one
    homepage: str = ""
    #: the latest headline
    example: str = ""
