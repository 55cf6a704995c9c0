"""Fits the weights of key phrases to the keywords that captured pages state. Needs numpy.

    python -m benchmarks.fit_hashtags

Prints ``WEIGHTS`` for ``core/keyphrases.py``. The captured pages are other articles than the feeds that
``benchmarks/hashtags.py`` scores. Logistic regression with a small ridge, by Newton's method.
"""

import gzip
import json
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aggregator.core import keyphrases
from aggregator.core.extract import page
from aggregator.core.tagkeys import key_of
from benchmarks.corpus import FEEDS
from benchmarks.hashtags import Learned, Sample, ours, score

_PAGES = FEEDS.parent / "pages"
_RIDGE = 2.0
_ROUNDS = 50
#: between a headline and the outlet's name
_BAR = re.compile(r"\s+[-|–—:]\s+")


def pages() -> list[Sample]:
    """The captured pages; those that state two to 25 keywords have them as wanted tags."""
    found = []
    for name, gold in json.loads((_PAGES / "ground-truth.json").read_text()).items():
        body = gzip.decompress((_PAGES / f"{name}.html.gz").read_bytes())
        article = page.read(body, url=gold["url"] or "http://page.example/", want_metadata=True, charset=None)
        if article is None:
            continue
        keys = {key for tag in article.tags if (key := key_of(tag))}
        found.append(
            Sample(
                source=name.partition("--")[0],
                title=_BAR.split(article.title or "")[0],
                text=gold["text"] or article.text,
                language=article.language,
                wanted=frozenset(keys) if len(keys) <= 25 else frozenset(),
            )
        )
    return found


def _examples(known: Sequence[Sample]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    learned = Learned(known)
    values: list[tuple[float, ...]] = []
    wanted: list[float] = []
    for place, sample in enumerate(known):
        if not sample.is_scored:
            continue
        reading = keyphrases.read(sample.title, sample.text, sample.language)
        rarity = learned.without(place, reading.terms)
        for one in reading.candidates:
            values.append(keyphrases.features(one, reading, rarity))
            wanted.append(float(one.key in sample.wanted))
    return np.array(values), np.array(wanted)


def _fitted(values: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    mean, spread = values.mean(axis=0), values.std(axis=0)
    mean[0], spread[spread == 0] = 0.0, 1.0
    scaled = (values - mean) / spread
    weights = np.zeros(scaled.shape[1])
    ridge = np.full(len(weights), _RIDGE)
    ridge[0] = 1e-9
    for _ in range(_ROUNDS):
        likely = 1 / (1 + np.exp(-scaled @ weights))
        slope = scaled.T @ (likely - wanted) + ridge * weights
        curve = (scaled * (likely * (1 - likely))[:, None]).T @ scaled + np.diag(ridge)
        weights -= np.linalg.solve(curve, slope)
    plain: NDArray[np.float64] = weights / spread
    plain[0] = weights[0] - (plain[1:] * mean[1:]).sum()
    return plain


def main() -> None:
    """Fit and print."""
    known = pages()
    values, wanted = _examples(known)
    print(f"{len(values)} candidates, {int(wanted.sum())} of them keywords")
    for name, weight in zip(keyphrases.WEIGHTS, _fitted(values, wanted), strict=True):
        print(f'    "{name}": {weight:.2f},')
    done = score(known, ours(known))
    print(f"precision at 5 on these pages, with the weights as they are: {done.mean(done.exact):.3f}")


if __name__ == "__main__":
    main()
