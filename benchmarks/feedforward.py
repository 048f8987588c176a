"""MLP 2-8-8-1: one update against PyTorch eager, alternated in one run; ratios of medians.

    python benchmarks/feedforward.py [--threads 1] [--rounds 7]

tanh, half the squared error, SGD; the same precision on both sides, float64 (as in the app) and float32. "walk" is the
form that the lesson steps through, drained; "fast" is `engine.feedforward.mlp_fast`; "track" is what the app trains
with: fast, its states kept, both losses measured by epochs. PyTorch's batches are cut beforehand: it has no data
loader to slow it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from itertools import product

from engine.threads import allow, hold_to_one_thread

SIZES, BATCHES, EXAMPLES, RATE = (2, 8, 8, 1), (10, 100, 1000), 1000, 0.03


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args()


ARGS = options()
hold_to_one_thread()

import numpy as np  # noqa: E402 - the number of threads must be set first

from engine.device import HOST  # noqa: E402
from engine.feedforward.mlp import Net  # noqa: E402
from engine.feedforward.mlp_training import Batches, Examples, MlpRun, epoch  # noqa: E402
from engine.maths.activations import ACTIVATIONS  # noqa: E402
from engine.maths.optimisers import OPTIMISERS  # noqa: E402
from engine.walks.history import History  # noqa: E402
from engine.walks.step import drain  # noqa: E402
from engine.walks.training import Recipe  # noqa: E402

try:
    import torch
except ImportError:
    sys.exit("this benchmark needs PyTorch: pip install -e '.[peers]'")

GRAINS = {"update": 0, "phase": 1, "layer": 2, "op": 3}


def weights(kind: type) -> dict[str, np.ndarray]:
    found, rng = {}, np.random.default_rng(1)
    for n in range(1, len(SIZES)):
        found[f"W{n}"] = rng.normal(0, 0.5, (SIZES[n], SIZES[n - 1])).astype(kind)
        found[f"b{n}"] = np.zeros((SIZES[n], 1), kind)
    return found


def school(batch: int, kind: type) -> MlpRun:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (2, EXAMPLES))
    x, y = x.astype(kind), np.sign(x[:1] * x[1:]).astype(kind)
    tanh = ACTIVATIONS["tanh"]
    net = Net(len(SIZES) - 1, tanh, "squared", tanh)
    recipe = Recipe(OPTIMISERS["sgd"], RATE, 1e300)
    return MlpRun(HOST, net, recipe, Batches(batch, 0), Examples(x, y), Examples(x, y))


def torch_update(batch: int, kind: type) -> Callable[[], None]:
    """The same update in PyTorch eager."""
    made, theta = school(batch, kind), weights(kind)
    parts: list[torch.nn.Module] = []
    for n in range(1, len(SIZES)):
        linear = torch.nn.Linear(SIZES[n - 1], SIZES[n], dtype=getattr(torch, kind.__name__))
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(theta[f"W{n}"]))
            linear.bias.copy_(torch.from_numpy(theta[f"b{n}"][:, 0]))
        parts += [linear, torch.nn.Tanh()]
    net = torch.nn.Sequential(*parts)
    optimiser = torch.optim.SGD(net.parameters(), lr=RATE)
    rows = [made.batches.of_epoch(EXAMPLES, 0)[i] for i in range(made.per)]
    sets = [(torch.from_numpy(made.host.x[:, r].T.copy()), torch.from_numpy(made.host.y[:, r].T.copy())) for r in rows]
    at = [0]

    def update() -> None:
        x, y = sets[at[0] % len(sets)]
        at[0] += 1
        optimiser.zero_grad()
        loss = torch.nn.functional.mse_loss(net(x), y) / 2
        loss.backward()
        optimiser.step()

    return update


def walk_update(batch: int, kind: type) -> Callable[[], None]:
    """One update as the learner steps through it."""
    made = school(batch, kind)
    state = made.start(weights(kind))
    held = [state.data.theta, state.data.memory, 0]

    def update() -> None:
        n = held[2]
        held[0], held[1] = drain(epoch(HOST.xp, made.net, made.recipe, held[0], held[1], [made.batch(n)], n))
        held[2] = n + 1

    return update


def fast_update(batch: int, kind: type) -> Callable[[], None]:
    """One update of the fast form."""
    made = school(batch, kind)
    assert made.kernel is not None
    state, rows = made.start(weights(kind)), made.batches.of_epoch(EXAMPLES, 0)
    held = [state.data.theta, state.data.memory, 0]
    kernel = made.kernel

    def update() -> None:
        n = held[2]
        held[0], held[1], _ = kernel.update(held[0], held[1], rows, n % len(rows), n)
        held[2] = n + 1

    return update


def track_update(batch: int, kind: type) -> Callable[[], None]:
    """One update of the app's training, states and curves kept."""
    made = school(batch, kind)
    history = History(made.track(made.start(weights(kind)), GRAINS))

    def update() -> None:
        history.advance()

    return update


def seconds(update: Callable[[], None], count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        update()
    return (time.perf_counter() - began) / count


def main() -> None:
    torch.set_num_threads(ARGS.threads)
    allow(ARGS.threads)
    print(
        f"numpy {np.__version__}, torch {torch.__version__}, {ARGS.threads} thread(s), medians of {ARGS.rounds} rounds"
    )
    heads = ("torch µs", "walk µs", "fast µs", "track µs", "torch/walk", "torch/fast", "torch/track")
    print(f"{'batch':<15}" + "".join(f"{head:>12}" for head in heads))
    for kind, batch in product((np.float64, np.float32), BATCHES):
        forms = [make(batch, kind) for make in (torch_update, walk_update, fast_update, track_update)]
        count = 2000 if batch < 1000 else 600
        for form in forms:
            seconds(form, count // 4)
        rounds = [[seconds(form, count) for form in forms] for _ in range(ARGS.rounds)]
        peer, *ours = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(
            f"{kind.__name__:<9}{batch:<6}{peer * 1e6:>12.1f}"
            + "".join(f"{t * 1e6:>12.1f}" for t in ours)
            + "".join(f"{peer / t:>12.2f}" for t in ours)
        )


if __name__ == "__main__":
    main()
