"""Who remembers the first input: SRN, ReLU, LSTM and GRU race on the latch task (slide 39): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob
from lessons.recurrent.cards import OPTIMISERS, gated_notation, gated_renamed

MODELS = ("srn", "relu", "lstm", "gru", "gru_bias")

CARD = Card(
    id="memory",
    chapter="recurrent",
    slides="39",
    minutes=20,
    title={"en": "Long-term dependencies: six models", "zh": "长程依赖：六种模型的比较"},
    lead={
        "en": "One bit, then noise, a question at the end: where no gradient reaches the bit, it is not learned.",
        "zh": "开头一个比特，随后都是噪声，最后提问：梯度传不到开头，就学不会记住它。",
    },
    acts=("forward", "backward", "reach", "train"),
    needs=("vanishing", "lstm", "gru"),
    knobs=(
        Knob("model", "choice", "lstm", choices=MODELS),
        Knob("length", "int", 40, 3, 200),
        Knob("forget", "float", 4.0, -10, 10),
        Knob("noise", "float", 0.2, 0, 5),
        Knob("hidden", "int", 8, 1, 32),
        Knob("batch", "int", 32, 1, 256),
        Knob("seeds", "int", 3, 1, 5),
        Knob("rate", "float", 0.01, 0.00001, 10, live=True),
        Knob("optimiser", "choice", "adam", choices=OPTIMISERS, live=True),
        Knob("clip", "float", 1.0, 0.001, 1e300, live=True),
    ),
    notation=gated_notation("ifogzrnh"),
    renamed=gated_renamed("ifogzrnh"),
    place=3,
    places={39: Place("train/update=300")},
    terms=(Term("long-term dependency", "长程依赖", "forward", also=("latch task", "长期依赖")),),
    load="lessons.recurrent.memory.lesson:Memory",
)
