"""A recursive net over 100 trees of 8 leaves, forward and back, against PyTorch eager in turn.

    python benchmarks/trees.py [--threads 1] [--rounds 15] [--hidden 32]

Trees of any shape with a label at every node, five classes, 20 words, float64. Both give E and its gradient: "fast" is
`engine.trees.recursive_fast`, its batch laid out anew every time as training does, "walk" the form that a learner steps
through, drained. PyTorch's is the usual recursive module: a call for each node, one loss for all labels. "levels" is
PyTorch with the same batches by height as ours. See `turns.py` for how ratios are taken.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial

from engine.threads import allow, hold_to_one_thread

ASKED = 4
TREES, LEAVES, WORDS, CLASSES = 100, 8, 20, 5


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--hidden", type=int, default=32)
    return parser.parse_args()


ARGS = options()
hold_to_one_thread()

import numpy as np  # noqa: E402 - the number of threads must be set first
import turns  # noqa: E402

from engine.device import HOST, rng  # noqa: E402
from engine.maths.activations import ACTIVATIONS  # noqa: E402
from engine.trees import recursive, recursive_fast  # noqa: E402
from engine.trees.tree import Branch, Forest, Leaf, Pair, numbered, together  # noqa: E402
from engine.walks.step import drain  # noqa: E402

try:
    import torch
except ImportError:
    sys.exit("this benchmark needs PyTorch: pip install -e '.[peers]'")

TANH = ACTIVATIONS["tanh"]


def forest() -> list[Forest]:
    """Trees whose neighbours are joined in a random order."""
    draw, found = rng(0, 1), []
    for _ in range(TREES):
        pairs = draw.integers(0, (WORDS, CLASSES), (LEAVES, 2))
        row: list[Branch] = [Leaf(int(w), int(y)) for w, y in pairs]
        while len(row) > 1:
            i = int(draw.integers(len(row) - 1))
            row[i : i + 2] = [Pair(row[i], row[i + 1], int(draw.integers(CLASSES)))]
        found.append(numbered(row[0]))
    return found


FOREST = forest()
DRAWN = recursive.drawn(ARGS.hidden, WORDS, CLASSES, rng(0, 2))
THETA = {p: value if value.ndim == 2 else value[:, None] for p, value in DRAWN.items()}


def fast() -> Callable[[], object]:
    """The form that training uses."""
    arrays = [recursive_fast.arrays(tree) for tree in FOREST]
    return lambda: recursive_fast.gradient(TANH, THETA, recursive_fast.plan(arrays))


def walk() -> Callable[[], object]:
    """The walks, drained."""
    some = recursive.inputs(HOST, together(FOREST), WORDS, CLASSES, TREES)

    def once() -> object:
        run = drain(recursive.forward(np, TANH, THETA, some))
        return drain(recursive.backward(np, TANH, THETA, some, run))

    return once


class Module(torch.nn.Module):
    """The usual recursive module: vectors by recursion from the root."""

    def __init__(self) -> None:
        super().__init__()
        H = ARGS.hidden
        self.words = torch.nn.Embedding(WORDS, H, dtype=torch.float64)
        self.inner = torch.nn.Linear(2 * H, H, dtype=torch.float64)
        self.out = torch.nn.Linear(H, CLASSES, dtype=torch.float64)

    def vector(self, tree: Forest, n: int, kept: list[torch.Tensor], labels: list[int]) -> torch.Tensor:
        node = tree[n - 1]
        if node.left:
            both = [self.vector(tree, child, kept, labels) for child in (node.left, node.right)]
            p = torch.tanh(self.inner(torch.cat(both)))
        else:
            p = self.words.weight[node.word]
        kept.append(p)
        labels.append(node.label)
        return p

    def forward(self, trees: list[Forest]) -> torch.Tensor:
        kept: list[torch.Tensor] = []
        labels: list[int] = []
        for tree in trees:
            self.vector(tree, len(tree), kept, labels)
        scores = self.out(torch.stack(kept))
        return torch.nn.functional.cross_entropy(scores, torch.tensor(labels), reduction="sum") / len(trees)


def theirs() -> Callable[[], object]:
    """The module, forward and back."""
    net = Module()

    def once() -> object:
        net.zero_grad()
        loss = net(FOREST)
        loss.backward()
        return loss

    return once


def levels() -> Callable[[], object]:
    """PyTorch with our batches by height."""
    net, arrays = Module(), [recursive_fast.arrays(tree) for tree in FOREST]

    def once() -> object:
        net.zero_grad()
        plan = recursive_fast.plan(arrays)
        rows = [net.words(torch.from_numpy(plan.word))]
        for children in plan.children:
            pairs = torch.cat(rows)[torch.from_numpy(children)].reshape(-1, 2 * ARGS.hidden)
            rows.append(torch.tanh(net.inner(pairs)))
        scores = net.out(torch.cat(rows)[torch.from_numpy(plan.labelled)])
        loss = torch.nn.functional.cross_entropy(scores, torch.from_numpy(plan.labels), reduction="sum") / TREES
        loss.backward()
        return loss

    return once


def main() -> None:
    torch.set_num_threads(ARGS.threads)
    allow(ARGS.threads)
    print(f"numpy {np.__version__}, torch {torch.__version__}, {ARGS.threads} thread(s), H {ARGS.hidden}")
    print(f"{'':<22}{'torch ms':>9}{'ours ms':>9}  {'torch / ours':<42}asked")
    for title, other, forms, asked in (
        ("recursive module", theirs(), {"fast": fast(), "walk": walk()}, f"{ASKED}"),
        ("by height", levels(), {"fast": fast()}, ""),
    ):
        sides = [other, *forms.values()]
        for side in sides:
            turns.seconds(side, 2)
        pieces = [partial(turns.seconds, side, 1 if n == 0 and asked else 5) for n, side in enumerate(sides)]
        found = turns.take([pieces] * ARGS.rounds)
        best = min(turn.pace for turn in found)
        for mine, form in enumerate(forms, 1):
            told = turns.verdict(found, best, mine, 0)
            turns.tell(f"100 trees, {title}, {form}", "PyTorch", told, asked if form == "fast" else "")
            took = f"{told.other * 1e3:>9.2f}{told.mine * 1e3:>9.2f}"
            print(f"{title:<17}{form:<5}{took}  {told!s:<42}{asked if form == 'fast' else ''}")


if __name__ == "__main__":
    main()
