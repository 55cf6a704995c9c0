"""Where measured figures are kept: between two marks of README.md, with the machine and the command."""

import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

_README = Path(__file__).resolve().parent / "README.md"


def keep(name: str, lines: Sequence[str]) -> None:
    """Replace the figures of one benchmark in README.md by these lines of Markdown."""
    text = _README.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise RuntimeError(f"README.md has no marks for {name}")
    kept = "\n".join([f"{_heading()}\n", *lines, ""])
    _README.write_text(f"{before}{begin}{kept}{end}{after}", encoding="utf-8")


def _heading() -> str:
    command = " ".join(part for part in sys.argv[1:] if part != "--write")
    module = f"python -m benchmarks.{Path(sys.argv[0]).stem}"
    today = f"{datetime.now(UTC):%-d %B %Y}"
    return f"`{' '.join([module, command]).strip()}`, {today}; {_machine()}."


def _machine() -> str:
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores ({_processor()}), {system}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
