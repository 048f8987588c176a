"""What `memory` claims: who solves the latch, how far the gradient reaches, that the race is what it shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from engine.walks.history import State
from lessons.building.acts import Trial
from lessons.building.defaults import on_device
from lessons.contract.knobs import Refused, Value
from lessons.contract.panels import Block, Curve, Label, Matrix, Note, Table
from lessons.contract.text import load
from lessons.player.player import Player
from lessons.player.state import restore
from lessons.recurrent.memory import CARD, MODELS, race
from lessons.recurrent.memory.stage import bar, spark
from tests.lessons.playing import assert_laws_are_those_of_the_steps, played, result
from tui.draw import Pen, draw

SEEDS = range(5)
DEFAULT: dict[str, Value] = {knob.id: knob.default for knob in CARD.knobs}
every = pytest.mark.parametrize("model", MODELS)


def trained(seed: int, updates: int, **given: Any) -> race.Reading:
    """What a model has come to."""
    knobs = {**DEFAULT, **given}
    school = race.school(HOST, knobs, seed)
    state = school.start(on_device(HOST, race.drawn(knobs, seed)), race.Reading())
    for _ in range(updates):
        state = school.advance(state)
    found: race.Reading = state.data.reading
    return found


@pytest.mark.representative("2")
@pytest.mark.parametrize("seed", SEEDS)
def test_an_srn_fails_at_a_hundred_where_a_kept_road_solves_sixty(seed: int) -> None:
    assert trained(seed, 400, model="srn", length=100).accuracy < 0.65
    assert trained(seed, 400, model="lstm", length=60, forget=4.0).solved


@pytest.mark.representative("0")
@pytest.mark.parametrize("seed", range(3))
def test_who_solves_forty_is_foretold_by_the_bars(seed: int) -> None:
    """As the lesson opens: the ReLU net from the identity, LSTM and GRU with a bias of 4, and no other."""
    won: dict[str, dict[str, Any]] = {
        "relu": {"model": "relu"}, "lstm 4": {"model": "lstm"}, "gru 4": {"model": "gru_bias"},
    }  # fmt: skip
    lost: dict[str, dict[str, Any]] = {
        "srn": {"model": "srn"},
        "lstm 1": {"model": "lstm", "forget": 1.0},
        "gru": {"model": "gru"},
    }
    good = {name: trained(seed, 250, **given) for name, given in won.items()}
    bad = {name: trained(seed, 250, **given) for name, given in lost.items()}
    assert all(each.solved for each in good.values()), good
    assert all(each.accuracy < 0.65 for each in bad.values()), bad
    assert min(each.reach for each in good.values()) > max(each.reach for each in bad.values())


@every
def test_the_gradient_that_arrives(model: str) -> None:
    """By central differences: ∂E/∂ the first state on the road, over that at the end."""
    made = played(CARD, 3, model=model, length=9, hidden=3)
    found, net = result(made), Trial(made.lesson, HOST, made.knobs, made.start).first.net  # type: ignore[arg-type]
    assert found["reach"][-1] == pytest.approx(1)
    assert len(found["reach"]) == 9
    lasting = net.cell.lasting
    gradients = [net.left[f"g{lasting}[{k}]"] for k in (0, 8)]
    assert found["reach"][0] == pytest.approx(float(np.linalg.norm(gradients[0]) / np.linalg.norm(gradients[1])))


def test_the_bit_decides_and_noise_does_not() -> None:
    """A trained LSTM turns its answer round with the bit."""
    made = played(CARD, 0, length=12, seeds=1)
    made.jump("update=300")
    start = made.start_here()
    lesson = made.lesson
    for bit in (1, -1):
        moved = lesson.edit(start, "x[0]", (0,), str(bit))
        yhat = lesson.result(HOST, made.knobs, moved)["yhat"]
        assert yhat[(bit + 1) // 2] > 0.9


@every
def test_an_update_opened_is_the_update_and_a_seed_runs_for_itself(model: str) -> None:
    made = played(CARD, 1, model=model, length=6, batch=5, hidden=3, seeds=2, clip=0.05)
    for n in range(3):
        made.jump(f"update={n}")
        made.go_in()
        reel, after = made.inside(), made.history.grow(n + 1)
        assert isinstance(after.data, race.Runs)
        for name, value in after.data.theta.items():
            np.testing.assert_allclose(np.asarray(reel.get(name, reel.total)), value, rtol=1e-10, atol=1e-13)
    alone = played(CARD, 2, model=model, length=6, batch=5, hidden=3, seeds=1, clip=0.05)
    other = alone.branch.history.grow(3).data
    for name, value in made.history.grow(3).data.runs[1].theta.items():
        np.testing.assert_array_equal(other.theta[name], value)


def test_the_field() -> None:
    made = played(CARD, length=5, batch=4)
    assert [race.name(branch.knobs) for branch in (made.branch, *made.branches[1:])] == [
        "LSTM bf=4", "SRN tanh", "SRN ReLU, W=I", "LSTM bf=1", "GRU bz=0", "GRU bz=4"
    ]  # fmt: skip
    assert len(race.rivals({**DEFAULT, "forget": 1.0})) == 4
    assert len(race.rivals({**DEFAULT, "model": "gru", "forget": -2.0})) == 5
    assert race.name({**DEFAULT, "forget": -2.0}) == "LSTM bf=−2"


def test_a_fork_keeps_the_other_seeds() -> None:
    made = played(CARD, length=5, batch=4, seeds=2)
    made.jump("update=6")
    made.edit("Wf", (0, 1), "2.5")
    here, there = made.history.state(6).data, made.branches[0].history.state(6).data
    assert here.theta["Wf"][0, 1] == 2.5
    assert here.runs[1] is there.runs[1] or all(
        np.array_equal(here.runs[1].theta[p], there.runs[1].theta[p]) for p in here.theta
    )
    assert here.began == 0
    made.fork("optimiser", "sgd")
    assert made.history.state(6).data.began == 6
    made.history.grow(8)


def stage(made: Player, lang: str = "en") -> dict[str, Any]:
    text = load("lessons.recurrent.memory", lang)
    return {panel.id: panel for panel in made.lesson.panels(made.view(), text)}


def test_the_table_says_what_was_measured() -> None:
    made = played(CARD, length=8, batch=8, seeds=2, hidden=4)
    made.to_act("train")
    found = stage(made)["race"]
    assert isinstance(found, Table)
    assert [row[2] for row in found.rows] == ["·"] * 6
    made.land(120, is_open=False)
    panels = stage(made)
    table, verdict, curve = panels["race"], panels["verdict"], panels["curve"]
    assert isinstance(table, Table)
    assert isinstance(verdict, Note)
    assert isinstance(curve, Curve)
    for branch, row, series in zip(made.branches, table.rows, curve.series, strict=True):
        data = branch.history.state(120).data
        assert isinstance(data, race.Runs)
        recent = [np.mean(run.reading.right) for run in data.runs]
        assert series.y[-1] == pytest.approx(np.mean(recent))
        assert row[3].startswith(f"{sum(mean >= race.SOLVED for mean in recent)}/2")
        assert (race.name(branch.knobs) in verdict.text) == all(mean >= race.SOLVED for mean in recent)
    made.land(1, is_open=False)
    assert stage(made)["race"].rows[0][2] != table.rows[0][2]


def test_a_reading_is_of_answers_before_learning() -> None:
    """Update 0 is answered by the drawn weights."""
    made = played(CARD, 4, length=7, batch=64, seeds=1, hidden=3)
    state: State = made.branch.history.grow(1)
    source = race.source(made.knobs, 4)
    window = source.window(0)
    right = []
    for b in range(64):
        start = made.start._replace(inputs={**made.start.inputs, "x": window.x[:, b, 0].tolist()})
        yhat = made.lesson.result(HOST, made.knobs, start)["yhat"]
        right.append(int(np.argmax(yhat)) == window.y[b])
    assert state.data.accuracy == pytest.approx(np.mean(right))


def test_lines_of_characters() -> None:
    assert spark([], 4) == "    "
    assert spark([0.5, 0.5, 1.0, 1.0], 2) == "▁█"
    assert spark([0.0, 1.0], 4) == "▁█  "
    assert bar(float("-inf")) == bar(float("nan")) == " " * 8
    assert bar(0.0) == bar(3.0) == "█" * 8
    assert bar(-9.0).rstrip() == "█" * 4


@pytest.mark.parametrize(
    ("harm", "says"),
    [({"x": ["a"]}, "latch"), ({"x": [1.0, 2.0]}, "latch"), ({"bit": 2}, "latch"), ({"x": [1.0, None, 1.0]}, "latch")],
)
def test_bad_inputs(harm: dict[str, Any], says: str, tmp_path: Path) -> None:
    made = played(CARD, length=5)
    params = {name: value.tolist() for name, value in made.start.params.items()}
    state = {"lesson": "memory", "schema": 2, "knobs": {}, "params": params, "inputs": {**made.start.inputs, **harm}}
    (tmp_path / "s.json").write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(Refused, match=says):
        restore(made.lesson, str(tmp_path / "s.json"), {})


@every
def test_a_state_says_which_model_it_is_of(model: str, tmp_path: Path) -> None:
    made = played(CARD, 2, model=model, length=5, hidden=3)
    params = {name: value.tolist() for name, value in made.start.params.items()}
    state = {
        "lesson": "memory",
        "schema": 2,
        "knobs": {"model": model},
        "params": params,
        "inputs": dict(made.start.inputs),
    }
    (tmp_path / "s.json").write_text(json.dumps(state), encoding="utf-8")
    knobs, _, _ = restore(made.lesson, str(tmp_path / "s.json"), {})
    assert (knobs["model"], knobs["hidden"], knobs["length"]) == (model, 3, 5)


def asking_nothing(**given: Any) -> Player:
    """The lesson without its predictions."""
    made = played(CARD, 1, **given)
    made.record = {ask.id: "skipped" for ask in made.lesson.asks}
    return made


def answered(made: Player) -> tuple[str, float, float]:
    """What is wanted, what the net gives it, and the error there, as they are shown."""
    text = load("lessons.recurrent.memory", "en")
    panel = next(panel for panel in made.lesson.panels(made.view(), text) if panel.id == "answer")
    assert isinstance(panel, Matrix)
    items = list(panel.rows[0].items.values())
    wanted = next(item.text for item in items if isinstance(item, Label))
    yhat, e = (item.values for item in items[1:3] if isinstance(item, Block))
    assert yhat is not None
    assert e is not None
    at = 1 if wanted.endswith("+1") else 0
    return wanted, float(yhat[at, 0]), float(e[at, 0])


def test_what_is_wanted_is_what_the_shown_example_wants() -> None:
    """In an opened update too, where each batch has its own bits; and the error is a share of a mean."""
    made = asking_nothing(length=6, batch=4)
    seen = set()
    for n in range(8):
        made.jump(f"update={n}/backward/k=5/error")
        wanted, yhat, e = answered(made)
        assert e == pytest.approx((yhat - 1) / 4)
        assert (wanted.endswith("+1")) == (float(np.asarray(made.view().get("x[0]")).reshape(-1)[0]) > 0)
        seen.add(wanted)
    assert len(seen) == 2


@pytest.mark.parametrize("turned", [1.0, -1.0])
def test_the_sign_of_the_first_input_is_the_bit(turned: float) -> None:
    made = asking_nothing(length=6)
    made.edit("x[0]", (0,), str(turned))
    assert made.start.inputs["bit"] == int(turned > 0)
    made.jump("backward/k=5/error")
    wanted, yhat, e = answered(made)
    assert wanted.endswith("+1" if turned > 0 else "−1")
    assert e == pytest.approx(yhat - 1)
    made.edit("x[3]", (0,), "-0.5")
    assert made.start.inputs["bit"] == int(turned > 0)


@every
def test_on_the_way_back_the_law_is_that_of_the_step(model: str) -> None:
    made = played(CARD, 1, model=model, length=6)
    made.to_act("backward")
    assert_laws_are_those_of_the_steps(made, 60, 4)


def test_what_is_shown_is_numbered_as_it_is_asked_about() -> None:
    made = played(CARD, 1)
    made.to_act("backward")
    panels = {panel.id: panel for panel in made.lesson.panels(made.view(), load("lessons.recurrent.memory", "en"))}
    assert any(panel.title.startswith("the first 2 of 8 units") for panel in panels.values())
    answer = panels["answer"]
    assert isinstance(answer, Matrix)
    said = draw(answer, 58, Pen()).text()  # on the smallest screen too
    assert "−1" in said
    assert "target: +1" in said or "target: −1" in said


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_names_of_the_models_are_whole_where_the_text_stands_beside_a_small_stage(lang: str) -> None:
    made = played(CARD)
    made.to_act("train")
    drawn = draw(stage(made, lang)["race"], 65, Pen()).text()
    assert all(race.name(branch.knobs) in drawn for branch in made.branches)
    assert len(made.branches) == 6
