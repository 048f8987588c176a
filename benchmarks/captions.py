"""An update of the net of the lesson `caption` against PyTorch eager, in turn: picture, start state, words, Adam, clip.

    python benchmarks/captions.py [--threads 1] [--rounds 20] [--kinds float64,float32]

GRU of 64 units, batches of 32 cards and dominoes, captions of up to six timesteps with a mask; the features of a
picture are its pixels, a hidden layer of 64, or two convolutions. PyTorch has `torch.nn.GRU` on rows of an embedding
that is one-hot, cross-entropy with `ignore_index`, Adam and its own clipping. See `turns.py` for how ratios are taken.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial

from engine.threads import allow, hold_to_one_thread

ASKED = 1.2
HIDDEN, BATCH = 64, 32


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--kinds", default="float64,float32")
    return parser.parse_args()


ARGS = options()
hold_to_one_thread()

import numpy as np  # noqa: E402 - the number of threads must be set first
import turns  # noqa: E402

from engine.device import HOST  # noqa: E402
from engine.sequences import caption  # noqa: E402
from engine.sequences.caption_fast import Kernel  # noqa: E402
from lessons.building.defaults import on_device  # noqa: E402
from lessons.contract.knobs import read_all  # noqa: E402
from lessons.recurrent.caption import CARD, EYES  # noqa: E402
from lessons.recurrent.caption import experiment as exp  # noqa: E402

try:
    import torch
except ImportError:
    sys.exit("this benchmark needs PyTorch: pip install -e '.[peers]'")


def batch(knobs: dict[str, object]) -> tuple[np.ndarray, caption.Captions]:
    """The pictures and words of one update."""
    return exp.training(HOST, knobs, 0).run.some(0)


def ours(eye: str, kind: str) -> Callable[[], object]:
    """An update as the app makes it."""
    knobs = read_all(CARD.knobs, {"eye": eye})
    image, words = batch(knobs)
    image = image.astype(kind)
    kernel, recipe = Kernel(exp.net_of(knobs), len(words.x), np.dtype(kind).type), exp.TAUGHT
    theta = {p: v.astype(kind) for p, v in on_device(HOST, exp.weights(knobs, 0, 0)).items()}
    memory = {f"{slot.name}_{p}": np.zeros_like(v) for p, v in theta.items() for slot in recipe.optimiser.slots}
    held = [theta, memory, 0]

    def once() -> object:
        held[2] += 1
        rest = held[0], held[1], recipe.rate, recipe.clip, held[2]
        held[0], held[1], E = kernel.update(recipe.optimiser, *rest, image, words)
        return E

    return once


def theirs(eye: str, kind: str) -> Callable[[], object]:
    """The same in PyTorch eager."""
    knobs = read_all(CARD.knobs, {"eye": eye})
    image, words = batch(knobs)
    net, dtype = exp.net_of(knobs), getattr(torch, kind)
    K, nn = net.words, torch.nn
    phi: dict[str, list[object]] = {
        "linear": [],
        "mlp": [nn.Linear(256, 64), nn.Tanh()],
        "cnn": [
            nn.Unflatten(1, (1, 16, 16)), nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        ],
    }  # fmt: skip
    features = 64 if eye == "mlp" else 256
    eye_net = nn.Sequential(*phi[eye], nn.Linear(features, HIDDEN), nn.Tanh()).to(dtype)
    table, gru, out = nn.Embedding(K, K).to(dtype), nn.GRU(K, HIDDEN).to(dtype), nn.Linear(HIDDEN, K).to(dtype)
    table.weight.requires_grad_(False).copy_(torch.eye(K, dtype=dtype))
    params = [*eye_net.parameters(), *gru.parameters(), *out.parameters()]
    optimiser = torch.optim.Adam(params, lr=0.003)
    pixels, x = torch.from_numpy(image.T.astype(kind)), torch.from_numpy(words.x)
    y = torch.from_numpy(np.where(words.mask > 0, words.y, -100)).reshape(-1)

    def once() -> object:
        optimiser.zero_grad()
        states, _ = gru(table(x), eye_net(pixels)[None])
        scores = out(states).reshape(-1, K)
        loss = nn.functional.cross_entropy(scores, y, reduction="sum", ignore_index=-100) / BATCH
        loss.backward()
        nn.utils.clip_grad_norm_(params, 1.0)
        optimiser.step()
        return loss

    return once


def main() -> None:
    torch.set_num_threads(ARGS.threads)
    allow(ARGS.threads)
    print(f"numpy {np.__version__}, torch {torch.__version__}, {ARGS.threads} thread(s), {ARGS.rounds} turns")
    print(f"{'':<18}{'torch ms':>9}{'ours ms':>9}  {'torch / ours':<42}asked")
    for kind in ARGS.kinds.split(","):
        for eye in EYES:
            sides = [theirs(eye, kind), ours(eye, kind)]
            for side in sides:
                turns.seconds(side, 5)
            found = turns.take([[partial(turns.seconds, side, 20) for side in sides]] * ARGS.rounds)
            told = turns.verdict(found, min(turn.pace for turn in found), 1, 0)
            asked = str(ASKED) if eye == "linear" else ""
            turns.tell(f"captions, an update, {eye}, {kind}", "PyTorch", told, asked)
            print(f"{eye + ', ' + kind:<18}{told.other * 1e3:>9.2f}{told.mine * 1e3:>9.2f}  {told!s:<42}{asked}")


if __name__ == "__main__":
    main()
