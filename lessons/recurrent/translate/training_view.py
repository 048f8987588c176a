"""Training in `translate`, from outside: what is right, by length; some translations; where the net looks by now."""

from __future__ import annotations

from engine.sequences import looking
from engine.sequences.pairs import END
from lessons.building.shades import shades
from lessons.building.training_panel import known_at, training_curve, training_of
from lessons.contract.panels import Beside, Picture, Stage, Table
from lessons.recurrent.sides import SidesStage
from lessons.recurrent.translate import experiment as exp

LENGTHS = (2, 4, 6, 8)
"""Lengths of the sentences that are shown with their translations, as far as there are such."""


def show(stage: SidesStage) -> Stage:
    """All of it."""
    exact = training_of(stage.view).also[0]
    curve = training_curve(stage, stage.say("curve"), exact, now_and_then=True, least_top=1.0, top=1.0, ends=True)
    sides = Beside(id="sides", priority=7, stacks=[[each] for each in translations(stage)], shares=(0.42, 0.58))
    return [standings(stage), curve, sides]


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


def translations(stage: SidesStage) -> tuple[Picture, Picture]:
    """The first of the longest sentences of the tests, and where the net looks while it translates it as it is now; and
    sentences of several lengths with what it makes of them.
    """
    state, data = training_of(stage.view).state, exp.pairs(stage.knobs, int(stage.inputs["seed"]))
    assert state is not None
    tests = data.test or data.train
    by_length = {len(pair[0]): pair for pair in reversed(tests)}
    longest, *some = [by_length[max(by_length)], *(by_length[n] for n in LENGTHS if n in by_length)]
    coded = data.coded([longest, *some])
    most = 2 + max(len(pair.target) for pair in coded)
    made = looking.while_writing(stage.view.device, stage.net, state.data.theta, coded, most)
    said = [tuple(stage.words[code] for code in each.codes) for each in made]
    if stage.net.looks:
        first = shades(stage.say("who"), longest[0], said[0], list(made[0].alpha))
    else:
        lines = ("".join(longest[0]), "label"), (" ".join(said[0]), ""), (stage.say("handed"), "dim")
        marks = [(n, 0, line, role) for n, (line, role) in enumerate(lines)]
        first = Picture(id="shades", priority=8, title=stage.say("writes"), marks=marks)
    at = 2 * LENGTHS[-1] + 3
    marks = [(0, 0, stage.say("source"), "label"), (0, at, stage.say("writes"), "label")]
    for line, (pair, words) in enumerate(zip(some, said[1:], strict=True), 1):
        exact = words == (*pair[1], stage.words[END])
        shown = " ".join(word for word in words if word != stage.words[END]) or "·"
        marks += [(line, 0, "".join(pair[0]), ""), (line, at - 2, "✓" if exact else "✗", "")]
        marks.append((line, at, shown, "written" if exact else ""))
    return first, Picture(id="translated", priority=6, title=stage.say("tests"), marks=marks)
