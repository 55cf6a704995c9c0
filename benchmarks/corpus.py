"""Polls every captured feed of the shared corpus from a loopback server, and counts what came of it.

    python -m benchmarks.corpus [--all]

Every XML feed that feedparser reads must give at least the entries that ``index.json`` counts, every
JSON Feed its items; nothing may raise. An entry that stands twice in its document (one id and one link,
or without them one title) is one item. Ends with 1 when a feed gives less.
"""

import argparse
import io
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

import feedparser

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


def expected() -> dict[str, tuple[int, int]]:
    """For each file of ``feeds/real``: the entries in it, and how many of them are different ones.

    What feedparser finds no entry in is no feed and left out.
    """
    counts: dict[str, tuple[int, int]] = {}
    for entry in json.loads((FEEDS / "index.json").read_text()):
        folder, _, name = entry["file"].removeprefix("feeds/").partition("/")
        if folder != "real":
            continue
        if name.endswith(".json"):
            counts[name] = _json_items(FEEDS / "real" / name)
        elif entry["feedparser"].get("entries"):
            repeated = _repeated(FEEDS / "real" / name)
            counts[name] = entry["feedparser"]["entries"], entry["feedparser"]["entries"] - repeated
    return counts


def _repeated(path: Path) -> int:
    entries = feedparser.parse(io.BytesIO(path.read_bytes())).entries
    return len(entries) - len(
        {_identity(entry.get("id"), entry.get("link"), entry.get("title")) for entry in entries}
    )


def _json_items(path: Path) -> tuple[int, int]:
    document = json.loads(path.read_bytes())
    if "rss" in document:
        items = [
            (item.get("guid"), item.get("link"), item.get("title"))
            for item in document["rss"]["channel"]["item"]
        ]
    else:
        items = [(item.get("id"), item.get("url"), item.get("title")) for item in document["items"]]
    return len(items), len({_identity(*item) for item in items})


def _identity(guid: Any, link: Any, title: Any) -> tuple[str, str, str]:
    if isinstance(guid, dict):  # RSS-in-JSON: an element with attributes
        guid = guid.get("#value")
    link = link or guid  # a guid that is an address is the link too
    return str(guid or ""), str(link or ""), "" if guid and link else str(title or "")


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
        # captured years ago: by default they would be deleted at the end of the run
        '[store]\nkeep = "forever"\n'
        '[fetch]\nallow_networks = ["127.0.0.0/8"]\nper_host_delay = "0s"\n'
        '[articles]\nfull_text = "never"\n' + outlets
    )


def main() -> None:
    """Poll, compare, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus", description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="print every feed's counts")
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
    found = {name: items.get(name, 0) for name in wanted}
    misses = [name for name, (_, different) in wanted.items() if found[name] < different]
    entries, different = (sum(counts) for counts in zip(*wanted.values(), strict=True))
    stored = sum(found.values())
    print(f"{len(wanted)} feeds: {entries} entries, {different} different ones; {stored} items stored")
    print(f"first run: {first['feeds']}")
    for failure in first["failures"]:
        print(f"  {failure['outlet']}: {failure['reason']}")
    print(f"second run, forced: {again['feeds']}, {again['items']}")
    for name in sorted(wanted if options.all else misses):
        print(f"  {name}: {found[name]} of {wanted[name][1]} different entries ({wanted[name][0]} in all)")
    print(f"{len(misses)} feeds gave less than they hold")
    sys.exit(1 if misses or again["items"]["new"] or again["items"]["changed"] else 0)


if __name__ == "__main__":
    main()
