"""`aggregator digest`: on the terminal, into files, by mail."""

import json
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.mailbox import mail_server


def digest_of(over: Terminal, *arguments: str, mail: str = "") -> tuple[int, str, str]:
    """Exit code, stdout and stderr; ``mail``: a [mail] table that is there this time."""
    file = over.newsroom.file
    before = file.read_text()
    file.write_text(before + mail)
    try:
        result = over("digest", *arguments)
    finally:
        file.write_text(before)
    return result.code, result.out, result.err


def test_the_digest_tells_the_days_stories_copies_left_out(over: Terminal) -> None:
    code, out, err = digest_of(over, "--since", "1d")
    assert (code, err) == (0, "")
    assert out.startswith("News\n2 stories, ")
    assert out.count("Bridge [b]opens[/b]") == 1
    assert "Ferry late" in out  # without what would turn the line around
    assert " ago" not in out


def test_programs_get_one_object(over: Terminal) -> None:
    told = over("digest", "--since", "1d", "--json").json
    assert {story["headline"] for story in told["stories"]} >= {"Bridge [b]opens[/b]"}
    assert told["more"] == 0


@pytest.mark.parametrize(
    ("name", "start"), [("day.html", "<!DOCTYPE html>"), ("day.TXT", "News\n"), ("day.eml", "From: ")]
)
def test_a_file_is_what_its_name_says(over: Terminal, tmp_path: Path, name: str, start: str) -> None:
    file = tmp_path / name
    code, out, err = digest_of(over, "--output", str(file))
    assert (code, out, err) == (0, "", f"{file} is written.\n")
    assert file.read_text().startswith(start)


def test_a_message_in_a_file_is_whole_and_the_same_each_time(over: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "day.eml"
    digest_of(over, "--output", str(file))
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert message.get_content_type() == "multipart/alternative"
    assert message["Subject"].startswith("News, Fri 20 November 2026: ")
    assert json.loads(over("digest", "--output", str(file), "--json").out)["written"] is False


def test_a_name_that_says_nothing_is_refused(over: Terminal) -> None:
    assert digest_of(over, "--output", "day.pdf") == (
        2,
        "",
        '--output "day.pdf": expected a name that ends in .html, .txt or .eml\n',
    )


def test_filters_and_limit_hold(over: Terminal) -> None:
    _, out, _ = digest_of(over, "--since", "1d", "--limit", "1")
    assert "1 more story in this time." in out
    code, out, err = digest_of(over, "--outlet", "Down")
    assert (code, out) == (0, "")
    assert err.startswith("Nothing new from Thu 19 November 2026, 15:00")


def test_nothing_new_writes_and_sends_nothing(over: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "day.html"
    with mail_server() as box:
        table = f'\n[mail]\nhost = "127.0.0.1"\nport = {box.port}\nsecurity = "none"\n'
        table += 'sender = "a@gulf.example"\nto = ["b@gulf.example"]\n'
        for arguments in (["--output", str(file)], ["--mail"]):
            code, out, err = digest_of(over, "--since", "2d", "--until", "1d", *arguments, mail=table)
            assert (code, out) == (0, "")
            assert err.startswith("Nothing new from ")
    assert (file.exists(), box.messages) == (False, [])


def test_mail_goes_to_the_configured_recipients(over: Terminal) -> None:
    with mail_server() as box:
        table = f'\n[mail]\nhost = "127.0.0.1"\nport = {box.port}\nsecurity = "none"\n'
        table += 'sender = "News <a@gulf.example>"\nto = ["b@gulf.example", "c@gulf.example"]\n'
        box.refuses["c@gulf.example"] = "550 gone"
        code, out, err = digest_of(over, "--since", "1d", "--mail", mail=table)
    assert (code, out, err) == (
        0,
        "",
        (
            "the mail server does not deliver the digest to c@gulf.example: 550 gone\n"
            "The digest was sent to b@gulf.example, c@gulf.example.\n"
        ),
    )
    (message,) = box.messages
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_a_server_that_does_not_answer_ends_with_2(over: Terminal) -> None:
    table = '\n[mail]\nhost = "127.0.0.1"\nport = 1\nsender = "a@gulf.example"\nto = ["b@gulf.example"]\n'
    code, out, err = digest_of(over, "--mail", mail=table)
    assert (code, out, err) == (
        2,
        "",
        "the digest was not sent: 127.0.0.1:1 cannot be reached: Connection refused\n",
    )


def test_mail_without_a_table_says_what_is_missing(over: Terminal) -> None:
    code, _, err = digest_of(over, "--mail")
    assert code == 2
    assert "[mail]" in err
    assert digest_of(over, "--mail", "--output", "x.eml")[0] == 2
