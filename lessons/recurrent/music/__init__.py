"""Tunes that write themselves, letter by letter, and whether their bars add up (slide 30): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob
from lessons.data.tunes import JIGS, TUNES
from lessons.recurrent.cards import OPTIMISERS, gated_notation

CELLS = ("srn", "lstm", "gru")

CARD = Card(
    id="music",
    chapter="recurrent",
    slides="30",
    minutes=20,
    title={"en": "Music, letter by letter", "zh": "逐字符生成音乐"},
    lead={
        "en": "A net writes tunes letter by letter. For a bar to add up, the state must hold its beats so far.",
        "zh": "网络逐个字符写曲子。小节的时值正确，说明状态中记住了已有的拍数。",
    },
    acts=("read", "write", "train"),
    needs=("generate",),
    knobs=(
        Knob("tunes", "tunes", JIGS, choices=TUNES),
        Knob("cell", "choice", "gru", choices=CELLS),
        Knob("hidden", "int", 128, 2, 512),
        Knob("window", "int", 64, 2, 200),
        Knob("batch", "int", 16, 1, 64),
        Knob("rate", "float", 0.004, 0.00001, 10, live=True),
        Knob("optimiser", "choice", "adam", choices=OPTIMISERS, live=True),
        Knob("clip", "float", 1.0, 0.001, 1e300, live=True),
        Knob("temperature", "float", 0.8, 0.05, 10, live=True),
        Knob("top", "int", 0, 0, 5000, live=True),
    ),
    notation=gated_notation("ifogzrnh"),
    place=20,
    roles={"read": "forward"},
    places={30: Place("train/update=300")},
    terms=(
        Term("music generation", "音乐生成", "write", also=("music composition", "作曲", "音乐作曲")),
        Term("ABC notation", "ABC 记谱法", "read"),
        Term("Markov chain", "马尔可夫链", "write", also=("n-gram", "n 元语法")),
    ),
    load="lessons.recurrent.music.lesson:Music",
)
