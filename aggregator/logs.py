"""How does a run tell what it does: events of structlog, to stderr."""

import io
import logging
import os
import sys
from typing import Any, TextIO, cast

import structlog

from aggregator.model import ArticleOutcome, ArticleTask, FeedState, PollOutcome

log = structlog.get_logger()


def configure(
    *, verbose: bool = False, quiet: bool = False, silent: bool = False, stream: TextIO | None = None
) -> None:
    """Send events to stderr: warnings with ``quiet``, errors with ``silent``, everything with ``verbose``.

    Coloured key=value lines on a terminal, logfmt with timestamps elsewhere.
    """
    # structlog is typed for TextIO, and only writes and flushes
    out = stream or cast("TextIO", _Stderr())
    level = _level(verbose=verbose, quiet=quiet, silent=silent)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _renderer(on_terminal=out.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out),
    )
    _quiet_libraries(out, verbose=verbose)


class _Stderr(io.TextIOBase):
    """Whatever stderr is when a line is written, not when logging was set up."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()

    def isatty(self) -> bool:
        return sys.stderr.isatty()


def _level(*, verbose: bool, quiet: bool, silent: bool) -> int:
    if verbose:
        return logging.DEBUG
    return logging.ERROR if silent else logging.WARNING if quiet else logging.INFO


def _renderer(*, on_terminal: bool) -> Any:
    if on_terminal:
        return structlog.dev.ConsoleRenderer(colors=not os.environ.get("NO_COLOR"), pad_event_to=0)
    return structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])


def polled(feed: FeedState, outcome: PollOutcome) -> None:
    """One event a poll or a delivery, with the fields that the history keeps."""
    say = log.warning if outcome.result == "failed" else log.info
    say(
        "brought by the hub" if outcome.part else "polled",
        outlet=feed.outlet,
        feed=feed.url,
        result=outcome.result,
        status=outcome.status,
        new=len(outcome.new),
        changed=len(outcome.changed),
        ms=outcome.elapsed_ms,
        **({"reason": outcome.reason} if outcome.reason else {}),
    )


def read(task: ArticleTask, outcome: ArticleOutcome) -> None:
    """One event a page."""
    say = log.warning if outcome.result == "failed" else log.info
    say(
        "read",
        outlet=task.outlet,
        page=task.url,
        result=outcome.result,
        **({"reason": outcome.reason} if outcome.reason else {}),
    )


def _quiet_libraries(out: TextIO, *, verbose: bool) -> None:
    """Libraries that log by themselves say warnings only, and only when everything is asked for."""
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING if verbose else logging.ERROR, handlers=[handler], force=True)
