"""Where settings and progress are kept, and the language that the settings name: what a light command asks of them."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from platformdirs import PlatformDirs

MOST_BYTES = 64 << 20
"""Bytes that settings or progress may have: a hundred times what all lessons together come to."""


def settings_folder() -> Path:
    """Where the settings are kept."""
    return Path(os.environ.get("UNROLL_HOME") or PlatformDirs("unroll", appauthor=False).user_config_dir)


def data_folder() -> Path:
    """Where the progress and the checkpoints of training are kept."""
    return Path(os.environ.get("UNROLL_HOME") or PlatformDirs("unroll", appauthor=False).user_data_dir)


def kept_text(path: Path) -> str:
    """The text of a file that is kept here. Raises OSError, also where it is none: a pipe would wait for ever."""
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))
    if found.st_size > MOST_BYTES:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return path.read_text(encoding="utf-8")


def made(folder: Path) -> None:
    """Make a folder, and those above it, where it is not there. Raises OSError with what stands in the way."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        gone = folder.is_symlink() and not folder.exists()
        number = errno.ENOENT if gone else errno.ENOTDIR  # a link to a folder that is no more, or a file
        raise OSError(number, os.strerror(number)) from None


def language_kept() -> str:
    """The language of the settings, "" where none is kept. The file is only looked at: a damaged one stays as it is."""
    try:
        kept = kept_text(settings_folder() / "settings.json")
    except (OSError, ValueError):
        return ""
    import json  # 2 ms, which a first `unroll --help` need not wait for

    try:
        found = json.loads(kept)["language"]
    except (ValueError, TypeError, KeyError):
        return ""
    return found if found in ("en", "zh") else ""
