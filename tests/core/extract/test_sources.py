"""Sources that a page names below its article are known although they are no part of it."""

from aggregator.core.extract import extract
from aggregator.model.copies import Credit

_TEXT = "\n".join(
    f"<p>The harbour board met on day {day} and heard that dredging the northern channel will take "
    f"{day + 3} weeks longer than it was told in spring, which pilots had warned of for years.</p>"
    for day in range(1, 7)
)


def _page(below: str) -> bytes:
    return f"<html><body><article>{_TEXT}</article><div class='tags'>{below}</div></body></html>".encode()


def _named(below: str) -> tuple[Credit, ...]:
    article = extract(_page(below), url="https://gulf.example/a", want_metadata=False)
    assert article is not None
    return article.named


def test_a_source_below_the_text_is_named_though_the_text_does_without_it() -> None:
    (credit,) = _named("<p>Source Zero Hedge</p>")
    assert (credit.name, credit.where) == ("Zero Hedge", "text")


def test_what_else_stands_below_names_nobody() -> None:
    assert _named("<p>Share this</p><p>More news from the port and its people</p>") == ()
