"""Atomic writing of files: to a temporary file in the same folder, which then replaces the target.

A reader finds the old file or the complete new one, even after a full disk or a killed process. An existing file keeps
its permissions; a new one has those that the umask allows.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file atomically, text as UTF-8. Its folder must exist. Raises OSError, and then the old file stays."""
    data = content.encode() if isinstance(content, str) else content
    write(path, lambda file: file.write(data))


def write(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Write a file atomically by `fill(file)`, which gets an open binary file. If it raises, the old file stays."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, permissions(path))
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def permissions(path: Path) -> int:
    """The permission bits of the file at `path`, or of a new file: 0o666 without the bits of the umask."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
