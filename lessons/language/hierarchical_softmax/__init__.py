"""Hierarchical softmax: a tree over the words, a question at each fork, and only the way down learns: the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

CARD = Card(
    id="hierarchical-softmax",
    chapter="language",
    slides="43",
    minutes=12,
    title={"en": "Hierarchical softmax", "zh": "层次 Softmax"},
    lead={
        "en": "Build Huffman's tree, walk down to a word, and see why nobody has to sum over the vocabulary.",
        "zh": "一步步建起哈夫曼树，顺着它走到一个词，看看为什么不必对整个词表求和。",
    },
    acts=("build", "path", "gradient", "step"),
    needs=("neuron",),
    knobs=(
        Knob("words", "text", "the:15 fox:7 dog:6 cat:6 cow:5", 3, 400, zh="的:15 狐狸:7 狗:6 猫:6 牛:5"),
        Knob("target", "text", "cat", 1, 40, zh="猫"),
        Knob("dim", "int", 3, 1, 8),
        Knob("rate", "float", 0.5, 0.0001, 100),
    ),
    place=1,
    places={43: Place("build")},
    terms=(
        Term("hierarchical softmax", "层次 Softmax", "path", also=("层次 softmax",)),
        Term("Huffman tree", "哈夫曼树", "build", also=("霍夫曼树",)),
    ),
    load="lessons.language.hierarchical_softmax.lesson:HierarchicalSoftmax",
)
