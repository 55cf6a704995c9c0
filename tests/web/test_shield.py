"""What holds for every request: whom we answer, and what every answer carries."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from aggregator.config import WebConfig
from aggregator.web.shield import App, Shield, host_name, hosts_of
from tests.web.arrange import ask

WEB = WebConfig(listen="[::1]:8000", base_url="https://News.example.org/reader/")


async def fine(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-own", b"1")]})
    await send({"type": "http.response.body", "body": b"fine"})


async def broken(_scope: Any, _receive: Any, _send: Any) -> None:
    raise ZeroDivisionError("secret words")


async def broken_late(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise ZeroDivisionError("secret words")


def shielded(app: App = fine) -> Shield:
    return Shield(app, hosts_of(WEB))


@pytest.mark.parametrize(
    ("host", "server", "status"),
    [
        ("localhost:8000", "127.0.0.1", 200),
        ("LOCALHOST", "127.0.0.1", 200),
        ("127.0.0.1:8000", "127.0.0.1", 200),
        ("[::1]:8000", "::1", 200),
        ("news.example.org", "127.0.0.1", 200),
        ("news.example.org.:443", "127.0.0.1", 200),
        ("10.0.0.7:8000", "10.0.0.7", 200),
        (None, "127.0.0.1", 200),
        ("10.0.0.8", "10.0.0.7", 421),
        ("evil.example", "127.0.0.1", 421),
        ("news.example.org.evil.example", "127.0.0.1", 421),
        ("localhost:80:90", "127.0.0.1", 421),
        ("localhost:x", "127.0.0.1", 421),
        ("[localhost]", "127.0.0.1", 421),
        ("[::1", "::1", 421),
        ("", "127.0.0.1", 421),
        ("evil.example@localhost", "127.0.0.1", 421),
    ],
)
async def test_only_our_own_hosts_are_answered(host: str | None, server: str, status: int) -> None:
    assert (await ask(shielded(), "/", host=host, server=server)).status == status


async def test_two_host_headers_are_none_of_ours() -> None:
    answer = await ask(shielded(), "/", host="localhost", headers=[("Host", "evil.example")])
    assert answer.status == 421


@pytest.mark.parametrize(("app", "status"), [(fine, 200), (broken, 500)])
@pytest.mark.parametrize("host", ["localhost", "evil.example"])
async def test_every_answer_carries_the_headers(app: App, status: int, host: str) -> None:
    with capture_logs():
        answer = await ask(shielded(app), "/", host=host)
    assert answer.status == (status if host == "localhost" else 421)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' https: data:; connect-src 'self'; manifest-src 'self'; media-src 'self' https:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


async def test_a_fault_of_ours_is_told_to_the_log_and_not_to_the_world() -> None:
    with capture_logs() as logs:
        answer = await ask(shielded(broken), "/websub/secret-token?hub.challenge=x", host="localhost")
    assert answer.text == "Something went wrong here; the log says what.\n"
    [event] = logs
    assert event["event"] == "a request failed"
    assert "secret-token" not in repr({key: value for key, value in event.items() if key != "exc_info"})


async def test_a_fault_after_the_answer_began_does_not_begin_another() -> None:
    with capture_logs() as logs:
        answer = await ask(shielded(broken_late), "/", host="localhost")
    assert (answer.status, len(logs)) == (200, 1)


@pytest.mark.parametrize(
    ("header", "name"),
    [(" A.example:80 ", "a.example"), ("[FE80::1]:8", "fe80::1"), ("[::1]x8", ""), ("::1", ""), ("a:", "a")],
)
def test_a_host_header_is_read_strictly(header: str, name: str) -> None:
    assert host_name(header) == name
