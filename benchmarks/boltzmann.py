"""A restricted Boltzmann machine of 64 × 64 units, batches of 20: updates against scikit-learn's BernoulliRBM.

    python benchmarks/boltzmann.py [--rounds 15]

Both train on the same 1,000 random pictures with a persistent chain of one step, in float64, one thread, and take turns
(see `turns.py`). "track" is what the app trains with: the states kept, the reconstruction measured every 100 updates.
scikit-learn has an update as a call of its own, `partial_fit`, here on batches cut beforehand, and `fit`, which makes
many of them and checks its input once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial

from engine.threads import hold_to_one_thread

UNITS, BATCH, EXAMPLES, RATE, COUNT = 64, 20, 1000, 0.05, 2000


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    return parser.parse_args()


ARGS = options()
hold_to_one_thread()

import numpy as np  # noqa: E402 - the number of threads must be set first
import turns  # noqa: E402

from engine.device import HOST, rng  # noqa: E402
from engine.feedforward.mlp_training import Batches  # noqa: E402
from engine.images import rbm  # noqa: E402
from engine.images.rbm import Rule  # noqa: E402
from engine.images.rbm_training import RbmRun  # noqa: E402
from engine.maths.optimisers import OPTIMISERS  # noqa: E402
from engine.walks.history import History  # noqa: E402
from engine.walks.training import Recipe  # noqa: E402

try:
    import sklearn
    from sklearn.neural_network import BernoulliRBM
except ImportError:
    sys.exit("this benchmark needs scikit-learn: pip install -e '.[peers]'")

GRAINS = {"update": 0, "phase": 1, "n": 2, "op": 3}
PICTURES = (np.random.default_rng(0).random((EXAMPLES, UNITS)) < np.linspace(0.1, 0.7, UNITS)).astype(float)


def machine(persistent: bool) -> RbmRun:
    recipe = Recipe(OPTIMISERS["sgd"], RATE, 1e300)
    of = Rule(persistent=persistent)
    return RbmRun(HOST, recipe, of, UNITS, Batches(BATCH, 0), PICTURES.T.copy(), np.empty((UNITS, 0)), 100)


def track(persistent: bool) -> Callable[[], None]:
    """One update of the app's training."""
    run = machine(persistent)
    theta = rbm.initial(HOST, rng(0, 1), run.host, UNITS, 0.01)
    history = History(run.track(run.start(theta), GRAINS))

    def update() -> None:
        history.advance()

    return update


def fast() -> Callable[[], None]:
    """One update of the fast form, no state kept."""
    run = machine(True)
    held = [run.start(rbm.initial(HOST, rng(0, 1), run.host, UNITS, 0.01))]

    def update() -> None:
        held[0] = held[0]._replace(n=held[0].n + 1, data=run.move(held[0].n, held[0].data))

    return update


def peer() -> Callable[[], None]:
    """One call of scikit-learn's `partial_fit`."""
    model = BernoulliRBM(n_components=UNITS, learning_rate=RATE, batch_size=BATCH, random_state=0)
    sets = [PICTURES[first : first + BATCH].copy() for first in range(0, EXAMPLES, BATCH)]
    at = [0]

    def update() -> None:
        model.partial_fit(sets[at[0] % len(sets)])
        at[0] += 1

    return update


def peer_fit() -> Callable[[], None]:
    """scikit-learn's `fit`, as its users start it: a call makes `COUNT` updates."""
    epochs = COUNT * BATCH // EXAMPLES
    model = BernoulliRBM(UNITS, learning_rate=RATE, batch_size=BATCH, n_iter=epochs, random_state=0)
    return lambda: model.fit(PICTURES) and None


def main() -> None:
    sides = {
        "partial_fit": (peer(), COUNT), "fit": (peer_fit(), 1), "fast, PCD": (fast(), COUNT),
        "track, PCD": (track(True), COUNT), "track, CD-1": (track(False), COUNT),
    }  # fmt: skip
    pieces = [partial(turns.seconds, once, count) for once, count in sides.values()]
    for piece in pieces:
        piece()
    found = turns.take([pieces] * ARGS.rounds)
    found = [turn._replace(took=(turn.took[0], turn.took[1] / COUNT, *turn.took[2:])) for turn in found]
    best = min(turn.pace for turn in found)
    print(f"numpy {np.__version__}, scikit-learn {sklearn.__version__}, one thread, {ARGS.rounds} turns")
    for mine, name in enumerate(sides):
        by = [turns.verdict(found, best, mine, other) for other in (0, 1)]
        if mine > 1:
            turns.tell(f"RBM, an update, {name}", "scikit-learn", by[1])
        print(f"{name:12} {by[0].mine * 1e6:7.1f} µs   partial_fit / it {by[0]}   fit / it {by[1]}")


if __name__ == "__main__":
    main()
