"""Use case: an aggregator's page is read for what it shows of other outlets, and for the articles it links.

Its articles are items of the aggregator like any outlet's; what is read here stands beside them. Everything
that looks at the page itself runs in a worker that can be killed.
"""

import re
from datetime import datetime
from typing import Final

from aggregator.config import Outlet
from aggregator.errors import WorkerError
from aggregator.model import Fetched, ParsedFeed
from aggregator.model.leads import LeadsPage
from aggregator.pages import content_type
from aggregator.pool import Pool

#: seconds of work that one page may take
DEADLINE: Final = 5.0
_PAGE = re.compile(
    rb"\s*(?:<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)


def is_page(page: Fetched) -> bool:
    """Whether what an aggregator's address holds is a page, rather than a feed."""
    return _PAGE.match(page.body[:2_000].removeprefix(b"\xef\xbb\xbf")) is not None


async def articles_on(page: Fetched, outlet: Outlet, workers: Pool, now: datetime) -> ParsedFeed | None:
    """The articles that a page links, or the page where it is one or has cards; None without any.

    Raises WorkerError.
    """
    from aggregator.core.leads import front_page

    _, charset = content_type(page.headers)
    return await workers.run(
        front_page,
        page.body,
        url=page.final_url,
        charset=charset,
        now=now,
        own_names=(outlet.name,),
        deadline=DEADLINE,
    )


async def leads_of(page: Fetched, outlet: Outlet, workers: Pool, now: datetime) -> LeadsPage:
    """What the page of an aggregator's article shows of other outlets; nothing where that takes too long."""
    from aggregator.core.leads import read_leads

    _, charset = content_type(page.headers)
    try:
        return await workers.run(
            read_leads,
            page.body,
            url=page.final_url,
            charset=charset,
            now=now,
            own_names=(outlet.name,),
            deadline=DEADLINE,
        )
    except WorkerError:
        return LeadsPage()
