"""What the lesson promises: "hello" is learned in about a hundred updates."""

from __future__ import annotations

from statistics import median

from engine.device import HOST, rng
from engine.maths.activations import ACTIVATIONS
from engine.maths.initial import normal
from engine.recurrent.srn import Params
from tests.engine.cases import Case, hello, run_of, srn_run


def updates_needed(case: Case, most: int) -> int:
    """Updates until the loss is below .2 and every next letter is the likeliest; most + 1 if they do not suffice."""
    training = srn_run(HOST, "tanh", "adagrad", case.inputs, rate=0.1, clip=5.0)
    state = training.start(case.theta._asdict())
    for n in range(most + 1):
        run = run_of(HOST, ACTIVATIONS["tanh"], Case(Params(**state.data.theta), case.inputs))
        right = all(yhat.argmax() == y.argmax() for yhat, y in zip(run.yhat, case.inputs.y, strict=True))
        if right and float(sum(run.E)) < 0.2:
            return n
        state = training.advance(state)
    return most + 1


def test_from_random_weights() -> None:
    inputs = hello(HOST).inputs._replace(s_init=HOST.put([[0.0]] * 3))
    needed = []
    for seed in range(20):
        draw = rng(seed)
        U, W, V = (normal(draw, *shape, scale=0.5) for shape in ((3, 4), (3, 3), (4, 3)))
        theta = Params(U, W, V, HOST.put([[0.0]] * 3), HOST.put([[0.0]] * 4))
        needed.append(updates_needed(Case(theta, inputs), 200))
    assert max(needed) <= 200
    assert 60 <= median(needed) <= 130


def test_from_the_weights_on_the_slide() -> None:
    assert updates_needed(hello(HOST), 200) <= 200
