"""All that the timeline trains, in trainings of scikit-learn's MLPClassifier, in one run; one core.

    python benchmarks/timeline.py [--turns 5]

One unit is `MLPClassifier` with 64 hidden units, 30 epochs, batches of 32, on all 1,797 digits.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from statistics import median

from engine.threads import hold_to_one_thread

hold_to_one_thread()

from lessons.data.pictures.digits import digits  # noqa: E402 - the number of threads must be set first
from lessons.data.tasks import Sizes, task  # noqa: E402
from lessons.history.timeline.models import MODELS  # noqa: E402

try:
    from sklearn.neural_network import MLPClassifier
except ImportError:
    sys.exit("this benchmark needs scikit-learn: pip install -e '.[peers]'")

ASKED, TARGET, EACH = 200, 60, 40


def unit() -> float:
    """CPU seconds of one training of scikit-learn's."""
    x, y = digits()
    net = MLPClassifier(64, batch_size=32, max_iter=30, random_state=0, tol=0)
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged after 30 epochs
        net.fit(x, y)
    return time.process_time() - began


def ours(seed: int) -> dict[str, float]:
    """CPU seconds of every milestone, its tasks together."""
    sizes = Sizes(1000, 100, 2, seed)
    found = {}
    for name, model in MODELS.items():
        for of in model.tasks:
            task(of, sizes)
        began = time.process_time()
        for of in model.tasks:
            for _ in model.train(task(of, sizes), seed):
                pass
        found[name] = time.process_time() - began
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5)
    turns = parser.parse_args().turns
    units, rounds = list[float](), list[dict[str, float]]()
    for seed in range(turns):
        units += [unit(), unit()]
        rounds.append(ours(seed))
    one = median(units)
    print(f"one training of MLPClassifier   {one:.3f} s")
    for name in MODELS:
        seconds = median(each[name] for each in rounds)
        print(f"{name:<32}{seconds:.2f} s {seconds / one:>7.1f}   (at most {EACH})")
    whole = median(sum(each.values()) for each in rounds)
    print(f"{'all':<32}{whole:.2f} s {whole / one:>7.1f}   (at most {ASKED}, target {TARGET})")


if __name__ == "__main__":
    main()
