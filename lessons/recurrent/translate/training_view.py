"""Training in `translate`, from outside: what is right, by length; some translations; where the net looks by now."""

from __future__ import annotations

from engine.sequences import looking
from engine.sequences.pairs import END
from lessons.building.shades import shades
from lessons.building.training_panel import known_at, training_curve, training_of
from lessons.contract.panels import Beside, Panel, Picture, Stage, Table
from lessons.recurrent.sides import SidesStage
from lessons.recurrent.translate import experiment as exp

LENGTHS = (2, 4, 6, 8)
"""Lengths of the sentences that are shown with their translations, as far as there are such."""


def show(stage: SidesStage) -> Stage:
    """All of it."""
    exact = training_of(stage.view).also[0]
    curve = training_curve(stage, stage.say("curve"), exact, now_and_then=True, least_top=1.0, top=1.0, ends=True)
    return [
        standings(stage),
        curve,
        Beside(id="sides", priority=7, stacks=[[who(stage)], [translated(stage)]], shares=(0.42, 0.58)),
    ]


def standings(stage: SidesStage) -> Table:
    """Every run: words right forced and free, sentences right, and those by length, as last counted."""
    training, ranges = training_of(stage.view), exp.pairs(stage.knobs, int(stage.inputs["seed"])).ranges
    heads = [stage.say(key) for key in ("run", "forced", "free", "exact")]
    heads += [stage.say("length", low=low, high=high) for low, high in ranges]
    rows = []
    for i, knobs in enumerate(training.runs):
        name = f"{training.curves[i][0]} {stage.say('blind' if knobs['attention'] == 'none' else 'looks')}"
        shares = [known_at(training, training.also[n][i]) for n in (1, 2, 0, *range(3, 3 + len(ranges)))]
        rows.append((name, *("·" if share is None else f"{100 * share:.1f}" for share in shares)))
    return Table(id="standings", priority=10, heads=tuple(heads), rows=rows, lit=training.current)


def who(stage: SidesStage) -> Panel:
    """Where the net looks as it is now, while it translates the first of the longest sentences of the tests."""
    state, data = training_of(stage.view).state, exp.pairs(stage.knobs, int(stage.inputs["seed"]))
    pair = max(data.test or data.train, key=lambda pair: len(pair[0]))
    assert state is not None
    theta, coded = state.data.theta, data.coded([pair])[0]
    codes, alpha = looking.while_writing(stage.view.device, stage.net, theta, coded, len(coded.target) + 2)
    said = [stage.words[code] for code in codes]
    if stage.net.looks:
        return shades(stage.say("who"), pair[0], said, list(alpha))
    marks = [(0, 0, "".join(pair[0]), "label"), (1, 0, " ".join(said), ""), (2, 0, stage.say("handed"), "dim")]
    return Picture(id="shades", priority=8, title=stage.say("writes"), marks=marks)


def translated(stage: SidesStage) -> Picture:
    """Sentences of the tests of several lengths, and what the net makes of them."""
    state, data = training_of(stage.view).state, exp.pairs(stage.knobs, int(stage.inputs["seed"]))
    assert state is not None
    tests = data.test or data.train
    by_length = {len(pair[0]): pair for pair in reversed(tests)}
    some = [by_length[n] for n in LENGTHS if n in by_length] or [*tests[:4]]
    marks = [(0, 0, stage.say("source"), "label"), (0, 2 * LENGTHS[-1] + 3, stage.say("writes"), "label")]
    for line, (pair, coded) in enumerate(zip(some, data.coded(some), strict=True), 1):
        theta = state.data.theta
        codes = looking.while_writing(stage.view.device, stage.net, theta, coded, len(coded.target) + 2).codes
        said = tuple(stage.words[code] for code in codes if code != END)
        marks += [(line, 0, "".join(pair[0]), ""), (line, 2 * LENGTHS[-1] + 1, "✓" if said == pair[1] else "✗", "")]
        marks.append((line, 2 * LENGTHS[-1] + 3, " ".join(said) or "·", "written" if said == pair[1] else ""))
    return Picture(id="translated", priority=6, title=stage.say("tests"), marks=marks)
