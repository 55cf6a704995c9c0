"""An item as lists show it, without its text."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a list tells of an item, and a stamp that changes with whatever its own page tells."""

    id: int
    outlet: str
    #: the outlet's home page, "" where unknown
    site_url: str
    url: str
    title: str
    summary: str
    published: datetime | None
    published_earliest: datetime | None
    published_latest: datetime | None
    #: what lists are ordered by
    sort_at: datetime
    language: str | None
    image: str = ""
    duplicate_of: int | None = None
    comments: int | None = None
    #: of all that is stored of it
    stamp: bytes = b""
