"""Gated recurrent units, reset before the matrix or after it (slide 39): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob
from lessons.recurrent.cards import gated_knobs, gated_notation, gated_renamed

CARD = Card(
    id="gru",
    chapter="recurrent",
    slides="39",
    minutes=15,
    title={"en": "GRU: one state and two gates", "zh": "GRU：一个状态与两个门"},
    lead={
        "en": "Two gates and no separate cell state: a share of the old state is kept, the rest is the candidate.",
        "zh": "两个门，没有单独的细胞状态：旧状态保留一部分，其余取自候选状态。",
    },
    acts=("forward", "backward", "ledger", "road", "train"),
    needs=("lstm",),
    knobs=(
        *gated_knobs(Knob("keep", "float", 1.0, -10, 10)),
        Knob("reset", "choice", "before", choices=("before", "after")),
    ),
    notation=gated_notation("zrn"),
    renamed=gated_renamed("zrn"),
    place=2,
    places={39: Place("forward")},
    terms=(
        Term("gated recurrent unit", "门控循环单元", "forward"),
        Term("update gate", "更新门", "forward"),
        Term("reset gate", "重置门", "forward"),
    ),
    load="lessons.recurrent.gru.lesson:Gru",
)
