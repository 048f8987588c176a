"""The tests can go red: with one statement of the engine changed, the same comparisons fail.

Each mutant is compared with the stored reference values exactly as the engine is, and the unchanged source must pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
