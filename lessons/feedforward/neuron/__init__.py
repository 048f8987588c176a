"""The biological neuron beside the artificial one (slides 5-6): the card, which costs nothing to read."""

from engine.maths.activations import ACTIVATIONS
from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

CARD = Card(
    id="neuron",
    chapter="feedforward",
    slides="5–6",
    minutes=8,
    title={"en": "One neuron", "zh": "一个神经元"},
    lead={
        "en": "The weighted sum of the inputs, and an activation function of it: net = wᵀx + b, o = f(net).",
        "zh": "输入加权求和，再经过激活函数：net = wᵀx + b，o = f(net)。",
    },
    acts=("weigh", "fire", "answer"),
    knobs=(
        Knob("inputs", "int", 3, 1, 8),
        Knob("activation", "choice", "sigmoid", choices=tuple(ACTIVATIONS)),
    ),
    places={5: Place("weigh"), 6: Place("fire")},
    terms=(
        Term("neuron", "神经元", "weigh"),
        Term("synapse", "突触", "weigh"),
        Term("dendrite", "树突", "weigh"),
        Term("axon", "轴突", "fire", also=("axon terminals", "轴突末梢")),
        Term("cell body", "细胞体", "weigh"),
        Term("weight", "权重", "weigh"),
        Term("bias", "偏置", "weigh", also=("偏移量",)),
    ),
    load="lessons.feedforward.neuron.lesson:OneNeuron",
)
