"""Whom an article names as where it comes from."""

import pytest

from aggregator.core.credit import byline_credits, credits_of, identities, is_agency, is_named
from tests.core.copied import article


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The last paragraph.\n\nSource: Zero Hedge", "Zero Hedge"),
        ("The last paragraph.\nSource Zero Hedge\n", "Zero Hedge"),
        ("The last paragraph.\n\nSource: https://www.zerohedge.com/markets/oil", "www.zerohedge.com"),
        ("The last paragraph.\n\nvia Reuters", "Reuters"),
        ("The last paragraph (via Reuters).", "Reuters"),
        ("Quelle: dpa", "dpa"),
        ("正文结束。\n来源：新华社", "新华社"),
        ("This article originally appeared on The Conversation.", "The Conversation"),
        ("This story was first published by Grist and is reproduced here.", "Grist"),
        ("Republished with permission from Mises Institute.", "Mises Institute"),
        ("Authored by Tyler Durden via ZeroHedge.com,", "ZeroHedge.com"),
        ("Read the original article at zerohedge.com.", "zerohedge.com"),
        ("MANAMA, Nov 2 (Reuters) - Oil rose on Monday.", "Reuters"),
        ("COLUMBIA, S.C. (AP) — A man was found on Monday.", "AP"),
    ],
)
def test_a_named_source_is_read(text: str, name: str) -> None:
    assert [credit.name for credit in credits_of(text)] == [name]
    assert [credit.name for credit in credits_of(f"{article(1)}\n\n{text}")] in ([name], [])


@pytest.mark.parametrize(
    "text",
    [
        "A source said the minister would resign.",
        "He came via London, and left.",
        "Originally published on Nov. 3, 2026",
        "The source of the river is in the mountains.",
        "The company (founded in 1990) - a bank - lost money.",
        article(5),
    ],
)
def test_what_only_looks_like_a_source_is_none(text: str) -> None:
    assert credits_of(text) == ()


def test_sources_are_read_at_the_end_of_a_long_text_and_not_in_its_middle() -> None:
    assert [one.name for one in credits_of(f"{article(1, 900)}\n\nSource: Zero Hedge")] == ["Zero Hedge"]
    assert credits_of(f"{article(1, 900)}\n\nSource: Zero Hedge\n\n{article(2, 900)}") == ()


def test_a_byline_may_name_an_outlet() -> None:
    names = {credit.name for credit in byline_credits(["Tyler Durden via Zero Hedge", "Jane Doe, Reuters"])}
    assert {"Zero Hedge", "Reuters"} <= names


def test_the_names_of_a_byline_come_in_its_order() -> None:
    names = [credit.name for credit in byline_credits(["Jane Doe, Reuters, AP/dpa"])]
    assert names == ["Jane Doe, Reuters, AP/dpa", "Reuters", "AP/dpa", "Jane Doe, Reuters, AP", "dpa"]


@pytest.mark.parametrize(
    ("credit", "outlet", "hosts"),
    [
        ("Zero Hedge", "ZeroHedge", []),
        ("ZeroHedge.com", "Zero Hedge", []),
        ("www.zerohedge.com", "ZH", ["www.zerohedge.com"]),
        ("AP", "The Associated Press", []),
        ("Reuters", "Reuters World News", []),
        ("BBC News", "BBC", []),
    ],
)
def test_a_name_and_its_outlet_are_matched(credit: str, outlet: str, hosts: list[str]) -> None:
    assert is_named(credit, identities(outlet, hosts))


def test_other_names_are_not_matched() -> None:
    assert not is_named("The Guardian", identities("Gulf Insider", ["www.gulf-insider.com"]))
    assert not is_named("AP", identities("Apple Daily", ["127.0.0.1"]))


def test_agencies_are_known_by_their_short_names() -> None:
    assert is_agency("AFP")
    assert is_agency("Reuters")
    assert not is_agency("Gulf Insider")
