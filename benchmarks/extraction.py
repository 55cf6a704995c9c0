"""Score the article extraction on the shared pages: F1 against people's gold, CPU a page.

usage: python benchmarks/extraction.py [options of the scoring tool, such as --source aeb --worst 10]

Needs the folder ``shared`` beside the project; ``benchmarks/README.md`` holds the results.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def main() -> int:
    """Run the scoring tool with our extractor; its exit status."""
    tool, corpus = SHARED / "tools" / "score_extraction.py", SHARED / "corpus"
    if not tool.is_file():
        print(f"{SHARED} is not there: the pages and the scoring tool lie in it", file=sys.stderr)
        return 2
    command = [sys.executable, str(tool), str(corpus), "--extractor", "aggregator.core.extract:text_of"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([*command, *sys.argv[1:]], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
