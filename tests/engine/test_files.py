"""Files are written whole or not at all, and keep their permissions."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from engine.files import write, write_whole


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_bytes_and_text_are_written(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"\x00\xff")
    write_whole(tmp_path / "b", "词向量\n")
    assert (tmp_path / "a").read_bytes() == b"\x00\xff"
    assert (tmp_path / "b").read_bytes() == "词向量\n".encode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "net"
    write_whole(path, "old")

    def fill(file: IO[bytes]) -> None:
        file.write(b"new, but")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        write(path, fill)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "a", "text")


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")
def test_permissions_are_kept_and_new_files_follow_the_umask(tmp_path: Path, umask: None) -> None:
    path = tmp_path / "a"
    write_whole(path, "new")
    assert mode(path) == 0o640
    path.chmod(0o604)
    write_whole(path, "newer")
    assert mode(path) == 0o604
