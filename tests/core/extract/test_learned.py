"""What repeats over an outlet's pages is learned and cut, what its articles say themselves is not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha512

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from aggregator.core.extract import blocks, corrected, learned, markup
from aggregator.core.extract.learned import Sample
from aggregator.core.extract.pieces import Piece, observe, pack, unpack
from aggregator.model.learning import NO_RULES, Profile, Rules

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAMES = ("bridge", "ferry", "school", "harvest", "museum", "glacier", "orchestra", "lighthouse")


def own(name: str, count: int = 4) -> list[str]:
    """Paragraphs of an article of its own."""
    return [
        f"The {name} committee heard expert number {n} of the {name} board on the {name} and its cost in "
        f"year {1990 + n * 3} before the {name} vote."
        for n in range(count)
    ]


def p(
    text: str, *, kept: bool = True, path: str = "article>p", tag: str = "p", density: float = 0.0
) -> Piece:
    return Piece(text, path, tag, kept, density)


def sample(number: int, *pieces: Piece, title: str = "") -> Sample:
    return Sample(item_id=number, title=title, pieces=pieces)


def article(name: str) -> list[Piece]:
    return [p(text) for text in own(name)]


def outlet(*below: str, names: Sequence[str] = NAMES[:4]) -> list[Sample]:
    """Pages whose articles end in the same paragraphs."""
    return [sample(n, *article(name), *map(p, below)) for n, name in enumerate(names)]


def rules(samples: Sequence[Sample]) -> Rules:
    return learned.learn(samples, now=NOW).rules


def left(pieces: Sequence[Piece], by: Rules, feed_text: str = "") -> list[str]:
    return [text for text in learned.decide(pieces, by, feed_text) if text]


CLICK = "Click here to read more about what our newsroom covers every day."


def test_a_paragraph_that_different_articles_end_with_is_cut() -> None:
    page = [*article("planet"), p(CLICK)]
    assert left(page, rules(outlet(CLICK))) == own("planet")


def test_nothing_is_cut_that_fewer_than_three_articles_show() -> None:
    by = rules(outlet(CLICK, names=NAMES[:2]))
    assert by == NO_RULES
    assert left([*article("planet"), p(CLICK)], by) == [*own("planet"), CLICK]


def test_an_article_that_is_read_again_or_copied_is_no_further_evidence() -> None:
    again = [sample(n, *article("bridge"), p(CLICK)) for n in range(6)]
    assert rules(again) == NO_RULES


def test_one_page_that_is_edited_again_and_again_is_one_article() -> None:
    paragraphs = own("bridge", 10)
    versions = []
    for number in range(10):
        paragraphs[number] = f"Correction {number}: {' '.join(own(NAMES[number % 8], 2))}"
        versions.append(sample(number, *map(p, paragraphs)))
    assert learned.learn(versions, now=NOW) == Profile(learned_at=NOW, articles=1)


def test_what_stands_in_the_feeds_own_text_of_the_item_is_never_cut() -> None:
    intro = "Every Friday our columnist answers the questions that readers sent."
    page = [p(intro), *article("planet")]
    samples = [sample(n, p(intro), *article(name)) for n, name in enumerate(NAMES[:4])]
    by = rules(samples)
    assert left(page, by) == own("planet")
    assert left(page, by, f"Something new. {intro} And more.") == [intro, *own("planet")]
    shortened = "Every Friday our columnist answers the questions that […]"
    assert left(page, by, shortened) == [intro, *own("planet")]


def test_a_sentence_at_the_end_of_the_last_paragraph_is_cut_out_of_it() -> None:
    source = "Source Zero Hedge"
    samples = [
        sample(n, *map(p, own(name)[:-1]), p(f"{own(name)[-1]} {source}")) for n, name in enumerate(NAMES[:4])
    ]
    page = [*article("planet")[:-1], p(f"{own('planet')[-1]} {source}")]
    assert left(page, rules(samples)) == own("planet")


def test_a_paragraph_of_background_among_an_articles_own_stays() -> None:
    background = (
        "The harbour dispute began in the spring when the council refused to renew the licence of the ferry "
        "company, which has appealed to the high court."
    )
    samples = []
    for n, name in enumerate(NAMES):
        pieces = article(name)
        if n % 2:
            pieces.insert(n % 3 + 1, p(background))
        samples.append(sample(n, *pieces))
    page = [*article("planet"), *article("moon")]
    page.insert(2, p(background))
    assert left(page, rules(samples)) == [piece.text for piece in page]


def test_ingredients_and_headings_that_recur_in_recipes_stay() -> None:
    samples = []
    for n, name in enumerate(NAMES):
        steps = [p(text, path="article>ul>li", tag="li") for text in own(name, 2 + n % 3)]
        steps.insert(1 + n % 2, p("Salt and pepper", path="article>ul>li", tag="li"))
        intro = article(name)[: 1 + n % 3]
        samples.append(
            sample(n, *intro, p("Method", path="article>h2", tag="h2"), *steps, *article(f"{name}s"))
        )
    page = [*article("planet"), p("Method", path="article>h2", tag="h2"), *article("moon")]
    page += [
        p("Salt and pepper", path="article>ul>li", tag="li"),
        p(own("soup")[0], path="article>ul>li", tag="li"),
    ]
    assert left(page, rules(samples)) == [piece.text for piece in page]


def test_numbers_of_a_table_that_recur_stay() -> None:
    cells = [p(str(n), path="article>td", tag="td") for n in (1, 2, 3)]
    samples = [sample(n, *article(name), *cells, *article(f"{name}s")) for n, name in enumerate(NAMES)]
    page = [*article("planet"), *cells]
    assert left(page, rules(samples)) == [piece.text for piece in page]


def test_a_refrain_inside_one_poem_stays() -> None:
    refrain = p("And the bells of the harbour rang")
    poems = [
        sample(n, *article(name)[:2], p(f"Oh {name}, oh {name}, how long"), *article(name)[2:])
        for n, name in enumerate(NAMES)
    ]
    poem = [*article("planet")[:2], refrain, *article("planet")[2:], refrain]
    assert left(poem, rules([*poems, sample(99, *poem)])) == [piece.text for piece in poem]


def test_teasers_below_an_article_that_vary_from_page_to_page_are_cut() -> None:
    def teasers(number: int) -> list[Piece]:
        texts = [f"Headline {NAMES[(number + k) % 8]} of day {number * 7 + k} reads so" for k in range(3)]
        return [p(text, path="div.more>a", tag="div", density=1.0) for text in texts]

    samples = [sample(n, *article(name), *teasers(n)) for n, name in enumerate(NAMES)]
    assert left([*article("planet"), *teasers(40)], rules(samples)) == own("planet")


def test_a_link_that_the_same_label_announces_each_time_is_cut() -> None:
    def link(name: str) -> Piece:
        return Piece(f"Read also: The {name} in five pictures", "article>p", "p", True, 0.8, "Read also:")

    samples = [
        sample(n, *article(name), link(name), *article(f"{name}s")) for n, name in enumerate(NAMES[:5])
    ]
    page = [*article("planet")[:2], link("planet"), *article("planet")[2:]]
    assert left(page, rules(samples)) == own("planet")


def test_a_paragraph_that_one_page_loses_is_taken_up_where_the_outlets_articles_stand() -> None:
    samples = outlet()
    page = article("planet")
    page[1] = p(page[1].text, kept=False)
    aside = p(own("moon")[0], kept=False, path="li.comment>p")
    assert left([*page, aside], rules(samples)) == own("planet")


def test_the_lead_that_every_page_loses_is_taken_up_once_it_is_another_on_each() -> None:
    def lead(name: str) -> Piece:
        return p(
            f"What the {name} costs, who pays for the {name} and why it took so long.",
            kept=False,
            path="header>p.standfirst",
        )

    samples = [sample(n, lead(name), *article(name)) for n, name in enumerate(NAMES[:6])]
    page = [lead("planet"), *article("planet")]
    assert left(page, rules(samples)) == [lead("planet").text, *own("planet")]
    repeating = [
        sample(n, p(CLICK, kept=False, path="header>p.standfirst"), *article(name))
        for n, name in enumerate(NAMES[:6])
    ]
    assert left(
        [p(CLICK, kept=False, path="header>p.standfirst"), *article("planet")], rules(repeating)
    ) == own("planet")


def test_an_article_of_which_nothing_would_be_left_stays_as_it_is() -> None:
    by = rules(outlet(CLICK))
    assert left([p(CLICK)], by) == [CLICK]


def test_lines_that_pages_show_no_more_are_remembered_for_a_season() -> None:
    first = learned.learn(outlet(CLICK), now=NOW)
    names = ("planet", "moon", "comet", "star")
    later = NOW + timedelta(days=30)
    second = learned.learn(outlet(names=names), now=later, before=first)
    assert [(line.text, line.since, line.seen) for line in second.lines] == [(CLICK, NOW, NOW)]
    third = learned.learn(outlet(names=names), now=NOW + timedelta(days=120), before=second)
    assert third.lines == ()


def test_a_text_from_before_is_compared_without_what_is_cut_since() -> None:
    by = rules(outlet(CLICK))
    text = "\n\n".join([*own("planet"), CLICK])
    assert learned.without(text, by, "\n\n".join(own("planet"))) == "\n\n".join(own("planet"))
    assert learned.without(text, by, text) == text


SHARED = rules(outlet(CLICK, "Share this story with your friends today"))
WORDS = st.sampled_from([*own("bridge"), *own("ferry"), CLICK, "Share", "3", "", "Salt", "Source Zero Hedge"])
PIECES = st.builds(
    p,
    WORDS,
    kept=st.booleans(),
    path=st.sampled_from(["article>p", "div>p"]),
    tag=st.sampled_from(["p", "li", "h2"]),
    density=st.sampled_from([0.0, 0.5, 1.0]),
)


@given(st.lists(PIECES, max_size=12), st.text(max_size=80))
@settings(max_examples=40, deadline=None)
def test_what_is_decided_is_a_part_of_each_piece_and_keeps_the_feeds_words(
    pieces: list[Piece], said: str
) -> None:
    for piece, text in zip(pieces, learned.decide(pieces, SHARED, f"{said}\n{CLICK}"), strict=True):
        assert text in piece.text
        assert not (piece.kept and piece.text == CLICK) or text == CLICK


# ── pieces, and the tree ─────────────────────────────────────────────────────────────────────


def seen(page: str, body: str) -> tuple[list[Piece], etree._Element]:
    tree = html.document_fromstring(f"<html><body>{page}")
    article = html.fragment_fromstring(body, create_parent="body")
    return observe(blocks.walk(tree), blocks.walk(article), "https://x.example/a"), article


def test_pieces_are_the_same_after_packing() -> None:
    page = '<p>One <a href="/b">two</a> three</p><p>A line<br>and another</p><p>Kept</p>'
    pieces, _ = seen(page, "<p>Kept</p>")
    assert unpack(pack(pieces)) == pieces
    assert [(piece.text, piece.kept) for piece in pieces] == [
        ("One two three", False), ("A line\nand another", False), ("Kept", True),
    ]  # fmt: skip
    assert pieces[0].runs == (("One ", ""), ("two", "https://x.example/b"), (" three", ""))


def test_a_page_that_is_too_long_is_not_learned_from() -> None:
    noise = [p(sha512(bytes(n)).hexdigest()) for n in range(700)]
    assert pack(noise) == b""
    assert unpack(b"") == []


def corrected_html(page: str, body: str, by: Rules, feed_text: str = "") -> str:
    pieces, article = seen(page, body)
    corrected.correct(article, pieces, by, feed_text)
    return markup.serialise(article)


def test_the_tree_loses_what_is_cut_and_gets_what_was_lost_in_its_place_with_links() -> None:
    one, two, three, _ = own("planet")
    linked = two.replace("board", '<a href="/board">board</a>', 1)
    page = f"<article><p>{one}</p><p>{linked}</p><p>{three}</p><p>{CLICK}</p></article>"
    by = rules(outlet(CLICK))
    assert corrected_html(page, f"<p>{one}</p><p>{three}</p><p>{CLICK}</p>", by) == (
        f"<p>{one}</p><p>{linked.replace('/board', 'https://x.example/board')}</p><p>{three}</p>"
    )


def test_a_list_is_gone_with_its_last_item_and_pictures_stay() -> None:
    one, two, *_ = own("planet")
    page = f"<article><p>{one}</p><ul><li><p>{CLICK}</p></li></ul><p>{two}</p></article>"
    body = f"<p>{one}</p><ul><li>{CLICK}</li></ul><figure><img src='a.jpg'></figure><p>{two}</p>"
    assert corrected_html(page, body, rules(outlet(CLICK))) == (
        f'<p>{one}</p><figure><img src="a.jpg"></figure><p>{two}</p>'
    )


def test_a_sentence_is_cut_out_of_emphasis_inside_a_paragraph() -> None:
    one, two, *_ = own("planet")
    source = "Source Zero Hedge"
    samples = [
        sample(n, *article(name)[:-1], p(f"{own(name)[-1]} {source}")) for n, name in enumerate(NAMES[:4])
    ]
    page = f"<article><p>{one}</p><p>{two} <em>Source <b>Zero Hedge</b></em></p></article>"
    body = f"<p>{one}</p><p>{two} <em>Source <strong>Zero Hedge</strong></em></p>"
    assert corrected_html(page, body, rules(samples)).replace(" </p>", "</p>") == f"<p>{one}</p><p>{two}</p>"


def test_other_rules_take_back_what_earlier_ones_did() -> None:
    one, two, three, _ = own("planet")
    page = f"<article><p>{one}</p><p>{two}</p><p>{three}</p><p>{CLICK}</p></article>"
    plain = f"<p>{one}</p><p>{two}</p><p>{three}</p><p>{CLICK}</p>"
    pieces, article = seen(page, plain)
    by = rules(outlet(CLICK))
    assert corrected.correct(article, pieces, by, "")
    assert CLICK not in markup.serialise(article)
    assert corrected.correct(article, pieces, NO_RULES, "", before=by)
    assert markup.serialise(article) == plain
    assert not corrected.correct(article, pieces, NO_RULES, "", before=NO_RULES)


@pytest.mark.parametrize("before", [NO_RULES, None])
def test_correcting_twice_is_correcting_once(before: Rules | None) -> None:
    one, two, three, _ = own("planet")
    page = f"<article><p>{one}</p><p>{two}</p><p>{three}</p><p>{CLICK}</p></article>"
    pieces, article = seen(page, f"<p>{one}</p><p>{three}</p><p>{CLICK}</p>")
    by = rules(outlet(CLICK))
    assert corrected.correct(article, pieces, by, "", before=before)
    once = markup.serialise(article)
    assert not corrected.correct(article, pieces, by, "", before=None)
    assert markup.serialise(article) == once
