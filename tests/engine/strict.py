"""A stand-in for a GPU: strict array-API functions, arrays on a device of their own, no way out but `get`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import array_api_strict
import numpy as np
import pytest
from array_api_strict._array_object import Array as StrictArray

from engine.device import Array, HostArray

LEAKS = ("__float__", "__bool__", "__int__", "__index__", "__complex__", "__array__", "__buffer__", "__iter__")
"""What would move numbers to the host unseen. NumPy reads `__array_interface__` from none of these arrays."""


class TransferError(RuntimeError):
    """Numbers left the device, or came to it, without `get` or `put`."""


class Strict:
    """A device whose arrays cannot be mixed with host arrays, and which has no function beyond the standard."""

    name = "strict"
    xp: Any = array_api_strict

    def __init__(self) -> None:
        self.reading = False
        self._there = array_api_strict.Device("device1")
        self._here = array_api_strict.Device("CPU_DEVICE")

    def put(self, host: Any) -> Array:
        if isinstance(host, StrictArray):
            raise TransferError("put takes what is on the host")
        return array_api_strict.asarray(np.array(host, dtype=np.float64), device=self._there)

    def get(self, array: Array) -> HostArray:
        if not isinstance(array, StrictArray):
            raise TransferError(f"get takes what is on the device, not {type(array).__name__}")
        self.reading = True
        try:
            return np.array(array.to_device(self._here))
        finally:
            self.reading = False

    def scatter_add(self, target: Array, rows: Any, values: Array) -> Array:
        result = self.get(target)
        np.add.at(result, np.asarray(rows), self.get(values))
        return self.put(result)


def guard(patch: pytest.MonkeyPatch, device: Strict) -> None:
    """Make every implicit way to the host raise, except inside `device.get`."""
    for name in LEAKS:
        if name in vars(StrictArray):
            patch.setattr(StrictArray, name, _refuse(name, getattr(StrictArray, name), device))


def _refuse(name: str, real: Callable[..., Any], device: Strict) -> Callable[..., Any]:
    def leak(*args: Any, **options: Any) -> Any:
        if device.reading:
            return real(*args, **options)
        raise TransferError(f"{name} moves an array to the host; use get")

    return leak
