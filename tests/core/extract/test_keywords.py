"""What a page says that its article is about."""

from typing import Any

from aggregator.core.extract.keywords import MAX_TAGS, stated


def tags(meta: dict[str, list[str]] | None = None, *nodes: dict[str, Any], text: str = "") -> list[str]:
    return list(stated(meta or {}, nodes, "A headline", text))


def test_an_articles_own_tags_come_first_and_its_sections_last() -> None:
    meta = {"article:section": ["World"], "article:tag": ["Oil", "Gulf"], "news_keywords": ["Oil, Manama"]}
    assert tags(meta) == ["Oil", "Gulf", "Manama", "World"]


def test_json_ld_keywords_are_a_text_with_commas_or_a_list_of_texts_or_terms() -> None:
    assert tags(None, {"keywords": "oil, gas"}) == ["oil", "gas"]
    assert tags(None, {"keywords": ["Oil, crude", {"@type": "DefinedTerm", "name": "Gas"}]}) == [
        "Oil, crude",
        "Gas",
    ]


def test_json_ld_tells_what_an_article_is_about_and_its_section() -> None:
    node = {
        "about": [{"@type": "Thing", "name": "Manama"}, {"name": ["odd"]}, 7],
        "articleSection": "Business",
    }
    assert tags(None, node) == ["Manama", "Business"]


def test_of_keywords_for_search_engines_only_what_stands_in_the_article_counts() -> None:
    meta = {"keywords": ["cheap flights, oil prices, Norhaven"]}
    assert tags(meta, text="In Norhaven, Oil Prices rose.") == ["oil prices", "Norhaven"]


def test_a_long_list_for_search_engines_is_none() -> None:
    assert tags({"news_keywords": [", ".join(f"word {n}" for n in range(60))]}) == []


def test_addresses_and_whole_sentences_are_no_tags() -> None:
    assert tags({"article:tag": ["https://x.example/tag", "word " * 40, " ", "Oil"]}) == ["Oil"]


def test_there_is_an_end_to_tags() -> None:
    assert len(tags({"article:tag": [f"Tag {n}" for n in range(500)]})) == MAX_TAGS
