"""The one boundary to hardware: where arrays live, and what the array-API standard leaves out.

Nothing else in the engine imports an array library. Functions take the namespace `xp` (or a `Device`) first, so the
same code runs on NumPy, on CuPy, and on the strict stand-in for a GPU that the tests use.
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
    """The device is not available; the message says what is missing and how to get it, `key` which of these it is."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


class Device(Protocol):
    """Where arrays live. `xp` is an array namespace; the methods are what it does not standardise."""

    name: str
    xp: Any

    def put(self, host: Any) -> Array:
        """A float64 array on this device from anything NumPy can read."""

    def get(self, array: Array) -> HostArray:
        """The same numbers on the host. This is the only place where data leaves the device."""

    def scatter_add(self, target: Array, rows: Any, values: Array) -> Array:
        """A copy of `target` (N, D) with `values` (M, D) added at `rows` (M); a row named twice gets both."""


class Tables(Device, Protocol):
    """A device with the in-place operations on tables of vectors that `engine.words` needs."""

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
    """An NVIDIA GPU, through CuPy, which is imported only here.

    Raises DeviceError where CuPy is not installed or finds no GPU.
    """

    name = "gpu"

    def __init__(self) -> None:
        try:
            self.xp: Any = importlib.import_module("cupy")
            self._scatter = importlib.import_module("cupyx").scatter_add
        except ImportError as error:
            raise DeviceError("cupy", "no CuPy here: pip install 'unroll-nn[gpu]', or use --device cpu") from error
        try:
            count = self.xp.cuda.runtime.getDeviceCount()
        except Exception as error:  # CuPy raises its own type, which cannot be named without importing it
            raise DeviceError("driver", "CuPy is installed but finds no GPU or no driver; use --device cpu") from error
        if not count:
            raise DeviceError("gpu", "CuPy is installed but finds no GPU; use --device cpu")

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
    """The device called `name`, "cpu" or "gpu". Raises DeviceError where it is not available."""
    if name == "cpu":
        return HOST
    if name == "gpu":
        return Cupy()
    raise DeviceError("unknown", f"device {name!r} is not known; use cpu or gpu")


def rng(seed: int, section: int = 0) -> Rng:
    """The generator of random numbers for (seed, section), on the host: the same numbers whatever the device."""
    return np.random.default_rng((seed, section))


@cache
def wide() -> bool:
    """Whether NumPy uses 64-byte vector instructions (AVX-512) here: only with them OpenBLAS has products that copy
    neither factor.
    """
    known = np.lib.introspect.opt_func_info(func_name="^exp$", signature="float32")
    return any("V4" in way["current"] or "AVX512" in way["current"] for way in known.get("exp", {}).values())


def quiet() -> contextlib.AbstractContextManager[Any]:
    """A context in which overflow and NaN raise no warning; callers check their results with `finite`."""
    return np.errstate(all="ignore")


def finite(host: Any) -> bool:
    """Whether every number of a host array is finite."""
    return bool(np.isfinite(host).all())
