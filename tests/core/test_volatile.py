"""What changes by itself is left out when two texts are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.volatile import is_counter, without_counters

COUNTERS = (
    "12 comments",
    "Comments (12)",
    "No comments",
    "1.2K views",
    "12,345 views",
    "Views: 4711",
    "34 shares",
    "Updated 5 minutes ago",
    "an hour ago",
    "3 min read",
    "Reading time: 4 minutes",
    "Last updated: 3 March 2026, 14:05",
    "Monday, 3 March 2026",
    "Sunday, 22 November 2026 | 15:41 GMT",
    "12:05",
    "12 Kommentare",
    "vor 3 Tagen",
    "Aktualisiert am 3. März 2026 um 14:05 Uhr",
    "Lesezeit: 3 Min",
    "il y a 5 jours",
    "Mis à jour le 3 mars 2026 à 14h05",
    "hace 2 semanas",
    "15 comentarios",
    "há 3 dias",
    "15 комментариев",
    "3 дня назад",
    "1 234 просмотра",
    "12 تعليقات",
    "منذ 3 أيام",
    "12条评论",
    "3天前",
    "コメント 12件",
    "댓글 12개",
    "3일 전",
)
NEWS = (
    "Twelve people were hurt when a bus left the road",
    "The motion was carried by 12 votes to 7.",
    "The video had 12,345 views before it was taken down, the police said.",
    "He was born 3 years ago in Manama.",
    "14",
    "GDP: 3.4 %",
    "March 2026",
    "12 dead",
    "Oil at $81.20",
    "Read more",
)


@pytest.mark.parametrize("counter", COUNTERS)
def test_a_counter_or_clock_that_stands_alone_is_left_out(counter: str) -> None:
    article = "The bridge was opened.\nThe minister cut the ribbon."

    assert without_counters(f"{article}\n{counter}\nThe road follows in May.") == without_counters(
        f"{article}\nThe road follows in May."
    )


@pytest.mark.parametrize("counter", ["12 comments", "updated 5 minutes ago", "3 min read"])
@pytest.mark.parametrize(
    "shape", ["Bridge opened ({})", "Bridge opened | {}", "Bridge opened - {}", "{} · Bridge opened"]
)
def test_a_counter_beside_a_headline_is_left_out(shape: str, counter: str) -> None:
    assert without_counters(shape.format(counter)) == "Bridge opened"


@pytest.mark.parametrize("news", NEWS)
def test_numbers_in_what_an_article_says_stay(news: str) -> None:
    assert without_counters(news) == news
    assert not is_counter(news)


def test_a_span_of_minutes_changes_by_itself_even_within_a_sentence() -> None:
    assert without_counters("Police arrived 5 minutes ago at the scene.") == without_counters(
        "Police arrived 2 hours ago at the scene."
    )


def test_markup_around_a_counter_stays_as_it_is() -> None:
    assert without_counters("<p>Text.</p><span>12 comments</span>") == "<p>Text.</p><span></span>"


@given(
    st.lists(
        st.sampled_from([*COUNTERS, *NEWS, "|", "\n", "(", ")", " - ", ". ", "<p>", "5", "ago"]), max_size=12
    )
)
def test_leaving_counters_out_twice_is_leaving_them_out_once(parts: list[str]) -> None:
    once = without_counters(" ".join(parts))

    assert without_counters(once) == once


@given(st.text(max_size=200))
def test_any_text_can_be_compared(text: str) -> None:
    assert without_counters(without_counters(text)) == without_counters(text)
