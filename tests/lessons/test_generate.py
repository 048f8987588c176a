"""What `generate` claims: texts are learned, samples and what units follow are true, an update opened is the update."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, rng
from engine.gated.run.letters import decode, encode, vocabulary
from lessons.building.acts import Trial
from lessons.contract.knobs import Refused
from lessons.contract.panels import Beside, Label, Matrix, Picture, Table
from lessons.contract.text import load
from lessons.course import open_lesson
from lessons.explaining.inspect import inspect
from lessons.player.player import Player
from lessons.player.state import restore
from lessons.recurrent.generate import CARD, CELLS, learning
from lessons.recurrent.in_time import guess, letter
from tests.lessons.playing import assert_laws_are_those_of_the_steps, played, result

SMALL = 'he said: "the (old) fox" and the dog said: "no (not) so". the end of it. ' * 12
SEEDS = range(5)
every = pytest.mark.parametrize("cell", CELLS)


def small(seed: int | None = None, **given: Any) -> Player:
    return played(CARD, seed, **{"text": SMALL, "hidden": 12, "window": 10, **given})


@every
@pytest.mark.parametrize("layers", [1, 2])
def test_on_the_way_back_the_law_is_that_of_the_step(cell: str, layers: int) -> None:
    made = small(1, cell=cell, layers=layers)
    made.to_act("backward")
    assert_laws_are_those_of_the_steps(made, 60, 4)


@pytest.mark.representative("1-srn", "2-lstm")
@every
@pytest.mark.parametrize("layers", [1, 2])
def test_bits_fall_far_below_guessing(cell: str, layers: int) -> None:
    """After 600 updates less than half of log₂ K: one layer over five seeds, two layers once."""
    for seed in SEEDS if layers == 1 else (0,):
        made = small(seed, cell=cell, layers=layers)
        state = made.branch.history.grow(600)
        assert state.data.reading.bits < 0.5 * np.log2(len(made.start.inputs["letters"]))


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_letter_of_a_word_is_the_hardest(seed: int) -> None:
    made = played(CARD, seed, hidden=24, text="", corpus="python")
    lesson: Any = made.lesson
    assert next(ask for ask in lesson.asks if ask.id == "unsure").answer(made.view()) == "first"


@every
@pytest.mark.parametrize("layers", [1, 2])
def test_an_update_opened_is_the_update(cell: str, layers: int) -> None:
    made = small(3, cell=cell, layers=layers, hidden=5, batch=3, clip=0.4)
    for n in range(3):
        made.jump(f"update={n}")
        made.go_in()
        reel, after = made.inside(), made.history.grow(n + 1)
        assert [len(reel.tape(i)) for i in range(len(reel.sections))] == [s.length for s in reel.sections]
        end = reel.starts[-2]  # before it writes
        for name, value in after.data.theta.items():
            np.testing.assert_allclose(np.asarray(reel.get(name, end)), value, rtol=1e-9, atol=1e-12)


def test_a_sample_is_what_the_net_writes() -> None:
    """After update 0 and 100; the letters are drawn by numbers of that update alone."""
    made = small(1)
    state = made.branch.history.grow(100)
    assert [each.n for each in state.data.reading.samples] == [0, 100]
    again = learning.net_of(made.knobs).sample(HOST, state.data.theta, 100, 1, learning.LONG)
    assert state.data.reading.samples[-1].text == again
    assert len(again) == learning.LONG
    assert set(again) <= set(made.start.inputs["letters"])
    cold = learning.net_of({**made.knobs, "top": 1}).sample(HOST, state.data.theta, 100, 1, learning.LONG)
    other = learning.net_of({**made.knobs, "temperature": 0.05}).sample(HOST, state.data.theta, 100, 2, learning.LONG)
    assert cold[:5] == other[:5]


def test_bits_are_a_running_mean() -> None:
    made = small(2)
    wanted, history = float(np.log2(len(made.start.inputs["letters"]))), made.branch.history
    assert history.state(0).data.reading.bits == wanted
    for n in range(1, 150):
        loss = float(history.grow(n).data.loss) / 10 / np.log(2)
        wanted += (loss - wanted) / min(n, 100)
        assert history.state(n).data.reading.bits == pytest.approx(wanted)


def test_traits_of_a_text() -> None:
    text = 'a "b (c" d) e'
    letters = vocabulary(text)
    rows = encode(text, letters)[None]
    assert decode(rows[0], letters) == text
    found = learning.traits(rows, letters)
    assert "".join(str(int(each)) for each in found["quotes"][0]) == "0011111000000"
    assert "".join(str(int(each)) for each in found["brackets"][0]) == "0000011111000"
    assert found["space"][0].tolist() == [float(c == " ") for c in text]
    assert found["word"][0].tolist() == [0, 0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 0, 1]


def test_correlations() -> None:
    draw = rng(0)
    trait = draw.normal(size=200)
    units = np.stack([draw.normal(size=200), -trait, trait + draw.normal(size=200), np.ones(200)], axis=1)
    found = learning.correlations(units, trait)
    assert found is not None
    np.testing.assert_allclose(found[:3], [np.corrcoef(units[:, i], trait)[0, 1] for i in range(3)], atol=1e-12)
    assert found[3] == 0
    assert learning.correlations(units, np.ones(200)) is None


def test_samples_come_ever_more_seldom() -> None:
    due = [n for n in range(50_000) if learning.is_due(n)]
    assert due == [0, 100, 300, 1000, 3000, 6000, 12000, 24000, 48000]


def stage(made: Player) -> dict[str, Any]:
    text = load("lessons.recurrent.generate", "en")
    return {panel.id: panel for panel in made.lesson.panels(made.view(), text)}


def test_the_stage_while_it_learns() -> None:
    made = small(1, under="the fox and the dog")
    made.to_act("train")
    made.land(150, is_open=False)
    panels = stage(made)
    samples, under, sides, near = panels["samples"], panels["under"], panels["sides"], panels["cells"]
    assert isinstance(samples, Table)
    assert isinstance(under, Picture)
    assert isinstance(sides, Beside)
    assert isinstance(near, Matrix)
    assert [row[0] for row in samples.rows] == ["0", "100"]
    view = made.view()
    losses = {t: float(block.values[0, 0]) for t, block in near.rows[1].items.items()}  # type: ignore[union-attr, index]
    for t, loss in losses.items():
        walked = view.get(f"E[{t}]")
        assert walked is not None
        assert loss == pytest.approx(float(walked), rel=1e-9)
    worst = max(losses, key=lambda t: losses[t])
    expected = sides.stacks[0][0]
    assert isinstance(expected, Table)
    yhat = view.get(f"yhat[{worst}]")
    assert yhat is not None
    assert expected.rows[0][1] == f"{yhat.max():.3f}"[1:]
    view = made.view(cursor=("E[2]", (0,)))
    moved = {panel.id: panel for panel in made.lesson.panels(view, load("lessons.recurrent.generate", "en"))}["sides"]
    assert isinstance(moved, Beside)
    there = moved.stacks[0][0]
    assert isinstance(there, Table)
    assert there.heads[0].endswith("the")


@every
def test_an_update_of_a_batch_is_shown_by_its_first_example(cell: str) -> None:
    made = small(1, cell=cell, batch=2, layers=2, hidden=3, window=5)
    made.jump("train/update=0/forward/t=1/output")
    view, text = made.view(), load("lessons.recurrent.generate", "en")
    yhat, a = view.get("yhat[1]"), view.get("a[0]")
    assert yhat is not None
    assert a is not None
    assert yhat.shape[1] == a.shape[1] == 2
    letters, over = made.start.inputs["letters"], stage(made)["over"]
    assert isinstance(over, Matrix)
    guesses = next(row for row in over.rows if row.label.startswith("ŷ")).items[1]
    assert isinstance(guesses, Label)
    likeliest = np.argsort(-yhat[:, 0], kind="stable")[:3]
    assert guesses.text == " ".join(guess(letter(letters[i]), float(yhat[i, 0])) for i in likeliest)
    scores = np.exp((a[:, 0] - a[:, 0].max()) / 0.7)
    assert made.lesson.says(view, text)["here"] == f"{(scores / scores.sum()).max():.4f}"
    reel = made.inside()
    for position in range(0, reel.total + 1, 7):
        made.move(reel, position)
        assert stage(made)


def test_a_fork_writes_at_another_temperature() -> None:
    made = small(1)
    made.jump("update=50")
    made.fork("temperature", "3")
    here = made.history.grow(100).data.reading.samples[-1]
    there = made.branches[0].history.grow(100).data.reading.samples[-1]
    assert here.n == there.n == 100
    assert here.text != there.text
    np.testing.assert_array_equal(
        made.history.grow(100).data.theta["V"], made.branches[0].history.grow(100).data.theta["V"]
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"text": "aaaaaaa"}, "letters of two kinds"),
        ({"text": "ab"}, "letters of two kinds"),
        ({"corpus": "./nowhere.txt"}, "nowhere.txt"),
        ({"layers": 3}, "layers"),
        ({"temperature": 0}, "temperature"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        played(CARD, None, **given)


def test_a_file_and_chinese(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。\r\n" * 5, encoding="utf-8")
    made = played(CARD, 0, corpus=str(file), hidden=6, symbols=3, batch=2)
    assert len(made.start.inputs["letters"]) == 3
    made.to_act("train")
    made.land(12, is_open=False)
    assert stage(made)
    theta = Trial(made.lesson, HOST, made.knobs, made.start).theta  # type: ignore[arg-type]
    sample = learning.net_of(made.knobs).sample(HOST, theta, 0, 0, learning.LONG)
    assert set(sample) <= set(made.start.inputs["letters"])


@every
def test_a_state_says_what_it_is(cell: str, tmp_path: Path) -> None:
    made = small(2, cell=cell, layers=2, hidden=4)
    params = {name: value.tolist() for name, value in made.start.params.items()}
    knobs = {"text": SMALL, "window": 10}
    state = {"lesson": "generate", "schema": 2, "knobs": knobs, "params": params, "inputs": dict(made.start.inputs)}
    file = tmp_path / "s.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    found, start, seed = restore(made.lesson, str(file), {})
    assert (found["cell"], found["layers"], found["hidden"]) == (cell, 2, 4)
    again = Player(open_lesson(CARD), HOST, {k: v for k, v in found.items() if v != CARD_DEFAULT[k]}, seed, start)
    assert result(again)["losses"] == result(made)["losses"]
    state["inputs"] = {**made.start.inputs, "letters": "xyz"}
    file.write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(Refused, match="other letters"):
        restore(made.lesson, str(file), {})


CARD_DEFAULT = {knob.id: knob.default for knob in CARD.knobs}


def test_a_chance_is_explained_with_its_temperature() -> None:
    made = small()
    made.jump("write/t=1/output")
    said = inspect(made.view(), "q[1]", (0,))
    assert "e^(a₁ / τ)₁" in said.symbols
    assert "Σⱼ e^(a₁ / τ)ⱼ" in said.symbols
    assert said.value is not None


def test_samples_say_the_temperature_they_were_written_at() -> None:
    made, text = small(), load("lessons.recurrent.generate", "en")

    def head() -> str:
        table = next(panel for panel in made.lesson.panels(made.view(), text) if panel.id == "samples")
        assert isinstance(table, Table)
        return table.heads[2]

    made.jump("update=5")
    assert head().endswith(" 0.7")
    made.fork("temperature", "0.2")
    assert head().endswith(" 0.7")
    made.jump("update=100")
    assert head().endswith(" 0.7 → 0.2")
