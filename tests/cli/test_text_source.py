"""What `show` says of an item's text: whose it is, why, and what became of its page."""

from datetime import timedelta
from typing import Any

import pytest

from aggregator.cli.text_source import text_source
from tests.conftest import NOW
from tests.export.making import make_item

SOON = NOW + timedelta(hours=2)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"text_source": "feed"}, "from the feed"),
        ({"text_source": None, "text": ""}, "none"),
        ({"text_source": "page"}, "from the article's page"),
        (
            {"text_source": "page", "text_method": "json-ld", "text_score": 0.934, "page_due_at": SOON},
            "from the article's page (found by json-ld, 93% sure); looked at again in 2 hours",
        ),
        (
            {"text_source": "page", "page_reason": "the server answered 404", "page_due_at": SOON},
            "from the article's page; at the last look: the server answered 404; looked at again in 2 hours",
        ),
        (
            {"page_reason": "page 2: 503", "page_attempts": 1, "page_due_at": SOON} | {"text_source": "page"},
            "from the article's page, not all of it: page 2: 503 (1 try; tried again in 2 hours)",
        ),
        (
            {"text_source": "summary", "page_reason": "no answer", "page_attempts": 2, "page_due_at": SOON},
            "the feed's summary; the page: no answer (2 tries; tried again in 2 hours)",
        ),
        (
            {"text_source": "summary", "page_reason": "no answer", "page_attempts": 5},
            "the feed's summary; the page: no answer (5 tries; given up)",
        ),
        (
            {"text_source": "summary", "page_reason": "the site wants quiet", "page_due_at": SOON},
            "the feed's summary; the page: the site wants quiet (asked in 2 hours)",
        ),
        (
            {"text_source": "feed", "page_reason": "the page gave 90 words, the feed's own text has 300"},
            "from the feed; the page: the page gave 90 words, the feed's own text has 300",
        ),
    ],
)
def test_show_says_whose_text_it_is_and_why(values: dict[str, Any], told: str) -> None:
    assert text_source(make_item(**values), NOW) == told
