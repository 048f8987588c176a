"""States of training as plain data and arrays, for a checkpoint, and back: no pickle, nothing that is not declared.

A state's data is made of named tuples of declared kinds, mappings, sequences, arrays, numbers and text. Numbers keep
their bits; arrays keep their type, and whether they are on the device or on the host.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from engine.device import HOST, Device, HostArray
from engine.walks.archive import ArchiveError, read_archive, write_archive

FORMAT = "unroll states 1"
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
    """Write packed data to an archive. Raises OSError."""
    arrays = {f"a{n}": array for n, array in enumerate(packed.arrays)}
    write_archive(path, {"format": FORMAT, "count": len(arrays), "tree": packed.tree}, arrays)


def read(path: Path) -> Packed:
    """Read packed data from an archive.

    Raises PackingError where it is torn, of another format or none of ours, and OSError where it cannot be opened.
    """
    try:
        about, arrays = read_archive(path)
        if about["format"] != FORMAT:
            raise PackingError(f"its format is {about['format']}, not {FORMAT}")
        return Packed(about["tree"], [arrays[f"a{n}"] for n in range(int(about["count"]))])
    except PackingError:
        raise
    except (ArchiveError, KeyError, TypeError, ValueError) as error:
        raise PackingError(f"it is damaged: {error}") from error
