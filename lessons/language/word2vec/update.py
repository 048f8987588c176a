"""The stages of `word2vec` inside an update: one example with its numbers, and the moves at its end."""

from __future__ import annotations

from collections.abc import Sequence

from engine.walks.step import split
from engine.words.batch import Example, Input, Target
from lessons.building.stage_parts import flow
from lessons.building.staging import Lengths
from lessons.contract.panels import Item, Matrix, Picture, Row, Stage
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.language.word2vec.position import WordStage

TARGETS, BEFORE = 8, 3
"""Targets that are listed at most, and how many of them stand above the one at work."""
MOVED = 6
"""Words that are listed at most when they move."""


class UpdateStage(WordStage):
    """A position in the first update, or in one of training."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.of = "theta" if self.tree else "u"

    @property
    def examples(self) -> Sequence[Example]:
        """The batch at work."""
        training = self.view.training
        if training is None or training.state is None:
            return self.live.examples(*self.live.place(0, 0))
        return self.live.examples(*self.live.places(training.state.data)[self.view.loop("batch") or 0])

    def show_learn(self) -> Stage:
        """The example at work, or the moves; under it L so far, and the rate."""
        some, n = self.examples, self.view.loop("n") or 1
        loss = self.side_by_side({"L": "L", "rate": "rate"}, "loss", 5)
        if ("move", -1) in self.view.path or not some:
            return [self.law("cut_dv", "v"), self.moves(), loss]
        phases = {name for name, index in self.view.path if index < 0}
        ops = ["h"] if "say" in phases else ["dv"] if "back" in phases else ["p", "q", f"d{self.of}", f"dh_{self.of}"]
        return [self.law(*ops), self.speaks(n, some), *self.example(n, *some[n - 1]), loss]

    show_train = show_learn

    def name(self, family: str, w: int) -> str:
        """A word, or a node of the tree."""
        return self.say("node", w=w) if family == "theta" else self.words[w]

    def speaks(self, n: int, some: Sequence[Example]) -> Picture:
        """Who says what to whom, in a line."""
        inputs, targets = some[n - 1]
        said = " + ".join(self.words[each.word] for each in inputs)
        if self.tree:
            to = self.say("way", n=len(targets))
        else:
            to = ", ".join(self.words[each.word] for each in targets if not each.noise)
        line = self.say("example", n=n, all=len(some), said=said, to=to)
        return Picture(id="who", priority=9, marks=[(0, 0, line, "head")])

    def example(self, n: int, inputs: Sequence[Input], targets: Sequence[Target]) -> Stage:
        """One example: every target, who speaks, what is handed back."""
        j, c = self.view.loop("j"), self.view.loop("c") or 0
        begin = max(0, min((j or 0) - BEFORE, len(targets) - TARGETS))
        rows = [self.target(n, i, targets[i], i == begin) for i in range(begin, min(begin + TARGETS, len(targets)))]
        w = inputs[min(c, len(inputs) - 1)].word
        speaks: dict[int, Item] = {0: self.some(f"v[{w}]", f"v({self.words[w]})"), 1: self.some(f"h[{n}]", "h")}
        hears: dict[int, Item] = {0: self.some(f"dv[{w}]", f"dv({self.words[w]})")}
        if j is not None and j < len(targets):
            target, sign = targets[j].word, "θ" if self.tree else "u"
            slope = "dnoise" if targets[j].noise else f"d{self.of}"
            hears[0] = self.some(f"{self.of}[{target}]", f"{sign}({self.name(self.of, target)})")
            hears[1] = self.some(f"{slope}[{target}]", f"d{sign}")
        hears[2] = self.some(f"dh[{n}]", "dh")
        return [Matrix(id="targets", priority=10, rows=rows), flow("speaks", speaks, 9), flow("hears", hears, 8)]

    def target(self, n: int, j: int, target: Target, heads: bool) -> Row:
        """A target: what it should be, how much it counts, what was said, how wrong."""
        titles = {"t": "t", "m": "m", "a": "θ·h" if self.tree else "u·h", "p": "σ", "q": "q"}
        cells = [self.scalar(f"{name}[{n},{j}]", title if heads else "") for name, title in titles.items()]
        sign = "−" if target.noise else ""
        return Row(sign + self.name(self.of, target.word), dict(enumerate(cells)), mark=self.view.loop("j") == j)

    def moves(self) -> Matrix:
        """The words that moved, six of them: how far the bound lets them, and where they are now."""
        moved, w = sorted(name for name in self.view.written if split(name)[0] in ("v", self.of)), self.view.loop("w")
        if not moved and w is not None:
            moved = [f"v[{w}]", f"{self.of}[{w}]"]
        rows = []
        for name in moved[:MOVED]:
            family, (at,) = split(name)
            if self.known(name):
                cut, slope = self.scalar(f"cut_d{family}[{at}]", "cut"), self.some(f"d{family}[{at}]", f"d{family}")
                rows.append(Row(self.name(family, at), {0: cut, 1: slope, 2: self.some(name, family)}))
        return Matrix(id="moves", priority=10, rows=rows)
