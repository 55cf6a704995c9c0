"""The endpoint of a language model, as it behaves and misbehaves: a real one of the test's own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from aggregator.config import AiConfig, FetchConfig
from aggregator.fetch.model import Model
from aggregator.model.answers import NoReply, Prompt, Reply
from tests.conftest import NOW

PROMPT = Prompt(task="Sum up.", material="=== 1 ===\n[1] It rained.\n=== 1 ===", given=())
SAID = {"choices": [{"message": {"content": "It rained [1]."}}], "usage": {"total_tokens": 42}}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Endpoint:
    """Answers every question alike, and keeps what it was asked."""

    handler: Handler
    url: str = ""
    asked: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        return await self.handler(request)


def saying(body: Any = SAID, *, status: int = 200, headers: dict[str, str] | None = None) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        if isinstance(body, bytes):
            return web.Response(body=body, status=status, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    return handler


@asynccontextmanager
async def endpoint(handler: Handler) -> AsyncIterator[Endpoint]:
    found = Endpoint(handler)
    app = web.Application()
    app.router.add_post("/v1/chat/completions", found.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield found
    finally:
        await runner.cleanup()


def fetch_config() -> FetchConfig:
    """No network is allowed to outlets: what ``[ai] url`` names is, all the same."""
    return FetchConfig(user_agent="tests", allow_networks=())


async def asked(handler: Handler, *, patience: float = 20, **ai: Any) -> tuple[Reply | NoReply, Endpoint]:
    async with endpoint(handler) as there:
        config = AiConfig(**{"url": there.url, "model": "small"} | ai)
        async with Model(config, fetch_config(), clock=lambda: NOW, patience=patience) as model:
            return await model.ask(PROMPT), there


async def test_a_question_goes_to_the_chat_endpoint_and_its_answer_comes_back_with_its_tokens() -> None:
    reply, there = await asked(saying())

    assert reply == Reply(text="It rained [1].", tokens=42)
    (question,) = there.asked
    assert question["model"] == "small"
    assert question["stream"] is False
    assert [(one["role"], one["content"]) for one in question["messages"]] == [
        ("system", PROMPT.task),
        ("user", PROMPT.material),
    ]


async def test_an_endpoint_on_this_machine_is_asked_although_outlets_may_not_be_there() -> None:
    assert isinstance((await asked(saying()))[0], Reply)


async def test_the_key_is_read_from_its_file_and_sent_as_a_bearer(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(" sesame \n")

    _, there = await asked(saying(), key_file=key)

    assert there.headers[0]["authorization"] == "Bearer sesame"


async def test_without_a_key_none_is_sent() -> None:
    _, there = await asked(saying())

    assert "authorization" not in there.headers[0]


async def test_a_key_file_that_is_gone_is_a_reason_without_a_request(tmp_path: Path) -> None:
    reply, there = await asked(saying(), key_file=tmp_path / "gone")

    assert isinstance(reply, NoReply)
    assert there.asked == []


@pytest.mark.parametrize(
    "usage", [None, {}, {"total_tokens": "many"}, {"total_tokens": -1}, {"total_tokens": True}]
)
async def test_tokens_that_are_not_counted_are_unknown(usage: Any) -> None:
    reply, _ = await asked(saying(SAID | {"usage": usage}))

    assert reply == Reply(text="It rained [1].", tokens=None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[" * 100_000,
        {},
        [],
        {"choices": []},
        {"choices": [{"message": {"content": None}}]},
    ],
)
async def test_an_answer_that_is_no_chat_answer_is_none(body: Any) -> None:
    reply, _ = await asked(saying(body))

    assert reply == NoReply(
        reason="the model's server sent no answer that follows OpenAI's chat API", is_spent=True
    )


async def test_an_endless_answer_is_cut() -> None:
    reply, _ = await asked(saying(b"x" * 1_500_000))

    assert isinstance(reply, NoReply)


async def test_a_server_that_is_broken_says_so() -> None:
    reply, _ = await asked(saying(status=500))

    assert isinstance(reply, NoReply)
    assert "500" in reply.reason


async def test_a_server_that_wants_quiet_says_until_when() -> None:
    reply, _ = await asked(saying(status=429, headers={"Retry-After": "90"}))

    assert isinstance(reply, NoReply)
    assert reply.until == NOW + timedelta(seconds=90)


async def test_redirects_are_not_followed_with_the_key(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sesame")
    async with endpoint(saying()) as elsewhere:
        reply, _ = await asked(saying(status=307, headers={"Location": elsewhere.url}), key_file=key)

    assert isinstance(reply, NoReply)
    assert "redirects are not followed" in reply.reason
    assert elsewhere.asked == []
    assert "sesame" not in reply.reason


async def test_a_server_that_is_slow_is_left() -> None:
    left = asyncio.Event()

    async def never(_: web.Request) -> web.StreamResponse:
        await left.wait()
        return web.Response()

    async with endpoint(never) as there:
        config = AiConfig(url=there.url, model="small")
        async with Model(config, fetch_config(), clock=lambda: NOW, patience=0.05) as model:
            reply = await model.ask(PROMPT)
        left.set()

    assert reply == NoReply(reason="the model at 127.0.0.1 did not answer within 0.05 s", is_spent=True)


async def test_a_server_that_is_not_there_is_a_reason() -> None:
    async with endpoint(saying()) as there:
        url = there.url
    async with Model(AiConfig(url=url, model="m"), fetch_config(), clock=lambda: NOW, patience=5) as model:
        reply = await model.ask(PROMPT)

    assert isinstance(reply, NoReply)
    assert reply.reason.startswith("the model was not reached: ")
