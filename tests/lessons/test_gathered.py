"""A text that takes long to gather is kept: read back as it was, and gathered anew where anything of it is another."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.data.corpora import read

MODULE = '"""The module, as it is\nsaid."""\n\n\nclass A:\n    """A class."""\n'


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "a.py").write_text(MODULE, encoding="utf-8")
    return folder


def test_it_is_read_back(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "texts" / "python.txt"
    text = read.kept_text(kept, library)
    assert "The module, as it is said." in text
    monkeypatch.setattr(read, "_gathered", lambda folder: pytest.fail("gathered again"))
    assert read.kept_text(kept, library) == text


def test_another_library_is_another_text(library: Path, tmp_path: Path) -> None:
    kept = tmp_path / "texts" / "python.txt"
    assert "B class" not in read.kept_text(kept, library)
    (library / "b.py").write_text(MODULE.replace("A", "B"), encoding="utf-8")
    assert "B class" in read.kept_text(kept, library)


@pytest.mark.parametrize("spoil", [lambda b: b[:-9], lambda b: b[:70] + b"\xff" + b[71:], lambda b: b""])
def test_a_damaged_one_is_gathered_anew(library: Path, tmp_path: Path, spoil: object) -> None:
    kept = tmp_path / "texts" / "python.txt"
    text = read.kept_text(kept, library)
    assert callable(spoil)
    kept.write_bytes(spoil(kept.read_bytes()))
    assert read.kept_text(kept, library) == text
    assert read.kept_text(kept, library) == text


def test_where_nothing_can_be_kept_it_is_gathered(library: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "A class." in read.kept_text(tmp_path / "file" / "python.txt", library)
