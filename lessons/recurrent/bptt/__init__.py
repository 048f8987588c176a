"""Backpropagation through time, taken apart term by term (slides 34-37): the card, which costs nothing to read."""

from engine.maths.activations import ACTIVATIONS
from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob
from lessons.recurrent.cards import NOTATION, OPTIMISERS

CARD = Card(
    id="bptt",
    chapter="recurrent",
    slides="34–37",
    minutes=25,
    title={"en": "Backpropagation through time", "zh": "随时间反向传播算法"},
    lead={
        "en": "Take the gradient apart, term by term, and see why s₂ is no constant.",
        "zh": "把梯度一项一项拆开，看清 s₂ 为什么不是常数。",
    },
    acts=("forward", "chain", "dV", "dW", "dU", "sum", "check", "train"),
    needs=("srn", "mlp"),
    knobs=(
        Knob("text", "text", "hello", 2, 500, zh="他说慢慢来"),
        Knob("hidden", "int", 2, 1, 64),
        Knob("activation", "choice", "tanh", choices=tuple(ACTIVATIONS)),
        Knob("window", "int", 500, 1, 500, live=True),
        Knob("rate", "float", 0.1, 0.0001, 10, live=True),
        Knob("optimiser", "choice", "adagrad", choices=OPTIMISERS, live=True),
        Knob("clip", "float", 5.0, 0.001, 1e300, live=True),
        Knob("start", "choice", "zero", choices=("zero", "random")),
    ),
    notation=NOTATION,
    roles={"check": ""},
    places={
        34: Place("forward"),
        35: Place("dV/t=3"),
        36: Place("dW/t=3/k=1"),
        37: Place("dU/t=3/k=1"),
        38: Place("dW/t=3/k=1", notation="second"),
    },
    terms=(
        Term("BPTT", "随时间反向传播", "dW"),
        Term("chain rule", "链式法则", "dV/t=3"),
        Term("Jacobian", "雅可比矩阵", "chain", also=("Jacobian matrix",)),
        Term("truncated backpropagation", "截断的反向传播", "dW"),
        Term("gradient check", "梯度检验", "check"),
        Term("cross-entropy", "交叉熵", "forward"),
    ),
    load="lessons.recurrent.bptt.lesson:Bptt",
)
