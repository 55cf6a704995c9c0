"""What holds for every request and every response: which hosts are answered, which headers are sent."""

import re
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import structlog

from aggregator.config import WebConfig

log = structlog.get_logger()

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; "
    "connect-src 'self'; manifest-src 'self'; media-src 'self' https:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_PORT = re.compile(r"(?::[0-9]{0,5})?")
_PLAIN = (b"content-type", b"text/plain; charset=utf-8")


def hosts_of(web: WebConfig) -> frozenset[str]:
    """The names under which this server is asked for."""
    listen = web.listen.rpartition(":")[0].strip("[]").lower()
    public = (urlsplit(web.base_url).hostname or "") if web.base_url else ""
    return frozenset({"localhost", "127.0.0.1", "::1", listen, public} - {""})


class Shield:
    """Around an ASGI application.

    A request for a host that is not ours is refused: a web page could otherwise have its own name lead here
    (DNS rebinding) and read what the browser is let see. No name at all, and the very address that was
    connected to, cannot be such a trick.
    """

    def __init__(self, app: App, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        begun = False

        async def shielded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                given = {name.lower() for name, _ in message["headers"]}
                added = (pair for pair in _HEADERS if pair[0] not in given)
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        if not self._is_ours(scope):
            await _say(shielded, 421, "This server does not answer for that host: see [web] in feeds.toml.\n")
            return
        try:
            await self._app(scope, receive, shielded)
        except Exception:
            log.exception("a request failed", method=scope["method"], route=_route(scope))
            if not begun:
                await _say(shielded, 500, "Something went wrong here; the log says what.\n")

    def _is_ours(self, scope: Scope) -> bool:
        asked = [value for name, value in scope["headers"] if name == b"host"]
        if not asked:
            return True
        host = host_name(asked[0].decode("latin-1")) if len(asked) == 1 else ""
        return host in self._hosts or (bool(host) and host == (scope.get("server") or ("",))[0])


def host_name(header: str) -> str:
    """The host of a Host header in lower case, without port and brackets; "" where it is none."""
    text = header.strip().lower()
    if text.startswith("["):
        inner, bracket, port = text[1:].partition("]")
        return inner if bracket and _PORT.fullmatch(port) and _is_address(inner) else ""
    host, colon, port = text.partition(":")
    return host.removesuffix(".") if _PORT.fullmatch(colon + port) else ""


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _route(scope: Scope) -> str:
    """What was asked for, without what stands in its place holders: they may be secrets."""
    return str(getattr(scope.get("route"), "path", "none"))


async def _say(send: Send, status: int, text: str) -> None:
    body = text.encode()
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [_PLAIN, length]})
    await send({"type": "http.response.body", "body": body})
