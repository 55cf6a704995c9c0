"""Whom does a page name as the source of its article, beside the text that is kept of it?

"Source: Zero Hedge" stands below many an article, and goes with what an outlet repeats on every page: it is
no part of the article, and says whose it is.
"""

from collections.abc import Sequence
from typing import Final

from aggregator.core.credit import credits_of
from aggregator.core.extract.blocks import Block
from aggregator.model.copies import Credit

#: lines below an article's last one, and characters of each
_BELOW: Final = 6
_LONGEST: Final = 120


def named(page: Sequence[Block], text: str) -> tuple[Credit, ...]:
    """Sources named by the short lines that follow the last line of ``text`` in its page."""
    last = "".join(text[text.rfind("\n") + 1 :].split())
    end = next((index for index in range(len(page) - 1, -1, -1) if page[index].squashed == last), None)
    if not last or end is None:
        return ()
    below = (block.text for block in page[end + 1 : end + 1 + _BELOW])
    return credits_of("\n".join(line for line in below if len(line) <= _LONGEST))
