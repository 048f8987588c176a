"""word2vec: four forms against gensim, alternated in one run; ratios of medians. Speed, and what is learned.

    python benchmarks/word2vec.py [FILE] [--rounds 5] [--epochs 5] [--only speed|threads|command|neighbours|quality]

Speed: words/s left by sub-sampling, dim 100, window 5, 5 negatives, sample 1e-3, one thread against one worker, both
from words in memory ("long": 1,000 a line, "short": 13 a line); then two threads against two workers, and the whole
command against a script. Beside the ratio of medians stands that of the fastest rounds: what others take away on a
shared machine, they take from products of matrices most. FILE is any English text; without one, the documentation of
Python's standard library is read.
Quality: the small world, mean of five seeds, share of the five nearest in the right class, and of analogies solved.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--only", choices=["speed", "threads", "command", "neighbours", "quality"])
    return parser.parse_args()


ARGS = options()
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402 - the number of threads must be set first

from engine.device import HOST  # noqa: E402
from engine.word2vec import training, vectors, vocabulary  # noqa: E402
from engine.word2vec.chunk import END  # noqa: E402
from lessons.world import world  # noqa: E402

try:
    from gensim.models import KeyedVectors, Word2Vec
except ImportError:
    sys.exit("this benchmark needs gensim: pip install -e '.[peers]'")

FORMS = [(model, loss) for model in ("sg", "cbow") for loss in ("ns", "hs")]
Sentences = list[list[str]]
TABLES = 20
"""Tables of neighbours in a round."""


def words() -> list[str]:
    """The words of FILE, or of the standard library's documentation."""
    if ARGS.file:
        return ARGS.file.read_text(encoding="utf-8", errors="replace").lower().split()
    found: list[str] = []
    for path in sorted(Path(os.__file__).parent.glob("*.py")):
        found += path.read_text(encoding="utf-8", errors="replace").lower().split()
    return found


def cut(every: list[str], size: int) -> Sentences:
    return [every[i : i + size] for i in range(0, len(every), size)]


def encoded(said: Sentences, min_count: int) -> tuple[vocabulary.Vocabulary, np.ndarray]:
    """Strings to codes: in the time measured, as gensim looks its words up too."""
    known = vocabulary.build((word for sentence in said for word in sentence), min_count)
    return known, codes(said, known)


def codes(said: Sentences, known: vocabulary.Vocabulary) -> np.ndarray:
    of = {**known.codes(), "\n": END}
    found = np.fromiter(map(of.get, chain.from_iterable((*line, "\n") for line in said), repeat(-2)), dtype=np.int32)
    return found[found != -2]


def ours(said: Sentences, known: vocabulary.Vocabulary, model: str, loss: str, threads: int) -> float:
    """Words a second, strings looked up once for each epoch as gensim does."""
    school = training.School(HOST, training.Settings(model, loss, epochs=ARGS.epochs), known)
    learned, tokens = school.start(), 0
    began = time.perf_counter()
    for _ in range(ARGS.epochs):
        text = codes(said, known)
    for seen in training.learn(school, text, learned, threads=threads):
        tokens = seen.tokens
    return tokens / (time.perf_counter() - began)


def theirs(said: Sentences, model: str, loss: str, workers: int) -> float:
    made = Word2Vec(
        vector_size=100, window=5, min_count=5, sg=model == "sg", hs=loss == "hs", negative=0 if loss == "hs" else 5,
        sample=1e-3, workers=workers,
    )  # fmt: skip
    made.build_vocab(said)
    began = time.perf_counter()
    tokens, _ = made.train(said, total_examples=len(said), epochs=ARGS.epochs)
    return tokens / (time.perf_counter() - began)


def against(name: str, one: Callable[[], float], other: Callable[[], float], asked: str, unit: str = "words/s") -> None:
    """Both, in turn; medians, their ratio with the least and greatest ratio of a round, and that of the fastest."""
    pairs = [(one(), other()) for _ in range(ARGS.rounds)]
    a, b = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratios = sorted(x / y for x, y in pairs)
    best = max(x for x, _ in pairs) / max(y for _, y in pairs)
    ratio = f"{a / b:.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f}; fastest {best:.2f})"
    print(f"| {name} | {a:,.0f} | {b:,.0f} {unit} | {ratio} | {asked} |", flush=True)


def speed() -> None:
    every = words()
    asked = {("sg", "ns"): "4 (3.2); short 2", ("cbow", "ns"): "1.5 (1.0)"}
    for name, size in (("long", 1000), ("short", 13)):
        said = cut(every, size)
        known = vocabulary.build(every, 5)
        for model, loss in FORMS:
            against(
                f"{model}+{loss}, {name}, V = {len(known.words):,}",
                lambda m=model, o=loss, s=said, k=known: ours(s, k, m, o, 1),
                lambda m=model, o=loss, s=said: theirs(s, m, o, 1),
                asked.get((model, loss), "1.0 (0.7)"),
            )


def threads() -> None:
    """Two of ours, each in a process, against two of gensim's workers."""
    every = words()
    said, known = cut(every, 1000), vocabulary.build(every, 5)
    against(
        "sg+ns, long, two threads, two workers",
        lambda: ours(said, known, "sg", "ns", 2),
        lambda: theirs(said, "sg", "ns", 2),
        "2.5 (2.0)",
    )


def command() -> None:
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
            began = time.perf_counter()
            subprocess.run([sys.executable, *command], check=True, stderr=subprocess.DEVNULL)
            return 1000 / (time.perf_counter() - began)

        mine = ["-m", "tui.cli", "train", "word2vec", str(text), "--tokens", "spaces", "--out", str(out)]
        against(
            "the whole command", lambda: run(*mine), lambda: run("-c", script, str(text), str(out)), "2", "runs/1000 s"
        )


def neighbours() -> None:
    """Ten words, ten nearest each, of vectors that have just changed."""
    for size in (10_000, 71_000):
        table = np.random.default_rng(0).normal(size=(size, 100)).astype(np.float32)
        held = KeyedVectors(100)
        held.add_vectors([str(n) for n in range(size)], table)

        def mine(table: np.ndarray = table) -> float:
            began = time.perf_counter()
            for _ in range(TABLES):
                table[0] += 1e-3
                vectors.neighbours(table, range(10, 20), 10)
            return TABLES / (time.perf_counter() - began)

        def gensim(held: KeyedVectors = held) -> float:
            began = time.perf_counter()
            for _ in range(TABLES):
                held.vectors[0] += 1e-3
                held.norms = None
                held.fill_norms(force=True)
                for word in range(10, 20):
                    held.similar_by_key(str(word), 10)
            return TABLES / (time.perf_counter() - began)

        against(f"neighbours, V = {size:,}", mine, gensim, "2.5", "tables/s")


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
        school = training.School(HOST, settings, known)
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


for part in (speed, threads, command, neighbours, quality):
    if ARGS.only in (None, part.__name__):
        print(f"\n{part.__name__}")
        part()
