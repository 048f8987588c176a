"""The one writer of files: beside their place first, then put there whole, so that a full disk or a kill tears nothing.

Whoever reads finds the old file or the new one. A file that was there keeps its permissions; a new one has those that
the umask leaves.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file at once, text as UTF-8. Its folder must be there. Raises OSError, and then the old file stays."""
    data = content.encode() if isinstance(content, str) else content
    write(path, lambda file: file.write(data))


def write(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """The same by `fill`, which writes to an open binary file; what it raises is raised, and the old file stays."""
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
    """Those of the file at `path`; where there is none, what the umask leaves of 0o666."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
