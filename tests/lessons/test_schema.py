"""What was written before symbols were renamed is read as it was meant: W and U of gated cells, z and o of activations.

The files in `schema1` were written by the program of then. In all of them H is K, or the inputs are as many as the
units: both matrices of a gate have one shape, and nothing but the translation tells them apart.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from engine.walks.packing import Packed, read
from lessons.contract.card import Place
from lessons.contract.knobs import Refused
from lessons.course import find, open_lesson
from lessons.player import checkpoint as checkpoints
from lessons.player.bookmark import bring_back, is_set_up_as, keep
from lessons.player.checkpoint import Checkpoint
from lessons.player.player import Player
from lessons.player.schema import SCHEMA, renewed, renewed_place
from lessons.player.show import everything
from lessons.player.state import restore

OLD = Path(__file__).parent / "schema1"
LESSONS = ("lstm", "gru", "memory", "generate")


def opened(id: str, file: Path) -> Player:
    lesson = open_lesson(find(id))
    knobs, start, seed = restore(lesson, str(file), {})
    return Player(lesson, HOST, knobs, seed, start)


def swapped(name: str) -> str:
    return {"W": "U", "U": "W"}[name[0]] + name[1:] if name[0] in "UW" else name


@pytest.mark.parametrize("id", LESSONS)
def test_an_old_state_has_the_loss_that_it_had(id: str, tmp_path: Path) -> None:
    old = json.loads((OLD / f"{id}.json").read_text(encoding="utf-8"))
    player = opened(id, OLD / f"{id}.json")
    printed = everything(player, all_steps=False)
    assert printed["result"]["loss"] == old["loss"]
    assert printed["params"] == {swapped(name): value for name, value in old["params"].items()}
    square = [name for name in old["params"] if name[0] == "W"]
    assert square
    for name in square:
        W, U = (np.shape(old["params"][each]) for each in (name, swapped(name)))
        assert W == U  # else the shapes alone would tell them apart

    def loss(**more: Any) -> float:
        file = tmp_path / "state.json"
        file.write_text(json.dumps({**old, **more}), encoding="utf-8")
        return float(everything(opened(id, file), all_steps=False)["result"]["loss"])

    assert loss(schema=1) == old["loss"]
    assert loss(schema=SCHEMA) != old["loss"]  # the same numbers read as the symbols of now
    assert loss(schema=SCHEMA, params=printed["params"]) == old["loss"]


def old_place() -> tuple[dict[str, Any], Packed]:
    return json.loads((OLD / "place.json").read_text(encoding="utf-8")), read(OLD / "place.npz")


@pytest.mark.parametrize("by_checkpoint", [True, False])
def test_an_old_bookmark_comes_back(by_checkpoint: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edited start, a run and its fork by an edit, an update opened at Wf: as it was left, and written anew."""
    old, packed = old_place()
    place = old["place"]
    assert "schema" not in place
    assert "schema" not in packed.tree
    assert (place["address"], place["branches"][1]["change"]) == ("train/update=2/step/Wf", "Uf[0,0]=-0.5")
    player = Player(open_lesson(find("lstm")), HOST)
    if by_checkpoint:
        monkeypatch.setattr(checkpoints, "unroll_version", lambda: old["version"])
        monkeypatch.setattr("engine.walks.history.History.advance", None)  # nothing is computed again
        assert bring_back(player, place, Checkpoint(packed, place))
    else:
        assert bring_back(player, place)
    here = keep(player)
    assert {**here, "branches": [], "start": None} == {
        **renewed_place(player.lesson.card, place),
        "branches": [],
        "start": None,
    }
    assert (here["schema"], here["address"]) == (SCHEMA, "train/update=2/step/Uf")
    assert here["branches"][1]["change"] == "Wf[0,0]=-0.5"
    assert [list(branch.history.curve()) for branch in player.branches] == old["curves"]
    params = {name: value.tolist() for name, value in player.start_here().params.items()}
    assert params == {swapped(name): value for name, value in old["params"].items()}
    assert player.start.params["Uf"][0, 0] == 0.75
    kept = {name.partition("_")[2] for name in player.history.state(1).data.memory}
    assert kept == set(params) - {"h_init", "c_init"}


def test_a_new_bookmark_is_left_as_it_is() -> None:
    player = Player(open_lesson(find("lstm")), HOST, {"hidden": 2}, 3)
    player.edit("Wf", (0, 0), "0.5")
    player.jump("train/update=1/step/Uf")
    place = json.loads(json.dumps(keep(player)))
    again = Player(open_lesson(find("lstm")), HOST)
    assert bring_back(again, place)
    assert again.start.params["Wf"][0, 0] == 0.5
    assert keep(again) == place


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Wf", "Uf"), ("Uf2", "Wf2"), ("dWn_0", "dUn_0"), ("G_Uz", "G_Wz"), ("bf", "bf"), ("V", "V"), ("Wx", "Wx"),
        ("train/update=3/step/Wh", "train/update=3/step/Uh"), ("Uf[0,1]=2", "Wf[0,1]=2"), ("SRN ReLU, U=I",) * 2,
        ("Window", "Window"), ("delta_i", "delta_i"),
    ],
)  # fmt: skip
def test_symbols_and_what_they_stand_in(old: str, new: str) -> None:
    assert renewed(find("generate"), old) == new
    assert renewed(find("generate"), new) == old
    assert renewed(find("srn"), old) == old


@pytest.mark.parametrize("schema", [0, SCHEMA + 1, -1, "2", None, True, [2], 1.5])
@pytest.mark.parametrize("id", ["bptt", "lstm"])
def test_another_schema_is_refused(id: str, schema: Any, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"schema": schema, "params": {}}), encoding="utf-8")
    with pytest.raises(Refused, match=r"schema is .*; this version reads 1 to 3"):
        opened(id, file)


def test_who_leaves_the_number_out_is_told_what_follows(tmp_path: Path) -> None:
    """A state by hand with the symbols of now and no schema: its shapes do not fit, and why is said."""
    state = everything(Player(open_lesson(find("lstm")), HOST, {"hidden": 2}), all_steps=False)
    file = tmp_path / "state.json"
    file.write_text(json.dumps({name: value for name, value in state.items() if name != "schema"}), encoding="utf-8")
    with pytest.raises(Refused, match=r"of schema 1, .* symbols are read as they were then: docs/json\.md"):
        opened("lstm", file)
    file.write_text(json.dumps(state), encoding="utf-8")
    assert everything(opened("lstm", file), all_steps=False) == state


def test_a_place_of_schema_2_keeps_its_address_where_steps_have_gone() -> None:
    """Before schema 3 clipping was a step even without a bound: what was the 14th of the reel is another one now."""
    player = Player(open_lesson(find("mlp")), HOST, {}, 3)
    player.jump("step/move/W1")
    place = json.loads(json.dumps({**keep(player), "schema": 2}))
    place["spot"]["p"] += 5
    again = Player(open_lesson(find("mlp")), HOST)
    assert bring_back(again, place)
    assert (again.path, again.spot.p) == (player.path, player.spot.p)
    assert keep(again)["schema"] == SCHEMA


@pytest.mark.parametrize(("id", "knob"), [("perceptron", "rule"), ("vanishing", "noise")])
def test_a_place_of_before_has_the_defaults_of_then(id: str, knob: str) -> None:
    lesson = open_lesson(find(id))
    (was,) = (each.was for each in lesson.card.knobs if each.id == knob)
    assert was is not None
    then = Player(lesson, HOST, {knob: was})
    then.jump(lesson.card.acts[2])
    place = json.loads(json.dumps({**keep(then), "schema": 2, "given": {}}))
    again = Player(open_lesson(find(id)), HOST)
    assert again.knobs[knob] != was
    assert bring_back(again, place)
    assert (again.knobs[knob], again.path) == (was, then.path)
    for name, value in then.start.inputs.items():
        np.testing.assert_array_equal(again.start.inputs[name], value)


@pytest.mark.parametrize("schema", [{}, {"schema": 1}, {"schema": 2}], ids=["none", "1", "2"])
def test_net_inputs_and_scores_have_the_names_of_the_slides(schema: dict[str, int], tmp_path: Path) -> None:
    """Up to schema 2 the net input was z and the scores were o; z is the scores now."""
    file, old = tmp_path / "state.json", {"z": [0.7], "w": [0.9], "o": [0.2, -1.5]}
    state = {"lesson": "activations", "knobs": {"scores": 2}, "inputs": {"truth": 1}, **schema}
    file.write_text(json.dumps({**state, "params": old}), encoding="utf-8")
    printed = everything(opened("activations", file), all_steps=False)
    assert printed["params"] == {"net": [0.7], "w": [0.9], "z": [0.2, -1.5]}
    assert printed["result"]["functions"]["tanh"]["value"] == pytest.approx(float(np.tanh(0.7)), abs=1e-15)
    assert printed["result"]["p"][0] == pytest.approx(1 / (1 + float(np.exp(-1.7))), abs=1e-15)
    file.write_text(json.dumps({**state, "params": printed["params"]} | {"schema": SCHEMA}), encoding="utf-8")
    assert everything(opened("activations", file), all_steps=False)["result"] == printed["result"]
    file.write_text(json.dumps({**state, "params": old} | {"schema": SCHEMA}), encoding="utf-8")
    with pytest.raises(Refused, match=r"z has shape \(1,\)"):
        opened("activations", file)


def test_a_place_of_before_is_not_that_of_a_slide() -> None:
    """It has the defaults of then, so the slide opens beside it."""
    player = Player(open_lesson(find("vanishing")), HOST)
    kept, knobs = keep(player), player.lesson.card.knobs
    assert is_set_up_as(kept, Place("compare"), knobs)
    assert not is_set_up_as({**kept, "schema": 2}, Place("compare"), knobs)
    assert is_set_up_as({**kept, "schema": 2}, Place("compare", {"noise": 0.5}), knobs)
    assert is_set_up_as({**kept, "schema": 2}, Place(), knobs)
