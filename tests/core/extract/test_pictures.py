"""Pictures of the article come back to their place; those of teasers, authors and counters do not."""

import re

import pytest

from aggregator.core.extract import extract
from tests.core.extract.pages import PARAGRAPHS, page

ONE, TWO, THREE = (f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
PICTURE = '<img src="/a.jpg" alt="The bridge">'
PLACED = '<figure><img src="https://news.example/a.jpg" alt="The bridge"></figure>'


def html_of(body: str) -> str:
    article = extract(page(body).encode(), url="https://news.example/2026/x.html", want_metadata=False)
    assert article is not None
    return article.html


@pytest.mark.parametrize(
    "picture",
    [
        PICTURE,
        f"<p>{PICTURE}</p>",
        f"<div><picture><source srcset='/a.webp'>{PICTURE}</picture></div>",
        '<img src="data:image/gif;base64,R0lGOD" data-src="/a.jpg" alt="The bridge">',
        f"<noscript>{PICTURE}</noscript>{PICTURE}",
    ],
    ids=["bare", "paragraph", "picture", "lazy", "noscript"],
)
def test_a_picture_between_two_paragraphs_stays_there(picture: str) -> None:
    assert html_of(ONE + picture + TWO + THREE) == ONE + PLACED + TWO + THREE


def test_the_picture_above_the_text_stays_with_its_caption() -> None:
    figure = f"<figure>{PICTURE}<figcaption>Seen from  the quay</figcaption></figure>"
    lead = f"{figure}<p class='byline'>By Ines Calder</p>"
    caption = PLACED.replace("</figure>", "<figcaption>Seen from the quay</figcaption></figure>")
    assert html_of(lead + ONE + TWO + THREE) == caption + ONE + TWO + THREE


def test_the_caption_is_not_in_the_text() -> None:
    body = f"{ONE}<figure>{PICTURE}<figcaption>Seen from the quay on Monday</figcaption></figure>{TWO}{THREE}"
    article = extract(page(body).encode(), url="https://news.example/x.html", want_metadata=False)
    assert article is not None
    assert "quay on Monday" not in article.text
    assert "quay on Monday" in article.html


@pytest.mark.parametrize(
    "picture",
    [
        '<img src="/pixel.gif">',
        '<img src="/a.jpg" width="1" height="1">',
        '<img src="/a.jpg" width="64px">',
        '<img src="/uploads/ines-calder-96x96.jpg">',
        '<img src="/assets/logo.svg">',
        '<img src="https://secure.gravatar.com/avatar/1?s=96">',
        '<img src="javascript:alert(1)">',
        "<img>",
    ],
)
def test_decoration_is_left_out(picture: str) -> None:
    assert html_of(ONE + picture + TWO + THREE) == ONE + TWO + THREE


def test_pictures_beyond_the_article_are_left_out() -> None:
    teasers = "".join(
        f'<div><a href="/{n}"><img src="/t{n}.jpg"></a><a href="/{n}">More news</a></div>' for n in range(9)
    )
    html = f"<nav>{teasers}</nav>{ONE}{TWO}{THREE}<aside>{teasers}</aside>"
    assert "/t8.jpg" not in re.sub(r"^<figure>.*?</figure>", "", html_of(html))


def test_at_most_thirty_pictures_are_kept() -> None:
    gallery = "".join(f'<img src="/{number}.jpg">' for number in range(100))
    assert html_of(ONE + gallery + TWO + THREE).count("<img") == 30


def image_of(head: str, body: str = ONE + TWO + THREE) -> str:
    article = extract(
        page(body, head=head).encode(), url="https://news.example/2026/x.html", want_metadata=False
    )
    assert article is not None
    return article.image


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


def test_the_lead_image_is_the_one_stated_for_previews() -> None:
    head = meta("twitter:image", "/t.jpg") + meta("og:image", "/big.jpg")
    assert image_of(head, ONE + PICTURE + TWO + THREE) == "https://news.example/big.jpg"


@pytest.mark.parametrize("stated", ["", "/img/logo.png", "data:image/gif;base64,R0lG", "javascript:alert(1)"])
def test_without_a_picture_for_previews_the_first_of_the_article_leads(stated: str) -> None:
    assert image_of(meta("og:image", stated), ONE + PICTURE + TWO + THREE) == "https://news.example/a.jpg"
    assert image_of(meta("og:image", stated)) == ""


def test_the_picture_in_the_data_leads_where_none_is_stated_for_previews() -> None:
    data = '<script type="application/ld+json">{"@type": "NewsArticle", "image": "/big.jpg"}</script>'
    body = ONE + PICTURE + TWO + THREE
    assert image_of(data, body) == "https://news.example/big.jpg"
    assert image_of(data + meta("og:image", "/preview.jpg"), body) == "https://news.example/preview.jpg"
