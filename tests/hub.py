"""A WebSub hub on loopback: takes subscriptions, asks whether they were meant, distributes, lets leases end.

with FakeSite.running() as site:
    hub = Hub(site, clock=clock.now)
    ...                                           # somebody subscribes at hub.url
    assert hub.publish(topic, RSS) == [202]       # what the subscribers answered
"""

import hashlib
import hmac
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode

from tests.fakes import FakeSite, Reply, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """Who wants to hear of a topic."""

    callback: str
    topic: str
    secret: str
    lease_until: datetime


@dataclass(slots=True)
class Hub:
    """See the module. ``verifications`` holds every answer to a verification: mode, status, text."""

    site: FakeSite
    clock: Callable[[], datetime]
    path: str = "/hub"
    #: seconds that are granted; None: what was asked for
    lease_seconds: int | None = None
    #: answer requests with this status instead
    refuse: int | None = None
    #: accept requests, and then deny them with this reason
    deny: str | None = None
    subscribers: dict[tuple[str, str], Subscriber] = field(default_factory=dict)
    verifications: list[tuple[str, int, str]] = field(default_factory=list)
    #: the forms that were sent
    asked: list[dict[str, str]] = field(default_factory=list)
    _verifying: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site.on(self.path, self._request)

    @property
    def url(self) -> str:
        return self.site.url(self.path)

    # ── subscriptions ────────────────────────────────────────────────────────────────────────

    def _request(self, request: Request) -> Reply:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        self.asked.append(form)
        if request.method != "POST" or "hub.callback" not in form or "hub.topic" not in form:
            return Reply(status=400, body=b"not a subscription request", content_type="text/plain")
        if self.refuse is not None:
            return Reply(status=self.refuse, body=b"no", content_type="text/plain")
        verify = threading.Thread(target=self._verify, args=(form,), daemon=True)
        self._verifying.append(verify)
        verify.start()
        return Reply(status=202, content_type=None)

    def _verify(self, form: dict[str, str]) -> None:
        mode, topic, callback = form["hub.mode"], form["hub.topic"], form["hub.callback"]
        if self.deny is not None:
            self.ask(callback, {"hub.mode": "denied", "hub.topic": topic, "hub.reason": self.deny})
            self.subscribers.pop((callback, topic), None)
            return
        seconds = self.lease_seconds or int(form.get("hub.lease_seconds", 864_000))
        query = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": f"challenge {len(self.asked)} & more"}
        if mode == "subscribe":
            query["hub.lease_seconds"] = str(seconds)
        status, text = self.ask(callback, query)
        if status // 100 != 2 or text != query["hub.challenge"]:
            return
        if mode == "unsubscribe":
            self.subscribers.pop((callback, topic), None)
            return
        self.subscribers[callback, topic] = Subscriber(
            callback=callback,
            topic=topic,
            secret=form.get("hub.secret", ""),
            lease_until=self.clock() + timedelta(seconds=seconds),
        )

    def ask(self, callback: str, query: dict[str, str]) -> tuple[int, str]:
        """Send a verification, true or not; status and text of the answer."""
        separator = "&" if "?" in callback else "?"
        status, body = _open(urllib.request.Request(f"{callback}{separator}{urlencode(query)}"))
        self.verifications.append((query["hub.mode"], status, body.decode()))
        return status, body.decode()

    def verified(self) -> None:
        """Wait until every verification is over."""
        while self._verifying:
            self._verifying.pop().join(10)

    # ── news ─────────────────────────────────────────────────────────────────────────────────

    def publish(
        self,
        topic: str,
        body: str | bytes,
        *,
        method: str = "sha256",
        secret: str | None = None,
        signed: bool = True,
    ) -> list[int]:
        """Send this to everybody whose lease has not run out; ``secret``: sign with another than agreed."""
        data = body.encode() if isinstance(body, str) else body
        statuses = []
        for key, subscriber in list(self.subscribers.items()):
            if subscriber.lease_until <= self.clock():
                del self.subscribers[key]
            elif subscriber.topic == topic:
                headers = {
                    "Content-Type": "application/rss+xml",
                    "Link": f'<{self.url}>; rel="hub", <{topic}>; rel="self"',
                }
                if signed:
                    own = subscriber.secret if secret is None else secret
                    digest = hmac.new(own.encode(), data, getattr(hashlib, method)).hexdigest()
                    headers["X-Hub-Signature"] = f"{method}={digest}"
                statuses.append(_open(urllib.request.Request(subscriber.callback, data, headers))[0])
        return statuses


def _open(request: urllib.request.Request) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
