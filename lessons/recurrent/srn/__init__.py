"""The simple recurrent network, one cell at a time, and the same weights at every step (slides 31-33, 38): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob
from lessons.recurrent.cards import NOTATION

CARD = Card(
    id="srn",
    chapter="recurrent",
    slides="31–33, 38",
    minutes=12,
    title={"en": "The simple recurrent network", "zh": "简单循环网络"},
    lead={
        "en": "One cell, used again and again: it reads a letter and its own last state.",
        "zh": "一个循环单元，反复使用：读一个字符，再读自己上一时刻的状态。",
    },
    acts=("cell", "shared"),
    needs=("network",),
    knobs=(
        Knob("text", "text", "hello", 2, 200, zh="他说慢慢来"),
        Knob("hidden", "int", 2, 1, 32),
        Knob("activation", "choice", "tanh", choices=("tanh", "sigmoid", "relu", "linear")),
        Knob("start", "choice", "zero", choices=("zero", "random")),
        Knob("row", "int", 0, 0, 31),
        Knob("column", "int", 0, 0, 31),
    ),
    notation=NOTATION,
    places={
        31: Place("cell/t=0"),
        32: Place("cell/t=3"),
        33: Place("shared"),
        38: Place("cell/t=3", notation="second"),
    },
    terms=(
        Term("simple recurrent network", "简单循环网络", "cell", also=("SRN", "Elman network")),
        Term("recurrent neural network", "循环神经网络", "cell", also=("RNN",)),
        Term("hidden state", "隐含状态", "cell"),
        Term("start state", "起始状态", "cell/t=0"),
        Term("timestep", "时刻", "cell/t=0"),
        Term("weight sharing", "权重共享", "shared", also=("共享权重",)),
    ),
    load="lessons.recurrent.srn.lesson:Srn",
)
