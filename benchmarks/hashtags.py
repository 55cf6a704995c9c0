"""Would publishers tag their articles with our phrases? Their categories are hidden, and then compared.

    python -m benchmarks.hashtags [--show FEED] [--write]

The captured feeds' items with at least two categories that are no junk and at least 40 words. Phrases come
from title and text alone; how rare words are is learned from the corpus's other items, as the store would.
YAKE gets the same text and language. Both are compared by the same keys of tags. Nothing is fitted to these
feeds (see ``fit_hashtags``); the two halves are told apart all the same. Ends with 1 below the wanted figure.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from zlib import crc32

from aggregator.core import keyphrases
from aggregator.core.features import features_of
from aggregator.core.hashtags import TagUse, Wording, content_tags
from aggregator.core.parse import parse_feed
from aggregator.core.sanitize import html_to_text
from aggregator.core.tagkeys import key_of
from aggregator.core.words import language_of
from aggregator.errors import AggregatorError
from benchmarks import results
from benchmarks.corpus import FEEDS

WANTED = 4 / 3
_AT = 5
_LEAST_TAGS, _LEAST_WORDS = 2, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An article, and the keys of the tags that it should get."""

    source: str
    title: str
    text: str
    language: str | None
    wanted: frozenset[str]

    @property
    def is_scored(self) -> bool:
        """Whether enough is known of it."""
        return len(self.wanted) >= _LEAST_TAGS and len(f"{self.title} {self.text}".split()) >= _LEAST_WORDS


class Learned:
    """What a store that holds the samples knows of words, each sample left out for itself."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._own = [
            {
                term.term
                for term in features_of(
                    one.title, outlet=one.source, stated=one.language, body=one.text
                ).terms
            }
            for one in samples
        ]
        self._counts = Counter(term for own in self._own for term in own)

    def without(self, place: int, terms: frozenset[int]) -> keyphrases.Rarity:
        """How rare these terms are among the other samples."""
        own = self._own[place]
        counts = {term: self._counts[term] - (term in own) for term in terms if term in self._counts}
        return keyphrases.Rarity(items=len(self._own) - 1, counts=counts)


def samples() -> list[Sample]:
    """The items of the captured feeds, each once."""
    found: dict[tuple[str, str], Sample] = {}
    for path in sorted((FEEDS / "real").iterdir()):
        try:
            feed = parse_feed(path.read_bytes(), url="http://feed.example/", headers={})
        except AggregatorError:
            continue
        use = TagUse.of(item.tags for item in feed.items)
        for item in feed.items:
            text = html_to_text(item.content_html) or item.summary
            language = item.language or feed.language
            worded = Wording(title=item.title, text=text, language=language, authors=item.authors)
            wanted = {key_of(tag) for tag in content_tags(item.tags, worded, outlet=feed.title, use=use)}
            sample = Sample(
                source=path.name, title=item.title, text=text, language=language, wanted=frozenset(wanted)
            )
            found.setdefault((item.title, text), sample)
    return list(found.values())


def ours(known: Sequence[Sample]) -> Callable[[int, Sample], list[str]]:
    """Our phrases of a sample."""
    learned = Learned(known)

    def found(place: int, sample: Sample) -> list[str]:
        reading = keyphrases.read(sample.title, sample.text, sample.language)
        rarity = learned.without(place, reading.terms)
        return [phrase.text for phrase in keyphrases.phrases(reading, rarity)]

    return found


def yake() -> Callable[[int, Sample], list[str]]:
    """YAKE's phrases of a sample, as it comes."""
    from yake import KeywordExtractor

    extractors: dict[str, KeywordExtractor] = {}

    def found(_: int, sample: Sample) -> list[str]:
        language = language_of(f"{sample.title} {sample.text[:500]}", sample.language) or "en"
        if language not in extractors:
            extractors[language] = KeywordExtractor(lan=language, n=3, top=10)
        return [text for text, _ in extractors[language].extract_keywords(f"{sample.title}. {sample.text}")]

    return found


@dataclass(slots=True)
class Score:
    """Precision at five of exact keys, and of keys that hold or are held by a wanted one, by feed."""

    exact: dict[str, list[float]]
    part: dict[str, list[float]]
    seconds: float = 0.0

    def mean(self, of: dict[str, list[float]], half: int | None = None) -> float:
        """Over the samples; ``half`` 0 or 1 of the feeds."""
        kept = [one for name, values in of.items() if half in (None, _half(name)) for one in values]
        return fmean(kept) if kept else 0.0

    def by_feed(self) -> float:
        """The mean of the feeds' means."""
        return fmean(fmean(values) for values in self.exact.values())

    @property
    def count(self) -> int:
        """Samples scored."""
        return sum(map(len, self.exact.values()))


def _half(name: str) -> int:
    return crc32(name.encode()) % 2


def score(
    known: Sequence[Sample], extract: Callable[[int, Sample], list[str]], show: str | None = None
) -> Score:
    """How well an extractor does."""
    done = Score({}, {})
    for place, sample in enumerate(known):
        if not sample.is_scored:
            continue
        begun = time.process_time()
        texts = extract(place, sample)
        done.seconds += time.process_time() - begun
        keys = [key for key in dict.fromkeys(map(key_of, texts)) if key][:_AT]
        exact = sum(key in sample.wanted for key in keys) / _AT
        part = sum(any(key in tag or tag in key for tag in sample.wanted) for key in keys) / _AT
        done.exact.setdefault(sample.source, []).append(exact)
        done.part.setdefault(sample.source, []).append(part)
        if show and show in sample.source:
            print(f"{sample.title[:60]} | {', '.join(sorted(sample.wanted))} | {', '.join(texts[:_AT])}")
    return done


def _cells(one: Score) -> list[str]:
    means = (one.mean(one.exact), one.mean(one.exact, 0), one.mean(one.exact, 1), one.by_feed())
    cells = [f"{mean:.3f}" for mean in (*means, one.mean(one.part))]
    return [*cells, f"{1000 * one.seconds / one.count:.1f}"]


def main() -> None:
    """Score both, print, compare."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.hashtags", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--show", metavar="FEED", help="print the phrases of feeds whose name holds this")
    parser.add_argument("--write", action="store_true", help="keep the figures in README.md")
    options = parser.parse_args()
    known = samples()
    scores = {"ours": score(known, ours(known), options.show), "YAKE": score(known, yake())}
    lines = [
        "| | precision at 5 | half of the feeds | other half | mean of feeds | partly right | CPU ms |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(f"| {name} | {' | '.join(_cells(one))} |" for name, one in scores.items()),
    ]
    mine, theirs = scores["ours"], scores["YAKE"]
    ratio = mine.mean(mine.exact) / theirs.mean(theirs.exact)
    feeds = len(mine.exact)
    lines += ["", f"{mine.count} items of {feeds} feeds; {ratio:.2f} times YAKE's, wanted {WANTED:.2f}."]
    print("\n".join(lines))
    if options.write:
        results.keep("hashtags", lines)
    sys.exit(ratio < WANTED)


if __name__ == "__main__":
    main()
