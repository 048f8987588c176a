"""The tests can go red: with one statement of the engine changed, the same comparisons fail.

Each mutant is compared with the stored reference values exactly as the engine is, and the unchanged source must pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from engine.maths.activations import ACTIVATIONS
from engine.maths.optimisers import OPTIMISERS, begin
from engine.recurrent import srn
from engine.recurrent.srn_training import SrnRun
from engine.recurrent.unrolled import gradient
from engine.walks.history import State
from engine.walks.step import drain
from tests.engine import stored
from tests.engine import test_shallow as shallow
from tests.engine.cases import (
    ALL,
    GRAINS,
    assert_close,
    assert_gradients,
    away_from_kinks,
    central,
    double_sum,
    run_of,
)
from tests.engine.mutants import MUTANTS
from tests.mutants.change import compiled, load

TANH, XP = ACTIVATIONS["tanh"], HOST.xp
WITHIN = {**stored.GRADIENT, **stored.WINDOW_2}


def rows(walks: Any) -> None:
    case = stored.stored_case()
    assert_gradients(
        double_sum(HOST, TANH, case, run_of(HOST, TANH, case), ALL, walks)._asdict(), stored.GRADIENT, 1e-11
    )


def rows_within(walks: Any) -> None:
    case = stored.stored_case()
    found = double_sum(HOST, TANH, case, run_of(HOST, TANH, case), 2, walks)
    assert_gradients(found._asdict(), WITHIN, 1e-11)


def rows_numerically(walks: Any) -> None:
    case = away_from_kinks("sigmoid", 4, 2, 3, 5)
    f = ACTIVATIONS["sigmoid"]
    found = double_sum(HOST, f, case, run_of(HOST, f, case), ALL, walks)
    assert_gradients(found._asdict(), central(f, case), 1e-8)


def swept(walks: Any) -> None:
    case = stored.stored_case()
    found = drain(walks.sweep(XP, TANH, *case, run_of(HOST, TANH, case)))
    assert_gradients(found._asdict(), stored.GRADIENT, 1e-11)


def forward(walks: Any) -> None:
    case = stored.stored_case()
    run = drain(walks.forward(XP, TANH, *case))
    assert_close(run.E, stored.LOSSES, 1e-11)


def diagonal(ledgers: Any) -> None:
    case = stored.stored_case()
    run = run_of(HOST, TANH, case)
    assert_gradients(ledgers.ledger(XP, TANH, *case, run, ALL).grad._asdict(), stored.GRADIENT, 1e-11)
    assert_gradients(ledgers.ledger(XP, TANH, *case, run, 2).grad._asdict(), WITHIN, 1e-11)


def slopes(activations: Any) -> None:
    for name, f in activations.ACTIVATIONS.items():
        case = away_from_kinks(name, 4, 2, 3, 5)
        assert_gradients(drain(srn.sweep(XP, f, *case, run_of(HOST, f, case)))._asdict(), central(f, case), 1e-8)


def moves(optimisers: Any) -> None:
    theta, inputs = stored.stored_case()
    for name in stored.AFTER:
        optimiser = optimisers.OPTIMISERS[name]
        now, memory = theta, optimisers.begin(XP, optimiser, theta._asdict())
        for n in range(1, stored.UPDATES + 1):
            run = drain(srn.forward(XP, TANH, now, inputs))
            clipped = optimisers.clip_by_norm(XP, gradient(HOST, TANH, now, inputs, run, ALL)._asdict(), stored.CLIP)
            moved, memory = optimisers.update(XP, optimiser, now._asdict(), clipped, memory, stored.RATE, n)
            now = srn.Params(**moved)
        assert_gradients(now._asdict(), stored.AFTER[name], 1e-11)


def walked(descent: Any) -> None:
    """The clipped steps of each optimiser, walked."""
    theta, inputs = stored.stored_case()
    for name in stored.AFTER:
        optimiser = OPTIMISERS[name]
        now, memory = theta, begin(XP, optimiser, theta._asdict())
        for n in range(1, stored.UPDATES + 1):
            run = drain(srn.forward(XP, TANH, now, inputs))
            found = gradient(HOST, TANH, now, inputs, run, ALL)._asdict()
            clipped = drain(descent.walk_clip(XP, found, stored.CLIP))
            walk = descent.walk_step(XP, optimiser, now._asdict(), clipped, memory, stored.RATE, n)
            moved, memory = drain(walk)
            now = srn.Params(**moved)
        assert_gradients(now._asdict(), stored.AFTER[name], 1e-11)


def crossed(training: Any) -> None:
    """`advance`, and the same update opened, for each optimiser."""
    theta, inputs = stored.stored_case()
    for name in stored.AFTER:
        optimiser = OPTIMISERS[name]
        own = {"gradient": SrnRun.gradient, "sections": SrnRun.sections}
        run: Any = type("Run", (training.Run,), own)(
            HOST, training.Recipe(optimiser, stored.RATE, stored.CLIP), srn.PARAMETERS
        )
        run.f, run.inputs, run.window = TANH, inputs, ALL
        state: State = run.start(theta._asdict())
        for _ in range(stored.UPDATES):
            reel = run.inside(state, GRAINS)
            opened = {p: reel.get(p, reel.total) for p in theta._fields}
            state = run.advance(state)
            assert_gradients(opened, state.data.theta, 1e-12)
        assert_gradients(state.data.theta, stored.AFTER[name], 1e-11)


def voted(module: Any) -> None:
    """The three nearest of five points, and their votes."""
    x, y = shallow.FIVE
    given = (x, y[:, None], shallow.TWO, shallow.rows(5), np.array([[0.8], [0.7]]))
    found = drain(module.ask(HOST, *given, 3))
    assert_close(np.array([*found.near, *found.votes]), np.array([4.0, 1, 2, 2, 1]), 1e-12)


def grown(module: Any) -> None:
    """The cuts of seven points, in the order in which they are made; and of three classes with three leaves."""
    x, y = shallow.SEVEN
    found = drain(module.grow(HOST, x, np.eye(2)[y], shallow.TWO, np.ones((1, 1)), module.Limits()))
    cuts = [(node.place, node.gain) for node in found.nodes if node.left >= 0][:3]
    assert_close(np.array(cuts), np.array([(4.5, 0.2755102041), (2.5, 0.125), (3.5, 0.5)]), 1e-9)
    x, y = np.arange(1.0, 11)[:, None], np.array([2, 1, 1, 0, 0, 0, 0, 0, 0, 2])
    few = drain(module.grow(HOST, x, np.eye(3)[y], shallow.rows(3), np.ones((1, 1)), module.Limits(leaves=3)))
    assert_close(np.array([node.place for node in few.nodes if node.left >= 0]), np.array([3.5, 9.5]), 1e-12)


def boosted(module: Any) -> None:
    """Three rounds on six points."""
    x, y = shallow.SIX
    found = drain(module.boost(HOST, x, y[:, None], np.ones((1, 1)), 3))
    wanted = [(2.5, -1, 0.8047189562, 0.1666666667), (5.5, -1, 0.6931471806, 0.2), (4.5, 1, 0.7331685344, 0.1875)]
    for stump, each in zip(found, wanted, strict=False):
        assert_close(np.array(stump[1:]), np.array(each), 1e-9)


def solved(module: Any) -> None:
    """Four points, a straight margin; and an RBF kernel after a fixed number of pairs, with its slope."""
    x, y = shallow.FOUR
    for kernel, wanted in (("linear", STRAIGHT), ("rbf", ROUND)):
        problem = module.Problem(x, y[:, None], shallow.rows(4), module.Kernel(kernel, 0.5), 1.0)
        K, state = drain(module.begin(HOST, problem))
        for _ in range(3):
            state = drain(module.step(HOST, problem, K, state, 1e-6)) or state
        steps = module.border(HOST, problem, state, np.array([[0.3], [0.4]]))
        made = {name: value for step in steps for name, value in step.values.items()}
        ends = (state.a, made["b"], made["o"], made["slope"], made["primal"], made["dual"])
        assert_close(np.concatenate([np.ravel(each) for each in ends]), np.array(wanted), 1e-9)


STRAIGHT = [0.2, 1, 0.3, 0.9, -0.2, 0.0, -0.4, 0.8, 2, 2]
ROUND = [
    0.969588529945, 1, 0.969588529945, 1, 0.038402545444, -0.611457767975, -0.583257170965, -0.177188666348,
    2.54029822022, 2.54029822022,
]  # fmt: skip
"""a, b, f and its slope at (.3, .4), both objectives: as a few lines of NumPy give them that know no walk."""

COMPARISONS: dict[str, tuple[str, Callable[[Any], None]]] = {
    "rows": ("engine.recurrent.srn", rows),
    "rows_within": ("engine.recurrent.srn", rows_within),
    "rows_numerically": ("engine.recurrent.srn", rows_numerically),
    "swept": ("engine.recurrent.srn", swept),
    "forward": ("engine.recurrent.srn", forward),
    "diagonal": ("engine.recurrent.srn_terms", diagonal),
    "slopes": ("engine.maths.activations", slopes),
    "moves": ("engine.maths.optimisers", moves),
    "walked": ("engine.walks.descent", walked),
    "crossed": ("engine.walks.training", crossed),
    "voted": ("engine.shallow.neighbours", voted),
    "grown": ("engine.shallow.tree", grown),
    "boosted": ("engine.shallow.boosting", boosted),
    "solved": ("engine.shallow.margin", solved),
}


@pytest.mark.mutation
@pytest.mark.parametrize("which", COMPARISONS)
def test_the_unchanged_source_passes(which: str) -> None:
    name, compare = COMPARISONS[which]
    compare(load(name))


@pytest.mark.mutation
@pytest.mark.parametrize("wrong", MUTANTS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_mutant_fails(wrong: str) -> None:
    mutant, noticed = MUTANTS[wrong]
    changed = load(mutant.module, compiled(mutant))
    assert noticed
    for which in noticed:
        with pytest.raises(AssertionError, match="off by"):
            COMPARISONS[which][1](changed)
