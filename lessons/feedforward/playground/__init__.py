"""The playground: nets of up to six layers on points in the plane, trained in view of every unit's field: the card."""

from lessons.contract.card import Card, Term
from lessons.feedforward.mlp import knobs

CARD = Card(
    id="playground",
    chapter="feedforward",
    slides="10–27, 34",
    minutes=20,
    title={"en": "The playground", "zh": "网络游乐场"},
    lead={
        "en": "Rings, spirals, your own points: see what each unit computes, go back, open any update.",
        "zh": "圆环、螺旋、自己的数据：看每个单元算出什么，随时回退，打开任意一次更新。",
    },
    acts=("forward", "backward", "step", "train"),
    needs=("mlp",),
    knobs=knobs("circle", "4,2", "squared", 0.03, 10, 1, "xavier", 0.0),
    terms=(
        Term("decision boundary", "决策边界", "train"),
        Term("minibatch", "小批量", "train"),
        Term("overfitting", "过拟合", "train"),
        Term("generalisation", "泛化", "train"),
    ),
    load="lessons.feedforward.playground.lesson:Playground",
)
