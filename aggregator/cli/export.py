"""How does the news get out: one export, to stdout or into a file."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli import output
from aggregator.cli.command import Run, Wanted, command
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.config import Config
    from aggregator.model import FeedSpec
    from aggregator.publish import Exportable
    from aggregator.store import Store


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    command(app, "export", examples=_EXPORT, filters=True)(export)


_EXPORT = """
aggregator export atom --output public/feed.atom
aggregator export json --tag gulf --since 2d
aggregator export atom --stories --output public/stories.atom
aggregator export jsonl --copies | gzip > items.jsonl.gz
aggregator export atom --corrections --since 7d
aggregator export atom --search Bahrain --output public/bahrain.atom
aggregator export opml > outlets.opml
aggregator export html --output public
"""


def export(
    run: Run,
    wanted: Wanted,
    format_name: Annotated[
        str, typer.Argument(metavar="FORMAT", help="atom, rss, json, jsonl, opml or html.")
    ],
    file: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Written whole or not at all; default: stdout. html: a directory.",
        ),
    ] = None,
    stories: Annotated[
        bool, typer.Option("--stories", help="One entry a story, with a link to each outlet.")
    ] = False,
    corrections: Annotated[
        bool, typer.Option("--corrections", help="One entry an edit; --since and --until are of the edit.")
    ] = False,
    search: Annotated[
        str | None,
        typer.Option("--search", metavar="NAME", help="What a [[search]] of the configuration finds."),
    ] = None,
) -> None:
    """Write items or stories as a feed, or the outlets.

    The feed formats are atom, rss and json (JSON Feed 1.1); jsonl is one JSON object an item; opml lists
    the outlets for other readers. With --stories: an entry a story, with a link to each outlet that tells
    it. With --corrections: what the outlets changed in their articles. html is a website in a directory, of
    which only what has changed is written.
    """
    _check_together(stories=stories, corrections=corrections, search=search)
    if format_name.lower() == "html":
        if corrections or search is not None:
            raise UsageError("a website is of articles and stories; it has no --corrections and no --search")
        _site(run, wanted, file)
        return
    kind = _format(format_name)
    from aggregator import publish
    from aggregator.model.stories import StoryFilter

    config = run.config()
    with run.store(config) as store:
        limit = publish.LIMITS[kind]
        chosen = wanted.resolve(run, config, store, default_limit=limit, copies=wanted.copies)
        which = replace(chosen, shown_at=run.now)  # what is held back is not out yet
        info = publish.feed_info(config.publish, store, now=run.now)
        if stories:
            told = StoryFilter(items=which, now=run.now)
            chunks = publish.export_stories(kind, store, told, feed=info)
        elif corrections:
            chunks = publish.export_corrections(kind, store, which, feed=info)
        elif search is not None:
            chunks = publish.export_search(
                kind, store, config.searches, search, which, feed=info, now=run.now
            )
        else:
            chunks = publish.export(kind, store, _feeds(config, store), which, feed=info)
        if file is None:
            output.print_utf8(chunks)
            return
        written = publish.write_whole(file, chunks)
    if run.json:
        output.print_json({"file": str(file), "written": written})
    elif not run.quiet:
        output.tell(f"{file} is written." if written else f"{file} holds the same already.")


def _check_together(*, stories: bool, corrections: bool, search: str | None) -> None:
    if stories and corrections:
        raise UsageError("--stories and --corrections are two exports; expected one of them")
    if search is not None and (stories or corrections):
        raise UsageError("--search is of items: it does not go with --stories or --corrections")


def _format(name: str) -> "Exportable":
    from aggregator.publish import LIMITS

    for kind in LIMITS:
        if kind == name.lower():
            return kind
    raise UsageError(f'there is no format "{name}"; there are {", ".join(LIMITS)} and html')


def _site(run: Run, wanted: Wanted, directory: Path | None) -> None:
    """The website, in a directory of its own."""
    from aggregator import publish, site

    if directory is None:
        raise UsageError("a website is many files; expected the directory for them: --output DIR")
    if directory.resolve() in (Path(directory.resolve().anchor), Path.home()):
        raise UsageError(
            f"a website is many files; {directory} is no directory for them: name one of its own"
        )
    config = run.config()
    with run.store(config) as store:
        chosen = wanted.resolve(run, config, store, default_limit=site.LIMIT, copies=False)
        which = replace(chosen, shown_at=run.now)
        info = publish.feed_info(config.publish, store, now=run.now)
        feeds = publish.site_feeds(store, _feeds(config, store), which, info, limit=100)
        done = site.build(directory, store, which, info, feeds, ai=config.ai)
    if run.json:
        told = {"directory": str(directory), "files": done.files, "written": done.written}
        output.print_json({**told, "removed": done.removed})
    elif not run.quiet:
        changed = f"{done.written} of them new or changed, {done.removed} removed"
        output.tell(f"{directory} has {done.files} files, {changed}; index.html is the front page.")


def _feeds(config: "Config", store: "Store") -> "Sequence[FeedSpec]":
    """Every feed that is configured, and those that were found for an outlet that gives none."""
    from aggregator.model import FeedSpec

    found: dict[str, list[str]] = {}
    if any(not outlet.feeds for outlet in config.outlets):
        for feed in store.health():
            if feed.listed:
                found.setdefault(feed.outlet.casefold(), []).append(feed.feed)
    return [
        FeedSpec(
            url=url, outlet=outlet.name, homepage=outlet.homepage, tags=outlet.tags, language=outlet.language
        )
        for outlet in config.outlets
        for url in outlet.feeds or found.get(outlet.name.casefold(), ())
    ]
