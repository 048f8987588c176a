"""Words over time: what a net reads, what it writes or what is right, p beside each, and the likeliest words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.walks.step import split
from lessons.contract.panels import Axis, Block, Item, Label, Matrix, Row, Table
from lessons.explaining.figures import five
from lessons.recurrent.in_time import TimeStage

BAR, LIKELY = 16, 4
"""Characters of the longest bar; words that are shown."""
UNKNOWN = Label("·", role="dim")


def word(stage: TimeStage, name: str) -> Label:
    """The word that a one-hot column, of a batch the first, or a code stands for; nothing where no word is right."""
    value = stage.view.get(name)
    if value is None:
        return UNKNOWN
    column = value.reshape(len(value), -1)[:, 0]
    at = int(column[0]) if split(name)[0] == "word" else int(column.argmax())
    return Label(stage.vocabulary[at] if column.any() else " ", **stage.flags(name))


def chance(stage: TimeStage, t: int, writes: bool) -> Item:
    """p of the word that is written, or of the one that is right."""
    yhat, y, name = stage.view.get(f"yhat[{t}]"), stage.view.get(f"y[{t}]"), f"yhat[{t}]"
    if yhat is None:
        return UNKNOWN
    p = yhat.reshape(stage.K, -1)[:, 0]
    wanted = p if writes or y is None else y.reshape(stage.K, -1)[:, 0]
    at = int(wanted.argmax())
    if yhat.ndim > 1:
        return Label(five(float(p[at])).strip() if wanted.any() else " ", **stage.flags(name))
    return Block(name, np.array([[p[at]]]), (1, 1), "at", at, **stage.flags(name))


def over_time(stage: TimeStage, writes: bool) -> Matrix:
    """The word that is read at every timestep, the one that is written (`writes`) or right, and its p; and E."""
    name, near = "word" if writes else "y", stage.near
    rows = [stage.head(), Row(stage.say("read"), {t: word(stage, f"x[{t}]") for t in near})]
    rows += [Row(stage.say(name), {t: word(stage, f"{name}[{t}]") for t in near})]
    rows += [Row("p", {t: chance(stage, t, writes) for t in near})]
    if not writes:
        rows.append(Row("E", {t: stage.scalar(f"E[{t}]") for t in near}))
    return Matrix(id="words", priority=10, rows=rows, axis=stage.axis)


def candidates(stage: TimeStage) -> Table:
    """The likeliest words of this timestep."""
    yhat = stage.view.get(f"yhat[{stage.t or 0}]")
    p = np.zeros(0) if yhat is None else yhat.reshape(stage.K, -1)[:, 0]
    order = np.argsort(-p, kind="stable")[:LIKELY]
    rows = [(stage.vocabulary[i], five(float(p[i])).strip(), ("█" * round(BAR * p[i])).ljust(BAR)) for i in order]
    return Table(id="candidates", priority=8, heads=(stage.say("next", t=stage.t or 0), "p", ""), rows=rows)


def biases(stage: TimeStage, symbol: str, words: Sequence[str], focus: str) -> Matrix:
    """The bias of every word's score, those around one word."""
    held = stage.view.get(symbol)
    heads: dict[int, Item] = {k: Label(each, role="dim") for k, each in enumerate(words)}
    items: dict[int, Item] = {
        k: Block(symbol, None if held is None else held[k].reshape(1, 1), (1, 1), "at", k) for k in heads
    }
    axis = Axis(tuple(words), words.index(focus) if focus in words else 0, 1)
    rows = [Row("", heads), Row(symbol, items)]
    return Matrix(id="biases", priority=7, title=stage.say("biases"), axis=axis, rows=rows)
