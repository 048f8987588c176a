"""The stages of `windows`: the sentence with its frame, the pairs so far, the noise as bars, both directions drawn."""

from __future__ import annotations

from typing import Any

from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import Lengths
from lessons.contract.panels import Item, Label, Matrix, Picture, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import cells, five
from lessons.language.pairs import PairStage
from lessons.language.windows.sentence import read

WIDE = 76
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
        """The words, those in the window in a frame, the centre marked; the pair at work joined below."""
        centre, window = self.centre, int(self.knobs["window"])
        first, last = max(0, centre - window), min(len(self.sentence.tokens) - 1, centre + window)
        begin = max(0, min(first, centre - 6))
        marks: list[tuple[int, int, str, str]] = []
        x, where = 1, {}
        if begin:
            marks.append((0, 0, "…", "dim"))
            x = 2
        for i in range(begin, len(self.sentence.tokens)):
            token = self.sentence.tokens[i]
            if x + cells(token) + 4 > WIDE:
                marks.append((0, x, "…", "dim"))
                break
            if i == first:
                marks.append((0, x, "[", "head"))
                x += 1
            if i == centre:
                marks.append((0, x, "►", "written"))
            where[i] = x + 1 + cells(token) // 2
            marks.append((0, x + 1, token, "head" if first <= i <= last else ""))
            x += cells(token) + 2
            if i == last:
                marks.append((0, x, "]", "head"))
                x += 2
        pair = self.sentence.pairs[self.n - 1] if self.act == "window" and self.n else None
        joined = [pair.other] if pair else [p.other for p in self.sentence.pairs if p.centre == centre]
        ends = sorted({where[each] for each in (*joined, centre) if each in where}) if centre in where else []
        if len(ends) > 1:
            low, *inner, high = ends
            marks.append((1, low, "└" + "─" * (high - low - 1) + "┘", "forward"))
            marks += [(1, x, "┴", "forward") for x in inner]
        if joined and centre in where:
            marks.append((2, where[centre], self.say("met"), "forward"))
        return Picture(id="sentence", priority=10, marks=marks)

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
        items[4] = self.scalar("pairs", title=self.say("so_far", all=len(self.sentence.pairs)))
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
            rows.append((word, str(self.sentence.counts[i]), five(self.sentence.counts[i] ** 0.75), shown,
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

    def direction(self, form: str) -> Picture:
        """Skip-gram: from the centre to each neighbour; CBOW: from all of them to the centre."""
        words, centre = (
            [self.word(w) for w in self.sentence.context],
            self.word(self.sentence.codes[self.sentence.centre]),
        )
        marks: list[tuple[int, int, str, str]] = []
        wide = max((cells(word) for word in words), default=1)
        middle = len(words) // 2
        for i, word in enumerate(words):
            if form == "skipgram":
                marks.append((i, 8 + cells(centre), "─┬─→" if i == 0 and len(words) > 1 else "───→" if i == 0
                              else " └─→" if i == len(words) - 1 else " ├─→", "forward"))  # fmt: skip
                marks.append((i, 13 + cells(centre), word, "head"))
            else:
                marks.append((i, 7, word, "head"))
                last = i == len(words) - 1
                sign = ("─┴" if last else "─┼") if i == middle else "─┐" if i == 0 else "─┘" if last else "─┤"
                marks.append((i, 8 + wide, sign if len(words) > 1 else "──", "forward"))
        if form == "skipgram":
            marks.append((0, 7, centre, "head"))
        else:
            marks.append((middle, 10 + wide, "──→", "forward"))
            marks.append((middle, 14 + wide, centre, "head"))
        return Picture(id="direction", priority=7, marks=marks)

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
            i: self.vector(f"in[{word}]", self.dim, title=f"{subscripted('v', i)} {self.word(word)}")
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
        return [self.law(*ops), self.words_in_line(), self.direction(self.act), self.hidden(), self.targets()]

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
