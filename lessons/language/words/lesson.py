"""The lesson `words`: the same words as one-hot vectors, by their company, and dense; and what each costs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from engine.device import HOST, Array, Device, HostArray, rng
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path, drain, split
from engine.words import meaning, vectors
from engine.words.corpus import reading as corpus
from lessons.building.experiment import Experiment
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.language.words.stage import panels, says

GRAINS: Grains = {"act": 0, "phase": 1, "w": 2, "n": 2, "i": 3, "a": 3, "b": 4, "o": 4, "op": 5}
SIZES = (10, 100, 1000, 10_000, 100_000, 1_000_000)
"""The vocabularies of the last act."""
ENDS = re.compile(r"[/.!?。！？；;\n]+")
MOST = 60
"""Different words of a text at most."""


class Seen(NamedTuple):
    """A text: its words in order of first appearance, the chosen ones, and who stands beside each of those."""

    words: tuple[str, ...]
    chosen: tuple[int, ...]
    beside: dict[int, list[int]]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The pairs that are compared: all of the chosen words, the first with each of the others first."""
        return list(combinations(self.chosen, 2))


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence, in lower case; Chinese character by character where there are no spaces."""
    cut = (corpus.words(part.lower(), corpus.WORD, False, None) for part in ENDS.split(text))
    return [words for words in cut if words]


def read(text: str, chosen: str, window: int) -> Seen:
    """What a text says of some of its words. Raises Refused."""
    said = sentences(text)
    words = tuple(dict.fromkeys(word for sentence in said for word in sentence))
    if len(words) < 3:
        raise Refused("few_different", knob="text", least=3)
    if len(words) > MOST:
        raise Refused("words_many", count=len(words), most=MOST)
    wanted = list(dict.fromkeys(part for part in re.split(r"[\s,，、]+", chosen.lower()) if part))
    for word in wanted:
        if word not in words:
            near = ", ".join(get_close_matches(word, words, 3, 0.6)) or ", ".join(words[:5])
            raise Refused("chosen_missing", word=word, near=near)
    if not 2 <= len(wanted) <= 5:
        raise Refused("chosen_count", count=len(wanted))
    codes = [words.index(word) for word in wanted]
    beside: dict[int, list[int]] = {code: [] for code in codes}
    for sentence in said:
        at = [words.index(word) for word in sentence]
        for i, code in enumerate(at):
            if code in beside:
                near_ = at[max(0, i - window) : i] + at[i + 1 : i + 1 + window]
                beside[code] += near_
    lonely = next((words[code] for code, others in beside.items() if not others), None)
    if lonely is not None:
        raise Refused("lonely", word=lonely)
    return Seen(words, tuple(codes), beside)


def of(knobs: Knobs, start: Start) -> Seen:
    """The text of a start, with the words and window of the knobs."""
    return read(str(start.inputs["text"]), str(knobs["words"]), int(knobs["window"]))


def counted(text: str, window: int) -> HostArray:
    """(V, V): how often each word of a text stands beside each other."""
    said = sentences(text)
    words = list(dict.fromkeys(word for sentence in said for word in sentence))
    seen = np.zeros((len(words), len(words)))
    for sentence in said:
        at = [words.index(word) for word in sentence]
        for i, one in enumerate(at):
            for other in at[max(0, i - window) : i] + at[i + 1 : i + 1 + window]:
                seen[one, other] += 1
    return seen


def ppmi(counts: HostArray) -> HostArray:
    """(V, V): how much more often two words stand side by side than chance would have it, ln, and 0 where not more."""
    share = counts / counts.sum()
    with np.errstate(divide="ignore"):
        found: HostArray = np.maximum(np.log(share / (share.sum(axis=0) * share.sum(axis=1, keepdims=True))), 0)
    return found


def principal(rows: HostArray, dim: int) -> HostArray:
    """(D, V): the rows of V words along their `dim` principal directions, a column a word.

    A direction's sign makes its largest part positive.
    """
    _, _, axes = np.linalg.svd(rows, full_matrices=False)
    axes = axes[:dim]
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])
    found = np.zeros((dim, len(rows)))
    found[: len(axes)] = (axes * signs[:, None]) @ rows.T
    return found


def at_second(knobs: Knobs, start: Start) -> Path | None:
    """Only where there is another pair to compare with."""
    return (("onehot", -1), ("n", 1)) if len(of(knobs, start).pairs) > 1 else None


def apart(view: View) -> str:
    """Whether the second pair is as far apart as the first."""
    first, second = (float(view.get(f"dist_x[{n}]")[0]) for n in (0, 1))  # type: ignore[index]
    return "same" if first == second else "nearer" if second < first else "further"


def at_likeness(knobs: Knobs, start: Start) -> Path | None:
    return (("company", -1), ("n", 0)) if len(of(knobs, start).pairs) > 1 else None


def likest(view: View) -> str:
    """Whether the first chosen word has more company in common with the second or with the third."""
    seen = of(view.knobs, view.start)
    a, b, c = seen.chosen[:3]
    rows = [np.bincount(seen.beside[w], minlength=len(seen.words)) for w in (a, b, c)]
    near = [float(rows[0] @ row) / float(np.sqrt((rows[0] @ rows[0]) * (row @ row))) for row in rows[1:]]
    return "second" if near[0] > near[1] else "third" if near[1] > near[0] else "equal"


def at_large(knobs: Knobs, start: Start) -> Path:
    return (("size", -1), ("i", 4))


def saved(view: View) -> float:
    """How many times fewer numbers dense vectors take there."""
    sparse, dense = (float(view.get(f"{name}[4]")[0]) for name in ("sparse", "dense"))  # type: ignore[index]
    return sparse / dense


class Words(Experiment):
    """See `contract.lesson.Lesson`. Column w of W is the dense vector of word w."""

    grains = GRAINS
    grain = "n"
    asks = (
        Ask("apart", at_second, "choice", apart),
        Ask("likest", at_likeness, "choice", likest),
        Ask("saved", at_large, "number", saved, tolerance=0.1),
    )
    explains = ("cos_v", "cos_c", "cos_x", "dist_x", "turn", "v", "c", "dense", "sparse")
    rebuilds = frozenset({"text", "dim", "window"})
    columns = frozenset({"x", "c", "v", "turn", "size", "ones", "sparse", "dense"}) | {
        f"{name}_{of}" for name in ("dist", "cos") for of in "xcv"
    }

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        text, dim, window = str(knobs["text"]), int(knobs["dim"]), int(knobs["window"])
        seen = read(text, str(knobs["words"]), window)
        if seed is not None:
            return Start({"W": rng(seed).normal(0, 1, (dim, len(seen.words)))}, {"text": text})
        W = principal(ppmi(counted(text, window)), dim)
        flat = next((seen.words[w] for w in seen.chosen if not np.abs(W[:, w]).max() > 1e-9), None)
        if flat is not None:
            raise Refused("flat", word=flat, dim=dim)
        return Start({"W": W}, {"text": text})

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        seen = read(str(inputs["text"]), str(knobs["words"]), int(knobs["window"]))
        return {"W": (int(knobs["dim"]), len(seen.words))}

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        text = given.get("text", knobs["text"])
        if not isinstance(text, str) or not 3 <= len(text) <= 1000:
            raise Refused("inputs_sentences", file=file)
        return {"text": text}

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        rows = params.get("W")
        dim = len(rows) if isinstance(rows, list) and 2 <= len(rows) <= 6 else knobs["dim"]
        return {**knobs, "dim": dim, "text": inputs["text"]}

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        family, at = split(symbol)
        return ("W", (*index, at[0])) if family == "v" and at else (symbol, index)

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        xp, seen = device.xp, of(knobs, start)
        V, pairs = len(seen.words), seen.pairs
        eye = np.eye(V)
        x = [device.put(eye[:, w : w + 1]) for w in range(V)]
        W = device.put(start.params["W"])
        one_hot = {w: x[w] for w in seen.chosen}
        size = [device.put([[float(n)]]) for n in SIZES]
        wide = device.put([[float(knobs["wide"])]])
        plain = {"W": W, "wide": wide}
        families = {
            "x": lambda w: x[w] if 0 <= w < V else None,
            "size": lambda i: size[i] if 0 <= i < len(size) else None,
        }
        at: dict[str, Path] = {act: ((act, -1),) for act in self.card.acts}

        def begun() -> Env:
            return Env(plain, families)

        def compared(of: str, held: dict[int, Array]) -> dict[str, Any]:
            steps = meaning.compare(xp, of, held, pairs)
            return {name: value for step in steps for name, value in step.values.items()}

        def before() -> Env:
            """What the dense act begins with: what the other two have made of the same pairs."""
            c = drain(meaning.company(x, seen.beside))
            return Env({**plain, **compared("x", one_hot), **compared("c", c)}, families)

        count = 2 * len(pairs)
        met = sum(1 + len(others) for others in seen.beside.values())
        return Reel(
            [
                Section(at["onehot"], lambda: meaning.compare(xp, "x", one_hot, pairs, at["onehot"]), begun, count),
                Section(
                    at["company"],
                    lambda: meaning.by_company(xp, x, seen.beside, pairs, at["company"]),
                    lambda: Env({**plain, **compared("x", one_hot)}, families),
                    met + count,
                ),
                Section(
                    at["dense"],
                    lambda: meaning.by_dense(xp, W, x, seen.chosen, pairs, at["dense"]),
                    before,
                    len(seen.chosen) + count + 3,
                ),
                Section(at["size"], lambda: meaning.sizes(size, wide, at["size"]), begun, 3 * len(size)),
            ],
            self.grains,
        )

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return meaning.RULES

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        """The cosine of the first pair, as a function of W."""
        seen, xp = of(knobs, start), device.xp
        (a, b), eye = seen.pairs[0], np.eye(len(seen.words))
        x = [device.put(eye[:, w : w + 1]) for w in range(len(seen.words))]
        W = device.put(start.params["W"])

        def cos(W: Array = W) -> Array:
            return xp.sum(meaning.cosine(xp, W @ x[a], W @ x[b]))

        v = drain(meaning.look_up(W, x, (a, b)))
        grad = drain(meaning.turn(xp, x, v, meaning.cosine(xp, v[a], v[b]), (a, b)))
        return Objective({"W": W}, cos, {"W": grad})

    def editable(self, symbol: str) -> bool:
        return self.home(symbol, ())[0] == "W"

    def panels(self, view: View, text: Text) -> Stage:
        return panels(view, text, self.rule(view.knobs), of(view.knobs, view.start), SIZES)

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return says(view, text, of(view.knobs, view.start))

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        seen, objective = of(knobs, start), self.objective(device, knobs, start)
        V, W = len(seen.words), start.params["W"]
        eye = np.eye(V)
        ways = {
            "one_hot": {w: eye[:, w : w + 1] for w in seen.chosen},
            "company": {w: np.bincount(seen.beside[w], minlength=V)[:, None].astype(float) for w in seen.chosen},
            "dense": {w: W[:, w : w + 1] for w in seen.chosen},
        }
        return {
            "loss": float(device.get(objective.loss())),
            "grad": {"W": device.get(objective.gradient["W"])},
            "words": list(seen.words),
            "pairs": [[seen.words[a], seen.words[b]] for a, b in seen.pairs],
            **{
                name: [
                    {
                        "distance": float(np.linalg.norm(held[a] - held[b])),
                        "cosine": float(meaning.cosine(HOST.xp, held[a], held[b])[0, 0]),
                    }
                    for a, b in seen.pairs
                ]
                for name, held in ways.items()
            },
            "mean_cosine": vectors.mean_cosine(W.T),
            "numbers": [{"words": V, "one_hot": V * V, "dense": V * int(knobs["wide"])} for V in SIZES],
        }
