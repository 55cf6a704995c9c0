"""When a text is a copy of another, or a part of it, and when it only looks like one."""

# ruff: noqa: E501  reports and notices stand as they are printed

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.likeness import compare, is_worth_reading, read
from aggregator.core.sketch import estimate, found_by, sketch
from aggregator.model.copies import Likeness
from tests.core.copied import article, beginning, captured, edited

ONE = article(1)


def like(one: str, other: str, *, one_house: bool = False) -> Likeness | None:
    return compare(read(one), read(other), one_house=one_house)


def relation(one: str, other: str, *, one_house: bool = False) -> str | None:
    found = like(one, other, one_house=one_house)
    return None if found is None else found.relation


def is_found(one: str, other: str) -> bool:
    """Whether the sketches lead from one to the other."""
    left, right = sketch(one), sketch(other)
    if left is None or right is None or not set(found_by(left)) & set(found_by(right)):
        return False
    return is_worth_reading(estimate(left, right), left, right, one_house=False)


# ── copies ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("share", [0.0, 0.05, 0.1, 0.15])
def test_a_lightly_edited_text_is_a_copy(share: float) -> None:
    copy = edited(ONE, share)

    assert is_found(ONE, copy)
    assert relation(ONE, copy) == relation(copy, ONE) == "copy"


def test_a_copy_with_another_lead_and_a_paragraph_less_is_a_copy() -> None:
    paragraphs = ONE.split("\n\n")
    assert relation(ONE, "\n\n".join([article(2, 20), *paragraphs[1:4], *paragraphs[5:]])) == "copy"


def test_what_an_outlet_puts_around_a_text_does_not_hide_the_copy() -> None:
    framed = f"{article(2, 25)}\n\n{ONE}\n\nSign up for our newsletter.\n\n{article(3, 25)}"
    assert is_found(ONE, framed)
    assert relation(ONE, framed) == "copy"


def test_a_copy_that_keeps_two_fifths_is_an_excerpt() -> None:
    part = beginning(ONE, 0.4)
    found = like(ONE, part)

    assert is_found(ONE, part)
    assert found is not None
    assert found.relation == "excerpt"
    assert (found.one_words, found.other_words) == (300, 119)
    assert found.other_share == 1.0
    assert found.one_share == pytest.approx(0.4, abs=0.02)
    assert found.passage.removesuffix(" …") in " ".join(part.split())


def test_a_text_inside_a_much_longer_one_is_a_part_of_it() -> None:
    longer = f"{article(2, 600)}\n\n{ONE}\n\n{article(3, 600)}"
    assert is_found(ONE, longer)
    assert relation(ONE, longer) == "excerpt"


@pytest.mark.parametrize(
    "sentence",
    [
        "巴林工商部周一宣布将在明年第一季度之前为中小企业提供新的贷款计划总额达到两千万第纳尔并简化审批流程以便更多年轻创业者能够获得资金支持",
        "กระทรวงพาณิชย์ประกาศเมื่อวันจันทร์ว่าจะเปิดโครงการสินเชื่อใหม่สำหรับธุรกิจขนาดกลางและขนาดย่อมก่อนสิ้นไตรมาสแรกของปีหน้าเพื่อช่วยผู้ประกอบการรุ่นใหม่",
    ],
)
def test_scripts_without_spaces_are_compared_by_characters(sentence: str) -> None:
    chance = random.Random(3)
    letters = [letter for letter in sentence if letter.isalnum()]
    text = "".join(chance.choices(letters, k=400))
    other = "".join(chance.choices(letters, k=400))
    copy = text[:90] + other[:6] + text[96:250] + text[262:]

    assert is_found(text, copy)
    assert relation(text, copy) == "copy"
    assert relation(text, text[:180]) == "excerpt"
    assert relation(text, other) is None


# ── none ─────────────────────────────────────────────────────────────────────────────────────


def test_short_texts_and_headlines_prove_nothing() -> None:
    short = "Subscribe to read more of this article and of all the others that we publish every day."
    assert sketch(short) is None
    assert like(short, short) is None


def test_two_reports_that_share_a_long_quotation_are_two() -> None:
    quotation = article(9, 120)
    assert relation(f"{article(1, 130)} {quotation}", f"{article(2, 130)} {quotation}") is None


def test_a_teaser_that_shares_a_sentence_with_an_article_is_no_part_of_it() -> None:
    assert relation(f"{beginning(ONE, 0.08)} {article(2, 40)}", ONE) is None


_WEATHER = """
    {town} will see {sky} skies on {day} with a high of {a} degrees Celsius and a low of {b} degrees overnight.
    Winds will blow from the {wind} at {c} kilometres per hour, with gusts of up to {d} kilometres per hour in
    coastal areas. Humidity will reach {e} percent in the morning. The sea will be {sea} with waves of {f} to {g}
    feet offshore. Sunrise is at {h} and sunset at {i}. Visibility is {j} kilometres. Residents are advised to
    drink plenty of water and to avoid direct sun around noon.
"""


def weather(seed: int) -> str:
    chance = random.Random(seed)
    words = {
        "town": chance.choice(["Manama", "Riffa", "Isa Town"]),
        "sky": chance.choice(["clear", "cloudy", "hazy"]),
        "day": chance.choice(["Monday", "Tuesday", "Friday"]),
        "wind": chance.choice(["north", "east", "west"]),
        "sea": chance.choice(["calm", "rough"]),
    }
    return " ".join(
        _WEATHER.format(**words, **{name: chance.randint(1, 90) for name in "abcdefghij"}).split()
    )


_OBITUARY = """
    {name} {family}, {age}, of {town}, passed away peacefully on {day} May at Mercy Hospital, surrounded by a
    loving family. Born on {born} June {year} in {place}, {name} {family} worked for {years} years as a {trade}
    and was a devoted member of the parish. Survivors are a loving spouse, {spouse}, and {children} children. A
    memorial service will be held on {service} May. In lieu of flowers, the family asks that donations be made to
    the hospital foundation. May our dear friend rest in peace, and may all find comfort in memories.
"""


def obituary(seed: int) -> str:
    chance = random.Random(seed)
    names = ["Mary", "John", "Peter", "Ann", "Ruth", "Carl", "Liz", "Noor", "Omar"]
    towns = ["Dover", "Leeds", "Poole", "Truro", "York", "Derby"]
    return " ".join(
        _OBITUARY.format(
            name=chance.choice(names),
            family=chance.choice(["Smith", "Brown", "Jones", "Miller", "Haddad"]),
            age=chance.randint(60, 99),
            town=chance.choice(towns),
            place=chance.choice(towns),
            day=chance.randint(1, 30),
            born=chance.randint(1, 30),
            year=chance.randint(1920, 1965),
            years=chance.randint(5, 45),
            trade=chance.choice(["teacher", "nurse", "miner"]),
            spouse=chance.choice(names),
            children=chance.randint(1, 7),
            service=chance.randint(1, 30),
        ).split()
    )


@pytest.mark.parametrize("frame", [weather, obituary])
def test_one_frame_with_other_figures_and_names_is_no_copy(frame: object) -> None:
    assert callable(frame)
    assert not [(a, b) for a, b in combinations(range(25), 2) if relation(frame(a), frame(b))]


def test_the_same_weather_report_elsewhere_is_a_copy() -> None:
    assert relation(weather(1), f"From our own desk: {weather(1)}") == "copy"


def test_a_column_of_one_outlet_that_repeats_its_background_is_another_article() -> None:
    background = article(7, 200)
    today, yesterday = f"{article(1, 60)} {background}", f"{article(2, 60)} {background}"
    assert relation(today, yesterday) == "copy"
    assert relation(today, yesterday, one_house=True) is None


def test_a_live_report_of_one_outlet_that_grew_is_another_article() -> None:
    assert relation(ONE, f"{article(2, 60)} {ONE}", one_house=True) is None


def test_one_outlet_that_publishes_an_article_twice_has_a_copy() -> None:
    assert relation(ONE, f"Updated. {ONE}", one_house=True) == "copy"


# ── headlines ────────────────────────────────────────────────────────────────────────────────

_NOTICE = """{name}, {age}, of Ellery, died peacefully at home on Sunday, surrounded by family. A service will be
held at St Mary's Church on Friday at eleven in the morning, followed by a reception in the parish hall. The
family asks that no flowers be sent; donations may be made to the lifeboat station. Arrangements are in the care
of the Harbour Funeral Home, which may be reached at its office on Mill Street on every day of the week between
nine and five. The family thanks the nurses of the county hospital for their kindness."""
_DEAD = [("Maria Okonjo", 81), ("Peter Lindqvist", 77), ("Hanna Brandt", 92), ("Tomas Reyes", 64)]

_NOTES = """The Daily Hour is produced by Ann Lee and Bob Stone, with music by the Harbour Band. Our editor is
Carla Weiss. You can find us wherever you get your podcasts, and you can write to us at hello@example.org. If you
like the show, leave us a review; it helps other people find us. Support our journalism with a subscription: the
first month is free, and you can cancel at any time. The Daily Hour is a production of the Harbour Broadcasting
Company, which is funded by its members and by grants from the Foundation for Public Media."""
_EPISODES = [
    "Why rents rise in the old town",
    "The bus drivers who said no",
    "A doctor on the long winter of 1988",
    "What the tide took, and what it left",
    "How to read a weather map",
]


def headed(one: tuple[str, str], other: tuple[str, str], *, one_house: bool) -> str | None:
    """What two texts are to each other under their headlines."""
    titles = one[0], other[0]
    found = compare(read(one[1]), read(other[1]), one_house=one_house, titles=titles)
    return None if found is None else found.relation


_FORMS = {
    "notices": [(f"Death notice: {name}", _NOTICE.format(name=name, age=age)) for name, age in _DEAD],
    "notices that begin alike": [
        (f"In memory of {name}", "With sadness we tell of a loss: " + _NOTICE.format(name=name, age=age))
        for name, age in _DEAD
    ],
    "episodes": [(title, f"{title}.\n\n{_NOTES}") for title in _EPISODES],
}


@pytest.mark.parametrize("form", _FORMS)
def test_texts_of_one_form_that_tell_of_others_are_no_copies(form: str) -> None:
    assert not [1 for one, other in combinations(_FORMS[form], 2) if headed(one, other, one_house=True)]


def test_episodes_of_one_producer_at_two_sites_are_no_copies() -> None:
    assert not [
        1 for one, other in combinations(_FORMS["episodes"], 2) if headed(one, other, one_house=False)
    ]


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("one_house", [True, False])
def test_the_same_notice_twice_is_a_copy_whatever_its_headline(form: str, one_house: bool) -> None:
    for title, text in _FORMS[form]:
        assert headed((title, text), ("Another line entirely", text), one_house=one_house) == "copy"


@given(st.integers(1, 10_000), st.booleans(), st.integers(0, 30))
def test_another_outlets_headline_and_lead_do_not_hide_a_copy(seed: int, cut: bool, lead: int) -> None:
    text = article(seed)
    words = text.split()
    theirs = f"{article(seed + 1, lead)}\n\n{beginning(text, 0.8) if cut else text}"
    titles = " ".join(words[30:37]), " ".join(words[90:96])
    assert headed((titles[0], text), (titles[1], theirs), one_house=False) == "copy"


@given(st.integers(1, 10_000), st.booleans())
def test_one_headline_never_speaks_against_a_copy(seed: int, one_house: bool) -> None:
    text = article(seed)
    copy = edited(text, 0.01, seed)
    title = " ".join(text.split()[:6])
    assert headed((title, text), (title, copy), one_house=one_house) == relation(
        text, copy, one_house=one_house
    )


# ── captured texts ───────────────────────────────────────────────────────────────────────────


def test_no_two_captured_pages_are_copies() -> None:
    made = {name: one for name, text in captured().items() if (one := sketch(text)) is not None}
    near = [
        (one, other)
        for one, other in combinations(sorted(made), 2)
        if is_worth_reading(estimate(made[one], made[other]), made[one], made[other], one_house=False)
    ]
    assert not [pair for pair in near if relation(*(captured()[name] for name in pair))]


def test_captured_texts_are_found_after_an_editor_cut_and_changed_them() -> None:
    texts = [text for text in captured().values() if len(text.split()) > 150 and sketch(text)][::6]
    cut = [beginning(text, 0.4) for text in texts]
    changed = [edited(text, 0.08, seed) for seed, text in enumerate(texts)]
    missed = [
        one[:40]
        for one, other in [*zip(texts, cut, strict=True), *zip(texts, changed, strict=True)]
        if not (is_found(one, other) and relation(one, other))
    ]
    assert len(missed) <= len(texts) * 2 // 50
