"""The stage of `timeline`: the years, the errors of every model so far as points, and as numbers."""

from __future__ import annotations

from typing import Any

from lessons.building.staging import LessonStage
from lessons.contract.panels import Axis, Beside, Label, Matrix, Milestone, Panel, Plot, Row, Stage, TimeAxis
from lessons.data.tasks import TASKS
from lessons.history.timeline.milestones import FIRST, LAST, SPANS, STOPS, Stop


class TimelineStage(LessonStage):
    """A milestone: `n` counts from 1, 0 before the first."""

    @property
    def n(self) -> int:
        return self.view.loop("n") or 0

    def error(self, n: int, k: int) -> float | None:
        """The error of the model of milestone n on task k, both from 1, as far as it is trained."""
        return self.number(f"err[{n},{k}]") if n <= self.n else None

    def name(self, stop: Stop) -> str:
        return self.say(f"{stop.id}.name")

    def show_years(self) -> Stage:
        return [self.law("err"), self.axis(), self.points(), self.errors()]

    def axis(self) -> TimeAxis:
        states = ("past", "now", "coming")
        milestones = [
            Milestone(stop.year, self.name(stop), states[1 + (number > self.n) - (number < self.n)])
            for number, stop in enumerate(STOPS, 1)
        ]
        spans = [(first, last, self.say(f"winter.{id}")) for first, last, id in SPANS]
        here = f"{STOPS[self.n - 1].year}  {self.name(STOPS[self.n - 1])}" if self.n else ""
        years = (FIRST, LAST)
        return TimeAxis(id="axis", priority=10, title=here, years=years, milestones=milestones, spans=spans)

    def points(self) -> Panel:
        """For every task, error over year: a letter for each model."""
        return Beside(id="points", priority=6, stacks=[[self.plot(k)] for k in range(1, len(TASKS) + 1)])

    def plot(self, k: int) -> Plot:
        found = []
        for n, stop in enumerate(STOPS, 1):
            error = self.error(n, k) if stop.sign else None
            if error is not None:
                found.append((float(stop.year), error, stop.sign))
        title = self.say(TASKS[k - 1])
        return Plot(id=f"plot{k}", title=title, lines=[], x=(FIRST, LAST), y=(0, 100), points=found)

    def errors(self) -> Matrix:
        """The models trained so far, with the share of wrong test examples on each task, in per cent."""
        tasks = range(1, len(TASKS) + 1)
        axis = Axis((*(self.say(name) for name in TASKS), ""), wide=2, close=True)
        rows = [Row(self.say("model"), {k - 1: Label(axis.labels[k - 1], role="dim") for k in tasks})]
        for n, stop in enumerate(STOPS[: self.n], 1):
            if stop.sign:
                known = {k - 1: self.scalar(f"err[{n},{k}]") for k in tasks if TASKS[k - 1] in stop.tasks}
                rows.append(Row(f"{stop.sign}  {stop.year}", known, self.name(stop), mark=n == self.n))
        return Matrix(id="errors", priority=8, rows=rows, axis=axis, least=6)

    def fields(self) -> dict[str, Any]:
        """What the text tells of this milestone, and the numbers that its questions give."""
        stop = STOPS[self.n - 1] if self.n else None
        story = self.say(f"{stop.id}.story") if stop else self.say("story")
        known = {f"{stop.id}_{name}": self.figure(f"err[{n},{k}]") for n, stop in enumerate(STOPS, 1) if stop.sign
                 for k, name in enumerate(TASKS, 1)}  # fmt: skip
        given = {key: int(self.knobs[key]) for key in ("pictures", "labels", "shift")}
        return {"story": story, **known, **given, "labels": min(given["labels"], given["pictures"])}
