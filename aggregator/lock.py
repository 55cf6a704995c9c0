"""Is another run at work: a lock file beside feeds.toml, held as long as the process lives.

Standard library only, and little of it: the lock is taken before anything heavy is imported.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import tempfile
from pathlib import Path

_BUSY = (errno.EACCES, errno.EAGAIN)


class LockedError(Exception):
    """Another run holds the lock; the text is a sentence that names it."""


class Lock:
    """Held until ``release`` or the end of the process, however that ends.

    A POSIX record lock (``lockf``) rather than ``flock``: a forked worker that outlives a killed run
    would keep holding the latter.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def release(self) -> None:
        """Let the next run in. The file stays: removing it would let two runs hold two files."""
        os.close(self._descriptor)


def acquire(config_path: Path) -> Lock:
    """The lock of the runs over one feeds.toml; LockedError when another process holds it.

    Raises OSError where no lock file can be written at all.
    """
    path, descriptor = _open(config_path.resolve())
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        holder = _holder(descriptor)
        os.close(descriptor)
        if exc.errno not in _BUSY:
            raise
        raise LockedError(f"another run holds the lock {path} ({holder}); this one does nothing") from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return Lock(path, descriptor)


def _open(config: Path) -> tuple[Path, int]:
    """Beside feeds.toml; where that folder is read-only, a file for it among the temporary ones."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    path = config.with_name(f"{config.name}.lock")
    with contextlib.suppress(PermissionError, OSError):
        return path, os.open(path, flags, 0o644)
    name = hashlib.sha256(os.fsencode(config)).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"news-aggregator-{os.getuid()}-{name}.lock"
    return path, os.open(path, flags, 0o600)


def _holder(descriptor: int) -> str:
    """The process that wrote its number last; it may be writing it right now."""
    number = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
    return f"process {number}" if number.isdecimal() else "its process has just started"
