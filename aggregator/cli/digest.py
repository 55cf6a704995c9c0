"""What came in a day: the digest on the terminal, in a file, by mail."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from aggregator.cli import output
from aggregator.cli.command import Run, Wanted, command
from aggregator.cli.times import exact
from aggregator.errors import OutputError, UsageError

if TYPE_CHECKING:
    from email.message import EmailMessage

    from aggregator.config import Config, MailConfig
    from aggregator.export.digest import Digest
    from aggregator.store import Store


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    command(app, "digest", examples=_DIGEST, filters=True)(digest)


_DIGEST = """
aggregator digest --since 1d
aggregator digest --since 7d --tag gulf --output week.html
aggregator digest --since 1d --mail
"""

_Form = Literal["eml", "html", "txt"]
_FORMS: tuple[_Form, ...] = ("eml", "html", "txt")


def digest(
    run: Run,
    wanted: Wanted,
    file: Annotated[
        Path | None,
        typer.Option(
            "--output", metavar="FILE", help="FILE.html, FILE.txt, or FILE.eml for the whole message."
        ),
    ] = None,
    mail: Annotated[bool, typer.Option("--mail", help="Send it to the recipients of [mail].")] = False,
) -> None:
    """Tell the stories of a day, or of --since and --until: those of several outlets first.

    The text goes to stdout, into a file (HTML, text or a message, by its name), or out by mail. Where
    nothing is new, that is said, and nothing is written or sent.
    """
    if mail and file is not None:
        raise UsageError("--mail and --output: expected one of them")
    form = _form(file) if file is not None else "txt"
    config = run.config()
    if mail and config.mail is None:
        raise UsageError(
            "--mail needs a [mail] table in feeds.toml with host, sender and to; "
            "`aggregator digest` shows the text"
        )
    with run.store(config) as store:
        made = _made(run, wanted, config, store)
        if isinstance(made, str):
            _nothing(run, made)
        elif mail and config.mail is not None:
            _send(run, _message(run, config, store, made), config.mail)
        elif file is not None:
            _write(run, file, _rendered(run, config, store, made, form))
        elif run.json:
            from aggregator.export.digest import digest_dict

            output.print_json(digest_dict(made))
        else:
            output.print_utf8([output.shown(_rendered(run, config, store, made, form))])


def _form(file: Path) -> _Form:
    for form in _FORMS:
        if file.suffix.lower() == f".{form}":
            return form
    raise UsageError(f'--output "{file}": expected a name that ends in .html, .txt or .eml')


def _made(run: Run, wanted: Wanted, config: "Config", store: "Store") -> "Digest | str":
    """The digest; a sentence where there is nothing to tell."""
    from aggregator.config import MailConfig
    from aggregator.digest import LIMIT, gather
    from aggregator.model.stories import StoryFilter

    chosen = wanted.resolve(run, config, store, default_limit=LIMIT, copies=wanted.copies)
    until = chosen.until or run.now
    span = config.mail.since if config.mail else MailConfig(host="", sender="", to=()).since
    since = chosen.since or until - span
    if since >= until:
        raise UsageError("--since is not before --until")
    which = replace(chosen, since=since, until=until, shown_at=run.now)
    made = gather(config, store, StoryFilter(items=which, now=run.now), window=(since, until))
    return made or f"Nothing new from {exact(since)} to {exact(until)}."


def _nothing(run: Run, sentence: str) -> None:
    if run.json:
        output.print_json({"stories": [], "more": 0})
    elif not run.quiet:
        output.tell(sentence)


def _message(run: Run, config: "Config", store: "Store", made: "Digest") -> "EmailMessage":
    from aggregator.digest import compose

    return compose(made, store, config.mail, sent_at=run.now)


def _rendered(run: Run, config: "Config", store: "Store", made: "Digest", form: _Form) -> str:
    from aggregator.export import digest as told

    if form == "html":
        return told.html(made)
    if form == "txt":
        return told.text(made)
    return _message(run, config, store, made).as_bytes().decode("ascii")


def _write(run: Run, file: Path, text: str) -> None:
    from aggregator.publish import write_whole

    written = write_whole(file, text)
    if run.json:
        output.print_json({"file": str(file), "written": written})
    elif not run.quiet:
        output.tell(f"{file} is written." if written else f"{file} holds the same already.")


def _send(run: Run, message: "EmailMessage", mail: "MailConfig") -> None:
    from aggregator.digest import refusals
    from aggregator.fetch.mail import Unsent, send

    answer = send(message, mail)
    if isinstance(answer, Unsent):
        raise OutputError(f"the digest was not sent: {answer.reason}")
    if run.json:
        output.print_json({"sent": list(mail.to), "refused": list(answer.refused)})
        return
    for sentence in refusals(answer):
        output.tell(sentence)
    if not run.quiet:
        output.tell(f"The digest was sent to {', '.join(mail.to)}.")
