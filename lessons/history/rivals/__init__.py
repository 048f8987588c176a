"""Nearest neighbours, a decision tree, AdaBoost and a support-vector machine on the same points (slide 4): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

SETS = ("xor", "circle", "gauss", "spiral", "turned", "four")

CARD = Card(
    id="rivals",
    chapter="history",
    slides="4",
    minutes=25,
    title={"en": "Neighbours, trees, boosting, SVM", "zh": "近邻、决策树、提升与支持向量机"},
    lead={
        "en": "Nearest neighbours, a decision tree, boosting and an SVM on the same points, beside a network.",
        "zh": "k 近邻、决策树、提升和支持向量机用同样的点训练，再与神经网络并排比较。",
    },
    acts=("knn", "tree", "boosting", "margin", "compare"),
    needs=("perceptron",),
    knobs=(
        Knob("data", "data", "xor", choices=SETS),
        Knob("points", "int", 100, 10, 400),
        Knob("noise", "float", 0.0, 0, 50),
        Knob("k", "int", 5, 1, 1000),
        Knob("impurity", "choice", "gini", choices=("gini", "entropy")),
        Knob("leaves", "int", 64, 1, 64),
        Knob("depth", "int", 20, 1, 20),
        Knob("rounds", "int", 20, 1, 300),
        Knob("kernel", "choice", "rbf", choices=("linear", "poly", "rbf")),
        Knob("gamma", "float", 0.5, 0.01, 100),
        Knob("degree", "int", 3, 1, 6),
        Knob("C", "float", 1.0, 0.001, 1000),
        Knob("pairs", "int", 5000, 1, 20000),
    ),
    roles=dict.fromkeys(("knn", "tree", "boosting", "margin", "compare", "begin", "kernel", "border"), "forward"),
    places={4: Place("margin")},
    terms=(
        Term("k nearest neighbours", "k 近邻", "knn", also=("KNN", "nearest neighbour", "最近邻")),
        Term("decision tree", "决策树", "tree", also=("CART",)),
        Term("Gini impurity", "基尼不纯度", "tree", also=("entropy", "熵")),
        Term("boosting", "提升", "boosting", also=("AdaBoost", "提升方法")),
        Term("decision stump", "决策树桩", "boosting"),
        Term("support-vector machine", "支持向量机", "margin", also=("SVM",)),
        Term("margin", "间隔", "margin"),
        Term("kernel", "核函数", "margin", also=("kernel function", "RBF")),
    ),
    load="lessons.history.rivals.lesson:Rivals",
)
