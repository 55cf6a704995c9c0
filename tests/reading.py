"""One feed read again and again without a network: real documents and store, a clock that the test moves."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from aggregator.config import Outlet, PollingConfig
from aggregator.documents import Documents
from aggregator.fetch.client import Client
from aggregator.fetch.network import Network
from aggregator.model import (
    FeedSpec,
    Fetched,
    FetchResult,
    Item,
    Lease,
    PollOutcome,
    Validators,
)
from aggregator.poll import Poller
from aggregator.pool import Inline, Pool
from aggregator.store import Store
from aggregator.store.thread import StoreThread
from tests.conftest import NOW

URL = "https://x.example/feed"
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class _Served:
    """Stands where the client does: whatever is asked for, this is the answer."""

    body: bytes = b""
    content_type: str = "application/xml"

    async def get(self, url: str, **_options: Any) -> FetchResult:
        return Fetched(
            url=url,
            final_url=url,
            status=200,
            headers={"content-type": self.content_type},
            body=self.body,
            validators=Validators(),
            elapsed_ms=1,
        )


@dataclass(slots=True)
class Reader:
    """Reads one feed into a store."""

    store: Store
    url: str = URL
    outlet: Outlet = field(default_factory=lambda: Outlet(name="X", full_text="never"))
    now: datetime = NOW
    served: _Served = field(default_factory=_Served)
    #: for what may take long
    workers: Pool = field(default_factory=Inline)
    _listed: bool = False

    def poll(self, document: bytes | str, *, later: timedelta = HOUR) -> PollOutcome:
        """One poll that finds this document, so much later than the last."""
        if not self._listed:
            self.store.sync_feeds([FeedSpec(url=self.url, outlet=self.outlet.name, homepage="")], self.now)
            self._listed = True
        else:
            self.now += later
        self.served.body = document.encode() if isinstance(document, str) else document
        return asyncio.run(self._poll())

    async def _poll(self) -> PollOutcome:
        thread = StoreThread()
        client = cast("Client", self.served)
        documents = Documents(
            client=client,
            store=self.store,
            thread=thread,
            workers=self.workers,
            inline=Inline(),
            clock=lambda: self.now,
        )
        poller = Poller(
            client=client,
            network=Network(),
            documents=documents,
            store=self.store,
            thread=thread,
            clock=lambda: self.now,
            jitter=lambda: 0.5,
            polling=PollingConfig(),
            outlets={self.outlet.name: self.outlet},
        )
        lease = Lease(token="reader", until=self.now + timedelta(minutes=10))
        (feed,) = self.store.claim_due(self.now, lease, limit=1, outlets=[self.outlet.name], force=True)
        try:
            return (await poller.poll(feed)).outcome
        finally:
            thread.close()

    def items(self) -> Sequence[Item]:
        """What is stored, oldest id first."""
        found = (item for item in self.store.items() if item.feed == self.url)
        return sorted(found, key=lambda item: item.id)
