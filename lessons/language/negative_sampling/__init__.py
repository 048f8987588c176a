"""Negative sampling: one pair and its noise, one step; and where many steps lead (slides 44-46): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

FOX = "brown; quick, fox; dog"
ZH = "猫 坐 在 垫子 上 狗 坐 在 地毯 上 猫 看 着 狗"

CARD = Card(
    id="negative-sampling",
    chapter="language",
    slides="44–46",
    minutes=12,
    title={"en": "Negative sampling", "zh": "负采样"},
    lead={
        "en": "One pair that met, a few that did not: pull one, push the others, and see where it ends.",
        "zh": "一对真的相遇过的词，几个没遇到的：拉近一个，推开其余，看最后停在哪里。",
    },
    acts=("scores", "gradient", "step", "limit"),
    needs=("neuron",),
    knobs=(
        Knob("words", "text", FOX, 0, 100, was="", zh="棕色；敏捷，狐狸；狗"),
        Knob("negatives", "int", 2, 1, 8),
        Knob("dim", "int", 3, 1, 8),
        Knob("rate", "float", 0.5, 0.0001, 100),
        Knob("text", "text", "the cat sat on the mat and the dog sat on the rug", 3, 300, zh=ZH),
        Knob("window", "int", 2, 1, 5),
    ),
    places={45: Place("scores", {"words": FOX}), 46: Place("gradient", {"words": FOX})},
    terms=(
        Term("negative sampling", "负采样", "scores", also=("positive sample", "正样本", "负样本")),
        Term("logistic regression", "逻辑回归", "scores", also=("binary logistic regression", "二项逻辑回归")),
        Term("likelihood", "似然", "scores"),
        Term("pointwise mutual information", "点互信息", "limit", also=("PMI",)),
    ),
    load="lessons.language.negative_sampling.lesson:NegativeSampling",
)
