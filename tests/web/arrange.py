"""One request to the application, without a socket: who asks, and at which address, is the test's to say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aggregator.web.shield import App


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


async def ask(
    app: App,
    path: str,
    *,
    method: str = "GET",
    host: str | None = "127.0.0.1:8000",
    headers: Sequence[tuple[str, str]] = (),
    body: Sequence[bytes] = (b"",),
    peer: str = "127.0.0.1",
    server: str = "127.0.0.1",
) -> Answer:
    """``body`` arrives in these pieces."""
    path, _, query = path.partition("?")
    sent: list[Any] = []
    pieces = list(body)

    async def receive() -> dict[str, Any]:
        if not pieces:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        sent.append(message)

    pairs = [*headers] if host is None else [("host", host), *headers]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs],
        "client": (peer, 50_000),
        "server": (server, 8000),
    }
    await app(scope, receive, send)
    head = sent[0]
    return Answer(
        status=head["status"],
        headers={name.decode().lower(): value.decode() for name, value in head["headers"]},
        body=b"".join(message.get("body", b"") for message in sent[1:]),
    )
