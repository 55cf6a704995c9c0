"""Key phrases of a title and text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.features import features_of
from aggregator.core.keyphrases import Rarity, labels_of, phrases, read, without_label

_TEXT = (
    "NORHAVEN, March 3 (Wire) - The Harbour Council met Fatima Rahman on Monday. Rahman told the council "
    "that dredging will begin in May. Dredging costs more than the Bank of Norland lends, Rahman said."
)


def found(title: str, text: str, *, language: str | None = "en", rarity: Rarity | None = None) -> list[str]:
    return [one.text for one in phrases(read(title, text, language), rarity or Rarity())]


def test_names_come_whole_and_a_surname_is_the_same_person() -> None:
    texts = found("Dredging to begin", _TEXT)
    assert "Fatima Rahman" in texts
    assert "Rahman" not in texts


def test_small_words_stand_inside_names_only() -> None:
    candidates = {one.text for one in read("", _TEXT, "en").candidates}
    assert "Bank of Norland" in candidates
    assert not any(text.startswith(("of ", "the ")) or text.endswith((" of", " the")) for text in candidates)


def test_the_place_of_publication_is_no_phrase() -> None:
    assert not any("norhaven" in text.casefold() for text in found("Dredging to begin", _TEXT))


def test_a_frequent_word_at_the_head_of_a_name_belongs_to_it() -> None:
    texts = found("A storm over the south", "Ships left New Zealand. Nobody in New Zealand saw the storm.")
    assert "New Zealand" in texts
    assert "Zealand" not in texts


def test_owner_and_owned_are_two_things() -> None:
    keys = {one.key for one in read("", "We saw Norland's Fleet today.", "en").candidates}
    assert {"norland", "fleet"} <= keys
    assert "norlandfleet" not in keys


def test_what_every_stored_item_says_is_weaker_than_what_few_say() -> None:
    title = "Ferries and bridges"
    reading = read(title, "", "en")
    terms = {one.text: one.term for one in features_of(title, outlet="X", stated="en").terms}
    rarity = Rarity(items=1000, counts={terms["Ferries"]: 900, terms["bridges"]: 2})
    scores = {one.text: one.score for one in phrases(reading, rarity)}
    assert scores["bridges"] > scores["Ferries"]


def test_addresses_are_no_phrases() -> None:
    keys = {
        one.key
        for one in read("", "See https://harbour.example/news or mail a@harbour.example.", "en").candidates
    }
    assert not any("harbour" in key for key in keys)


def test_chinese_phrases_are_what_repeats_whole() -> None:
    text = "中央银行今天宣布降低利率。市场认为中央银行的决定是正确的。专家说中央银行还会降低利率。"
    texts = found("中央银行降低利率", text, language="zh")
    assert "中央银行" in texts
    assert "央银" not in texts


def test_katakana_words_are_found_in_japanese() -> None:
    text = "オリンピックの準備が進む。東京はオリンピックを待つ。"
    assert "オリンピック" in found("オリンピック開幕へ", text, language="ja")


def test_where_every_noun_has_a_capital_one_says_little() -> None:
    german = "Die Stadt plant einen Hafen. Der Hafen kostet die Stadt viel Geld, sagt Anna Weber im Rathaus."
    assert read("", german, "de").capitals > read("", _TEXT, "en").capitals


@pytest.mark.parametrize("text", ["", " ", "...", "12 34", "a", "https://x.example"])
def test_a_text_without_words_has_no_phrases(text: str) -> None:
    assert phrases(read(text, text), Rarity()) == ()


_WORDS = st.lists(
    st.sampled_from(
        ["Oil", "price", "rises", "in", "Manama", "as", "the", "Gulf", ".", ",", "-", "東京", "в", "Москве"]
    )
)


@given(_WORDS, _WORDS)
def test_phrases_are_ordered_distinct_and_never_within_one_another(title: list[str], text: list[str]) -> None:
    chosen = phrases(read(" ".join(title), " ".join(text)), Rarity())
    assert chosen == phrases(read(" ".join(title), " ".join(text)), Rarity())
    assert all(0 <= one.score <= 1 for one in chosen)
    assert len({one.key for one in chosen}) == len(chosen)


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_can_be_read(title: str, text: str) -> None:
    phrases(read(title, text), Rarity(items=10, counts={}))


# ── what is a thing ──────────────────────────────────────────────────────────────────────────


def things(title: str, text: str, *, language: str | None = "en", items: int = 0) -> set[str]:
    chosen = phrases(read(title, text, language), Rarity(items=items))
    return {one.text.casefold() for one in chosen if one.is_thing}


def test_verbs_numbers_and_weekdays_of_a_headline_are_no_things() -> None:
    title = "Moss keeps time for eleven days and returns twice on Thursdays"
    text = (
        "A moss keeps time. It took eleven days. It returns twice. "
        "On Thursdays a moss keeps the time. Nobody knew of the moss."
    )
    assert things(title, text) == {"moss"}


def test_a_phrase_that_recurs_stands_for_its_parts() -> None:
    text = "The swing bridge is stuck. Ferries wait at the swing bridge. Nobody walks over the bridge."
    found = things("Swing bridge stuck", text)
    assert "swing bridge" in found
    assert found.isdisjoint({"swing", "bridge"})


def test_a_common_word_needs_more_places_before_the_store_knows_words() -> None:
    title, text = "A valve breaks", "Engineers replaced the valve. Nobody had seen the valve before."
    assert "valve" not in things(title, text)
    assert "valve" in things(title, text, items=5_000)


def test_the_capitals_of_a_headline_that_has_them_everywhere_prove_nothing() -> None:
    title = "Leaders Meets Possible Break"
    assert things(title, "They will talk for longer, it was said on a quiet day.") == set()


def test_german_nouns_are_things_and_other_words_of_a_headline_are_not() -> None:
    title = "Straßenbahn kehrt nach zwölf Jahren zurück"
    text = (
        "Die Straßenbahn kehrt nach zwölf Jahren in die Stadt zurück. Am Dienstag war die Straßenbahn voll."
    )
    assert things(title, text, language="de") == {"Straßenbahn".casefold()}


def test_what_a_wire_service_puts_before_a_headline_is_none_of_its_words() -> None:
    labels = ("UPDATE 1-", "GLOBAL MARKETS-", "CORRECTED-UPDATE 2-", "VIDEO: ", "CORRECTED - ")
    assert {without_label(f"{label}Gold falls as ECB waits") for label in labels} == {
        "Gold falls as ECB waits"
    }
    assert without_label("GOLD FALLS - ECB WAITS") == "GOLD FALLS - ECB WAITS"
    assert without_label("Gold: ECB waits") == "Gold: ECB waits"


def test_small_words_in_the_middle_of_a_songs_title_join_as_ever() -> None:
    text = "They sang Jethro Tull Thick As A Brick and it was Cool As Ice."
    keys = {one.key for one in read("", text, "en").candidates}
    assert keys.isdisjoint({"thickas", "tullthickas", "coolas"})


def test_words_in_capitals_before_many_headlines_and_inside_of_none_are_labels() -> None:
    titles = [f"{word} Report number {n} of the US" for word in ("VIDEO", "US", "ECB") for n in range(3)]
    assert labels_of([*titles, "Banks wait for the ECB"]) == {"video"}
    assert labels_of(["VIDEO One", "VIDEO One", "VIDEO Two"]) == frozenset()
