"""The lesson `windows`: pairs of a sentence, the noise, and the two directions of prediction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from engine.device import Array, Device, HostArray, rng
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path, Walk, drain, split
from engine.words import pair, windows
from engine.words.corpus import vocabulary
from engine.words.windows import Pair
from lessons.building.experiment import Experiment, counted, indexed
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.language.windows.stage import panels, says

GRAINS: Grains = {"act": 0, "i": 1, "phase": 1, "n": 2, "w": 2, "j": 2, "c": 2, "op": 3}
MOST = 80
"""Words of a sentence."""
DRAWS = 9
"""The section of the seed that draws the random numbers."""


class Read(NamedTuple):
    """A sentence: its words as written, their numbers, the vocabulary with counts, and the pairs of the window."""

    tokens: tuple[str, ...]
    codes: tuple[int, ...]
    words: tuple[str, ...]
    counts: tuple[int, ...]
    pairs: tuple[Pair, ...]
    centre: int

    @property
    def context(self) -> list[int]:
        """The numbers of the words around the chosen centre."""
        return [self.codes[p.other] for p in self.pairs if p.centre == self.centre]


def tokens_of(text: str) -> list[str]:
    """The words of a text; without any space, its characters: so that Chinese can be read too."""
    return text.split() if len(text.split()) > 1 else [char for char in text if not char.isspace()]


def read(knobs: Knobs, start: Start) -> Read:
    """The sentence of a start. Raises Refused where the centre is no word of it."""
    tokens = tokens_of(str(start.inputs["text"]))
    lowered = [token.lower() for token in tokens]
    words = tuple(dict.fromkeys(lowered))
    built = vocabulary.build(lowered)
    count = dict(zip(built.words, built.counts, strict=True))
    if int(knobs["centre"]) > len(tokens):
        raise Refused("centre", value=knobs["centre"], most=len(tokens))
    found = tuple(windows.pairs(len(tokens), int(knobs["window"])))
    codes = tuple(words.index(word) for word in lowered)
    counts = tuple(count[word] for word in words)
    return Read(tuple(tokens), codes, words, counts, found, int(knobs["centre"]) - 1)


def random_numbers(knobs: Knobs, start: Start) -> HostArray:
    """As many random numbers as negatives are drawn."""
    return np.round(rng(int(start.inputs["order_seed"]), DRAWS).random(int(knobs["negatives"])), 4)


def negatives(knobs: Knobs, start: Start) -> list[int]:
    """The words that were drawn and are no neighbours of the centre, nor itself."""
    seen = read(knobs, start)
    edges = np.cumsum(vocabulary.noise(seen.counts))
    drawn = [int((edges < r).sum()) for r in random_numbers(knobs, start)]
    barred = {*seen.context, seen.codes[seen.centre]}
    return [word for word in drawn if word not in barred]


def at_last(knobs: Knobs, start: Start) -> Path:
    return (("window", -1), ("i", len(tokens_of(str(start.inputs["text"])))))


def how_many(view: View) -> float:
    """Positive pairs of the whole sentence."""
    return float(len(read(view.knobs, view.start).pairs))


def at_chances(knobs: Knobs, start: Start) -> Path | None:
    """Where one word occurs more often than another."""
    counts = read(knobs, start).counts
    return (("noise", -1), ("P", -1), ("w", 0)) if max(counts) > min(counts) else None


def ratio(view: View) -> float:
    """How many times likelier the most frequent word is drawn than the rarest."""
    counts = read(view.knobs, view.start).counts
    return float((max(counts) / min(counts)) ** vocabulary.POWER)


def at_cbow(knobs: Knobs, start: Start) -> Path:
    return (("cbow", -1), ("scores", -1))


def updates(view: View) -> str:
    """Which form makes more updates from this window."""
    many = len(read(view.knobs, view.start).context)
    return "skipgram" if many > 1 else "same"


class Windows(Experiment):
    """See `contract.lesson.Lesson`. Rows of V and U are the words, in order of first appearance."""

    grains = GRAINS
    grain = "n"
    example = False
    asks = (
        Ask("pairs", at_last, "number", how_many, 0.0),
        Ask("ratio", at_chances, "number", ratio, 0.02),
        Ask("updates", at_cbow, "choice", updates),
    )
    explains = ("t", "P", "k", "h", "a", "q")
    rebuilds = frozenset({"text", "dim"})
    columns = frozenset({
        "pairs", "d", "t", "Z", "P", "edge", "edges", "k", "r", "i", "o", "count", "h", "v", "u", "a", "p", "q", "L",
        "in", "out",
    })  # fmt: skip

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        text = str(knobs["text"])
        tokens = tokens_of(text)
        if not 2 <= len(tokens) <= MOST:
            raise Refused("sentence", count=len(tokens), most=MOST)
        size, D, draw = len({token.lower() for token in tokens}), int(knobs["dim"]), rng(seed or 0)
        params = {name: np.round(draw.normal(0, 0.5, (size, D)), 2) for name in ("V", "U")}
        return Start(params, {"text": text, "order_seed": seed or 0})

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        size = len({token.lower() for token in tokens_of(str(inputs["text"]))})
        return {"V": (size, int(knobs["dim"])), "U": (size, int(knobs["dim"]))}

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        text, seed = given.get("text", knobs["text"]), given.get("order_seed", 0)
        if not isinstance(text, str) or not 2 <= len(tokens_of(text)) <= MOST:
            raise Refused("inputs_words", file=file)
        return {"text": text, "order_seed": seed if isinstance(seed, int) and seed >= 0 else 0}

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        rows = params.get("V")
        first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], list) else []
        return {**knobs, "text": inputs["text"], "dim": len(first) if 1 <= len(first) <= 8 else knobs["dim"]}

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        family, at = split(symbol)
        if family in ("in", "out") and at:
            return "V" if family == "in" else "U", (at[0], *index)
        return symbol, index

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        seen, xp, window = read(knobs, start), device.xp, int(knobs["window"])
        at: dict[str, Path] = {act: ((act, -1),) for act in self.card.acts}
        count = [device.put([[float(c)]]) for c in seen.counts]
        edges = device.put(np.cumsum(vocabulary.noise(seen.counts))[:, None])
        r = [device.put([[float(value)]]) for value in random_numbers(knobs, start)]
        places = [[device.put([[float(p[side] + 1)]]) for p in seen.pairs] for side in (0, 1)]
        rows = {
            name: [device.put(row[:, None]) for row in start.params[of]] for name, of in (("in", "V"), ("out", "U"))
        }
        plain = {"half": device.put([[0.5]]), "window": float(window), "edges": edges, "edge_init": 0 * edges[:1, :]}
        families = {
            "count": indexed(count), "r": counted(r), "i": counted(places[0]), "o": counted(places[1]),
            "in": indexed(rows["in"]), "out": indexed(rows["out"]),
        }  # fmt: skip
        words, centre, noise = seen.context, seen.codes[seen.centre], negatives(knobs, start)
        one, zero = device.put([[1.0]]), device.put([[0.0]])
        forms = {"skipgram": ([centre], [*words, *noise], len(words)), "cbow": (words, [centre, *noise], 1)}

        def pair_env(form: str) -> Env:
            inputs, targets, right = forms[form]
            labels = [one if j < right else zero for j in range(len(targets))]
            v, u = [rows["in"][word] for word in inputs], [rows["out"][word] for word in targets]
            return Env({**plain, "C": len(inputs)}, families | {"v": indexed(v), "u": indexed(u), "t": indexed(labels)})

        def predict(form: str) -> Walk[pair.Scored]:
            inputs, targets, right = forms[form]
            labels = [one if j < right else zero for j in range(len(targets))]
            v, out = [rows["in"][word] for word in inputs], [rows["out"][word] for word in targets]
            return pair.forward(xp, v, out, labels, at=at[form], phases=True)

        def length(form: str) -> int:
            inputs, targets, _ = forms[form]
            return (1 if len(inputs) == 1 else 2 + len(inputs)) + 1 + 4 * len(targets)

        begun = lambda: Env(plain, families)  # noqa: E731
        V = len(seen.words)
        return Reel(
            [
                Section(
                    at["window"],
                    lambda: windows.slide(device, len(seen.tokens), window, at["window"]),
                    begun,
                    1 + 3 * len(seen.pairs),
                ),
                Section(at["noise"], lambda: windows.noise(count, at["noise"]), begun, 1 + 3 * V),
                Section(at["draw"], lambda: windows.draw(device, edges, r, at["draw"]), begun, len(r)),
                *(
                    Section(at[form], lambda form=form: predict(form), lambda form=form: pair_env(form), length(form))  # type: ignore[misc]
                    for form in forms
                ),
            ],
            self.grains,
        )

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return {**pair.RULES, **windows.RULES}

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        """Skip-gram's loss at the chosen centre: its neighbours, and the noise that was drawn."""
        seen, xp = read(knobs, start), device.xp
        targets = [*seen.context, *negatives(knobs, start)]
        labels = [device.put([[float(j < len(seen.context))]]) for j in range(len(targets))]
        whole = {name: device.put(start.params[name]) for name in ("V", "U")}
        code = seen.codes[seen.centre]

        def parts(held: Mapping[str, Array]) -> tuple[Array, list[Array]]:
            return held["V"][code : code + 1, :].T, [held["U"][w : w + 1, :].T for w in targets]

        def L(**moved: Array) -> Array:
            v, u = parts({**whole, **moved})
            return xp.sum(drain(pair.scores(xp, v, u, labels)).L)

        v, u = parts(whole)
        du, dv = drain(pair.gradients(v, u, drain(pair.scores(xp, v, u, labels)).q, 1, True))
        rows = {name: [0 * whole[name][w : w + 1, :] for w in range(len(seen.words))] for name in whole}
        rows["V"][code] = dv[0].T
        for word, grad in zip(targets, du, strict=True):
            rows["U"][word] = rows["U"][word] + grad.T
        return Objective(whole, L, {name: xp.concat(each) for name, each in rows.items()})

    def panels(self, view: View, text: Text) -> Stage:
        return panels(
            view, text, self.rule(view.knobs), read(view.knobs, view.start), negatives(view.knobs, view.start)
        )

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return says(view, text, read(view.knobs, view.start))

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        seen, of = read(knobs, start), self.objective(device, knobs, start)
        V, U, codes = start.params["V"], start.params["U"], seen.codes
        return {
            "loss": float(device.get(of.loss())),
            "grad": {name: device.get(grad) for name, grad in of.gradient.items()},
            "words": list(seen.words),
            "counts": list(seen.counts),
            "noise": vocabulary.noise(seen.counts),
            "pairs": [[seen.tokens[p.centre], seen.tokens[p.other]] for p in seen.pairs],
            "scores": [float(U[codes[p.other]] @ V[codes[p.centre]]) for p in seen.pairs],
            "drawn": [seen.words[w] for w in negatives(knobs, start)],
        }
