"""Why gradients vanish or explode through time, and what helps (slide 39): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

CARD = Card(
    id="vanishing",
    chapter="recurrent",
    slides="39",
    minutes=12,
    title={"en": "Vanishing and exploding gradients", "zh": "梯度消失与爆炸"},
    lead={
        "en": "A product of fifty Jacobians: what its size depends on, and which remedies help against what.",
        "zh": "五十个雅可比矩阵连乘：乘积的大小由什么决定，消失与爆炸各有哪些对策。",
    },
    acts=("run", "joints", "compare", "remedies"),
    needs=("bptt",),
    knobs=(
        Knob("radius", "float", 0.9, 0.01, 3),
        Knob("activation", "choice", "tanh", choices=("tanh", "linear", "relu", "sigmoid")),
        Knob("hidden", "int", 16, 1, 32),
        Knob("steps", "int", 50, 2, 100),
        Knob("noise", "float", 0.1, 0, 5, was=0.5),
        Knob("window", "int", 10, 1, 100),
        Knob("clip", "float", 1.0, 0.001, 1e300),
        Knob("gate", "float", 4.0, -10, 10),
    ),
    notation={"W": "W_hh", "s": "h"},
    places={39: Place("compare")},
    terms=(
        Term("vanishing gradient", "梯度消失", "joints", also=("gradient vanishing",)),
        Term("exploding gradient", "梯度爆炸", "joints", also=("gradient exploding",)),
        Term("spectral radius", "谱半径", "run"),
        Term("gradient clipping", "梯度裁剪", "remedies"),
    ),
    load="lessons.recurrent.vanishing.lesson:Vanishing",
)
