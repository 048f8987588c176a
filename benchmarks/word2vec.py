"""word2vec: four forms against gensim, alternated in one run; medians of ratios. Speed, and what is learned.

    python benchmarks/word2vec.py [FILE] [--rounds 20] [--epochs 5] [--only speed|threads|command|neighbours|quality]
                                   [--forms sg+ns sg+hs cbow+ns cbow+hs]

Speed: words/s left by sub-sampling, dim 100, window 5, 5 negatives, sample 1e-3, one thread against one worker, both
from words in memory ("long": 1,000 a line, "short": 13 a line), in turn, an epoch each. We look strings up once in a
run of five epochs, as `unroll train` does, so a fifth of that time counts; gensim does so in every epoch. Then two
threads against two workers for some epochs, and the whole command against a script. See `turns.py` for how the ratio is
taken.
FILE is any English text; without one, the sources of Python's standard library are read.
Quality: the small world, mean of five seeds, share of the five nearest in the right class, and of analogies solved.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, count, repeat
from pathlib import Path
from typing import NamedTuple

from engine.threads import hold_to_one_thread


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--forms", nargs="+", default=["sg+ns", "sg+hs", "cbow+ns", "cbow+hs"])
    parser.add_argument("--only", choices=["speed", "threads", "command", "neighbours", "quality"])
    return parser.parse_args()


ARGS = options()
hold_to_one_thread()

import numpy as np  # noqa: E402 - the number of threads must be set first
import turns  # noqa: E402

from engine.device import HOST  # noqa: E402
from engine.words import vectors  # noqa: E402
from engine.words.corpus import vocabulary  # noqa: E402
from engine.words.kernel.chunk import END  # noqa: E402
from engine.words.run import training  # noqa: E402
from lessons.data.world import world  # noqa: E402

try:
    from gensim.models import KeyedVectors, Word2Vec
except ImportError:
    sys.exit("this benchmark needs gensim: pip install -e '.[peers]'")

FORMS = [(model, loss) for model, loss in (form.split("+") for form in ARGS.forms)]
Sentences = list[list[str]]
TABLES = 5
"""Tables of neighbours in a turn."""


def words() -> list[str]:
    """The words of FILE, or of the standard library's sources."""
    if ARGS.file:
        return ARGS.file.read_text(encoding="utf-8", errors="replace").lower().split()
    found: list[str] = []
    for path in sorted(Path(os.__file__).parent.glob("*.py")):
        found += path.read_text(encoding="utf-8", errors="replace").lower().split()
    return found


def cut(every: list[str], size: int) -> Sentences:
    return [every[i : i + size] for i in range(0, len(every), size)]


def encoded(said: Sentences, min_count: int) -> tuple[vocabulary.Vocabulary, np.ndarray]:
    """The words that occur so often, and the text in their codes."""
    known = vocabulary.build((word for sentence in said for word in sentence), min_count)
    return known, codes(said, known)


def codes(said: Sentences, known: vocabulary.Vocabulary) -> np.ndarray:
    of = {**known.codes(), "\n": END}
    found = np.fromiter(map(of.get, chain.from_iterable((*line, "\n") for line in said), repeat(-2)), dtype=np.int32)
    return found[found != -2]


def ours(said: Sentences, known: vocabulary.Vocabulary, model: str, loss: str) -> Callable[[], float]:
    """Seconds a word of one epoch after the other, as `training.learn` does them; strings are looked up once a run."""
    text = codes(said, known)
    school = training.WordRun(HOST, training.Settings(model, loss, epochs=ARGS.rounds + 1), known)
    kernel, learned, whole, epochs = school.kernel(), school.start(), training.chunks(text), count()

    def epoch() -> float:
        looking = turns.seconds(lambda: codes(said, known), 1)
        began, first = time.perf_counter(), next(epochs) * whole
        tokens = sum(school.cross(kernel, text, learned, n) for n in range(first, first + whole))
        return (time.perf_counter() - began + looking / ARGS.epochs) / tokens

    return epoch


def theirs(said: Sentences, model: str, loss: str, workers: int = 1, epochs: int = 1) -> Callable[[], float]:
    """gensim on the same sentences, for some epochs."""
    made = Word2Vec(
        vector_size=100, window=5, min_count=5, sg=model == "sg", hs=loss == "hs", negative=0 if loss == "hs" else 5,
        sample=1e-3, workers=workers,
    )  # fmt: skip
    made.build_vocab(said)

    def train() -> float:
        began = time.perf_counter()
        tokens, _ = made.train(said, total_examples=len(said), epochs=epochs)
        return (time.perf_counter() - began) / tokens

    return train


class Row(NamedTuple):
    """One line of the table: what was measured against what, and what was asked."""

    name: str
    turns: list[turns.Turn]
    asked: str
    unit: str = "words/s"
    long: bool = False
    """Whether a turn takes seconds."""


def speed() -> Iterator[Row]:
    """All forms, an epoch at a time."""
    every = words()
    asked = {("sg", "ns"): "4 (3.2); short 2", ("cbow", "ns"): "1.5 (1.0)"}
    known = vocabulary.build(every, 5)
    for name, size in (("long", 1000), ("short", 13)):
        said = cut(every, size)
        for model, loss in FORMS:
            sides = ours(said, known, model, loss), theirs(said, model, loss)
            for side in sides:
                side()
            target = asked.get((model, loss), "1.0 (0.7)")
            yield Row(f"{model}+{loss}, {name}, V = {len(known.words):,}", turns.take([sides] * ARGS.rounds), target)


def threads() -> Iterator[Row]:
    """Two of ours, each in a process, against two of gensim's workers: some epochs of the whole text."""
    every = words()
    said, known = cut(every, 1000), vocabulary.build(every, 5)

    def mine() -> float:
        school = training.WordRun(HOST, training.Settings("sg", "ns", epochs=ARGS.epochs), known)
        learned, tokens = school.start(), 0
        began = time.perf_counter()
        text = codes(said, known)
        for seen in training.learn(school, text, learned, threads=2):
            tokens = seen.tokens
        return (time.perf_counter() - began) / tokens

    sides = mine, theirs(said, "sg", "ns", 2, ARGS.epochs)
    yield Row("sg+ns, long, two threads, two workers", turns.take([sides] * ARGS.rounds), "2.5 (2.0)", long=True)


def command() -> Iterator[Row]:
    """The whole of it, from a file to a file: start, read, train, write."""
    script = (
        "import sys; from gensim.models import Word2Vec; from gensim.models.word2vec import LineSentence;"
        "m = Word2Vec(LineSentence(sys.argv[1]), vector_size=100, sg=1, workers=1, epochs=5);"
        "m.wv.save_word2vec_format(sys.argv[2])"
    )
    with tempfile.TemporaryDirectory() as folder:
        text, out = Path(folder) / "text", Path(folder) / "out"
        text.write_text("\n".join(" ".join(sentence) for sentence in cut(words(), 1000)), encoding="utf-8")

        def run(*command: str) -> float:
            def once() -> object:
                return subprocess.run([sys.executable, *command], check=True, stderr=subprocess.DEVNULL)

            return turns.seconds(once, 1) / 1000

        mine = ["-m", "tui.cli", "train", "word2vec", str(text), "--tokens", "spaces", "--out", str(out)]
        piece = partial(run, *mine), partial(run, "-c", script, str(text), str(out))
        yield Row("the whole command", turns.take([piece] * ARGS.rounds), "2", "runs/1000 s", long=True)


def neighbours() -> Iterator[Row]:
    """Ten words, ten nearest each, of vectors that have just changed."""
    for size in (10_000, 71_000):
        table = np.random.default_rng(0).normal(size=(size, 100)).astype(np.float32)
        held = KeyedVectors(100)
        held.add_vectors([str(n) for n in range(size)], table)

        def mine(table: np.ndarray = table) -> None:
            table[0] += 1e-3
            vectors.neighbours(table, range(10, 20), 10)

        def gensim(held: KeyedVectors = held) -> None:
            held.vectors[0] += 1e-3
            held.norms = None
            held.fill_norms(force=True)
            for word in range(10, 20):
                held.similar_by_key(str(word), 10)

        piece = partial(turns.seconds, mine, TABLES), partial(turns.seconds, gensim, TABLES)
        yield Row(f"neighbours, V = {size:,}", turns.take([piece] * 10 * ARGS.rounds), "2.5", "tables/s")


def seeds(language: str, model: str, loss: str) -> Iterator[tuple[list[float], list[float]]]:
    """(class and analogies of ours, of gensim's), for five seeds."""
    small = world(language)
    said = list(small.sentences(10_000))
    known, text = encoded(said, 1)

    def judged(names: list[str], table: np.ndarray) -> list[float]:
        at = {word: n for n, word in enumerate(names)}
        classes = {at[word]: kind for word, kind in small.classes().items()}
        solved = [
            vectors.solved(table, [tuple(at[w] for w in question) for question in some])
            for some in small.analogies().values()
        ]
        return [vectors.purity(table, classes), sum(solved) / len(solved)]

    for seed in range(5):
        settings = training.Settings(model, loss, dim=64, window=3, epochs=15, alpha=0.02, seed=seed)
        school = training.WordRun(HOST, settings, known)
        learned = school.start()
        for _ in training.learn(school, text, learned):
            pass
        made = Word2Vec(
            said, vector_size=64, window=3, min_count=1, sg=model == "sg", hs=loss == "hs", workers=1, seed=seed,
            negative=0 if loss == "hs" else 5, epochs=15, alpha=0.02,
        )  # fmt: skip
        yield judged(list(known.words), learned.table[:-1, 0]), judged(made.wv.index_to_key, made.wv.vectors)


def quality() -> None:
    for language in ("en", "zh"):
        for model, loss in FORMS:
            mine, other = (np.mean(side, axis=0) for side in zip(*seeds(language, model, loss), strict=True))
            print(
                f"| {language}, {model}+{loss} | {mine[0]:.3f} | {other[0]:.3f} | {mine[1]:.3f} | {other[1]:.3f} |",
                flush=True,
            )


def main() -> None:
    parts = [part for part in (speed, threads, command, neighbours) if ARGS.only in (None, part.__name__)]
    rows = [row for part in parts for row in part()]
    best = min((turn.pace for row in rows for turn in row.turns), default=0.0)
    for row in rows:
        said = turns.verdict(row.turns, 0.0 if row.long else best)
        turns.tell(f"word2vec, {row.name}, a {row.unit.partition('s/')[0]}", "gensim", said, row.asked)
        print(f"| {row.name} | {1 / said.mine:,.0f} | {1 / said.other:,.0f} {row.unit} | {said} | {row.asked} |")
    if ARGS.only in (None, "quality"):
        print("\nquality", flush=True)
        quality()


if __name__ == "__main__":
    main()
