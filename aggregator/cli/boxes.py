"""How is the AI box of an article or a story told: in short, what its outlets say, what a model wrote."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aggregator.cli import output

if TYPE_CHECKING:
    from aggregator.config import AiConfig
    from aggregator.model import Item
    from aggregator.model.stories import Box, Point, Sentence, Story
    from aggregator.store import Store

#: a summary that is no shorter than so much of the text says nothing that the text does not
_SHORTER = 0.6


def of_item(store: "Store", ai: "AiConfig | None", item: "Item") -> "Box":
    """The article's box."""
    from aggregator.box import boxes_of_items

    return boxes_of_items(store, ai, [item])[item.id]


def of_story(store: "Store", ai: "AiConfig | None", story: "Story", articles: "Mapping[int, Item]") -> "Box":
    """The story's box; ``articles`` are its items."""
    from aggregator.box import box_of_story

    return box_of_story(store, ai, story, [articles[one] for one in story.items if one in articles])


def of_item_told(box: "Box", item: "Item", width: int) -> list[str]:
    """The article in short; nothing where its text is short itself."""
    short = sum(len(one.text) for one in box.summary)
    if not box.written and short > _SHORTER * len(item.text or item.summary):
        return []
    return ["", "In short", *(written(box, width) if box.written else _listed(box.summary, width))]


def of_story_told(box: "Box", outlets: int, width: int) -> list[str]:
    """What the story's outlets say; ``outlets``: how many they are. Nothing where there is one."""
    points = box.points
    return [
        *(["", "In short", *written(box, width)] if box.written else ()),
        *_points("What several outlets say", points.agreed, outlets, width),
        *_points("Said with other numbers", points.differing, outlets, width),
        *_points("What one outlet alone says", points.alone, outlets, width),
    ]


def _points(title: str, points: "Iterable[Point]", outlets: int, width: int) -> Iterator[str]:
    for place, point in enumerate(points):
        if place == 0:
            yield from ("", title)
        who = "all of them" if len(point.outlets) == outlets > 1 else ", ".join(point.outlets)
        yield from output.wrapped(f"- {point.sentence.text} ({who})", width, hanging="  ")
        if title.startswith("Said"):
            for other in point.others:
                yield from output.wrapped(f"but: {other.text}", width, indent="  ", hanging="  ")


def _listed(sentences: "Iterable[Sentence]", width: int) -> Iterator[str]:
    for one in sentences:
        yield from output.wrapped(f"- {one.text}", width, hanging="  ")


def written(box: "Box", width: int) -> Iterator[str]:
    """What a model wrote, and the sentences that it rests on."""
    yield from output.wrapped(box.written, width)
    for number, one in enumerate(box.cited, 1):
        yield from output.wrapped(f"[{number}] {one.text}", width, indent="  ", hanging="      ")
    yield from output.wrapped(f"Written by {box.model} from the sentences above.", width, indent="  ")


def box_dict(box: "Box") -> dict[str, Any]:
    """The box as JSON tells it; ``written`` is null where no model wrote anything."""
    return {
        "summary": [_sentence(one) for one in box.summary],
        "points": {
            kind: [_point(one) for one in points]
            for kind, points in (
                ("agreed", box.points.agreed),
                ("differing", box.points.differing),
                ("alone", box.points.alone),
            )
        },
        "written": written_dict(box) if box.written else None,
    }


def written_dict(box: "Box") -> dict[str, Any]:
    """What a model wrote as JSON tells it; the citations count ``cited`` from 1."""
    return {"text": box.written, "model": box.model, "cited": [_sentence(one) for one in box.cited]}


def _point(point: "Point") -> dict[str, Any]:
    return {
        **_sentence(point.sentence),
        "outlets": list(point.outlets),
        "others": [_sentence(one) for one in point.others],
    }


def _sentence(one: "Sentence") -> dict[str, Any]:
    return {"item": one.item_id, "start": one.start, "end": one.end, "text": one.text}
