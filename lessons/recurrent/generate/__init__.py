"""A language model over letters, which generates text (slide 29): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob
from lessons.data.corpora import PYTHON, TEXTS
from lessons.recurrent.cards import OPTIMISERS, gated_notation, gated_renamed

CELLS = ("srn", "lstm", "gru")
GRAPHEME, POINT = "grapheme", "code-point"
"""What a letter is: what a reader takes for one, or a code point, as in states of schema 2."""
LAYER = gated_notation("ifogzrnh")
"""The weights of one layer under the lecture's other names."""

CARD = Card(
    id="generate",
    chapter="recurrent",
    slides="29",
    minutes=25,
    title={"en": "Text generation, letter by letter", "zh": "语言生成：逐字符的语言模型"},
    lead={
        "en": "A net predicts the next letter of a text; given its own letters as inputs, it writes one.",
        "zh": "网络预测文本的下一个字符；把它写出的字符再作为输入，就生成文本。",
    },
    acts=("forward", "backward", "write", "train"),
    needs=("bptt", "lstm"),
    knobs=(
        Knob("corpus", "file", PYTHON, choices=(PYTHON, *(name for name in TEXTS if name != PYTHON)), zh="world-zh"),
        Knob("text", "text", "", 0, 20000),
        Knob("cell", "choice", "lstm", choices=CELLS),
        Knob("layers", "int", 1, 1, 2),
        Knob("hidden", "int", 100, 2, 512),
        Knob("window", "int", 25, 2, 200),
        Knob("batch", "int", 1, 1, 64),
        Knob("symbols", "int", 40, 2, 5000, was=40),
        Knob("letter", "choice", GRAPHEME, choices=(GRAPHEME, POINT)),
        Knob("case", "choice", "lower", choices=("lower", "keep")),
        Knob("rate", "float", 0.1, 0.00001, 10, live=True),
        Knob("optimiser", "choice", "adagrad", choices=OPTIMISERS, live=True),
        Knob("clip", "float", 5.0, 0.001, 1e300, live=True),
        Knob("temperature", "float", 0.7, 0.05, 10, live=True),
        Knob("top", "int", 0, 0, 5000, live=True),
        Knob("under", "text", "", 0, 200, live=True),
    ),
    notation=LAYER | {f"{name}2": f"{other}²" for name, other in LAYER.items() if name not in ("U", "W", "by")},
    renamed=gated_renamed("ifogzrnh"),
    place=10,
    places={29: Place("train/update=300")},
    terms=(
        Term("language model", "语言模型", "forward"),
        Term("text generation", "语言生成", "write", also=("文本生成", "language generation")),
        Term("temperature", "温度", "write"),
        Term("perplexity", "困惑度", "train"),
    ),
    load="lessons.recurrent.generate.lesson:Generate",
)
