"""SRN: forward, BPTT, clip and AdaGrad against PyTorch eager, alternated in one run; ratios of medians.

    python benchmarks/recurrent.py [--threads 1] [--rounds 7]

Vocabulary 65, float32, tanh. "walk" is the form that the lesson steps through, drained; "fast" is `engine.srn_fast`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable

SIZES = ((64, 1, 25), (128, 16, 50), (256, 32, 50), (512, 64, 64))
VOCABULARY, RATE, CLIP = 65, 0.1, 5.0


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args()


ARGS = options()
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(ARGS.threads)

import numpy as np  # noqa: E402 - the number of threads must be set first

from engine.activations import ACTIVATIONS  # noqa: E402
from engine.device import HOST  # noqa: E402
from engine.optimisers import OPTIMISERS  # noqa: E402
from engine.srn import Inputs, Params  # noqa: E402
from engine.srn_fast import Kernel  # noqa: E402
from engine.training import Recipe, advance, start  # noqa: E402

try:
    import torch
except ImportError:
    sys.exit("this benchmark needs PyTorch: pip install -e '.[peers]'")


def weights(H: int, rng: np.random.Generator) -> Params:
    """Float32 weights of a trained size."""
    scale = H**-0.5

    def draw(rows: int, cols: int) -> np.ndarray:
        return rng.normal(0, scale, (rows, cols)).astype(np.float32)

    return Params(
        draw(H, VOCABULARY),
        draw(H, H),
        draw(VOCABULARY, H),
        np.zeros((H, 1), np.float32),
        np.zeros((VOCABULARY, 1), np.float32),
    )


def walk_update(theta: Params, x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """One update as the lesson's training makes it."""
    T, B = x.shape
    eye = np.eye(VOCABULARY, dtype=np.float32)
    inputs = Inputs(
        [eye[:, x[t]] for t in range(T)], [eye[:, y[t]] for t in range(T)], np.zeros((len(theta.W), B), np.float32)
    )
    recipe = Recipe(ACTIVATIONS["tanh"], OPTIMISERS["adagrad"], RATE, T, CLIP)
    state = [start(HOST, theta, recipe.optimiser)]

    def update() -> None:
        state[0] = advance(HOST, recipe, inputs, state[0])

    return update


def fast_update(theta: Params, x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """One update of the fast form."""
    kernel = Kernel(theta, *x.shape)
    s_init = np.zeros((x.shape[1], len(theta.W)), np.float32)

    def update() -> None:
        kernel.gradient(x, y, s_init)
        kernel.adagrad(RATE, CLIP)

    return update


def torch_update(theta: Params, x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """The same update in PyTorch eager, through torch.nn.RNN, its fastest form on a CPU."""
    H, (T, B) = len(theta.W), x.shape
    rnn = torch.nn.RNN(VOCABULARY, H, bias=True)
    out = torch.nn.Linear(H, VOCABULARY)
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(torch.from_numpy(theta.U))
        rnn.weight_hh_l0.copy_(torch.from_numpy(theta.W))
        rnn.bias_ih_l0.zero_(), rnn.bias_hh_l0.zero_()
        out.weight.copy_(torch.from_numpy(theta.V)), out.bias.zero_()
    params = [*rnn.parameters(), *out.parameters()]
    optimiser = torch.optim.Adagrad(params, lr=RATE, eps=1e-8)
    table, codes, target = torch.eye(VOCABULARY), torch.from_numpy(x), torch.from_numpy(y).reshape(-1)
    s_init = torch.zeros(1, B, H)

    def update() -> None:
        optimiser.zero_grad()
        states, _ = rnn(table[codes], s_init)
        loss = torch.nn.functional.cross_entropy(out(states).reshape(T * B, -1), target, reduction="sum")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, CLIP)
        optimiser.step()

    return update


def seconds(update: Callable[[], None], count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        update()
    return (time.perf_counter() - began) / count


def main() -> None:
    torch.set_num_threads(ARGS.threads)
    print(
        f"numpy {np.__version__}, torch {torch.__version__}, {ARGS.threads} thread(s), medians of {ARGS.rounds} rounds"
    )
    heads = ("torch ms", "walk ms", "fast ms", "torch/walk", "torch/fast", "GFLOP/s")
    print(f"{'(H, B, T)':<16}" + "".join(f"{head:>11}" for head in heads))
    for H, B, T in SIZES:
        rng = np.random.default_rng(0)
        x, y = rng.integers(0, VOCABULARY, (2, T, B))
        forms = [make(weights(H, np.random.default_rng(1)), x, y) for make in (torch_update, walk_update, fast_update)]
        count = max(2, int(4e8 / (6 * T * B * H * H + 4e6)))
        for form in forms:
            seconds(form, max(1, count // 4))
        rounds = [[seconds(form, count) for form in forms] for _ in range(ARGS.rounds)]
        peer, walk, fast = (statistics.median(column) for column in zip(*rounds, strict=True))
        work = 6 * T * B * H * (H + VOCABULARY) / 1e9
        print(
            f"{f'({H}, {B}, {T})':<16}{peer * 1e3:>11.3f}{walk * 1e3:>11.3f}{fast * 1e3:>11.3f}"
            f"{peer / walk:>11.2f}{peer / fast:>11.2f}{work / fast:>11.1f}"
        )


if __name__ == "__main__":
    main()
