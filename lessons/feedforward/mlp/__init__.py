"""Networks with hidden layers, forward and back one operation at a time, and trained (slides 10-27, 34): the card."""

from engine.maths.optimisers import OPTIMISERS
from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

SETS = ("gate", "circle", "xor", "gauss", "spiral", "plane", "hills")
FEATURES = ("x1", "x2", "x1x1", "x2x2", "x1x2", "sinx1", "sinx2")
STARTS = ("solves", "stuck")
"""The two first weights of the example, where none are drawn: from one XOR is learned, from the other it is not."""
UNITS = ("tanh", "sigmoid", "relu", "linear")


def knobs(
    data: str, layers: str, loss: str, rate: float, batch: int, example: int, initial: str, tolerance: float
) -> tuple[Knob, ...]:
    """The knobs, with the values that go with a data set."""
    return (
        Knob("data", "data", data, choices=SETS),
        Knob("problem", "choice", "classes", choices=("classes", "numbers")),
        Knob("layers", "sizes", layers, 1, 8, most=6),
        Knob("activation", "choice", "tanh", choices=UNITS),
        Knob("features", "several", "x1,x2", choices=FEATURES),
        Knob("loss", "choice", loss, choices=("squared", "logistic")),
        Knob("rate", "float", rate, 0.00001, 100, live=True),
        Knob("batch", "int", batch, 1, 1000, live=True),
        Knob("optimiser", "choice", "sgd", choices=tuple(OPTIMISERS), live=True),
        Knob("l1", "float", 0.0, 0, 10, live=True),
        Knob("l2", "float", 0.0, 0, 10, live=True),
        Knob("clip", "float", 1e300, 0.001, 1e300, live=True),
        Knob("tolerance", "float", tolerance, 0, 1, live=True, was=0.0),
        Knob("noise", "float", 0.0, 0, 50),
        Knob("points", "int", 500, 10, 1000),
        Knob("split", "int", 50, 10, 90),
        Knob("initial", "choice", initial, choices=("xavier", "small", "he", "zero")),
        Knob("example", "int", example, 1, 1000),
        Knob("output", "choice", "graded", choices=("graded", "sign")),
    )


CARD = Card(
    id="mlp",
    chapter="feedforward",
    slides="10–27, 34",
    minutes=25,
    title={"en": "Hidden layers and back-propagation", "zh": "多层感知机与反向传播"},
    lead={
        "en": "XOR with two hidden units: the forward pass, the error propagated back, one step, then training.",
        "zh": "用两个隐含单元解 XOR：前向传播，误差反向传播，更新一步，再训练到收敛。",
    },
    acts=("forward", "backward", "step", "train"),
    needs=("perceptron", "network"),
    knobs=(
        *knobs("gate", "2", "logistic", 0.5, 4, 3, "small", 1e-5),
        Knob("weights", "choice", STARTS[0], choices=STARTS, was=STARTS[1]),
    ),
    places={34: Place("backward")},
    terms=(
        Term("multilayer perceptron", "多层感知机", "forward", also=("MLP",)),
        Term("backpropagation", "反向传播", "backward", also=("BP", "back-propagation")),
        Term("chain rule", "链式法则", "backward"),
        Term("loss function", "损失函数", "forward"),
        Term("gradient descent", "梯度下降", "step"),
        Term("learning rate", "学习率", "step"),
        Term("convergence", "收敛", "train"),
        Term("epoch", "轮次", "train"),
        Term("minibatch", "小批量", "train"),
    ),
    load="lessons.feedforward.mlp.lesson:Mlp",
)
