"""An encoder and a decoder with attention, forward + back + clip + Adam, against PyTorch eager in turn.

    python benchmarks/translate.py [--threads 1] [--rounds 20] [--kind float32] [--hidden 64] [--batch 32] [--length 12]

Gated recurrent units, general scores after Luong, 30 words on either side, all sentences equally long. "fast" is
`engine.sequences.fast`, which training uses, and "run" an update as the app makes it, its batch too; PyTorch
has its own GRU, `bmm` and Adam, and its batches as tensors beforehand. See `turns.py` for how ratios are taken.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial

from engine.threads import allow, hold_to_one_thread

ASKED, FLOOR, WORDS = 2.0, 1.2, 30


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--kind", choices=("float32", "float64"), default="float32")
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--length", type=int, default=12)
    return parser.parse_args()


ARGS = options()
hold_to_one_thread()

import numpy as np  # noqa: E402 - the number of threads must be set first
import turns  # noqa: E402

from engine.device import HOST, rng  # noqa: E402
from engine.feedforward.mlp_training import Batches  # noqa: E402
from engine.gated.gru import AFTER  # noqa: E402
from engine.maths.optimisers import OPTIMISERS, begin  # noqa: E402
from engine.sequences import net as nets  # noqa: E402
from engine.sequences.fast import Kernel  # noqa: E402
from engine.sequences.net import Seq2seq  # noqa: E402
from engine.sequences.pairs import END, Pair, padded  # noqa: E402
from engine.sequences.training import PairsRun  # noqa: E402
from engine.walks.training import Recipe  # noqa: E402

try:
    import torch
except ImportError:
    sys.exit("this benchmark needs PyTorch: pip install -e '.[peers]'")

H, B, T = ARGS.hidden, ARGS.batch, ARGS.length
NET = Seq2seq(AFTER, AFTER, "general", H, WORDS, WORDS)
ADAM, RATE, CLIP = OPTIMISERS["adam"], 0.005, 1.0


def pairs() -> list[Pair]:
    """Sentences whose translations have as many words, the end counted."""
    draw = rng(0, 1)
    sides = draw.integers(1, WORDS, (4 * B, 2, T))
    return [Pair(tuple(map(int, a)), tuple(map(int, b[1:]))) for a, b in sides]


def weights() -> dict[str, np.ndarray]:
    drawn = nets.drawn(NET, rng(0))
    return {name: (value if value.ndim == 2 else value[:, None]).astype(ARGS.kind) for name, value in drawn.items()}


def fast() -> Callable[[], object]:
    """The fast form on one batch."""
    kernel, some = Kernel(NET, T, T, B, np.dtype(ARGS.kind)), padded(pairs()[:B])
    theta = weights()
    held = [(theta, begin(HOST.xp, ADAM, theta), 0)]

    def once() -> object:
        theta, memory, n = held[0]
        after, kept, E = kernel.update(ADAM, theta, memory, RATE, CLIP, n + 1, some, some.words)
        held[0] = after, kept, n + 1
        return E

    return once


def whole() -> Callable[[], object]:
    """An update as the app makes it."""
    run = PairsRun(HOST, NET, Recipe(ADAM, RATE, CLIP), Batches(B, 0), pairs(), kind=np.dtype(ARGS.kind))
    held = [run.start(weights())]

    def once() -> object:
        held[0] = run.advance(held[0])
        return held[0]

    return once


class Peer(torch.nn.Module):  # type: ignore[misc]
    """The same net of PyTorch's parts."""

    def __init__(self) -> None:
        super().__init__()
        nn = torch.nn
        self.read, self.write = (nn.GRU(WORDS, H, batch_first=True) for _ in range(2))
        self.Wa, self.Wc = nn.Linear(H, H, bias=False), nn.Linear(2 * H, H, bias=False)
        self.out = nn.Linear(H, WORDS)

    def forward(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        h, last = self.read(x)
        d, _ = self.write(w, last)
        alpha = torch.softmax(torch.bmm(self.Wa(d), h.transpose(1, 2)), dim=2)
        return self.out(torch.tanh(self.Wc(torch.cat([torch.bmm(alpha, h), d], dim=2))))


def theirs() -> Callable[[], object]:
    """The same in PyTorch eager."""
    kind = getattr(torch, ARGS.kind)
    net, some = Peer().to(kind), padded(pairs()[:B])
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE)
    eye = torch.eye(WORDS, dtype=kind)
    x, w, y = (torch.tensor(each.T.copy()) for each in some)
    x, w = eye[x], eye[w]
    assert END == 0

    def once() -> object:
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x, w).reshape(-1, WORDS), y.reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), CLIP)
        optimiser.step()
        return loss

    return once


def main() -> None:
    torch.set_num_threads(ARGS.threads)
    allow(ARGS.threads)
    print(f"numpy {np.__version__}, torch {torch.__version__}, {ARGS.threads} thread(s), {ARGS.rounds} turns")
    print(f"{'':<29}{'torch ms':>9}{'ours ms':>9}  {'torch / ours':<42}asked (floor)")
    sides = [theirs(), fast(), whole()]
    for side in sides:
        turns.seconds(side, 5)
    pieces = [partial(turns.seconds, side, 20) for side in sides]
    found = turns.take([pieces] * ARGS.rounds)
    best = min(turn.pace for turn in found)
    for form, mine in (("fast", 1), ("run", 2)):
        told = turns.verdict(found, best, mine, 0)
        turns.tell(f"translation with attention, an update, {form}", "PyTorch", told, FLOOR)
        took = f"{told.other * 1e3:>9.2f}{told.mine * 1e3:>9.2f}"
        print(f"{f'H {H}, B {B}, T {T}, {ARGS.kind}':<22}{form:<7}{took}  {told!s:<42}{f'{ASKED} ({FLOOR})'}")


if __name__ == "__main__":
    main()
