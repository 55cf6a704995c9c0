"""What answers a question: the passages that hold it, and, where a model is configured, its words on them."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli import output
from aggregator.cli.boxes import written, written_dict
from aggregator.cli.command import Run, Wanted, command
from aggregator.cli.times import ago

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.core.answer import Question
    from aggregator.model.stories import Box, Passage
    from aggregator.store import Store

#: articles that are read for an answer
_READ = 40


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    command(app, "ask", examples=_ASK, filters=True)(ask)


_ASK = """
aggregator ask "how many people died in the ferry accident?"
aggregator ask who won the election in Bahrain --since 7d
aggregator ask "when does the bridge open?" --json | jq -r .passages[0].text
"""


def ask(
    run: Run,
    wanted: Wanted,
    question: Annotated[list[str], typer.Argument(help="In your words; quotes keep the shell off it.")],
) -> None:
    """Answer a question from what is stored.

    With the sentences that hold the answer, and where they stand. --limit: of the articles that are read.
    """
    from aggregator.box import found_passages
    from aggregator.core.answer import understood

    config = run.config()
    with run.store(config) as store:
        asked = understood(" ".join(question))
        chosen = wanted.resolve(run, config, store, default_limit=_READ, copies=False)
        while store.index_pending():  # what an interrupted run left
            pass
        found = found_passages(store, asked, chosen, run.now)
        box = _written(config, store, asked, found, run.now)
    if run.json:
        told: dict[str, Any] = {"question": asked.text, "passages": [passage_dict(one) for one in found]}
        output.print_json(told | ({"answer": written_dict(box)} if box is not None else {}))
    elif not found:
        output.tell("Nothing stored answers this; `aggregator search` finds articles by their words.")
    else:
        output.print_line("\n".join(_told(found, box, run.now)))


def _written(
    config: "Config", store: "Store", asked: "Question", found: "Sequence[Passage]", now: "datetime"
) -> "Box | None":
    """The model's answer, where one is configured, and says something that rests on the passages."""
    if config.ai is None or not found:
        return None
    import asyncio

    from aggregator.box import Boxes
    from aggregator.store.thread import StoreThread

    thread = StoreThread()
    boxes = Boxes(ai=config.ai, fetch=config.fetch, store=store, thread=thread, clock=lambda: now)
    try:
        return asyncio.run(boxes.answer(asked, found))
    finally:
        thread.close()


def passage_dict(passage: "Passage") -> dict[str, Any]:
    """A passage as JSON tells it; without a place in the text where it is the title."""
    from aggregator.export.text import iso

    return {
        "text": " ".join(sentence.text for sentence in passage.sentences),
        "outlet": passage.outlet,
        "title": passage.title,
        "url": passage.url,
        "item": passage.item_id,
        "published": iso(passage.sort_at),
        "start": None if passage.is_title else passage.sentences[0].start,
        "end": None if passage.is_title else passage.sentences[-1].end,
        "score": passage.score,
    }


def _told(found: "Sequence[Passage]", box: "Box | None", now: "datetime") -> Iterator[str]:
    """The model's answer with what it rests on, if there is one; then each passage and where it stands."""
    width = output.page_width()
    if box is not None:
        yield from written(box, width)
        yield ""
    for place, passage in enumerate(found):
        if place:
            yield ""
        text = " ".join(output.one_line(sentence.text) for sentence in passage.sentences)
        yield from output.wrapped(text, width)
        where = f"{passage.outlet}, {ago(passage.sort_at, now)}: {passage.title} (item {passage.item_id})"
        yield from output.wrapped(where, width, indent="  ", hanging="  ")
        if passage.url:
            yield f"  {output.shown(passage.url)}"
