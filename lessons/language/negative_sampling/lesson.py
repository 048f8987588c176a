"""The lesson `negative-sampling`: a pair, its negatives and one step; and the whole of a text, in expectation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from engine.device import Array, Rng, rng
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Section, indexed
from engine.walks.step import Path
from engine.words import limit, pair
from engine.words.limit import Met
from lessons.building.acts import Act, Derived, Scope, Sections, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.holds import Lengths, Parameter, Size
from lessons.contract.knobs import Value
from lessons.contract.view import Knobs, Start
from lessons.language.named_pairs import PairSource, pair_in
from lessons.language.negative_sampling.meetings import check, read
from lessons.language.negative_sampling.stage import NegativeSamplingStage
from lessons.language.pairs import numbers, objective

UPDATES = 400
"""Updates of the last act."""
RATE = 3.0
"""Their rate is RATE / (1 + k): short enough for any text that fits."""

# The pair whose numbers are worked out by hand: brown, with quick and fox beside it, and dog, which was drawn.
V = [0.1, 0.2, -0.1]
U = [[0.3, -0.1, 0.2], [-0.2, 0.1, 0.4], [0.05, 0.3, -0.3]]


def met(s: Scope) -> Met:
    """How often words of the text met, and how often noise would have them meet, on the device."""
    _, N, M = s.meetings
    return Met(s.device.put(N), s.device.put(M), float(N.sum()))


def descended(s: Scope) -> list[tuple[Array, Array]]:
    """(U, V) of the last act before each of its updates, and after the last: as many dimensions as words."""
    draw, size = rng(0, 4), s.met.N.shape[0]
    U, V = (s.device.put(draw.normal(0, 0.5, (size, size))) for _ in range(2))
    return limit.descended(s.xp, U, V, s.met, s.rate_all, UPDATES)


def updates(s: Scope, at: Path) -> list[Section]:
    """One section for each update of the whole text."""
    met, rate, sections = s.met, s.rate_all, []
    fixed = {"N": met.N, "M": met.M, "n_pairs": met.pairs, "rate_all": rate}
    for n, (U, V) in enumerate(s.descended[:-1], 1):
        here: Path = (*at, ("n", n))
        walk = partial(limit.update, s.xp, U, V, met, rate, here)
        sections.append(Section(here, walk, partial(Env, {"U": U, "V": V, **fixed}), limit.STEPS))
    return sections


def loss(s: Scope) -> Objective:
    """The loss of the pair and its negatives."""
    return objective(s.device, s.trial.start, "U", range(s.targets), s.labels)


def moves_most(trial: Trial) -> str:
    """Which target has the largest error: all move along the same v."""
    errors = abs(trial.device.get(trial.value("scores/q"))).reshape(-1)
    return "met" if errors.argmax() < trial.first.positives else "drawn"


def ends(trial: Trial) -> str:
    """Whether u·v comes within a tenth of PMI − ln k, for the pairs that met."""
    U, V = map(trial.device.get, trial.first.descended[-1])
    return "yes" if trial.first.meetings.gap(U @ V.T) < 0.1 else "no"


def limit_of(trial: Trial) -> dict[str, Any]:
    """The words of the text, how often they met, and where their scores end beside where they should."""
    found, (U, V) = trial.first.meetings, trial.first.descended[-1]
    scores = trial.device.get(U @ V.T)
    return {"limit": {"words": found.words, "counts": found.N, "scores": scores, "pmi_minus_ln_k": found.optimum}}


class NegativeSampling(DeclaredLesson):
    """Rows of U: words beside the centre, then those drawn; where none is named, one, and as many as the knob says."""

    sizes = (Size("targets", "negatives", more=1), Size("dim", "dim"))
    source = PairSource("text", "inputs_words", check, span=(3, 300))
    holds = (Parameter("v", "dim", also=("h", "v[0]")), Parameter("U", ("targets", "dim"), rows="u"))
    derived = (
        Derived("positives", lambda s: len(pair_in(s.trial.knobs, s.trial.start).positive)),
        Derived("labels", lambda s: numbers(s.device, [j < s.positives for j in range(s.targets)])),
        Derived("t", lambda s, j: indexed(s.labels)(j), indexed=True),
        Derived("rate", lambda s: float(s.knobs["rate"])),
        Derived("rate_all", lambda s: RATE / (1 + int(s.knobs["negatives"]))),
        Derived("meetings", lambda s: read(s.knobs, s.trial.start)),
        Derived("met", met),
        Derived("descended", descended),
    )
    matrices = frozenset({"V", "X", "S", "dX", "dV"})
    acts = (
        Act(
            "scores",
            lambda s, at: pair.likelihoods(pair.forward(s.xp, [s.v], s.u, s.labels, at=at), s.positives, at),
        ),
        Act("gradient", lambda s, at: pair.gradients(s.h, s.u, s.q, 1, True, "u", at)),
        Act(
            "step",
            lambda s, at: pair.likelihoods(
                pair.step_and_forward(s.xp, [s.v], s.u, s.labels, s.rate, at=at), s.positives, at
            ),
        ),
        Sections("limit", updates),
    )
    lecture: Mapping[str, Any] = {"v": V, "U": U}
    gradient = Gradient(loss, name="L")
    results = (
        ("loss", "scores/L"), ("likelihood_positive", "scores/P_pos"), ("likelihood_negative", "scores/P_neg"),
        ("q", "scores/q"), ("loss_after", "step/L"), limit_of,
    )  # fmt: skip
    questions = (
        Question("sign", "scores/j=0", "number", lambda trial: trial.number("scores/q[0]"), 0.0, within=0.1),
        Question("most", "gradient/j=0", "choice", moves_most),
        Question("ends", "limit/n=1", "choice", ends),
    )
    loops = (("phase", "n"), ("j", "c"))
    grain, from_zero = "j", frozenset("c")
    explains = ("q", "du", "dh", "a", "u")
    draws = frozenset({"dim"})
    rebuilds = draws | {"text", "words", "negatives"}
    shown_as = NegativeSamplingStage

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return {**pair.RULES, **pair.LIKELIHOODS, **limit.RULES}

    def read(self, file: str, state: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Value], Start]:
        fitted, start = super().read(file, state, knobs)
        return {**fitted, **({"negatives": knobs["negatives"]} if "words" in start.inputs else {})}, start

    def drawn(self, knobs: Knobs, lengths: Lengths, draw: Rng) -> Mapping[str, Any]:
        v = draw.normal(0, 0.5, lengths["dim"])
        return {"v": v, "U": draw.normal(0, 0.5, (lengths["targets"], lengths["dim"]))}
