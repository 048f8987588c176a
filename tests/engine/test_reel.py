"""A reel goes forward and back by whole groups at every grain, finds places, and keeps few tapes."""

from __future__ import annotations

from functools import partial
from weakref import ref

import numpy as np
import pytest

from engine.device import HOST, Device
from engine.walks.far import Far
from engine.walks.reel import Env, Reel, Section
from engine.walks.step import Path, Step, Walk, agrees
from tests.engine.cases import ALL, GRAINS, lesson_reel, make, update_reel


def steps_of(reel: Reel) -> list[Step]:
    """Every step, by brute force."""
    found = [step for section in reel.sections for step in section.open()]
    assert len(found) == reel.total
    return found


def key(path: Path, p: int, grain: int) -> object:
    """The group of step p by the definition: its path up to the last place at or above the grain."""
    if grain == GRAINS["op"]:
        return p
    ranks = [GRAINS[name] if index >= 0 else GRAINS["phase" if at else "act"] for at, (name, index) in enumerate(path)]
    return path[: max((at + 1 for at, rank in enumerate(ranks) if rank <= grain), default=0)]


def ends_of(reel: Reel, grain: int) -> list[int]:
    """Where groups end, by brute force. A section that is itself a place of this grain is not split further."""
    keys: list[object] = []
    for section in reel.sections:
        name, index = section.place[-1]
        own = GRAINS[name] if index >= 0 else GRAINS["phase" if len(section.place) > 1 else "act"]
        paths = [section.place if own >= grain else step.path for step in section.open()]
        keys += [key(path, len(keys) + p, grain) for p, path in enumerate(paths, 1)]
    return [p for p in range(1, len(keys) + 1) if p == len(keys) or keys[p] != keys[p - 1]]


def reels(window: int) -> dict[str, Reel]:
    case = make(HOST, 3, 2, 2, 3)
    return {
        "lesson": lesson_reel(HOST, "tanh", case, window)[1],
        "update": update_reel(HOST, "tanh", "adam", case, window),
    }


@pytest.mark.parametrize("window", [2, ALL])
@pytest.mark.parametrize("which", ["lesson", "update"])
@pytest.mark.parametrize("grain", sorted(set(GRAINS.values())))
def test_forward_and_back_meet_at_group_ends(which: str, grain: int, window: int) -> None:
    reel = reels(window)[which]
    ends = ends_of(reel, grain)
    p, forth = 0, []
    while p < reel.total:
        p = reel.forward(p, grain)
        forth.append(p)
    assert forth == ends
    back = []
    while p > 0:
        p = reel.back(p, grain)
        back.append(p)
    assert back == [*ends[-2::-1], 0]
    for p in range(reel.total + 1):  # from unfinished groups too
        assert reel.forward(p, grain) == min((end for end in ends if end > p), default=reel.total)
        assert reel.back(p, grain) == max((end for end in ends if end < p), default=0)


@pytest.mark.parametrize("which", ["lesson", "update"])
def test_seek(which: str) -> None:
    reel = reels(ALL)[which]
    steps = steps_of(reel)
    addresses = [(*step.path, (step.op, -1)) for step in steps]
    wanted = {step.path[: n + 1] for step in steps for n in range(len(step.path))}
    wanted |= {path[-2:] for path in wanted if path[-1][1] >= 0 and path[-2:][0][1] >= 0} | set(addresses)
    for want in wanted:
        first = next(p for p, path in enumerate(addresses) if agrees(path, want))
        last = first
        while last < len(addresses) and agrees(addresses[last], want):
            last += 1
        assert reel.seek(want) == last, want
    for nowhere in ((("t", 99),), (("forward", -1), ("t", 3)), (("nowhere", -1),), (("dW", -1), ("z", -1))):
        assert reel.seek(nowhere) is None


@pytest.mark.parametrize("which", ["lesson", "update"])
def test_get_and_writer_see_the_section_so_far(which: str) -> None:
    reel = reels(2)[which]
    p = 0
    for n, section in enumerate(reel.sections):
        held, wrote, env = {}, {}, section.env()
        names = {name for step in section.open() for name in step.values}
        for step in section.open():
            p += 1
            for name, value in step.values.items():
                held[name], wrote[name] = value, p
            assert reel.section(p) == n
            assert reel.act(p) == step.path[0]
            for name in names:
                assert reel.writer(name, p) == wrote.get(name)
                found, wanted = reel.get(name, p), held.get(name, env.get(name))
                assert (found is None) == (wanted is None), f"{name} at {p}"
                assert found is None or np.array_equal(found, wanted)
    assert p == reel.total


def test_the_ends() -> None:
    reel = reels(ALL)["lesson"]
    assert reel.step(0) is None
    assert reel.source(0) is None
    assert reel.forward(reel.total, 0) == reel.total
    assert reel.back(0, 0) == 0
    assert reel.section(0) == 0
    assert reel.section(reel.total) == len(reel.sections) - 1
    assert reel.get("U", 0) is not None
    assert reel.get("z[0]", 0) is None
    assert reel.get("nobody", 3) is None
    assert reel.get("s[9]", reel.total) is None


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_keeps_few_tapes(kept: int, device: Device) -> None:
    _, whole = lesson_reel(device, "tanh", make(device, 4, 2, 3, 4), ALL)
    reel = Reel(whole.sections, GRAINS, kept)
    tapes = []
    for n in (*range(len(reel.sections)), *range(len(reel.sections) - 1, -1, -1), 3, 0, 3, 5):
        reel.step(reel.starts[n] + 1)
        tapes.append(ref(reel.tape(n)))
        assert len({id(tape()) for tape in tapes if tape() is not None}) <= kept


def test_a_second_look_opens_no_more_of_a_section() -> None:
    seen = []

    def walk() -> Walk[None]:
        for i in range(100):
            seen.append(i)
            yield Step((("a", -1), ("t", i)), "op", {"n": i})

    reel = Reel([Section((("a", -1),), walk, lambda: Env({}), 100)], GRAINS)
    assert [reel.get("n", p) for p in (1, 2, 3, 2)] == [0, 1, 2, 1]
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("window", [1, 2, 3, ALL])
@pytest.mark.parametrize("T", [1, 2, 3, 5, 8])
def test_lengths(T: int, window: int, batch: int) -> None:
    case = make(HOST, T, batch, 4, 5)
    _, lesson = lesson_reel(HOST, "tanh", case, window)
    sections = list(lesson.sections)
    for optimiser in ("sgd", "momentum", "adagrad", "adam"):
        sections += update_reel(HOST, "tanh", optimiser, case, window).sections
    for section in sections:
        steps = list(section.open())
        assert section.length == len(steps), section.place
        assert all(step.path[: len(section.place)] == section.place for step in steps)
        assert all(len(step.values) == 1 for step in steps)


def test_the_last_tape_is_kept_however_long() -> None:
    """A section longer than all that may be kept is not opened again at each step."""
    opened = []

    def walk() -> Walk[None]:
        opened.append(0)
        for n in range(5):
            yield Step((), "a", {"a": np.array(n)})

    reel = Reel([Section((), walk, lambda: Env({}), 5), Section((), walk, lambda: Env({}), 5)], {"op": 1}, kept=2)
    for p in range(1, 6):
        reel.step(p)
    assert len(opened) == 1
    assert reel.tape(0) is reel.tape(0)
    first = reel.tape(0)
    reel.tape(1)
    assert reel.tape(0) is not first


def test_a_section_of_another_phase_is_not_run_to_look_for_one() -> None:
    begun: list[str] = []

    def walk(phase: str) -> Walk[None]:
        begun.append(phase)
        for t in range(3):
            yield Step(((phase, -1), ("t", t)), "z", {"z": np.array(float(t))})

    sections = [Section(((each, -1),), partial(walk, each), lambda: Env({}), 3) for each in ("up", "down")]
    reel = Reel(sections, GRAINS)
    assert reel.holding((("down", -1), ("t", 1))) == [1]
    assert reel.holding((("t", 1),)) == [0, 1]
    assert reel.seek((("down", -1), ("t", 1))) == 5
    assert begun == ["down"]


def test_a_step_that_is_far_is_gone_on_to() -> None:
    """Out of patience, each attempt makes a step at least, and what was made stays."""
    case = make(HOST, 3, 2, 2, 3)
    reel = lesson_reel(HOST, "tanh", case, ALL)[1]
    wanted = steps_of(reel)
    end = reel.starts[1]
    assert end > 3
    reel.patience, made = -1.0, []
    while True:
        try:
            reel.run(end, reel.patience)
            break
        except Far as far:
            made.append((far.done, far.whole))
    assert made == [(done, end) for done in range(1, end)]
    step = reel.step(end)
    assert step is not None
    assert (step.path, step.op) == (wanted[end - 1].path, wanted[end - 1].op)
    other = lesson_reel(HOST, "tanh", case, ALL)[1]
    other.patience = -1.0
    assert other.step(end) is not None, "what is shown is computed, however long that takes"


def test_a_family_has_no_member_of_another_number_of_indices_and_hides_no_error() -> None:
    def broken(i: int) -> int:
        return i + "1"  # type: ignore[operator]

    env = Env({}, {"x": lambda i, j: 10 * i + j, "y": broken})
    assert (env.get("x[2,3]"), env.get("x[2]"), env.get("x[2,3,4]"), env.get("x")) == (23, None, None, None)
    with pytest.raises(TypeError):
        env.get("y[1]")


def test_a_chained_section_runs_those_that_it_goes_on_from_and_no_others() -> None:
    """Two chains, 0–2 and 3–5: the later one first, then the earlier one."""
    ran: list[int] = []

    def walk(n: int) -> Walk[None]:
        for i in range(2):
            ran.append(n)
            yield Step((("act", -1), ("n", n), ("i", i)), "x", {f"x[{n},{i}]": np.zeros((1, 1))})

    places: list[Path] = [(("act", -1), ("n", n)) for n in range(6)]
    sections = [
        Section(place, partial(walk, n), lambda: Env({}), 2, chained=n not in (0, 3)) for n, place in enumerate(places)
    ]
    reel = Reel(sections, {"act": 0, "phase": 1, "n": 1, "i": 2, "op": 3})
    reel.run(9)  # into section 4
    assert ran == [3, 3, 4]
    reel.run(5)  # into section 2
    assert ran == [3, 3, 4, 0, 0, 1, 1, 2]
    reel.run(12)
    assert ran == [3, 3, 4, 0, 0, 1, 1, 2, 4, 5, 5]
    reel.patience = -1.0
    other = Reel(sections, reel.grains)
    made = []
    while True:
        try:
            other.run(6, -1.0)
            break
        except Far as far:
            made.append((far.done, far.whole))
    assert made == [(done, 6) for done in range(1, 6)], "sections end within a slice, and share its time"


def test_what_is_gone_to_in_slices_is_kept_while_something_else_is_looked_at() -> None:
    """Both sections have more steps than are kept: else each look would begin the other one anew."""

    def walk(n: int) -> Walk[None]:
        for i in range(30):
            yield Step((("act", -1), ("n", n), ("i", i)), "x", {f"x[{n},{i}]": np.zeros((1, 1))})

    sections = [Section((("act", -1), ("n", n)), partial(walk, n), lambda: Env({}), 30) for n in range(3)]
    reel, made = Reel(sections, {"act": 0, "phase": 1, "n": 1, "i": 2, "op": 3}, kept=10), []
    reel.run(5)
    while True:
        try:
            reel.run(60, -1.0)
            break
        except Far as far:
            made.append(far.done)
            assert reel.step(5) is not None
            assert len(made) < 30
    assert made == [*range(1, 30)]
    reel.run(90)
    assert len(reel._tapes) == 1, "once it is there it is kept no longer than others"


def test_what_is_sought_is_found_in_slices_as_at_once(device: Device) -> None:
    """For each address that there is, and for one that there is not; something else is looked at between slices."""
    case = make(device, 4, 2, 2, 3)
    reel = lesson_reel(device, "tanh", case, ALL)[1]
    paths = {step.path[n:] for step in steps_of(reel) for n in (0, 1)} | {(("t", 99),), (("k", 2),)}
    for wanted in sorted(paths):
        once, sliced, slices = (lesson_reel(device, "tanh", case, ALL)[1] for _ in range(2)), None, 0
        whole, other = once
        other._kept = 5
        while True:
            slices += 1
            assert slices <= reel.total + 1
            try:
                sliced = other.seek(wanted, -1.0)
                break
            except Far:
                assert other.step(1) is not None
        assert sliced == whole.seek(wanted)
        assert other.seek(wanted) == sliced
