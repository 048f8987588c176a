"""Words as numbers: what language processing is, one-hot against distributed vectors (slides 40-42): the card."""

from lessons.contract.card import Card, Place, Term
from lessons.contract.knobs import Knob

TEXT = (
    "the cat eats fish / my dog eats meat / a cat drinks milk / a dog drinks water / my cat sleeps a lot / "
    "the dog sleeps outside / the king rules the land / a queen rules the land / a king wears gold / "
    "the queen wears silver / their king is old"
)

TEXT_ZH = (
    "猫 吃 鱼 / 我 的 狗 吃 肉 / 一只 猫 喝 牛奶 / 一只 狗 喝 水 / 我 的 猫 整天 睡觉 / 那只 狗 在 外面 睡觉 / "
    "那位 国王 统治 国家 / 一位 王后 统治 国家 / 一位 国王 戴 金冠 / 那位 王后 戴 银冠 / 他们 的 国王 老 了"
)

CARD = Card(
    id="words",
    chapter="language",
    slides="40–42",
    minutes=10,
    title={"en": "Representing words", "zh": "词的表示"},
    lead={
        "en": "One-hot vectors cannot express similarity; the contexts of a word can.",
        "zh": "独热向量不能表示词的相似；词的相似体现在上下文里。",
    },
    acts=("onehot", "company", "dense", "size"),
    knobs=(
        Knob("text", "text", TEXT, 3, 1000, zh=TEXT_ZH),
        Knob("words", "text", "cat dog king queen", 1, 100, zh="猫 狗 国王 王后"),
        Knob("window", "int", 2, 1, 5),
        Knob("dim", "int", 2, 2, 6),
        Knob("wide", "int", 100, 1, 1000),
    ),
    places={40: Place("onehot"), 41: Place("onehot"), 42: Place("dense")},
    terms=(
        Term("natural language processing", "自然语言处理", "onehot", also=("NLP",)),
        Term("one-hot", "独热", "onehot", also=("独热表示", "独热向量", "sparse", "稀疏")),
        Term("distributed representation", "分布式表示", "dense"),
        Term("distributional hypothesis", "分布式假设", "company"),
        Term("word vector", "词向量", "dense", also=("embedding", "word embedding", "词嵌入")),
        Term("cosine similarity", "余弦相似度", "dense"),
        Term("curse of dimensionality", "维数灾难", "size"),
    ),
    load="lessons.language.words.lesson:Words",
)
