"""What the outlets of a story say alike, differently, and alone."""

from datetime import timedelta
from typing import Any

from aggregator.core.points import key_points
from aggregator.model import Item
from aggregator.model.stories import KeyPoints
from tests.export.making import PUBLISHED, make_item

FERRY = "A ferry with 120 passengers sank near Port Halden on Sunday morning."
FERRY_TOO = "The ferry, which carried 120 passengers, sank on Sunday near Port Halden."
DEAD = "At least 12 people were killed in the sinking, police chief Erik Dahl said."
MORE_DEAD = "Police chief Erik Dahl said 15 people were killed in the sinking."
ENGINE = "An engine of the Nordlys had failed twice in March, shipyard records seen by the Courier show."
MAYOR = "Mayor Ingrid Solberg cancelled the city's harbour festival and opened a school for relatives."


def article(number: int, outlet: str, *sentences: str, **values: Any) -> Item:
    at = PUBLISHED + timedelta(minutes=number)
    return make_item(
        **{"id": number, "outlet": outlet, "text": " ".join(sentences), "published": at, "first_seen": at}
        | values
    )


COURIER = article(1, "Courier", FERRY, DEAD, ENGINE)
GAZETTE = article(2, "Gazette", FERRY_TOO, MORE_DEAD, MAYOR)


def agreed(points: KeyPoints) -> list[tuple[str, tuple[str, ...]]]:
    return [(point.sentence.text, point.outlets) for point in points.agreed]


def test_what_several_outlets_say_in_their_words_is_one_point_with_all_who_say_it() -> None:
    points = key_points([COURIER, GAZETTE])

    assert agreed(points)[0] == (FERRY, ("Courier", "Gazette"))
    assert [one.text for one in points.agreed[0].others] == [FERRY_TOO]
    assert GAZETTE.text[points.agreed[0].others[0].start :].startswith(FERRY_TOO)


def test_what_one_outlet_alone_says_is_told_with_who_says_it() -> None:
    alone = key_points([COURIER, GAZETTE]).alone

    assert [(point.sentence.text, point.outlets) for point in alone] == [
        (ENGINE, ("Courier",)),
        (MAYOR, ("Gazette",)),
    ]


def test_numbers_that_differ_are_a_point_that_is_said_differently() -> None:
    (point,) = key_points([COURIER, GAZETTE]).differing

    assert (point.sentence.text, point.outlets) == (DEAD, ("Courier",))
    assert [one.text for one in point.others] == [MORE_DEAD]


def test_years_days_and_times_are_no_numbers_that_differ() -> None:
    one = article(
        1, "Courier", "The ferry Nordlys left Port Halden on 3 May 2024 at 10:30 with its passengers."
    )
    other = article(
        2, "Gazette", "The ferry Nordlys left Port Halden on 4 May 2025 at 11:30 with its passengers."
    )

    assert key_points([one, other]).differing == ()


def test_copies_count_once() -> None:
    copy = article(3, "Tribune", FERRY, DEAD, ENGINE, duplicate_of=1)
    reprint = article(4, "Herald", FERRY, DEAD, ENGINE)

    assert key_points([COURIER, copy]) == KeyPoints()
    assert key_points([COURIER, reprint]) == KeyPoints()


def test_a_sentence_that_two_outlets_have_word_for_word_has_one_source() -> None:
    other = article(2, "Gazette", FERRY, MAYOR)

    assert key_points([COURIER, other]).agreed == ()


def test_one_outlet_alone_makes_no_points() -> None:
    assert key_points([COURIER, article(2, "Courier", FERRY_TOO, MORE_DEAD)]) == KeyPoints()
    assert key_points([]) == KeyPoints()


def test_articles_in_another_language_are_not_compared() -> None:
    german = article(
        3, "Bote", "Eine Fähre mit 120 Passagieren ist am Sonntag vor Port Halden gesunken.", language="de"
    )

    points = key_points([COURIER, GAZETTE, german])

    assert all("Bote" not in point.outlets for point in (*points.agreed, *points.alone))


def test_the_order_of_the_articles_makes_no_difference() -> None:
    assert key_points([GAZETTE, COURIER]) == key_points([COURIER, GAZETTE])


def test_a_feed_without_texts_is_compared_by_its_summaries() -> None:
    one = article(1, "Courier", summary=FERRY)
    other = article(2, "Gazette", summary=FERRY_TOO)

    assert agreed(key_points([one, other])) == [(FERRY, ("Courier", "Gazette"))]


def test_a_big_story_is_compared_in_a_bounded_part() -> None:
    many = [
        article(
            n, f"Outlet {n}", *(f"Minister {n + m} of Harbour {n} named {m} ships today." for m in range(60))
        )
        for n in range(1, 40)
    ]

    points = key_points(many)

    assert {one.sentence.item_id for one in points.alone} <= set(range(1, 13))
    assert len(points.agreed) <= 5
