"""JSON Lines: the shape that other programs rely on, one object a line."""

import json
from collections.abc import Iterator
from itertools import islice

from hypothesis import given

from aggregator.export import jsonl
from aggregator.model import Item
from tests.export.making import bare_item, full_item, make_item
from tests.export.strategies import any_items


def test_an_item_has_the_shape_of_the_contract() -> None:
    assert list(jsonl.item_dict(full_item(duplicate_of=7, relation="copy")).items()) == [
        ("id", 1),
        ("outlet", "Gulf Insider"),
        ("feed", "https://gulf.example/feed/"),
        ("guid", "https://gulf.example/?p=1"),
        ("url", "https://gulf.example/bridge"),
        ("canonical_url", "https://gulf.example/bridge"),
        ("title", "Bridge opens"),
        ("summary", "It opened."),
        ("text", "The bridge opened today.\n\nTraffic flows."),
        ("text_source", "feed"),
        ("authors", ["Layla Ali", "Omar Saïd"]),
        ("published", "2026-01-31T08:00:00Z"),
        ("published_source", "feed"),
        ("published_earliest", "2026-01-31T08:00:00Z"),
        ("published_latest", "2026-01-31T08:00:00Z"),
        ("first_seen", "2026-01-31T09:30:00Z"),
        ("updated", "2026-01-31T08:45:30Z"),
        ("language", "en_GB"),
        ("tags", ["Roads", "Traffic & transport"]),
        ("outlet_tags", ["bahrain"]),
        (
            "enclosures",
            [
                {"url": "https://gulf.example/bridge.mp3", "type": "audio/mpeg", "length": 1234},
                {"url": "https://gulf.example/bridge.bin", "type": None, "length": None},
            ],
        ),
        ("image", "https://gulf.example/bridge.jpg"),
        ("duplicate_of", 7),
        ("relation", "copy"),
        ("story", None),
        ("held_until", None),
        ("comments", None),
        ("is_lead", False),
    ]


def test_what_is_unknown_is_null_and_an_absent_text_is_empty() -> None:
    unknown = jsonl.item_dict(bare_item())
    assert [
        unknown[name] for name in ("published", "updated", "language", "text_source", "image", "relation")
    ] == [None] * 6
    assert unknown["text"] == ""


def test_an_item_is_one_line_to_every_reader() -> None:
    item = make_item(text="a\nb\u2028c\x85d\x1ce", title="\ud83d half")
    (line,) = jsonl.lines([item])
    assert line.encode().decode().splitlines() == [line.removesuffix("\n")]
    read = json.loads(line)
    assert read["text"] == item.text
    assert read["title"] == "\N{REPLACEMENT CHARACTER} half"


@given(any_items)
def test_whatever_outlets_write_each_line_is_one_object(items: list[Item]) -> None:
    text = "".join(jsonl.lines(items)).encode().decode()
    assert [json.loads(line)["id"] for line in text.splitlines()] == [item.id for item in items]


def test_an_archive_is_never_held_in_memory() -> None:
    def archive() -> Iterator[Item]:
        number = 0
        while True:
            number += 1
            yield make_item(id=number)

    assert [json.loads(line)["id"] for line in islice(jsonl.lines(archive()), 3)] == [1, 2, 3]


def test_lines_without_texts_keep_everything_else() -> None:
    (line,) = jsonl.lines([full_item()], full=False)
    assert json.loads(line) == jsonl.item_dict(full_item()) | {"text": ""}
