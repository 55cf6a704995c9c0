"""Keeps the news current: ``python scheduler.py`` is the daemon, ``--once`` one run, ``--help`` says more.

Only the standard library is used here, in words that an old Python understands too, so that whatever
is missing is said in one sentence.
"""

import importlib.util
import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
#: what pyproject.toml asks for, by the names they are imported by
NEEDED = (
    "aiohttp",
    "alembic",
    "apscheduler",
    "brotli",
    "courlan",
    "fastapi",
    "feedparser",
    "humanize",
    "jinja2",
    "justext",
    "lxml",
    "lxml_html_clean",
    "nh3",
    "pebble",
    "prometheus_client",
    "protego",
    "pydantic",
    "Stemmer",
    "regex",
    "rich",
    "sqlalchemy",
    "structlog",
    "tld",
    "tomlkit",
    "trafilatura",
    "typer",
    "uvicorn",
    "w3lib",
)
_SETUP = "python3 -m venv .venv && .venv/bin/pip install ."


def missing() -> "list[str]":
    """The packages that this Python lacks."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def own_python() -> "str | None":
    """The Python of the virtual environment beside this file, when it is there and not this one."""
    python = os.path.join(ROOT, ".venv", "bin", "python")  # noqa: PTH118
    here = os.path.realpath(sys.prefix) == os.path.realpath(os.path.join(ROOT, ".venv"))  # noqa: PTH118
    return None if here or not os.access(python, os.X_OK) else python


def main() -> int:
    """Run, or say what to type."""
    too_old = sys.version_info < (3, 11)
    lacking = [] if too_old else missing()
    if too_old or lacking:
        python = own_python()
        if python:
            os.execv(python, [python, os.path.abspath(__file__), *sys.argv[1:]])  # noqa: PTH100, S606
        have = "Python {}.{} is too old (3.11 is needed)".format(*sys.version_info)
        if lacking:
            have = "Python packages are missing ({})".format(
                ", ".join(lacking[:3] + ["…"] * (len(lacking) > 3))
            )
        sys.stderr.write("{}; in {} type `./run`, or: {}\n".format(have, ROOT, _SETUP))  # noqa: UP032
        return 2
    from aggregator.cli.schedule import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
