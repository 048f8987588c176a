"""The stage of `weighted-sum`: weights and inputs in columns, the sum and its error under them."""

from __future__ import annotations

from typing import Any

from lessons.building.staging import LessonStage
from lessons.contract.panels import Stage


class WeightedSumStage(LessonStage):
    """A position; without `show_compute` the stage would be made of the rules alone."""

    def show_compute(self) -> Stage:
        """All that the act computes."""
        rows = {"x": self.say("input"), "w": self.say("weight"), "dw": "∂E/∂w"}
        return [
            self.law("net", "E", "dw"),
            self.along("i", self.lengths["M"], rows),
            self.side_by_side({"net": "net", "y": "y", "E": "E"}),
        ]

    def fields(self) -> dict[str, Any]:
        return self.figures("net", "E") | {"M": self.lengths["M"], "y": f"{self.inputs['y'][0]:g}"}
