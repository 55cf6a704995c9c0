"""What happened: lists of stories, one of them with its articles, and why each is in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli import boxes, output
from aggregator.cli.command import Run, Wanted, command
from aggregator.cli.dating import age
from aggregator.cli.times import ago, exact
from aggregator.errors import UsageError
from aggregator.report import instant

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.config import AiConfig
    from aggregator.model import Item
    from aggregator.model.stories import Membership, SharedTerm, Story
    from aggregator.store import Store

_LISTED = 50
#: outlets that a line of the table names
_NAMED = 3
#: of what two items share, as much is said
_REASONS = 6


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    command(app, "stories", examples=_STORIES, filters=True)(stories)
    command(app, "story", examples=_STORY)(story)


_STORIES = """
aggregator stories --since 1d --several
aggregator stories --outlets 5 --limit 10
aggregator stories --tag gulf --json | jq -r .headline
"""


def stories(
    run: Run,
    wanted: Wanted,
    outlets: Annotated[
        int, typer.Option("--outlets", metavar="N", min=1, help="Only of at least N outlets.")
    ] = 1,
    several: Annotated[bool, typer.Option("--several", help="Only of several outlets.")] = False,
) -> None:
    """List stories, those with the latest news first.

    A story is what the outlets say of one event. A filter finds it by any of its articles; --since and
    --until go by its latest one.
    """
    from aggregator.model.stories import StoryFilter

    config = run.config()
    with run.store(config) as store:
        chosen = wanted.resolve(run, config, store, default_limit=_LISTED, copies=wanted.copies)
        least = max(outlets, 2 if several else 1)
        found = store.stories(StoryFilter(items=chosen, outlets=least, now=run.now))
        if run.json:
            output.print_utf8(_lines(store, found))
        elif not found:
            output.tell("No stories.")
        else:
            print_table(found, run.now)


def print_table(found: "Iterable[Story]", now: "datetime") -> None:
    """Print stories as a table, times relative to ``now``."""
    columns = ("Id#", "Latest", "Articles#", "Outlets", "Headline", "")
    output.console().print(output.table(columns, [_cells(one, now) for one in found]))


def _lines(store: "Store", found: "Iterable[Story]") -> Iterator[str]:
    from aggregator.export.jsonl import line

    for one in found:
        yield line(story_dict(one, store.items_of(one.items)))


def _cells(story: "Story", now: "datetime") -> Sequence[Any]:
    return (
        str(story.id),
        ago(story.last_at, now),
        str(story.size),
        output.cell(_outlets(story), "cyan"),
        output.cell(story.headline),
        output.cell(_growth(story), "dim"),
    )


def _outlets(story: "Story") -> str:
    named = ", ".join(story.outlets[:_NAMED])
    more = len(story.outlets) - _NAMED
    return f"{named} and {more} more" if more > 0 else named


def _growth(story: "Story") -> str:
    """What came within a day: only where there was something before."""
    return f"+{story.grown} in a day" if 0 < story.grown < story.size else ""


_STORY = """
aggregator story 311
aggregator story 311 --json | jq -r '.items[].url'
"""


def story(
    run: Run,
    number: Annotated[str, typer.Argument(metavar="ID", help="As `aggregator stories` lists it.")],
) -> None:
    """Show one story: the outlets' articles in their order, and why each is in it.

    The number of a story that became part of another leads to that one.
    """
    config = run.config()
    with run.store(config) as store:
        found = _stored(store, number, run.now)
        if run.json:
            articles = store.items_of(found.items)
            box = boxes.box_dict(boxes.of_story(store, config.ai, found, articles))
            output.print_json(story_dict(found, articles, store.memberships(found.items)) | {"box": box})
            return
        output.print_line(told(store, found, run.now, config.ai))


def _stored(store: "Store", number: str, now: "datetime") -> "Story":
    if not number.isdecimal():
        raise UsageError(f'"{number}" is not the id of a story; `aggregator stories` lists them')
    found = store.story(int(number), now) if len(number) < 19 else None
    if found is None:
        raise UsageError(
            f"there is no story {number}; `aggregator stories` lists them, "
            "`aggregator show ID` tells the story of an article"
        )
    return found


# ── told to people ───────────────────────────────────────────────────────────────────────────


def told(store: "Store", story: "Story", now: "datetime", ai: "AiConfig | None" = None) -> str:
    """A story as a page of text."""
    articles, places = store.items_of(story.items), store.memberships(story.items)
    width = output.page_width()
    lines = [*output.wrapped(story.headline, width), "", *output.fact_lines(_facts(story, now), width)]
    lines += boxes.of_story_told(boxes.of_story(store, ai, story, articles), len(story.outlets), width)
    for item_id in story.items:
        if (item := articles.get(item_id)) is not None:
            reason = f"In it {why(places[item_id], places.values())}" if item_id in places else ""
            lines += ["", *_article(item, reason, width, now)]
    return "\n".join(lines)


def _article(item: "Item", reason: str, width: int, now: "datetime") -> Iterator[str]:
    yield from output.wrapped(f"{age(item, now)} · {item.outlet} · id {item.id}", width)
    for text in (item.title, item.summary, reason):
        yield from output.wrapped(text, width, indent="  ")


def _facts(story: "Story", now: "datetime") -> Iterator[tuple[str, str]]:
    yield "First", f"{ago(story.first_at, now)} ({exact(story.first_at)})"
    yield "Latest", f"{ago(story.last_at, now)} ({exact(story.last_at)})"
    yield "Outlets", ", ".join(story.outlets)
    grown = f", {story.grown} of them new within a day" if 0 < story.grown < story.size else ""
    yield "Articles", f"{story.size}{grown}"
    yield "Language", story.language or ""


def why(place: "Membership", places: "Iterable[Membership]") -> str:
    """Why an item is in its story, as the end of a sentence; ``places`` are those of the whole story."""
    if place.by_hand:
        return "because a reader put it there."
    if not place.shared:
        if place.score < 1:
            return f"with a likeness of {place.score:.2f}."
        began = [one for one in places if one.score >= 1 and not (one.shared or one.by_hand)]
        first = min(began, key=lambda one: (one.joined_at, one.item_id), default=place)
        if first.item_id == place.item_id:
            return "from the start."
        return "from the start of another story, which became a part of this one."
    if place.shared[0].kind == "copy":
        return f"because it is a copy of “{place.shared[0].text}”."
    return f"for {reasons(place.shared)} (likeness {place.score:.2f})."


def reasons(shared: "Iterable[SharedTerm]") -> str:
    """What two things have in common, the strongest first."""
    told = [_reason(term) for term in list(shared)[:_REASONS]]
    return ", ".join(told[:-1]) + " and " + told[-1] if len(told) > 1 else "".join(told)


def _reason(term: "SharedTerm") -> str:
    match term.kind:
        case "name":
            return f"the name {term.text}"
        case "link":
            return f"a link to {term.text}"
        case "copy":
            return f"a copy, {term.text}"
        case "hand":
            return "a reader's decision"
        case "term":
            return f"“{term.text}”"


# ── told to programs ─────────────────────────────────────────────────────────────────────────


def story_dict(
    story: "Story", articles: "Mapping[int, Item]", places: "Mapping[int, Membership] | None" = None
) -> dict[str, Any]:
    """The object that ``stories --json`` prints; with ``places``, as ``story --json``, why each is in it."""
    listed = []
    for item_id in story.items:
        if (item := articles.get(item_id)) is not None:
            place = None if places is None else places.get(item_id)
            listed.append(_article_dict(item) | ({} if place is None else place_dict(place)))
    return {
        "id": story.id,
        "headline": story.headline,
        "language": story.language,
        "first": instant(story.first_at),
        "last": instant(story.last_at),
        "joined": instant(story.joined_at),
        "outlets": list(story.outlets),
        "size": story.size,
        "grown": story.grown,
        "lead": story.lead,
        "items": listed,
    }


def _article_dict(item: "Item") -> dict[str, Any]:
    return {
        "id": item.id,
        "outlet": item.outlet,
        "title": item.title,
        "summary": item.summary,
        "url": item.url,
        "published": None if item.published is None else instant(item.published),
        "first_seen": instant(item.first_seen),
    }


def place_dict(place: "Membership") -> dict[str, Any]:
    """Why an item is in its story."""
    return {
        "joined": instant(place.joined_at),
        "likeness": round(place.score, 3),
        "shared": shared_list(place.shared),
        "by_hand": place.by_hand,
    }


def shared_list(shared: "Iterable[SharedTerm]") -> list[dict[str, Any]]:
    """What two things have in common, the strongest first."""
    return [{"kind": term.kind, "text": term.text, "weight": round(term.weight, 3)} for term in shared]
