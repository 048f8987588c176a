"""Neighbours, a tree, support vectors and boosting beside scikit-learn, in turn in one run; one core.

    python benchmarks/shallow.py [--turns 25]

Neighbours: the five nearest of all 1,797 digits among themselves. A tree: 1,000 digits of 64 pixels, grown whole. An
RBF machine: 500 points in the plane, C 1, tolerance 1e-3. Boosting, without a peer that finds the same stumps: 50 for
each of ten classes, beside 50 rounds of scikit-learn's AdaBoostClassifier on all classes at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial

from engine.threads import hold_to_one_thread

hold_to_one_thread()

import numpy as np  # noqa: E402 - the number of threads must be set first
from turns import pace, seconds, take, tell, verdict  # noqa: E402

from engine.device import HOST  # noqa: E402
from engine.shallow import boosting_fast, margin_fast, neighbours, tree_fast  # noqa: E402
from engine.shallow.margin import Kernel  # noqa: E402
from engine.shallow.tree import Limits  # noqa: E402
from lessons.data.pictures.digits import digits, split  # noqa: E402
from lessons.data.scatter import scatter  # noqa: E402

try:
    from sklearn.ensemble import AdaBoostClassifier
    from sklearn.neighbors import NearestNeighbors
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier
except ImportError:
    sys.exit("this benchmark needs scikit-learn: pip install -e '.[peers]'")

Sides = tuple[Callable[[], object], Callable[[], object]]


def sides() -> dict[str, tuple[Sides, int, str]]:
    """(our side, scikit-learn's), how often a piece runs each, and what was asked."""
    x, _ = digits()
    some = split(0)
    points, classes = scatter("circle", 0, 500, 15)
    signs = 2 * classes - 1
    return {
        "neighbours, 5 of 1797 × 64": (
            (
                lambda: neighbours.nearest(np, x, x, 5),
                lambda: NearestNeighbors(n_neighbors=5, algorithm="brute").fit(x).kneighbors(x),
            ),
            5,
            ".3",
        ),
        "tree, 1000 × 64": (
            (
                lambda: tree_fast.grow(some.x, some.y, 10, Limits()),
                lambda: DecisionTreeClassifier(random_state=0).fit(some.x, some.y),
            ),
            5,
            ".05",
        ),
        "RBF machine, 500 points": (
            (
                lambda: margin_fast.machine(HOST, points, signs, Kernel(), 1.0, 1e-3, 100_000),
                lambda: SVC(gamma=0.5, C=1.0, tol=1e-3).fit(points, signs),
            ),
            20,
            ".05",
        ),
        "boosting, 50 rounds, 1000 × 64": (
            (
                lambda: boosting_fast.boost_each(some.x, some.y, 10, 50),
                lambda: AdaBoostClassifier(n_estimators=50, random_state=0).fit(some.x, some.y),
            ),
            1,
            "–",
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=25)
    turns = parser.parse_args().turns
    best = min(pace() for _ in range(20))
    print(f"{'':<32}{'ours ms':>9}{'theirs ms':>11}   scikit-learn / ours (asked)")
    for name, (both, count, asked) in sides().items():
        for once in both:
            once()

        def pieces(both: Sides = both, count: int = count) -> Iterator[list[Callable[[], float]]]:
            for _ in range(turns):
                yield [partial(seconds, once, count) for once in both]

        found = take(pieces())
        said = verdict(found, min(best, *(turn.pace for turn in found)))
        tell(name, "scikit-learn", said, asked)
        print(f"{name:<32}{said.mine * 1e3:>9.2f}{said.other * 1e3:>11.2f}   {said} ({asked})")


if __name__ == "__main__":
    main()
