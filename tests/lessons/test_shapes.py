"""What `shapes` claims: where errors enter, who learns negation, what memory costs at a change; words by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from engine.gated import cell as cells
from engine.gated.run.training import answered
from engine.walks.history import advanced
from engine.walks.step import drain
from lessons.building.acts import Trial
from lessons.building.defaults import on_device
from lessons.contract.knobs import Refused, Value
from lessons.contract.panels import Graph, Note, Table
from lessons.contract.text import load
from lessons.data.sequences.task import SHAPES as TASKS
from lessons.player.player import Player
from lessons.player.state import export, restore
from lessons.recurrent.in_time import guess
from lessons.recurrent.shapes import CARD, MODELS, SHAPES
from lessons.recurrent.shapes import experiment as exp
from lessons.recurrent.shapes.lesson import LEADS, at_change, enters, who_loses
from tests.engine.test_cells import torch_run
from tests.lessons.playing import assert_laws_are_those_of_the_steps, played, result

SEEDS = range(5)
DEFAULT: dict[str, Value] = {knob.id: knob.default for knob in CARD.knobs}
shapes = pytest.mark.parametrize("shape", SHAPES)
languages = pytest.mark.parametrize("language", ["en", "zh"])


def scores(seed: int, updates: int = exp.AHEAD, **given: Any) -> exp.Reading:
    """A net's right answers after so many updates."""
    knobs = {**DEFAULT, **given}
    lesson = played(CARD).lesson
    run = exp.training(HOST, knobs, start := lesson.start(knobs, seed))
    state = advanced(run.advance, run.start(on_device(HOST, start.params), {}), updates)
    found: exp.Reading = state.data.reading
    return found


def others(seed: int, **given: Any) -> Any:
    return exp.rivals(*exp.chosen({**DEFAULT, **given}, seed))


def trial(made: Player) -> Trial:
    return Trial(made.lesson, HOST, made.knobs, made.start)  # type: ignore[arg-type]


# claims


@pytest.mark.exhaustive
@languages
@pytest.mark.parametrize("seed", SEEDS)
def test_a_negation_in_a_new_pair(seed: int, language: str) -> None:
    """Bag and pairs are wrong on it, more than guessing would be; the net that reads in order is right."""
    net, rivals = scores(seed, language=language), others(seed, language=language)
    assert net["unseen"] > 0.9
    assert net["plain"] > 0.97
    assert rivals["bag"]["unseen"] < 0.25
    assert rivals["pairs"]["unseen"] < 0.35
    assert rivals["pairs"]["seen"] > 0.65
    assert rivals["bag"]["all"] < 0.6


@pytest.mark.exhaustive
@languages
@pytest.mark.parametrize("seed", SEEDS)
def test_shuffled_words(seed: int, language: str) -> None:
    """A bag loses nothing, exactly; the net falls to what guessing has."""
    net, rivals = scores(seed, language=language), others(seed, language=language)
    assert rivals["bag"]["shuffled"] == rivals["bag"]["all"]
    assert net["shuffled"] < 0.72
    assert net["all"] > 0.95
    assert rivals["pairs"]["shuffled"] < rivals["pairs"]["all"] - 0.1


@pytest.mark.exhaustive
@pytest.mark.parametrize("model", ["srn", "gru"])
@pytest.mark.parametrize("seed", SEEDS)
def test_memory_is_inertia(seed: int, model: str) -> None:
    """Better than single frames on the whole, ever better while the digit stays; worse where it has just changed."""
    net, rivals = scores(seed, shape="in_step", model=model), others(seed, shape="in_step")
    frame, mean = rivals["frame"], rivals["mean"]
    assert net["all"] > frame["all"] + 0.07
    assert net["still0"] < net["still2"] < net["still8"]
    assert net["still8"] > net["still0"] + 0.15
    assert net["changed0"] < frame["changed0"] - 0.2
    assert mean["changed0"] < net["changed0"]
    assert mean["all"] > frame["all"] + 0.07
    assert net["all"] > mean["all"] - 0.03
    assert net["changed2"] > frame["changed2"]
    assert net["changed8"] > frame["changed8"] + 0.08


@pytest.mark.exhaustive
@languages
@pytest.mark.parametrize("seed", SEEDS)
def test_the_other_three_learn_in_some_hundred_updates(seed: int, language: str) -> None:
    assert scores(seed, shape="one_to_one")["all"] > 0.93
    assert scores(seed, shape="one_to_many", language=language)["whole"] > 0.86
    assert scores(seed, shape="many_to_many", language=language)["whole"] > 0.5
    assert scores(seed, 1000, shape="many_to_many", language=language)["whole"] > 0.9


@pytest.mark.parametrize("seed", [2])
def test_the_claims_for_one_seed(seed: int) -> None:
    test_a_negation_in_a_new_pair(seed, "en")
    test_memory_is_inertia(seed, "gru")


def test_the_predictions_are_what_comes_true() -> None:
    made = played(CARD)
    assert enters(trial(made)) == "one"
    assert who_loses(trial(made)) == "net"
    assert at_change(trial(played(CARD, shape="in_step"))) == "frame"
    for name in ("one_to_one", "one_to_many", "many_to_many", "in_step"):
        assert [ask.id for ask in made.lesson.asks if ask.where(*asked(shape=name)) is not None] == (
            ["changed"] if name == "in_step" else []
        )


def asked(**given: Any) -> tuple[Any, Any]:
    made = played(CARD, **given)
    return made.knobs, made.start


# one sequence


@shapes
@pytest.mark.parametrize("model", MODELS)
def test_errors_enter_where_losses_stand(shape: str, model: str) -> None:
    """Along the way back: ∂E/∂h is the loss's part alone, both, or what came from later alone, as the shape has it."""
    made = played(CARD, 1, shape=shape, model=model, hidden=5, example=3)
    y, losses = made.start.inputs["y"], result(made)["losses"]
    assert [each is None for each in losses] == [each is None for each in y]
    ops = {step.path[1][1]: step.op for step in steps_back(made) if step.op.startswith("gh")}
    T = len(y)
    assert sorted(ops) == list(range(T))
    for k, op in ops.items():
        wanted = "gh_kept" if y[k] is None else "gh_last" if k == T - 1 else "gh"
        assert op == wanted, k
    assert sum(op != "gh_kept" for op in ops.values()) == trial(made).first.net.targets


def steps_back(made: Player) -> list[Any]:
    net = trial(made).first.net
    return list(cells.sweep(HOST.xp, net.cell, net.theta, net.inputs, net.run, (("backward", -1),)))


@shapes
def test_an_empty_timestep_adds_nothing_to_the_weights_of_the_input(shape: str) -> None:
    """Their gradient comes from the timesteps that have an input, and from no other."""
    made = played(CARD, 2, shape=shape, model="srn", hidden=4)
    net, x = trial(made).first.net, made.start.inputs["x"]
    deltas = dict[str, Any]()
    for step in steps_back(made):
        deltas |= {name: value for name, value in step.values.items() if name.startswith("delta_h[")}
    total = sum(deltas[f"delta_h[{t}]"] @ net.inputs.x[t].T for t, each in enumerate(x) if each is not None)
    np.testing.assert_allclose(net.grad["Uh"], total, atol=1e-14)
    assert all(not net.inputs.x[t].any() for t, each in enumerate(x) if each is None)


@pytest.mark.peer
@shapes
@pytest.mark.parametrize("model", MODELS)
def test_gradients_equal_pytorch(shape: str, model: str) -> None:
    """Over two updates, of a batch and of the example: inputs and losses only where the shape has them."""
    made = played(CARD, 3, shape=shape, model=model, hidden=4, batch=3)
    run = exp.training(HOST, made.knobs, made.start)
    state = run.start(on_device(HOST, made.start.params), {})
    alone = trial(made).first.net
    for _ in range(2):
        for inputs in (run.inputs(state.n, state.data), alone.inputs):
            net = type(alone)(HOST, run.cell, dict(state.data.theta), inputs)
            loss, leaf, _ = torch_run(run.cell, net.theta, inputs)
            loss.backward()
            assert float(sum(net.run.E)) == pytest.approx(float(loss.detach()), abs=1e-10)
            for name in run.cell.names:
                slope = leaf[name].grad
                wanted = np.zeros_like(net.grad[name]) if slope is None else slope.numpy()
                np.testing.assert_allclose(net.grad[name], wanted, atol=1e-10, err_msg=name)
        state = run.advance(state)


@shapes
def test_laws_are_those_of_the_steps(shape: str) -> None:
    made = played(CARD, 0, shape=shape, hidden=3)
    made.grain = max(made.lesson.grains.values())
    made.to_act("backward")
    assert_laws_are_those_of_the_steps(made, 60, 4)


def test_the_card_and_the_data_have_the_same_shapes() -> None:
    assert SHAPES == TASKS
    assert set(LEADS) == set(SHAPES)


# the screen


def stage_of(made: Player) -> dict[str, Any]:
    return {panel.id: panel for panel in made.lesson.panels(made.view(), load("lessons.recurrent.shapes", "en"))}


@shapes
def test_boxes_only_where_there_is_an_input_or_a_loss(shape: str) -> None:
    """And ⇓ only under a loss whose error has entered."""
    made = played(CARD, 0, shape=shape, hidden=3)
    x, y = made.start.inputs["x"], made.start.inputs["y"]
    made.jump("backward/k=0")
    graph = stage_of(made)["graph"]
    assert isinstance(graph, Graph)
    near = {node.column for node in graph.nodes if node.row == "state"} - {-1}
    for row, given in {"input": x, "target": y, "loss": y}.items():
        wanted = {t for t in near if given[t] is not None}
        assert {node.column for node in graph.nodes if node.row == row} == wanted
    down = {edge.end for edge in graph.edges if edge.way == "backward" and edge.end.startswith("E")}
    assert down == {f"E{t}" for t in near if y[t] is not None}
    along = [edge.way for edge in graph.edges if edge.end.startswith("h")]
    assert "forward" not in [edge.way for edge in graph.edges if edge.end.startswith("h") and edge.start[0] == "h"]
    assert along


@pytest.mark.parametrize("shape", ["many_to_one", "many_to_many"])
def test_the_bars_show_what_enters_and_what_there_is(shape: str) -> None:
    """At the last timestep all of ∂E/∂h has just entered; before it there is more, or nothing that enters."""
    made = played(CARD, 0, shape=shape, hidden=3)
    made.jump("backward/k=0")
    net, y, last = trial(made).first.net, made.start.inputs["y"], len(made.start.inputs["y"]) - 1
    enters, whole = stage_of(made)["errors"].rows[:2]
    assert set(enters.items) == {t for t in whole.items if y[t] is not None}
    for t, bar in enters.items.items():
        e = (net.run.made[t]["yhat"] - net.inputs.y[t])[:, 0]
        assert bar.value == pytest.approx(np.linalg.norm(made.start.params["V"].T @ e))
    for t, bar in whole.items.items():
        assert bar.value == pytest.approx(np.linalg.norm(net.left[f"gh[{t}]"]))
    if last in enters.items:
        assert enters.items[last] == whole.items[last]


def test_a_word_that_is_not_known_is_read_as_nothing() -> None:
    """It is said; and the state after it is that of an empty timestep."""
    made = played(CARD, 0, sentence="negative, the film is gorp not good")
    assert made.start.inputs["x"] == ["the", "film", "is", "gorp", "not", "good"]
    note = stage_of(made)["unknown"]
    assert isinstance(note, Note)
    assert "gorp" in note.text
    other = played(CARD, 0, sentence="negative, the film is good not good")
    assert "unknown" not in stage_of(other)
    other.edit("x[3]", (0,), "nonesuch")
    assert result(other)["loss"] == result(made)["loss"]
    with pytest.raises(Refused):
        other.edit("x[3]", (0,), " ")


def test_words_by_notches_and_pictures_by_none() -> None:
    made = played(CARD, 0)
    first = made.start.inputs["x"][0]
    made.edit("x[0]", (0,), made.lesson.nudged(made.start, "x[0]", (0,), 1))
    assert made.start.inputs["x"][0] != first
    made.edit("x[0]", (0,), made.lesson.nudged(made.start, "x[0]", (0,), -1))
    assert made.start.inputs["x"][0] == first
    video = played(CARD, 0, shape="in_step")
    for change in (lambda: video.edit("x[0]", (0,), "1"), lambda: video.lesson.nudged(video.start, "x[0]", (0,), 1)):
        with pytest.raises(Refused):
            change()


def test_the_table_has_the_numbers_of_the_reading() -> None:
    made = played(CARD, 0, batch=8)
    made.jump("train/update=40")
    table = stage_of(made)["results"]
    assert isinstance(table, Table)
    net, bag = scores(0, 40, batch=8), others(0)["bag"]
    names = ("all", "plain", "seen", "unseen", "shuffled")
    assert list(table.rows[-1][1:]) == [f"{100 * net[name]:.0f} %" for name in names]
    assert list(table.rows[0][1:]) == [f"{100 * bag[name]:.0f} %" for name in names]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"x": ["the"]}, "1 to 24 timesteps"),
        ({"y": [None] * 7}, "one of negative, positive"),
        ({"vocabulary": ["the"]}, "another vocabulary"),
    ],
)
def test_a_state_that_does_not_fit(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    made = played(CARD, 0, hidden=3)
    state, path = export(made.lesson, 0, made.knobs, made.start), tmp_path / "state.json"
    path.write_text(json.dumps(state), encoding="utf-8")
    _, start, _ = restore(made.lesson, str(path), {})
    assert start.inputs == made.start.inputs
    path.write_text(json.dumps({**state, "inputs": {**state["inputs"], **change}}), encoding="utf-8")
    with pytest.raises(Refused, match=said):
        restore(made.lesson, str(path), {})


@pytest.mark.parametrize("model", MODELS)
def test_a_state_says_which_model_it_is_of(model: str, tmp_path: Path) -> None:
    made, path = played(CARD, 2, model=model, hidden=3, sentence="positive, gorp is never bad"), tmp_path / "state.json"
    state = export(made.lesson, 2, made.knobs, made.start)
    path.write_text(json.dumps({**state, "knobs": {}}), encoding="utf-8")
    knobs, start, _ = restore(made.lesson, str(path), {})
    assert (knobs["model"], knobs["hidden"], start.inputs["x"]) == (model, 3, ["gorp", "is", "never", "bad"])


def test_the_drained_walk_is_the_forward_pass_of_many() -> None:
    """`answered`, which counts right answers, on the example: the probabilities that the lesson steps through."""
    made = played(CARD, 0, shape="many_to_many", model="lstm", hidden=6)
    net = trial(made).first.net
    x = np.stack([each[:, 0] for each in net.inputs.x])[None]
    found = answered(HOST, net.cell, net.theta, x, 0)
    for t, run in enumerate(net.run.made):
        if "yhat" in run:
            np.testing.assert_allclose(found[t], run["yhat"], atol=1e-14)
    assert drain(net.forward(()).open()).E


@pytest.mark.parametrize("model", MODELS)
@shapes
def test_the_drawing_on_the_curve_is_all_of_the_example(shape: str, model: str) -> None:
    """States and losses too are of the sequence whose words stand there, not of the minibatch read last."""
    made = played(CARD, 0, shape=shape, model=model, hidden=4)
    made.record = {ask.id: "skipped" for ask in made.lesson.asks}
    made.to_act("train")
    for _ in range(2):
        made.history.advance()
    made.follow()
    run = Trial(made.lesson, HOST, made.knobs, made.start_here()).first.net.run  # type: ignore[arg-type]
    stage = made.lesson.panels(made.view(), load("lessons.recurrent.shapes", "en"))
    nodes = {node.id: node for panel in stage if isinstance(panel, Graph) for node in panel.nodes}
    inputs, seen = made.start.inputs, [t for t in range(len(run.made)) if f"h{t}" in nodes]
    assert seen
    for t in seen:
        block, now = nodes[f"h{t}"].block, run.made[t]
        assert block is not None
        assert block.values is not None
        assert block.symbol == ""  # the symbol holds the minibatch's number: it is not what is drawn
        np.testing.assert_allclose(block.values, now["h"][:1, :1], atol=1e-14)
        if "yhat" in now:
            loss = float(nodes[f"E{t}"].text.split()[1])
            code = inputs["classes"].index(inputs["y"][t])
            np.testing.assert_allclose(loss, -np.log(now["yhat"][code, 0]), atol=6e-4)


def test_a_name_does_not_touch_its_percentage() -> None:
    """Letters stand before their number, a word is set apart by a space, and a figure by a dot."""
    assert [guess(shown, 0.532) for shown in ("e", "positive", "肯定", "6", "·")] == [
        "e53", "positive 53", "肯定 53", "6·53", "··53"
    ]  # fmt: skip
