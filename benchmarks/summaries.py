"""How much of what publishers say of their articles do summaries hold, against an article's first sentences?

    python -m benchmarks.summaries

Every captured page with a text by people and a description of its own (no beginning of that text). Recall
and F1 of the summary's words, without those that every text has; the first sentences are as many as the
summary has. And what a summary costs.
"""

import gzip
import html
import json
import re
import statistics
import time
from collections.abc import Iterator, Sequence

from aggregator.core.gist import content_terms
from aggregator.core.sentences import sentences
from aggregator.core.similar import normalise
from aggregator.core.summary import summarise
from aggregator.core.words import language_of
from benchmarks.farm import SHARED

_LEAST_TEXT, _LEAST_SUMMARY = 150, 12
_DESCRIPTION = re.compile(
    r"<meta[^>]{0,200}?(?:name|property)=.(?:og:)?description.[^>]{0,100}?content="
    r"(?:\"(?P<one>[^\"]{20,1000})\"|'(?P<other>[^']{20,1000})')",
    re.IGNORECASE,
)


def entries() -> Iterator[tuple[str, str, str]]:
    """Title, text and the publisher's summary, as plain text."""
    folder = SHARED / "corpus" / "pages"
    for name, page in json.loads((folder / "ground-truth.json").read_text(encoding="utf-8")).items():
        text = page.get("text") or ""
        if len(text.split()) < _LEAST_TEXT or page.get("page_type", "article") != "article":
            continue
        markup = gzip.decompress((folder / f"{name}.html.gz").read_bytes())[:300_000].decode(
            "utf-8", "replace"
        )
        found = _DESCRIPTION.search(markup)
        summary = html.unescape(found["one"] or found["other"] or "") if found else ""
        if len(summary.split()) >= _LEAST_SUMMARY and normalise(summary)[:60] not in normalise(text):
            yield page.get("title") or "", text, summary


def scores(told: str, wanted: str) -> tuple[float, float]:
    """Recall and F1 of terms."""
    language = language_of(wanted)
    found, gold = set(content_terms(told, language)), set(content_terms(wanted, language))
    shared = len(found & gold)
    if not gold or not found:
        return 0.0, 0.0
    return shared / len(gold), 2 * shared / (len(gold) + len(found))


def main() -> None:
    """Prints both, and what a summary costs."""
    ours: list[tuple[float, float]] = []
    lead: list[tuple[float, float]] = []
    for title, text, wanted in entries():
        found = summarise(item_id=0, title=title, text=text, language=None)
        first = sentences(0, text)[: len(found)]
        ours.append(scores(" ".join(one.text for one in found), wanted))
        lead.append(scores(" ".join(one.text for one in first), wanted))
    print(f"{len(ours)} pages whose description is no beginning of their text")
    _print("summary", ours)
    _print("first sentences", lead)
    _print_cost()


def _print(name: str, found: Sequence[tuple[float, float]]) -> None:
    recall, f1 = (statistics.fmean(values) for values in zip(*found, strict=True))
    print(f"{name:>16}: recall {recall:.3f}, F1 {f1:.3f}")


def _print_cost() -> None:
    pages = json.loads((SHARED / "corpus" / "pages" / "ground-truth.json").read_text(encoding="utf-8"))
    costs = []
    for page in pages.values():
        text = page.get("text") or ""
        if 500 <= len(text.split()) <= 700:
            start = time.process_time()
            summarise(item_id=0, title=page.get("title") or "", text=text, language=None)
            costs.append((time.process_time() - start) * 1000)
    print(f"{statistics.median(costs):.1f} ms of CPU for 500 to 700 words (median of {len(costs)} pages)")


if __name__ == "__main__":
    main()
