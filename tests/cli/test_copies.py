"""What `show` says of copies, and `split` and `join` over a real database."""

import pytest

from aggregator.cli.copies import group_dict
from aggregator.model.copies import CopyGroup, CopyOf, Credit, Crediting, Likeness, Tie
from tests.cli.conftest import Terminal
from tests.cli.test_items import ids
from tests.conftest import NOW
from tests.fakes import FakeSite
from tests.press import Entry, outlet, rss


def test_show_tells_why_two_items_are_one_and_who_is_credited(over: Terminal) -> None:
    known = ids(over)
    first, copy = known["Port News Bridge"], known["Quay Bridge"]
    shown = " ".join(over("show", str(copy)).out.split())

    assert f"Copy of Port News: Bridge [b]opens[/b] (id {first}); the same text, word for word" in shown
    assert f"Credited item {first}, the earliest: it was there by" in shown


def test_show_as_json_tells_the_copies_with_their_evidence(over: Terminal) -> None:
    known = ids(over)
    first, copy = known["Port News Bridge"], known["Quay Bridge"]
    told = over("show", str(first), "--json").json["copies"]

    assert [(one["id"], one["outlet"], one["relation"]) for one in told["members"]] == [
        (copy, "Quay", "copy")
    ]
    (evidence,) = told["members"][0]["evidence"]
    assert (evidence["rule"], sorted(evidence["items"])) == ("text", [first, copy])
    assert (told["credited"]["id"], told["credited"]["rule"], told["apart_since"]) == (
        first,
        "earliest",
        None,
    )
    alone = over("show", str(known["Port News Ferry"]), "--json").json["copies"]
    assert alone == {"credited": None, "apart_since": None, "members": []}


def test_likeness_is_told_to_programs_as_numbers_and_the_passage() -> None:
    like = Likeness(
        relation="copy",
        one_words=100,
        other_words=80,
        one_shared=75,
        other_shared=76,
        resemblance=0.71234,
        passage="the old bridge",
    )
    tie = Tie(kind="near", one=1, other=2, likeness=like)
    by_hand = Tie(kind="hand", one=2, other=3, at=NOW)
    credit = Credit(name="Port News", where="text", words="Source: Port News")
    other = CopyOf(
        id=3,
        outlet="Quay",
        title="Bridge",
        url="https://quay.example/",
        published=None,
        first_seen=NOW,
        relation="copy",
        ties=(tie, by_hand),
    )
    crediting = Crediting(first=1, by=NOW, named_by=2, credit=credit, unknown=((3, credit),))

    told = group_dict(CopyGroup(item=1, others=(other,), crediting=crediting, apart_since=NOW))

    assert told["members"][0]["evidence"] == [
        {
            "rule": "near",
            "items": [1, 2],
            "words": [100, 80],
            "shared": [75, 76],
            "shares": [0.75, 0.95],
            "resemblance": 0.712,
            "passage": "the old bridge",
        },
        {"rule": "hand", "items": [2, 3], "decided": "2026-11-20T12:00:00Z"},
    ]
    assert told["apart_since"] == "2026-11-20T12:00:00Z"
    assert told["credited"] == {
        "id": 1,
        "rule": "named",
        "by": "2026-11-20T12:00:00Z",
        "named_by": 2,
        "where": "text",
        "words": "Source: Port News",
        "named_without_item": [
            {"named_by": 3, "name": "Port News", "where": "text", "words": "Source: Port News"}
        ],
    }


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


def test_a_story_of_two_languages_is_told_when_it_is_made(run: Terminal, site: FakeSite) -> None:
    for name in ("en", "de"):
        site.serve(f"/{name}.xml", rss([Entry(number=1, title=f"Quite another matter in {name}")]))
    run.newsroom.outlets(
        *(outlet(name.upper(), site.url(f"/{name}.xml"), language=f'"{name}"') for name in ("en", "de"))
    )
    run.newsroom.once()
    one, two = (item.id for item in run.newsroom.items())
    told = run("join", str(one), str(two), "--story").out
    assert "They are in different languages: " in told
