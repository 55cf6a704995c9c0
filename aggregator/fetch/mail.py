"""A message handed to the mail server of ``[mail]`` (RFC 5321), over TLS unless it is told not to."""

import base64
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from threading import Timer

from aggregator.config import MailConfig

#: seconds for one answer, and for all of it: a server that trickles is left
TIMEOUT, DEADLINE = 30.0, 120.0

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
#: characters of a server's answer that are repeated
_TOLD = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The server took the message."""

    #: "address: why" of those that it does not deliver to
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """Nothing was sent; ``reason`` continues a sentence, and never holds the password."""

    reason: str


def send(
    message: EmailMessage, mail: MailConfig, *, timeout: float = TIMEOUT, deadline: float = DEADLINE
) -> Sent | Unsent:
    """Hand the message over; blocks for ``deadline`` seconds and a connection at most, and never raises."""
    try:
        password = _password(mail)
    except (OSError, UnicodeDecodeError) as error:
        return Unsent(reason=f"password_file {mail.password_file} cannot be read: {error}")
    try:
        return _send(message, mail, password, timeout=timeout, deadline=deadline)
    except UnicodeEncodeError:  # its text holds the password
        return Unsent(
            reason="the user or the password has characters beyond ASCII, which the login cannot say"
        )
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return Unsent(reason=_without(password, mail.user, _words(error, mail)))


def _password(mail: MailConfig) -> str:
    """Read anew each time, so that it can be changed while the daemon runs."""
    return "" if mail.password_file is None else mail.password_file.read_text(encoding="utf-8").rstrip("\r\n")


def _send(message: EmailMessage, mail: MailConfig, password: str, *, timeout: float, deadline: float) -> Sent:
    port = mail.port or _PORTS[mail.security]
    context = ssl.create_default_context()
    if mail.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, port, timeout=timeout, context=context)
    else:
        server = smtplib.SMTP(mail.host, port, timeout=timeout)
    with _closing(server, deadline):
        if mail.security == "starttls":
            server.starttls(context=context)
        if mail.user:
            server.login(mail.user, password)
        refused = server.send_message(message)
        with suppress(smtplib.SMTPException, OSError):  # it was taken: whatever comes now, it is sent
            server.quit()
    return Sent(refused=tuple(f"{who}: {_answer(*why)}" for who, why in refused.items()))


@contextmanager
def _closing(server: smtplib.SMTP, deadline: float) -> Iterator[None]:
    """Close the connection at the end; break it at the deadline, which no single answer may reach."""

    def give_up() -> None:
        with suppress(OSError):
            if server.sock is not None:
                server.sock.shutdown(socket.SHUT_RDWR)

    timer = Timer(deadline, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        server.close()


# ── what went wrong, in words ────────────────────────────────────────────────────────────────


def _words(error: Exception, mail: MailConfig) -> str:
    host = f"{mail.host}:{mail.port or _PORTS[mail.security]}"
    return _refusal(error, mail, host) or _obstacle(error, mail, host)


def _refusal(error: Exception, mail: MailConfig, host: str) -> str:
    """What the server said, "" where it is not its answer that ended it."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return f'{host} refuses the user "{mail.user}": {_answer(error.smtp_code, error.smtp_error)}'
        case smtplib.SMTPSenderRefused():
            return f"{host} refuses the sender {mail.sender}: {_answer(error.smtp_code, error.smtp_error)}"
        case smtplib.SMTPRecipientsRefused():
            told = "; ".join(f"{who}: {_answer(*why)}" for who, why in error.recipients.items())
            return f"{host} refuses every recipient: {told}"
        case smtplib.SMTPResponseException():
            return f"{host} answers {_answer(error.smtp_code, error.smtp_error)}"
        case smtplib.SMTPNotSupportedError():
            return f"{host} does not offer what is needed: {error}"
        case smtplib.SMTPServerDisconnected():
            return f"{host} broke the connection off, or did not answer in time"
        case _:
            return ""


def _obstacle(error: Exception, mail: MailConfig, host: str) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"the certificate of {host} is not trusted: {error.verify_message}"
        case ssl.SSLError():
            return f"no TLS with {host}: {error.reason or error}; [mail] security and port may not fit"
        case TimeoutError():
            return f"{host} did not answer in time"
        case socket.gaierror():
            return f"there is no host {mail.host}: {error.strerror or error}"
        case OSError():
            return f"{host} cannot be reached: {error.strerror or error}"
        case _:
            return f"{host}: {error}"


def _answer(code: int, words: bytes | str) -> str:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {_UNPRINTABLE.sub(' ', said)[:_TOLD]}"


def _without(password: str, user: str, words: str) -> str:
    """The words without the password, also as a login spells it: a server may repeat what it was sent."""
    if not password:
        return words
    spelt = [f"\0{user}\0{password}", password]
    for secret in (*[base64.b64encode(one.encode()).decode() for one in spelt], password):
        words = words.replace(secret, "…")
    return words
