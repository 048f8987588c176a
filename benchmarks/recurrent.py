"""SRN, LSTM and GRU: forward, BPTT, clip and AdaGrad against PyTorch eager, alternated in one run; medians of ratios.

    python benchmarks/recurrent.py [--threads 1] [--rounds 20] [--cells srn,lstm,gru] [--sizes 64,1,25 128,16,50]

Vocabulary 65, float32. "walk" is the form that a learner steps through, drained; "fast" is `engine.gated.kernel.fast`.
PyTorch has its own modules (RNN, LSTM, GRU with the reset after the matrix), its fastest form on a CPU. See `turns.py`
for how ratios are taken.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from engine.threads import allow, hold_to_one_thread

SIZES = ((64, 1, 25), (128, 16, 50), (256, 32, 50), (512, 64, 64))
ASKED = {"srn": (8, 2.7, 1.6, 1.25), "lstm": (1.7, 1.05, 1.1, 1.25), "gru": (6, 1.8, 1.25, 1.25)}
FLOOR = {"srn": (7.5, 2.4, 1.5, 1.24), "lstm": (1.5, 0.8, 0.9, 1.1), "gru": (5.9, 1.6, 1.1, 1.2)}
VOCABULARY, RATE, CLIP = 65, 0.1, 5.0
LONG = 0.1
"""Seconds that a form runs before the next one has its turn: what training meets are its own numbers in the cache."""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--cells", default="srn,lstm,gru")
    parser.add_argument("--sizes", nargs="*", default=[",".join(map(str, size)) for size in SIZES])
    return parser.parse_args()


ARGS = options()
hold_to_one_thread()

import numpy as np  # noqa: E402 - the number of threads must be set first
import turns  # noqa: E402

from engine.gated import cell as cells  # noqa: E402
from engine.gated.cell import Cell, Inputs  # noqa: E402
from engine.gated.gru import AFTER  # noqa: E402
from engine.gated.kernel.fast import Kernel  # noqa: E402
from engine.gated.lstm import LSTM  # noqa: E402
from engine.gated.plain import SRN  # noqa: E402
from engine.maths.optimisers import OPTIMISERS, begin, clip_by_norm, update  # noqa: E402
from engine.maths.packing import Flat, packed  # noqa: E402
from engine.walks.step import drain  # noqa: E402

try:
    import torch
except ImportError:
    sys.exit("this benchmark needs PyTorch: pip install -e '.[peers]'")

CELLS = {"srn": SRN, "lstm": LSTM, "gru": AFTER}
ADAGRAD = OPTIMISERS["adagrad"]
Params = dict[str, np.ndarray]


def weights(cell: Cell, H: int, seed: int = 1) -> Params:
    """Float32 weights of a trained size."""
    draw = np.random.default_rng(seed)
    shapes = {name: shape if len(shape) == 2 else (*shape, 1) for name, shape in cell.shapes(H, VOCABULARY).items()}
    return {
        name: (draw.normal(0, H**-0.5, shape) if shape[1] > 1 else np.zeros(shape)).astype(np.float32)
        for name, shape in shapes.items()
    }


def walk_update(cell: Cell, theta: Params, x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """One update through the walk."""
    (T, B), H = x.shape, len(theta["V"].T)
    eye = np.eye(VOCABULARY, dtype=np.float32)
    start = {name: np.zeros((H, B), np.float32) for name in cell.carry}
    inputs = Inputs([eye[:, x[t]] for t in range(T)], [eye[:, y[t]] for t in range(T)], start)
    held: list[Any] = [theta, begin(np, ADAGRAD, theta), 0]

    def once() -> None:
        run = drain(cells.forward(np, cell, held[0], inputs))
        clipped = clip_by_norm(np, drain(cells.sweep(np, cell, held[0], inputs, run)), CLIP)
        held[2] += 1
        held[:2] = update(np, ADAGRAD, held[0], clipped, held[1], RATE, held[2])

    return once


def fast_update(cell: Cell, theta: Params, x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """One update of the fast form."""
    (T, B), H = x.shape, len(theta["V"].T)
    kernel = Kernel(cell, T, B, H, VOCABULARY, VOCABULARY, np.float32)
    start = {name: np.zeros((H, B), np.float32) for name in cell.carry}
    flat = Flat(packed(theta, kernel.layout), kernel.layout)
    held: list[Any] = [flat, begin(np, ADAGRAD, flat), 0]

    def once() -> None:
        held[2] += 1
        held[0], held[1], _ = kernel.update(ADAGRAD, held[0], held[1], RATE, CLIP, held[2], x, y, start)

    return once


def torch_update(cell: Cell, theta: Params, x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """The same update in PyTorch eager."""
    (T, B), H = x.shape, len(theta["V"].T)
    made = {"srn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell.name](VOCABULARY, H)
    out = torch.nn.Linear(H, VOCABULARY)
    order = {"srn": "h", "lstm": "ifgo", "gru": "rzn"}[cell.name]
    with torch.no_grad():
        made.weight_ih_l0.copy_(torch.from_numpy(np.concatenate([theta[f"U{q}"] for q in order])))
        made.weight_hh_l0.copy_(torch.from_numpy(np.concatenate([theta[f"W{q}"] for q in order])))
        made.bias_ih_l0.zero_(), made.bias_hh_l0.zero_()
        out.weight.copy_(torch.from_numpy(theta["V"])), out.bias.zero_()
    params = [*made.parameters(), *out.parameters()]
    optimiser = torch.optim.Adagrad(params, lr=RATE, eps=1e-8)
    table, codes, target = torch.eye(VOCABULARY), torch.from_numpy(x), torch.from_numpy(y).reshape(-1)
    zero = torch.zeros(1, B, H)
    start = (zero, zero) if cell.name == "lstm" else zero

    def once() -> None:
        optimiser.zero_grad()
        states, _ = made(table[codes], start)
        loss = torch.nn.functional.cross_entropy(out(states).reshape(T * B, -1), target, reduction="sum")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, CLIP)
        optimiser.step()

    return once


def product() -> Callable[[], object]:
    """A product of 1024 × 1024 numbers, what the machine can do at best."""
    a, b = np.random.default_rng(0).normal(size=(2, 1024, 1024)).astype(np.float32)
    out = np.empty_like(a)
    return lambda: np.matmul(a, b, out=out)


class Row(NamedTuple):
    """One size of one cell: multiplications and additions of an update; turns of PyTorch, walk, fast and a product."""

    name: str
    size: tuple[int, int, int]
    work: float
    turns: list[turns.Turn]

    def said(self, best: float) -> str:
        H, B, T = self.size
        walk, fast, share = (turns.verdict(self.turns, best, mine, other) for mine, other in ((1, 0), (2, 0), (2, 3)))
        known = self.size in SIZES
        asked, floor = ((of[self.name][SIZES.index(self.size)] if known else 0) for of in (ASKED, FLOOR))
        turns.tell(f"{self.name} {self.size}, an update", "PyTorch", fast, floor or "")
        of_sgemm = share.ratio * self.work / (2 * 1024**3)
        took = f"{fast.other * 1e3:>9.2f}{walk.mine * 1e3:>9.2f}{fast.mine * 1e3:>9.2f}{walk.ratio:>7.2f}  {fast!s:<40}"
        rates = f"{self.work / fast.mine / 1e9:>7.1f}{of_sgemm:>7.2f}"
        return f"{self.name:<5}{f'({H}, {B}, {T})':<15}{took}{asked:>6}{floor:>6}{rates}"


def measured(name: str, size: tuple[int, int, int]) -> Row:
    (H, B, T), cell = size, CELLS[name]
    x, y = np.random.default_rng(0).integers(0, VOCABULARY, (2, T, B))
    forms = [make(cell, weights(cell, H), x, y) for make in (torch_update, walk_update, fast_update)]
    counts = [max(2, int(LONG / turns.seconds(form, 2))) for form in forms]
    sides = [partial(turns.seconds, *each) for each in zip([*forms, product()], [*counts, 2], strict=True)]
    G = len(cell.gates)
    work = (6 * G * H + 4 * G * VOCABULARY + 6 * VOCABULARY) * T * B * H
    return Row(name, size, work, turns.take([sides] * ARGS.rounds))


def main() -> None:
    torch.set_num_threads(ARGS.threads)
    allow(ARGS.threads)
    print(f"numpy {np.__version__}, torch {torch.__version__}, {ARGS.threads} thread(s), {ARGS.rounds} turns")
    sizes = [(H, B, T) for H, B, T in (map(int, size.split(",")) for size in ARGS.sizes)]
    rows = [measured(name, size) for name in ARGS.cells.split(",") for size in sizes]
    best = min(turn.pace for row in rows for turn in row.turns)
    heads = f"{'torch ms':>9}{'walk ms':>9}{'fast ms':>9}{'/walk':>7}  {'torch/fast':<40}"
    print(f"{'':<20}{heads}{'asked':>6}{'floor':>6}{'GFLOP':>7}{'sgemm':>7}")
    for row in rows:
        print(row.said(best))


if __name__ == "__main__":
    main()
