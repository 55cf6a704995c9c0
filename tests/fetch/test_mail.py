"""Mail goes to a real server on loopback: over TLS that is checked, and what goes wrong is told in words."""

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme

from aggregator.fetch.mail import Sent, Unsent, send
from tests.mailbox import PASSWORD, USER, Mailbox, mail_server
from tests.press import free_port

# The server's own word for a login at a port that speaks nothing but TLS.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
    """The authority, which this machine trusts."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return authority


@pytest.fixture
def password(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    return file


def letter(**headers: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in ({"From": "News <news@gulf.example>", "To": "layla@gulf.example"} | headers).items():
        made[name] = value
    made["Subject"] = "Bridge opens"
    made.set_content("It opened.\n.\nOn Tuesday.\n")
    return made


def reason(answer: Sent | Unsent) -> str:
    assert isinstance(answer, Unsent)
    return answer.reason


def test_a_message_arrives_as_it_was_written() -> None:
    with mail_server() as box:
        assert send(letter(), box.config()) == Sent()
    (envelope,), (message,) = box.envelopes, box.messages
    assert (envelope.mail_from, envelope.rcpt_tos) == ("news@gulf.example", ["layla@gulf.example"])
    assert message["Subject"] == "Bridge opens"
    assert message.get_content().splitlines() == ["It opened.", ".", "On Tuesday."]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_login_goes_over_tls(trusted: trustme.CA, password: Path, security: Any) -> None:
    with mail_server(trusted, tls=security == "tls", login=True) as box:
        config = box.config(security=security, user=USER, password_file=password)
        assert send(letter(), config) == Sent()
    assert box.logins == [(USER.encode(), PASSWORD.encode())]
    assert len(box.messages) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_not_believed(
    authority: trustme.CA, password: Path, security: Any
) -> None:
    with mail_server(authority, tls=security == "tls", login=True) as box:
        config = box.config(security=security, user=USER, password_file=password)
        told = reason(send(letter(), config))
    assert told.startswith(f"the certificate of 127.0.0.1:{box.port} is not trusted: ")
    assert (box.logins, box.messages) == ([], [])


def test_a_certificate_of_another_host_is_not_believed(trusted: trustme.CA) -> None:
    with mail_server(trusted, name="mail.quay.example") as box:
        assert "is not trusted" in reason(send(letter(), box.config(security="starttls")))
    assert box.messages == []


def test_a_server_without_starttls_gets_nothing(password: Path) -> None:
    with mail_server() as box:
        config = box.config(security="starttls", user=USER, password_file=password)
        assert "STARTTLS" in reason(send(letter(), config))
    assert (box.logins, box.messages) == ([], [])


def test_a_wrong_password_is_told_and_not_shown(trusted: trustme.CA, tmp_path: Path) -> None:
    file = tmp_path / "wrong"
    file.write_text("geheim")
    with mail_server(trusted, login=True) as box:
        told = reason(send(letter(), box.config(security="starttls", user=USER, password_file=file)))
    assert told.startswith(f'127.0.0.1:{box.port} refuses the user "me": 535 ')
    assert "geheim" not in told


@pytest.mark.parametrize("written", ["pässword", "\N{GRINNING FACE}"])
def test_a_password_that_no_login_can_say_is_not_shown_either(
    trusted: trustme.CA, tmp_path: Path, written: str
) -> None:
    file = tmp_path / "odd"
    file.write_text(written)
    with mail_server(trusted, login=True) as box:
        told = reason(send(letter(), box.config(security="starttls", user=USER, password_file=file)))
    assert "beyond ASCII" in told
    assert written not in told


def test_a_password_file_that_is_gone_is_named(tmp_path: Path) -> None:
    config = Mailbox(port=free_port()).config(user=USER, password_file=tmp_path / "gone")
    assert reason(send(letter(), config)).startswith(f"password_file {tmp_path}/gone cannot be read: ")


def test_a_recipient_that_is_refused_does_not_keep_the_message_from_the_others() -> None:
    with mail_server() as box:
        box.refuses["omar@gulf.example"] = "550 no such user"
        answer = send(letter(To="layla@gulf.example, omar@gulf.example"), box.config())
    assert answer == Sent(refused=("omar@gulf.example: 550 no such user",))
    assert box.envelopes[0].rcpt_tos == ["layla@gulf.example"]


def test_refusals_are_told_in_the_servers_words() -> None:
    with mail_server() as box:
        box.refuses["layla@gulf.example"] = "550 no such user"
        told = reason(send(letter(), box.config()))
        assert told == f"127.0.0.1:{box.port} refuses every recipient: layla@gulf.example: 550 no such user"
        box.refuses.clear()
        box.answer = "554 looks like spam"
        assert reason(send(letter(), box.config())) == f"127.0.0.1:{box.port} answers 554 looks like spam"
    assert box.messages == []


def test_a_server_that_is_not_there_is_told() -> None:
    port = free_port()
    told = reason(send(letter(), Mailbox(port=port).config()))
    assert told == f"127.0.0.1:{port} cannot be reached: Connection refused"


@contextmanager
def odd_server(*answers: bytes) -> Iterator[int]:
    """Says the next of the answers to each line it gets, and nothing after the last."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener.accept()[0] as connection, connection.makefile("rb") as lines:
            for answer in answers:
                connection.sendall(answer)
                if not lines.readline():
                    return
            while lines.readline():
                pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join(10)
        listener.close()


def test_a_server_that_says_nothing_is_left_after_the_time_out() -> None:
    with odd_server(b"") as port:
        told = reason(send(letter(), Mailbox(port=port).config(), timeout=0.2))
    assert told == f"127.0.0.1:{port} broke the connection off, or did not answer in time"


def test_a_server_that_never_comes_to_an_end_is_left_at_the_deadline() -> None:
    with odd_server(b"220 hello\r\n", b"250-and\r\n" * 20) as port:
        told = reason(send(letter(), Mailbox(port=port).config(), timeout=30, deadline=0.2))
    assert "broke the connection off" in told


def test_what_a_server_answers_cannot_move_the_cursor_and_is_cut() -> None:
    with odd_server(b"554 go\x1b[2J away " + b"x" * 400 + b"\r\n") as port:
        told = reason(send(letter(), Mailbox(port=port).config()))
    assert "\x1b" not in told
    assert "554 go" in told
    assert len(told) < 300


def test_a_login_that_a_server_repeats_is_not_shown(password: Path) -> None:
    login = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode())
    answers = (b"220 hello\r\n", b"250-me\r\n250 AUTH PLAIN\r\n", b"535 no: " + login + b" or s3cret\r\n")
    with odd_server(*answers) as port:
        config = Mailbox(port=port).config(user=USER, password_file=password)
        told = reason(send(letter(), config))
    assert told == f'127.0.0.1:{port} refuses the user "me": 535 no: … or …'


def test_a_server_that_breaks_off_once_it_took_the_message_has_taken_it() -> None:
    answers = (
        b"220 hello\r\n",
        b"250 me\r\n",
        b"250 sender\r\n",
        b"250 recipient\r\n",
        b"354 go\r\n",
    )
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener.accept()[0] as connection, connection.makefile("rb") as lines:
            for answer in answers:
                connection.sendall(answer)
                lines.readline()
            while lines.readline() != b".\r\n":
                pass
            connection.sendall(b"250 taken\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert send(letter(), Mailbox(port=listener.getsockname()[1]).config()) == Sent()
    finally:
        thread.join(10)
        listener.close()
