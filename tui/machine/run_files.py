"""Checkpoints of training, one file a lesson: bounded in size and number, never read as anything but plain arrays."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tui.machine.folders import made

if TYPE_CHECKING:
    from engine.walks.packing import Packed
    from lessons.player.checkpoint import Taken

MOST_BYTES, MOST_FILES, MOST_TOGETHER = 256 << 20, 64, 1 << 30
"""Bytes of a file, files, and bytes of all files together: beyond that the oldest go."""
STALE = 60.0
"""Seconds after which a file that is being written has been given up."""
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
"""Ids of lessons that may be names of files."""


def sweep(folder: Path, pattern: str) -> None:
    """Remove files of this pattern that processes killed while they wrote have left. Raises OSError."""
    for left in folder.glob(pattern):
        if time.time() - left.stat().st_mtime > STALE:
            left.unlink(missing_ok=True)


class Usage(NamedTuple):
    """How many files there are, and how many bytes they have."""

    files: int
    size: int


class RunFiles:
    """The checkpoints in a folder, by lesson."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, lesson: str) -> Path | None:
        """The file of a lesson; None where its id can be no name of a file."""
        return self.folder / f"{lesson}.npz" if SAFE.fullmatch(lesson) else None

    def save(self, lesson: str, taken: Taken) -> None:
        """Write a lesson's checkpoint in place of the one before. Raises OSError.

        One that is too large is not kept, nor one whose states are not made of what their lesson declares.
        """
        from engine.walks.packing import PackingError, write

        path = self.path(lesson)
        try:
            packed = taken.packed()
        except PackingError:
            return
        if path is None or sum(array.nbytes for array in packed.arrays) > MOST_BYTES:
            return
        made(self.folder)
        write(path, packed)
        self._bound(path)

    def load(self, lesson: str) -> Packed | None:
        """A lesson's checkpoint; None where there is none. Raises PackingError and OSError."""
        from engine.walks.packing import PackingError, read

        path = self.path(lesson)
        if path is None or not path.exists():
            return None
        if path.stat().st_size > 2 * MOST_BYTES:
            raise PackingError("it is larger than any that is written here")
        return read(path)

    def files(self) -> list[Path]:
        """All checkpoints, the oldest first; those kept aside are not among them."""
        try:
            return sorted(self.folder.glob("*.npz"), key=lambda path: path.stat().st_mtime)
        except OSError:
            return []

    def usage(self) -> Usage:
        """How much there is, damaged files that were kept aside included."""
        try:
            sizes = [path.stat().st_size for path in self.folder.glob("*.npz*") if path.is_file()]
        except OSError:  # no folder can have this name
            sizes = []
        return Usage(len(sizes), sum(sizes))

    def clear(self) -> Usage:
        """Remove all checkpoints, those kept aside too; what there was. Raises OSError."""
        usage = self.usage()
        for path in self.folder.glob("*.npz*"):
            path.unlink()
        return usage

    def _bound(self, newest: Path) -> None:
        """Remove the oldest files beyond the bounds, and what a process that was killed while it wrote has left."""
        sweep(self.folder, ".*.npz.*")
        files = self.files()
        together = sum(path.stat().st_size for path in files)
        for path in files:
            if len(files) <= MOST_FILES and together <= MOST_TOGETHER:
                return
            if path != newest:
                together -= path.stat().st_size
                files = [each for each in files if each != path]
                path.unlink(missing_ok=True)
