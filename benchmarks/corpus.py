"""Polls every captured feed of the shared corpus from a loopback server, and counts what came of it.

    python -m benchmarks.corpus [--json]

Every XML feed that feedparser reads must give at least the entries that ``index.json`` counts, every
JSON Feed its items; nothing may raise. Ends with 1 when a feed gives less.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from benchmarks.farm import ROOT, SHARED

FEEDS = SHARED / "corpus" / "feeds"


class _Handler(SimpleHTTPRequestHandler):
    """The files as they were captured; no charset in the header, as none was captured with them."""

    extensions_map = {".json": "application/json", ".rdf": "application/rdf+xml"}  # noqa: RUF012

    def guess_type(self, path: str) -> str:  # type: ignore[override]
        return self.extensions_map.get(Path(path).suffix, "application/xml")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder on a loopback port; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def expected() -> dict[str, int]:
    """Entries that each file of ``feeds/real`` must give; what feedparser finds none in is left out."""
    counts: dict[str, int] = {}
    for entry in json.loads((FEEDS / "index.json").read_text()):
        folder, _, name = entry["file"].removeprefix("feeds/").partition("/")
        if folder != "real":
            continue
        if name.endswith(".json"):
            counts[name] = _json_items(FEEDS / "real" / name)
        elif entry["feedparser"].get("entries"):
            counts[name] = entry["feedparser"]["entries"]
    return counts


def _json_items(path: Path) -> int:
    document = json.loads(path.read_bytes())
    if "rss" in document:
        return len(document["rss"]["channel"]["item"])
    return len(document["items"])


def _run(directory: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode or "Traceback" in done.stderr:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def _environment(directory: Path, origin: str, names: list[str]) -> None:
    outlets = "".join(
        f"[[outlet]]\nname = {json.dumps(name)}\nfeeds = [{json.dumps(origin + quote(name))}]\n"
        for name in names
    )
    (directory / "feeds.toml").write_text(
        '[fetch]\nallow_networks = ["127.0.0.0/8"]\nper_host_delay = "0s"\n[articles]\nfull_text = "never"\n'
        + outlets
    )


def main() -> None:
    """Poll, compare, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the counts of every feed")
    options = parser.parse_args()
    wanted = expected()
    with served(FEEDS / "real") as origin, tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        _environment(directory, origin, sorted(wanted))
        first = json.loads(_run(directory, str(ROOT / "scheduler.py"), "--once", "--json"))
        again = json.loads(_run(directory, str(ROOT / "scheduler.py"), "--once", "--json", "--force"))
        health = [
            json.loads(line)
            for line in _run(
                ROOT, "-m", "aggregator", "outlets", "--json", "--config", str(directory / "feeds.toml")
            ).splitlines()
        ]
    items = {unquote(urlsplit(feed["feed"]).path).lstrip("/"): feed["items"] for feed in health}
    misses = {
        name: (items.get(name, 0), count) for name, count in wanted.items() if items.get(name, 0) < count
    }
    if options.json:
        print(
            json.dumps(
                {name: {"expected": count, "items": items.get(name, 0)} for name, count in wanted.items()}
            )
        )
    print(f"{len(wanted)} feeds: {sum(wanted.values())} entries expected, {sum(items.values())} items stored")
    print(f"first run: {first['feeds']}; failures: {len(first['failures'])}")
    for failure in first["failures"]:
        print(f"  {failure['outlet']}: {failure['reason']}")
    print(f"second run, forced: {again['feeds']}, {again['items']}")
    for name, (found, count) in sorted(misses.items()):
        print(f"  {name}: {found} of {count}")
    sys.exit(1 if misses or again["items"]["new"] or again["items"]["changed"] else 0)


if __name__ == "__main__":
    main()
