"""What the cards of this shelf share: optimisers, knobs of gated cells, the lecture's second notation (slide 38)."""

from engine.maths.optimisers import OPTIMISERS as TABLE
from lessons.contract.knobs import Knob

OPTIMISERS = tuple(TABLE)
NOTATION = {
    "U": "W_hv", "W": "W_hh", "V": "W_oh", "b": "b_h", "c": "b_o", "s": "h", "rec": "netʰ", "move": "∂h{at}/∂w",
    "ds": "∂h{t}/∂h{k}", "by_s": "∂E{t}/∂h{k}", "dyhat_s": "∂ŷ{t}/∂h{t}", "norm_ds": "‖∂h{t}/∂h{k}‖",
}  # fmt: skip
"""The second notation of the simple recurrent network; its start is h₋₁ here, for time is counted from 0."""


def gated_notation(gates: str) -> dict[str, str]:
    """The parameters of gates as in papers, with W at the input and U at the state (Cho et al. 2014; Keras)."""
    of = {"U": "W_{}", "W": "U_{}", "b": "b_{}"}
    return {f"{p}{q}": form.format(q) for p, form in of.items() for q in gates} | {"U": "W", "W": "U", "by": "b_y"}


def gated_renamed(gates: str) -> dict[int, dict[str, str]]:
    """What the weights of gates were called before schema 2, when W and U had each other's places."""
    return {1: {f"{old}{q}": f"{new}{q}" for old, new in ("WU", "UW") for q in gates}}


def gated_knobs(own: Knob) -> tuple[Knob, ...]:
    """The knobs of a lesson on a gated cell; `own` are those of one kind."""
    return (
        Knob("text", "text", "(a)a", 2, 200, zh="（好）好"),
        Knob("hidden", "int", 2, 1, 32),
        own,
        Knob("rate", "float", 0.1, 0.0001, 10, live=True),
        Knob("optimiser", "choice", "adagrad", choices=OPTIMISERS, live=True),
        Knob("clip", "float", 5.0, 0.001, 1e300, live=True),
        Knob("start", "choice", "zero", choices=("zero", "random")),
    )
