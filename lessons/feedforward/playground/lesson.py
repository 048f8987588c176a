"""The lesson `playground`: the nets of `mlp` on points in the plane, with predictions and a text of its own."""

from __future__ import annotations

from lessons.feedforward.mlp import asks
from lessons.feedforward.mlp.lesson import Mlp


class Playground(Mlp):
    """See `lessons.feedforward.mlp.lesson.Mlp`."""

    questions = asks.PLAY
    example = False
