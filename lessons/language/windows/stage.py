"""The stages of `windows`: the sentence with its frame, the pairs so far, the noise as bars, both directions drawn."""

from __future__ import annotations

from typing import Any

from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import Lengths
from lessons.contract.panels import Item, Label, Matrix, Picture, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.language.pairs import PairStage
from lessons.language.windows.drawing import direction, framed
from lessons.language.windows.sentence import read

BAR = 24


class WindowsStage(PairStage):
    """A position in the sentence."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.sentence, self.n = read(view.knobs, view.start), view.loop("n") or 0
        self.drawn, self.dim = self.sentence.negatives(view.knobs, view.start), self.lengths["dim"]

    @property
    def centre(self) -> int:
        """Where the window stands: over the pair at work, or over the chosen word."""
        if self.act == "window":
            return self.sentence.pairs[self.n - 1].centre if self.n else 0
        return self.sentence.centre

    def words_in_line(self) -> Picture:
        """The words, those in the window in a frame; the pair at work joined, or the centre with all its neighbours."""
        pairs = self.sentence.pairs
        pair = [pairs[self.n - 1]] if self.act == "window" and self.n else pairs
        others = [p.other for p in pair if p.centre == self.centre]
        return framed(self.sentence.tokens, self.centre, int(self.knobs["window"]), others, self.say("met"))

    def pairs(self) -> Table:
        """The latest positive pairs."""
        upto = self.n if self.act == "window" else len(self.sentence.pairs)
        begin = max(0, upto - 7)
        rows = []
        for n in range(begin, upto):
            p = self.sentence.pairs[n]
            side = self.say("left" if p.other < p.centre else "right", d=abs(p.other - p.centre))
            rows.append((str(n + 1), f"({self.sentence.tokens[p.centre]}, {self.sentence.tokens[p.other]})", "1", side))
        heads = ("n", self.say("pair"), "t", self.say("how"))
        lit = len(rows) - 1 if self.act == "window" and rows else None
        return Table(id="pairs", priority=8, heads=heads, rows=rows, lit=lit)

    def numbers(self) -> Matrix:
        """The pair at work in numbers."""
        n = self.n
        items: dict[int, Item] = {}
        if n and self.act == "window":
            titles = {name: self.say(key) for name, key in (("i", "centre_at"), ("o", "other_at"), ("d", "distance"))}
            numbers = (self.scalar(f"{name}[{n}]", title=title) for name, title in {**titles, "t": "t"}.items())
            items |= dict(enumerate(numbers))
        every = len(self.sentence.pairs)
        title = self.say("so_far", all=every) if self.act != "window" or n == every else self.say("pairs_so_far")
        items[4] = self.scalar("pairs", title=title)
        word = self.sentence.codes[self.centre]
        items[5] = self.vector(f"in[{word}]", self.dim, title=f"v({self.word(word)})")
        return flow("numbers", items, 9)

    def word(self, w: int) -> str:
        return self.sentence.words[w]

    def noise(self) -> Table:
        """Every word: how often it occurs, how likely it is drawn, and where its stretch of 0 … 1 ends."""
        w = self.view.loop("w")
        rows = []
        most = max(c**0.75 for c in self.sentence.counts)
        for i, word in enumerate(self.sentence.words):
            P, edge = self.number(f"P[{i}]"), self.number(f"edge[{i}]")
            bar = "█" * round(BAR * self.sentence.counts[i] ** 0.75 / most) if P is not None else ""
            bar = f"{bar:<{BAR}}"
            shown = "·" if P is None else five(P)
            power = "·" if self.view.hides("powers") else five(self.sentence.counts[i] ** 0.75)
            rows.append((word, str(self.sentence.counts[i]), power, shown,
                         "·" if edge is None else five(edge), bar))  # fmt: skip
        heads = (self.say("word"), self.say("count"), "count^¾", "P", self.say("edge"), "")
        begin = max(0, min((w or 0) - 6, len(rows) - 14))
        lit = None if w is None else w - begin
        return Table(id="noise", priority=8, heads=heads, rows=rows[begin : begin + 14], lit=lit)

    def draws(self) -> Table:
        """Each random number, the word that it falls on, and whether that word is used."""
        itself = self.sentence.codes[self.sentence.centre]
        rows = []
        for n in range(1, int(self.knobs["negatives"]) + 1):
            r, k = self.number(f"r[{n}]"), self.number(f"k[{n}]")
            word = "·" if k is None else self.word(int(k))
            drawn = None if k is None else int(k)
            use = "itself" if drawn == itself else "skipped" if drawn in self.sentence.context else "negative"
            rows.append((str(n), "·" if r is None else f"{r:.4f}", word, "" if k is None else self.say(use)))
        heads = ("n", self.say("random"), self.say("falls_on"), "")
        return Table(id="draws", priority=9, heads=heads, rows=rows, lit=self.n - 1 if self.n else None)

    def targets(self) -> Matrix:
        """The targets, one line each, with their scores."""
        rows = []
        for j, word in enumerate(self.sentence.prediction(self.act, self.drawn).targets[:8]):
            families = {"t": "t", "a": "u·h", "p": "σ", "q": "q"}
            numbers = [self.scalar(f"{family}[{j}]", title=title) for family, title in families.items()]
            rows.append(self.target(self.word(word), j, self.vector(f"out[{word}]", self.dim, title="u"), *numbers))
        return Matrix(id="targets", priority=9, rows=rows)

    def hidden(self) -> Matrix:
        """h: the centre's own vector, or the mean of its neighbours'."""
        inputs = self.sentence.prediction(self.act, self.drawn).inputs
        items: dict[int, Item] = {
            i: self.vector(f"in[{word}]", self.dim, title=f"{subscripted('v', i + 1)} {self.word(word)}")
            for i, word in enumerate(inputs[:3])
        }
        items |= {8: self.vector("h", self.dim, title="h"), 9: self.scalar("L", title="L")}
        return flow("hidden", items, 8)

    def show_window(self) -> Stage:
        return [self.law("distance", "met"), self.words_in_line(), self.numbers(), self.pairs()]

    def show_noise(self) -> Stage:
        total = flow("total", {0: self.scalar("Z", title="Z"), 1: Label(self.say("sum"))}, 7)
        return [self.law("Z", "P"), self.noise(), total, self.numbers()]

    def show_draw(self) -> Stage:
        return [self.law("k"), self.words_in_line(), self.draws(), self.numbers()]

    def show_skipgram(self) -> Stage:
        return self.predicting("h_copy", "a_u", "p")

    def show_cbow(self) -> Stage:
        one = len(self.sentence.context) == 1
        return self.predicting(*(("h_copy",) if one else ("h_add", "h_mean")), "a_u", "p")

    def predicting(self, *ops: str) -> Stage:
        """Acts 4 and 5: the same window, in two directions."""
        words, centre = map(self.word, self.sentence.context), self.word(self.sentence.codes[self.sentence.centre])
        drawn = direction(self.act, list(words), centre)
        return [self.law(*ops), self.words_in_line(), drawn, self.hidden(), self.targets()]

    def fields(self) -> dict[str, Any]:
        """The fields that the text of `windows` may use."""
        sentence, counts = self.sentence, self.sentence.counts
        common = max(range(len(counts)), key=lambda i: counts[i])
        rare = min(range(len(counts)), key=lambda i: (counts[i], -i))
        times = counts[common] / counts[rare]
        return {
            "window": self.knobs["window"], "words": len(sentence.tokens), "V": len(counts), "n": self.n,
            "pairs": len(sentence.pairs), "centre": self.word(sentence.codes[sentence.centre]),
            "C": len(sentence.context), "K": self.knobs["negatives"], "common": self.word(common),
            "rare": self.word(rare), "times": f"{times:g}", "ratio": f"{times**0.75:.2f}",
        }  # fmt: skip
