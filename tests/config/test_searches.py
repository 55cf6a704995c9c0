"""Queries in feeds.toml are read when the file is."""

from pathlib import Path

import pytest

from aggregator.config import SearchConfig
from aggregator.config.loading import parse
from aggregator.errors import ConfigError


def test_saved_searches_are_read(tmp_path: Path) -> None:
    text = '[[search]]\nname = "Oil"\nquery = "oil OR gas -stock after:7d"\n'
    assert parse(text, tmp_path / "feeds.toml").searches == (
        SearchConfig(name="Oil", query="oil OR gas -stock after:7d"),
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('oil \\"open', "has a quote that is not closed"),
        ("colour:red", 'has the key "colour:", which there is not; there are outlet:, tag:'),
        ("-oil", "only says what must be absent; type words to find"),
        ("after:soon", "has after:soon, which is no time"),
    ],
)
def test_a_query_that_cannot_be_read_is_told_with_its_place_and_remedy(query: str, said: str) -> None:
    text = (
        f'[[search]]\nname = "Oil"\nquery = "{query}"\n'
        f'[[webhook]]\nurl = "https://x.example/"\nquery = "{query}"\n'
    )
    with pytest.raises(ConfigError) as caught:
        parse(text, Path("feeds.toml"))
    of_search, of_webhook = caught.value.problems
    assert of_search.startswith('feeds.toml: search "Oil": query ')
    assert of_webhook.startswith('feeds.toml: webhook "https://x.example/": query ')
    assert said in of_search
    assert said in of_webhook


def test_a_webhook_without_a_query_is_told_of_everything() -> None:
    text = '[[webhook]]\nurl = "https://x.example/"\nquery = ""\n'
    assert parse(text, Path("feeds.toml")).webhooks[0].query == ""
