"""Translation: an encoder, a decoder, and attention between them (slide 28): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob
from lessons.data.translations import DATA
from lessons.recurrent.cards import OPTIMISERS, gated_notation

CELLS = ("gru", "lstm", "srn")
KINDS = ("general", "dot", "additive", "none")
DECODING = ("greedy", "sample", "beam")
LAYER = {name: other for name, other in gated_notation("ifogzrnh").items() if name not in ("V", "by")}
"""The weights of one cell under the lecture's other names."""

CARD = Card(
    id="translate",
    chapter="recurrent",
    slides="28",
    minutes=25,
    title={"en": "Translation: encoder, decoder, attention", "zh": "机器翻译：编码器、解码器与注意力"},
    lead={
        "en": "One vector must hold the whole sentence, unless the decoder may look back.",
        "zh": "一个向量要装下整个句子，除非解码器可以回头看原文。",
    },
    acts=("encode", "attend", "decode", "backward", "train"),
    needs=("gru", "generate"),
    knobs=(
        Knob("data", "pairs", "digits", choices=DATA),
        Knob("sentence", "text", "", 0, 60),
        Knob("attention", "choice", "general", choices=KINDS),
        Knob("cell", "choice", "gru", choices=CELLS),
        Knob("hidden", "int", 32, 2, 128),
        Knob("pairs", "int", 3000, 20, 8000),
        Knob("decoding", "choice", "greedy", choices=DECODING),
        Knob("beam", "int", 3, 1, 8),
        Knob("temperature", "float", 0.7, 0.05, 10),
        Knob("rate", "float", 0.005, 0.00001, 10, live=True),
        Knob("batch", "int", 32, 1, 128),
        Knob("optimiser", "choice", "adam", choices=OPTIMISERS, live=True),
        Knob("clip", "float", 1.0, 0.001, 1e300, live=True),
    ),
    notation={f"{p}_{side}": f"{other}{mark}" for p, other in LAYER.items() for side, mark in (("e", "ᵉ"), ("d", "ᵈ"))}
    | {"V": "W_yh", "by": "b_y"},
    place=11,
    roles={"encode": "forward", "attend": "forward", "decode": "forward"},
    places={28: Place("attend")},
    terms=(
        Term("encoder–decoder", "编码器–解码器", "encode", also=("sequence to sequence", "序列到序列", "seq2seq")),
        Term("machine translation", "机器翻译", "encode"),
        Term("attention", "注意力", "attend", also=("注意力机制", "attention mechanism")),
        Term("context vector", "上下文向量", "attend"),
        Term("teacher forcing", "教师强制", "decode"),
        Term("greedy decoding", "贪心解码", "decode", also=("贪心搜索",)),
        Term("beam search", "束搜索", "decode", also=("集束搜索",)),
    ),
    load="lessons.recurrent.translate.lesson:Translate",
)
