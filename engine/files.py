"""The door to the disk: reading once through, whatever a file is, and atomic writing.

A file is written to a temporary one in the same folder, which then replaces it: a reader finds the old file or the
complete new one, even after a full disk or a killed process. An existing file keeps its permissions; a new one has
those that the umask allows. A link is followed; what is no regular file, a pipe or a device, is written through.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, Any, cast

PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bz2"}
"""What a packed file begins with, and the module that unpacks it."""
STANDARD = Path("-")
"""Standard input, or output, as a path."""
UNKNOWN = 1 << 40
"""The size that is assumed of what has none: a pipe may be of any."""


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """A file to be read once through; "-" is standard input; what gzip or bzip2 packed is unpacked.

    Raises OSError, also where packed data is damaged or ends early.
    """
    with raw(path) as file:
        begins = file.peek(3)
        module = next((name for magic, name in PACKED.items() if begins.startswith(magic)), None)
        if module is None:
            yield file
            return
        import zlib  # a lesson that starts need not load what unpacks files

        try:
            with import_module(module).open(file, "rb") as unpacked:
                yield cast(IO[bytes], unpacked)
        except (EOFError, zlib.error) as error:
            raise OSError(errno.EBADMSG, os.strerror(errno.EBADMSG)) from error


@contextmanager
def raw(path: Path) -> Iterator[Any]:
    """A file as it lies there, buffered, to be read once through; "-" is standard input. Raises OSError."""
    if path != STANDARD:
        with path.open("rb") as file:
            yield file
    elif sys.stdin is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    else:
        yield sys.stdin.buffer


def size(path: Path) -> int:
    """Bytes of a file; UNKNOWN where only reading tells: of a pipe, a device, packed data. Raises OSError."""
    if path == STANDARD:
        return UNKNOWN
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        return UNKNOWN
    with path.open("rb") as file:
        begins = file.read(3)
    return UNKNOWN if any(begins.startswith(magic) for magic in PACKED) else found.st_size


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file atomically, text as UTF-8. Its folder must exist. Raises OSError, and then the old file stays."""
    data = content.encode() if isinstance(content, str) else content
    write(path, lambda file: file.write(data))


def write(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Write a file atomically by `fill(file)`, which gets an open binary file. If it raises, the old file stays."""
    if path == STANDARD:
        fill(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    path = path.resolve() if path.is_symlink() else path
    if path.exists() and not path.is_file() and not path.is_dir():
        with path.open("wb") as file:
            fill(file)
        return
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
