"""Long short-term memory, gate by gate, forward and back (slide 39): the card, and the knobs it shares with `gru`."""

from lessons.contract.knobs import Knob
from lessons.course import Card

OPTIMISERS = ("sgd", "momentum", "adagrad", "adam")


def notation(gates: str) -> dict[str, str]:
    """Weights named as in the lecture's other notation: to what, from what."""
    of = {"W": "W_{}x", "U": "W_{}h", "b": "b_{}"}
    return {f"{p}{q}": form.format(q) for p, form in of.items() for q in gates} | {"V": "W_yh", "by": "b_y"}


def knobs(own: Knob) -> tuple[Knob, ...]:
    """The knobs of a lesson on a gated cell; `own` are those of one kind."""
    return (
        Knob("text", "text", "(a)a", 2, 200),
        Knob("hidden", "int", 2, 1, 32),
        own,
        Knob("rate", "float", 0.1, 0.0001, 10, live=True),
        Knob("optimiser", "choice", "adagrad", choices=OPTIMISERS, live=True),
        Knob("clip", "float", 5.0, 0.001, 1e300, live=True),
        Knob("start", "choice", "zero", choices=("zero", "random")),
    )


CARD = Card(
    id="lstm",
    chapter="recurrent",
    slides="39",
    minutes=20,
    title={"en": "LSTM: a road with gates", "zh": "LSTM：带门的路"},
    lead={
        "en": "A state that no matrix touches on its way through time: only scaled, and added to.",
        "zh": "有一种状态，沿时间往前走，不经过任何矩阵：只有缩放和相加。",
    },
    acts=("forward", "backward", "ledger", "road", "train"),
    needs=("bptt",),
    knobs=knobs(Knob("forget", "float", 1.0, -10, 10)),
    notation=notation("ifog"),
    place=1,
    load="lessons.recurrent.lstm.lesson:Lstm",
)
