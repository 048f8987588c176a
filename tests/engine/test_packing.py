"""Packed data comes back to the bit, on every device, from a file too; what was not declared does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from engine.device import HOST, Device
from engine.walks.far import Far
from engine.walks.history import History
from engine.walks.packing import Packed, PackingError, pack, read, unpack, write
from tests.engine.test_history import toy


class Inner(NamedTuple):
    text: str
    value: float


class Outer(NamedTuple):
    parts: tuple[Inner, ...]
    held: dict[str, Any]
    more: list[Any]
    none: None
    flag: bool


KINDS = (Outer, Inner)


def made(device: Device) -> Outer:
    draw = np.random.default_rng(4)
    held = {"W": device.put(draw.normal(size=(3, 2))), "b": device.put(draw.normal(size=(3, 1)))}
    return Outer((Inner("é␛\n", 0.1 + 0.2), Inner("", float("nan"))), held, [1, -(2**60), float("-inf")], None, True)


def bits(device: Device, value: Outer) -> str:
    arrays = {name: device.get(array).tobytes().hex() for name, array in value.held.items()}
    return repr((value._replace(held={}), arrays))


def test_it_comes_back_to_the_bit(device: Device, tmp_path: Path) -> None:
    value = made(device)
    packed = pack(device, value, KINDS)
    assert bits(device, unpack(device, packed, KINDS)) == bits(device, value)
    write(tmp_path / "it.npz", packed)
    back = unpack(device, read(tmp_path / "it.npz"), KINDS)
    assert bits(device, back) == bits(device, value)
    assert type(back.held["W"]) is type(value.held["W"])


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64, np.bool_])
def test_arrays_keep_their_type(kind: Any) -> None:
    array = np.array([[1, 0], [3, 1]], dtype=kind)
    back = unpack(HOST, pack(HOST, {"a": array}, ()), ())["a"]
    assert back.dtype == array.dtype
    assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "tree", [{"kind": "Foreign", "of": []}, {"array": 3}, {"map": 1}, {"kind": "Inner", "of": [1]}, {}, {"tuple": None}]
)
def test_what_was_never_packed_is_refused(tree: Any) -> None:
    with pytest.raises(PackingError):
        unpack(HOST, Packed(tree, []), KINDS)


def test_a_file_with_objects_is_not_run(tmp_path: Path) -> None:
    about = np.frombuffer(
        json.dumps({"format": "unroll states 1", "count": 1, "tree": {"array": 0}}).encode(), np.uint8
    )
    np.savez(tmp_path / "it.npz", about=about, a0=np.array([print], dtype=object))
    with pytest.raises(PackingError):
        read(tmp_path / "it.npz")


def test_a_state_that_is_far_is_gone_on_with() -> None:
    history = History(toy(), bound=4)
    history.grow(700)
    wanted, reached = history.state(333), [0]
    history.state(0)
    history._replayed = []
    found = None
    while found is None:
        try:
            found = history.state(333, patience=-1.0)
        except Far as far:
            reached.append(far.done)
    assert found == wanted
    assert len(reached) > 5
    assert reached == sorted(set(reached))
