"""Small networks with asymmetric random numbers, and the comparisons that the engine's tests share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from engine.device import HOST, Array, Device, HostArray, rng
from engine.maths.activations import ACTIVATIONS, Activation
from engine.maths.optimisers import OPTIMISERS
from engine.recurrent import srn
from engine.recurrent.srn import Forward, Inputs, Params
from engine.recurrent.srn_training import SrnRun
from engine.recurrent.unrolled import Unrolled
from engine.walks.reel import Reel
from engine.walks.step import drain
from engine.walks.training import Recipe

GRAINS = {"act": 0, "update": 1, "phase": 2, "t": 3, "cell": 3, "k": 4, "op": 5}
"""The grains of the lesson on BPTT."""
ALL = 10**9
"""A window as long as any sequence."""


class Case(NamedTuple):
    """A net and what it reads."""

    theta: Params
    inputs: Inputs


def one_hot(device: Device, rows: Any, size: int) -> tuple[Array, ...]:
    """T arrays (K, B) from T rows of B indices."""
    return tuple(device.put(np.eye(size)[:, np.asarray(row)]) for row in rows)


def make(device: Device, T: int, B: int, H: int, K: int, seed: int = 0, start: float = 0.5) -> Case:
    """Random weights that keep the units away from saturation, random one-hot inputs, a start state of size `start`."""
    draw = rng(seed, T + 10 * B + 100 * H)
    shapes = {"U": (H, K), "W": (H, H), "V": (K, H), "b": (H, 1), "c": (K, 1)}
    scales = {"U": 0.8, "W": 0.9 / H**0.5, "V": 1.0 / H**0.5, "b": 0.3, "c": 0.3}
    theta = Params(**{p: device.put(scales[p] * draw.normal(size=shape)) for p, shape in shapes.items()})
    x, y = draw.integers(0, K, (T, B)), draw.integers(0, K, (T, B))
    s_init = device.put(start * draw.normal(size=(H, B)))
    return Case(theta, Inputs(one_hot(device, x, K), one_hot(device, y, K), s_init))


def hello(device: Device) -> Case:
    """The slides' example: "hell" to "ello", two hidden units, no biases, zero start state (MATHS.md)."""
    theta = Params(
        device.put([[0.5, -0.5, 0.25, 0], [-0.25, 0.5, 0, 0.5]]),
        device.put([[0.5, -0.25], [0.25, 0.5]]),
        device.put([[1, 0], [0, 1], [-1, 0], [0, -1]]),
        device.put([[0.0]] * 2),
        device.put([[0.0]] * 4),
    )
    x, y = one_hot(device, [[0], [1], [2], [2]], 4), one_hot(device, [[1], [2], [2], [3]], 4)
    return Case(theta, Inputs(x, y, device.put([[0.0]] * 2)))


def moved(device: Device, case: Case) -> Case:
    """A case of host arrays, on a device."""
    x, y, s_init = case.inputs
    put = device.put
    theta = Params(*(put(value) for value in case.theta))
    return Case(theta, Inputs(tuple(put(a) for a in x), tuple(put(a) for a in y), put(s_init)))


def run_of(device: Device, f: Activation, case: Case) -> Forward:
    """The forward pass, drained."""
    return drain(srn.forward(device.xp, f, case.theta, case.inputs))


def host(device: Device, arrays: Mapping[str, Array]) -> dict[str, HostArray]:
    """The same numbers on the host."""
    return {name: device.get(array) for name, array in arrays.items()}


def gap(found: HostArray, wanted: HostArray) -> float:
    """The largest difference over the largest entry wanted (over 1 where nothing but 0 is wanted)."""
    return float(np.abs(found - wanted).max() / (np.abs(wanted).max() or 1.0))


def assert_close(found: Any, wanted: Any, tolerance: float, what: str = "") -> None:
    """Same shape, and every entry near; a NaN is near nothing."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert found.shape == wanted.shape, f"{what}: shape {found.shape}, wanted {wanted.shape}"
    assert gap(found, wanted) <= tolerance, f"{what}: off by {gap(found, wanted):.3g}, allowed {tolerance:.3g}"


def assert_gradients(found: Mapping[str, Any], wanted: Mapping[str, Any], tolerance: float) -> None:
    """Every parameter's array near the one wanted, none missing, none beside."""
    assert set(found) == set(wanted)
    for name, array in wanted.items():
        assert_close(found[name], array, tolerance, name)


def double_sum(device: Device, f: Activation, case: Case, run: Forward, window: int, walks: Any = srn) -> Params:
    """The gradient as slides 34-37 have it: rows of the ledger drained, then summed over t."""
    theta, inputs, xp = case.theta, case.inputs, device.xp
    rows = []
    for t in range(len(inputs.x)):
        terms = drain(walks.row(xp, f, theta, inputs, run, t, window, "WUb"))
        _, dV, dc = drain(walks.output_error(xp, inputs, run, t))
        rows.append(Params(terms["U"], terms["W"], dV, terms["b"], dc))
    total: Params = drain(walks.sum_over_t(xp, theta, rows))
    return total


def central(f: Activation, case: Case, h: float = 1e-5) -> dict[str, HostArray]:
    """(E₊ − E₋) / 2h for every cell of every parameter, on the host."""

    def loss(theta: Params) -> float:
        return float(sum(run_of(HOST, f, Case(theta, case.inputs)).E))

    found = {}
    for name, value in case.theta._asdict().items():
        found[name] = np.zeros_like(value)
        for cell in np.ndindex(*value.shape):
            nudge = np.zeros_like(value)
            nudge[cell] = h
            sides = [loss(case.theta._replace(**{name: value + way * nudge})) for way in (1, -1)]
            found[name][cell] = (sides[0] - sides[1]) / (2 * h)
    return found


def away_from_kinks(name: str, T: int, B: int, H: int, K: int, margin: float = 1e-3) -> Case:
    """The first seeded case in which no unit stands where its activation has a corner or a jump."""
    kinks = {"ramp": (-1.0, 1.0), "step": (0.0,), "relu": (0.0,)}.get(name, ())
    for seed in range(100):
        case = make(HOST, T, B, H, K, seed)
        steps = list(srn.forward(HOST.xp, ACTIVATIONS[name], case.theta, case.inputs))
        zs = np.concatenate([s.values[f"z[{s.path[-1][1]}]"] for s in steps if s.op == "z"])
        if all(np.abs(zs - kink).min() > margin for kink in kinks):
            return case
    raise AssertionError("no seed keeps every unit off its kinks")


def srn_run(
    device: Device, name: str, optimiser: str, inputs: Inputs, rate: float = 0.1, window: int = ALL, clip: float = 1.0
) -> SrnRun:
    """A net of these units in training on one sequence."""
    return SrnRun(device, ACTIVATIONS[name], Recipe(OPTIMISERS[optimiser], rate, clip), inputs, window)


def lesson_reel(device: Device, name: str, case: Case, window: int) -> tuple[Unrolled, Reel]:
    """All sections of one net on one sequence, as the lesson on BPTT lays them end to end."""
    net = Unrolled(device, ACTIVATIONS[name], case.theta, case.inputs, window)
    sections = [
        net.section_forward((("forward", -1),)),
        net.section_output((("dV", -1),)),
        *(net.section_row((("dW", -1),), t, "W") for t in range(net.steps)),
        *(net.section_row((("dU", -1),), t, "Ub") for t in range(net.steps)),
        net.section_sum((("sum", -1), ("over_t", -1))),
        net.section_columns((("sum", -1), ("columns", -1))),
        net.section_sweep((("sum", -1), ("sweep", -1))),
        net.section_check((("check", -1),)),
    ]
    return net, Reel(sections, GRAINS)


def update_reel(
    device: Device, name: str, optimiser: str, case: Case, window: int, n: int = 0, clip: float = 1.0
) -> Reel:
    """Update n of a training run, opened."""
    run = srn_run(device, name, optimiser, case.inputs, window=window, clip=clip)
    state = run.start(case.theta._asdict())
    for _ in range(n):
        state = run.advance(state)
    return run.inside(state, GRAINS)


def bytes_of(arrays: Mapping[str, HostArray]) -> bytes:
    """What two states must share to be the same bit for bit."""
    return b"".join(np.ascontiguousarray(arrays[name]).tobytes() for name in sorted(arrays))
