"""The stages of `word2vec` before anything is learned: the raw text and the chances of its words, the first pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.words.kernel.examples import Pair
from lessons.building.stage_parts import flow
from lessons.contract.panels import Item, Label, Matrix, Picture, Stage, Table
from lessons.explaining.figures import cells, number
from lessons.language.word2vec import experiment as exp
from lessons.language.word2vec.position import WordStage

WIDE = 78
BAR = 20
LINES = 4
"""Lines of the raw text."""
ROWS, BEFORE = 10, 5
"""Words of the table of chances, and how many of them stand above the one in focus."""
PAIRS = 7
"""Pairs that are listed at most."""
MODELS, LOSSES = ("cbow", "sg"), ("hs", "ns")
"""The columns and rows of the table of forms, as on slide 43."""
Marks = list[tuple[int, int, str, str]]


class TextStage(WordStage):
    """A position in the text, or among the pairs of the first batch."""

    def show_corpus(self) -> Stage:
        """What sub-sampling leaves, and how likely each word is drawn."""
        return [self.law("share", "keep", "P"), self.forms(), self.raw(), self.chances(), self.word_at_work()]

    def forms(self) -> Table:
        """The four forms, each of which opens where it is clicked; the one of this run has a dot."""
        rows, leads = [], {}
        for y, loss in enumerate(LOSSES):
            said = []
            for x, model in enumerate(MODELS, 1):
                here = (self.knobs["model"], self.knobs["loss"]) == (model, loss)
                said.append(("● " if here else "○ ") + self.say(f"does_{model}_{loss}", K=self.knobs["negatives"]))
                leads[y, x] = exp.lead(self.knobs, self.view.start, model, loss)
            rows.append((self.say(loss), *said))
        heads = (self.say("forms_of"), *map(self.say, MODELS))
        return Table(id="forms", priority=8, heads=heads, rows=rows, leads=leads)

    def raw(self) -> Picture:
        """The beginning of the text; words that sub-sampling left out stand in brackets."""
        marks: Marks = []
        y, x = 0, 0
        for code, stay in zip(*self.live.stretch(0), strict=True):
            said = " ⏎" if code < 0 else self.words[code] if stay else f"({self.words[code]})"
            if x and x + 1 + cells(said) > WIDE:
                y, x = y + 1, 0
            if y == LINES:
                break
            marks.append((y, x, said, "head" if stay else "dim"))
            x += 1 + cells(said)
        return Picture(id="raw", priority=5, title=self.say("raw"), marks=marks)

    def chances(self) -> Table:
        """The most frequent words: how often, how likely each occurrence stays, how likely it is noise."""
        counts, w = self.held.corpus.vocabulary.counts, self.view.loop("w")
        first = min(exp.FIRST, len(counts))
        begin = max(0, min((w or 0) - BEFORE, first - ROWS))
        rows = []
        for i in range(begin, min(begin + ROWS, first)):
            f, keep, P = (self.figure(f"{name}[{i}]") for name in ("f", "keep", "P"))
            bar = "█" * round(BAR * (self.number(f"keep[{i}]") or 0))
            rows.append((self.words[i], number(counts[i]), f, keep, bar.ljust(BAR), P))
        heads = (self.say("word"), self.say("count"), "f", "keep", "", "P")
        return Table(id="chances", priority=9, heads=heads, rows=rows, lit=None if w is None else w - begin)

    def word_at_work(self) -> Matrix:
        """The word in focus in cells, which the inspector explains."""
        w = self.view.loop("w") or 0
        titles = {f"count[{w}]": self.say("count"), f"f[{w}]": "f", f"keep[{w}]": "keep", f"P[{w}]": "P", "Z": "Z"}
        items: list[Item] = [self.scalar(name, title) for name, title in titles.items()]
        return flow("numbers", dict(enumerate([*items, self.vector_of(w)])), 10, self.words[w])

    def show_samples(self) -> Stage:
        """Who meets whom, who is drawn as noise."""
        pairs, n = self.live.pairs(*self.live.place(0, 0)), self.view.loop("n") or 1
        drawn = self.knobs["model"] == "cbow"
        cells = [self.scalar(f"{name}[{n}]", name) for name in ("i", "o", "d", *(["size"] if drawn else []), "m")]
        return [
            self.law("d", "m_drawn" if drawn else "m"),
            self.sentence(pairs[n - 1] if pairs else None),
            self.met(pairs, n),
            flow("numbers", dict(enumerate(cells)), 10, self.say("pair")),
            flow("noise", {0: Label(self.noise())}, 6, self.say("noise")),
        ]

    def sentence(self, pair: Pair | None) -> Picture:
        """What stayed, in a row: the window around the centre of a pair."""
        codes, stays = self.live.stretch(0)
        place = np.flatnonzero(stays)[:200]
        left, line = codes[place], np.cumsum(codes < 0)[place]
        marks: Marks = []
        x, first = 0, 0 if pair is None else max(0, min(pair.centre, pair.other) - 2)
        for i in range(first, len(left)):
            border = i > 0 and line[i - 1] != line[i]
            near = pair is not None and abs(i + 1 - pair.centre) <= pair.reach and line[pair.centre - 1] == line[i]
            centre = pair is not None and i + 1 == pair.centre
            said = ("⏎ " if border else "") + ("►" if centre else "") + self.words[left[i]]
            if x + cells(said) > WIDE:
                break
            lit = pair is not None and i + 1 == pair.other
            marks.append((0, x, said, "written" if centre else "forward" if lit else "head" if near else "dim"))
            if lit:
                marks.append((1, x, "└ " + self.say("near"), "forward"))
            x += cells(said) + 2
        return Picture(id="sentence", priority=10, title=self.say("stayed"), marks=marks)

    def met(self, pairs: Sequence[Pair], n: int) -> Table:
        """The pairs so far, with what each counts."""
        rows = []
        for i in range(max(0, n - PAIRS), min(n, len(pairs))):
            said = f"{self.words[pairs[i].word]} → {self.words[pairs[i].near]}"
            rows.append((str(i + 1), said, self.figure(f"d[{i + 1}]"), self.figure(f"m[{i + 1}]")))
        heads = ("n", self.say("pair"), "d", "m")
        return Table(id="pairs", priority=9, heads=heads, rows=rows, lit=len(rows) - 1 if rows else None)

    def noise(self) -> str:
        """Who is drawn as noise for the first batch."""
        some = self.live.examples(*self.live.place(0, 0))
        drawn = dict.fromkeys(self.words[t.word] for e in some for t in e.targets if t.noise)
        return ", ".join(drawn) or self.say("no_noise")
