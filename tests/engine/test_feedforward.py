"""Small walks of feedforward nets: where their steps stand, and the cases that lessons seldom meet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST, HostArray
from engine.feedforward import depth, network, perceptron
from engine.feedforward.activation_curves import soft
from engine.feedforward.mlp import Net, forward
from engine.feedforward.mlp_training import Examples, epoch
from engine.feedforward.perceptron import ROUNDING, Theta
from engine.feedforward.perceptron_run import PerceptronRun
from engine.maths.activations import ACTIVATIONS, log_softmax
from engine.maths.optimisers import OPTIMISERS, begin
from engine.walks.gradient_check import checked
from engine.walks.step import drain
from engine.walks.training import Recipe
from tests.engine.test_mlp import make

XP = HOST.xp


@pytest.mark.parametrize("T", [0.5, 1.0, 3.0])
def test_softmax_at_a_temperature(T: float) -> None:
    scores = np.array([1.2, -0.4, 0.7])

    def found(z: HostArray) -> dict[str, Any]:
        return dict(drain(soft(XP, [np.array([[each]]) for each in z], T, 2)))

    wanted = -log_softmax(XP, scores[:, None] / T)[1, 0]
    assert float(np.squeeze(found(scores)["loss"])) == pytest.approx(wanted, abs=1e-14)
    for i, slope in enumerate(np.ravel(found(scores)["by_z"])):
        nudge = 1e-6 * (np.arange(3) == i)
        ends = [float(np.squeeze(found(scores + sign * nudge)["loss"])) for sign in (1, -1)]
        assert slope == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-8)


@pytest.mark.parametrize(("kind", "gain"), [("tanh", 1.0), ("relu", 2.0), ("sigmoid", 1.0)])
def test_the_variance_of_net_inputs_is_that_of_sums_of_independent_products(kind: str, gain: float) -> None:
    """Over many draws of the weights the mean square of the net inputs is L v q; He's weights keep it with ReLU."""
    L, B, D = 24, 5, 4
    net, sums = Net(D, ACTIVATIONS[kind]), np.zeros((D, 2))
    for seed in range(300):
        draw = np.random.default_rng(seed)
        theta = {f"W{n}": draw.normal(0, (gain / L) ** 0.5, (L if n < D else 1, L)) for n in range(1, D + 1)}
        theta |= {f"b{n}": np.zeros((theta[f"W{n}"].shape[0], 1)) for n in range(1, D + 1)}
        x, y = draw.normal(size=(L, B)), np.zeros((1, B))
        run = drain(forward(XP, net, theta, x, y))
        steps = list(depth.variances(XP, theta, x, run))
        assert [step.path for step in steps] == [(("layer", n),) for n in range(1, D + 1) for _ in range(5)]
        last = {name: float(value) for step in steps for name, value in step.values.items()}
        sums += [(last[f"expected[{n}]"], last[f"found[{n}]"]) for n in range(1, D + 1)]
        assert last["gain[2]"] == pytest.approx(gain, rel=0.35)
    np.testing.assert_allclose(sums[:, 0], sums[:, 1], rtol=0.08)
    if kind == "relu":
        np.testing.assert_allclose(sums[1:, 1], sums[0, 1], rtol=0.15)  # half is lost, and 2 makes up for it


def test_kinds_of_units_are_counted_from_one() -> None:
    layers = [np.array([[1.0]]), np.array([[4.0]])]
    steps = list(depth.compare(XP, {"tanh": layers, "relu": layers[::-1]}))
    assert [step.path for step in steps] == [(("i", 1),), (("i", 2),)]
    assert [float(np.squeeze(next(iter(step.values.values())))) for step in steps] == [0.25, 4.0]


def test_updates_of_an_epoch_go_on_counting() -> None:
    net, theta, x, y = make(HOST, 0)
    sgd = OPTIMISERS["sgd"]
    recipe = Recipe(sgd, 0.1, 1.0)
    steps = epoch(XP, net, recipe, theta, begin(XP, sgd, theta), [Examples(x, y)] * 3, 5)
    assert sorted({step.path[0] for step in steps}) == [("update", 5), ("update", 6), ("update", 7)]


def test_a_layer_is_turned_from_its_last_unit() -> None:
    """Four units on two inputs: the first step stands at the last unit."""
    W, b, x = np.arange(8.0).reshape(4, 2) / 8, np.ones((4, 1)), np.array([[1.0], [-1.0]])
    f = ACTIVATIONS["tanh"]
    steps = list(network.turned(HOST, f, (W, b), x, f.f(XP, W @ x + b)))
    assert [step.path for step in steps[:-1]] == [(("j", 4),), (("j", 4),), (("j", 3),), (("j", 2),), (("j", 1),)]
    assert float(steps[-1].values["same"]) == 0


def test_what_the_bias_rounds_is_a_mistake_too() -> None:
    one = np.ones(1)
    assert perceptron.is_mistake(ROUNDING * one, one, one, one)
    assert perceptron.is_mistake(ROUNDING * one, 0 * one, one, one)
    assert not perceptron.is_mistake(3 * ROUNDING * one, one, one, one)


def test_a_state_holds_no_negative_zero() -> None:
    """States are compared by their bytes."""
    found = perceptron.run(np.array([-0.0, 1.0]), -0.0, np.array([[1.0, 2.0]]), np.ones(1), 1.0, 3)
    assert found.visits
    assert not any(np.signbit(visit.w).any() or np.signbit(visit.b) for visit in found.visits)


def test_a_state_that_came_back_has_no_gap() -> None:
    theta = Theta(np.array([[1.0], [-2.0]]), np.array([[3.0]]))
    for other, gap in [(theta, 0.0), (Theta(theta.w, -theta.b), 6.0), (Theta(-theta.w, theta.b), 6.0)]:
        assert float(drain(perceptron.came_back(XP, theta, other)).squeeze()) == gap


def test_the_perceptron_criterion_has_the_slope_that_it_claims_and_the_rule_steps_against_it() -> None:
    draw = np.random.default_rng(5)
    x, y = draw.normal(0, 1.3, (7, 2)), np.array([0.0, 1, 1, 0, 1, 0, 0])
    w, b = np.array([0.4, -0.9]), 0.35
    outcome = perceptron.run(w, b, x, 2 * y - 1, 0.5, 20)
    run = PerceptronRun(w, b, x, y, 0.5, outcome)
    theta, examples = run.theta(HOST, 0), run.examples(HOST)
    of = perceptron.criterion(HOST, theta, examples)
    for name, slope in of.gradient.items():
        for each in checked(HOST, of, name, 4):
            assert each.gap < 1e-9
        assert slope.any()
    wrong = [(a, t) for a, t in zip(x, 2 * y - 1, strict=True) if t * (w @ a + b) <= 0]
    assert 2 <= len(wrong) < len(x)
    np.testing.assert_allclose(of.gradient["w"][:, 0], sum(-t * a for a, t in wrong))
    np.testing.assert_allclose(of.loss(), sum(-t * (w @ a + b) for a, t in wrong))


def test_a_run_of_the_perceptron_opens_into_the_states_that_it_had() -> None:
    draw = np.random.default_rng(6)
    x = draw.normal(0, 1, (5, 2))
    y = (x @ np.array([1.0, -0.6]) > 0.2).astype(float)
    run = PerceptronRun(np.zeros(2), 0.0, x, y, 0.7, perceptron.run(np.zeros(2), 0.0, x, 2 * y - 1, 0.7, 50))
    assert run.outcome.converged
    assert len(run.outcome.visits) > 2 * len(x)
    for n, section in enumerate(run.epochs(HOST, ()), 1):
        steps = list(section.open())
        assert len(steps) == section.length
        left = drain(section.open())
        w, b = run.after(n * len(x))
        np.testing.assert_allclose(left.w[:, 0], w)
        np.testing.assert_allclose(left.b.item(), b)


def test_no_line_has_more_than_three_points_of_xor_right() -> None:
    square = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert perceptron.most_right(square, np.array([0.0, 1, 1, 0])) == 3
    assert perceptron.most_right(square, np.array([0.0, 0, 0, 1])) == 4
