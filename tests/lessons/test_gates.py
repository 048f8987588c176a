"""What `lstm` and `gru` claim: how far the road reaches, that texts are learned, that an update is what it shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from engine.gated.run.files import CELLS
from lessons.building.acts import Trial
from lessons.contract.knobs import Refused
from lessons.contract.panels import Bar, Block, Graph, Label, Matrix
from lessons.contract.text import load
from lessons.course import open_lesson
from lessons.explaining.figures import five
from lessons.explaining.formulas import law
from lessons.player.player import Player
from lessons.player.show import everything
from lessons.player.state import restore
from lessons.recurrent.gru import CARD as GRU
from lessons.recurrent.lstm import CARD as LSTM
from lessons.recurrent.lstm.lesson import Gated, training
from tests.lessons.playing import assert_laws_are_those_of_the_steps, played, result, said_at_the_top

SEEDS = range(5)
CARDS = {"lstm": (LSTM, "forget", "f"), "gru": (GRU, "keep", "z")}
both = pytest.mark.parametrize("kind", CARDS)
PANGRAM = "the quick brown fox jumps over the lazy dog"


def player(kind: str, seed: int | None = None, **given: Any) -> Player:
    made = played(CARDS[kind][0], seed, **given)
    made.record = {ask.id: "skipped" for ask in made.lesson.asks}
    return made


@both
@pytest.mark.parametrize("seed", SEEDS)
def test_the_road_reaches_as_far_as_its_bias_says(kind: str, seed: int) -> None:
    """Forty letters: nothing is left with a bias of 0, nearly all with a bias of 6."""
    _, knob, gate = CARDS[kind]
    left = {}
    for bias in (0, 6):
        found = result(player(kind, seed, text="(a(a)a)a" * 5, hidden=8, **{knob: bias}))
        road = np.array(found["road"])
        np.testing.assert_allclose(road[0], np.prod(np.array(found[gate])[1:], axis=0), rtol=1e-12)
        left[bias] = road[0].mean()
    assert left[0] < 1e-6
    assert left[6] > 0.7


def learned(made: Player, updates: int) -> bool:
    """Whether every next letter is right after so many updates."""
    made.jump(f"update={updates}")
    found = result_here(made)
    wanted: list[int] = made.start.inputs["y"]
    return [int(np.argmax(yhat)) for yhat in found["yhat"]] == wanted


def result_here(made: Player) -> dict[str, Any]:
    return dict(made.lesson.result(HOST, made.knobs, made.start_here()))


@pytest.mark.representative("hello*-0-*", "*-24-150-0-gru")
@both
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("text", "hidden", "updates"), [("hello", 4, 150), (PANGRAM, 24, 150)])
def test_texts_are_learned(kind: str, seed: int, text: str, hidden: int, updates: int) -> None:
    assert learned(player(kind, seed, text=text, hidden=hidden), updates)


@pytest.mark.parametrize("reset", ["before", "after"])
@pytest.mark.parametrize("seed", SEEDS)
def test_both_forms_of_the_gru_learn(reset: str, seed: int) -> None:
    made = player("gru", seed, text="hello", hidden=4, reset=reset)
    assert ("bm" in made.start.params) == (reset == "after")
    assert learned(made, 150)


@both
def test_an_update_opened_is_the_update(kind: str) -> None:
    made = player(kind, 3, text="(a(a)a)", hidden=3, clip=0.5)
    for n in range(3):
        made.jump(f"update={n}")
        made.go_in()
        reel, lesson, state = made.inside(), made.lesson, made.history.state(n)
        assert isinstance(lesson, Gated)
        after = training(Trial(lesson, HOST, made.knobs, made.start).first).advance(state)
        moved = 0
        for name, value in after.data.theta.items():
            np.testing.assert_allclose(np.asarray(reel.get(name, reel.total)), value, rtol=0, atol=1e-14)
            np.testing.assert_array_equal(made.history.grow(n + 1).data.theta[name], value)
            moved += not np.array_equal(state.data.theta[name], value)
        assert moved == len(after.data.theta)


@both
def test_what_the_json_says(kind: str, tmp_path: Path) -> None:
    made = player(kind, 2, text="(a)a(a", hidden=3)
    found = everything(made, all_steps=False)
    gates = "ifog" if kind == "lstm" else "zrn"
    for name in (*gates, "h", "yhat", "road", *("c" if kind == "lstm" else "")):
        assert len(found["result"][name]) == 5, name
    assert set(found["result"]["grad"]) == set(found["params"]) - {"h_init", "c_init"}
    state = {"lesson": kind, "schema": 2, "knobs": found["knobs"], "inputs": {"text": "(a)a(a"}}
    state["params"] = {name: value for name, value in found["params"].items() if name not in ("by", "h_init")}
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    knobs, start, seed = restore(made.lesson, str(file), {})
    again = Player(open_lesson(CARDS[kind][0]), HOST, {"text": "(a)a(a", "hidden": 3}, seed, start)
    assert knobs["hidden"] == 3
    assert everything(again, all_steps=False)["result"] == found["result"]
    state["params"]["V"] = [1]
    file.write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(Refused, match="V is no rectangle"):
        restore(made.lesson, str(file), {})


@both
def test_the_stage_shows_where_the_gradient_flows(kind: str) -> None:
    made, gate = player(kind), CARDS[kind][2]
    text = load(type(made.lesson).__module__.rpartition(".")[0], "en")
    made.jump("backward/k=1/sum")
    panels = {panel.id: panel for panel in made.lesson.panels(made.view(), text)}
    graph = panels["graph"]
    assert isinstance(graph, Graph)
    roads = {edge.start: edge.way for edge in graph.edges if edge.label == gate}
    road = "c" if kind == "lstm" else "h"
    assert (roads[f"{road}0"], roads[f"{road}1"]) == ("forward", "backward")  # the error has crossed one joint
    made.jump("road/k=1")
    panels = {panel.id: panel for panel in made.lesson.panels(made.view(), text)}
    bars = panels["bars"]
    assert isinstance(bars, Matrix)
    unit = bars.rows[0].items
    assert isinstance(unit[1], Bar)
    assert unit[1].value == pytest.approx(result(made)["road"][1][0])
    assert not isinstance(unit[0], Bar)


@both
def test_an_edit_and_a_fork(kind: str) -> None:
    made = player(kind, text="(a)a(a", hidden=3)
    gate = CARDS[kind][2]
    before = result(made)["loss"]
    made.edit(f"b{gate}", (1,), "3")
    assert made.start.params[f"b{gate}"][1] == 3
    assert result(made)["loss"] != before
    made.jump("update=10")
    made.fork("rate", "0.5")
    made.history.grow(20)
    assert made.branches[0].history.grow(20).data.loss != made.history.state(20).data.loss


@both
def test_rows_of_the_ledger_keep_their_place(kind: str) -> None:
    """Whichever gate is at work; where room is scarce, the others may go."""
    made, text = player(kind), load(f"lessons.recurrent.{kind}", "en")
    made.jump("ledger/t=1")
    made.grain = max(made.lesson.grains.values())
    seen = set()
    while made.forward() and made.act == "ledger":
        panel = next(panel for panel in made.lesson.panels(made.view(), text) if panel.id == "errors")
        assert isinstance(panel, Matrix)
        gates = [row for row in panel.rows if row.label.startswith("δ")]
        assert [row.label for row in gates] == [f"δ{q}" for q in CELLS[kind].gates]
        kept = [row.label for row in panel.rows if not row.spare]
        assert len(kept) == len(panel.rows) - len(gates) + 1
        seen.add(kept[-1])
    assert len(seen) == len(CELLS[kind].gates)


@both
def test_the_ledger_shows_every_loss_alone(kind: str) -> None:
    """Its numbers are the walk's; row by row they come; with v, what the gate at work hears; sums meet the sweep's."""
    made = player(kind, 4, text="(a)a(a", hidden=3)
    text = load(type(made.lesson).__module__.rpartition(".")[0], "en")
    reach, T, gate = result(made)["reach"], 5, CARDS[kind][2]
    made.jump("ledger/t=3/k=1/sum")
    panels = {panel.id: panel for panel in made.lesson.panels(made.view(), text)}
    ledger, sums, graph = panels["ledger"], panels["columns"], panels["graph"]
    assert isinstance(ledger, Matrix)
    assert isinstance(sums, Matrix)
    assert isinstance(graph, Graph)
    shown = [[item.text for item in row.items.values() if isinstance(item, Label)] for row in ledger.rows]
    for t in range(T):
        known = {0: 1, 1: 2, 2: 3, 3: 3}.get(t, 0)
        wanted = [five(float(each)) for each in reach[t]]
        at = range(1, 4) if t == 3 else range(known)
        assert shown[t] == [wanted[k] if k in at else "·" for k in range(t + 1)]
    ways, road = {edge.start: edge.way for edge in graph.edges if edge.label == gate}, "c" if kind == "lstm" else "h"
    assert [ways[f"{road}{t}"] for t in range(4)] == ["forward", "backward", "backward", "forward"]
    made.flipped = True
    flipped = next(panel for panel in made.lesson.panels(made.view(), text) if panel.id == "ledger")
    assert isinstance(flipped, Matrix)
    label = flipped.rows[2].items[1]
    delta = made.view().get(f"delta_{gate}[2,1]")
    assert isinstance(label, Label)
    assert delta is not None
    assert label.text == five(float(np.linalg.norm(delta)))
    made.jump("ledger/t=4/k=0/sum")
    view = made.view()
    for k in range(T):
        column, sweep = view.get(f"column[{k}]"), view.get(f"{'gc' if kind == 'lstm' else 'gh'}[{k}]")
        np.testing.assert_allclose(np.asarray(column), np.asarray(sweep), atol=1e-14)
        assert np.abs(np.asarray(sweep)).max() > 1e-3


@both
def test_steps_go_by_timestep_and_by_gate(kind: str) -> None:
    made = player(kind)
    made.forward()
    assert made.view().path[2][0].startswith("gate_")
    made.set_grain(1)
    for t in range(3):
        made.forward()
        assert made.view().path[:2] == (("forward", -1), ("t", t))
        assert made.view().get(f"E[{t}]") is not None
    made.back()
    assert made.view().get("E[2]") is None
    made.set_grain(2)
    made.forward()
    assert made.view().path[2][0].startswith("gate_")


def test_a_jump_stays_in_its_act(tmp_path: Path) -> None:
    """A place without an act is looked for where one is; the act "ledger" is no other name for the reel."""
    made = player("lstm", text="(a)a(a")
    for typed in ("ledger/t=1", "ledger t=1", "t=1"):
        made.jump(typed)
        assert made.view().path[:2] == (("ledger", -1), ("t", 1)), typed
    made.jump("road/k=2")
    made.jump("k=1")
    assert made.view().path == (("road", -1), ("k", 1))
    made.jump("t=1")  # there is none here, but elsewhere
    assert made.view().path[:2] == (("forward", -1), ("t", 1))


@both
def test_while_adding_up_the_gate_at_work_is_the_one_that_is_added_to(kind: str) -> None:
    made = player(kind)
    text = load(type(made.lesson).__module__.rpartition(".")[0], "en")
    seen = set()
    for p in range(1, made.reel.total + 1):
        step = made.reel.step(p)
        if step is None or step.path[:2] != (("backward", -1), ("k", 1)) or step.op[:2] not in ("dU", "dW"):
            continue
        made.move(made.reel, p)
        weights = next(panel for panel in made.lesson.panels(made.view(), text) if panel.id == "weights")
        assert isinstance(weights, Matrix)
        assert step.op in {item.symbol for item in weights.rows[0].items.values() if isinstance(item, Block)}
        seen.add(step.op)
    assert len(seen) == 2 * len("ifog" if kind == "lstm" else "zrn")


@both
def test_a_prediction_is_asked_before_its_answer_is_there(kind: str) -> None:
    made = player(kind)
    made.record = {}
    at = {ask.id: p for p, ask in made.asks()}
    for ask, unknown in (("most", "gh[0]"), ("whose", "gh[2,0]"), ("left", "road[0]")):
        made.move(made.reel, at[ask])
        assert made.view().get(unknown) is None, ask
        end = made.questions.end(next(each for each in made.lesson.asks if each.id == ask))
        assert end is not None
        made.move(made.reel, end)
        assert made.view().get(unknown) is not None, ask


@both
@pytest.mark.parametrize("act", ["backward", "ledger"])
def test_on_the_way_back_the_law_is_that_of_the_step(kind: str, act: str) -> None:
    made = player(kind, 1)
    made.to_act(act)
    assert_laws_are_those_of_the_steps(made, 100, 6)


@both
def test_of_a_timestep_of_the_way_back_the_law_is_that_of_the_road(kind: str) -> None:
    made = player(kind, 1)
    made.jump("backward/k=1")
    made.grain = 4  # timestep by timestep
    made.forward()
    road = "gc" if kind == "lstm" else "gh"
    assert f"{road}[{made.view().loop('k')}]" in made.view().written
    assert said_at_the_top(made) == [law(made.lesson.rule(made.knobs)[road])]


def test_the_law_of_a_reset_after_the_matrix_says_what_it_scales() -> None:
    made = player("gru", 1, reset="after")
    made.jump("forward/t=1/gate_n")
    said, *_ = said_at_the_top(made)
    assert said.startswith("mₜ = Wn hₜ₋₁ + bm")
    made.set_knobs({"reset": "before"})
    made.jump("forward/t=1/gate_n")
    assert "Wn (rₜ ∘ hₜ₋₁)" in said_at_the_top(made)[0]


@both
def test_the_weights_on_the_stage_are_those_of_the_gate_whose_gradient_is_begun(kind: str) -> None:
    """Also at the first steps of the way back, which begin sums of 0."""
    made, begun, text = player(kind), set[str](), load(f"lessons.recurrent.{kind}", "en")
    steps = ((at, made.reel.step(at)) for at in range(1, made.reel.total + 1))
    for at, step in steps:
        if step is None or not step.op.endswith("_0") or step.op[:2] not in ("dU", "dW"):
            continue
        made.move(made.reel, at)
        blocks = [b.symbol for panel in made.lesson.panels(made.view(), text) for b in panel.blocks()]
        assert set(step.values) <= set(blocks)
        begun |= set(step.values)
    assert len(begun) == 2 * len(CELLS[kind].gates)
