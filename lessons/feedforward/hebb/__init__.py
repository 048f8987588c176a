"""Hebb's rule, why it grows without bound, Oja's rule, and recall from half a pattern (slide 3): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

CARD = Card(
    id="hebb",
    chapter="feedforward",
    slides="3",
    minutes=12,
    title={"en": "Hebb's rule", "zh": "赫布规则"},
    lead={
        "en": "Hebb's rule grows without bound, Oja's rule does not; and the same rule stores patterns in a memory.",
        "zh": "赫布规则会无限增长，Oja 规则不会；同样的规则还能把图案存进联想记忆。",
    },
    acts=("hebb", "oja", "store", "recall"),
    needs=("neuron",),
    knobs=(
        Knob("samples", "int", 40, 5, 400),
        Knob("inputs", "int", 2, 1, 6),
        Knob("rate", "float", 0.1, 0.001, 1),
        Knob("correlation", "float", 0.8, -1, 1),
        Knob("patterns", "int", 2, 1, 6),
    ),
    places={3: Place("hebb")},
    terms=(
        Term("Hebbian learning", "赫布学习", "hebb"),
        Term("unsupervised learning", "无监督学习", "hebb"),
        Term("Oja's rule", "Oja 规则", "oja"),
        Term("associative memory", "联想记忆", "store", also=("Hopfield",)),
    ),
    load="lessons.feedforward.hebb.lesson:Hebb",
)
