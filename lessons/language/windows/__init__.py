"""The window over a sentence: who met whom, who is drawn as noise, and in which direction to predict: the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

FOX = "The quick brown fox jumped over the lazy dog"

CARD = Card(
    id="windows",
    chapter="language",
    slides="43–44, 47",
    minutes=12,
    title={"en": "From a sentence to training pairs", "zh": "从句子到训练样本"},
    lead={
        "en": "A window over a sentence gives positive pairs, drawn words negative ones: for skip-gram and CBOW.",
        "zh": "窗口滑过句子得到正样本，随机抽词得到负样本；Skip-gram 与 CBOW 的预测方向相反。",
    },
    acts=("window", "noise", "draw", "skipgram", "cbow"),
    knobs=(
        Knob("text", "text", FOX, 3, 300, zh="敏捷 的 棕色 狐狸 跳过 了 懒惰 的 狗"),
        Knob("window", "int", 1, 1, 5),
        Knob("centre", "int", 3, 1, 80),
        Knob("negatives", "int", 4, 1, 12),
        Knob("dim", "int", 3, 1, 8),
    ),
    places={44: Place("window/i=3", {"text": FOX}), 47: Place("cbow", {"text": "I am a student"})},
    terms=(
        Term("context window", "上下文窗口", "window"),
        Term("skip-gram", "Skip-gram 模型", "skipgram"),
        Term("CBOW", "连续词袋模型", "cbow", also=("continuous bag of words",)),
        Term("negative sample", "负样本", "noise"),
    ),
    load="lessons.language.windows.lesson:Windows",
)
