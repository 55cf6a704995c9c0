"""What does a person type: the commands of ``aggregator``. ``main`` is the console script.

Only light modules are imported at the top of this room: ``--help`` must answer at once.
"""

import io
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime

from aggregator.errors import AggregatorError, ConfigError

__all__ = ["guarded", "main"]

#: usage, configuration or storage error, unknown outlet or id
USAGE = 2
#: what shells say of a process that Ctrl-C ended
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None, *, clock: Callable[[], datetime] | None = None) -> int:
    """Run one command; returns its exit code.

    ``arguments`` default to those of the process; relative times are told by ``clock``, the system's
    by default.
    """

    def command() -> int:
        from aggregator.cli.root import app

        return int(app(args=arguments, prog_name="aggregator", standalone_mode=False, obj=clock) or 0)

    return guarded(command)


def guarded(command: Callable[[], int]) -> int:
    """The exit code of ``command``; whatever ends it early becomes a sentence and a code, no traceback."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a terminal that does not speak UTF-8 gets \u2026 for what it cannot show
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = _usage_errors_told(command)
        sys.stdout.flush()
    except ConfigError as exc:
        return _fail(*exc.problems)
    except AggregatorError as exc:
        return _fail(str(exc))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_left()
    except OSError as exc:
        return _fail(_os_error(exc))
    return code


def _usage_errors_told(command: Callable[[], int]) -> int:
    """Typer's own errors have a ``show`` that names the option and where help is."""
    try:
        return command()
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else USAGE
    except Exception as exc:
        if type(exc).__name__ == "ReaderLeftError":
            raise BrokenPipeError from exc
        show = getattr(exc, "show", None)
        if show is None:
            raise
        show()
        if type(exc).__name__ == "NoSuchOption" and _command(exc) == "search":
            _fail('a query that begins with "-" stands behind --: aggregator search -- -bridge')
        return int(getattr(exc, "exit_code", USAGE))


def _command(error: Exception) -> str | None:
    """The name of the command whose options were typed."""
    name: str | None = getattr(getattr(error, "ctx", None), "info_name", None)
    return name


def _fail(*sentences: str) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)  # noqa: T201
    return USAGE


def _os_error(exc: OSError) -> str:
    where = f"{exc.filename}: " if exc.filename else ""
    return f"{where}{exc.strerror or exc}"


def _reader_left() -> int:
    """``| head`` has seen enough; what is still buffered goes nowhere, silently."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
