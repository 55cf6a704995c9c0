"""A real mail server on loopback, with TLS and a login, which keeps what it is handed."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from aggregator.config import MailConfig
from tests.press import free_port

USER, PASSWORD = "me", "s3cret"


@dataclass
class Mailbox:
    """What arrived, and whom the server turns away."""

    port: int = 0
    envelopes: list[Envelope] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    #: address: answer
    refuses: dict[str, str] = field(default_factory=dict)
    #: instead of taking a message
    answer: str = "250 taken"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            self.envelopes.append(envelope)
        return self.answer

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        fits = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=fits, handled=fits)

    @property
    def messages(self) -> list[Any]:
        return [message_from_bytes(_bytes(one), policy=default) for one in self.envelopes]

    def config(self, **changes: Any) -> MailConfig:
        """``[mail]`` that leads here."""
        values: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.port,
            "security": "none",
            "sender": "News <news@gulf.example>",
            "to": ("layla@gulf.example",),
        }
        return MailConfig(**(values | changes))


def _bytes(envelope: Envelope) -> bytes:
    content = envelope.content
    assert isinstance(content, bytes)
    return content


@contextmanager
def mail_server(
    authority: trustme.CA | None = None, *, tls: bool = False, login: bool = False, name: str = "127.0.0.1"
) -> Iterator[Mailbox]:
    """A server that offers STARTTLS once an authority vouches for it; ``tls``: from the first byte."""
    box = Mailbox(port=free_port())
    context = None
    if authority is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
    options: dict[str, Any] = {"hostname": "127.0.0.1", "port": box.port, "ready_timeout": 10}
    if login:
        options |= {"authenticator": box.authenticate, "auth_required": True, "auth_require_tls": not tls}
    if tls:
        options["ssl_context"] = context
    elif context is not None:
        options["tls_context"] = context
    server = Controller(box, **options)
    server.start()
    try:
        yield box
    finally:
        server.stop()
