"""The card of the lesson `weighted-sum`: what is known of it before it is opened. It costs nothing to read."""

from lessons.contract.card import Card
from lessons.contract.knobs import Knob

CARD = Card(
    id="weighted-sum",
    chapter="feedforward",
    slides="6",
    minutes=5,
    title={"en": "weighted sum: one error", "zh": "weighted sum：一个误差"},
    lead={"en": "A weighted sum, its squared error, and the gradient.", "zh": "加权和、平方误差和梯度。"},
    acts=("compute",),
    knobs=(Knob("inputs", "int", 3, 1, 8),),
    load="lessons.feedforward.weighted_sum.lesson:WeightedSum",
)
