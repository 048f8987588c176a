"""States of training as plain data and arrays, for a checkpoint, and back: no pickle, nothing that is not declared.

A state's data is made of named tuples of declared kinds, mappings, sequences, arrays, numbers and text. Numbers keep
their bits; arrays keep their type, and whether they are on the device or on the host.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any, Literal, NamedTuple

from engine.device import HOST, Device, HostArray
from engine.walks.archive import ArchiveError, read_archive, write_archive

FORMAT, APART = "unroll states 2", "unroll states 1"
"""How arrays lie in a file: those of one type in one piece; each by itself, as they were written before."""
Kinds = Sequence[type]
"""The named tuples that packed data may be made of."""


class Packed(NamedTuple):
    """`tree` is what JSON can hold (NaN and infinity among its numbers); arrays stand in it by their number."""

    tree: Any
    arrays: list[HostArray]


class PackingError(ValueError):
    """Data that is not made of what was declared, or packed data that is not what was packed."""


def pack(device: Device, value: Any, kinds: Kinds, arrays: list[HostArray] | None = None) -> Packed:
    """A value as plain data and arrays; arrays are added to `arrays` where a list is given. Raises PackingError."""
    packer = _Packer(device, kinds, [] if arrays is None else arrays)
    return Packed(packer.pack(value), packer.arrays)


def unpack(device: Device, packed: Packed, kinds: Kinds) -> Any:
    """The value again. Raises PackingError."""
    by_name = {kind.__name__: kind for kind in kinds}
    try:
        return _unpacked(device, packed.tree, packed.arrays, by_name)
    except PackingError:
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise PackingError(f"what was packed is damaged: {error}") from error


class _Packer:
    def __init__(self, device: Device, kinds: Kinds, arrays: list[HostArray]) -> None:
        self.device, self.kinds, self.arrays = device, tuple(kinds), arrays

    def pack(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float | str):
            return float(value) if isinstance(value, float) else value
        if isinstance(value, Mapping):
            return {"map": [[str(key), self.pack(each)] for key, each in value.items()]}
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            if type(value) not in self.kinds:
                raise PackingError(f"{type(value).__name__} is not declared")
            return {"kind": type(value).__name__, "of": [self.pack(each) for each in value]}
        if isinstance(value, tuple | list):
            return {"list" if isinstance(value, list) else "tuple": [self.pack(each) for each in value]}
        if isinstance(value, HOST.xp.generic):
            return self.pack(value.item())
        if hasattr(value, "shape") and hasattr(value, "dtype"):
            on_host = isinstance(value, HOST.xp.ndarray) and self.device is not HOST
            self.arrays.append(value if on_host else self.device.get(value))
            return {"host" if on_host else "array": len(self.arrays) - 1}
        raise PackingError(f"{type(value).__name__} cannot be packed")


def _unpacked(device: Device, tree: Any, arrays: Sequence[HostArray], kinds: Mapping[str, type]) -> Any:
    if not isinstance(tree, dict):
        if tree is not None and not isinstance(tree, bool | int | float | str):
            raise PackingError(f"{type(tree).__name__} was never packed")
        return tree
    if "map" in tree:
        return {str(key): _unpacked(device, each, arrays, kinds) for key, each in tree["map"]}
    if "host" in tree:
        return arrays[int(tree["host"])]
    if "array" in tree:
        send = getattr(device, "send", device.put)
        return send(arrays[int(tree["array"])])
    of = next(tree[key] for key in ("of", "tuple", "list") if key in tree)
    parts = [_unpacked(device, each, arrays, kinds) for each in of]
    if "kind" in tree:
        return kinds[tree["kind"]](*parts)
    return parts if "list" in tree else tuple(parts)


def write(path: Path, packed: Packed) -> None:
    """Write packed data to an archive: thousands of small arrays take a second where each is written by itself.

    Raises OSError.
    """
    pieces, sizes, places = dict[str, list[HostArray]](), dict[str, int](), []
    for array in packed.arrays:
        order: Literal["C", "F"] = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        places.append([kind := array.dtype.str, sizes.get(kind, 0), list(array.shape), order])
        pieces.setdefault(kind, []).append(array.ravel(order))
        sizes[kind] = sizes.get(kind, 0) + array.size
    joined = {f"a{n}": HOST.xp.concatenate(parts) for n, parts in enumerate(pieces.values())}
    write_archive(path, {"format": FORMAT, "kinds": list(pieces), "places": places, "tree": packed.tree}, joined)


def read(path: Path) -> Packed:
    """Read packed data from an archive.

    Raises PackingError where it is torn, of another format or none of ours, and OSError where it cannot be opened.
    """
    try:
        about, arrays = read_archive(path)
        if about["format"] == APART:
            return Packed(about["tree"], [arrays[f"a{n}"] for n in range(int(about["count"]))])
        if about["format"] != FORMAT:
            raise PackingError(f"its format is {about['format']}, not {FORMAT}")
        joined = {str(kind): arrays[f"a{n}"] for n, kind in enumerate(about["kinds"])}
        return Packed(about["tree"], [_piece(joined[kind], *place) for kind, *place in about["places"]])
    except PackingError:
        raise
    except (ArchiveError, KeyError, TypeError, ValueError) as error:
        raise PackingError(f"it is damaged: {error}") from error


def _piece(joined: HostArray, first: int, shape: Sequence[int], order: Any) -> HostArray:
    """One of the arrays that were joined: of its own, so that the others can go without it. Raises ValueError."""
    if first < 0 or min(shape, default=1) < 0 or order not in ("C", "F"):
        raise ValueError("an array has no place")
    return joined[first : first + prod(shape)].reshape(shape, order=order).copy(order="K")
