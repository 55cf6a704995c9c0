"""Questions, the searches that may find their answers, and the passages that hold them."""

from datetime import timedelta
from typing import Any

import pytest

from aggregator.core.answer import passages, searches, understood
from aggregator.core.query import Term
from aggregator.errors import UsageError
from aggregator.model import Item
from aggregator.model.stories import Passage
from tests.export.making import PUBLISHED, make_item

NOW = PUBLISHED + timedelta(hours=3)


def article(number: int, text: str, **values: Any) -> Item:
    return make_item(**{"id": number, "title": "Ferry disaster", "text": text} | values)


def answers(question: str, *items: Item) -> list[str]:
    return [
        " ".join(one.text for one in found.sentences) for found in passages(understood(question), items, NOW)
    ]


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who won the election?", "who"),
        ("How many people died in Halden?", "how many"),
        ("When does the bridge open?", "when"),
        ("Where did the ferry sink?", "where"),
        ("Why did the ferry sink?", "why"),
        ("What did the minister announce?", "what"),
        ("Wie viele Menschen starben?", "how many"),
        ("Wo sank die Fähre?", "where"),
        ("¿Quién ganó las elecciones?", "who"),
        ("Когда откроют мост?", "when"),
        ("谁赢得了选举？", "who"),
    ],
)
def test_the_asking_word_tells_what_is_asked_for(question: str, kind: str) -> None:
    assert understood(question).kind == kind


def test_a_question_is_searched_strictly_first_and_by_any_of_its_words_at_last() -> None:
    election, bahrain = Term(words=("elect",), prefix=True), Term(words=("bahrain",), prefix=True)

    assert [query.wanted for query in searches(understood("Who annulled the election in Bahrain?"))] == [
        ((Term(words=("annul",), prefix=True),), (election,), (bahrain,)),
        ((election,), (bahrain,)),
        ((election, Term(words=("bahrai",), prefix=True)),),
    ]
    assert len(searches(understood("Which bank of Oslo, Rome, Bonn and Wien held the gold of Riga?"))) <= 14


@pytest.mark.parametrize("question", ["", "?", "¿?!", "who", "the", "Warum?", "what about that"])
def test_a_question_without_a_word_is_an_error_in_words(question: str) -> None:
    with pytest.raises(UsageError, match="names nothing to look for"):
        understood(question)


def test_the_passage_that_holds_what_is_asked_for_goes_first() -> None:
    rumour = article(1, "People asked how the ferry could have sunk near Halden so fast, and who died.")
    count = article(
        2, "The ferry sank near Halden on Sunday. At least 12 people died when it sank, police said."
    )

    assert answers("How many people died when the ferry sank near Halden?", rumour, count)[0].endswith(
        "At least 12 people died when it sank, police said."
    )


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who leads the inquiry into the ferry?", "The inquiry into the ferry is led by judge Karin Holm."),
        ("When will the ferry inquiry report?", "The ferry inquiry will report in March, the ministry said."),
        ("Why did the ferry sink?", "The ferry began to sink because a door had been left open."),
    ],
)
def test_a_name_a_date_and_a_reason_are_known(question: str, expected: str) -> None:
    text = (
        "The inquiry into the ferry is large, and the ferry will lead to a report. "
        "The inquiry into the ferry is led by judge Karin Holm. "
        "The ferry inquiry will report in March, the ministry said. "
        "The ferry began to sink because a door had been left open."
    )
    assert answers(question, article(1, text)) == [expected]


def test_an_answer_that_stands_in_the_next_sentence_comes_with_the_one_before() -> None:
    found = answers(
        "Who is captain of the Nordlys?", article(1, "The Nordlys has a new captain. He is called Per Lund.")
    )

    assert found[0].startswith("The Nordlys has a new captain.")


def test_the_younger_of_equal_passages_goes_first_and_one_that_is_the_same_is_left_out() -> None:
    text = "Bridge {} opened in Halden on Sunday."
    old = article(1, text.format("one"), published=PUBLISHED - timedelta(days=60))
    new = article(2, text.format("two"))
    again = article(3, text.format("two"), published=PUBLISHED - timedelta(days=1))

    assert answers("Which bridge opened in Halden?", old, new, again) == [
        text.format("two"),
        text.format("one"),
    ]


def test_what_holds_little_of_the_question_is_no_answer() -> None:
    assert answers("Who won the election in Bahrain?", article(1, "The weather in Bahrain is fine.")) == []


def test_a_passage_tells_its_article_and_its_place() -> None:
    item = article(5, "Rain fell. Per Lund won the election in Halden.", url="https://gulf.example/5")
    (found,) = passages(understood("Who won the election in Halden?"), [item], NOW)

    assert isinstance(found, Passage)
    assert (found.item_id, found.outlet, found.url, found.sort_at) == (5, item.outlet, item.url, item.sort_at)
    assert [item.text[one.start : one.end] for one in found.sentences] == [
        "Per Lund won the election in Halden."
    ]


@pytest.mark.parametrize(
    ("question", "things"),
    [
        ("When was the tunnel finished?", {"tunnel"}),
        ("Does the swing bridge open?", {"swing", "bridge"}),
        ("Who was the prime minister?", {"prime", "minister"}),
        ("Wann fuhr die Straßenbahn wieder?", {"strassenbahn"}),
        ("Quand le pont sera-t-il ouvert ?", {"pont"}),
        ("What did Trump say about Toyota?", {"trump", "toyota"}),
        ("Who are the Who?", {"who"}),
        ("Drehbrücke", {"drehbrücke"}),
        ("Who Paid For The Bridge?", {"bridge"}),
        ("who is the mayor of Wexley", {"mayor", "wexley"}),
    ],
)
def test_a_thing_is_told_from_what_happens_to_it(question: str, things: set[str]) -> None:
    assert understood(question).things == things


TRAM = "Am Mittwoch ist wieder eine Straßenbahn über die Alte Brücke gefahren."
STUCK = "Fahrgäste der Fähre saßen am Morgen drei Stunden lang fest, weil sich die Drehbrücke nicht schloss."


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Wann fuhr die Straßenbahn wieder?", [TRAM]),
        ("Straßenbahnen", [TRAM]),
        ("Warum sitzen Fährgäste fest?", [STUCK]),
        ("Drehbrücken", [STUCK]),
        ("Drehbrückenunglück", [STUCK]),
        ("Brücke", [TRAM, STUCK]),
        ("Wann war der Tunnel fertig?", []),
    ],
)
def test_other_forms_of_a_word_and_words_that_are_joined_of_it_are_found(
    question: str, expected: list[str]
) -> None:
    told = [
        article(1, TRAM, title="Linie 3 fährt", language="de"),
        article(2, STUCK, title="Drei Stunden am Anleger", language="de"),
    ]

    assert answers(question, *told) == expected


def test_a_title_answers_where_there_is_no_text() -> None:
    title = "'Trump shock' after Toyota tweet, Japan says"
    asked = understood("What did Trump say about Toyota?")
    item = article(1, "", title=title, summary="")

    (found,) = passages(asked, [item, article(2, "Rain fell.", title="Rain")], NOW)

    assert found.is_title
    assert [one.text for one in found.sentences] == [title]


def test_a_text_that_says_what_the_title_says_goes_before_it() -> None:
    text = "Trump wrote of Toyota that it must build its plant in the United States."
    item = article(1, text, title="Trump on Toyota")

    assert answers("What did Trump say about Toyota?", item) == [text]


def test_what_says_another_thing_of_the_same_kind_is_no_answer() -> None:
    pier = article(1, "Some 240 people waited on the pier because the bridge would not close.", title="Stuck")
    crane = article(2, "Only forty people a day can climb it. The waiting list is full.", title="Crane")
    dog = article(3, "The dog was found in the waiting room, where it had been for 2 days.", title="Dog")

    assert len(answers("How many people waited on the pier?", dog, crane, pier)) == 1
    assert answers("How many people waited on the pier?", dog, crane) == []


def test_a_question_about_a_thing_that_nothing_speaks_of_has_no_answer() -> None:
    sea = article(1, "The report puts the cost of finishing the map at 3 billion by May.", title="Sea floor")
    tools = article(2, "The library was paid for by a bequest from Per Lund.", title="Library")

    assert answers("When was the tunnel finished?", sea, tools) == []
    assert answers("Who paid for the bridge?", sea, tools) == []


def test_what_holds_much_less_than_the_best_is_left_out() -> None:
    best = article(1, "The bridge was paid for by Per Lund.", title="Bridge")
    less = article(2, "Erik Dahl saw the bridge.", title="Dahl")

    assert answers("Who paid for the bridge?", less, best) == ["The bridge was paid for by Per Lund."]
