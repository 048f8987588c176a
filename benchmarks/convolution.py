"""A convolution 3×3, 8 → 16 channels, on 32 pictures of 28×28, forward and back, against PyTorch eager in turn.

    python benchmarks/convolution.py [--threads 1] [--rounds 15] [--kind float32]

Both give ∂E/∂K, ∂E/∂b and ∂E/∂x of given ∂E/∂z. See `turns.py` for how ratios are taken. Beside it: an update of the net
of the lesson `convolution` (12×12, batch 32, Adam), float64 as in the app.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial

ASKED, FLOOR = 0.7, 0.3
CHANNELS, FILTERS, BATCH, SIDE = 8, 16, 32, 28


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--kind", choices=("float32", "float64"), default="float32")
    return parser.parse_args()


ARGS = options()
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(ARGS.threads)

import numpy as np  # noqa: E402 - the number of threads must be set first
import turns  # noqa: E402

from engine.device import HOST  # noqa: E402
from engine.images import windows  # noqa: E402
from engine.images.convolution import Slide  # noqa: E402

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


def ours() -> Callable[[], object]:
    """The fast form."""
    x, K, b, dz = numbers()

    def once() -> object:
        X, _ = windows.convolved(HOST.xp, SLIDE, x, K, b)
        return windows.convolved_back(HOST.xp, SLIDE, X, K, dz, x.shape[:3])

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
