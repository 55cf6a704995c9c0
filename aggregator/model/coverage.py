"""A story with all that exports and mails tell of it."""

from dataclasses import dataclass, field

from aggregator.model.reading import Item
from aggregator.model.stories import Hashtag, KeyPoints, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """A story, its articles and what was made of them."""

    story: Story
    #: those of ``story.items`` that are there, in that order; never empty
    items: tuple[Item, ...]
    #: the strongest first
    hashtags: tuple[Hashtag, ...] = ()
    points: KeyPoints = field(default_factory=KeyPoints)

    @property
    def lead(self) -> Item:
        """The article whose title is the headline."""
        return next((item for item in self.items if item.id == self.story.lead), self.items[0])

    @property
    def one_each(self) -> tuple[Item, ...]:
        """An article of each outlet: the lead first, then the first one of each other, as they came."""
        chosen = {self.lead.outlet: self.lead}
        for item in self.items:
            chosen.setdefault(item.outlet, item)
        return tuple(chosen.values())
