"""What a decoder writes: word for word, teacher forcing where it is switched on; drawn words; a beam of sentences."""

from __future__ import annotations

import numpy as np

from lessons.building.stage_parts import growing
from lessons.contract.panels import Axis, Label, Matrix, Picture, Row, Stage, Table
from lessons.explaining.figures import five
from lessons.recurrent.sides import SidesStage

SHOWN = 6
"""Of all words that may be drawn the likeliest."""


def switches(stage: SidesStage) -> Stage:
    """What is read and written at each word, and where the right word is read."""
    every, best = range(len(stage.target)), [stage.first(f"a[{t}]") for t in range(len(stage.target))]
    wrote = ["·" if a is None else stage.words[int(a.argmax())] for a in best]
    axis = Axis(tuple(f"t={t}" for t in every), stage.t, 2)
    rows = [
        Row("", {t: Label(axis.labels[t], role="dim") for t in every}),
        Row(stage.say("force"), {t: stage.part("force", at=t) for t in every}),
        Row(stage.say("reads"), {t: Label(stage.word(f"w[{t}]", stage.words)) for t in every}),
        Row(stage.say("writes"), {t: Label(wrote[t], **stage.flags(f"a[{t}]")) for t in every}),
        Row(stage.say("right"), {t: Label(word, role="dim") for t, word in enumerate(stage.target)}),
    ]
    return [Matrix(id="written", priority=10, axis=axis, rows=rows)]


def drawing(stage: SidesStage) -> Stage:
    """What has been drawn, and between which numbers u fell."""
    picks = [stage.number(f"pick[{n}]") for n in range(stage.t + 1)]
    said = " ".join(stage.words[int(pick)] for pick in picks if pick is not None)
    p, u = stage.first(f"p[{stage.t}]"), stage.number(f"u[{stage.t}]")
    best = np.argsort([] if p is None else -p, kind="stable")[:SHOWN]
    rows = [(stage.words[i], five(float(p[i]))) for i in best] if p is not None else []
    heads = (stage.say("word"), f"p,  u = {'' if u is None else five(u).strip()}")
    said_so = Picture(id="said", priority=10, marks=[(0, 0, f"{stage.say('writes')}  {said}", "written")])
    return [said_so, Table(id="draw", priority=9, heads=heads, rows=rows)]


def beam(stage: SidesStage) -> Stage:
    """The sentences of the beam, and the sum of ln ŷ of each."""
    paths = [""] * int(stage.knobs["beam"])
    for n in range(stage.t + 1):
        pick, parent = stage.view.get(f"pick[{n}]"), stage.view.get(f"parent[{n}]")
        if pick is not None and parent is not None:
            both = zip(np.ravel(parent), np.ravel(pick), strict=True)
            paths = [f"{paths[int(k)]} {stage.words[int(i)]}" for k, i in both]
    score = stage.view.get("score")
    worth = ["·"] * len(paths) if score is None else [f"{x:.3f}" if x > -1e8 else "·" for x in np.ravel(score)]
    rows = [(path.strip() or "·", each) for path, each in zip(paths, worth, strict=True)]
    return [growing("beam", (stage.say("sentence"), "Σ ln ŷ"), rows, 10)]
