"""Packed data comes back to the bit, on every device, from a file too; what was not declared does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from engine.device import HOST, Device
from engine.walks.archive import write_archive
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


def several() -> list[Any]:
    """Arrays of several types, shapes and orders, none or one number among them."""
    draw = np.random.default_rng(5)
    square = draw.normal(size=(3, 2, 4))
    counts = [np.arange(5), np.array(7), np.zeros((0, 3), dtype=np.int64), draw.random((2, 2)).astype(np.float32)]
    return [square, square.T, np.asfortranarray(square[0]), square[:, :1, ::2], *counts, square[0] > 0]


def alike(one: Any, other: Any) -> bool:
    """Equal to the bit, of one type, and in memory in the order of a file of its own: products may round by it."""
    by_columns = one.flags.f_contiguous and not one.flags.c_contiguous
    same = one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    return bool(
        same and other.flags.writeable and (other.flags.f_contiguous if by_columns else other.flags.c_contiguous)
    )


def test_arrays_of_all_kinds_come_back_from_one_file(tmp_path: Path) -> None:
    write(tmp_path / "it.npz", Packed({"any": 1}, several()))
    tree, arrays = read(tmp_path / "it.npz")
    assert tree == {"any": 1}
    assert all(alike(a, b) for a, b in zip(several(), arrays, strict=True))
    arrays[0][:] = 0  # each is of its own
    assert all(alike(a, b) for a, b in zip(several()[1:], arrays[1:], strict=True))


def test_files_of_before_are_read(tmp_path: Path) -> None:
    arrays = {f"a{n}": array for n, array in enumerate(several())}
    write_archive(tmp_path / "it.npz", {"format": "unroll states 1", "count": len(arrays), "tree": [3]}, arrays)
    tree, found = read(tmp_path / "it.npz")
    assert tree == [3]
    assert all(alike(a, b) for a, b in zip(several(), found, strict=True))


@pytest.mark.parametrize(
    "place",
    [["<f8", -1, [2], "C"], ["<f8", 3, [2], "C"], ["<f8", 0, [-1], "C"], ["<f8", 0, [2], "K"], ["<i8", 0, [1], "C"]],
)
def test_a_place_outside_of_what_is_there_is_refused(place: list[Any], tmp_path: Path) -> None:
    about = {"format": "unroll states 2", "kinds": ["<f8"], "places": [place], "tree": None}
    write_archive(tmp_path / "it.npz", about, {"a0": np.zeros(4)})
    with pytest.raises(PackingError, match="damaged"):
        read(tmp_path / "it.npz")
