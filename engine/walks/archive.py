"""Archives of arrays: plain `.npz` files with a header, written atomically and read without pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.device import HOST, HostArray
from engine.files import write

xp = HOST.xp
HEADER = "about"
"""The array that holds the header, as the bytes of its JSON."""


class ArchiveError(ValueError):
    """A file that is no such archive, or is broken."""


def write_archive(path: Path, about: Any, arrays: Mapping[str, HostArray]) -> None:
    """Write arrays by name, and a header that JSON can hold. Raises OSError, and then the old file stays."""
    header = xp.frombuffer(json.dumps(about).encode(), dtype=xp.uint8)
    write(path, lambda file: xp.savez(file, **{HEADER: header}, **arrays))


def read_archive(path: Path) -> tuple[Any, dict[str, HostArray]]:
    """(Header, arrays by name) of an archive, each array checked against its checksum.

    Raises ArchiveError, and OSError where the file cannot be opened.
    """
    with path.open("rb") as file:  # that a file cannot be read is another thing than that it is none of ours
        try:
            with xp.load(file, allow_pickle=False) as held:
                arrays = {name: held[name] for name in held.files}
            return json.loads(arrays.pop(HEADER).tobytes()), arrays
        except Exception as error:  # a broken archive raises what it likes
            raise ArchiveError(str(error).splitlines()[0] if str(error) else repr(error)) from error
