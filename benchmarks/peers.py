"""The aggregators that polling is compared with, each at the same work on the same farm."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from benchmarks.processes import Usage, measure

#: reader needs 3.12: that one first, so that results of different machines compare
_PYTHONS = ("python3.12", "python3.13", "python3.14")


_SUBSCRIBE = """
import reader, sys
feeds = reader.make_reader(sys.argv[1])
for url in sys.stdin.read().split():
    feeds.add_feed(url)
"""


class Peer(Protocol):
    """One installed aggregator. ``name`` and ``version`` head its column."""

    name: str
    version: str

    def subscribe(self, directory: Path, urls: Sequence[str]) -> None:
        """Start afresh in the directory, with these feeds and nothing polled. Not measured."""

    def poll(self) -> Usage:
        """Poll every feed once, in a process of its own."""

    def idle(self) -> Usage:
        """The same command with nothing to poll."""


class Newsboat:
    """newsboat (Debian's package), ``-x reload`` with ten threads."""

    name = "newsboat"

    def __init__(self, program: str) -> None:
        self._program = program
        self.version = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=True
        ).stdout.split()[1]

    def subscribe(self, directory: Path, urls: Sequence[str]) -> None:
        """Start afresh in the directory."""
        self._directory = directory
        (directory / "urls").write_text("\n".join(urls) + "\n")
        # its shortest list: a feed that is not there. An empty one is an error
        (directory / "nothing").write_text(f"file://{directory}/absent.xml\n")
        (directory / "config").write_text("reload-threads 10\nauto-reload no\n")

    def poll(self) -> Usage:
        """Poll every feed once."""
        return self._reload("urls", "cache.db")

    def idle(self) -> Usage:
        """The same command with nothing to poll."""
        return self._reload("nothing", "nothing.db")

    def _reload(self, urls: str, cache: str) -> Usage:
        here = self._directory
        command = [
            self._program,
            "-u",
            here / urls,
            "-C",
            here / "config",
            "-c",
            here / cache,
            "-x",
            "reload",
        ]
        return measure(command, cwd=here, env={**os.environ, "HOME": str(here)})


class Reader:
    """lemon24/reader (from the package index), ``reader update`` with ten workers."""

    name = "reader"

    def __init__(self, python: Path) -> None:
        self._python = python
        self.version = subprocess.run(
            [python, "-c", "import reader; print(reader.__version__)"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    def subscribe(self, directory: Path, urls: Sequence[str]) -> None:
        """Start afresh in the directory."""
        self._directory = directory
        for database, feeds in (("reader.db", urls), ("nothing.db", ())):
            subprocess.run(
                [self._python, "-c", _SUBSCRIBE, directory / database],
                input="\n".join(feeds),
                text=True,
                check=True,
            )

    def poll(self) -> Usage:
        """Poll every feed once."""
        return self._update("reader.db")

    def idle(self) -> Usage:
        """The same command with nothing to poll."""
        return self._update("nothing.db")

    def _update(self, database: str) -> Usage:
        here = self._directory
        command = [
            self._python,
            "-m",
            "reader",
            "--db",
            here / database,
            "update",
            "--no-scheduled",
            "--workers",
            "10",
        ]
        return measure(command, cwd=here)


def installed(venv: Path) -> list[Peer]:
    """The peers that can be measured here; says on stderr what the others would need."""
    peers: list[Peer] = []
    if program := shutil.which("newsboat"):
        peers.append(Newsboat(program))
    else:
        print("newsboat is left out: apt-get install newsboat", file=sys.stderr)
    if python := _reader_python(venv):
        peers.append(Reader(python))
    else:
        print("reader is left out: it needs Python 3.12 or newer", file=sys.stderr)
    return peers


def default_venv() -> Path:
    """Where reader's virtual environment is kept from one run to the next."""
    return Path(tempfile.gettempdir()) / "news-aggregator-benchmarks-reader"


def _reader_python(venv: Path) -> Path | None:
    python = venv / "bin" / "python"
    if not python.exists():
        newer = _newer_python()
        if newer is None:
            return None
        subprocess.run([newer, "-m", "venv", venv], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--quiet", "reader[cli]>=3.22"],
            check=True,
            stdout=sys.stderr,
        )
    return python


def _newer_python() -> str | None:
    """A Python that reader runs on: on the PATH, or one of pyenv's that is not activated."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for name in _PYTHONS:
        kept = sorted(root.glob(f"versions/{name.removeprefix('python')}.*/bin/{name}"), reverse=True)
        for candidate in [*map(str, kept), shutil.which(name)]:
            # a shim of pyenv stands on the PATH for versions that are not activated, and fails
            if (
                candidate
                and subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0
            ):
                return candidate
    return None
