"""Archives of arrays: plain `.npz` files with a header, written atomically and read without pickle."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

from engine.device import HOST, HostArray
from engine.files import write

xp = HOST.xp
form = xp.lib.format
MOST_UNPACKED, TIMES = 64 << 20, 8
"""Bytes that an archive may have unpacked, and how many more for each of its own."""
HEADER = "about"
"""The array that holds the header, as the bytes of its JSON."""


class ArchiveError(ValueError):
    """A file that is no such archive, or is broken."""


def write_archive(path: Path, about: Any, arrays: Mapping[str, HostArray]) -> None:
    """Write arrays by name, and a header that JSON can hold. Raises OSError, and then the old file stays."""
    header = xp.frombuffer(json.dumps(about).encode(), dtype=xp.uint8)
    write(path, lambda file: xp.savez(file, **{HEADER: header}, **arrays))


def is_of(path: Path, format: str) -> bool:
    """Whether a file is an archive whose header names this format, sound or not. Raises OSError."""
    with path.open("rb") as file:
        begins = file.read(4096)
    return begins.startswith(b"PK") and format.encode() in begins


def bounded(file: IO[bytes]) -> None:
    """Raises ArchiveError where unpacking would take far more memory than the file has, or an array is not there."""
    with ZipFile(file) as packed:
        size, unpacked = sum(each.compress_size for each in packed.filelist), 0
        for each in packed.filelist:
            unpacked += each.file_size
            with packed.open(each) as member:
                version = form.read_magic(member)
                header = form.read_array_header_1_0 if version == (1, 0) else form.read_array_header_2_0
                shape, _, kind = header(member)
            if prod(shape) * kind.itemsize > each.file_size:
                raise ArchiveError(f"{each.filename} says that it has {shape} numbers, and is too short for them")
    if unpacked > MOST_UNPACKED + TIMES * size:
        raise ArchiveError(f"it would be {unpacked >> 20} MB when unpacked")
    file.seek(0)


def read_archive(path: Path) -> tuple[Any, dict[str, HostArray]]:
    """(Header, arrays by name) of an archive, each array checked against its checksum.

    Raises ArchiveError, and OSError where the file cannot be opened.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise ArchiveError("it is no file, but a pipe, a device or a folder")
    with path.open("rb") as file:  # that a file cannot be read is another thing than that it is none of ours
        try:
            bounded(file)
            with xp.load(file, allow_pickle=False) as held:
                arrays = {name: held[name] for name in held.files}
            return json.loads(arrays.pop(HEADER).tobytes()), arrays
        except Exception as error:  # a broken archive raises what it likes
            raise ArchiveError(str(error).splitlines()[0] if str(error) else repr(error)) from error
