"""word2vec on a whole text, from the raw corpus to the neighbours of words (slide 48): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob
from lessons.data.corpora import TEXTS

CARD = Card(
    id="word2vec",
    chapter="language",
    slides="43, 48",
    minutes=20,
    title={"en": "word2vec, live", "zh": "word2vec 现场训练"},
    lead={
        "en": "From a raw text to word vectors: watch the nearest neighbours change, and open any update.",
        "zh": "从一篇原始文本到词向量：看最近邻怎样变化，任何一次更新都能打开。",
    },
    acts=("corpus", "samples", "learn", "train"),
    needs=("negative-sampling",),
    knobs=(
        Knob("corpus", "file", "world-en", choices=TEXTS, zh="world-zh"),
        Knob("model", "choice", "sg", choices=("sg", "cbow")),
        Knob("loss", "choice", "ns", choices=("ns", "hs")),
        Knob("race", "choice", "no", choices=("no", "four")),
        Knob("watch", "text", "", 0, 100),
        Knob("rate", "float", 0.05, 0.00001, 10, live=True),
        Knob("window", "int", 2, 1, 8, live=True),
        Knob("negatives", "int", 5, 1, 20, live=True),
        Knob("dim", "int", 32, 2, 200),
        Knob("epochs", "int", 10, 1, 1000),
        Knob("sample", "float", 0.001, 0.000001, 1),
        Knob("min_count", "int", 1, 1, 1000),
        Knob("vocabulary", "int", 5000, 2, 20_000),
        Knob("sentences", "int", 5000, 100, 50_000),
    ),
    places={43: Place("corpus"), 48: Place("corpus/w=0")},
    terms=(
        Term("corpus", "语料", "corpus"),
        Term("vocabulary", "词表", "corpus"),
        Term("nearest neighbour", "最近邻", "train"),
        Term("word vector", "词向量", "train", also=("embedding",)),
        Term("word analogy", "词语类比", "train"),
    ),
    load="lessons.language.word2vec.lesson:Word2vec",
)
