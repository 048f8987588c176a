"""What `rivals` claims of neighbours, trees, boosting and margins; its stages, states, and data of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, HostArray, quiet
from engine.shallow import boosting, boosting_fast, margin_fast, neighbours, tree, tree_fast
from engine.shallow.margin import Kernel
from engine.shallow.tree import Limits
from engine.walks.far import Far
from lessons.contract.knobs import Refused
from lessons.contract.lesson import Ask
from lessons.contract.panels import Beside, Field, Multiples, Note, Panel, Table, Tree
from lessons.contract.text import load
from lessons.course import open_lesson
from lessons.data.scatter import SETS, labelled
from lessons.explaining.inspect import inspect
from lessons.history.rivals import CARD
from lessons.history.rivals.models import NAMES, TOL, _kept, models_of
from lessons.player.player import Player
from lessons.player.show import everything
from lessons.player.state import restore
from tests.lessons.playing import played, result

SEEDS = range(10)
FRESH = 10_000
"""How far the seed of new points is from that of the others."""


def right(says: HostArray, wanted: HostArray) -> float:
    return float((np.where(says > 0, 1, -1) == wanted).mean())


def panels(made: Player) -> dict[str, Panel]:
    """The panels at a position, those side by side among them."""
    text = load("lessons.history.rivals", "en")
    with quiet():
        found = made.lesson.panels(made.view(), text)
    return {panel.id: panel for each in found for panel in (each, *each.parts())}


def at(place: str, **given: Any) -> Player:
    made = played(CARD, **given)
    made.jump(place)
    return made


def answers(made: Player) -> dict[str, str | float]:
    """The truth of every prediction that is asked."""
    found: dict[str, str | float] = {}
    asks: list[Ask] = [ask for ask in made.lesson.asks if ask.where(made.knobs, made.start)]
    for ask in asks:
        found[ask.id] = ask.truth(made.ahead(ask))
    return found


# claims


@pytest.mark.exhaustive
def test_one_neighbour_makes_no_training_error_and_a_few_are_better_with_noise() -> None:
    gains: dict[str, list[float]] = {"circle": [], "xor": []}
    for kind, found in gains.items():
        for seed in SEEDS:
            (x, y), (q, wanted) = labelled(kind, seed, 200, 15), labelled(kind, seed + FRESH, 1000, 15)
            assert right(y[neighbours.nearest(np, x, x, 1)[:, 0]], y) == 1
            one, five = (right(y[neighbours.nearest(np, x, q, k)].mean(axis=1), wanted) for k in (1, 5))
            found.append(five - one)
    assert np.mean(gains["circle"]) > 0.008
    assert np.mean(gains["xor"]) > 0.004
    assert min(min(found) for found in gains.values()) > -0.01


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", SEEDS)
def test_too_many_neighbours_lose_the_spiral(seed: int) -> None:
    (x, y), (q, wanted) = labelled("spiral", seed, 200, 15), labelled("spiral", seed + FRESH, 1000, 15)
    one, many = (right(y[neighbours.nearest(np, x, q, k)].mean(axis=1), wanted) for k in (1, 51))
    assert one > 0.97
    assert many < 0.6


@pytest.mark.exhaustive
def test_a_tree_that_looks_one_cut_ahead_wanders_on_xor() -> None:
    leaves = []
    for seed in SEEDS:
        (x, y), (q, wanted) = labelled("xor", seed, 200, 0), labelled("xor", seed + FRESH, 2000, 0)
        whole = tree_fast.grow(x, (y > 0).astype(int), 2, Limits())
        leaves.append(whole.leaves)
        assert right(tree.classify(whole, q) - 0.5, wanted) > 0.97
        assert right(tree.classify(whole.cut_off(1), q) - 0.5, wanted) < 0.55
    assert min(leaves) > 4
    assert np.mean(leaves) > 8


@pytest.mark.exhaustive
def test_boosted_stumps_never_learn_xor_and_do_learn_it_turned() -> None:
    margins = []
    for seed in SEEDS:
        (x, y), (q, wanted) = labelled("xor", seed, 200, 0), labelled("xor", seed + FRESH, 2000, 0)
        stumps = boosting_fast.boost(x, y, 300)
        assert right(boosting.decide(stumps, q), wanted) < 0.6
        assert right(boosting.decide(stumps, x), y) > 0.75  # it learns single points
        (x, y), (q, wanted) = labelled("turned", seed, 200, 0), labelled("turned", seed + FRESH, 2000, 0)
        turned = right(boosting.decide(boosting_fast.boost(x, y, 300), q), wanted)
        assert turned > 0.92
        grown = tree_fast.grow(x, (y > 0).astype(int), 2, Limits())
        margins.append(turned - right(tree.classify(grown, q) - 0.5, wanted))
    assert np.mean(margins) > 0.01  # there the tree is the weaker one


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", ["circle", "xor", "gauss", "spiral"])
@pytest.mark.parametrize("noise", [0, 15])
def test_the_product_of_all_Z_bounds_the_training_error(kind: str, noise: int) -> None:
    for seed in range(5):
        x, y = labelled(kind, seed, 200, noise)
        F, bound = np.zeros(200), 1.0
        for stump in boosting_fast.boost(x, y, 100):
            if stump.eps <= boosting.LEAST:
                break
            F += boosting.decide([stump], x)
            bound *= 2 * np.sqrt(stump.eps * (1 - stump.eps))
            assert (y * F <= 0).mean() <= bound + 1e-12
            assert bound == pytest.approx(np.exp(-y * F).mean(), rel=1e-9)


@pytest.mark.parametrize(("tol", "steps"), [(1e-3, 214), (1e-5, 454)])
def test_a_circle_with_noise_takes_as_many_pairs_as_measured(tol: float, steps: int) -> None:
    x, y = labelled("circle", 0, 200, 15)
    found = margin_fast.machine(HOST, x, y, Kernel(), 1.0, tol, 10_000)
    assert found.run.steps == steps
    if tol == 1e-5:
        assert int((found.run.a > 1e-9).sum()) == 64
        assert found.run.a.sum() == pytest.approx(39.19218, abs=1e-5)
        assert found.run.b == pytest.approx(-0.592229, abs=1e-6)


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", ["circle", "xor", "gauss", "turned"])
@pytest.mark.parametrize("seed", range(5))
def test_without_a_point_that_is_no_support_vector_the_border_stays(kind: str, seed: int) -> None:
    found = answers(Player(open_lesson(CARD), HOST, {"data": kind}, seed))
    assert found["border"] == "stays"
    assert found["gain"] == 0
    assert found.get("stumps", "half") == "half"  # not asked where one stump makes no error, and boosting ends
    if "half" in found:
        assert found["half"] == pytest.approx(0.5, abs=1e-9)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(5))
def test_none_of_the_five_is_best_everywhere(seed: int) -> None:
    found = {kind: result(played(CARD, seed, data=kind, points=200))["test"] for kind in ("xor", "turned", "spiral")}
    assert all(found["xor"]["boosting"] < found["xor"][name] - 0.3 for name in NAMES if name != "boosting")
    assert found["spiral"]["mlp"] < min(found["spiral"][name] for name in ("knn", "tree", "svm")) - 0.02
    assert found["turned"]["boosting"] > found["xor"]["boosting"] + 0.3


# acts and stages


def test_the_neighbours_of_the_new_point_are_the_nearest() -> None:
    made = at("knn/j=5")
    view = made.view()
    gone = ((models_of(made.knobs, made.start).x - made.start.params["q"]) ** 2).sum(axis=1)
    assert [int(view.get(f"near[{j}]")[0]) for j in range(1, 6)] == np.argsort(gone, kind="stable")[:5].tolist()  # type: ignore[index]
    made.edit("q", (0,), "4")
    made.jump("knn/j=1")
    gone = ((models_of(made.knobs, made.start).x - np.array([4, -1])) ** 2).sum(axis=1)
    assert made.view().get("near[1]") == np.argmin(gone)


def test_the_first_four_cuts_of_the_four_points_gain_nothing() -> None:
    made = at("tree/s=0/n=0", data="four")
    assert not made.view().get("gain[0]").any()  # type: ignore[union-attr]
    assert result(made)["leaves"] == 4
    assert result(made)["rounds"] == 1  # no stump is better than chance
    assert (
        made.lesson.rule(made.knobs)["impurity"] != made.lesson.rule({**made.knobs, "impurity": "entropy"})["impurity"]
    )


def test_the_tree_grows_beside_its_rectangles() -> None:
    made, sizes = played(CARD), []
    for s in range(6):
        made.jump(f"tree/s={s}")
        grown = panels(made)["tree"]
        assert isinstance(grown, Tree)
        sizes.append(len(grown.nodes))
    assert sizes == [2 * s + 1 for s in range(6)]


def test_fields_of_the_five_come_one_after_the_other_with_what_they_get_right() -> None:
    made = played(CARD)
    for i in range(1, 6):
        made.jump(f"compare/i={i}")
        five = panels(made)["fields"]
        assert isinstance(five, Multiples)
        assert [bool(field.caption) for field in five.fields] == [n <= i for n in range(1, 6)]
    found, view = result(made), made.view()
    for i, name in enumerate(NAMES, 1):
        assert view.get(f"train[{i}]") == pytest.approx(found["train"][name])
        assert view.get(f"test[{i}]") == pytest.approx(found["test"][name])
    assert found["test"]["boosting"] < 0.6


def test_the_other_view_has_the_borders_of_several_k() -> None:
    made = at("knn/j=2")
    made.flipped = True
    several = panels(made)["borders"]
    assert isinstance(several, Multiples)
    assert [field.title for field in several.fields] == ["k = 1", "k = 5", "k = 15", "k = 51"]


def test_the_border_moves_with_the_pairs_and_ends_where_the_machine_does() -> None:
    def drawn(place: str) -> Field:
        work = panels(at(place))["work"]
        assert isinstance(work, Beside)
        field = work.stacks[0][0]
        assert isinstance(field, Field)
        assert field.values is not None
        return field

    first, later, last = (drawn(place).values for place in ("margin/kernel", "margin/pair=40", "margin/border"))
    assert first is not None
    assert later is not None
    assert last is not None
    assert not first.any()
    assert np.abs(last - later).max() > 0


def test_a_state_with_other_points_is_taken_over(tmp_path: Path) -> None:
    made = played(CARD, data="gauss", points=20)
    printed = everything(made, all_steps=False)
    printed["inputs"]["x"][0] = [9.0, 9.0]
    file = tmp_path / "state.json"
    file.write_text(json.dumps(printed), encoding="utf-8")
    knobs, start, seed = restore(made.lesson, str(file), {})
    again = Player(open_lesson(CARD), HOST, {k: v for k, v in knobs.items() if v != made.knobs[k]}, seed, start)
    assert again.start.inputs["x"][0] == [9, 9]
    for harm in ({"y": [0.5] * 20}, {"y": [1] * 19}, {"x": [[1, 2, 3]] * 20}, {"x": [[float("nan"), 1]] * 20}):
        file.write_text(json.dumps({**printed, "inputs": {**printed["inputs"], **harm}}), encoding="utf-8")
        with pytest.raises(Refused, match="inputs has no"):
            restore(made.lesson, str(file), {})


# bad input, and data of one's own


def own(folder: Path, rows: list[str], name: str = "own.csv") -> str:
    file = folder / name
    file.write_text("\n".join(["x1,x2,label", *rows]) + "\n", encoding="utf-8")
    return str(file)


def test_points_of_ones_own(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    rows = [f"{a:.4g},{b:.4g},{'near' if a + b < 0 else 'far'}" for a, b in draw.normal(size=(60, 2)) * 1e3]
    found = result(played(CARD, data=own(tmp_path, rows), gamma=0.01))
    assert found["solved"]
    assert set(found["test"]) == set(NAMES)
    assert found["test"]["tree"] > 0.7
    few = played(CARD, data=own(tmp_path, ["0,0,a", "1,1,b", "2,2,a"]))
    assert few.knobs["k"] == 2  # no more than there are points
    assert result(few)["train"]["knn"] <= 1


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["0,0,a", "1,1,a", "2,2,a"], "1 class"),
        (["0,0,a", "1,1,b"], "2 point"),
        (["0,0,a", "1e200,1,b"], "1e200; it may be"),
        (["0,0,a", "nan,1,b"], "nan, no finite number"),
        (["0,0,a", "1,inf,b"], "inf, no finite number"),
        (["0,0,a"], "1 point"),
        (["0,0,a", "1,1,b", "2,2,c"], "3 class"),
        (["0,0,a", "1,1,"], "label is empty"),
    ],
)
def test_files_that_hold_no_two_classes_are_refused(rows: list[str], says: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=says):
        played(CARD, data=own(tmp_path, rows))


def test_a_million_rows_are_refused_before_they_are_read(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    file.write_text("x1,x2,label\n" + "0.5,0.25,a\n1,2,b\n" * 500_000, encoding="utf-8")
    with pytest.raises(Refused, match="more than 1000 points"):
        played(CARD, data=str(file))


def test_equal_points_of_two_classes(tmp_path: Path) -> None:
    rows = ["1,1,a", "1,1,b", "1,1,a", "1,1,b", "0,0,a", "0,0,b", "0,1,a", "1,0,b", "2,2,b"]
    found = result(played(CARD, data=own(tmp_path, rows), k=3))
    assert found["solved"]
    assert all(0 < share < 1 for share in found["train"].values())


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"k": 101}, "101 neighbours of 100 points"),
        ({"data": "four", "k": 5}, "5 neighbours of 4 points"),
        ({"k": 0}, "k: 0 is out of range"),
        ({"C": 0}, "C: 0 is out of range"),
        ({"C": 1e9}, "C: 1000000000.0 is out of range"),
        ({"gamma": -1}, "gamma: -1 is out of range"),
        ({"depth": 0}, "depth: 0 is out of range"),
        ({"leaves": 1000}, "leaves: 1000 is out of range"),
        ({"kernel": "wave"}, "kernel: wave is none of"),
        ({"data": "moon"}, "data: moon is none of"),
    ],
)
def test_settings_out_of_range_are_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        played(CARD, **given)


def verdict(made: Player) -> Note:
    note = panels(made)["verdict"]
    assert isinstance(note, Note)
    return note


def test_a_machine_that_is_stopped_says_so_with_its_gap() -> None:
    made = at("margin/border", C=1000, pairs=30, noise=20)
    found = result(made)
    assert not found["solved"]
    assert found["gap"] > TOL
    assert f"after 30 pairs with a gap of {found['gap']:.2g}" in verdict(made).text
    assert verdict(made).level == "warn"
    assert verdict(at("margin/border")).level == "proof"


def test_a_machine_whose_numbers_overflow_says_so(tmp_path: Path) -> None:
    rows = [f"{a}e60,{b}e60,{'ab'[(a + b) % 2]}" for a in range(1, 4) for b in range(1, 5)]
    made = at("margin/border", data=own(tmp_path, rows), kernel="poly", degree=6, gamma=1)
    assert result(made)["gap"] is None
    assert "overflow" in verdict(made).text


@pytest.mark.parametrize("kernel", ["linear", "poly", "rbf"])
def test_the_slope_of_f_is_checked_for_every_kernel(kernel: str) -> None:
    made = at("margin/border", kernel=kernel, gamma=0.1)
    for cell in made.lesson.check(made.view(), "q"):
        assert cell.gap < 1e-6 * max(1.0, abs(cell.gradient))
        assert cell.gradient != 0
    slope = made.view().get("slope")
    assert slope is not None
    assert [cell.gradient for cell in made.lesson.check(made.view(), "q")] == pytest.approx(slope.tolist())


EVERY: dict[str, Callable[[int], dict[str, Any]]] = {
    "sets": lambda n: {"data": SETS[n], "k": 3},
    "kernels": lambda n: {"kernel": ("linear", "poly", "rbf")[n % 3], "gamma": (0.01, 0.5, 20)[n % 3]},
    "trees": lambda n: {"impurity": ("gini", "entropy")[n % 2], "leaves": n + 1, "depth": 1 + n % 3},
}


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("n", range(6))
def test_every_set_kernel_and_limit_goes_through(kind: str, n: int) -> None:
    made = played(CARD, points=30, **EVERY[kind](n))
    for p in range(0, made.reel.total, max(1, made.reel.total // 25)):
        made.move(made.reel, p)
        assert panels(made)
    found = result(made)
    assert found["leaves"] <= made.knobs["leaves"]
    assert found["depth"] <= made.knobs["depth"]


DEAR: list[dict[str, Any]] = [
    {"points": 400, "kernel": "poly", "degree": 6, "C": 1000.0, "pairs": 20000, "noise": 0.5, "data": "spiral"},
    {"points": 100, "kernel": "poly", "degree": 4, "C": 900.0, "pairs": 9000, "noise": 0.5, "data": "spiral"},
]


@pytest.mark.parametrize("knobs", DEAR, ids=str)
def test_what_takes_long_to_solve_is_solved_in_slices(knobs: dict[str, Any]) -> None:
    """With no patience a setup is never waited for: the player stays as it was until all slices are made."""
    _kept.cache_clear()
    player = Player(open_lesson(CARD), HOST, patience=0.0)
    before, done = player.setup, [0]
    with pytest.raises(Far) as far:
        player.set_knobs(knobs)
    assert player.setup is before
    again = far.value.again
    while True:
        try:
            again(0.0)
            break
        except Far as more:
            done.append(more.done)
            again = more.again
    assert len(done) > 20
    assert (np.diff(done) > 0).all()
    player.set_knobs(knobs)
    once = Player(open_lesson(CARD), HOST, knobs)
    assert player.reel.total == once.reel.total
    assert player.start.params["q"].tolist() == once.start.params["q"].tolist()


@pytest.mark.parametrize("place", ["knn/j=2/op=vote", "knn/j=5/op=vote"])
def test_a_chosen_point_has_the_same_number_in_the_table_and_in_the_formula(place: str) -> None:
    made = at(place.rpartition("/")[0])
    while made.view().step is None or made.view().step.op != "vote":  # type: ignore[union-attr]
        assert made.forward()
    j = made.view().loop("j")
    table = panels(made)["nearest"]
    assert isinstance(table, Table)
    assert f"y[{table.rows[-1][1]}]" in inspect(made.view(), "vote", (0,)).symbols
    assert table.rows[-1][1] == str(int(made.view().get(f"near[{j}]")[0]) + 1)  # type: ignore[index]
