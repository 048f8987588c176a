"""Any M-L-N network forward, and the four properties of neural networks as experiments (slide 8): the card."""

from engine.maths.activations import ACTIVATIONS
from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

KINDS = tuple(name for name in ACTIVATIONS if name != "step")
"""A step function has no slope to learn by."""

CARD = Card(
    id="network",
    chapter="feedforward",
    slides="8",
    minutes=12,
    title={"en": "A network of neurons", "zh": "神经网络"},
    lead={
        "en": "Inputs, hidden units, outputs: run any M–L–N network, and test its four properties by experiment.",
        "zh": "输入、隐含单元、输出：运行任意的 M–L–N 网络，并用实验检验它的四个性质。",
    },
    acts=("forward", "nonlinear", "parallel", "mapping", "adapt"),
    needs=("neuron", "activations"),
    knobs=(
        Knob("inputs", "int", 3, 1, 8),
        Knob("hidden", "int", 4, 1, 12),
        Knob("outputs", "int", 2, 1, 6),
        Knob("activation", "choice", "tanh", choices=KINDS),
        Knob("rate", "float", 0.1, 0.0001, 10),
        Knob("bits", "int", 2, 1, 4),
    ),
    places={8: Place("forward")},
    terms=(
        Term("neural network", "神经网络", "forward"),
        Term("input layer", "输入层", "forward"),
        Term("hidden layer", "隐含层", "forward"),
        Term("output layer", "输出层", "forward"),
        Term("feedforward network", "前馈网络", "forward"),
        Term("nonlinearity", "非线性", "nonlinear"),
        Term("parallel processing", "并行处理", "parallel"),
        Term("adaptivity", "自适应", "adapt", also=("自适应性",)),
    ),
    load="lessons.feedforward.network.lesson:Network",
)
