"""Which outlets and articles the demo ships: the packaged TOML files as values."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.resources import files
from typing import Any

#: the order in which the demo lists its outlets; each is a file of ``data/``
OUTLETS = (
    "harbour_gazette",
    "norhaven_courier",
    "meridian_science",
    "wexley_observer",
    "open_ledger",
    "lindenfurter_bote",
    "kettle_and_crane",
    "late_edition",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleArticle:
    """One article; ``age`` is None where the outlet's feed gives no date."""

    slug: str
    title: str
    author: str
    summary: str
    paragraphs: tuple[str, ...]
    tags: tuple[str, ...]
    age: timedelta | None
    #: a section that has a feed of its own, "" without one
    section: str
    #: its page answers 404
    missing: bool
    #: of readers, as its feed counts them; None where it does not
    comments: int | None
    #: as the outlet prints it once it has found its mistake
    corrected: "SampleArticle | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOutlet:
    """One made-up publisher and what it printed, newest first."""

    #: its file's name, and its path where all outlets share one address
    key: str
    name: str
    slogan: str
    language: str
    tags: tuple[str, ...]
    sections: tuple[str, ...]
    articles: tuple[SampleArticle, ...]


def template(name: str) -> str:
    """Text of a packaged page template, for ``string.Template``."""
    return (files(__package__) / "data" / name).read_text(encoding="utf-8")


def outlets() -> tuple[SampleOutlet, ...]:
    """All sample outlets, agency stories already printed in each paper that took them."""
    stories = _load("wire")["story"]
    return tuple(_outlet(key, _load(key), stories) for key in OUTLETS)


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "data" / f"{name}.toml").read_text(encoding="utf-8"))


def _outlet(key: str, table: Mapping[str, Any], stories: Mapping[str, Any]) -> SampleOutlet:
    return SampleOutlet(
        key=key,
        name=table["name"],
        slogan=table["slogan"],
        language=table["language"],
        tags=tuple(table["tags"]),
        sections=tuple(table["sections"]),
        articles=tuple(_article(entry, stories) for entry in table["article"]),
    )


def _article(entry: Mapping[str, Any], stories: Mapping[str, Any]) -> SampleArticle:
    # what the paper writes itself (a headline of its own) goes before the agency's
    entry = {**stories.get(entry.get("wire", ""), {}), **entry}
    correction = entry.pop("correction", None)
    if correction is None:
        return _printed(entry)
    return replace(_printed(entry), corrected=_printed(_corrected(entry, correction)))


def _corrected(entry: Mapping[str, Any], correction: Mapping[str, Any]) -> dict[str, Any]:
    """The article with other words in place of the wrong ones, and a note that says so at its end."""
    table = dict(entry)
    for name in ("title", "summary", "body"):
        for wrong, right in correction["words"]:
            table[name] = table[name].replace(wrong, right)
    table["body"] += f"\n\n{correction['note']}"
    return table


def _printed(entry: Mapping[str, Any]) -> SampleArticle:
    hours = entry.get("hours_ago")
    return SampleArticle(
        slug=entry["slug"],
        title=entry["title"],
        author=entry["author"],
        summary=entry["summary"],
        paragraphs=tuple(
            p.strip().replace("\n", " ") for p in entry.get("body", "").split("\n\n") if p.strip()
        ),
        tags=tuple(entry["tags"]),
        age=None if hours is None else timedelta(hours=hours),
        section=entry.get("section", ""),
        missing=entry.get("missing", False),
        comments=entry.get("comments"),
    )
