"""Activation functions, what saturation does to a gradient, and softmax (slides 7, 31-32, 39): the card."""

from engine.maths.activations import ACTIVATIONS
from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

CARD = Card(
    id="activations",
    chapter="feedforward",
    slides="7, 31–32, 39",
    minutes=12,
    title={"en": "Activation functions", "zh": "激活函数"},
    lead={
        "en": "Six functions and their derivatives, the gradient through ten layers, and softmax number by number.",
        "zh": "六个函数和它们的导数，经过十层之后的梯度，再逐个数算一遍 softmax。",
    },
    acts=("curve", "layers", "softmax", "two"),
    needs=("neuron",),
    knobs=(
        Knob("activation", "choice", "sigmoid", choices=tuple(ACTIVATIONS)),
        Knob("depth", "int", 10, 1, 12),
        Knob("scores", "int", 4, 2, 8),
        Knob("temperature", "float", 1.0, 0.05, 100),
    ),
    renamed={2: {"z": "net", "o": "z"}},
    places={7: Place("curve/i=4"), 31: Place("curve/i=5"), 32: Place("softmax"), 39: Place("layers")},
    terms=(
        Term("activation function", "激活函数", "curve", also=("激励函数",)),
        Term("derivative", "导数", "curve"),
        Term("linear function", "线性函数", "curve"),
        Term("ramp function", "斜面函数", "curve", also=("非线性斜面",)),
        Term("step function", "阶跃函数", "curve"),
        Term("sigmoid function", "S 型函数", "curve", also=("sigmoid",)),
        Term("tanh", "双曲正切", "curve"),
        Term("ReLU", "修正线性单元", "curve"),
        Term("softmax", "softmax 函数", "softmax"),
        Term("logistic function", "逻辑斯谛函数", "two"),
        Term("saturation", "饱和", "curve"),
    ),
    load="lessons.feedforward.activations.lesson:Activations",
)
