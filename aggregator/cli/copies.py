"""Whose copy is what, and why? The evidence in sentences, and two commands that overrule it and stories."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli import output
from aggregator.cli.command import Run, command
from aggregator.cli.times import exact
from aggregator.errors import UsageError
from aggregator.report import instant

if TYPE_CHECKING:
    from aggregator.model.copies import CopyGroup, CopyOf, Credit, Crediting, Likeness, Tie
    from aggregator.store import Store


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    command(app, "split", examples=_SPLIT)(split)
    command(app, "join", examples=_JOIN)(join)


_ID = "As `aggregator items` lists it."
_SPLIT = """
aggregator split 1024
aggregator split 1024 --story
aggregator show 1024
"""


def split(
    run: Run,
    item: Annotated[str, typer.Argument(metavar="ITEM", help=_ID)],
    of_story: Annotated[
        bool, typer.Option("--story", help="Out of its story, also where it is a copy of another.")
    ] = False,
) -> None:
    """Take an item out of its group of copies, or out of its story.

    Out of the story where it is in no group of copies. It stays out, whatever arrives; `aggregator join`
    takes that back.
    """
    number = _number(item)
    config = run.config()
    with run.store(config) as store:
        if not of_story and store.copy_group(number).others:
            store.split(number, run.now)
            told = f"Item {number} is no copy any more, and stays apart."
        else:
            story = store.split_story(number, run.now)
            told = f"Item {number} is in story {story} now, and stays apart from what it was with."
    if not run.quiet:
        output.print_line(told)


_JOIN = """
aggregator join 1024 980
aggregator join 1024 980 --story
aggregator show 980
"""


def join(
    run: Run,
    item: Annotated[str, typer.Argument(metavar="ITEM", help=_ID)],
    other: Annotated[str, typer.Argument(metavar="ITEM", help=_ID)],
    of_story: Annotated[
        bool, typer.Option("--story", help="Make one story of theirs; they remain two articles.")
    ] = False,
) -> None:
    """Make two items copies of one article, or their stories one.

    They stay together with all that is a copy of either, or with all of both stories; `aggregator split`
    takes that back.
    """
    one, two = _number(item), _number(other)
    config = run.config()
    with run.store(config) as store:
        if of_story:
            story = store.join_stories(one, two, run.now)
            told = f"Items {one} and {two} are of one story now: {story}.{_languages(store, one, two)}"
        else:
            store.join(one, two, run.now)
            group = store.copy_group(one)
            first = group.crediting.first if group.crediting else one
            told = f"Items {one} and {two} are one article now, whose first is item {first}."
    if not run.quiet:
        output.print_line(told)


def _languages(store: "Store", *numbers: int) -> str:
    """A story that no comparison would have made is told of."""
    found = [item.language for number in numbers if (item := store.item(number)) is not None]
    codes = dict.fromkeys(code.partition("-")[0].lower() for code in found if code)
    return f" They are in different languages: {' and '.join(codes)}." if len(codes) > 1 else ""


def _number(said: str) -> int:
    if not said.isdecimal() or len(said) > 18:
        raise UsageError(f'"{said}" is not an id; `aggregator items` lists them')
    return int(said)


# ── the evidence ─────────────────────────────────────────────────────────────────────────────


def evidence(group: "CopyGroup") -> Iterator[tuple[str, str]]:
    """Lines of `show`: what else is this article, why, and who is credited."""
    for other in group.others:
        is_first = group.crediting is not None and other.id == group.crediting.first
        name = f"{other.outlet}: {other.title} (id {other.id})"
        yield ("Copy of" if is_first else "Also at"), f"{name}; {_why(group.item, other)}"
    if group.crediting is not None:
        yield "Credited", " ".join(_credited(group.item, group.crediting))
    if group.apart_since is not None:
        told = f"kept apart from its copies by hand since {exact(group.apart_since)}"
        yield "Copies", f"{told}; `aggregator join {group.item} ID` undoes that"


def _why(item: int, other: "CopyOf") -> str:
    if not other.ties:
        return "by way of another item that both are like"
    if len(other.ties) == 1:
        return _tie(other.ties[0], here=item)
    at, steps = item, []
    for tie in other.ties:
        there = tie.other if tie.one == at else tie.one
        steps.append(f"item {there} and {'this one' if at == item else f'item {at}'}: {_tie(tie, here=at)}")
        at = there
    return f"by way of item {_between(item, other)}. " + "; ".join(steps)


def _between(item: int, other: "CopyOf") -> str:
    first = other.ties[0]
    return str(first.other if first.one == item else first.one)


def _tie(tie: "Tie", *, here: int) -> str:
    """Why two items are one, told from the side of ``here``."""
    if tie.kind == "address":
        return "the same address"
    if tie.kind == "hand":
        return f"joined by hand{f' on {exact(tie.at)}' if tie.at else ''}"
    if tie.likeness is None:
        return "the same text, word for word"
    return _likeness(tie.likeness, here_is_one=tie.one == here)


def _likeness(like: "Likeness", *, here_is_one: bool) -> str:
    one = (like.one_words, like.one_shared, like.one_share)
    other = (like.other_words, like.other_shared, like.other_share)
    here, there = (one, other) if here_is_one else (other, one)
    shared = (
        f"{here[1]} of the {here[0]} words here ({here[2]:.0%}) and {there[1]} of the {there[0]} there "
        f"({there[2]:.0%}) stand in runs that both have; {like.resemblance:.0%} of all runs of words are in "
        f"both. The longest such passage: “{like.passage}”"
    )
    if like.relation == "copy":
        return f"nearly the same text: {shared}"
    return f"{'this is a part of it' if here[0] <= there[0] else 'it is a part of this'}: {shared}"


def _credited(here: int, crediting: "Crediting") -> Iterator[str]:
    who = "this item" if crediting.first == here else f"item {crediting.first}"
    if crediting.credit is None:
        yield f"{who}, the earliest: it was there by {exact(crediting.by)}."
    else:
        namer = "this item" if crediting.named_by == here else f"item {crediting.named_by}"
        yield f"{who}, which {_naming(namer, crediting.credit)}."
    for item, credit in crediting.unknown:
        namer = "this item" if item == here else f"item {item}"
        yield f"{credit.name} is named as well ({_words(namer, credit)}), and has no item here."


def _naming(namer: str, credit: "Credit") -> str:
    if credit.where == "address":
        return f"{namer} names as its own address"
    return f"{namer} names as its source in its {_words('', credit)}"


def _words(namer: str, credit: "Credit") -> str:
    place = f"{namer}'s {credit.where}" if namer else credit.where
    return f"{place}: “{credit.words}”" if credit.words else place


# ── the same for programs ────────────────────────────────────────────────────────────────────


def group_dict(group: "CopyGroup") -> dict[str, Any]:
    """What ``show --json`` tells of an item's copies."""
    return {
        "credited": None if group.crediting is None else _crediting_dict(group.crediting),
        "apart_since": None if group.apart_since is None else instant(group.apart_since),
        "members": [
            {
                "id": other.id,
                "outlet": other.outlet,
                "title": other.title,
                "url": other.url,
                "relation": other.relation,
                "evidence": [_tie_dict(tie) for tie in other.ties],
            }
            for other in group.others
        ],
    }


def _crediting_dict(crediting: "Crediting") -> dict[str, Any]:
    credit = crediting.credit
    return {
        "id": crediting.first,
        "rule": "earliest" if credit is None else "named",
        "by": instant(crediting.by),
        "named_by": crediting.named_by,
        "where": None if credit is None else credit.where,
        "words": None if credit is None else credit.words,
        "named_without_item": [
            {"named_by": item, "name": one.name, "where": one.where, "words": one.words}
            for item, one in crediting.unknown
        ],
    }


def _tie_dict(tie: "Tie") -> dict[str, Any]:
    """Why two items are one; shares and words in the order of ``items``."""
    told: dict[str, Any] = {"rule": tie.kind, "items": [tie.one, tie.other]}
    if tie.at is not None:
        told["decided"] = instant(tie.at)
    if (like := tie.likeness) is not None:
        told |= {
            "words": [like.one_words, like.other_words],
            "shared": [like.one_shared, like.other_shared],
            "shares": [round(like.one_share, 3), round(like.other_share, 3)],
            "resemblance": round(like.resemblance, 3),
            "passage": like.passage,
        }
    return told
