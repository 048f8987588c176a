"""Restricted Boltzmann machines and the deep belief net made of them (slide 4): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

DRAWN = ("sample", "mean")
"""A bit that is drawn, or its probability."""

CARD = Card(
    id="boltzmann",
    chapter="history",
    slides="4",
    minutes=25,
    title={"en": "Restricted Boltzmann machines", "zh": "受限玻尔兹曼机"},
    lead={
        "en": "Learn the distribution of pictures without labels; then stack the learned layers into a deep net.",
        "zh": "先不用标签，学习图片的分布；再把学到的各层叠成深层网络。",
    },
    acts=("gibbs", "learn", "likelihood", "fill", "train"),
    needs=("mlp",),
    knobs=(
        Knob("net", "choice", "rbm", choices=("rbm", "dbn")),
        Knob("data", "choice", "bars", choices=("bars", "small", "digits")),
        Knob("picture", "picture", "drawn", choices=("drawn",)),
        Knob("covered", "choice", "bottom", choices=("bottom", "top", "left", "right")),
        Knob("sweeps", "int", 5, 1, 20),
        Knob("hidden", "int", 16, 1, 64),
        Knob("trained", "int", 1500, 0, 5000),
        Knob("k", "int", 1, 1, 20, live=True),
        Knob("chain", "choice", "data", choices=("data", "persistent"), live=True),
        Knob("h0", "choice", "sample", choices=DRAWN, live=True),
        Knob("v1", "choice", "sample", choices=DRAWN, live=True),
        Knob("h_data", "choice", "mean", choices=DRAWN, live=True),
        Knob("h_model", "choice", "mean", choices=DRAWN, live=True),
        Knob("rate", "float", 0.1, 0.00001, 10, live=True),
        Knob("decay", "float", 0.0, 0, 1, live=True),
        Knob("batch", "int", 30, 1, 1000),
        Knob("layers", "int", 4, 1, 6),
        Knob("begin", "choice", "machines", choices=("machines", "hundred", "random", "relu")),
        Knob("labels", "int", 100, 10, 1000),
    ),
    roles={
        "gibbs": "forward",
        "fill": "forward",
        "likelihood": "forward",
        "learn": "update",
        "chain": "forward",
        "forward": "forward",
    },
    places={4: Place("train/update=2000")},
    terms=(
        Term("restricted Boltzmann machine", "受限玻尔兹曼机", "gibbs", also=("RBM",)),
        Term("Gibbs sampling", "吉布斯抽样", "gibbs"),
        Term("contrastive divergence", "对比散度", "learn", also=("CD-1", "CD-k")),
        Term("log-likelihood", "对数似然", "likelihood"),
        Term("free energy", "自由能", "likelihood"),
        Term("partition function", "配分函数", "likelihood"),
        Term("clamped unit", "钳位单元", "fill", also=("pattern completion", "模式补全")),
        Term("deep belief net", "深度信念网络", "train", also=("DBN",)),
        Term("unsupervised pre-training", "无监督预训练", "train"),
    ),
    load="lessons.history.boltzmann.lesson:Boltzmann",
)
