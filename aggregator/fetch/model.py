"""The language model of ``[ai]``: one question, one answer, over any endpoint that speaks OpenAI's chat API.

The address is the user's own, so it may be where no outlet's may be: on this machine (Ollama, llama.cpp)
or in his network. That holds for this one host: nothing else is asked over this door, and redirects are
not followed, as they would hand the key, and this leave, to whoever they name.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from aggregator.config import AiConfig, FetchConfig
from aggregator.core.citing import MOST_TOKENS
from aggregator.core.polling.headers import retry_after
from aggregator.fetch.address import AddressError, address
from aggregator.fetch.guard import Guard, numeric_host
from aggregator.fetch.headers import received
from aggregator.fetch.resolve import SystemResolver, guarded
from aggregator.fetch.words import failure, status_words
from aggregator.model.answers import NoReply, Prompt, Reply

_CONNECT = 10.0
#: bytes of an answer that are read
_CAP = 1_000_000
#: addresses of every kind: the session asks the configured host alone
_ANY = ("0.0.0.0/0", "::/0")


class Model:
    """As an async context manager. ``patience``: seconds for one answer, which are many on a small machine.

    ``resolver`` replaces the system's name lookup.
    """

    def __init__(
        self,
        ai: AiConfig,
        fetch: FetchConfig,
        *,
        clock: Callable[[], datetime],
        patience: float,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._ai = ai
        self._fetch = fetch
        self._clock = clock
        self._patience = patience
        self._guard = Guard(_ANY)
        self._lookup = resolver or SystemResolver(_CONNECT * 0.8)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=guarded(self._lookup, self._guard, limit=1),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=self._patience, connect=min(_CONNECT, self._patience)),
            headers={"User-Agent": self._fetch.user_agent},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
            await asyncio.sleep(0)  # transports end in the loop's next turn

    async def ask(self, prompt: Prompt) -> Reply | NoReply:
        """The model's answer. Never raises for what happens on the way."""
        if self._session is None:
            raise RuntimeError("a model is asked inside its async with block")
        try:
            at = address(f"{self._ai.url.rstrip('/')}/chat/completions")
            headers = _authorization(self._ai.key_file)
        except (AddressError, OSError, UnicodeError) as exc:
            return NoReply(reason=f"[ai]: {exc}")
        return await self._asked(self._session, at, headers, prompt)

    async def _asked(
        self, session: aiohttp.ClientSession, at: URL, headers: Mapping[str, str], prompt: Prompt
    ) -> Reply | NoReply:
        host = at.host or ""
        wanted = {
            "model": self._ai.model,
            "messages": [
                {"role": "system", "content": prompt.task},
                {"role": "user", "content": prompt.material},
            ],
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
            "stream": False,
        }
        proxy = self._fetch.proxy if self._fetch.proxy and not _is_near(host) else None
        try:
            async with session.post(
                at, json=wanted, headers=headers, allow_redirects=False, proxy=proxy
            ) as response:
                if response.status != 200:
                    return self._refused(response.status, received(response)[0])
                return _read(await _body(response))
        except TimeoutError:
            return NoReply(
                reason=f"the model at {host} did not answer within {self._patience:g} s", is_spent=True
            )
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            return NoReply(reason=f"the model was not reached: {failure(exc, host)[1]}")

    def _refused(self, status: int, headers: Mapping[str, str]) -> NoReply:
        reason = f"the model's server answered {status_words(status)}"
        if 300 <= status < 400:
            return NoReply(reason=f"{reason}; redirects are not followed, set its new address in [ai] url")
        return NoReply(reason=reason, until=retry_after(headers, self._clock()))


def _authorization(key_file: Path | None) -> Mapping[str, str]:
    """The key is read when it is used: it is in no configuration, log or message."""
    if key_file is None:
        return {}
    key = key_file.read_text(encoding="utf-8").strip()
    return {"Authorization": f"Bearer {key}"}


def _is_near(host: str) -> bool:
    """Whether a proxy has no business there: an address, or this machine."""
    return numeric_host(host) is not None or host.rpartition(".")[2].lower() == "localhost" or "." not in host


async def _body(response: aiohttp.ClientResponse) -> bytes:
    found = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        found += chunk
        if len(found) > _CAP:
            raise ValueError(f"it sent more than {_CAP:,} bytes")
    return bytes(found)


def _read(body: bytes) -> Reply | NoReply:
    """The first choice's text, and the tokens as they were counted."""
    try:
        told: Any = json.loads(body)
        text = told["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        text = None
    if not isinstance(text, str):
        return NoReply(
            reason="the model's server sent no answer that follows OpenAI's chat API", is_spent=True
        )
    usage = told.get("usage")
    counted = usage.get("total_tokens") if isinstance(usage, dict) else None
    is_count = isinstance(counted, int) and not isinstance(counted, bool) and 0 < counted < 10**9
    return Reply(text=text, tokens=counted if is_count else None)
