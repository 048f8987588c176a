"""The stages of `word2vec` while it trains: neighbours, the map, pairs passing by, curves; results; and the race."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.device import HOST
from engine.maths.activations import log_sigmoid, sigmoid
from engine.words import vectors
from engine.words.batch import Example
from engine.words.run.live import WordState
from lessons.building.stage_parts import measured
from lessons.contract.panels import Beside, Cloud, Curve, Matrix, Panel, Picture, Row, Series, Stage, Table
from lessons.contract.view import Curve as Measured
from lessons.contract.view import Training, View
from lessons.explaining.figures import cut, five, number
from lessons.language.word2vec import experiment as exp
from lessons.language.word2vec.position import Shown

NEAREST = 5
PASSING = 5
"""Pairs of the next update that are shown."""
LONG = 10
"""Cells of a word in a table or on the map."""
MAPPED = 150
"""Words of the map: those with a class, or the most frequent."""
GOAL = 0.95
"""The share of right classes that a race is run for."""


def panels(shown: Shown) -> Stage:
    """Training from outside."""
    if shown.view.knobs["race"] == "four" and not shown.view.flipped:
        return race(shown)
    return results(shown) if shown.view.flipped else live(shown)


def at(view: View) -> tuple[Training, WordState]:
    """Training, and what it has come to."""
    assert view.training is not None
    assert view.training.state is not None
    return view.training, view.training.state.data


def mean(view: View) -> float:
    """The mean cosine of all pairs of words."""
    return vectors.mean_cosine(view.start.params["V"])


def live(shown: Shown) -> Stage:
    """Tables of neighbours; under them the map, the pairs passing by and the loss."""
    watched = shown.held.watched
    right: list[Panel] = [passing(shown), curve(shown)]
    return [
        recipe(shown),
        tables(shown),
        Beside(id="below", priority=8, stacks=[[cloud(shown)], right], shares=(1.0, 1.0)),
        Matrix(
            id="vectors", priority=9, rows=[Row("", {i: shown.part("V", w, "v") for i, w in enumerate(watched[:2])})]
        ),
    ]


def recipe(shown: Shown) -> Picture:
    """What is trained, in a line."""
    knobs, view = shown.view.knobs, shown.view
    lv = shown.live
    training, data = at(view)
    back = shown.say("back_to", n=number(training.earliest)) if lv.per > 1 and training.earliest else ""
    line = shown.say(
        "recipe",
        form=shown.say(f"{knobs['model']}_{knobs['loss']}", K=knobs["negatives"]),
        V=number(len(shown.words)),
        D=shown.dim,
        window=knobs["window"],
        rate=five(lv.rate(*lv.places(data)[0])).strip(),
        tokens=number(data.tokens),
    )
    return Picture(id="recipe", priority=9, marks=[(0, 0, line, ""), *([(1, 0, back, "dim")] if back else [])])


def tables(shown: Shown) -> Beside:
    """The nearest of each watched word, their cosines, and how their place has changed since the last reading."""
    view, held = shown.view, shown.held
    _, data = at(view)
    v = view.start.params["V"]
    now = vectors.neighbours(v, held.watched, NEAREST)
    before = data.reading.places if data.reading.n < at(view)[0].n else data.before.places
    since = data.reading.n if data.reading.n < at(view)[0].n else data.before.n
    stacks: list[Sequence[Panel]] = []
    for row, word, was in zip(now, held.watched, before, strict=True):
        rows = []
        for place, near in enumerate(row):
            same = held.classes.get(near.word) == held.classes.get(word)
            sign = ("●" if same else "○") if word in held.classes else " "
            rows.append(
                (
                    f"{place + 1} {sign} {cut(held.words[near.word], LONG)}",
                    five(near.cosine),
                    arrow(int(was[near.word]) - place),
                )
            )
        stacks.append([Table(id=f"near{word}", heads=(f"[{held.words[word]}]", "", ""), rows=rows)])
    title = shown.say("nearest", mean=five(mean(view)).strip(), since=number(since))
    return Beside(id="nearest", priority=10, title=title, stacks=stacks)


def arrow(up: int) -> str:
    """How many places a word has risen or fallen."""
    return "=" if up == 0 else f"{'▲' if up > 0 else '▼'}{min(abs(up), 99)}"


def cloud(shown: Shown) -> Cloud:
    """The map: watched words in full, others by a letter of their class; without classes as words, nearest first."""
    held, v = shown.held, shown.view.start.params["V"]
    near = [] if held.classes else [n.word for row in vectors.neighbours(v, held.watched, NEAREST) for n in row]
    words = list(held.classes)[:MAPPED] or [*near, *range(min(MAPPED, len(held.words)))]
    words = list(dict.fromkeys([*held.watched, *words]))
    plane = vectors.plane(v[words])
    kinds = list(dict.fromkeys(held.classes.values()))
    letters = lettered(kinds)
    points = []
    for (x, y), w in zip(plane, words, strict=True):
        kind = held.classes.get(w)
        ink = "dim" if kind is None else INKS[kinds.index(kind) % len(INKS)]
        full = w in held.watched
        said = cut(held.words[w], LONG) if full or kind is None else letters[kind]
        points.append((float(x), float(y), said, "head" if full else ink))
    legend = "  ".join(f"{letter}\N{NO-BREAK SPACE}{kind}" for kind, letter in letters.items())
    return Cloud(id="map", priority=7, title=shown.say("map"), points=points, legend=legend)


INKS = ("forward", "backward", "update", "curve", "curve2", "", "label", "dim", "written")


def lettered(kinds: Sequence[str]) -> dict[str, str]:
    """A letter for every class: one of its own, that no other has."""
    found: dict[str, str] = {}
    for kind in kinds:
        free = [letter for letter in (*kind, *kind.upper(), *"xyzw") if letter not in found.values()]
        found[kind] = free[0]
    return found


def passing(shown: Shown) -> Table:
    """The first pairs of the next update, with what the model says of each now."""
    view = shown.view
    _, data = at(view)
    lv = shown.live
    some = lv.examples(*lv.places(data)[0], PASSING)
    rows = [passed(shown, example) for example in some]
    heads = (shown.say("passing"), "P" if shown.tree else "σ", "")
    return Table(id="passing", priority=6, heads=heads, rows=rows, lit=0 if rows else None)


def passed(shown: Shown, example: Example) -> tuple[str, str, str]:
    """One example in a line: who says what, how likely that is held to be, and the noise."""
    params = shown.view.start.params
    v, out = params["V"], params["Theta" if shown.tree else "U"]
    h = sum(float(each.share[0, 0]) * v[each.word] for each in example.inputs)
    spoken = "+".join(cut(shown.words[each.word], LONG) for each in example.inputs[:2])
    said = spoken + ("…" if len(example.inputs) > 2 else "")
    if shown.tree:
        signs = np.array([2 * float(t.t[0, 0]) - 1 for t in example.targets])
        a = out[[t.word for t in example.targets]] @ h
        p = float(np.exp(log_sigmoid(HOST.xp, signs * a).sum()))
        return f"{said} →", five(p), shown.say("steps", n=len(example.targets))
    met = next(t for t in example.targets if not t.noise)
    p = float(sigmoid(HOST.xp, np.array(out[met.word] @ h)))
    drawn = [shown.words[t.word] for t in example.targets if t.noise]
    noise = f"−{cut(drawn[0], LONG)}" + (f" +{len(drawn) - 1}" if len(drawn) > 1 else "") if drawn else ""
    return f"{said}→{cut(shown.words[met.word], LONG)}", five(p), noise


def curve(shown: Shown) -> Curve:
    """The loss of a pair at every reading, of all runs."""
    training, data = at(shown.view)
    series = lines(training.curves)
    right = "" if np.isnan(data.reading.right) else shown.say("right", share=f"{100 * data.reading.right:.0f}")
    title = " · ".join(filter(None, (shown.say("loss", loss=five(data.reading.loss).strip()), right)))
    first = [float(s.y[0]) for s in series if len(s.y)]
    top = max((each for each in (*first, data.reading.loss) if np.isfinite(each)), default=1.0)
    return Curve(
        id="curve", priority=7, title=title, series=series, reach=max(1000, training.latest), least_top=top,
        marks=[(training.n, "▲", number(training.n))], ends=len(series) > 1,
    )  # fmt: skip


def lines(curves: Sequence[Measured]) -> list[Series]:
    """One line for each run, the first solid."""
    return [measured(name, y, first, i > 0) for i, (name, y, first) in enumerate(curves)]


def results(shown: Shown) -> Stage:
    """What the model can do: classes, analogies scored, cosines beside their mean."""
    held, v = shown.held, shown.view.start.params["V"]
    rows = []
    for kind, some in held.questions.items():
        asked = some[0]
        (answer,) = vectors.analogies(v, [asked[:3]])
        a, b, c, d = (held.words[w] for w in asked)
        said = held.words[answer[0].word]
        mark = "✓" if answer[0].word == asked[3] else f"✗ {d}"
        rows.append(
            (
                shown.say(f"kind_{kind}"),
                f"{100 * vectors.solved(v, some):.0f} %",
                str(len(some)),
                f"{a} : {b} = {c} : {said} {mark}",
            )
        )
    heads = (shown.say("analogies"), shown.say("solved"), shown.say("asked"), shown.say("one"))
    found: Stage = [recipe(shown), tables(shown)]
    if rows:
        found.append(Table(id="analogies", priority=9, heads=heads, rows=rows))
    found.append(curve(shown))
    if held.classes:
        found.append(shares(shown))
    return found


def shares(shown: Shown) -> Curve:
    """The share of nearest words of the right class, of all runs."""
    training, _ = at(shown.view)
    series = lines(training.also[0])
    return Curve(
        id="shares", priority=6, title=shown.say("class_share"), series=series, reach=max(1000, training.latest),
        top=1.0, ends=len(series) > 1,
    )  # fmt: skip


def race(shown: Shown) -> Stage:
    """Four forms on one text with one seed: what each has come to, over the words read, and what that has cost."""
    view = shown.view
    training, _ = at(view)
    known = bool(shown.held.classes)
    curves = training.also[0] if known else training.curves
    pictures: dict[tuple[str, str], Panel] = {}
    rows = []
    for knobs, (name, y, first), (_, tokens, _), (_, seconds, _) in zip(
        training.runs[: len(exp.FORMS)], curves, training.also[1], training.also[2], strict=False
    ):
        form = (str(knobs["model"]), str(knobs["loss"]))
        said = shown.say("_".join(form), K=knobs["negatives"])
        both = min(len(y), len(tokens), len(seconds))  # an update may have landed in between
        values, read = np.asarray(y[:both], dtype=float), np.asarray(tokens[:both], dtype=float)
        pictures[form] = Curve(
            id="_".join(form), title=said, series=[Series(name, values, first, at=read)],
            reach=max(1000, int(read[-1]) if len(read) else 0), top=1.0 if known else 0.0, least_top=3.0,
        )  # fmt: skip
        there = [int(k) for k in np.flatnonzero(values >= GOAL)[:1]] if known else []
        goal = [(number(int(read[k])), number(k + 1), f"{seconds[k]:.2f}") for k in there]
        latest = five(float(values[-1])) if len(values) else "·"
        rows.append((f"{name} {said}", latest, *(goal[0] if goal else ("·", "·", "·"))))
    heads = (shown.say("forms"), shown.say("now"), shown.say("words_read"), shown.say("updates"), shown.say("seconds"))
    grid = [[form for form in exp.FORMS if form[0] == model and form in pictures] for model in ("sg", "cbow")]
    return [
        Picture(id="title", priority=9, marks=[(0, 0, shown.say("race" if known else "race_loss"), "label")]),
        *(
            Beside(id=f"row{i}", priority=9 - i, stacks=[[pictures[form]] for form in row])
            for i, row in enumerate(grid)
            if row
        ),
        Table(id="race", priority=10, heads=heads, rows=rows, lit=training.current if training.current < 4 else None),
    ]
