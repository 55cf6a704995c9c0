"""Which outlets may a shell offer: the names of feeds.toml, found without anything heavy."""

import os
import tomllib
from pathlib import Path

import typer


def outlets(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names that begin so; none where the file cannot be read, for a shell shows no errors."""
    given = ctx.params.get("config_path") or ctx.find_root().params.get("config")
    try:
        path = Path(given or os.environ.get("AGGREGATOR_CONFIG") or "feeds.toml")
        tables = tomllib.loads(path.read_text("utf-8")).get("outlet", [])
        names = [str(table["name"]) for table in tables]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return []
    return [name for name in names if name.casefold().startswith(incomplete.casefold())]
