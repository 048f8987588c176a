"""A position in `word2vec`: its text, its words, one example with its numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.device import HOST
from engine.walks.step import split
from engine.words.batch import Example
from lessons.building.stage_parts import Parts
from lessons.contract.panels import Block, Item, Label, Matrix, Picture, Row, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import cells, five, number
from lessons.language.word2vec import experiment as exp

WIDE = 78
BAR = 20
PART = 4
"""Entries of a long vector that are shown."""
Marks = list[tuple[int, int, str, str]]


class Shown(Parts):
    """A position in the first three acts, or in an opened update."""

    def __init__(self, view: View, text: Text) -> None:
        super().__init__(view, text)
        self.held = exp.held(view.knobs)
        self.words = self.held.words
        self.live = exp.live(HOST, view.knobs, view.start)
        self.dim = view.start.params["V"].shape[1]
        self.tree = view.knobs["loss"] == "hs"

    # act 1

    def raw(self, lines: int = 4) -> Picture:
        """The beginning of the text; words that sub-sampling left out stand in brackets."""
        codes, stays = exp.beginning(self.live)
        marks: Marks = []
        y, x = 0, 0
        for code, stay in zip(codes, stays, strict=True):
            said = " ⏎" if code < 0 else self.words[code] if stay else f"({self.words[code]})"
            if x and x + 1 + cells(said) > WIDE:
                y, x = y + 1, 0
            if y == lines:
                break
            marks.append((y, x, said, "head" if stay else "dim"))
            x += 1 + cells(said)
        return Picture(id="raw", priority=5, title=self.say("raw"), marks=marks)

    def chances(self) -> Table:
        """The most frequent words: how often, how likely each occurrence stays, how likely it is noise."""
        counts, w = self.held.corpus.vocabulary.counts, self.view.loop("w")
        rows = []
        for i in range(min(exp.FIRST, len(counts))):
            f, keep, P = (self.number(f"{name}[{i}]") for name in ("f", "keep", "P"))
            bar = f"{'█' * round(BAR * keep):<{BAR}}" if keep is not None else " " * BAR
            shown = ("·" if each is None else five(each) for each in (f, keep))
            rows.append((self.words[i], number(counts[i]), *shown, bar, "·" if P is None else five(P)))
        heads = (self.say("word"), self.say("count"), "f", "keep", "", "P")
        begin = max(0, min((w or 0) - 5, len(rows) - 10))
        lit = None if w is None else w - begin
        return Table(id="chances", priority=9, heads=heads, rows=rows[begin : begin + 10], lit=lit)

    def word_at_work(self) -> Matrix:
        """The word in focus in cells, which the inspector explains."""
        w = self.view.loop("w") or 0
        items: dict[int, Item] = {
            0: self.scalar(f"count[{w}]", title=self.say("count")),
            1: self.scalar(f"f[{w}]", title="f"),
            2: self.scalar(f"keep[{w}]", title="keep"),
            3: self.scalar(f"P[{w}]", title="P"),
            4: self.scalar("Z", title="Z"),
            5: self.part("V", w, "v"),
        }
        return Matrix(id="numbers", priority=10, rows=[Row(self.words[w], items)])

    # act 2

    def sentence(self, pairs: Sequence[exp.Pair], n: int) -> Picture:
        """What stayed, in a row: the window around the centre of pair n."""
        codes, stays = exp.beginning(self.live)
        left = [(int(code), int(s)) for code, s in zip(codes, np.cumsum(codes < 0), strict=True)]
        left = [left[i] for i in np.flatnonzero(stays)[:200]]
        pair = pairs[n] if pairs else None
        marks: Marks = []
        x, first = 0, 1 if pair is None else max(1, min(pair.centre, pair.other) - 1)
        for place, (code, line) in list(enumerate(left, 1))[first - 1 :]:
            border = place > 1 and left[place - 2][1] != line
            near = pair is not None and abs(place - pair.centre) <= pair.reach and left[pair.centre - 1][1] == line
            centre = pair is not None and place == pair.centre
            said = ("⏎ " if border else "") + ("►" if centre else "") + self.words[code]
            if x + cells(said) > WIDE:
                break
            lit = pair is not None and place == pair.other
            marks.append((0, x, said, "written" if centre else "forward" if lit else "head" if near else "dim"))
            if lit:
                marks.append((1, x, "└ " + self.say("near"), "forward"))
            x += cells(said) + 2
        return Picture(id="sentence", priority=10, title=self.say("stayed"), marks=marks)

    def pairs(self, pairs: Sequence[exp.Pair], n: int) -> Table:
        """The pairs so far, with what each counts."""
        begin = max(0, n - 6)
        rows = []
        for i in range(begin, min(n + 1, len(pairs))):
            d, m = self.number(f"d[{i}]"), self.number(f"m[{i}]")
            said = f"{self.words[pairs[i].word]} → {self.words[pairs[i].near]}"
            rows.append((str(i + 1), said, *("·" if each is None else five(each) for each in (d, m))))
        heads = ("n", self.say("pair"), "d", "m")
        return Table(id="pairs", priority=9, heads=heads, rows=rows, lit=len(rows) - 1 if rows else None)

    def pair_at_work(self, n: int) -> Matrix:
        drawn = ("size",) if self.view.knobs["model"] == "cbow" else ()
        items: dict[int, Item] = {
            i: self.scalar(f"{name}[{n}]", title=name) for i, name in enumerate(("i", "o", "d", *drawn, "m"))
        }
        return Matrix(id="numbers", priority=10, rows=[Row(self.say("pair"), items)])

    def noise(self) -> Label:
        """Who is drawn as noise for the first batch."""
        some = self.live.examples(*self.live.place(0, 0))
        drawn = dict.fromkeys(self.words[t.word] for e in some for t in e.targets if t.noise)
        return Label(", ".join(drawn) or self.say("no_noise"))

    # act 3, and an opened update

    @property
    def examples(self) -> list[Example]:
        """The batch at work."""
        training = self.view.training
        if training is None or training.state is None:
            return self.live.examples(*self.live.place(0, 0))
        return self.live.examples(*self.live.places(training.state.data)[self.view.loop("batch") or 0])

    def part(self, symbol: str, row: int, title: str) -> Block:
        """Some entries of a row of a matrix, which can be edited."""
        value = self.view.get(symbol)
        wide = min(self.dim, PART)
        shown = None if value is None else value[row : row + 1, :wide]
        name = f"{title}({self.words[row]})" if symbol != "Theta" else title
        return Block(symbol, shown, (1, wide), "line", row, title=self.few(name), **self.flags(symbol))

    def few(self, title: str) -> str:
        """A title that says how much of a vector is shown."""
        return title if self.dim <= PART else f"{title} 1–{PART}/{self.dim}"

    def some(self, symbol: str, title: str) -> Block:
        """Some entries of a vector."""
        value, wide = self.view.get(symbol), min(self.dim, PART)
        shown = None if value is None else value[:wide].reshape(1, wide)
        return Block(symbol, shown, (1, wide), "row", title=self.few(title), **self.flags(symbol))

    def name(self, word: int, tree: bool) -> str:
        return self.say("node", w=word) if tree else self.words[word]

    def target(self, n: int, j: int, example: Example, heads: bool) -> Row:
        """A target: what it should be, how much it counts, what was said, how wrong."""
        target = example.targets[j]
        titles = {"t": "t", "m": "m", "a": "θ·h" if self.tree else "u·h", "p": "σ", "q": "q"}
        items: dict[int, Item] = {
            i: self.scalar(f"{name}[{n},{j}]", title=title if heads else "")
            for i, (name, title) in enumerate(titles.items())
        }
        said = self.name(target.word, self.tree)
        return Row(f"−{said}" if target.noise else said, items, mark=self.view.loop("j") == j)

    def example(self, n: int, example: Example) -> list[Matrix]:
        """One example: who speaks, every target, what is handed back."""
        of = "theta" if self.tree else "u"
        j, c = self.view.loop("j"), self.view.loop("c") or 0
        begin = max(0, min((j or 0) - 3, len(example.targets) - 8))
        rows = [self.target(n, i, example, i == begin) for i in range(begin, min(begin + 8, len(example.targets)))]
        word = example.inputs[min(c, len(example.inputs) - 1)].word
        speak: dict[int, Item] = {0: self.some(f"v[{word}]", f"v({self.words[word]})"), 1: self.some(f"h[{n}]", "h")}
        hear: dict[int, Item] = {}
        if j is not None and j < len(example.targets):
            target = example.targets[j]
            hear[0] = self.some(
                f"{of}[{target.word}]", f"{'θ' if self.tree else 'u'}({self.name(target.word, self.tree)})"
            )
            kind = "dnoise" if target.noise else f"d{of}"
            hear[1] = self.some(f"{kind}[{target.word}]", "d" + ("θ" if self.tree else "u"))
        else:
            hear[0] = self.some(f"dv[{word}]", f"dv({self.words[word]})")
        hear[2] = self.some(f"dh[{n}]", "dh")
        return [
            Matrix(id="targets", priority=10, rows=rows, tail=""),
            Matrix(id="speaks", priority=9, rows=[Row("", speak)]),
            Matrix(id="hears", priority=8, rows=[Row("", hear)]),
        ]

    def moves(self) -> Matrix:
        """The words that moved, the last six of them: how far the bound lets them, and where they are now."""
        moved = [name for name in self.view.written if split(name)[0] in ("v", "u", "theta")]
        w = self.view.loop("w")
        names = [f"{f}[{w}]" for f in ("v", "u", "theta") if w is not None] if not moved else sorted(moved)[:6]
        rows = []
        for name in names:
            family, at = split(name)
            if self.view.get(name) is None:
                continue
            said = self.name(at[0], family == "theta")
            items: dict[int, Item] = {
                0: self.scalar(f"cut_d{family}[{at[0]}]", title="cut"),
                1: self.some(f"d{family}[{at[0]}]", f"d{family}"),
                2: self.some(name, family),
            }
            rows.append(Row(said, items))
        return Matrix(id="moves", priority=10, rows=rows)
