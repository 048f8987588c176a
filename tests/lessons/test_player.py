"""The player: stepping at every grain, acts, jumps, edits, knobs, forks, predictions; free of any screen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from engine.walks.far import Far
from engine.walks.history import History, State
from engine.walks.step import parse_address
from lessons.contract.card import Card
from lessons.contract.knobs import Refused
from lessons.course import course, open_lesson
from lessons.player import addresses
from lessons.player.bookmark import bring_back, keep
from lessons.player.branches import Branches
from lessons.player.player import Player
from lessons.player.position import Position
from lessons.player.setup import Setting, Setup
from lessons.recurrent.bptt import CARD


def make(asks: bool = False, **given: Any) -> Player:
    player = Player(open_lesson(CARD), HOST, given)
    if not asks:
        player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    return player


def walk(p: Player, most: int = 5000) -> list[int]:
    """All positions passed, forward to the end."""
    seen = [p.spot.p]
    while p.forward() and len(seen) < most:
        seen.append(p.spot.p)
    return seen


@pytest.mark.parametrize("grain", [0, 2, 3, 4, 5])
def test_forward_and_back_pass_the_same_positions(grain: int) -> None:
    p = make()
    p.grain = grain
    there = walk(p)
    assert there[-1] == p.reel.total
    back = [p.spot.p]
    while p.back():
        back.append(p.spot.p)
    assert back == there[::-1]
    assert len(there) > 3


def test_finer_grains_stop_at_least_where_coarser_ones_do() -> None:
    stops = []
    for grain in (5, 4, 3, 0):
        p = make()
        p.grain = grain
        stops.append(set(walk(p)))
    assert stops[0] > stops[1] > stops[2] > stops[3]
    assert stops[0] == set(range(make().reel.total + 1))


def test_a_step_looks_the_same_from_both_sides() -> None:
    p = make()
    for _ in range(20):
        p.forward()
    here = p.view()
    p.forward()
    p.back()
    again = p.view()
    assert (here.written, here.read, here.p) == (again.written, again.read, again.p)


def test_written_and_read_of_a_group() -> None:
    p = make()
    p.jump("dW/t=3/k=1")
    view = p.view()
    assert view.written == {"delta[3,1]", "dW[3,1]", "dW[3]"}
    assert view.read == {"W", "delta[3,2]", "s[1]", "s[0]"}


def test_grain_by_parts_of_the_address() -> None:
    p = make()
    p.jump("dW/t=3/k=1")
    assert [(name, index) for name, index, _ in p.parts()] == [("dW", -1), ("t", 3), ("k", 1), ("W_add", -1)]
    assert p.focus() == 2
    p.coarser()
    assert p.focus() == 1
    p.forward()
    assert p.path == (("dW", -1), ("t", 3), ("k", 0))
    p.set_grain(0)
    p.forward()
    assert p.act == "dU"
    for _ in range(9):
        p.finer()
    assert p.grain == p.lesson.grains["op"]


def test_the_parts_of_a_player_do_without_the_others() -> None:
    """Runs fork without a position, and a position moves without questions."""
    lesson = open_lesson(CARD)
    setup = Setup.of(lesson, HOST, Setting({"hidden": 3}))
    runs = Branches(setup)
    assert runs.made == []
    runs.fork(2, {**setup.knobs, "rate": 0.5}, runs.start_at(2), "rate 0.1 → 0.5")
    assert ([b.name for b in runs.made], runs.current, len(runs.history)) == (["A", "B"], 1, 2)
    position = Position(setup, runs, lesson.grains["op"], set())
    for n in range(1, 4):
        assert position.forward()
        assert position.spot.p == n
    addresses.jump(position, "train/update=2/backward")
    assert (position.spot.n, position.spot.open, position.path[1]) == (2, True, ("backward", -1))
    assert runs.drop()
    assert not runs.drop()


def test_a_start_is_refused_before_anything_changes() -> None:
    p = make()
    p.jump("dW/t=3/k=1")
    parts = p.setup, p.runs, p.position, p.questions
    with pytest.raises(Refused):
        p.set_knobs({"hidden": 99})
    assert parts == (p.setup, p.runs, p.position, p.questions)
    assert p.path == (("dW", -1), ("t", 3), ("k", 1))


def test_acts() -> None:
    p = make()
    seen = [p.act]
    while p.next_act():
        seen.append(p.act)
    assert tuple(seen) == CARD.acts
    assert not p.next_act()
    while p.next_act(-1):
        seen.pop()
    assert p.act == "forward"


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("dW/t=3/k=1", "dW/t=3/k=1"),
        ("t=3 k=1", "chain/state/t=3/k=1"),
        ("dW t=3 k=1", "dW/t=3/k=1"),
        ("forward/t=2", "forward/t=2"),
        ("sum/sweep/k=1", "sum/sweep/k=1"),
        ("check/W/cell=2", "check/W/cell=2"),
        ("reel/dU/t=1", "dU/t=1"),
        ("act 4", "dW"),
        ("update 57 t=3 k=1", "update=57/backward/t=3/k=1"),
        ("update=2/clip", "update=2/clip"),
    ],
)
def test_jumps(typed: str, path: str) -> None:
    p = make()
    p.jump(typed)
    wanted = parse_address(path)
    assert set(wanted) <= set(p.path)


@pytest.mark.parametrize("typed", ["", "nowhere", "t=99", "dW/t=3/k=9", "x==1", "999999", "1/2", "update=5/nothing=1"])
def test_jumps_to_nowhere_are_refused_and_move_nothing(typed: str) -> None:
    p = make()
    p.jump("dW/t=3/k=1")
    before = p.spot
    with pytest.raises(Refused):
        p.jump(typed)
    assert p.spot == before


def test_training_opens_down_to_one_term_and_back_to_update_3() -> None:
    p = make()
    p.jump("train/update=57/backward/t=3/k=1")
    assert p.path == (("update", 57), ("backward", -1), ("t", 3), ("k", 1))
    term = p.view().get("dW[3,1]")
    direct = make()
    direct.to_act("train")
    state = direct.history.grow(57)
    result = direct.lesson.result(HOST, direct.knobs, direct.lesson.at(direct.start, state, HOST))
    assert term is not None
    np.testing.assert_allclose(term, result["terms"]["W"][3][1], atol=1e-12)
    p.go_out()
    assert (p.spot.n, p.spot.open) == (57, False)
    p.jump("3")
    assert p.spot.n == 3
    np.testing.assert_array_equal(p.start_here().params["W"], HOST.get(direct.history.state(3).data.theta["W"]))


def test_stepping_through_an_opened_update_goes_on_into_the_next() -> None:
    p = make()
    p.jump("update 2")
    assert p.go_in()
    for _ in range(200):
        p.forward()
        if p.spot.n == 3:
            break
    assert (p.spot.n, p.spot.open) == (3, True)
    p.back()
    p.back()
    assert (p.spot.n, p.spot.open) == (2, True)
    p.grain = p.lesson.grains["update"]
    p.forward()
    assert (p.spot.n, p.spot.open) == (3, False)


def test_an_edit_keeps_the_address_and_can_be_undone() -> None:
    p = make()
    p.jump("dW/t=3/k=1")
    path, before = p.path, p.view().get("dW[3,1]")
    p.edit("W", (0, 1), "0.75")
    assert p.path == path
    assert p.start.params["W"][0, 1] == 0.75
    after = p.view().get("dW[3,1]")
    assert before is not None
    assert after is not None
    assert abs(before - after).max() > 1e-3
    assert p.undo()
    assert p.path == path
    np.testing.assert_array_equal(p.view().get("dW[3,1]"), before)
    assert not p.undo()


def test_an_edited_letter_changes_input_and_target() -> None:
    p = make()
    p.edit("x[1]", (0,), "o")
    assert p.start.inputs["text"] == "hollo"
    assert p.start.inputs["x"] == [0, 3, 2, 2]
    assert p.start.inputs["y"] == [3, 2, 2, 3]


@pytest.mark.parametrize(
    ("symbol", "raw", "says"),
    [
        ("W", "x", "no finite number"),
        ("W", "nan", "no finite"),
        ("W", "", "no finite"),
        ("x[1]", "z", "not in the vocabulary"),
        ("delta[3,1]", "1", "is computed"),
    ],
)
def test_edits_that_cannot_be(symbol: str, raw: str, says: str) -> None:
    p = make()
    with pytest.raises(Refused, match=says):
        p.edit(symbol, (0, 0), raw)
    assert not p.undo()


def test_an_edit_in_training_forks() -> None:
    p = make()
    p.jump("update 20")
    p.edit("W", (0, 0), "2.0")
    assert [b.name for b in p.branches] == ["A", "B"]
    assert p.current == 1
    assert p.start_here().params["W"][0, 0] == 2.0
    trunk = p.branches[0].history
    assert p.history.state(19) is trunk.state(19)
    assert trunk.state(20).data.theta["W"][0, 0] != 2.0


def test_forks_compare_two_rates_from_the_same_update() -> None:
    p = make()
    p.jump("update 40")
    p.fork("rate", "0.3")
    view = p.view()
    assert view.training is not None
    (name_a, a, first_a), (name_b, b, first_b) = view.training.curves
    assert (name_a, name_b, first_a, first_b) == ("A", "B", 0, 0)
    assert list(a) == list(b)[:40]
    p.jump("60")
    assert p.history.value(45) != make_at(60).history.value(45)
    p.swap()
    assert p.current == 0
    assert p.undo()
    assert len(p.branches) == 1
    with pytest.raises(Refused, match="no knob hidden"):
        p.fork("hidden", 3)
    with pytest.raises(Refused, match="out of range"):
        p.fork("rate", "99")


def make_at(n: int) -> Player:
    p = make()
    p.jump(f"update {n}")
    return p


def test_knobs_rebuild_and_seeds_draw() -> None:
    p = make()
    p.jump("dW/t=3/k=1")
    p.set_knobs({"activation": "relu"})
    assert p.path == (("dW", -1), ("t", 3), ("k", 1))
    assert p.seed is None
    p.set_knobs({"text": "ab"})
    assert p.seed == 0
    assert p.start.params["U"].shape == (2, 2)
    p.set_knobs({}, 7)
    assert p.seed == 7
    with pytest.raises(Refused):
        p.set_knobs({"hidden": 99})
    assert p.knobs["hidden"] == 2
    assert p.undo()
    assert p.seed == 0
    p.restart()
    assert p.start.inputs["text"] == "hello"
    assert p.seed is None


def test_defaults_are_the_example_and_seeds_repeat() -> None:
    np.testing.assert_array_equal(make().start.params["W"], [[0.5, -0.25], [0.25, 0.5]])
    a, b = (Player(open_lesson(CARD), HOST, {"hidden": 5}, 3).start for _ in range(2))
    np.testing.assert_array_equal(a.params["U"], b.params["U"])
    assert a.params["s_init"].tolist() == [0.0] * 5
    random = Player(open_lesson(CARD), HOST, {"hidden": 5, "start": "random"}, 3).start
    np.testing.assert_array_equal(a.params["U"], random.params["U"])
    assert abs(random.params["s_init"]).min() > 0


def test_predictions_stop_coarse_steps_and_are_kept() -> None:
    p = make(asks=True)
    p.grain = p.lesson.grains["act"]
    assert p.forward()
    assert p.asked is not None, "where a step ends for a question, the question is there"
    assert p.asked.ask.id == "guessing"
    p.answer("below")
    p.forward()
    assert p.asked is not None
    assert p.asked.ask.id == "sign"
    answered = p.answer("plus")
    assert (answered.truth, answered.verdict) == ("plus", "right")
    assert p.record == {"sign": "right", "guessing": "wrong"}
    assert p.ask_again() == 1
    assert p.record == {"sign": "right"}


def test_the_truth_of_every_prediction_of_the_example() -> None:
    truths: dict[str, Any] = {}
    p = make(asks=True)
    for _ in range(400):
        moved = p.forward()
        if p.asked is not None:
            asked = p.answer(0.0 if p.asked.ask.kind == "number" else "?")
            truths[asked.ask.id] = asked.truth
            p.skip()
        elif not moved:
            break
    p.to_act("train")
    p.forward()
    assert p.asked is not None
    truths[p.asked.ask.id] = p.answer("?").truth
    assert truths == {
        "sign": "plus", "guessing": "above", "constant": 1.0, "first_term": "zero", "vectors": 325, "leaves_out": "no",
        "first_right": "ten",
    }  # fmt: skip


def test_skipping() -> None:
    p = make(asks=True)
    p.record["guessing"] = "right"  # the first one stands at the very start
    while p.asked is None:
        p.forward()
    at = p.spot.p
    del p.record["guessing"]
    assert not p.forward()  # a step does not skip it
    assert (p.record, p.spot.p) == ({}, at)
    p.skip()
    assert p.record == {"sign": "skipped"}
    assert p.spot.p == at
    assert p.asked is not None
    assert (p.asked.verdict, p.asked.truth) == ("skipped", "plus")  # the truth is shown before going on
    p.forward()
    assert p.asked is None
    assert p.spot.p > at


def test_a_position_is_kept_and_brought_back() -> None:
    p = make(hidden=3, text="hello")
    p.jump("update 12")
    p.fork("rate", 0.3)
    p.jump("train/update=15/backward/t=2/k=1")
    p.record["sign"] = "right"
    kept = keep(p)
    again = make()
    assert bring_back(again, kept)
    assert again.path == p.path
    assert [b.change for b in again.branches] == [b.change for b in p.branches]
    assert again.record["sign"] == "right"
    np.testing.assert_array_equal(again.start_here().params["W"], p.start_here().params["W"])


OLD: dict[str, Any] = {
    "given": {"hidden": 1}, "seed": 3, "start": None, "grain": 4, "current": 1, "record": {"sign": "wrong"},
    "spot": {"training": True, "p": 15, "n": 8, "open": True}, "address": "train/update=8/forward/t=2",
    "branches": [
        {"parent": None, "at": 0, "knobs": {}, "start": None, "change": "", "length": 8},
        {
            "parent": 0, "at": 6, "change": "rate 0.1 → 0.7", "length": 8,
            "knobs": {
                "text": "hello", "hidden": 1, "activation": "tanh", "window": 500, "rate": 0.7, "optimiser": "sgd",
                "clip": 5.0, "start": "zero",
            },
            "start": {
                "params": {
                    "U": [[0.5, -0.5, 0.25, 0.0]], "W": [[0.75]], "V": [[1.0], [0.5], [-1.0], [0.25]],
                    "b": [-0.25], "c": [-0.25, 0.125, 0.25, 0.0], "s_init": [0.0],
                },
                "inputs": {
                    "text": "hello", "vocabulary": ["h", "e", "l", "o"], "x": [0, 1, 2, 2], "y": [1, 2, 2, 3],
                },
            },
        },
    ],
}  # fmt: skip
"""A bookmark as it was written before the player was made of parts."""


def test_a_bookmark_of_old_is_brought_back() -> None:
    p = make()
    assert bring_back(p, OLD)
    assert (p.seed, p.grain, p.current, p.record) == (3, 4, 1, {"sign": "wrong"})
    assert p.path == (("update", 8), ("forward", -1), ("t", 2))
    a, b = p.branches
    assert (b.name, b.change, b.knobs["rate"], b.history.trunk) == ("B", "rate 0.1 → 0.7", 0.7, a.history)
    assert b.start.params["W"] == [[0.75]]
    assert (len(a.history), len(b.history)) == (8, 8)
    kept = keep(p)
    assert (kept["spot"], kept["address"]) == (OLD["spot"], OLD["address"])
    assert kept["branches"][1] == OLD["branches"][1]


def test_an_edited_start_is_kept() -> None:
    p = make()
    p.edit("W", (1, 1), "3")
    p.jump("dW/t=2/k=1")
    again = make()
    assert bring_back(again, keep(p))
    assert again.start.params["W"][1, 1] == 3
    assert again.path == p.path


@pytest.mark.parametrize(
    "harm", [{"given": {"hidden": 999}}, {"spot": None}, {"branches": [{}]}, {"start": {"params": 3}}]
)
def test_a_damaged_bookmark_brings_back_the_start(harm: dict[str, Any]) -> None:
    p = make()
    assert not bring_back(p, {**keep(make()), **harm})
    assert p.spot.p == 0
    assert p.forward()


def test_divergence_is_named_at_its_operation() -> None:
    p = make(activation="linear", optimiser="sgd", rate=2, clip=1e300)
    p.jump("update 40")
    where = p.divergence()
    assert where is not None
    n, at = where
    reel = p.history.track.inside(p.history.state(n))
    step, before = reel.step(at), reel.step(at - 1)
    assert step is not None
    assert before is not None
    assert not all(np.isfinite(v).all() for v in step.values.values())
    assert all(np.isfinite(v).all() for v in before.values.values())
    assert make_at(40).divergence() is None


def test_chinese_and_long_texts() -> None:
    p = make(text="你好世界，你好吗")
    for _ in range(60):
        p.forward()
    assert p.start.inputs["vocabulary"][:4] == ["你", "好", "世", "界"]
    long = make(text="ab" * 250, hidden=4)
    long.jump("dW/t=498/k=250")
    assert long.path == (("dW", -1), ("t", 498), ("k", 250))


def test_an_act_begins_again_as_it_is_and_undo_goes_back_to_where_one_was() -> None:
    p = make(text="abab", hidden=3)
    p.jump("dW/t=2/k=1")
    spot = p.spot
    assert p.restart_act()
    assert (p.act, p.knobs["text"], p.knobs["hidden"]) == ("dW", "abab", 3)
    assert p.spot.p < spot.p
    first = p.spot
    assert not p.restart_act()
    assert p.undo()
    assert p.spot == spot
    p.restart_act()
    assert p.spot == first


def test_training_begins_again_and_undo_brings_back_the_runs_that_were_there() -> None:
    p = make(hidden=3)
    p.jump("update 40")
    p.fork("rate", 0.3)
    for _ in range(5):
        p.forward()
    curve, spot, weights = list(p.history.curve()), p.spot, p.start_here().params["W"]
    assert p.restart_act()
    assert (p.act, p.spot.n, len(p.branches), len(p.history)) == ("train", 0, 1, 0)
    assert p.knobs["hidden"] == 3
    for _ in range(3):
        p.forward()
    assert p.undo()
    assert (p.spot, p.current, len(p.branches)) == (spot, 1, 2)
    assert list(p.history.curve()) == curve
    np.testing.assert_array_equal(p.start_here().params["W"], weights)
    p.restart()
    assert (p.act, p.spot.p, p.knobs["hidden"]) == ("forward", 0, 2)
    assert p.undo()
    assert (p.act, p.spot, p.knobs["hidden"]) == ("train", spot, 3)
    assert list(p.history.curve()) == curve


def test_a_fork_taken_back_leaves_one_in_the_run_that_it_forked_from() -> None:
    """Not in the last of the runs that the lesson keeps beside it."""
    p = Player(open_lesson(course()["translate"]), HOST, {"hidden": 2, "pairs": 20})
    p.record = {ask.id: "skipped" for ask in p.lesson.asks}
    p.to_act("train")
    assert (len(p.branches), p.current) == (2, 0)
    for take_back in (p.undo, p.drop):
        p.fork("rate", 0.5)
        assert (len(p.branches), p.current) == (3, 2)
        assert take_back()
        assert (len(p.branches), p.current) == (2, 0)
    p.fork("rate", 0.5)
    p.swap()
    p.swap()
    assert p.undo()
    assert (len(p.branches), p.current) == (2, 1)
    assert p.runs.drop()
    assert p.current == 0


def test_undo_of_a_knob_brings_back_the_training_before_it() -> None:
    p = make()
    p.jump("update 40")
    curve, spot = list(p.history.curve()), p.spot
    p.set_knobs({"hidden": 3})
    assert len(p.history) == 0
    assert p.undo()
    assert (list(p.history.curve()), p.spot) == (curve, spot)
    for n in (3, 4, 5, 6):
        p.set_knobs({"hidden": n})
    while p.undo():
        assert p.act == "train"
    assert (p.spot.n, p.knobs["hidden"]) == (0, 2)  # only the latest changes keep the runs


def in_training(lesson: str, **given: Any) -> Player:
    """A lesson at the beginning of its training, to be driven with no patience."""
    card = course()[lesson]
    assert isinstance(card, Card)
    player = Player(open_lesson(card), HOST, given, patience=0.0)
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    player.to_act("train")
    return player


def test_an_update_that_takes_long_is_made_beside_the_one_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """One may leave it and come back: it is not begun twice."""
    player, let, begun = in_training("playground"), threading.Event(), list[History]()
    advance = History.advance

    def slow(history: History) -> State:
        begun.append(history)
        let.wait(60)
        return advance(history)

    monkeypatch.setattr(History, "advance", slow)
    with pytest.raises(Far) as far:
        player.forward()
    assert (player.spot.n, len(player.history)) == (0, 0)
    with pytest.raises(Far) as still:
        far.value.again(0.0)
    with pytest.raises(Far):
        player.forward()
    let.set()
    still.value.again(60.0)
    assert begun == [player.history]
    assert player.forward()
    assert (player.spot.n, len(player.history)) == (1, 1)
    once = in_training("playground")
    once.patience = once.runs.patience = float("inf")
    once.forward()
    assert player.history.curve() == once.history.curve()


def test_an_update_that_fails_fails_where_it_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    player = in_training("playground")

    def failing(history: History) -> State:
        raise ZeroDivisionError("of this test")

    monkeypatch.setattr(History, "advance", failing)
    with pytest.raises(ZeroDivisionError, match="of this test"):
        player.forward()


def test_runs_that_stand_together_are_brought_on_one_by_one() -> None:
    """With no patience there is an answer after each run's update; all have made it in the end."""
    player, done = in_training("memory", length=5, hidden=2, batch=1, seeds=1), list[int]()
    runs = [branch.history for branch in player.branches]

    def attempt(seconds: float) -> None:
        player.runs.catch_up(2)

    going: Callable[[float], object] = attempt
    while True:
        try:
            going(0.0)
            break
        except Far as far:
            done.append(sum(map(len, runs)))
            going = far.again
    assert done == [*range(1, 2 * len(runs))]
    assert [len(run) for run in runs] == [2] * len(runs)


def test_a_fork_does_not_wait_for_updates_that_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    player, advance, let = in_training("playground"), History.advance, threading.Event()
    player.history.grow(5)
    player.land(1, is_open=False)

    def slow(history: History) -> State:
        let.wait(60)
        return advance(history)

    monkeypatch.setattr(History, "advance", slow)
    player.fork("rate", 0.1)
    assert (len(player.branches), len(player.history)) == (2, 1)
    let.set()


@pytest.mark.parametrize("typed", ["step 700", "k=7", "t=99"])
def test_a_place_that_is_looked_for_long_is_looked_for_in_slices(typed: str) -> None:
    """As at once; where there is none, it is refused in the end, and one stays where one was."""
    ends: list[object] = []
    for patience in (float("inf"), 0.0):
        player = Player(open_lesson(CARD), HOST, {"text": "in slices"}, patience=patience)
        going: Callable[[float], object] | None = None
        slices = 0
        while True:
            try:
                going(0.0) if going is not None else player.jump(typed)
                if going is None:
                    ends.append((player.spot, player.since))
                    break
                going = None
            except Far as far:
                slices, going = slices + 1, far.again
                assert player.spot.p == 0
            except Refused as refused:
                ends.append(str(refused))
                break
        assert (slices > 5) == (patience == 0.0)
    assert ends[0] == ends[1]
