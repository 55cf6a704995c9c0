"""Where a tape lies: a folder of bodies, each once, and of files of lines that only grow.

``tape.json`` says what the folder is. ``lines/000001-2026-01-31.jsonl`` and so on hold the lines, a file a
day; ``bodies/ab/abcd….z`` the bodies, deflated, by their SHA-256. A body is there before the line that names
it. A process that is killed leaves at most half a line, which the next one ends and readers leave out.
"""

import json
import os
import re
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path

from aggregator.core.tape import FORMAT, Line, TapeError, decode, encode
from aggregator.errors import OutputError, UsageError

_MARK = "tape.json"
_NAME = re.compile(r"\A(\d{6})-(\d{4}-\d\d-\d\d)\.jsonl\Z")
_DIGEST = re.compile(r"\A[0-9a-f]{64}\Z")
#: characters of a line that are read; the longest real ones are long headers
_LONGEST_LINE = 1_000_000
#: bytes of a body that are read; the client takes 10 MB by default
_LARGEST_BODY = 200_000_000
#: speed counts while recording: level 6 is a tenth smaller and takes three times as long
_LEVEL = 1


class TapeWriter:
    """Adds to the tape in a folder, which is made where it is not there, for its owner alone.

    Raises OutputError where the folder holds something else or cannot be written. Only one process may write
    to a folder at a time: the caller holds a lock.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        #: bytes that this process added
        self.written = 0
        self._numbers = count()
        self._day: date | None = None
        self._descriptor = -1
        try:
            self._prepare()
        except OSError as exc:
            raise OutputError(f"--record: {folder} cannot be written: {exc.strerror or exc}") from exc

    def _prepare(self) -> None:
        folder = self.folder
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"--record: {folder} is a file; name a folder")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark = folder / _MARK
        if not mark.exists():
            if any(entry.name != f"{_MARK}.lock" for entry in folder.iterdir()):
                raise OutputError(f"--record: {folder} holds something else; name an empty or new folder")
            (folder / "lines").mkdir(mode=0o700)
            (folder / "bodies").mkdir(mode=0o700)
            _write(mark, json.dumps({"tape": FORMAT}).encode() + b"\n")
        elif fault := _fault(mark):
            raise OutputError(f"--record: {fault}; name an empty or new folder")
        folder.chmod(0o700)

    def put(self, body: bytes) -> str:
        """Keep ``body``; its digest. Raises OSError. May be called from several threads."""
        digest = sha256(body).hexdigest()
        path = _body(self.folder, digest)
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            packed = zlib.compress(body, _LEVEL)
            unfinished = path.with_name(f".{os.getpid()}-{next(self._numbers)}.tmp")
            try:
                _write(unfinished, packed)
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
            self.written += len(packed)
        return digest

    def write(self, line: Line, at: datetime) -> bool:
        """Add a line, to the file of the day of ``at``; whether that file has just begun. Raises OSError."""
        begun = self._day != at.date()
        if begun:
            self._open(at.date())
        data = encode(line).encode()
        if os.write(self._descriptor, data) < len(data):
            raise OSError(28, os.strerror(28))  # what there was room for stays as half a line
        self.written += len(data)
        return begun

    def _open(self, day: date) -> None:
        self.close()
        known = _files(self.folder)
        number = int(known[-1].name[:6]) + 1 if known else 1
        path = self.folder / "lines" / f"{number:06}-{day.isoformat()}.jsonl"
        if known and known[-1].name[7:17] == day.isoformat():
            path = known[-1]
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(path, flags, 0o600)
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            os.write(self._descriptor, b"\n")  # whoever wrote here last was killed
        self._day = day

    def close(self) -> None:
        """Close the file of lines."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor, self._day = -1, None


class TapeReader:
    """Reads a tape that anybody may have made. Raises UsageError where the folder holds none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        #: sentences about lines that were left out
        self.notes: list[str] = []
        if not (folder / _MARK).is_file():
            raise UsageError(
                f"{folder} holds no recording; `scheduler.py --once --record {folder}` makes one"
            )
        if fault := _fault(folder / _MARK):
            raise UsageError(fault)

    def lines(self) -> Iterator[Line]:
        """Every line that can be read, in order."""
        self.notes.clear()
        for path in _files(self.folder):
            with path.open("rb") as file:
                for number in count(1):
                    text = file.readline(_LONGEST_LINE)
                    if not text:
                        break
                    try:
                        yield decode(text)
                    except TapeError as exc:
                        torn = "it is torn" if not text.endswith(b"}\n") else str(exc)
                        self.notes.append(f"{path.name}, line {number} is left out: {torn}")

    def body(self, digest: str) -> bytes:
        """The body of this digest. Raises TapeError where it is not there, or is another."""
        if not _DIGEST.match(digest):
            raise TapeError("no digest")
        try:
            with _body(self.folder, digest).open("rb") as file:
                packed = file.read(_LARGEST_BODY + 1)
        except OSError as exc:
            raise TapeError(f"the body {digest[:12]}… is not on the tape: {exc.strerror}") from exc
        unpacker = zlib.decompressobj()
        try:
            body = unpacker.decompress(packed, _LARGEST_BODY)
        except zlib.error as exc:
            raise TapeError(f"the body {digest[:12]}… is damaged") from exc
        if not unpacker.eof or sha256(body).hexdigest() != digest:
            raise TapeError(f"the body {digest[:12]}… is damaged")
        return body

    def size(self) -> int:
        """Bytes that the tape takes."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())


def _fault(mark: Path) -> str:
    """Why the tape that has this mark cannot be read by this version, "" where it can."""
    try:
        said = json.loads(mark.read_bytes()[:_LONGEST_LINE])
    except (OSError, ValueError, RecursionError):
        said = None
    found = said.get("tape") if isinstance(said, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        return f"{mark} does not say that this is a recording: it is damaged, or something else's"
    if found > FORMAT:
        return f"{mark.parent} is a recording of format {found}, and this version reads {FORMAT} at most"
    return ""


def _files(folder: Path) -> list[Path]:
    """The files of lines, oldest first."""
    lines = folder / "lines"
    return sorted(path for path in lines.iterdir() if _NAME.match(path.name)) if lines.is_dir() else []


def _body(folder: Path, digest: str) -> Path:
    return folder / "bodies" / digest[:2] / f"{digest}.z"


def _write(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
