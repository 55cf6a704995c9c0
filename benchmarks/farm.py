"""The farm of outlets that the measurements poll: ``tools/farm.py`` of the folder ``shared``,
which lies beside the project.
"""

import compileall
import http.client
import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def compiled() -> None:
    """Bytecode for the checkout, as pip makes it for an installed package."""
    compileall.compile_dir(ROOT / "aggregator", quiet=1)


class Farm:
    """Some hundred news sites on loopback, up while the ``with`` block lasts."""

    def __init__(self, *options: str, feeds: int = 300, entries: int = 30, port: int = 8099) -> None:
        self.feeds = feeds
        self.entries = entries
        self.port = port
        self._command = [
            *(sys.executable, str(SHARED / "tools" / "farm.py")),
            *("--feeds", str(feeds), "--entries", str(entries), "--port", str(port)),
            *options,
        ]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        output = self._process.stdout
        if output is None or not output.readline().startswith("farm:"):
            self._process.wait()
            raise RuntimeError(f"the farm did not start: {' '.join(self._command)}")
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._process.terminate()
        self._process.communicate()

    def get(self, target: str) -> str:
        """Text of one of the farm's own addresses."""
        self._connection.request("GET", target)
        return self._connection.getresponse().read().decode()

    def control(self, **orders: int | float) -> dict[str, Any]:
        """Carry out orders of the farm (``advance=1``, ``cond=0``, ``prepare=1`` …); its counters."""
        answer: dict[str, Any] = json.loads(
            self.get("/_ctl?" + "&".join(f"{k}={v}" for k, v in orders.items()))
        )
        return answer

    def urls(self) -> list[str]:
        """Every feed's address, in the order of the farm's numbers."""
        return self.get("/_urls").split()

    def text(self, outlet: int, entry: int) -> str:
        """The article of one entry, as it was meant."""
        return self.get(f"/_text?i={outlet}&s={entry}")

    def group(self, outlet: int, entry: int) -> str:
        """The group of copies that an entry belongs to, "" when it is unique."""
        return self.get(f"/_dup?i={outlet}&s={entry}")
