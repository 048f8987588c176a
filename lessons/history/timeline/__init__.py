"""The history on two slides, trained anew milestone by milestone (slides 3–4): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

CARD = Card(
    id="timeline",
    chapter="history",
    slides="3–4",
    minutes=15,
    title={"en": "From 1949 to 2014", "zh": "从 1949 到 2014"},
    lead={
        "en": "Two waves and two winters. Ten methods are trained here; which does best depends on the task.",
        "zh": "两次浪潮，两次低谷。十种方法在这里训练；哪种方法最好，取决于任务。",
    },
    acts=("years",),
    knobs=(
        Knob("labels", "int", 100, 20, 500),
        Knob("pictures", "int", 1000, 100, 1000),
        Knob("shift", "int", 2, 0, 2),
    ),
    places={3: Place("years/n=1"), 4: Place("years/n=13")},
    terms=(
        Term("history of neural networks", "神经网络发展史", "years/n=1", also=("timeline",)),
        Term("winter of neural networks", "神经网络的低谷", "years/n=4", also=("AI winter", "低谷")),
        Term("shallow learning", "浅层学习", "years/n=11", also=("浅层模型",)),
        Term("deep learning", "深度学习", "years/n=13"),
        Term("deep neural network", "深度神经网络", "years/n=12"),
    ),
    load="lessons.history.timeline.lesson:Timeline",
)
