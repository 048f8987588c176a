"""Rosenblatt's rule, one example at a time, and two proofs about it (slide 9): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

RULES = ("0/1", "-1/1")
"""The two classes as the rule writes them: the deck's, and t = ±1."""
DATA = ("and", "or", "nand", "xor", "separable", "nearly")

CARD = Card(
    id="perceptron",
    chapter="feedforward",
    slides="9",
    minutes=12,
    title={"en": "The perceptron", "zh": "感知机"},
    lead={
        "en": "A rule that corrects mistakes: it converges where a line separates the classes; on XOR provably never.",
        "zh": "判错才修正权重的规则：两类线性可分时收敛；在 XOR 上可以证明永不收敛。",
    },
    acts=("learn", "bound", "xor", "circle"),
    needs=("neuron",),
    knobs=(
        Knob("data", "data", "and", choices=DATA),
        Knob("rule", "choice", RULES[0], choices=RULES, was=RULES[1]),
        Knob("rate", "float", 1.0, 0.001, 100),
        Knob("epochs", "int", 60, 1, 500),
        Knob("points", "int", 20, 10, 200),
    ),
    places={9: Place("learn")},
    terms=(
        Term("perceptron learning rule", "感知机学习规则", "learn", also=("single-layer perceptron", "单层感知机")),
        Term("XOR", "异或", "xor"),
        Term("linear separability", "线性可分", "bound"),
        Term("decision boundary", "决策边界", "learn"),
    ),
    load="lessons.feedforward.perceptron.lesson:Perceptron",
)
