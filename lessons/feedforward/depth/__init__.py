"""Why depth was hard: the gradient at every layer of a deep net, by unit and by start (slides 34, 39): the card."""

from lessons.contract.card import Card
from lessons.contract.knobs import Knob

KINDS = ("sigmoid", "tanh", "relu")

CARD = Card(
    id="depth",
    chapter="feedforward",
    slides="34, 39",
    minutes=10,
    title={"en": "Why depth was hard", "zh": "为什么深了就难"},
    lead={
        "en": "The gradient at each layer of a deep net: what sigmoid loses, what ReLU keeps, what the start decides.",
        "zh": "深层网络每一层的梯度有多大：sigmoid 丢掉多少，ReLU 保住多少，初始值又决定了什么。",
    },
    acts=("forward", "backward", "measure", "compare"),
    needs=("network", "activations"),
    knobs=(
        Knob("depth", "int", 8, 2, 12),
        Knob("width", "int", 6, 1, 12),
        Knob("activation", "choice", "sigmoid", choices=KINDS),
        Knob("initial", "choice", "xavier", choices=("small", "xavier", "he", "large")),
    ),
    load="lessons.feedforward.depth.lesson:Depth",
)
