"""The curve of training: a line for every branch, and the update in focus under it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lessons.building.stage_parts import Parts, measured
from lessons.contract.panels import Curve, Series
from lessons.contract.view import Curve as Measured
from lessons.contract.view import Training, View
from lessons.explaining.figures import five


def training_of(view: View) -> Training:
    """What a view of training knows of it."""
    assert view.training is not None, "only a track has training"
    return view.training


def training_curve(
    stage: Parts,
    title: str,
    curves: Sequence[Measured] | None = None,
    *,
    now_and_then: bool = False,
    priority: int = 6,
    mark: str = "",
    marks: Sequence[tuple[int, str, str]] = (),
    notes: Sequence[str] = (),
    reach: int = 100,
    least_top: float | None = None,
    top: float = 0.0,
    ends: bool | None = None,
) -> Curve:
    """The loss of every branch, or other `curves`; dotted but for the first branch.

    ▲ is at the update in focus, with the words `mark`, by default the phrases "open" and "here" of the lesson. The
    axes reach at least `reach` updates, and up to `least_top`, by default the first loss of the branch in focus. `ends`
    puts its last number beside the name of each line, by default where there are several. See `Curve` for the others,
    and `lines` for what was measured `now_and_then`.
    """
    training = training_of(stage.view)
    branches = training.curves if curves is None else curves
    words = mark or stage.say("open" if training.open else "here", n=training.n)
    return Curve(
        id="curve",
        priority=priority,
        title=title,
        series=lines(branches, now_and_then),
        marks=[(training.n, "▲", words), *marks],
        notes=notes,
        reach=max(reach, training.latest),
        least_top=_first_loss(training) if least_top is None else least_top,
        top=top,
        ends=len(branches) > 1 if ends is None else ends,
    )


def known_at(training: Training, curve: Measured) -> float | None:
    """What a curve says after the update in focus; None where it is not known."""
    _, y, first = curve
    at = training.n - 1 - first
    return float(y[at]) if 0 <= at < len(y) else None


def stopping(stage: Parts, changes: Measured, tolerance: float, every: int) -> tuple[str, list[tuple[int, str, str]]]:
    """The criterion that stops training in words, with its number now; and the mark of where it was first met.

    The loss has converged where it changed by less than `tolerance` over `every` updates; 0 asks for nothing. The
    phrases are "change" and "converged" of the lesson.
    """
    training, (_, y, first) = training_of(stage.view), changes
    met = np.flatnonzero(np.asarray(y, dtype=float) < tolerance)
    if not tolerance > 0:
        return "", []
    if met.size and (at := first + int(met[0]) + 1) <= training.n:
        said = stage.say("converged", n=f"{at:,}", tolerance=f"{tolerance:g}")
        return said, [(at, "▼", stage.say("met"))]
    now = known_at(training, changes)
    known = "·" if now is None or not np.isfinite(now) else five(now).strip()
    return stage.say("change", change=known, every=every, tolerance=f"{tolerance:g}"), []


def parting(stage: Parts, curve: Measured) -> tuple[str, list[tuple[int, str, str]]]:
    """Where a test loss was least, in words and as a mark, if it is larger by a twentieth now: what may be overfitting.

    The phrases are "least" and "least_mark" of the lesson.
    """
    _, held, first = curve
    y = np.asarray(held, dtype=float)[: max(0, training_of(stage.view).n - first)]
    if not np.isfinite(y).any() or not y[-1] > 1.05 * y[int(np.nanargmin(y))]:
        return "", []
    at = int(np.nanargmin(y))
    n = first + at + 1
    return stage.say("least", loss=five(float(y[at])).strip(), n=f"{n:,}"), [(n, "▼", stage.say("least_mark"))]


def lines(curves: Sequence[Measured], now_and_then: bool = False) -> list[Series]:
    """A line for every branch, dotted but for the first; straight between two measurements made `now_and_then`."""
    line = measured if now_and_then else Series
    return [line(name, y, first, i > 0) for i, (name, y, first) in enumerate(curves)]


def known(curves: Sequence[Measured]) -> list[Measured]:
    """Curves from their first finite number to their last; those that have none are left out."""
    found = []
    for name, y, first in curves:
        at = np.flatnonzero(np.isfinite(np.asarray(y, dtype=float)))
        if at.size:
            found.append((name, y[at[0] : at[-1] + 1], first + int(at[0])))
    return found


def _first_loss(training: Training) -> float:
    """The first loss of the branch in focus; 1 where it is not known, or not finite."""
    losses = np.asarray(training.curves[training.current][1], dtype=float)
    return float(losses[0]) if losses.size and np.isfinite(losses[0]) else 1.0
