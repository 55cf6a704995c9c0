"""Exports to stdout and into files."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal


def test_feeds_leave_copies_out_unless_asked(over: Terminal) -> None:
    assert len(over("export", "json").json["items"]) == 2
    assert len(over("export", "json", "--copies").json["items"]) == 3
    assert len(over("export", "jsonl", "--copies").json_lines) == 3


@pytest.mark.parametrize(
    ("kind", "start"), [("atom", "<?xml"), ("RSS", "<?xml"), ("opml", "<?xml"), ("json", "{")]
)
def test_each_format_is_written_to_stdout(over: Terminal, kind: str, start: str) -> None:
    result = over("export", kind)

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(start)


def test_filters_hold_for_exports(over: Terminal) -> None:
    assert len(over("export", "json", "--outlet", "quay", "--copies").json["items"]) == 1
    assert len(over("export", "json", "--limit", "1").json["items"]) == 1


def test_opml_lists_the_configured_outlets(over: Terminal) -> None:
    out = over("export", "opml").out

    assert out.count("xmlUrl=") == 3
    assert 'text="harbour"' in out


def test_a_file_is_written_once_and_left_alone_when_nothing_changed(over: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "feed.json"

    first = over("export", "json", "--output", str(file))
    again = over("export", "json", "--output", str(file), "--json")

    assert (first.code, first.out, first.err) == (0, "", f"{file} is written.\n")
    assert again.json == {"file": str(file), "written": False}
    assert len(json.loads(file.read_text())["items"]) == 2


def test_a_file_that_cannot_be_written_is_told_and_nothing_is_left(over: Terminal, tmp_path: Path) -> None:
    result = over("export", "atom", "--output", str(tmp_path / "none" / "feed.atom"))

    assert result.code == 2
    assert "cannot be written" in result.err
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_names_those_there_are(over: Terminal) -> None:
    result = over("export", "pdf")

    assert (result.code, result.err) == (
        2,
        'there is no format "pdf"; there are atom, rss, json, jsonl, opml and html\n',
    )


@pytest.mark.parametrize(("kind", "start"), [("atom", "<?xml"), ("rss", "<?xml"), ("json", "{")])
def test_stories_are_entries_of_a_feed_of_their_own(over: Terminal, kind: str, start: str) -> None:
    stories, items = over("export", kind, "--stories"), over("export", kind)

    assert (stories.code, stories.err, stories.out[: len(start)]) == (0, "", start)
    assert "News: stories" in stories.out
    assert stories.out != items.out


def test_stories_are_lines_with_their_articles(over: Terminal) -> None:
    lines = over("export", "jsonl", "--stories").json_lines

    assert {line["headline"]: len(line["items"]) for line in lines} == {
        "Bridge [b]opens[/b]": 1,  # a copy is no other article
        "Ferry late": 1,
    }
    assert len(over("export", "jsonl", "--stories", "--outlet", "Port News", "--limit", "1").json_lines) == 1


@pytest.mark.parametrize("arguments", ["opml --stories", "atom --stories --corrections"])
def test_what_cannot_be_had_of_stories_is_said(over: Terminal, arguments: str) -> None:
    result = over("export", *arguments.split())

    assert (result.code, result.out) == (2, "")
    assert "stories" in result.err


def test_a_website_is_not_strewn_over_a_whole_disk(over: Terminal) -> None:
    result = over("export", "html", "--output", "/")

    assert (result.code, result.out) == (2, "")
    assert "/ is no directory for them: name one of its own" in result.err
