"""A history gives back any state bit for bit, within its bound, and a fork leaves the trunk as it was."""

from __future__ import annotations

import threading
from random import Random
from threading import Thread

import pytest

from engine.device import HOST, Device
from engine.maths.optimisers import OPTIMISERS
from engine.walks.history import History, State, Track
from engine.walks.reel import Reel
from tests.engine.cases import GRAINS, bytes_of, host, make, srn_run


def toy(begin: State | None = None, size: int = 1, by: int = 3) -> Track:
    """A track whose states are numbers, each hard to guess from the one before."""

    def onward(state: State) -> State:
        return State(state.n + 1, (by * state.data + state.n) % 1_000_003)

    return Track("toy", begin or State(0, 1), onward, lambda state: Reel([], GRAINS), lambda state: state.data, size)


def straight(way: Track, upto: int) -> list[State]:
    """Every state, recorded one after the other."""
    states = [way.begin]
    while states[-1].n < upto:
        states.append(way.advance(states[-1]))
    return states


def training(device: Device, T: int, H: int, K: int, optimiser: str) -> Track:
    theta, inputs = make(device, T, 1, H, K)
    run = srn_run(device, "tanh", optimiser, inputs, 0.05)
    return run.track(run.start(theta._asdict()), GRAINS)


@pytest.mark.exhaustive
def test_ten_thousand_updates_revisited() -> None:
    way = training(HOST, 1, 1, 2, "adagrad")
    history, states = History(way, bound=300 * way.size), straight(way, 10_000)
    assert history.grow(10_000).n == len(history) == 10_000
    assert history.kept() <= 300 + 75 + 1
    assert history.spacing > 1
    draw, here = Random(1), 5000
    for _ in range(200):  # near and far, back and forth
        here = draw.choice([draw.randrange(10_001), max(0, here - 1), min(10_000, here + 1)])
        found, wanted = history.state(here), states[here]
        assert found.n == here
        assert bytes_of(found.data.theta) == bytes_of(wanted.data.theta)
        assert bytes_of(found.data.memory) == bytes_of(wanted.data.memory)
        assert here == 0 or found.data.loss == wanted.data.loss
        assert history.kept() <= 300 + 75 + 1
    assert list(history.curve()) == [float(state.data.loss) for state in states[1:]]
    assert [history.value(n) for n in (0, 9_999, 10_000, -1)] == [*(history.curve()[n] for n in (0, 9_999)), None, None]


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_states_come_back_on_each_device(optimiser: str, device: Device) -> None:
    way = training(device, 3, 3, 4, optimiser)
    history, states = History(way, bound=4 * way.size), straight(way, 40)
    history.grow(40)
    for n in (40, 0, 13, 12, 14, 39, 1):
        wanted = host(device, states[n].data.theta)
        assert bytes_of(host(device, history.state(n).data.theta)) == bytes_of(wanted)


@pytest.mark.parametrize("most", [1, 2, 3, 8, 100])
def test_walks_back_through_every_state(most: int) -> None:
    history, states = History(toy(), bound=most), straight(toy(), 700)
    history.grow(700)
    for n in [*range(700, -1, -1), *range(701)]:
        assert history.state(n) == states[n]
        assert history.kept() <= max(2, most) * 5 // 4 + 3


def test_the_default_bound_is_kept_to() -> None:
    """H = 64, K = 30, and the optimiser that remembers most: under 64 MB, however long the run."""
    size = training(HOST, 2, 64, 30, "adam").size
    history, most = History(toy(size=size)), 0
    for n in range(1000, 20_000, 1000):
        history.grow(n)
        for back in (n, n // 2, n // 3 + 1):
            history.state(back)
        most = max(most, history.kept())
    assert most * size <= 64e6
    assert most > 100  # and the bound is made use of


def test_replaying_is_within_the_bound_too() -> None:
    class Counted:
        alive = most = 0

        def __init__(self) -> None:
            Counted.alive += 1
            Counted.most = max(Counted.most, Counted.alive)

        def __del__(self) -> None:
            Counted.alive -= 1

    way = Track("heavy", State(0, Counted()), lambda s: State(s.n + 1, Counted()), toy().inside, lambda s: 0.0, 1)
    history = History(way, bound=8)
    history.grow(1023)
    history.state(1022)
    assert Counted.most <= 8 + 8 + 4


def test_beyond_the_ends() -> None:
    history = History(toy())
    history.grow(3)
    for n in (4, -1):
        with pytest.raises(IndexError):
            history.state(n)


@pytest.mark.parametrize("most", [2, 1000])
def test_forks(most: int) -> None:
    trunk = History(toy(), bound=most)
    trunk.grow(50)
    before, curve = [trunk.state(n) for n in range(51)], list(trunk.curve())
    fork = History(toy(State(20, 777), by=5), trunk, bound=most)
    assert len(fork) == 20
    fork.grow(60)
    twig = History(toy(State(40, 1), by=7), fork, bound=most)
    twig.grow(45)
    assert [fork.state(n) for n in range(20)] == before[:20]
    assert fork.state(20) == State(20, 777)
    assert fork.state(60) == straight(toy(State(20, 777), by=5), 60)[-1]
    assert all(fork.state(n) != before[n] for n in range(20, 51))
    assert [twig.state(n) for n in range(20)] == before[:20]
    assert [twig.state(n) for n in range(20, 40)] == [fork.state(n) for n in range(20, 40)]
    assert twig.state(40).data == 1
    assert list(fork.curve())[:20] == curve[:20]
    assert list(fork.curve())[20] == fork.state(21).data
    assert len(fork.curve()) == 60
    assert list(twig.curve())[:40] == list(fork.curve())[:40]
    assert [twig.value(n) for n in range(45)] == list(twig.curve())
    trunk.grow(55)
    assert [trunk.state(n) for n in range(51)] == before
    assert list(trunk.curve())[:50] == curve


def test_a_fork_of_training() -> None:
    """A changed weight changes what comes after, and nothing before."""
    way = training(HOST, 3, 3, 4, "momentum")
    trunk = History(way)
    trunk.grow(10)
    theta = trunk.state(6).data.theta
    run = srn_run(HOST, "tanh", "momentum", make(HOST, 3, 1, 3, 4).inputs, 0.05)
    changed = run.fork(trunk.state(6), {**theta, "W": theta["W"] + 0.5})
    fork = History(way._replace(begin=changed), trunk)
    fork.grow(10)
    wanted = run.advance(changed)
    assert bytes_of(fork.state(7).data.theta) == bytes_of(wanted.data.theta)
    assert fork.state(5) is trunk.state(5)
    assert fork.curve()[6] != trunk.curve()[6]
    assert fork.curve()[5] == trunk.curve()[5]


def test_reading_while_it_grows() -> None:
    history, states, draw = History(toy(), bound=40), straight(toy(), 20_000), Random(2)
    thread = Thread(target=history.grow, args=(20_000,))
    thread.start()
    while thread.is_alive():
        n = draw.randint(0, len(history))
        assert history.state(n) == states[n]
        assert len(history.curve()) <= 20_000
    thread.join()
    assert history.state(20_000) == states[20_000]


def test_two_threads_may_grow_it_at_once() -> None:
    """The screen brings a run along while training does: no update is made twice, none is lost."""
    history = History(training(HOST, 3, 1, 4, "adam"))
    stop = threading.Event()

    def train() -> None:
        while not stop.is_set():
            history.advance()

    thread = threading.Thread(target=train)
    thread.start()
    try:
        for _ in range(200):
            history.grow(len(history) + 1)
    finally:
        stop.set()
        thread.join()
    n = len(history)
    assert len(history.curve()) == n == history.latest.n
    alone = History(training(HOST, 3, 1, 4, "adam"))
    alone.grow(n)
    assert list(alone.curve()) == list(history.curve())


def test_where_replaying_is_bounded_the_newest_marks_are_kept() -> None:
    crossed: list[int] = []

    def advance(state: State) -> State:
        crossed.append(state.n)
        return State(state.n + 1, state.data * 3 + state.n)

    track = Track("t", State(0, 1), advance, lambda s: None, lambda s: 0.0, 10, replays=20)  # type: ignore[arg-type, return-value]
    history = History(track, bound=40)
    held = [history.grow(n).data for n in range(207)]
    first = history.earliest
    assert 100 < first < 190
    assert [history.nearest(n) for n in (0, 19, 20, first - 1, first, 206)] == [0, 19, first, first, first, 206]
    with pytest.raises(IndexError, match=f"out of reach: {first} is"):
        history.state(first - 1)
    for n in (0, first, first + 7, 205, 206):
        crossed.clear()
        assert history.state(n).data == held[n]
        assert len(crossed) < 20
    fork = History(track._replace(begin=State(150, 0)), history)
    assert (fork.nearest(3), fork.nearest(100)) == (3, min(first, 150))


def test_the_state_on_the_screen_is_not_replayed() -> None:
    crossed: list[int] = []

    def advance(state: State) -> State:
        crossed.append(state.n)
        return State(state.n + 1, state.data + 1)

    history = History(Track("t", State(0, 0), advance, lambda s: None, lambda s: 0.0, 10), bound=20)  # type: ignore[arg-type, return-value]
    history.grow(101)
    for _ in range(39):
        history.advance()
    crossed.clear()
    assert history.state(101).data == 101
    assert not crossed
    assert history.state(99).data == 99
    assert crossed
