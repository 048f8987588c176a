"""A checkpoint brings every run of training back to the bit, and recomputes nothing; a damaged one is refused."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from engine.walks.history import History
from engine.walks.packing import Packed, PackingError, pack, read, write
from lessons.contract.card import Card
from lessons.course import course, open_lesson
from lessons.player import checkpoint as checkpoints
from lessons.player.bookmark import bring_back, keep, take
from lessons.player.checkpoint import Checkpoint
from lessons.player.player import Player

TRAINED = [card.id for card in course().values() if isinstance(card, Card) and "train" in card.acts]
QUICK: Mapping[str, tuple[int, ...]] = {"memory": (9, 4), "generate": (12, 5), "translate": (45, 21), "tree": (12, 5)}
"""(updates of the trunk, update that is forked), where updates are dear."""
SETTINGS: Mapping[str, list[dict[str, Any]]] = {
    "bptt": [{}, {"text": "abracadabra", "optimiser": "adam", "hidden": 3, "clip": 0.5}],
    "mlp": [{}, {"data": "circle", "optimiser": "momentum", "batch": 7, "layers": "5,3"}],
    "playground": [{}, {"data": "spiral", "optimiser": "adam", "noise": 20}],
    "convolution": [{}, {"net": "flat", "pooling": "mean", "optimiser": "momentum", "batch": 50}],
    "lstm": [{}, {"optimiser": "adagrad"}],
    "tree": [{}, {"data": "phrases", "optimiser": "momentum", "batch": 5, "depth": 2, "activation": "sigmoid"}],
    "gru": [{}, {"optimiser": "adam"}],
    "shapes": [{}, {"shape": "in_step", "model": "srn", "hidden": 8}, {"shape": "many_to_many", "language": "zh"}],
    "memory": [{"length": 12, "seeds": 2, "batch": 3, "hidden": 3}],
    "music": [{"hidden": 8, "batch": 4, "window": 16}, {"hidden": 6, "cell": "srn", "tunes": "chinese"}],
    "generate": [
        {"text": "the cat sat on the mat and ran", "hidden": 8, "window": 5, "batch": 2},
        {"text": "abcabcabcabcab", "cell": "gru", "layers": 2, "hidden": 6, "window": 4, "optimiser": "momentum"},
    ],
    "boltzmann": [{}, {"chain": "persistent", "k": 2, "h0": "mean"}, {"net": "dbn", "layers": 2, "hidden": 9}],
    "caption": [{"hidden": 6, "trained": 0}, {"eye": "cnn", "cell": "lstm", "hidden": 4, "trained": 0, "held": "half"}],
    "translate": [{"hidden": 6, "pairs": 80}, {"attention": "additive", "cell": "lstm", "hidden": 4, "pairs": 40}],
    "word2vec": [{}, {"model": "cbow", "loss": "hs", "race": "four", "dim": 7}],
}
"""Knobs that every lesson is tried with."""
LIVE = {"word2vec": ("rate", "0.01")}


def trained(lesson: str, knobs: Mapping[str, Any], seed: int | None = 3) -> Player:
    """A player that has trained, forked a run and trained that, and stands in the middle, in an opened update."""
    player = Player(open_lesson(course()[lesson]), HOST, knobs, seed)
    length, at = QUICK.get(lesson, (60, 23))
    player.to_act("train")
    for branch in player.branches:
        branch.history.grow(length)
    player.land(at, is_open=False)
    knob, value = LIVE.get(lesson, ("rate", "0.07"))
    if any(each.id == knob and each.live for each in player.lesson.card.knobs):
        player.fork(knob, value)
    else:
        name, cell = next((name, value) for name, value in player.start_here().params.items() if value.size)
        player.edit(name, (0,) * cell.ndim, "0.25")
    player.history.grow(length + 7)
    player.land(at + 3, is_open=True)
    player.move(player.inside(), min(5, player.inside().total))
    return player


def plain(state: Any) -> Any:
    """A state as plain data and arrays, without what a clock gives."""
    packed = pack(HOST, state.data, KINDS[type(state.data).__name__])
    tree = dict(packed.tree)
    if tree["kind"] == "WordState":
        tree["of"] = tree["of"][:-1]
    return json.dumps(tree), [array.tobytes() for array in packed.arrays]


KINDS: dict[str, tuple[type, ...]] = {}


def same(one: Player, other: Player) -> None:
    """Both stand at the same place of equal runs."""
    assert (one.spot, one.grain, one.act, one.path) == (other.spot, other.grain, other.act, other.path)
    assert (one.current, one.knobs, one.record) == (other.current, other.knobs, other.record)
    assert len(one.branches) == len(other.branches)
    for mine, theirs in zip(one.branches, other.branches, strict=True):
        assert (mine.name, mine.change, mine.knobs) == (theirs.name, theirs.change, theirs.knobs)
        a, b = mine.history, theirs.history
        KINDS[type(a.latest.data).__name__] = a.track.kinds
        assert len(a) == len(b)
        for which in range(1 + len(a.track.also)):
            if not (one.lesson.card.id == "word2vec" and which == 3):  # seconds
                np.testing.assert_array_equal(a.curve(which), b.curve(which))
        for n in {a.first, a.latest.n, a.record(0, 0).shown, (a.first + a.latest.n) // 2, a.latest.n - 1}:
            assert plain(a.state(n)) == plain(b.state(n)), n


CASES = [(lesson, knobs) for lesson in TRAINED for knobs in SETTINGS[lesson]]


def test_every_lesson_that_trains_is_tried() -> None:
    assert set(SETTINGS) == set(TRAINED)


@pytest.mark.parametrize(("lesson", "knobs"), CASES, ids=[f"{lesson}-{n}" for n, (lesson, _) in enumerate(CASES)])
def test_training_comes_back_to_the_bit_and_nothing_is_recomputed(
    lesson: str, knobs: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = trained(lesson, knobs)
    place = keep(player)
    taken = take(player, place)
    assert taken is not None
    write(tmp_path / "run.npz", taken.packed())

    made: list[int] = []
    cross = History._cross

    def counted(self: History) -> Any:
        if threading.current_thread() is threading.main_thread():  # apps of other tests may be training still
            made.append(self.latest.n)
        return cross(self)

    monkeypatch.setattr(History, "_cross", counted)
    again = Player(open_lesson(course()[lesson]), HOST)
    assert bring_back(again, place, Checkpoint(read(tmp_path / "run.npz"), place))
    assert not made
    assert keep(again) == place
    same(player, again)
    for one in (player, again):
        for branch in one.branches:
            branch.history.grow(len(branch.history) + 3)
    same(player, again)


@pytest.mark.parametrize("lesson", TRAINED)
def test_without_a_checkpoint_all_is_recomputed(lesson: str) -> None:
    player = trained(lesson, SETTINGS[lesson][0])
    again = Player(open_lesson(course()[lesson]), HOST)
    assert bring_back(again, keep(player))
    same(player, again)


def test_a_checkpoint_that_is_older_than_the_bookmark_is_grown_from() -> None:
    player = trained("mlp", {})
    taken = take(player, keep(player))
    assert taken is not None
    packed = taken.packed()
    for branch in player.branches:
        branch.history.grow(len(branch.history) + 40)
    again = Player(open_lesson(course()["mlp"]), HOST)
    assert bring_back(again, keep(player), Checkpoint(packed, keep(player)))
    same(player, again)


def test_a_checkpoint_that_is_newer_than_the_bookmark_is_not_cut() -> None:
    player = trained("mlp", {})
    place = keep(player)
    for branch in player.branches:
        branch.history.grow(len(branch.history) + 40)
    taken = take(player, keep(player))
    assert taken is not None
    again = Player(open_lesson(course()["mlp"]), HOST)
    assert bring_back(again, place, Checkpoint(taken.packed(), place))
    assert [len(b.history) for b in again.branches] == [len(b.history) for b in player.branches]


def test_of_another_setup_nothing_is_taken() -> None:
    player, other = trained("mlp", {}), trained("mlp", {"batch": 2})
    taken = take(other, keep(other))
    assert taken is not None
    place = keep(player)
    found = Checkpoint(taken.packed(), place)
    again = Player(open_lesson(course()["mlp"]), HOST)
    again.to_act("train")
    assert not any(found.restore(branch, again.history, HOST) for branch in place["branches"])
    assert len(again.history) == 0


def test_another_version_made_it(monkeypatch: pytest.MonkeyPatch) -> None:
    player = trained("bptt", {})
    place = keep(player)
    taken = take(player, place)
    assert taken is not None
    packed = taken.packed()
    monkeypatch.setattr(checkpoints, "unroll_version", lambda: "0.0.0")
    with pytest.raises(PackingError, match="version"):
        Checkpoint(packed, place)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_is_refused_or_gives_the_same(seed: int, tmp_path: Path) -> None:
    """Bits flipped, cut short, or bytes in between: PackingError, never anything else, and never other numbers."""
    player = trained("bptt", {})
    place = keep(player)
    taken = take(player, place)
    assert taken is not None
    path, draw = tmp_path / "run.npz", Random(seed)
    write(path, taken.packed())
    raw = bytearray(path.read_bytes())
    match seed % 3:
        case 0:
            raw[draw.randrange(len(raw))] ^= 1 << draw.randrange(8)
        case 1:
            del raw[draw.randrange(len(raw)) :]
        case _:
            at = draw.randrange(len(raw))
            raw[at:at] = os.urandom(7)
    path.write_bytes(bytes(raw))
    again = Player(open_lesson(course()["bptt"]), HOST)
    try:
        assert bring_back(again, place, Checkpoint(read(path), place))
    except PackingError:
        return
    same(player, again)


def test_what_is_not_declared_is_not_packed() -> None:
    player = trained("mlp", {})
    with pytest.raises(PackingError, match="Learning is not declared"):
        pack(HOST, player.history.latest.data, ())
    with pytest.raises(PackingError):
        pack(HOST, object(), ())
    with pytest.raises(PackingError):
        Checkpoint(Packed({"version": checkpoints.unroll_version()}, []), keep(player))
