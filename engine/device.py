"""The one boundary to hardware: where arrays live, and what the array-API standard leaves out.

Nothing else in the engine imports an array library. Functions take the namespace `xp` (or a `Device`) first, so the
same code runs on NumPy, on CuPy, and on the strict double that the tests use in place of a GPU.
"""

from __future__ import annotations

import contextlib
import importlib
from functools import cache
from typing import Any, Protocol

import numpy as np

Array = Any
"""An array of the device in use: shapes are given where one is passed or returned."""
HostArray = np.ndarray[Any, np.dtype[Any]]
Rng = np.random.Generator


class DeviceError(RuntimeError):
    """The device cannot be had; the message says what is missing and what would help."""


class Device(Protocol):
    """Where arrays live. `xp` is an array namespace; the methods are what it does not standardise."""

    name: str
    xp: Any

    def put(self, host: Any) -> Array:
        """A float64 array on this device from anything NumPy can read."""

    def get(self, array: Array) -> HostArray:
        """The same numbers on the host. This is the only place where data leaves the device."""

    def scatter_add(self, target: Array, rows: Any, values: Array) -> Array:
        """`target` (N, D) with `values` (M, D) added at `rows` (M): repeated rows add up. `target` is not changed."""


class Tables(Device, Protocol):
    """A device on which tables of rows are trained in place: what `engine.words` needs beyond mathematics."""

    def send(self, host: HostArray) -> Array:
        """The same numbers on this device, of the same type."""

    def take(self, table: Array, rows: Array, out: Array) -> None:
        """Rows `rows` (M) of `table` (N, D), into `out` (M, D)."""

    def windows(self, rows: Array, size: int, step: int, count: int) -> Array:
        """Views (count, size, D) of `rows` (N, D), each `step` further on: they may overlap, and nothing is copied."""


class Numpy:
    """The CPU."""

    name = "cpu"
    xp: Any = np

    def put(self, host: Any) -> Array:
        return np.array(host, dtype=np.float64)

    def get(self, array: Array) -> HostArray:
        return np.asarray(array)

    def scatter_add(self, target: Array, rows: Any, values: Array) -> Array:
        result = target.copy()
        np.add.at(result, np.asarray(rows), values)
        return result

    def send(self, host: HostArray) -> Array:
        return host

    def take(self, table: Array, rows: Array, out: Array) -> None:
        np.take(table, rows, axis=0, out=out, mode="clip")  # "clip" is what spares a copy of `out`

    def windows(self, rows: Array, size: int, step: int, count: int) -> Array:
        down, across = rows.strides
        return np.lib.stride_tricks.as_strided(rows, (count, size, rows.shape[1]), (step * down, down, across))


class Cupy:
    """An NVIDIA GPU through CuPy, imported only when asked for.

    Raises DeviceError when CuPy is not installed, or is and finds no GPU.
    """

    name = "gpu"

    def __init__(self) -> None:
        try:
            self.xp: Any = importlib.import_module("cupy")
            self._scatter = importlib.import_module("cupyx").scatter_add
        except ImportError as error:
            raise DeviceError("no CuPy here: pip install 'unroll-nn[gpu]', or use --device cpu") from error
        try:
            found = self.xp.cuda.runtime.getDeviceCount()
        except Exception as error:  # CuPy raises its own type, which cannot be named without importing it
            raise DeviceError("CuPy is installed but finds no GPU or no driver; use --device cpu") from error
        if not found:
            raise DeviceError("CuPy is installed but finds no GPU; use --device cpu")

    def put(self, host: Any) -> Array:
        return self.xp.asarray(np.array(host, dtype=np.float64))

    def get(self, array: Array) -> HostArray:
        return np.asarray(self.xp.asnumpy(array))

    def scatter_add(self, target: Array, rows: Any, values: Array) -> Array:
        result = target.copy()
        self._scatter(result, self.xp.asarray(np.asarray(rows)), values)
        return result

    def send(self, host: HostArray) -> Array:
        return self.xp.asarray(host)

    def take(self, table: Array, rows: Array, out: Array) -> None:
        self.xp.take(table, rows, axis=0, out=out)

    def windows(self, rows: Array, size: int, step: int, count: int) -> Array:
        down, across = rows.strides
        return self.xp.lib.stride_tricks.as_strided(rows, (count, size, rows.shape[1]), (step * down, down, across))


HOST = Numpy()


def open_device(name: str) -> Device:
    """The device called `name`: "cpu" or "gpu". Raises DeviceError with the reason where it cannot be had."""
    if name == "cpu":
        return HOST
    if name == "gpu":
        return Cupy()
    raise DeviceError(f"device {name!r} is not known; use cpu or gpu")


def rng(seed: int, section: int = 0) -> Rng:
    """The generator of section `section`: drawn on the host, so that a device never changes the randomness."""
    return np.random.default_rng((seed, section))


@cache
def wide() -> bool:
    """Whether NumPy works with vectors of 64 bytes here: only for those has OpenBLAS products that copy nothing."""
    known = np.lib.introspect.opt_func_info(func_name="^exp$", signature="float32")
    return any("V4" in way["current"] or "AVX512" in way["current"] for way in known.get("exp", {}).values())


def quiet() -> contextlib.AbstractContextManager[Any]:
    """A context in which overflow and NaN raise no warning: callers check with `finite` and say what diverged."""
    return np.errstate(all="ignore")


def finite(host: Any) -> bool:
    """Whether every number of a host array is finite."""
    return bool(np.isfinite(host).all())
