"""Stories with all that exports and mails tell of them, read from the store."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

from aggregator.core.hashtags import merged
from aggregator.core.points import key_points
from aggregator.model import Item
from aggregator.model.coverage import Coverage
from aggregator.model.stories import Hashtag, KeyPoints, Story, StoryFilter

#: stories whose articles are read in one go
_BATCH = 100


class Source(Protocol):
    """What is asked of the store."""

    def stories(self, which: StoryFilter, /) -> Sequence[Story]:
        """The stories, those with the latest news first."""
        ...

    def items_of(self, ids: Collection[int], /) -> Mapping[int, Item]:
        """These items by their ids; those that are not there are left out."""
        ...

    def hashtags(self, ids: Collection[int], /) -> Mapping[int, tuple[Hashtag, ...]]:
        """The hashtags of these items, the strongest first."""
        ...


def read(source: Source, which: StoryFilter, *, points: bool = True) -> Iterator[Coverage]:
    """The stories in the store's order, batch by batch: a whole archive never stands in memory.

    ``points``: with what their articles say alike and differently, which takes a while.
    """
    return told(source, source.stories(which), points=points)


def told(source: Source, stories: Iterable[Story], *, points: bool = True) -> Iterator[Coverage]:
    """These stories, each with its articles; one whose articles have gone meanwhile is left out."""
    waiting = iter(stories)
    while batch := tuple(islice(waiting, _BATCH)):
        ids = {number for story in batch for number in story.items}
        items, tags = source.items_of(ids), source.hashtags(ids)
        for story in batch:
            if found := tuple(items[number] for number in story.items if number in items):
                hashtags = merged(tags.get(item.id, ()) for item in found)
                yield Coverage(
                    story=story,
                    items=found,
                    points=key_points(found) if points else KeyPoints(),
                    hashtags=hashtags,
                )
