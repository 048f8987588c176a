"""The lesson `negative-sampling`: a pair, its negatives and one step; and the whole of a text, in expectation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.device import HOST, Array, Device, HostArray, rng
from engine.maths.activations import sigmoid
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path, Walk, drain, split
from engine.words import limit, pair
from engine.words.limit import Met
from lessons.building.experiment import Experiment, indexed
from lessons.contract.knobs import Refused, Value
from lessons.contract.lesson import Ask
from lessons.contract.panels import Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, Start, View
from lessons.language.negative_sampling.stage import panels, says

GRAINS: Grains = {"act": 0, "phase": 1, "n": 1, "j": 2, "c": 2, "op": 3}
UPDATES = 400
"""Updates of the last act."""
RATE = 3.0
"""Their rate is RATE / (1 + k): short enough for any text that fits."""

# The pair whose numbers are worked out by hand: one word that was met, two that were drawn.
V = [0.1, 0.2, -0.1]
U = [[0.3, -0.1, 0.2], [-0.2, 0.1, 0.4], [0.05, 0.3, -0.3]]


def words_of(text: str) -> tuple[list[str], list[int]]:
    """The words of a text in order of first appearance, lower-cased; and the text in their numbers."""
    tokens = text.lower().split()
    words = list(dict.fromkeys(tokens))
    return words, [words.index(token) for token in tokens]


def counted(start: Start, knobs: Knobs) -> tuple[list[str], HostArray, HostArray]:
    """(words, N, M) of the text."""
    words, codes = words_of(str(start.inputs["text"]))
    N, M = limit.meetings(codes, len(words), int(knobs["window"]), int(knobs["negatives"]))
    return words, N, M


def at_error(knobs: Knobs, start: Start) -> Path:
    return (("scores", -1), ("j", 0))


def sign(view: View) -> str:
    """The sign of q of the word that was met."""
    q = view.get("q[0]")
    assert q is not None
    return "minus" if float(q[0]) < 0 else "plus"


def at_gradient(knobs: Knobs, start: Start) -> Path:
    return (("gradient", -1), ("j", 0))


def moves_most(view: View) -> str:
    """Which target has the largest error: all move along the same v."""
    h, u, t = parts(HOST, view.start)
    errors = [abs(float(q[0, 0])) for q in drain(pair.scores(HOST.xp, h, u, t)).q]
    return "met" if max(errors) == errors[0] else "drawn"


def at_limit(knobs: Knobs, start: Start) -> Path:
    return (("limit", -1), ("n", 1))


def ends(view: View) -> str:
    """Whether u·v comes within a tenth of PMI − ln k, for the pairs that met."""
    _, N, M = counted(view.start, view.knobs)
    X = states(HOST, view.knobs, view.start)[-1]
    with np.errstate(divide="ignore"):
        gap = np.abs(X[0] @ X[1].T - np.log(N / M))[N > 0].max()
    return "yes" if gap < 0.1 else "no"


def parts(device: Device, start: Start) -> tuple[Array, list[Array], list[Array]]:
    """v, the targets and what they should be, on the device, as columns."""
    rows = start.params["U"]
    u = [device.put(row[:, None]) for row in rows]
    return device.put(start.params["v"][:, None]), u, [device.put([[float(j == 0)]]) for j in range(len(rows))]


def states(device: Device, knobs: Knobs, start: Start) -> list[tuple[Array, Array]]:
    """(U, V) of the last act before each of its updates, and after the last: as many dimensions as words."""
    words, N, M = counted(start, knobs)
    draw, size = rng(0, 4), len(words)
    U, V = (device.put(draw.normal(0, 0.5, (size, size))) for _ in range(2))
    met = Met(device.put(N), device.put(M), float(N.sum()))
    return limit.descended(device.xp, U, V, met, RATE / (1 + int(knobs["negatives"])), UPDATES)


class NegativeSampling(Experiment):
    """See `contract.lesson.Lesson`. Row 0 of U is the word that was met, the others were drawn."""

    grains = GRAINS
    grain = "j"
    asks = (
        Ask("sign", at_error, "choice", sign),
        Ask("most", at_gradient, "choice", moves_most),
        Ask("ends", at_limit, "choice", ends),
    )
    explains = ("q", "du", "dh", "a", "u")
    draws = frozenset({"negatives", "dim"})
    rebuilds = draws | {"text"}
    columns = frozenset({"v", "u", "h", "a", "p", "q", "L", "dh", "du", "dv", "t"})

    def start(self, knobs: Knobs, seed: int | None) -> Start:
        K, D = int(knobs["negatives"]), int(knobs["dim"])
        text = str(knobs["text"])
        if len(words_of(text)[1]) < 2:
            raise Refused("few_words", knob="text")
        if seed is None:
            return Start({"v": np.array(V), "U": np.array(U)}, {"text": text})
        draw = rng(seed)
        return Start({"v": draw.normal(0, 0.5, D), "U": draw.normal(0, 0.5, (K + 1, D))}, {"text": text})

    def shapes(self, knobs: Knobs, inputs: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
        K, D = int(knobs["negatives"]), int(knobs["dim"])
        return {"v": (D,), "U": (K + 1, D)}

    def inputs(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> Mapping[str, Any]:
        text = given.get("text", knobs["text"])
        if not isinstance(text, str) or not 3 <= len(text) <= 300 or len(words_of(text)[1]) < 2:
            raise Refused("inputs_words", file=file)
        return {"text": text}

    def sized(self, file: str, params: Mapping[str, Any], inputs: Mapping[str, Any], knobs: Knobs) -> dict[str, Value]:
        rows, v = params.get("U"), params.get("v")
        K = len(rows) - 1 if isinstance(rows, list) and 2 <= len(rows) <= 9 else knobs["negatives"]
        D = len(v) if isinstance(v, list) and 1 <= len(v) <= 8 else knobs["dim"]
        return {**knobs, "negatives": K, "dim": D, "text": inputs["text"]}

    def home(self, symbol: str, index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        family, at = split(symbol)
        if family == "u" and at:
            return "U", (at[0], *index)
        return ("v", index) if symbol in ("v[0]", "h") else (symbol, index)

    def reel(self, device: Device, knobs: Knobs, start: Start) -> Reel:
        xp, rate = device.xp, float(knobs["rate"])
        v, u, t = parts(device, start)
        h = drain(pair.hidden([v]))
        found = drain(pair.scores(xp, h, u, t))
        du, dv = drain(pair.gradients(h, u, found.q, 1, True))
        families = {"u": indexed(u), "t": indexed(t), "v": indexed([v])}

        def env(*made: str, **more: Any) -> Env:
            a = [each.T @ h for each in u]
            known = {"q": found.q, "du": du, "dv": dv, "a": a, "p": [sigmoid(xp, each) for each in a]}
            return Env({"h": h, "C": 1, "rate": rate, **more}, families | {f: indexed(known[f]) for f in made})

        at: dict[str, Path] = {act: ((act, -1),) for act in self.card.acts}
        K = len(u)
        first = [
            Section(at["scores"], lambda: pair.forward(xp, [v], u, t, at=at["scores"]), env, 2 + 4 * K),
            Section(
                at["gradient"],
                lambda: pair.gradients(h, u, found.q, 1, True, "u", at["gradient"]),
                lambda: env("q", "a", "p", L=found.L),
                2 + 2 * K,
            ),
            Section(
                at["step"],
                lambda: pair.step_and_forward(xp, [v], u, t, rate, at=at["step"]),
                lambda: env("q", "a", "p", "du", "dv", L=found.L),
                K + 1 + 2 + 4 * K,
            ),
        ]
        return Reel([*first, *self._limit(device, knobs, start)], self.grains)

    def _limit(self, device: Device, knobs: Knobs, start: Start) -> list[Section]:
        """One section for each update of the whole text."""
        _, N, M = counted(start, knobs)
        met = Met(device.put(N), device.put(M), float(N.sum()))
        rate, sections = RATE / (1 + int(knobs["negatives"])), []
        for n, (U, V) in enumerate(states(device, knobs, start)[:-1], 1):
            at: Path = (("limit", -1), ("n", n))
            plain = {"U": U, "V": V, "N": met.N, "M": met.M, "n_pairs": met.pairs, "rate_all": rate}

            def walk(U: Array = U, V: Array = V, at: Path = at) -> Walk[tuple[Array, Array]]:
                return limit.update(device.xp, U, V, met, rate, at)

            def env(plain: dict[str, Any] = plain) -> Env:
                return Env(plain)

            sections.append(Section(at, walk, env, limit.STEPS))
        return sections

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return {**pair.RULES, **limit.RULES}

    def objective(self, device: Device, knobs: Knobs, start: Start) -> Objective:
        v, u, t = parts(device, start)
        xp = device.xp
        whole = device.put(start.params["U"])

        def L(**held: Array) -> Array:
            rows: Array = {"U": whole, **held}["U"]
            targets = [rows[j : j + 1, :].T for j in range(len(u))]
            return xp.sum(drain(pair.scores(xp, held.get("v", v), targets, t)).L)

        found = drain(pair.scores(xp, v, u, t))
        du, dv = drain(pair.gradients(v, u, found.q, 1, True))
        return Objective({"v": v, "U": whole}, L, {"v": dv[0], "U": xp.concat([g.T for g in du])})

    def panels(self, view: View, text: Text) -> Stage:
        return panels(view, text, self.rule(view.knobs), counted(view.start, view.knobs))

    def says(self, view: View, text: Text) -> dict[str, Any]:
        return says(view, text, counted(view.start, view.knobs))

    def result(self, device: Device, knobs: Knobs, start: Start) -> dict[str, Any]:
        v, u, t = parts(device, start)
        of = self.objective(device, knobs, start)
        found = drain(pair.scores(device.xp, v, u, t))
        after = drain(pair.step_and_forward(device.xp, [v], u, t, float(knobs["rate"])))
        U, W = states(device, knobs, start)[-1]
        words, N, M = counted(start, knobs)
        with np.errstate(divide="ignore"):
            pmi = np.log(N / M)
        return {
            "loss": float(device.get(of.loss())),
            "grad": {"v": device.get(of.gradient["v"])[:, 0], "U": device.get(of.gradient["U"])},
            "q": [float(device.get(q).reshape(-1)[0]) for q in found.q],
            "loss_after": float(device.get(after.L).reshape(-1)[0]),
            "limit": {"words": words, "counts": N, "scores": device.get(U @ W.T), "pmi_minus_ln_k": pmi},
        }
