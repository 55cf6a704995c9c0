"""What an export says of itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

#: who made the feed, as its ``generator`` says
GENERATOR = "news-aggregator"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedInfo:
    """What an export says of itself."""

    #: ``urn:uuid:…``, kept in the store: the same for ever
    id: str
    title: str
    #: stands for the newest entry's date while there is no entry: a stored instant, never the clock
    updated: datetime
    #: where this very document will be found, "" when nobody said
    self_url: str = ""
    #: the page that the feed belongs to, "" when there is none
    home_url: str = ""
    #: "summary" leaves the articles' text out: it belongs to the outlets
    content: Literal["full", "summary"] = "full"
