"""Why depth was hard: the gradient at every layer of a deep net, by unit and by start (slides 34, 39): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

KINDS = ("sigmoid", "tanh", "relu")

CARD = Card(
    id="depth",
    chapter="feedforward",
    slides="34, 39",
    minutes=10,
    title={"en": "Why deep nets were hard to train", "zh": "深层网络为什么难训练"},
    lead={
        "en": "The error at each layer of a deep net, for sigmoid, tanh and ReLU, and for four initialisations.",
        "zh": "深层网络各层的误差有多大：sigmoid、tanh 与 ReLU 的比较，四种初始化的比较。",
    },
    acts=("forward", "backward", "measure", "compare", "variance"),
    needs=("network", "activations"),
    knobs=(
        Knob("depth", "int", 8, 2, 12),
        Knob("width", "int", 6, 1, 12),
        Knob("activation", "choice", "sigmoid", choices=KINDS),
        Knob("initial", "choice", "xavier", choices=("small", "xavier", "he", "large")),
    ),
    places={39: Place("measure")},
    terms=(
        Term("deep learning", "深度学习", "forward"),
        Term("vanishing gradient in depth", "深层网络的梯度消失", "measure"),
        Term("weight initialisation", "权重初始化", "compare", also=("Xavier",)),
    ),
    load="lessons.feedforward.depth.lesson:Depth",
)
