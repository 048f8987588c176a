"""The stages of `word2vec` while it trains: neighbours, the map, pairs passing by, curves; results; and the race."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.device import HostArray
from engine.words import vectors
from engine.words.batch import Example
from engine.words.run.live import WordState
from engine.words.run.sample import chance
from lessons.building.stage_parts import flow
from lessons.building.training_panel import lines, training_curve, training_of
from lessons.contract.panels import Beside, Curve, Panel, Picture, Series, Stage, Table
from lessons.explaining.figures import cut, five, number
from lessons.language.word2vec import experiment as exp
from lessons.language.word2vec import neighbours
from lessons.language.word2vec.position import WordStage

PASSING = 5
"""Pairs of the next update that are shown."""
REACH = 1000
"""Updates, or words read, that every curve has room for."""
MODELS = ("sg", "cbow")
"""A row of the race each."""
GOAL = 0.95
"""The share of right classes that a race is run for."""


class TrainStage(WordStage):
    """Training from outside: as it goes, what has come of it, or the race."""

    def show_train(self) -> Stage:
        """The race, or what has come of training; else neighbours, the map, the pairs passing by and the loss."""
        if self.knobs["race"] == "four" and not self.view.flipped:
            return self.race()
        if self.view.flipped:
            return self.results()
        v, watched = self.params["V"], self.held.watched[:2]
        stacks: list[Stage] = [[neighbours.cloud(self.held, v, self.say("map"))], [self.passing(), self.curve()]]
        return [
            self.recipe(),
            self.nearest(),
            Beside(id="below", priority=8, stacks=stacks, shares=(1.0, 1.0)),
            flow("vectors", dict(enumerate(map(self.vector_of, watched))), 9),
        ]

    @property
    def data(self) -> WordState:
        """What training has come to."""
        state = training_of(self.view).state
        assert state is not None
        found: WordState = state.data
        return found

    def recipe(self) -> Picture:
        """What is trained, in a line; and how far one can go back, where that is not everywhere."""
        knobs, earliest = self.knobs, training_of(self.view).earliest
        rate = five(self.live.rate(*self.live.places(self.data)[0])).strip()
        line = self.say(
            "recipe", form=self.form(knobs["model"], knobs["loss"]), V=number(len(self.words)), D=self.dim,
            window=knobs["window"], rate=rate, tokens=number(self.data.tokens),
        )  # fmt: skip
        marks = [(0, 0, line, "")]
        if self.live.per > 1 and earliest:
            marks.append((1, 0, self.say("back_to", n=number(earliest)), "dim"))
        return Picture(id="recipe", priority=9, marks=marks)

    def nearest(self) -> Beside:
        """The nearest of each watched word, beside where they were at the last reading before."""
        v, data = self.params["V"], self.data
        last = data.reading if data.reading.n < training_of(self.view).n else data.before
        title = self.say("nearest", mean=five(vectors.mean_cosine(v)).strip(), since=number(last.n))
        return neighbours.tables(self.held, v, last, title)

    def passing(self) -> Table:
        """The first examples of the next update: who says what, how likely that is held to be, and the noise."""
        rows = list(map(self.passed, self.live.examples(*self.live.places(self.data)[0], PASSING)))
        heads = (self.say("passing"), "P" if self.tree else "σ", "")
        return Table(id="passing", priority=6, heads=heads, rows=rows, lit=0 if rows else None)

    def passed(self, example: Example) -> tuple[str, str, str]:
        """One example in a line."""
        inputs, targets = example
        said = "+".join(self.cut(each.word) for each in inputs[:2]) + ("…" if len(inputs) > 2 else "")
        p = five(chance(example, self.params["V"], self.params[exp.out_name(self.knobs)], self.tree))
        if self.tree:
            return f"{said} →", p, self.say("steps", n=len(targets))
        met = next(target.word for target in targets if not target.noise)
        drawn = [target.word for target in targets if target.noise]
        more = f" +{len(drawn) - 1}" if len(drawn) > 1 else ""
        return f"{said}→{self.cut(met)}", p, f"−{self.cut(drawn[0])}{more}" if drawn else ""

    def cut(self, word: int) -> str:
        """A word in a table."""
        return cut(self.words[word], neighbours.LONG)

    def curve(self) -> Curve:
        """The loss of a pair at every reading, of all runs."""
        training, reading = training_of(self.view), self.data.reading
        right = "" if np.isnan(reading.right) else self.say("right", share=f"{100 * reading.right:.0f}")
        title = " · ".join(filter(None, (self.say("loss", loss=five(reading.loss).strip()), right)))
        known = [*(float(y[0]) for _, y, _ in training.curves if len(y)), reading.loss]
        top = max((loss for loss in known if np.isfinite(loss)), default=1.0)
        here = number(training.n)
        return training_curve(self, title, now_and_then=True, priority=7, mark=here, reach=REACH, least_top=top)

    # what has come of it

    def results(self) -> Stage:
        """What the model can do: classes, analogies scored, cosines beside their mean."""
        v, words, rows = self.params["V"], self.words, list[tuple[str, ...]]()
        for kind, some in self.held.questions.items():
            a, b, c, d = some[0]
            answer = vectors.analogies(v, [(a, b, c)])[0][0].word
            mark = "✓" if answer == d else f"✗ {words[d]}"
            one = f"{words[a]} : {words[b]} = {words[c]} : {words[answer]} {mark}"
            rows.append((self.say(f"kind_{kind}"), f"{100 * vectors.solved(v, some):.0f} %", str(len(some)), one))
        heads = [self.say(head) for head in ("analogies", "solved", "asked", "one")]
        scored = [Table(id="analogies", priority=9, heads=heads, rows=rows)] if rows else []
        shares = [self.shares()] if self.held.classes else []
        return [self.recipe(), self.nearest(), *scored, self.curve(), *shares]

    def shares(self) -> Curve:
        """The share of nearest words of the right class, of all runs."""
        training = training_of(self.view)
        series = lines(training.also[0], now_and_then=True)
        return Curve(
            id="shares", priority=6, title=self.say("class_share"), series=series, reach=max(REACH, training.latest),
            top=1.0, ends=len(series) > 1,
        )  # fmt: skip

    # the race

    def race(self) -> Stage:
        """Four forms on one text with one seed: what each has come to, over the words read, and what that has cost."""
        training, known = training_of(self.view), bool(self.held.classes)
        right, read, spent = training.also
        pictures, rows = dict[tuple[str, str], Panel](), list[tuple[str, ...]]()
        for knobs, (name, y, first), (_, tokens, _), (_, seconds, _) in zip(
            training.runs[: len(exp.FORMS)], right if known else training.curves, read, spent, strict=False
        ):
            form = str(knobs["model"]), str(knobs["loss"])
            both = min(len(y), len(tokens), len(seconds))  # an update may have landed in between
            values, at = (np.asarray(each[:both], dtype=float) for each in (y, tokens))
            pictures[form] = Curve(
                id="_".join(form), title=self.form(*form), series=[Series(name, values, first, at=at)],
                reach=max(REACH, int(at[-1]) if both else 0), top=1.0 if known else 0.0, least_top=3.0,
            )  # fmt: skip
            latest = five(float(values[-1])) if both else "·"
            rows.append((f"{name} {self.form(*form)}", latest, *cost(values if known else [], at, seconds)))
        heads = [self.say(head) for head in ("forms", "now", "words_read", "updates", "seconds")]
        stacks = [[[pictures[form]] for form in exp.FORMS if form[0] == model and form in pictures] for model in MODELS]
        lit = training.current if training.current < len(exp.FORMS) else None
        return [
            Picture(id="title", priority=9, marks=[(0, 0, self.say("race" if known else "race_loss"), "label")]),
            *(Beside(id=f"row{i}", priority=9 - i, stacks=row) for i, row in enumerate(stacks) if row),
            Table(id="race", priority=10, heads=heads, rows=rows, lit=lit),
        ]


def cost(right: Sequence[float] | HostArray, tokens: HostArray, seconds: Sequence[float]) -> tuple[str, str, str]:
    """What the goal took: words read, updates and seconds; dots where it is not reached."""
    there = np.flatnonzero(np.asarray(right) >= GOAL)
    if not len(there):
        return "·", "·", "·"
    k = int(there[0])
    return number(int(tokens[k])), number(k + 1), f"{seconds[k]:.2f}"
