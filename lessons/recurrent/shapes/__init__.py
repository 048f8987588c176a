"""The five shapes of a sequence: where an input stands, and where a loss (slide 28): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob
from lessons.recurrent.cards import OPTIMISERS, gated_notation

SHAPES = ("one_to_one", "one_to_many", "many_to_one", "many_to_many", "in_step")
MODELS = ("srn", "gru", "lstm")

CARD = Card(
    id="shapes",
    chapter="recurrent",
    slides="28",
    minutes=25,
    title={"en": "Five shapes of a sequence", "zh": "序列的五种形状"},
    lead={
        "en": "The same cell every time: what differs is where the loss stands, and where the input does.",
        "zh": "循环单元始终是同一个，不同的只是损失在哪些时刻、输入在哪些时刻。",
    },
    acts=("forward", "backward", "train"),
    needs=("srn", "bptt"),
    knobs=(
        Knob("shape", "choice", "many_to_one", choices=SHAPES),
        Knob("language", "choice", "en", choices=("en", "zh"), zh="zh"),
        Knob("data", "data", "grammar", choices=("grammar",)),
        Knob("sentence", "text", "", 0, 300),
        Knob("example", "int", 1, 1, 100),
        Knob("model", "choice", "gru", choices=MODELS),
        Knob("hidden", "int", 32, 1, 128),
        Knob("batch", "int", 32, 1, 256),
        Knob("rate", "float", 0.01, 0.00001, 10, live=True),
        Knob("optimiser", "choice", "adam", choices=OPTIMISERS, live=True),
        Knob("clip", "float", 1.0, 0.001, 1e300, live=True),
    ),
    notation=gated_notation("ifogzrnh"),
    place=10,
    places={28: Place("forward")},
    terms=(
        Term("many to many", "多对多", "forward", also=("one to one", "一对一")),
        Term("one to many", "一对多", "forward"),
        Term("sentiment classification", "情感分类", "train", also=("sentiment analysis", "many to one", "多对一")),
        Term("video classification on frame level", "视频逐帧分类", "train", also=("video", "视频", "视频分类")),
        Term("bag of words", "词袋", "train", also=("bag-of-words", "词袋模型")),
        Term("n-gram features", "n 元特征", "train", also=("bigram", "二元组")),
    ),
    load="lessons.recurrent.shapes.lesson:Shapes",
)
