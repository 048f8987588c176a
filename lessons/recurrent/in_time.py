"""What the stages of this shelf share: one column a timestep, letters, guesses, bars of norms, a parameter's step."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from engine.device import HostArray
from engine.gated.run.letters import cannot_stand_alone
from engine.walks.step import split
from lessons.building.staging import Lengths, LessonStage
from lessons.contract.panels import Axis, Bar, Block, Item, Label, Matrix, Row, Strip
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.recurrent.letters import letters_read

UNSEEN = "\u00ad\u200b\u2060\ufeff"
"""Characters that leave nothing to be seen: a soft hyphen, what joins or parts words."""
REACH = 12
"""Timesteps on either side of the one at work that may be in sight, however wide the screen."""


class TimeStage(LessonStage):
    """A position in a net unrolled over T timesteps, with H hidden units and K letters."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.T, self.H, self.K = (self.lengths[letter] for letter in "THK")
        self.t, self.k = view.loop("t"), view.loop("k")
        self.units = self.H  # units of a state that are shown under a timestep

    @cached_property
    def vocabulary(self) -> list[str]:
        """The letters as they are shown."""
        return [letter(each) for each in self.inputs["vocabulary"]]

    @property
    def focus(self) -> int:
        """The timestep that stays in sight: that of the innermost loop of the address."""
        return self.k if self.k is not None else self.t or 0

    @cached_property
    def axis(self) -> Axis:
        """One column a timestep."""
        own = () if self.t is None else (self.t,)
        return Axis(tuple(f"t={t}" for t in range(self.T)), self.focus, self.units, own=own)

    @cached_property
    def near(self) -> tuple[int, ...]:
        """The timesteps that may be in sight: around the one at work and the cell cursor, and that of the loss."""
        cursor = self.view.cursor
        at = split(cursor[0])[1][-1:] if cursor is not None else ()
        about = {t for n in (self.focus, *at) for t in range(n - REACH, n + REACH + 1)}
        loss = set() if self.t is None else {self.t - 1, self.t}
        return tuple(sorted(t for t in about | loss if 0 <= t < self.T))

    def matrix(
        self, name: str, shape: tuple[int, int], title: str = "", labels: str = "", only: int | None = None
    ) -> Block:
        """A matrix; `labels` "cols" or "rows" puts the vocabulary there, `only` is the one column that is read."""
        letters = tuple(self.vocabulary)
        rows, cols = (letters if labels == "rows" else ()), (letters if labels == "cols" else ())
        return Block(name, self.view.get(name), shape, title=title, rows=rows, cols=cols, only=only, **self.flags(name))

    def strip(self) -> list[Any]:
        """All letters in one line, where they are too many for the columns."""
        if self.T <= 4:
            return []
        tokens = [self.vocabulary[code] for code in self.inputs["x"]]
        return [Strip(id="strip", priority=8, tokens=tokens, axis=self.axis)]

    def state(self, name: str) -> Block:
        """A vector with one number for each hidden unit, in a line."""
        return self.vector(name, self.H)

    def column(self, name: str, size: int, title: str = "") -> Block:
        """A vector as a column under its title."""
        return self.vector(name, size, "column", title)

    def head(self, loop: str = "t") -> Row:
        """The turns of a loop over their columns."""
        return Row("", {n: Label(f"{loop}={n}", role="dim") for n in self.near})

    def row_of(self, label: str, name: str, size: int, lie: str = "row") -> Row:
        """name[t] under every t."""
        return Row(label, {t: self.vector(f"{name}[{t}]", size, lie) for t in self.near})

    def example(self, name: str) -> Any:
        """A vector symbol; of a batch the first example's. None where it is not known yet."""
        value = self.view.get(name)
        return value if value is None or value.ndim == 1 else value[:, 0]


def guesses(
    stage: TimeStage, priority: int = 5, most: int = 3, by_letter: bool = False, at: Collection[int] | None = None
) -> Matrix:
    """ŷ under every t, or those `at`, in percent: the `most` likeliest letters, the likeliest first.

    Where there are no more letters than that, `by_letter` puts them in the order of the vocabulary.
    """
    columns: dict[int, Item] = {}
    for t in stage.near if at is None else [t for t in stage.near if t in at]:
        yhat = stage.example(f"yhat[{t}]")
        if yhat is None:
            columns[t] = Label("·", role="dim")
            continue
        likeliest = np.argsort(-yhat, kind="stable")[:most]
        order = range(stage.K) if by_letter and most >= stage.K else likeliest
        text = " ".join(guess(stage.vocabulary[i], float(yhat[i])) for i in order)
        columns[t] = Label(text, **stage.flags(f"yhat[{t}]"))
    return Matrix(id="guess", priority=priority, axis=stage.axis, rows=[Row("ŷ %", columns)])


def parameter_step(stage: LessonStage, p: str) -> list[Item]:
    """A parameter that moves: itself, its gradient, what the optimiser remembers of it."""
    held, blocks = stage.params[p], list[Item]()
    shape, lie = (held.shape, "matrix") if held.ndim == 2 else ((len(held), 1), "column")
    slots = {f"{slot}_{p}": f"{slot}({p})" for slot in "Gmv" if stage.known(f"{slot}_{p}")}
    for name, title in ({p: p, f"d{p}": f"∂E/∂{p}"} | slots).items():
        value = stage.view.get(name)
        shown = None if value is None else value.reshape(shape)
        blocks.append(Block(name, shown, shape, lie, title=title, **stage.flags(name)))
    return blocks


def norm_bars(vectors: Mapping[int, HostArray | None]) -> dict[int, Item]:
    """The norms of vectors as bars, the longest being the largest; a dot where a vector is not known yet."""
    norms = {t: float(np.linalg.norm(vector)) for t, vector in vectors.items() if vector is not None}
    most = max((n for n in norms.values() if np.isfinite(n)), default=0.0) or 1.0
    return {t: Bar(norms[t], norms[t] / most) if t in norms else Label("·", role="dim") for t in vectors}


def letter(raw: str) -> str:
    """A letter as it is shown: white space made visible; a mark, which cannot stand alone, on a dotted circle."""
    shown = {"\n": "⏎", "\t": "⇥"}.get(raw) or ("␣" if raw.isspace() else raw)
    return f"◌{shown}" if cannot_stand_alone(shown) or not shown.strip(UNSEEN) else shown


def in_short(inputs: Mapping[str, Any]) -> str:
    """The first letters of the text in inputs, as they are shown."""
    read = letters_read(inputs)
    return "".join(map(letter, read[:16])) + ("…" if len(read) > 16 else "")


def letter_at(inputs: Mapping[str, Any], t: int | None) -> str:
    """The letter that is read at a timestep; nothing where there is none."""
    return letter(letters_read(inputs)[t]) if t is not None else ""


def guess(shown: str, p: float) -> str:
    """How likely a letter is, in percent, behind it; behind a word a space, a dot where it would read as one number."""
    percent = f"{100 * p:.0f}" if np.isfinite(p) else five(p)
    return f"{shown}{' ' * (len(shown) > 1) if shown.isalpha() else '·'}{percent}"
