"""The web server in the daemon's own loop."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import structlog
import uvicorn

from aggregator.errors import ConfigError

log = structlog.get_logger()

#: seconds that requests under way have at the end: what is polled has its own after that, 25 in all
_LAST = 2
#: requests at once; more are told to come back
_MOST = 200


class _Server(uvicorn.Server):
    """Signals are the daemon's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(listen: str) -> tuple[socket.socket, ...]:
    """Sockets at this host and port, taking requests from now on. ConfigError where that cannot be.

    A name of several addresses ("localhost") gets a socket for each.
    """
    host, _, port = listen.rpartition(":")
    sockets: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, _kind, _protocol, _name, address in dict.fromkeys(found):
            sockets.append(socket.create_server(address[:2], family=family, backlog=512))
    except OSError as error:
        for one in sockets:
            one.close()
        raise ConfigError([f'feeds.toml: [web] listen "{listen}": {_remedy(error)}']) from error
    return tuple(sockets)


def _remedy(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "this host is not known; expected an address of this machine, such as 127.0.0.1"
    if error.errno == errno.EADDRINUSE:
        return "another program listens there already; stop it, or choose another port"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "this user may not listen there; choose a port above 1023"
    if error.errno == errno.EADDRNOTAVAIL:
        return (
            "this machine has no such address; 127.0.0.1 is reached from here alone, 0.0.0.0 from everywhere"
        )
    return f"it cannot be listened on: {error.strerror or error}"


@asynccontextmanager
async def serving(app: Any, sockets: Sequence[socket.socket]) -> AsyncIterator[None]:
    """Answer what arrives at the sockets of ``bind`` while the block runs; closes them."""
    server = _Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # who asks is who is connected: headers can say anything
            server_header=False,
            limit_concurrency=_MOST,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=_LAST,
        )
    )
    task = asyncio.create_task(server.serve(sockets=list(sockets)))
    task.add_done_callback(_mourn)
    for one in sockets:
        log.info("the web server listens", address=_shown(one))
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.wait({task}, timeout=_LAST + 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for one in sockets:
            one.close()


def _mourn(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("the web server ended", reason=str(error))


def _shown(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
