"""Long short-term memory, gate by gate, forward and back (slide 39): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob
from lessons.recurrent.cards import gated_knobs, gated_notation, gated_renamed

CARD = Card(
    id="lstm",
    chapter="recurrent",
    slides="39",
    minutes=20,
    title={"en": "LSTM: a cell state and three gates", "zh": "LSTM：细胞状态与三个门"},
    lead={
        "en": "The cell state is multiplied by no matrix from timestep to timestep: only scaled, and added to.",
        "zh": "细胞状态在时刻之间传递时不乘任何矩阵，只作逐元素的缩放和相加。",
    },
    acts=("forward", "backward", "ledger", "road", "train"),
    needs=("bptt",),
    knobs=gated_knobs(Knob("forget", "float", 1.0, -10, 10)),
    notation=gated_notation("ifog"),
    renamed=gated_renamed("ifog"),
    place=1,
    places={39: Place("forward")},
    terms=(
        Term("long short-term memory", "长短期记忆网络", "forward"),
        Term("gate", "门", "forward"),
        Term("input gate", "输入门", "forward"),
        Term("forget gate", "遗忘门", "forward"),
        Term("output gate", "输出门", "forward"),
        Term("candidate state", "候选状态", "forward"),
        Term("cell state", "细胞状态", "forward"),
    ),
    load="lessons.recurrent.lstm.lesson:Lstm",
)
