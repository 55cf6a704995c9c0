"""Comment feeds on their way into the store."""

from dataclasses import dataclass, field
from datetime import datetime

from aggregator.model.fetching import Validators
from aggregator.model.stories import Comment


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentTask:
    """A young item's comment feed that is due, claimed."""

    item_id: int
    outlet: str
    #: of the comment feed
    url: str
    #: when the item came into the world, as far as is known
    since: datetime
    #: looks in a row that brought nothing
    quiet: int = 0
    validators: Validators = field(default_factory=Validators)
    lease_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentsOutcome:
    """What one look at a comment feed brought."""

    item_id: int
    lease_token: str
    at: datetime
    #: each with what it is known by in its feed
    found: tuple[tuple[str, Comment], ...] = ()
    #: None: no more
    next_look_at: datetime | None = None
    #: looks in a row that brought nothing, for a look that brings nothing new
    quiet: int = 0
    #: when the next look is due where this one brought something new
    lively_at: datetime | None = None
    #: None: leave what is stored
    validators: Validators | None = None
    #: why it could not be read, "" when it was
    reason: str = ""
