"""What speaks of the outlet itself is found, whichever of its marks a sentence has."""

import pytest

from aggregator.core.gist import content_terms, is_boilerplate


@pytest.mark.parametrize(
    "sentence",
    [
        "Find it at HTTPS://NEWS.EXAMPLE/1.",
        "Write to desk@news.example.",
        "© 2026 The Paper.",
        "All Rights Reserved by the paper.",
        "Get our Newsletters.",
        "We use a cookie.",
        "Please subscribe today.",
        "Click here for more.",
        "Tap on the bell.",
        "Read the full report.",
        "Follow us now.",
        "She signed up for it.",
        "Join us on WhatsApp.",
        "Additional reporting by A. Writer.",
        "Photo: A. Writer.",
        "Image by A. Writer.",
        "Foto / Agency.",
        "The post Bridge opens appeared yesterday.",
        "This page contains links.",
        "Listen to our podcast.",
        "Watch this video.",
        "Download the free app.",
        "Advertisement.",
        "We earn an affiliate commission.",
        "Leave a comment below.",
        "Contact the author.",
        "Jetzt abonnieren!",
        "Suscríbete ya.",
        "Assine o jornal.",
        "Ставьте лайк.",
        "Подписывайтесь на канал.",
        "Подпишитесь.",
        "Підписуйтесь на нас.",
        "Перепечатка запрещена.",
        "無断転載を禁じます。",
        "版权所有。",
        "转载请注明。",
        "点击这里。",
    ],
)
def test_a_sentence_about_the_outlet_is_none_of_the_article(sentence: str) -> None:
    assert is_boilerplate(sentence)


def test_news_that_has_a_mark_in_it_is_no_boilerplate() -> None:
    assert not is_boilerplate("The photographer signed the picture, and the image was sold by his heirs.")


def test_terms_are_the_same_whenever_they_are_asked_for() -> None:
    text = "The ferries were crossing the harbour, and the ferry crossed it again."

    assert (
        content_terms(text, "en")
        == content_terms(text, "en")
        == ("ferri", "cross", "harbour", "ferri", "cross")
    )
    assert content_terms(text, None)[:2] == ("the", "ferries")
