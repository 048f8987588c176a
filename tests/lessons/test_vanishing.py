"""What `vanishing` claims, over seeds: what vanishes, what explodes, what hides it, and what each remedy does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from engine.maths.activations import ACTIVATIONS
from engine.recurrent import vanish
from engine.recurrent.vanish import radius
from engine.walks.step import drain
from lessons.building.acts import Trial
from lessons.contract.panels import Block, Laws, Matrix, Plot
from lessons.contract.text import load
from lessons.course import open_lesson
from lessons.player.player import Player
from lessons.recurrent.vanishing import CARD
from lessons.recurrent.vanishing.lesson import Vanishing
from lessons.recurrent.vanishing.lesson import inputs as inputs_of
from tests.lessons.playing import played, result

SEEDS = range(6)


def player(seed: int | None = None, **given: Any) -> Player:
    made = played(CARD, seed, **given)
    made.record = {ask.id: "skipped" for ask in made.lesson.asks}
    return made


@pytest.mark.parametrize("seed", SEEDS)
def test_it_vanishes_for_small_radii_and_explodes_for_large_ones_with_linear_units(seed: int) -> None:
    """‖∂s_50/∂s_0‖ beside ‖I‖ = 4: radius .5 and .9 with tanh fall, 1.5 linear grows, and tanh hides that."""
    far = {name: values[-1] / 4 for name, values in result(player(seed, noise=0.5))["far"].items()}
    assert far["tanh 0.5"] < 1e-14
    assert far["tanh 0.9"] < 1e-3
    assert far["linear 1.5"] > 1e6
    assert far["tanh 1.5"] < 1
    assert far["gate"] == pytest.approx((1 / (1 + np.exp(-4))) ** 50, rel=1e-9)
    assert far["tanh 0.5"] < far["tanh 0.9"] < far["tanh 1.5"] < far["linear 1.5"]


@pytest.mark.parametrize("seed", range(12))
def test_relu_from_the_identity_keeps_what_tanh_loses_until_the_noise_is_large(seed: int) -> None:
    """The remedy of slide 39, at the lesson's own noise: a third of the norm at least. Five times it leaves less."""
    far = {name: values[-1] / 4 for name, values in result(player(seed))["far"].items()}
    assert 1 / 3 < far["relu identity"] <= 1
    assert far["tanh 0.9"] < 1e-3 < far["gate"]
    assert far["relu identity, noise times 5"] < far["relu identity"]
    louder = result(player(seed, noise=0.5))["far"]["relu identity"]
    assert far["relu identity, noise times 5"] == pytest.approx(louder[-1] / 4)


def test_at_the_start_of_the_lesson_the_remedy_works_and_fails_in_a_step_of_its_own() -> None:
    far = result(player())["far"]
    assert far["relu identity"][-1] == pytest.approx(5**0.5)
    assert far["relu identity, noise times 5"][-1] == 0
    made = player()
    made.jump("compare/v=5/t=49")
    step = made.reel.step(made.spot.p)
    assert step is not None
    assert step.path[:2] == (("compare", -1), ("v", 5))


@pytest.mark.parametrize("activation", ["tanh", "linear", "sigmoid", "relu"])
@pytest.mark.parametrize("seed", SEEDS)
def test_no_product_is_longer_than_gamma_times_the_norm_of_w_allows(activation: str, seed: int) -> None:
    """The condition on the screen: with γ‖W‖ < 1 the gradient vanishes, and with it below the line that is drawn."""
    made = player(seed, activation=activation, radius=0.3, steps=20)
    made.jump("joints")
    panels = made.lesson.panels(made.view(), load("lessons.recurrent.vanishing", "en"))
    (plot,) = (panel for panel in panels if isinstance(panel, Plot))
    most = np.linalg.norm(made.start.params["W"], 2) * (0.25 if activation == "sigmoid" else 1)
    assert most < 1
    product, bound = plot.lines
    assert np.all(np.asarray(product.y) <= np.asarray(bound.y) * (1 + 1e-9))
    np.testing.assert_allclose(bound.y, 4 * most ** np.arange(20))
    wide = player(seed, activation="tanh", radius=1.5, steps=20)
    wide.jump("joints")
    panels = wide.lesson.panels(wide.view(), load("lessons.recurrent.vanishing", "en"))
    assert [len(panel.lines) for panel in panels if isinstance(panel, Plot)] == [1]  # above 1 nothing follows


@pytest.mark.parametrize("seed", SEEDS)
def test_on_a_log_axis_it_is_a_straight_line(seed: int) -> None:
    """Linear units: the length per joint comes to be the spectral radius."""
    found = result(player(seed, activation="linear", radius=0.8, steps=100))
    assert found["radius"] == pytest.approx(0.8)
    logs = np.log(np.array(found["reach"]))[::-1]
    slope = np.polyfit(np.arange(40, 100), logs[40:100], 1)[0]
    assert slope == pytest.approx(np.log(0.8), abs=0.02)


@pytest.mark.parametrize("seed", SEEDS)
def test_saturation_takes_its_share(seed: int) -> None:
    """More noise, flatter units, shorter products: with the same W."""
    reach = [result(player(seed, radius=0.9, noise=noise))["reach"][0] for noise in (0.1, 1, 3)]
    assert reach[0] > reach[1] > reach[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_clipping_shortens_and_keeps_the_direction_and_a_window_loses_what_is_older(seed: int) -> None:
    found = result(player(seed, activation="linear", radius=1.2, window=5, clip=2))
    whole, cut, near = (np.array(each) for each in (found["grad"]["W"], found["clipped"], found["within_window"]))
    assert np.linalg.norm(whole) > 100
    assert np.linalg.norm(cut) == pytest.approx(2)
    np.testing.assert_allclose(cut / 2, whole / np.linalg.norm(whole), atol=1e-12)
    assert np.linalg.norm(near - whole) > 0.3 * np.linalg.norm(whole)
    small = result(player(seed, radius=0.5, window=10))
    np.testing.assert_allclose(small["within_window"], small["grad"]["W"], atol=1e-2)
    all_of_it = result(player(seed, window=100, clip=1e300))
    np.testing.assert_allclose(all_of_it["within_window"], all_of_it["grad"]["W"], atol=1e-12)
    np.testing.assert_allclose(all_of_it["clipped"], all_of_it["grad"]["W"], atol=1e-12)


@pytest.mark.peer
@pytest.mark.parametrize("units", ["tanh", "sigmoid", "linear", "relu"])
def test_products_and_gradients_equal_autograd(units: str) -> None:
    torch = pytest.importorskip("torch", reason="no PyTorch here: pip install 'unroll-nn[peers]'")
    made = player(3, activation=units, hidden=5, steps=7, radius=1.1)
    lesson = made.lesson
    assert isinstance(lesson, Vanishing)
    inputs, f = inputs_of(Trial(lesson, HOST, made.knobs, made.start).first), ACTIVATIONS[units]
    W = torch.tensor(made.start.params["W"], requires_grad=True)
    shape = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "linear": lambda z: z, "relu": torch.relu}[units]

    def last(first: Any, k: int) -> Any:
        s = first
        for t in range(k + 1, 7):
            s = shape(W @ s + torch.tensor(inputs.n[t]))
        return s

    host = made.start.params["W"]
    s = drain(vanish.run(np, f, host, inputs))
    lengths = drain(vanish.joints(np, f, host, inputs.eye, s))
    for k in range(7):
        jacobian = torch.autograd.functional.jacobian(lambda first, k=k: last(first, k)[:, 0], torch.tensor(s[k]))
        assert float(lengths[k]) == pytest.approx(float(torch.linalg.norm(jacobian)), abs=1e-12)
    (last(shape(W @ torch.tensor(inputs.s_init) + torch.tensor(inputs.n[0])), 0) ** 2).sum().div(2).backward()
    np.testing.assert_allclose(result(made)["grad"]["W"], W.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_w_has_the_radius_it_was_asked_for(seed: int) -> None:
    for asked in (0.3, 1.0, 2.5):
        assert radius(player(seed, radius=asked, hidden=7).start.params["W"]) == pytest.approx(asked)


@pytest.mark.parametrize("seed", SEEDS)
def test_relu_from_the_identity_keeps_all_or_nothing(seed: int) -> None:
    """Its product is 1 for every unit that was on all along: with little noise many are, with much few."""
    ends = [result(player(seed, noise=noise, steps=20))["far"]["relu identity"][-1] for noise in (0.01, 2)]
    kept = [round(end**2, 9) for end in ends]
    assert kept[0] == int(kept[0]) >= 8
    assert kept[1] == int(kept[1]) <= 4


@pytest.mark.parametrize("given", [{}, {"activation": "linear"}, {"steps": 2}, {"hidden": 1}])
def test_every_prediction_says_what_it_has_come_to(given: dict[str, Any]) -> None:
    from lessons.contract.text import fill, load

    made = Player(open_lesson(CARD), HOST, given, 1)
    met = []
    while made.forward():
        if made.asked is not None:
            made.skip()
            view = made.asked.view
            assert view is not None
            text = load("lessons.recurrent.vanishing", "en")
            said = " ".join(fill(each, made.lesson.says(view, text)) for each in text[f"ask.{made.asked.ask.id}"].after)
            assert "It has come to ·" not in said
            met.append(made.asked.ask.id)
            made.skip()
    assert met == ["fate", "tanh", "linear"]


def test_beside_a_rival_stands_what_it_multiplies_by() -> None:
    made = player()
    for v in range(7):
        made.jump(f"compare/v={v}/t=3")
        panels = {
            panel.id: panel for panel in made.lesson.panels(made.view(), load("lessons.recurrent.vanishing", "en"))
        }
        rival, law = panels["rival"], panels["law"]
        assert isinstance(rival, Matrix)
        assert isinstance(law, Laws)
        factor = rival.rows[0].items[2]
        assert isinstance(factor, Block)
        held = made.view().get(factor.symbol)
        assert held is not None
        assert factor.symbol == ("gate" if v == 6 else f"M[{v}]")
        assert factor.values is not None
        assert factor.values[0, 0] == np.atleast_2d(held)[0, 0]
        assert ("uᵥ,ₜ =" in law.laws[0]) == (v < 6)
        assert "1 M" not in law.laws[0]
