"""Drawers: what slides over the stage and answers one question. Each draws itself and takes the arrows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.walks.gradient_check import Checked
from engine.walks.tape import function_source
from lessons.contract.knobs import Knob, Refused
from lessons.contract.phrases import Words
from lessons.contract.view import NOTHING
from lessons.explaining.figures import cells, eight, five, parted
from lessons.explaining.figures import loss as loss_figures
from lessons.explaining.glossary import meaning, setting
from lessons.explaining.inspect import USERS, Inspection, inspect
from lessons.explaining.typeset import entry, slope
from lessons.explaining.typeset import name as symbol_name
from tui.canvas.canvas import Canvas, boxed, fit, wrap
from tui.draw.pen import Cursor
from tui.picture.boxes import Desk, Drawer, Styled


def padded(said: str, width: int) -> str:
    """Text with spaces behind it, so many cells wide."""
    return said + " " * (width - cells(said))


def explained(said: str, width: int, ink: str) -> Styled:
    """What a symbol or a knob is, in lines; none where nobody says so."""
    return [(line, ink) for line in wrap(said, width)] if said else []


class Check(Drawer):
    """Gradient check of one parameter: cell by cell, and along one random direction."""

    keys = (("←→", "choose"), ("↑↓", "more"), ("esc", "leave"))

    def __init__(self, desk: Desk, p: str) -> None:
        self.names = list(desk.player.lesson.weights(desk.player.start_here()))
        self.at = self.names.index(p) if p in self.names else 0
        self.top, self.room = 0, 1
        self._compute(desk)

    def _compute(self, desk: Desk) -> None:
        lesson = desk.player.lesson
        view = replace(desk.view, hidden=NOTHING)
        self.found: Sequence[Checked] = lesson.check(view, self.names[self.at])
        self.along = lesson.along(view)

    @property
    def agrees(self) -> bool:
        """Whether the largest difference is small beside the largest gradient."""
        return self.worst() < 1e-6

    def worst(self) -> float:
        """Largest difference over largest gradient (nan where anything is)."""
        most = max((abs(c.gradient) for c in self.found), default=0.0)
        gaps = [c.gap for c in self.found]
        return max(gaps, key=lambda gap: (gap != gap, gap), default=0.0) / max(most, 1e-3)

    def draw(self, desk: Desk, width: int, height: int) -> Canvas:
        words, p = desk.words, self.names[self.at]
        width = min(width, 58)
        lines: Styled = [(f"{'':16}{words('drawer.check_heads')}", "label")]
        of = desk.player.lesson.checks
        room = self.room = max(1, height - 8)
        self.top = max(0, min(self.top, len(self.found) - room))
        for c in self.found[self.top : self.top + room]:
            vector = desk.player.start.params[p].ndim == 1
            cell = entry(p, c.cell[:1] if vector else c.cell)
            lines.append((f"{cell:12}{eight(c.gradient):>14}{eight(c.numeric):>15}   {_tiny(c.gap):>8}", ""))
        rest = len(self.found) - self.top - room
        if rest > 0:
            lines.append((words("drawer.more", n=rest), "dim"))
        if self.found:  # of the first in sight, how the difference comes about
            first = self.found[self.top]
            both = zip(("plus", "minus"), parted(first.plus, first.minus), strict=True)
            lines += [(words(f"drawer.{side}", of=of, value=value), "dim") for side, value in both]
        key = "drawer.agree" if self.agrees else "drawer.differ"
        lines.append((words(key, gap=_tiny(self.worst())), "right" if self.agrees else "wrong"))
        gap = abs(self.along[0] - self.along[1]) / max(abs(self.along[0]), 1e-3)
        lines.append((words("drawer.along", sign="✓" if gap < 1e-6 else "✗", gap=_tiny(gap)), "dim"))
        return boxed(words("drawer.check", slope=slope(of, p)), lines, width, desk.ascii_only)

    def move(self, desk: Desk, dx: int, dy: int) -> bool:
        if dx:
            self.at, self.top = (self.at + dx) % len(self.names), 0
            self._compute(desk)
        self.top = max(0, self.top + dy)
        return True

    def live_keys(self, desk: Desk) -> list[tuple[str, str]]:
        several, more = len(self.names) > 1, len(self.found) > self.room
        return [key for key in self.keys if (several or key[0] != "←→") and (more or key[0] != "↑↓")]


def _tiny(gap: float) -> str:
    return ("0" if gap == 0 else f"{gap:.0e}".replace("e-0", "e-")) if gap == gap else "NaN"


class Knobs(Drawer):
    """All settings; changes wait until ↵, and a value that does not fit says why."""

    keys = (("↑↓", "choose"), ("←→", "choose"), ("e", "edit"), ("↵", "apply"), ("u", "undo"), ("esc", "leave"))

    def __init__(self) -> None:
        self.at = 0
        self.pending: dict[str, Any] = {}
        self.seed: int | None = None
        self.error = ""

    def rows(self, desk: Desk) -> list[Knob]:
        """The lesson's knobs, and the seed."""
        seed = Knob("seed", "int", 0, 0, 2**31)
        return [*desk.player.lesson.card.knobs, seed]

    def value(self, desk: Desk, knob: Knob) -> Any:
        """What the knob stands at, changed or not."""
        if knob.id == "seed":
            if self.seed is not None:
                return self.seed
            return desk.player.seed if desk.player.seed is not None else desk.words("drawer.example")
        return self.pending.get(knob.id, desk.player.knobs[knob.id])

    def draw(self, desk: Desk, width: int, height: int) -> Canvas:
        lines: Styled = []
        rows = self.rows(desk)
        names = {knob.id: desk.words.get(f"name.{knob.id}", "") for knob in rows}
        room = max(map(cells, names.values())) + 1 if any(names.values()) else 0
        mark, ink, said = "!", "warn", self.error
        if not said:
            mark, ink, said = " ", "label", self.about(desk, rows[self.at])
        wide = min(width, 52 + room)
        below = explained(said, wide - 6, ink)
        seen = max(3, height - 2 - len(below))
        first = max(0, min(self.at - seen // 2, len(rows) - seen))
        for i, knob in list(enumerate(rows))[first : first + seen]:
            changed = knob.id in self.pending or (knob.id == "seed" and self.seed is not None)
            star = "*" if changed or knob.id in desk.player.changed else " "
            value = fit(str(self.value(desk, knob)).replace("\n", "⏎"), 18)
            shown = f"[{value}]" if i == self.at else f" {value} "
            limits, name = "←→" if knob.choices else knob.range(), padded(names[knob.id], room)
            row = f"{'►' if i == self.at else ' '}{star}{knob.id:<11}{name}{padded(shown, 21)} {limits}"
            lines.append((row, "head" if i == self.at else ""))
        lines += [(f"{mark} {line}", ink) for line, ink in below]
        cut = f"  {self.at + 1}/{len(rows)}" if len(rows) > seen else ""
        return boxed(desk.words("drawer.knobs") + cut, lines, wide, desk.ascii_only)

    def about(self, desk: Desk, knob: Knob) -> str:
        """What a knob sets, and what its value is called where it is one of some that have names."""
        value, said = str(self.value(desk, knob)), setting(desk.text, desk.words, knob.id)
        named = desk.words.get(f"value.{knob.id}.{value}", "") or desk.words.get(f"value.any.{value}", "")
        return f"{value} {named}  {said}" if knob.choices and named else said

    def move(self, desk: Desk, dx: int, dy: int) -> bool:
        rows = self.rows(desk)
        self.at = (self.at + dy) % len(rows)
        knob = rows[self.at]
        if dx and knob.choices:
            value = str(self.value(desk, knob))
            at = knob.choices.index(value) if value in knob.choices else 0
            self.put(desk, knob, knob.choices[(at + dx) % len(knob.choices)])
        elif dx and knob.kind in ("int", "float") and knob.id != "seed":
            self.put(desk, knob, nudged(knob, self.value(desk, knob), dx))
        return True

    def live_keys(self, desk: Desk) -> list[tuple[str, str]]:
        knob = self.rows(desk)[self.at]
        turns = bool(knob.choices) or (knob.kind in ("int", "float") and knob.id != "seed")
        undone = self.dirty or bool(self.error)
        return [key for key in self.keys if (turns or key[0] != "←→") and (undone or key[0] != "u")]

    def put(self, desk: Desk, knob: Knob, raw: Any) -> bool:
        """Set a knob aside for ↵. False, with the reason on the drawer, where the value does not fit."""
        try:
            value = knob.read(raw)
        except Refused as refused:
            self.error = refused.say(desk.words)
            return False
        self.error = ""
        if knob.id == "seed":
            self.seed = int(value)
        elif value == desk.player.knobs[knob.id]:
            self.pending.pop(knob.id, None)
        else:
            self.pending[knob.id] = value
        return True

    @property
    def dirty(self) -> bool:
        return bool(self.pending) or self.seed is not None

    def clear(self) -> None:
        """Take back what waits."""
        self.pending.clear()
        self.seed, self.error = None, ""

    def left(self, words: Words) -> str:
        """What is said when it is closed: how many changes wait in it."""
        n = len(self.pending) + (self.seed is not None)
        return words("say.knobs_wait", n=n) if n else ""


def nudged(knob: Knob, value: Any, by: int) -> float:
    """One notch: integers by one, others by a factor near √10 on round figures, within the range."""
    if knob.kind == "int":
        return min(knob.high, max(knob.low, int(value) + by))
    ladder = [m * 10.0**e for e in range(-5, 7) for m in (1, 3)]
    beyond = [x for x in ladder if (x > value * 1.001 if by > 0 else x < value * 0.999) and knob.low <= x <= knob.high]
    return float(value) if not beyond else round(beyond[0] if by > 0 else beyond[-1], 6)


class Inspect(Drawer):
    """One cell: its formula, the numbers in it, where they came from; ↵ walks the chain."""

    keys = (("↑↓", "choose"), ("↵", "open"), ("y", "copy"), ("e", "edit"), ("esc", "leave"))

    def __init__(self, cell: Cursor) -> None:
        self.trail = [cell]
        self.at = 0

    def now(self, desk: Desk) -> Inspection:
        """The cell in focus, explained."""
        return inspect(desk.view, *self.trail[-1])

    def draw(self, desk: Desk, width: int, height: int) -> Canvas:
        found, words = self.now(desk), desk.words
        width = min(width, 78)
        lines = explained(meaning(desk.text, words, found.symbol), width - 4, "")
        if found.rule:
            lines.append((found.rule, "law"))
            formula = found.lines(width - 6)
            lines += [(line, "head" if line == formula[-1] else "") for line in formula]
        lines.append((f"= {found.shown}", "head"))
        if not found.rule:
            lines.append((words("drawer.not_yet" if found.value is None else "drawer.given"), "dim"))
        for i, source in enumerate(found.sources):
            held = desk.view.lookup(found.position)(source) if found.position else None
            shape = getattr(held, "shape", ())
            size = (
                f"{five(float(held))}"
                if held is not None and not shape and not callable(held)
                else "×".join(map(str, shape))
            )
            mark = "►" if i == self.at else " "
            head = (
                f"{words('drawer.from')} "
                if i == 0
                else " " * (len(words("drawer.from")) * (2 if words.lang == "zh" else 1) + 1)
            )
            row = f"{head}{mark} {symbol_name(source)}  {size}  {meaning(desk.text, words, source)}"
            lines.append((fit(row.rstrip(), width - 4), "head" if i == self.at else ""))
        if found.users:
            by = [symbol_name(user) for user in found.users[:USERS]] + ["…"] * (len(found.users) > USERS)
            lines.append((words("drawer.used", by=", ".join(by)), "dim"))
        lines.append((words("drawer.copy", full=found.full), "dim"))
        return boxed(words("drawer.inspect", cell=found.label), lines[: height - 2], width, desk.ascii_only)

    def move(self, desk: Desk, dx: int, dy: int) -> bool:
        count = len(self.now(desk).sources)
        self.at = (self.at + dy) % count if count else 0
        if dx < 0 and len(self.trail) > 1:
            self.trail.pop()
            self.at = 0
        return True

    def live_keys(self, desk: Desk) -> list[tuple[str, str]]:
        count, edits = len(self.now(desk).sources), desk.player.lesson.editable(self.trail[-1][0])
        works = {"↑↓": count > 1, "↵": self.source(desk) is not None, "e": edits}
        return [key for key in self.keys if works.get(key[0], True)]

    def source(self, desk: Desk) -> Cursor | None:
        """The cell of the chosen source that matters most: the one in the same place where it has one.

        None where there is no source, or it is this cell as it was before.
        """
        found = self.now(desk)
        if not found.sources:
            return None
        source = found.sources[min(self.at, len(found.sources) - 1)]
        held = desk.view.get(source)
        shape = getattr(held, "shape", ())
        index = tuple(min(i, n - 1) for i, n in zip((*found.index, 0, 0), shape, strict=False))
        return None if (source, index) == (found.symbol, found.index) else (source, index)

    def enter(self, desk: Desk) -> None:
        """To the cell of the chosen source."""
        cell = self.source(desk)
        if cell is not None:
            self.trail.append(cell)
            self.at = 0


class Code(Drawer):
    """The engine's own source, the executed statement marked."""

    keys = (("←→", "step"), ("y", "copy"), ("esc", "leave"))

    def draw(self, desk: Desk, width: int, height: int) -> Canvas:
        words, source = desk.words, desk.view.source()
        width = min(width, 84)
        if source is None or desk.view.step is None:
            closed = desk.player.spot.training and not desk.player.spot.open
            said = words("drawer.code_closed" if closed else "where.start")
            return boxed(words("drawer.code", file=""), [(said, "dim")], width, desk.ascii_only)
        first, lines = function_source(source)
        room = max(3, min(height - 3, 12))
        top = max(0, min(source.line - first - room // 2, len(lines) - room))
        shown: Styled = []
        for number, line in enumerate(lines[top : top + room], first + top):
            lit = source.line <= number <= source.last
            shown.append((f"{'►' if lit else ' '} {line}", "lit" if lit else ""))
        shown.append((words("drawer.code_line", line=source.line, op=desk.view.step.op), "dim"))
        return boxed(words("drawer.code", file=in_package(Path(source.file))), shown, width, desk.ascii_only)

    def live_keys(self, desk: Desk) -> list[tuple[str, str]]:
        return [key for key in self.keys if key[0] != "y" or desk.view.source() is not None]


def in_package(file: Path) -> str:
    """A source file as it is imported: from its outermost package on."""
    top = file.parent
    while (top / "__init__.py").exists():
        top = top.parent
    return file.relative_to(top).as_posix()


LEAST_KNOBS = 2
"""Knobs of a new branch that are in sight, however low the drawer is."""


def in_sight(lines: Styled, at: int, most: int) -> Styled:
    """At most so many lines with the one in focus among them; the first and the last say how many are beyond them."""
    first = max(0, min(at - most // 2, len(lines) - most))
    found, below = lines[first : first + most], max(0, len(lines) - first - most)
    marks = (0, f"  ▲ {first}" if first else ""), (-1, f"  ▼ {below}" if below else "")
    for i, said in marks if found else ():
        found[i] = found[i][0] + said, found[i][1]
    return found


class Fork(Drawer):
    """The branches of training, and the live knobs that a new one may change."""

    keys = (("↑↓", "choose"), ("↵", "value"), ("tab", "swap"), ("b", "drop"), ("u", "undo"), ("esc", "leave"))

    def __init__(self, desk: Desk) -> None:
        real = (i for i, knob in enumerate(self.live(desk)) if knob.kind == "float")
        self.at = next(real, 0)  # a number that goes up or down: what is forked most

    def live(self, desk: Desk) -> list[Knob]:
        return [knob for knob in desk.player.lesson.card.knobs if knob.live]

    def knob(self, desk: Desk) -> Knob:
        """The knob in focus."""
        live = self.live(desk)
        return live[self.at % len(live)]

    def draw(self, desk: Desk, width: int, height: int) -> Canvas:
        player, words = desk.player, desk.words
        branches: Styled = []
        knobs: Styled = []
        for i, branch in enumerate(player.branches):
            latest = branch.history.value(len(branch.history) - 1) if len(branch.history) else None
            said = words(
                "drawer.branch",
                name=branch.name,
                change=branch.change or words("drawer.trunk"),
                loss="·" if latest is None else loss_figures(latest),
                n=f"{len(branch.history):,}",
            )
            branches.append((f"{'►' if i == player.current else ' '} {said}", "head" if i == player.current else ""))
        for knob in self.live(desk):
            here = knob is self.knob(desk)
            value = player.branch.knobs[knob.id]
            limits = knob.range()
            knobs.append((f"{'►' if here else ' '} {knob.id:<12}{value!s:<10} {limits}", "head" if here else ""))
        room = height - 2
        between = [("", "")] if len(branches) + len(knobs) < room else []
        knobs = in_sight(knobs, self.at % len(knobs), max(LEAST_KNOBS, room - len(branches)))
        lines = in_sight(branches, player.current, max(1, room - len(knobs))) + between + knobs
        meant = explained(setting(desk.text, words, self.knob(desk).id), min(width, 60) - 4, "label")
        lines += meant if len(lines) + len(meant) + 2 <= height else []  # only there for ease
        return boxed(words("drawer.fork", n=f"{player.spot.n:,}"), lines, min(width, 60), desk.ascii_only)

    def move(self, desk: Desk, dx: int, dy: int) -> bool:
        self.at = (self.at + dy) % len(self.live(desk))
        return True

    def live_keys(self, desk: Desk) -> list[tuple[str, str]]:
        runs, several = desk.player.runs, len(self.live(desk)) > 1
        works = {"tab": len(runs.made) > 1, "b": len(runs.made) > 1, "↑↓": several}
        works["u"] = runs.forked or runs.dropped is not None
        return [key for key in self.keys if works.get(key[0], True)]
