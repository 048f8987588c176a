"""A convolutional net: one kernel at every place of a picture, forward, back and trained (slide 4): the card."""

from engine.maths.optimisers import OPTIMISERS
from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

NETS = ("pooled", "unpooled", "flat")

CARD = Card(
    id="convolution",
    chapter="history",
    slides="4",
    minutes=20,
    title={"en": "Convolutional neural networks", "zh": "卷积神经网络"},
    lead={
        "en": "The same small matrix at every place of the picture, as in a recurrent net at every timestep.",
        "zh": "同一个小矩阵用在图片的每个位置上，就像循环神经网络在每个时刻都用同一个矩阵。",
    },
    acts=("slide", "pool", "back", "train"),
    needs=("mlp",),
    knobs=(
        Knob("net", "choice", "pooled", choices=NETS),
        Knob("pooling", "choice", "max", choices=("max", "mean")),
        Knob("filter", "int", 1, 1, 8),
        Knob("example", "int", 1, 1, 1000),
        Knob("picture", "picture", "digit", choices=("digit",)),
        Knob("label", "int", 0, 0, 9),
        Knob("pictures", "choice", "centred", choices=("centred", "moved")),
        Knob("rate", "float", 0.005, 0.00001, 10, live=True),
        Knob("batch", "int", 32, 1, 1000, live=True),
        Knob("optimiser", "choice", "adam", choices=tuple(OPTIMISERS), live=True),
        Knob("clip", "float", 1e300, 0.001, 1e300, live=True),
    ),
    place=6,
    roles={"slide": "forward", "pool": "forward"},
    places={4: Place("slide")},
    terms=(
        Term("convolutional neural network", "卷积神经网络", "slide", also=("CNN", "convolutional net")),
        Term("convolution", "卷积", "slide", also=("cross-correlation", "互相关")),
        Term("kernel", "卷积核", "slide", also=("filter", "滤波器")),
        Term("feature map", "特征图", "slide"),
        Term("padding", "填充", "slide"),
        Term("stride", "步长", "slide"),
        Term("weight sharing", "权重共享", "back", also=("parameter sharing", "参数共享")),
        Term("pooling", "池化", "pool", also=("max pooling", "最大池化", "mean pooling", "平均池化")),
        Term("translation equivariance", "平移等变性", "train"),
    ),
    load="lessons.history.convolution.lesson:Convolution",
)
