"""How do results reach the person or the program: tables, JSON Lines, sentences."""

import io
import json
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

#: controls (an outlet could move the cursor or set the window's title), and overrides of direction
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SPACE = re.compile(r"\s+")

#: into a pipe, lines are as long as what they hold
_UNBOUNDED = 1_000
#: … and rules not longer than this
_RULE = 120


def print_json(value: Any) -> None:
    """One JSON value on one line of stdout."""
    print_utf8([json.dumps(value, ensure_ascii=False) + "\n"])


def print_utf8(chunks: Iterable[str]) -> None:
    """What programs read, as UTF-8 whatever the terminal speaks: JSON is, and our XML says that it is."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.encoding.lower() not in ("utf-8", "utf8"):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.writelines(chunks)


def print_line(text: str = "") -> None:
    """One line of results, for people."""
    sys.stdout.write(shown(text) + "\n")


def tell(text: str) -> None:
    """One sentence beside the results."""
    sys.stderr.write(text + "\n")


def shown(text: str) -> str:
    """Text from outside without what a terminal would obey; line breaks stay."""
    return _UNSAFE.sub("", text)


def page_width() -> int:
    """Columns of a page of text: the terminal's, a hundred at most."""
    return min(shutil.get_terminal_size((80, 24)).columns, 100)


def wrapped(text: str, width: int, *, indent: str = "", hanging: str | None = None) -> list[str]:
    """Text from outside as lines of a page; ``hanging`` begins all but the first, as ``indent`` does."""
    wrap = textwrap.TextWrapper(
        width=width,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrap.wrap(shown(text))


def fact_lines(facts: Iterable[tuple[str, str]], width: int) -> list[str]:
    """Names and what is known of them, one below the other; those without a value are left out."""
    known = list(facts)
    indent = max((len(name) for name, _ in known), default=0) + 2
    lines: list[str] = []
    for name, value in known:
        if value:
            lines += wrapped(value, width, indent=f"{name:<{indent}}", hanging=" " * indent)
    return lines


def cell(text: str, style: str = "") -> "Text":
    """Text from outside for one cell: one line, no markup."""
    from rich.text import Text

    return Text(one_line(text), style=style)


def one_line(text: str) -> str:
    """Text from outside in one line, without what a terminal would obey."""
    return _SPACE.sub(" ", shown(text)).strip()


def console(*, stderr: bool = False) -> "Console":
    """A terminal of its width, or a pipe in which nothing is cut off. Honours NO_COLOR."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        return Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=False)
    trimmed = cast("TextIO", _Trimmed(stream))
    return Console(
        file=trimmed, width=_UNBOUNDED, highlight=False, markup=False, emoji=False, soft_wrap=False
    )


class _Trimmed:
    """A pipe into which no line goes with blanks at its end, nor a rule as long as the longest title."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        lines = (line.rstrip(" ") for line in text.split("\n"))
        self._stream.write("\n".join(line[:_RULE] if not line.strip("─ ") else line for line in lines))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def table(columns: Sequence[str], rows: Iterable[Sequence["Text | str"]], *, fold: str = "") -> "Table":
    """A table; numbers' columns (name ends in ``#``) to the right; ``fold`` wraps, the rest is cut to fit."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for name in columns:
        right = name.endswith("#")
        made.add_column(
            name.rstrip("#"),
            justify="right" if right else "left",
            no_wrap=name != fold,
            overflow="fold" if name == fold else "ellipsis",
        )
    for row in rows:
        made.add_row(*row)
    return made
