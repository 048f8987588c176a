"""The real commands, from a shell, beside the peers' scripts: wall time and CPU, and what was learned.

    python benchmarks/commands.py TEXT [--only words|letters] [--forms sg+ns …] [--rounds 3] [--busy 0]

Nothing is set in the environment: our side is started as a user starts it. The peer is too, PyTorch once more with one
thread; its faster setting counts. With --busy so many processes compute beside both. TEXT has a sentence a line, words
between spaces, as gensim's script reads it. Every round takes another seed.

words: `unroll train word2vec` against gensim with one worker, dim 100, window 5, 5 epochs, min-count 5, from the file
to the vectors on disk; then both files are judged by gensim, Spearman's ρ on WordSim-353 and analogies among the 30,000
most frequent words.
letters: `unroll train charnn` at its defaults and at H = 512, batch 64, against PyTorch on the same recipe.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import turns

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
SETTINGS = ({}, dict.fromkeys(VARIABLES, "1"))
"""The environments that PyTorch is tried in: as it is, and with one thread."""
ASKED = {"sg+ns": 3.0, "cbow+ns": 1.5, "sg+hs": 1.0, "cbow+hs": 1.0, "defaults": 2.0, "H = 512": 1.1}
"""Peer's wall time over ours, at least."""
LETTERS = {"defaults": (128, 16, 50, 1000), "H = 512": (512, 64, 64, 40)}
"""Units, streams, letters and updates of a run of `charnn`."""

GENSIM = """
import sys
from gensim.models import Word2Vec
from gensim.models.word2vec import LineSentence
text, out, model, loss, seed = sys.argv[1:]
made = Word2Vec(LineSentence(text), vector_size=100, window=5, min_count=5, epochs=5, sample=1e-3, workers=1,
                sg=int(model == "sg"), hs=int(loss == "hs"), negative=0 if loss == "hs" else 5, seed=int(seed))
made.wv.save_word2vec_format(out)
"""
TORCH = """
import sys
import torch
text, out = sys.argv[1:3]
H, B, T, updates, seed = map(int, sys.argv[3:])
torch.manual_seed(seed)
said = open(text, encoding="utf-8").read()
letters = sorted(set(said))
at = {each: n for n, each in enumerate(letters)}
codes = torch.tensor([at[each] for each in said])
S = (len(codes) - 1) // B
x, y = (codes[k : k + S * B].reshape(B, S).T for k in (0, 1))
net, last = torch.nn.LSTM(len(letters), H), torch.nn.Linear(H, len(letters))
parts = [*net.parameters(), *last.parameters()]
optimiser, carried = torch.optim.Adam(parts, 0.003), None
for n in range(updates):
    k = n % (S // T) * T
    if k == 0:
        carried = None
    made, carried = net(torch.nn.functional.one_hot(x[k : k + T], len(letters)).float(), carried)
    loss = torch.nn.functional.cross_entropy(last(made).reshape(T * B, -1), y[k : k + T].reshape(-1))
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parts, 5.0)
    optimiser.step()
    carried = tuple(each.detach() for each in carried)
torch.save([net.state_dict(), last.state_dict()], out)
"""
JUDGE = """
import sys
from gensim.models import KeyedVectors
from gensim.test.utils import datapath
held = KeyedVectors.load_word2vec_format(sys.argv[1])
print(held.evaluate_word_pairs(datapath("wordsim353.tsv"))[1].statistic)
print(held.evaluate_word_analogies(datapath("questions-words.txt"), restrict_vocab=30000)[0])
"""


class Ran(NamedTuple):
    """Seconds of a command: by the clock, and of CPU."""

    wall: float
    cpu: float


def ran(command: Sequence[str], more: Mapping[str, str]) -> Ran:
    """Run a command with nothing set but `more`."""
    free = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    began, process = time.perf_counter(), subprocess.Popen(command, env={**free, **more}, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command[:4])} … ended with {os.waitstatus_to_exitcode(status)}")
    return Ran(time.perf_counter() - began, used.ru_utime + used.ru_stime)


def judged(file: Path) -> list[float]:
    """ρ on WordSim-353, and the share of analogies solved, in %."""
    said = subprocess.run([sys.executable, "-c", JUDGE, str(file)], capture_output=True, text=True, check=True).stdout
    rho, share = map(float, said.split())
    return [rho, 100 * share]


def work() -> None:
    """What keeps a core busy."""
    while True:
        sum(range(100_000))


@contextmanager
def beside(busy: int) -> Iterator[None]:
    """So many processes that compute."""
    several = [multiprocessing.Process(target=work, daemon=True) for _ in range(busy)]
    for each in several:
        each.start()
    try:
        yield
    finally:
        for each in several:
            each.terminate()


def row(name: str, mine: Sequence[Ran], peer: Sequence[Ran], more: str) -> None:
    """A row of the table: medians of seconds, the median of ratios of wall times."""
    here, there = ([statistics.median(each) for each in zip(*side, strict=True)] for side in (mine, peer))
    found = [turns.Turn((own.wall, other.wall), 0.0) for own, other in zip(mine, peer, strict=True)]
    said = turns.verdict(found, 0.0)
    turns.tell(f"the command, {name}", "the peer's script", said, ASKED[name])
    print(
        f"| {name} | {here[0]:.1f} ({here[1]:.1f}) | {there[0]:.1f} ({there[1]:.1f}) | "
        f"{said} | {ASKED[name]} | {more} |",
        flush=True,
    )


def words(unroll: str, text: Path, forms: Sequence[str], rounds: int, folder: Path) -> None:
    for form in forms:
        model, loss = form.split("+")
        mine, peer, quality = list[Ran](), list[Ran](), list[list[float]]()
        for seed in range(1, rounds + 1):
            out, other = folder / "mine.txt", folder / "peer.txt"
            options = ["--model", model, "--loss", loss, "--seed", str(seed), "--out", str(out), "--quiet", "--force"]
            mine.append(ran([unroll, "train", "word2vec", str(text), *options], {}))
            script = [sys.executable, "-c", GENSIM, str(text), str(other), model, loss, str(seed)]
            peer.append(ran(script, {}))
            quality.append(judged(out) + judged(other))
        mean = [statistics.mean(each) for each in zip(*quality, strict=True)]
        row(form, mine, peer, f"ρ {mean[0]:.3f}, {mean[1]:.1f} %; peer ρ {mean[2]:.3f}, {mean[3]:.1f} %")


def letters(unroll: str, text: Path, rounds: int, folder: Path) -> None:
    for name, (H, B, T, updates) in LETTERS.items():
        mine, peer = list[Ran](), list[Ran]()
        sizes = ["--hidden", str(H), "--batch", str(B), "--window", str(T), "--updates", str(updates)]
        for seed in range(rounds):
            out = ["--seed", str(seed), "--out", str(folder / "mine.npz"), "--quiet", "--force"]
            mine.append(ran([unroll, "train", "charnn", str(text), *sizes, *out], {}))
            numbers = map(str, (H, B, T, updates, seed))
            script = [sys.executable, "-c", TORCH, str(text), str(folder / "peer.pt"), *numbers]
            peer.append(min((ran(script, more) for more in SETTINGS), key=lambda one: one.wall))
        row(name, mine, peer, f"{updates} updates")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", type=Path)
    parser.add_argument("--only", choices=["words", "letters"])
    parser.add_argument("--forms", nargs="+", default=["sg+ns", "cbow+ns", "sg+hs", "cbow+hs"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--busy", type=int, default=0)
    options = parser.parse_args()
    unroll = shutil.which("unroll") or sys.exit("install unroll first")
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, {options.busy} of them kept busy")
    print("| command | ours, s (CPU) | peer, s (CPU) | ratio (quartiles) | at least | learned |\n" + 6 * "|---" + "|")
    with tempfile.TemporaryDirectory() as name, beside(options.busy):
        if options.only != "letters":
            words(unroll, options.text, options.forms, options.rounds, Path(name))
        if options.only != "words":
            letters(unroll, options.text, options.rounds, Path(name))


if __name__ == "__main__":
    main()
