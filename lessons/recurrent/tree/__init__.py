"""The recursive neural network: one layer at every node of a tree; the chain is a tree that leans (slides 38-39)."""

from engine.maths.activations import ACTIVATIONS
from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob
from lessons.recurrent.cards import OPTIMISERS

DATA = ("formulas", "phrases", "短语")

CARD = Card(
    id="tree",
    chapter="recurrent",
    slides="38–39",
    minutes=20,
    title={"en": "Recursive neural networks", "zh": "递归神经网络"},
    lead={
        "en": "The same W at every node of a tree; a recurrent net is the special case in which the tree is a chain.",
        "zh": "树的每个结点共用同一个 W；树是一条链时，就是循环神经网络。",
    },
    acts=("forward", "backward", "ledger", "chain", "train"),
    needs=("bptt",),
    knobs=(
        Knob("data", "file", "formulas", choices=DATA),
        Knob("tree", "text", "", 0, 600),
        Knob("depth", "int", 3, 1, 4),
        Knob("hidden", "int", 4, 1, 16),
        Knob("activation", "choice", "tanh", choices=tuple(ACTIVATIONS)),
        Knob("rate", "float", 0.01, 0.00001, 10, live=True),
        Knob("batch", "int", 16, 1, 256, live=True),
        Knob("optimiser", "choice", "adam", choices=OPTIMISERS, live=True),
        Knob("clip", "float", 5.0, 0.001, 1e300, live=True),
    ),
    roles={"ledger": "backward", "chain": "forward"},
    places={38: Place("forward"), 39: Place("chain")},
    terms=(
        Term("recursive neural network", "递归神经网络", "forward", also=("RvNN", "recursive net")),
        Term("parse tree", "句法树", "forward", also=("语法树",)),
        Term("backpropagation through structure", "沿结构反向传播", "backward", also=("BPTS",)),
        Term("compositionality", "组合性", "train"),
    ),
    load="lessons.recurrent.tree.lesson:Tree",
)
