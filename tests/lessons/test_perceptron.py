"""What `perceptron` claims: it ends within (R/γ)² where a line exists, and on XOR the state comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from engine.feedforward import perceptron
from engine.feedforward.perceptron_run import _running
from engine.walks.far import Far
from engine.walks.step import drain
from lessons.contract.knobs import Refused
from lessons.contract.panels import Matrix, Table
from lessons.contract.text import load
from lessons.contract.view import Start
from lessons.course import open_lesson
from lessons.data.points import GATES, MOST, points
from lessons.feedforward.perceptron import CARD, RULES
from lessons.feedforward.perceptron.case import run_of
from lessons.feedforward.perceptron.lesson import Perceptron
from lessons.player.player import Player
from lessons.player.show import everything
from lessons.player.state import restore

SEEDS = range(10)


def show(seed: int | None = None, start: Start | None = None, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = everything(Player(open_lesson(CARD), HOST, given, seed, start), all_steps=False)["result"]
    return found


def shuffled(data: str, seed: int) -> Start:
    """The points of a set in another order."""
    x, y = points(data, 0, 20)
    order = np.random.default_rng(seed).permutation(len(x))
    return Start({"w": np.zeros(2), "b": np.zeros(1)}, {"x": x[order].tolist(), "y": y[order].tolist()})


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("data", ["and", "or", "nand", "separable"])
@pytest.mark.parametrize("seed", SEEDS)
def test_it_ends_within_the_bound(data: str, rule: str, seed: int) -> None:
    rate = [1, 0.5, 0.1, 2, 0.37][seed % 5]
    start = shuffled(data, seed) if data != "separable" else None
    found = show(seed, start, data=data, rate=rate, epochs=500, rule=rule)
    assert found["converged"]
    assert 1 <= found["mistakes"] <= found["bound"]
    assert "cycle" not in found


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", SEEDS)
def test_on_xor_the_state_comes_back(seed: int, rule: str) -> None:
    rate = [1, 0.5, 0.25, 2, 8][seed % 5]
    start = shuffled("xor", seed)
    found = show(seed, start, data="xor", rate=rate, rule=rule)
    assert not found["converged"]
    first, last = found["cycle"]
    player = Player(open_lesson(CARD), HOST, {"data": "xor", "rate": rate, "rule": rule}, seed, start)
    held = []
    for p in (first, last):
        player.move(player.reel, p)
        view = player.view()
        held.append((view.get("w"), view.get("b")))
    for a, b in zip(*held, strict=True):
        np.testing.assert_array_equal(a, b)
    player.jump("circle")
    assert player.view().get("gap") == 0


def test_the_circle_of_the_screen() -> None:
    found = show(data="xor", rule="-1/1")
    assert found["cycle_visits"] == [0, 4]
    assert found["mistakes"] == 4
    player = Player(open_lesson(CARD), HOST, {"data": "xor", "rule": "-1/1"})
    states = []
    for i in (1, 2, 3, 4):
        player.jump(f"learn/epoch=1/i={i}")
        view = player.view()
        w, b = view.get("w"), view.get("b")
        assert w is not None
        assert b is not None
        states.append([*w.tolist(), b.tolist()[0]])
    assert states == [[0, 0, -1], [0, 1, 0], [1, 1, 1], [0, 0, 0]]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cloud_with_points_on_the_wrong_side_never_ends(seed: int) -> None:
    found = show(seed, data="nearly", epochs=40)
    assert not found["converged"]


@pytest.mark.parametrize("signs", [True, False])
def test_the_walk_and_the_run_at_full_speed_agree(signs: bool) -> None:
    draw = np.random.default_rng(3)
    x, t = draw.normal(size=(7, 2)), np.sign(draw.normal(size=7))
    w, b = draw.normal(size=2), 0.3
    run = perceptron.run(w, b, x, t, 0.7, 9, signs=signs)
    theta = perceptron.Theta(w[:, None], np.array([[b]]))
    examples = perceptron.Examples([row[:, None] for row in x], [np.array([[v]]) for v in t])
    for e in range(len(run.visits) // 7):
        theta = drain(perceptron.epoch(HOST, theta, examples, 0.7, signs=signs))
        last = run.visits[7 * (e + 1) - 1]
        np.testing.assert_allclose(theta.w[:, 0], last.w, atol=1e-12)
        assert float(theta.b[0, 0]) == pytest.approx(last.b)


@pytest.mark.parametrize("signs", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_each_visit_of_a_run_follows_from_the_state_before_it(seed: int, signs: bool) -> None:
    """To the last bit, as the walk has it: also what a run computes anew only after a mistake."""
    draw = np.random.default_rng(seed)
    x, t = np.round(draw.normal(size=(9, 2)), 1), np.sign(draw.normal(size=9))
    w, b, eta = draw.normal(size=2), 0.3, float(draw.choice([0.1, 0.37, 7.3]))
    run = perceptron.run(w, b, x, t, eta, 30, signs=signs)
    mistakes = 0
    for visit in run.visits:
        xi, ti, theta = x[visit.i - 1], t[visit.i - 1], perceptron.Theta(w[:, None], np.array([[b]]))
        examples = perceptron.Examples([row[:, None] for row in x], [np.array([[v]]) for v in t])
        after = drain(perceptron.visit(HOST, theta, examples, visit.i, eta, signs=signs))
        moved = (after.w[:, 0].tolist(), float(after.b[0, 0]))
        assert (visit.u, visit.m) == (float(w @ xi + b), float(ti * (w @ xi + b)))
        assert (visit.w.tolist(), visit.b) == moved
        assert visit.mistake == (moved != (w.tolist(), b))
        (w, b), mistakes = (visit.w, visit.b), mistakes + visit.mistake
        assert visit.right == int(((x @ w + b > 0) == (t > 0)).sum())
    assert run.mistakes == mistakes > 5


def test_a_long_run_is_made_in_slices() -> None:
    """With no patience the player stays as it was until every epoch of both runs is made; the run is the same."""
    knobs: dict[str, Any] = {"data": "nearly", "epochs": 12, "points": 10}
    player, made = Player(open_lesson(CARD), HOST, patience=0.0), list[int]()
    before = player.setup
    for _ in ("learn", "bound"):
        with pytest.raises(Far) as far:
            player.set_knobs(knobs, seed=4)
        assert player.setup is before
        again = far.value.again
        made.append(far.value.done)
        while True:
            try:
                again(0.0)
            except Far as more:
                made.append(more.done)
                again = more.again
            else:
                break
    assert made == [*range(1, 12)] * 2
    player.set_knobs(knobs, seed=4)
    _running.cache_clear()
    assert everything(player, False)["result"] == show(4, **knobs)


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(4))
def test_the_rule_is_a_step_against_autograd(seed: int) -> None:
    """One visit moves w and b by η times the gradient of max(0, −t·u)."""
    torch = pytest.importorskip("torch")
    draw = np.random.default_rng(seed)
    w, b, x, t = draw.normal(size=2), float(draw.normal()), draw.normal(size=(5, 2)), np.sign(draw.normal(size=5))
    run = perceptron.run(w, b, x, t, 0.3, 2)
    tw, tb = torch.tensor(w, requires_grad=True), torch.tensor(b, dtype=torch.float64, requires_grad=True)
    for visit in run.visits[:10]:
        xi = torch.tensor(x[visit.i - 1])
        loss = torch.clamp(-float(t[visit.i - 1]) * (tw @ xi + tb), min=0)
        by_w, by_b = torch.autograd.grad(loss, (tw, tb))
        with torch.no_grad():
            tw -= 0.3 * by_w
            tb -= 0.3 * by_b
        np.testing.assert_allclose(visit.w, tw.detach().numpy(), atol=1e-12)
        assert visit.b == pytest.approx(tb.item(), abs=1e-12)


def test_predictions() -> None:
    truths: dict[str, Any] = {}
    player = Player(open_lesson(CARD), HOST)
    while player.forward():
        if player.asked is not None:
            truths[player.asked.ask.id] = player.answer(0.0 if player.asked.ask.kind == "number" else "?").truth
            player.skip()
    assert truths == {"ends": "ends", "mistakes": 10.0, "most": 3.0, "half": "never"}


def test_points_are_moved_by_hand() -> None:
    player = Player(open_lesson(CARD), HOST)
    player.jump("learn/epoch=2/i=2")
    place = player.path
    player.edit("x[2]", (0,), "0.5")
    assert player.start.inputs["x"][1] == [0.5, 1.0]
    assert player.path == place
    player.edit("y[1]", (0,), player.lesson.nudged(player.start, "y[1]", (0,), 1))
    assert player.start.inputs["y"] == [1, 0, 0, 1]
    for raw in ("2", "x", "0.5"):
        with pytest.raises(Refused):
            player.edit("y[1]", (0,), raw)


def test_own_points_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("\ufeffX1, x2 ,label\n0,0,no\n\n1,1,yes\n0,1,no\n2,1.5,yes\n", encoding="utf-8")
    player = Player(open_lesson(CARD), HOST, {"data": str(file)})
    assert player.start.inputs == {"x": [[0, 0], [1, 1], [0, 1], [2, 1.5]], "y": [0, 1, 0, 1]}
    assert everything(player, all_steps=False)["result"]["converged"]
    file.write_text("y,x2,x1\n-1,0,1\n1,1,5\n", encoding="utf-8")
    assert Player(open_lesson(CARD), HOST, {"data": str(file)}).start.inputs == {"x": [[1, 0], [5, 1]], "y": [0, 1]}


BAD = {
    "no column": ("x1,label\n1,0\n", "no column x2"),
    "no label": ("x1,x2\n1,0\n", "no column label"),
    "empty": ("", "no column x1"),
    "word": ("x1,x2,label\n1,two,0\n", "line 2: x2 is two"),
    "nan": ("x1,x2,label\n1,2,0\nNaN,1,1\n", "line 3: x1 is NaN"),
    "infinite": ("x1,x2,label\n1,1e999,0\n", "no finite number"),
    "short": ("x1,x2,label\n1\n", "is empty|no finite number"),
    "unlabelled": ("x1,x2,label\n1,2,\n", "label is empty"),
    "one class": ("x1,x2,label\n1,2,0\n3,4,0\n", "1 class"),
    "three classes": ("x1,x2,label\n1,2,0\n3,4,1\n5,6,2\n", "3 class"),
    "one point": ("x1,x2,label\n1,2,0\n", "1 point"),
}


@pytest.mark.parametrize("name", BAD)
def test_files_that_will_not_do(name: str, tmp_path: Path) -> None:
    content, says = BAD[name]
    file = tmp_path / "points.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(Refused, match=says):
        show(data=str(file))


def test_files_that_are_none_or_too_long(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no such file"):
        show(data=str(tmp_path / "none.csv"))
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    with pytest.raises(Refused, match="folder"):
        show(data=str(folder))
    file = tmp_path / "binary.csv"
    file.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(Refused, match="no CSV text"):
        show(data=str(file))
    with open(tmp_path / "long.csv", "w", encoding="utf-8") as handle:
        handle.write("x1,x2,label\n")
        handle.writelines(f"{i},{i},{i % 2}\n" for i in range(MOST + 5))
    with pytest.raises(Refused, match=f"more than {MOST} points"):
        show(data=str(tmp_path / "long.csv"))
    with pytest.raises(Refused, match=r"FILE\.csv"):
        show(data="spiral")


def test_gates_are_gates() -> None:
    for name, truth in GATES.items():
        x, y = points(name, 0, 4)
        a, b = x[:, 0] > 0, x[:, 1] > 0
        made = {"and": a & b, "or": a | b, "nand": ~(a & b), "xor": a ^ b}[name]
        assert y.tolist() == made.astype(float).tolist() == truth


@pytest.mark.parametrize("inputs", [{"x": [[1, 2]], "y": [0]}, {"x": [[1, 2], [3]], "y": [0, 1]}, {"x": 3, "y": 4},
                                    {"x": [[1, 2], [3, 4]], "y": [0, 2]}, {"x": [[1, 2], [3, 4]]}])  # fmt: skip
def test_states_with_no_points(inputs: dict[str, Any]) -> None:
    with pytest.raises(
        Refused, match=r"no x of 2 to 1000 rows of 2 finite numbers|no y of 2 numbers that are one of 0, 1"
    ):
        open_lesson(CARD).read(
            "f.json", {"params": {"w": [0.0, 0.0]}, "inputs": inputs}, Player(open_lesson(CARD), HOST).knobs
        )


@pytest.mark.parametrize("rate", [0.1, 0.05, 0.37, 7.3, 0.003])
def test_rounding_ends_nothing_too_early(rate: float) -> None:
    """Every state is a multiple of the rate: with any rate the same mistakes, the same circle, to the last bit."""
    for rule, mistakes, cycle in (("0/1", 10, [5, 9]), ("-1/1", 18, [0, 4])):
        found = show(rate=rate, rule=rule)
        assert found["mistakes"] == mistakes
        assert found["bound"] == pytest.approx(87)
        assert show(data="xor", rate=rate, rule=rule)["cycle_visits"] == cycle
    player = Player(open_lesson(CARD), HOST, {"rate": rate})
    player.jump("circle")
    assert player.view().get("gap") == 0


@pytest.mark.parametrize("seed", range(40))
def test_separable_clouds_are_separable(seed: int) -> None:
    assert show(seed, data="separable", points=10, epochs=500)["converged"]


def test_no_bound_is_claimed_where_none_holds() -> None:
    from lessons.contract.text import load

    for given, says in (
        ({"data": "xor"}, "gives no bound"),
        ({"epochs": 3}, "gives no bound"),
        ({}, "The bound holds"),
    ):
        player = Player(open_lesson(CARD), HOST, given)
        player.jump("bound")
        panels = player.lesson.panels(player.view(), load("lessons.feedforward.perceptron", "en"))
        assert says in next(panel.text for panel in panels if panel.id == "verdict")  # type: ignore[attr-defined]
    player = Player(open_lesson(CARD), HOST, {"epochs": 500})
    player.edit("w", (0,), "-100")
    player.jump("bound")
    panels = player.lesson.panels(player.view(), load("lessons.feedforward.perceptron", "en"))
    assert "this start is not 0" in next(panel.text for panel in panels if panel.id == "verdict")  # type: ignore[attr-defined]


def by_hand(x: np.ndarray, y: np.ndarray) -> list[tuple[np.ndarray, float, bool]]:
    """The rule as slide 9 has it, written once more: y = 1 if u > 0, else 0."""
    w, b, states = np.zeros(2), 0.0, []
    while True:
        clean = True
        for point, wanted in zip(x, y, strict=True):
            error = wanted - (1.0 if w @ point + b > 0 else 0.0)
            w, b, clean = w + error * point, b + error, clean and error == 0
            states.append((w, b, error != 0))
        if clean:
            return states


@pytest.mark.parametrize("data", ["and", "or", "nand"])
def test_the_rule_of_the_slide_is_not_pushed_on_once_all_are_right(data: str) -> None:
    x, y = points(data, 0, 4)
    states = by_hand(x, y)
    player = Player(open_lesson(CARD), HOST, {"data": data})
    visits = run_of("learn", player.knobs, player.start).outcome.visits
    assert len(visits) == len(states)
    for visit, (w, b, wrong) in zip(visits, states, strict=True):
        assert (visit.w.tolist(), visit.b, visit.mistake) == (w.tolist(), b, wrong)
    moves = [n for n, visit in enumerate(visits) if visit.mistake]
    first = next(n for n, visit in enumerate(visits) if visit.right == 4)
    assert moves[-1] == first  # the visit that puts all four right is the last that moves the line
    strict = run_of("learn", {**player.knobs, "rule": "-1/1"}, player.start).outcome.visits
    assert len(strict) > len(visits)
    if data == "and":
        assert strict[25].right == 4
        assert strict[26].mistake
        assert strict[26].right == 3


def test_what_is_on_the_line_is_a_mistake_for_class_1_alone() -> None:
    player = Player(open_lesson(CARD), HOST)
    for i, wanted, wrong in ((1, 0.0, False), (4, 1.0, True)):
        run = run_of("learn", player.knobs, player.start)
        assert (run.y[i - 1], run.outcome.visits[i - 1].u) == (wanted, 0.0)
        assert run.outcome.visits[i - 1].mistake == wrong
    assert isinstance(player.lesson, Perceptron)
    of = player.lesson.objective(HOST, player.knobs, player.start)
    assert of.gradient["w"][:, 0].tolist() == [-1.0, -1.0]  # from 0, (1,1) alone is a mistake


def test_a_state_of_before_is_that_of_the_rule_of_then(tmp_path: Path) -> None:
    state = everything(Player(open_lesson(CARD), HOST, {"rule": "-1/1"}), all_steps=False)
    old = {**state, "schema": 2, "knobs": {name: value for name, value in state["knobs"].items() if name != "rule"}}
    file = tmp_path / "old.json"
    file.write_text(json.dumps(old), encoding="utf-8")
    knobs, start, seed = restore(open_lesson(CARD), str(file), {})
    assert knobs["rule"] == "-1/1"
    assert everything(Player(open_lesson(CARD), HOST, knobs, seed, start), all_steps=False)["result"] == state["result"]
    assert restore(open_lesson(CARD), str(file), {"rule": "0/1"})[0]["rule"] == "0/1"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_entries_are_named_in_the_log_and_beside_the_points_as_in_the_formula(lang: str) -> None:
    made = Player(open_lesson(CARD), HOST)
    made.jump("learn/epoch=1/i=4")
    panels = made.lesson.panels(made.view(), load("lessons.feedforward.perceptron", lang))
    log = next(panel for panel in panels if isinstance(panel, Table))
    points_ = next(panel for panel in panels if panel.id == "points")
    assert isinstance(points_, Matrix)
    assert {"w₁", "w₂"} <= set(log.heads)
    labels = " ".join(row.label for row in points_.rows)
    assert "(xᵢ)₁" in labels
    assert "[" not in labels + " ".join(log.heads)
