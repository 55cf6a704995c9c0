"""What `show` says of copies, and `split` and `join` over a real database."""

import pytest

from tests.cli.conftest import Terminal
from tests.cli.test_items import ids


def test_show_tells_why_two_items_are_one_and_who_is_credited(over: Terminal) -> None:
    known = ids(over)
    first, copy = known["Port News Bridge"], known["Quay Bridge"]
    shown = " ".join(over("show", str(copy)).out.split())

    assert f"Copy of Port News: Bridge [b]opens[/b] (id {first}); the same text, word for word" in shown
    assert f"Credited item {first}, the earliest: it was there by" in shown


def test_an_item_is_split_off_and_joined_again(over: Terminal) -> None:
    known = ids(over)
    first, copy = str(known["Port News Bridge"]), str(known["Quay Bridge"])

    apart = over("split", copy)
    assert (apart.code, apart.out) == (0, f"Item {copy} is no copy any more, and stays apart.\n")
    assert "kept apart from its copies by hand" in " ".join(over("show", copy).out.split())
    assert over("items", "--json", "--outlet", "quay").json_lines[0]["duplicate_of"] is None

    joined = over("join", first, copy)
    assert joined.code == 0
    assert joined.out == f"Items {first} and {copy} are one article now, whose first is item {first}.\n"
    assert over("items", "--json", "--outlet", "quay").json_lines[0]["duplicate_of"] == int(first)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["split", "x"], '"x" is not an id'),
        (["split", "999"], "there is no item 999"),
        (["join", "1", "999"], "there is no item 999"),
        (["join", "1", "1"], "cannot be joined with itself"),
    ],
)
def test_what_cannot_be_decided_ends_with_2_and_a_sentence(
    over: Terminal, arguments: list[str], message: str
) -> None:
    result = over(*arguments)

    assert result.code == 2
    assert message in result.err
