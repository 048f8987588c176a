"""A convolution 3×3, 8 → 16 channels, on 32 pictures of 28×28, forward and back, against PyTorch eager in turn.

    python benchmarks/convolution.py [--threads 1] [--rounds 15] [--kind float32]

Both give z, ∂E/∂K, ∂E/∂b and ∂E/∂x of given ∂E/∂z: "fast" is `engine.images.cnn_fast.Convolver`, which training uses,
"plain" the same from `engine.images.windows`, of which the walk is made. See `turns.py` for how ratios are taken. Then
an update of a net of the lesson `convolution` (12×12, batch 32, Adam), float64 as in the app.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial

from engine.threads import allow, hold_to_one_thread

ASKED, FLOOR = 0.7, 0.3
CHANNELS, FILTERS, BATCH, SIDE = 8, 16, 32, 28


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--kind", choices=("float32", "float64"), default="float32")
    return parser.parse_args()


ARGS = options()
hold_to_one_thread()

import numpy as np  # noqa: E402 - the number of threads must be set first
import turns  # noqa: E402

from engine.device import HOST, rng  # noqa: E402
from engine.feedforward.mlp_training import Batches, Examples  # noqa: E402
from engine.images import cnn, windows  # noqa: E402
from engine.images.cnn import Cnn, Conv  # noqa: E402
from engine.images.cnn_fast import Convolver  # noqa: E402
from engine.images.cnn_training import CnnRun  # noqa: E402
from engine.images.convolution import Slide  # noqa: E402
from engine.images.pooling import Pool  # noqa: E402
from engine.maths.activations import ACTIVATIONS  # noqa: E402
from engine.maths.optimisers import OPTIMISERS  # noqa: E402
from engine.walks.training import Recipe  # noqa: E402

try:
    import torch
except ImportError:
    sys.exit("this benchmark needs PyTorch: pip install -e '.[peers]'")

F = torch.nn.functional
SLIDE = Slide(3)
OUT = SLIDE.places(SIDE)


def numbers() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """x (C, H, W, B), K (F, C·9), b (F, 1) and ∂E/∂z (F, P·B)."""
    draw, kind = np.random.default_rng(0), ARGS.kind
    shapes = (CHANNELS, SIDE, SIDE, BATCH), (FILTERS, CHANNELS * 9), (FILTERS, 1), (FILTERS, OUT * OUT * BATCH)
    x, K, b, dz = (draw.normal(size=shape).astype(kind) for shape in shapes)
    return x, K, b, dz


def fast() -> Callable[[], object]:
    """The form that training uses."""
    x, K, b, dz = numbers()
    work = Convolver(SLIDE, (CHANNELS, SIDE, SIDE), FILTERS, BATCH, x.dtype)

    def once() -> object:
        work.forward(x, K, b)
        return work.by_weights(dz), work.by_pictures(dz, K)

    return once


def plain() -> Callable[[], object]:
    """The form that the walk is made of: every array anew."""
    x, K, b, dz = numbers()

    def once() -> object:
        X = windows.windows(HOST.xp, SLIDE, x)
        return K @ X + b, dz @ X.T, dz.sum(axis=1), windows.spread(HOST.xp, SLIDE, K.T @ dz, (CHANNELS, SIDE, SIDE))

    return once


def theirs() -> Callable[[], object]:
    """The same in PyTorch eager, in its own layout."""
    x, K, b, dz = numbers()
    X = torch.from_numpy(np.moveaxis(x, 3, 0).copy()).requires_grad_()
    weights = torch.from_numpy(K.reshape(FILTERS, CHANNELS, 3, 3)).requires_grad_()
    bias = torch.from_numpy(b[:, 0].copy()).requires_grad_()
    error = torch.from_numpy(np.moveaxis(dz.reshape(FILTERS, OUT, OUT, BATCH), 3, 0).copy())

    def once() -> object:
        X.grad = weights.grad = bias.grad = None
        F.conv2d(X, weights, bias).backward(error)
        return X.grad

    return once


NET = Cnn(
    (1, 12, 12), (Conv(8, Slide(3, 1, 1)), Conv(24, Slide(5, 1, 2), Pool(12))), 10, ACTIVATIONS["relu"]
)  # the lesson's, without pooling between its convolutions


def our_update() -> Callable[[], object]:
    """An update as the app trains."""
    draw = rng(0, 1)
    some = Examples(draw.random((144, 320)), np.eye(10)[:, draw.integers(0, 10, 320)])
    run = CnnRun(HOST, NET, Recipe(OPTIMISERS["adam"], 0.005, 1e300), Batches(32, 0), some, [])
    theta = {name: value if value.ndim == 2 else value[:, None] for name, value in cnn.drawn(NET, rng(0)).items()}
    held = [run.start(theta)]

    def once() -> object:
        held[0] = run.advance(held[0])
        return held[0]

    return once


def their_update() -> Callable[[], object]:
    """The same in PyTorch eager."""
    double = torch.float64
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3, padding=1, dtype=double), torch.nn.ReLU(),
        torch.nn.Conv2d(8, 24, 5, padding=2, dtype=double), torch.nn.ReLU(),
        torch.nn.MaxPool2d(12), torch.nn.Flatten(), torch.nn.Linear(24, 10, dtype=double),
    )  # fmt: skip
    optimiser = torch.optim.Adam(net.parameters(), lr=0.005)
    x, y = torch.rand(32, 1, 12, 12, dtype=double), torch.randint(0, 10, (32,))

    def once() -> object:
        optimiser.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimiser.step()
        return loss

    return once


def compared(name: str, sides: list[Callable[[], object]], said: str) -> None:
    """The first of `sides` is PyTorch."""
    for side in sides:
        turns.seconds(side, 5)
    pieces = [partial(turns.seconds, side, 20) for side in sides]
    found = turns.take([pieces] * ARGS.rounds)
    best = min(turn.pace for turn in found)
    for form, mine in zip(("fast", "plain"), range(1, len(sides)), strict=False):
        told = turns.verdict(found, best, mine, 0)
        turns.tell(f"{name}, {form}", "PyTorch", told, said if mine == 1 else "")
        took = f"{told.other * 1e3:>9.2f}{told.mine * 1e3:>9.2f}"
        print(f"{name:<22}{form:<7}{took}  {told!s:<42}{said if mine == 1 else ''}")


def main() -> None:
    torch.set_num_threads(ARGS.threads)
    allow(ARGS.threads)
    print(f"numpy {np.__version__}, torch {torch.__version__}, {ARGS.threads} thread(s), {ARGS.rounds} turns")
    print(f"{'':<29}{'torch ms':>9}{'ours ms':>9}  {'torch / ours':<42}asked (floor)")
    compared(f"convolution, {ARGS.kind}", [theirs(), fast(), plain()], f"{ASKED} ({FLOOR})")
    compared("update, float64", [their_update(), our_update()], "")


if __name__ == "__main__":
    main()
