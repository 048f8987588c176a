"""The stages of `windows`: the sentence with its frame, the pairs so far, the noise as bars, both directions drawn."""

from __future__ import annotations

from typing import Any, Protocol

from engine.words.windows import Pair
from lessons.building.stage_parts import Parts, Rules, laws, subscripted
from lessons.contract.panels import Item, Label, Matrix, Picture, Row, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import cells, five

WIDE = 76
BAR = 24


class Seen(Protocol):
    """What the experiment knows of its sentence."""

    @property
    def tokens(self) -> tuple[str, ...]: ...
    @property
    def codes(self) -> tuple[int, ...]: ...
    @property
    def words(self) -> tuple[str, ...]: ...
    @property
    def counts(self) -> tuple[int, ...]: ...
    @property
    def pairs(self) -> tuple[Pair, ...]: ...
    @property
    def centre(self) -> int: ...
    @property
    def context(self) -> list[int]: ...


class Shown(Parts):
    """A position in the sentence."""

    def __init__(self, view: View, text: Text, seen: Seen, drawn: list[int]) -> None:
        super().__init__(view, text)
        self.seen, self.drawn = seen, drawn
        n = view.loop("n")
        self.n = 0 if n is None else n

    @property
    def centre(self) -> int:
        """Where the window stands: over the pair at work, or over the chosen word."""
        if self.view.act == "window":
            return self.seen.pairs[self.n - 1].centre if self.n else 0
        return self.seen.centre

    def sentence(self) -> Picture:
        """The words, those in the window in a frame, the centre marked; the pair at work joined below."""
        centre, window = self.centre, int(self.view.knobs["window"])
        first, last = max(0, centre - window), min(len(self.seen.tokens) - 1, centre + window)
        begin = max(0, min(first, centre - 6))
        marks: list[tuple[int, int, str, str]] = []
        x, where = 1, {}
        if begin:
            marks.append((0, 0, "…", "dim"))
            x = 2
        for i in range(begin, len(self.seen.tokens)):
            token = self.seen.tokens[i]
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
        pair = self.seen.pairs[self.n - 1] if self.view.act == "window" and self.n else None
        joined = [pair.other] if pair else [p.other for p in self.seen.pairs if p.centre == centre]
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
        upto = self.n if self.view.act == "window" else len(self.seen.pairs)
        begin = max(0, upto - 7)
        rows = []
        for n in range(begin, upto):
            p = self.seen.pairs[n]
            side = self.say("left" if p.other < p.centre else "right", d=abs(p.other - p.centre))
            rows.append((str(n + 1), f"({self.seen.tokens[p.centre]}, {self.seen.tokens[p.other]})", "1", side))
        heads = ("n", self.say("pair"), "t", self.say("how"))
        lit = len(rows) - 1 if self.view.act == "window" and rows else None
        return Table(id="pairs", priority=8, heads=heads, rows=rows, lit=lit)

    def numbers(self) -> Matrix:
        """The pair at work in numbers."""
        n = self.n
        items: dict[int, Item] = {}
        if n and self.view.act == "window":
            items |= {
                0: self.scalar(f"i[{n}]", title=self.say("centre_at")),
                1: self.scalar(f"o[{n}]", title=self.say("other_at")),
                2: self.scalar(f"d[{n}]", title=self.say("distance")),
                3: self.scalar(f"t[{n}]", title="t"),
            }
        items[4] = self.scalar("pairs", title=self.say("so_far", all=len(self.seen.pairs)))
        word = self.seen.codes[self.centre]
        items[5] = self.vector(
            f"in[{word}]", self.view.start.params["V"].shape[1], "row", True, f"v({self.word(word)})"
        )
        return Matrix(id="numbers", priority=9, rows=[Row("", items)])

    def word(self, w: int) -> str:
        return self.seen.words[w]

    def noise(self) -> Table:
        """Every word: how often it occurs, how likely it is drawn, and where its stretch of 0 … 1 ends."""
        w = self.view.loop("w")
        rows = []
        most = max(c**0.75 for c in self.seen.counts)
        for i, word in enumerate(self.seen.words):
            P, edge = self.number(f"P[{i}]"), self.number(f"edge[{i}]")
            bar = "█" * round(BAR * self.seen.counts[i] ** 0.75 / most) if P is not None else ""
            bar = f"{bar:<{BAR}}"
            shown = "·" if P is None else five(P)
            rows.append((word, str(self.seen.counts[i]), five(self.seen.counts[i] ** 0.75), shown,
                         "·" if edge is None else five(edge), bar))  # fmt: skip
        heads = (self.say("word"), self.say("count"), "count^¾", "P", self.say("edge"), "")
        begin = max(0, min((w or 0) - 6, len(rows) - 14))
        lit = None if w is None else w - begin
        return Table(id="noise", priority=8, heads=heads, rows=rows[begin : begin + 14], lit=lit)

    def draws(self) -> Table:
        """Each random number, the word that it falls on, and whether that word is used."""
        itself = self.seen.codes[self.seen.centre]
        rows = []
        for n in range(1, int(self.view.knobs["negatives"]) + 1):
            r, k = self.number(f"r[{n}]"), self.number(f"k[{n}]")
            word = "·" if k is None else self.word(int(k))
            drawn = None if k is None else int(k)
            use = "itself" if drawn == itself else "skipped" if drawn in self.seen.context else "negative"
            rows.append((str(n), "·" if r is None else f"{r:.4f}", word, "" if k is None else self.say(use)))
        heads = ("n", self.say("random"), self.say("falls_on"), "")
        return Table(id="draws", priority=9, heads=heads, rows=rows, lit=self.n - 1 if self.n else None)

    def direction(self, form: str) -> Picture:
        """Skip-gram: from the centre to each neighbour; CBOW: from all of them to the centre."""
        words, centre = [self.word(w) for w in self.seen.context], self.word(self.seen.codes[self.seen.centre])
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

    def targets(self, form: str) -> Matrix:
        """What is said, and to whom: one line for each target, with its score."""
        D = self.view.start.params["V"].shape[1]
        words = [*self.seen.context, *self.drawn] if form == "skipgram" else [
            self.seen.codes[self.seen.centre], *self.drawn]  # fmt: skip
        rows = []
        for j, word in enumerate(words):
            heads = j == 0
            items: dict[int, Item] = {
                0: self.vector(f"out[{word}]", D, "row", True, "u" if heads else ""),
                1: self.scalar(f"t[{j}]", title="t" if heads else ""),
                2: self.scalar(f"a[{j}]", title="u·h" if heads else ""),
                3: self.scalar(f"p[{j}]", title="σ" if heads else ""),
                4: self.scalar(f"q[{j}]", title="q" if heads else ""),
            }
            rows.append(Row(self.word(word), items, mark=self.view.loop("j") == j))
        return Matrix(id="targets", priority=9, rows=rows[:8])

    def hidden(self, form: str) -> Matrix:
        """h: the centre's own vector, or the mean of its neighbours'."""
        D = self.view.start.params["V"].shape[1]
        inputs = [self.seen.codes[self.seen.centre]] if form == "skipgram" else self.seen.context
        items: dict[int, Item] = {
            i: self.vector(f"in[{word}]", D, "row", True, f"{subscripted('v', i)} {self.word(word)}")
            for i, word in enumerate(inputs[:3])
        }
        items[8] = self.vector("h", D, title="h")
        items[9] = self.scalar("L", title="L")
        return Matrix(id="hidden", priority=8, rows=[Row("", items)])


def panels(view: View, text: Text, rules: Rules, seen: Seen, drawn: list[int]) -> Stage:
    """The panels of a position."""
    shown = Shown(view, text, seen, drawn)
    if view.act == "window":
        return [laws(rules, "distance", "met"), shown.sentence(), shown.numbers(), shown.pairs()]
    if view.act == "noise":
        total: dict[int, Item] = {0: shown.scalar("Z", title="Z"), 1: Label(shown.say("sum"))}
        sums = Matrix(id="total", priority=7, rows=[Row("", total)])
        return [laws(rules, "Z", "P"), shown.noise(), sums, shown.numbers()]
    if view.act == "draw":
        return [laws(rules, "k"), shown.sentence(), shown.draws(), shown.numbers()]
    form = view.act
    ops = ("h_copy", "a_u", "p") if form == "skipgram" or len(seen.context) == 1 else ("h_add", "h_mean", "a_u", "p")
    return [laws(rules, *ops), shown.sentence(), shown.direction(form), shown.hidden(form), shown.targets(form)]


def says(view: View, text: Text, seen: Seen) -> dict[str, Any]:
    """The fields that the text of `windows` may use."""
    n = view.loop("n") or 0
    common = max(range(len(seen.words)), key=lambda i: seen.counts[i])
    rare = min(range(len(seen.words)), key=lambda i: (seen.counts[i], -i))
    return {
        "window": view.knobs["window"], "words": len(seen.tokens), "V": len(seen.words), "pairs": len(seen.pairs),
        "n": n,
        "centre": seen.words[seen.codes[seen.centre]], "C": len(seen.context), "K": view.knobs["negatives"],
        "common": seen.words[common], "rare": seen.words[rare],
        "times": f"{seen.counts[common] / seen.counts[rare]:g}",
        "ratio": f"{(seen.counts[common] / seen.counts[rare]) ** 0.75:.2f}",
    }  # fmt: skip
