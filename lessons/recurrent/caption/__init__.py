"""A picture described word by word: its features are the start state of a recurrent net (slides 28, 29): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob
from lessons.data.pictures import HELD
from lessons.recurrent.cards import OPTIMISERS, gated_notation

EYES = ("linear", "mlp", "cnn")
CELLS = ("srn", "lstm", "gru")

CARD = Card(
    id="caption",
    chapter="recurrent",
    slides="28–29",
    minutes=20,
    title={"en": "Image captioning", "zh": "图像描述"},
    lead={
        "en": "A picture becomes the start state; the rest is a language model.",
        "zh": "图片变成起始状态，其余部分就是一个语言模型。",
    },
    acts=("look", "write", "back", "train"),
    needs=("generate",),
    knobs=(
        Knob("eye", "choice", "linear", choices=EYES),
        Knob("pictures", "folder", "cards", choices=("cards",)),
        Knob("language", "choice", "en", choices=("en", "zh"), zh="zh"),
        Knob("example", "int", 21, 1, 400),
        Knob("held", "choice", "few", choices=HELD),
        Knob("word", "text", "seven", 1, 40, zh="七"),
        Knob("trained", "int", 600, 0, 3000),
        Knob("cell", "choice", "gru", choices=CELLS),
        Knob("hidden", "int", 64, 2, 128),
        Knob("rate", "float", 0.003, 0.00001, 10, live=True),
        Knob("batch", "int", 32, 1, 400, live=True),
        Knob("optimiser", "choice", "adam", choices=OPTIMISERS, live=True),
        Knob("clip", "float", 1.0, 0.001, 1e300, live=True),
    ),
    notation=gated_notation("ifogzrnh"),
    place=11,
    roles={"look": "forward", "write": "forward"},
    places={28: Place("write")},
    terms=(
        Term("image captioning", "图像描述", "write", also=("图像标注", "看图说话")),
        Term("saliency map", "显著图", "back", also=("saliency",)),
        Term("compositional generalisation", "组合泛化", "train"),
    ),
    load="lessons.recurrent.caption.lesson:Captions",
)
