"""What the pool's tests run in its workers: good, bad and hostile functions, importable by name."""

import ctypes
import os
import re
import resource
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

from aggregator.errors import ParseError


def double(value: int) -> int:
    return 2 * value


def echo(*args: object, **kwargs: object) -> tuple[tuple[object, ...], dict[str, object]]:
    return args, kwargs


def sleep(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def loop_for_ever(marker: str = "") -> NoReturn:
    """``marker``: a file that tells who loops."""
    if marker:
        Path(marker).write_text(str(os.getpid()))
    while True:
        pass


def match_for_ever(marker: str = "") -> object:
    """Inside C code which no Python signal handler interrupts."""
    if marker:
        Path(marker).write_text(str(os.getpid()))
    return re.match(r"(a+)+$", "a" * 60 + "b")


def segfault() -> None:
    ctypes.string_at(0)


def kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave(status: int) -> NoReturn:
    os._exit(status)


def allocate_5_gb() -> int:
    return len(bytearray(5_000_000_000))


def not_a_feed() -> NoReturn:
    raise ParseError("this is a web page, not a feed")


def raise_value_error() -> NoReturn:
    raise ValueError("no such thing")


def exit_politely() -> NoReturn:
    sys.exit(3)


def something_local() -> object:
    return lambda: None


def stop_signals_sent_to_me() -> int:
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)
    return os.getpid()


def limits() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_AS)[0], resource.getrlimit(resource.RLIMIT_CORE)[0]


def loaded_before_me() -> set[str]:
    return {"feedparser", "trafilatura", "lxml.etree"} & set(sys.modules)
