"""The milestones of slides 3 and 4, in order: the year, the model that is trained there, and where it runs live."""

from __future__ import annotations

from typing import NamedTuple

from lessons.contract.card import Lead, Place
from lessons.history.timeline.models import MODELS


class Stop(NamedTuple):
    """A milestone. `id` names its phrases and, where one is trained, its model; `sign` stands for it in a plot."""

    year: int
    id: str
    lead: Lead
    sign: str = ""

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that its model is trained on; none where nothing is trained."""
        return MODELS[self.id].tasks if self.id in MODELS else ()


def to(lesson: str, at: str = "") -> Lead:
    return Lead(lesson, Place(at))


STOPS = (
    Stop(1949, "hebb", to("hebb")),
    Stop(1951, "neighbours", to("rivals", "knn"), "N"),
    Stop(1958, "perceptron", to("perceptron"), "P"),
    Stop(1969, "winter", to("perceptron", "xor")),
    Stop(1984, "tree", to("rivals", "tree"), "T"),
    Stop(1986, "mlp", to("mlp"), "M"),
    Stop(1986, "rbm", to("boltzmann")),
    Stop(1989, "convolution", to("convolution"), "C"),
    Stop(1990, "rnn", to("srn")),
    Stop(1992, "svm", to("rivals", "margin"), "S"),
    Stop(1995, "boosting", to("rivals", "boosting"), "B"),
    Stop(1996, "deep", to("depth"), "R"),
    Stop(2006, "dbn", Lead("boltzmann", Place("train", {"net": "dbn"})), "D"),
    Stop(2011, "speech", to("lstm")),
    Stop(2012, "relu", to("convolution", "train"), "V"),
    Stop(2014, "language", to("translate")),
)
FIRST, LAST = STOPS[0].year, STOPS[-1].year
SPANS = ((1969, 1985, "first"), (1996, 2005, "second"))
"""The two winters, by their phrases."""
NUMBERS = {stop.id: m for m, stop in enumerate(STOPS, 1)}
