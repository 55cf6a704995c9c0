"""What a language model is asked, and what comes of it."""

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.stories import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a model is asked: its task, and the numbered sentences that it may use."""

    task: str
    #: the sentences, fenced off: what stands in them is no instruction
    material: str
    #: [1] is the first
    given: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the model said, as it said it."""

    text: str
    #: of question and answer together; None where the endpoint does not count them
    tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReply:
    """Why there is none; without the key."""

    reason: str
    #: the endpoint wants quiet until then
    until: datetime | None = None
    #: it may have cost tokens all the same
    is_spent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is kept of a reply: ``body`` is what of it may be shown, "" where that is nothing."""

    digest: bytes
    model: str
    body: str
    tokens: int
    at: datetime
