"""Fit the models of ``aggregator.core.extract.choice`` to the shared pages and write their weights.

usage: python benchmarks/fit_extraction.py [--check] [--write]

``--check`` tells what pages give whose site was not learned from (five parts, by site), ``--write`` learns
from all of them and writes ``aggregator/core/extract/weights.py``. Needs numpy and scikit-learn, which the
program itself does not, and the folder ``shared`` beside the project. Five minutes on two cores.
"""

import argparse
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from courlan import extract_domain
from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-not-found]
from sklearn.model_selection import GroupKFold  # type: ignore[import-not-found]
from trafilatura import load_html

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
sys.path[:0] = [str(ROOT), str(SHARED / "tools")]

from score_extraction import pr, squash, tokens  # type: ignore[import-not-found]  # noqa: E402

from aggregator.core.extract import about, blocks, choice, page  # noqa: E402

WEIGHTS = ROOT / "aggregator" / "core" / "extract" / "weights.py"
#: people's gold counts more than a machine's draft that people looked through
TRUST = {"aeb": 3.0}
#: of a page with snippets only, each block that holds one
SNIPPET = 0.12
FIRST = {"max_iter": 80, "learning_rate": 0.12}
SECOND = {"max_iter": 60, "learning_rate": 0.1}
COMMON = {"max_leaf_nodes": 8, "min_samples_leaf": 100, "l2_regularization": 10, "max_features": 0.4}


@dataclass
class Page:
    """A captured page with what is known of each of its blocks."""

    name: str
    site: str
    gold: dict[str, Any]
    blocks: list[blocks.Block]
    #: share of a block's words that are in the article; NaN where nobody said
    inside: np.ndarray
    words: list[Counter[str]]
    #: trafilatura's quick and its thorough look
    ways: list[choice.Look]
    #: the figures of the blocks that may be of the article by either
    rows: dict[int, list[float]]
    weight: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        sizes = np.array([max(sum(words.values()), 1) for words in self.words], float)
        article = max(sizes[self.inside >= 0.5].sum(), 150)
        if self.gold["text"] is None:
            weight = np.where(np.isnan(self.inside), 0, SNIPPET)
        else:
            weight = (np.minimum(sizes, 200) + 3) / article * np.abs(self.inside - 0.5) * 2
        if self.gold.get("page_type", "article") != "article":
            weight = weight / 2
        self.weight = weight * TRUST.get(self.gold["source"], 1.0)

    def taken(self, likely: np.ndarray) -> choice.Look:
        """Which of trafilatura's looks is taken where it is asked; ``likely`` is of all blocks."""
        quick, thorough = self.ways
        agreed, better = (
            choice.agreement(self.blocks, way.taken, way.wanted, likely[way.wanted].tolist())
            for way in self.ways
        )
        return quick if agreed >= choice.DOUBTFUL or better <= agreed + choice.BETTER else thorough

    def sure(self, likely: np.ndarray) -> choice.Look | None:
        """The first model's look, None where it is not sure."""
        plain = choice.by_links(self.blocks)
        return choice.by_likelihood(self.blocks, plain, likely[plain].tolist())

    def second_rows(self, look: choice.Look, likely: np.ndarray) -> list[list[float]]:
        """The figures for the second model."""
        rows = [self.rows[index] for index in look.wanted]
        return choice.second_rows(self.blocks, look, rows, likely[look.wanted].tolist())


def pages() -> Iterator[Page]:
    """Every page of the corpus that has a block."""
    folder = SHARED / "corpus" / "pages"
    for name, gold in json.loads((folder / "ground-truth.json").read_text()).items():
        html = gzip.decompress((folder / f"{name}.html.gz").read_bytes())
        tree = load_html(page._shortened(page._decoded(html, None)))
        if tree is None or not (walked := blocks.walk(tree)):
            continue
        ways = [choice.look(tree, walked, "", options) for options in (choice.QUICK, choice.THOROUGH)]
        wanted = sorted({index for way in ways for index in way.wanted})
        yield Page(
            name=name,
            site=extract_domain(gold["url"] or "") or urlsplit(gold["url"] or "").netloc or name,
            gold=gold,
            blocks=walked,
            inside=np.array(list(labels(walked, gold)), float),
            words=[Counter(map(str.lower, tokens(block.text))) for block in walked],
            ways=ways,
            rows=dict(zip(wanted, choice.First(walked, about.of(tree)).rows(wanted), strict=True)),
        )
        for block in walked:
            block.runs = []  # let the tree go


def labels(walked: Sequence[blocks.Block], gold: dict[str, Any]) -> Iterator[float]:
    """How much of each block is in the gold text; by its snippets where there is only those."""
    if gold["text"] is None:
        wanted, unwanted = ([squash(text) for text in gold[key]] for key in ("with", "without"))
        for block in walked:
            yes, no = (_holds(squash(block.text), snippets) for snippets in (wanted, unwanted))
            yield float("nan") if yes == no else float(yes)
        return
    words = [[word.lower() for word in tokens(block.text)] for block in walked]
    article = [word.lower() for word in tokens(gold["text"])]
    matches = SequenceMatcher(None, [word for own in words for word in own], article, autojunk=False)
    there = {at for match in matches.get_matching_blocks() for at in range(match.a, match.a + match.size)}
    fours, start = set(_fours(article)), 0
    for own in words:
        share = sum(at in there for at in range(start, start + len(own))) / len(own) if own else 0.5
        if len(own) >= 8:  # gold in another order
            share = max(share, sum(four in fours for four in _fours(own)) / (len(own) - 3))
        yield share
        start += len(own)


def _holds(text: str, snippets: Iterable[str]) -> bool:
    return any(snippet in text or (len(text) > 20 and text in snippet) for snippet in snippets)


def _fours(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(4)), strict=False)


class First:
    """The first model: of every block that may be of the article, by either way."""

    def __init__(self, learned: Sequence[Page]) -> None:
        rows = [row for one in learned for row in one.rows.values()]
        inside = [one.inside[list(one.rows)] for one in learned]
        weight = [one.weight[list(one.rows)] for one in learned]
        self.model = _fitted(rows, np.concatenate(inside), np.concatenate(weight), FIRST)

    def likely(self, one: Page) -> np.ndarray:
        """For every block."""
        shares = np.zeros(len(one.blocks))
        shares[list(one.rows)] = _likely(self.model, list(one.rows.values()))
        return shares


def _fitted(rows: Any, inside: np.ndarray, weight: np.ndarray, options: dict[str, Any]) -> Any:
    known = weight > 0
    model = HistGradientBoostingClassifier(random_state=0, **COMMON, **options)
    model.fit(
        np.array(rows, np.float32)[known],
        inside[known] >= 0.5,
        sample_weight=weight[known] / weight[known].mean(),
    )
    return model


def _likely(model: Any, rows: list[list[float]]) -> np.ndarray:
    if not rows:
        return np.zeros(0)
    raw = model._raw_predict(np.array(rows, np.float32), n_threads=1)[:, 0]
    return np.asarray(1 / (1 + np.exp(-raw)))


def unseen(learned: Sequence[Page], parts: int) -> dict[str, np.ndarray]:
    """The first model's likelihoods of each page by what was learned of other sites."""
    return {one.name: first.likely(one) for first, others in _parts(learned, parts) for one in others}


def _parts(learned: Sequence[Page], parts: int) -> Iterator[tuple[First, list[Page]]]:
    for near, far in _split(learned, parts):
        yield First(near), far


def _split(every: Sequence[Page], parts: int) -> Iterator[tuple[list[Page], list[Page]]]:
    split = GroupKFold(parts).split(every, groups=[one.site for one in every])
    for near, far in split:
        yield [every[at] for at in near], [every[at] for at in far]


class Second:
    """The second model, which learns from first likelihoods of pages the first one did not know.

    It learns from trafilatura's looks alone: with the first model's among them unknown sites were not
    found better, and aeb less well.
    """

    def __init__(self, learned: Sequence[Page], likely: dict[str, np.ndarray]) -> None:
        rows, inside, weight = [], [], []
        for one in learned:
            look = one.taken(likely[one.name])
            rows += one.second_rows(look, likely[one.name])
            inside.append(one.inside[look.wanted])
            weight.append(one.weight[look.wanted])
        self.model = _fitted(rows, np.concatenate(inside), np.concatenate(weight), SECOND)

    def kept(self, one: Page, likely: np.ndarray) -> np.ndarray:
        """The likelihood of every block."""
        look = one.sure(likely) or one.taken(likely)
        shares = np.zeros(len(one.blocks))
        shares[look.wanted] = _likely(self.model, one.second_rows(look, likely))
        return shares


def check(every: Sequence[Page], parts: int) -> None:
    """Tell what sites give that were not learned from."""
    shares: dict[str, np.ndarray] = {}
    for near, far in _split(every, parts):
        first, second = First(near), Second(near, unseen(near, max(parts - 1, 2)))
        shares |= {one.name: second.kept(one, first.likely(one)) for one in far}
    score("trafilatura, quick", every, {one.name: np.array(one.ways[0].taken, float) for one in every})
    score("trafilatura, thorough", every, {one.name: np.array(one.ways[1].taken, float) for one in every})
    for kept in (0.4, 0.45, 0.5, 0.55):
        score(f"unknown sites, kept from {kept}", every, shares, kept)
    score("the best that blocks can give", every, {one.name: np.nan_to_num(one.inside) for one in every})


def score(name: str, every: Sequence[Page], shares: dict[str, np.ndarray], kept: float = 0.5) -> None:
    """Print token F1 by source, and of snippets."""
    f1: dict[str, list[float]] = {}
    found: Counter[str] = Counter()
    for one in every:
        chosen = shares[one.name] >= kept
        source = one.gold["source"]
        if one.gold["text"] is not None:
            text = sum(
                (words for words, is_in in zip(one.words, chosen, strict=True) if is_in), Counter[str]()
            )
            gold = Counter(map(str.lower, tokens(one.gold["text"])))
            both = 2 * (text & gold).total() / ((text.total() + gold.total()) or 1)
            for kind in {source, f"{source} {one.gold.get('page_type', '')}".strip()}:
                f1.setdefault(kind, []).append(both)
        if source == "trafilatura":
            text = squash(
                "\n".join(block.text for block, is_in in zip(one.blocks, chosen, strict=True) if is_in)
            )
            wanted, unwanted = one.gold["with"], one.gold["without"]
            hits = sum(squash(snippet) in text for snippet in wanted)
            found += Counter(
                tp=hits, fn=len(wanted) - hits, fp=sum(squash(snippet) in text for snippet in unwanted)
            )
    told = " ".join(f"{kind} {np.mean(values):.4f}" for kind, values in sorted(f1.items()))
    print(f"{name:32} {told} snippets {pr(found['tp'], found['fp'], found['fn'])[2]:.4f}", flush=True)


def write(every: Sequence[Page]) -> None:
    """Learn from everything, and write the trees down."""
    likely = unseen(every, 5)
    models = {"first": First(every).model, "second": Second(every, likely).model}
    trees = {
        name: (float(model._baseline_prediction[0, 0]), [_tree(one.nodes, 0) for (one,) in model._predictors])
        for name, model in models.items()
    }
    WEIGHTS.write_text(source(trees))


HEAD = '''"""The models of ``choice``: sums of small trees, written by ``benchmarks/fit_extraction.py``.

``f`` are a block's figures (``traits.NAMES``, after these ``traits.SECOND_NAMES``), what comes back is the
logarithm of the odds that it is part of the article. Written out as code because a table of the same
trees takes six times as long to walk.
"""

from collections.abc import Sequence

# ruff: noqa: E501
# fmt: off
'''


def source(trees: dict[str, tuple[float, list[str]]]) -> str:
    """The module that holds the models."""
    lines = [HEAD]
    for name, (start, own) in trees.items():
        lines.append(
            f'\ndef {name}(f: Sequence[float]) -> float:\n    """Of the {name} model."""\n    return ('
        )
        lines += [f"        {start:.4f}", *(f"        + {tree}" for tree in own), "    )\n"]
    return "\n".join(lines)


def _tree(nodes: Any, at: int) -> str:
    node = nodes[at]
    if node["is_leaf"]:
        return f"{node['value']:.3f}"
    left, right = (_tree(nodes, node[side]) for side in ("left", "right"))
    return f"({left} if f[{node['feature_idx']}] <= {node['num_threshold']:.5g} else {right})"


def main() -> int:
    """What was asked for; the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--parts", type=int, default=5, help="of the sites, for --check")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    every = list(pages())
    if asked.write:
        write(every)
    if asked.check:
        check(every, asked.parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
