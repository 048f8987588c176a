"""What `unroll train` keeps when the end of a run goes wrong: a signal while it writes, a disk that is full."""

from __future__ import annotations

import errno
import signal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import engine.gated.run.files
import engine.words.run.files
from engine.words.run.loading import load
from lessons.contract.knobs import Refused
from tui.cli.main import cli

RUNS = {
    "word2vec": (engine.words.run.files, ("--dim", "4", "--epochs", "2", "--min-count", "1")),
    "charnn": (engine.gated.run.files, ("--hidden", "4", "--updates", "5")),
}
ONE = {"word2vec": ("--epochs", "1"), "charnn": ("--updates", "1")}
each = pytest.mark.parametrize("what", RUNS)


def train(what: str, folder: Path, *more: str, every: str = "1000") -> Result:
    text = folder / "text.txt"
    text.write_text("the cat sat on the mat and the dog sat on the log\n" * 40, encoding="utf-8")
    options = ("--out", str(folder / "out"), "--keep-every", every, *RUNS[what][1], *more)
    return CliRunner().invoke(cli, ["train", what, str(text), *options], standalone_mode=False)


def full(*given: Any) -> None:
    """What writing does where the disk is full."""
    raise OSError(errno.ENOSPC, "No space left on device")


def numbers(what: str, folder: Path) -> list[list[float]]:
    """What was written."""
    if what == "charnn":
        arrays = list(engine.gated.run.files.load(folder / "out").theta.values())
    else:
        arrays = [load(folder / "out").vectors]
    return [array.ravel().tolist() for array in arrays]


@each
def test_a_signal_while_it_writes_comes_too_late(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = RUNS[what][0]
    save = module.save

    def slowly(*given: Any) -> None:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        save(*given)

    monkeypatch.setattr(module, "save", slowly)
    done = train(what, tmp_path)
    assert (done.exception, done.return_value) == (None, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "text.txt"]


@each
def test_no_checkpoint_stands_in_the_way_at_the_end(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RUNS[what][0], "keep", full)
    assert train(what, tmp_path, *ONE[what], every="0").return_value == 0


@each
def test_a_full_disk_at_the_end_leaves_a_checkpoint(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    assert train(what, whole).return_value == 0
    with monkeypatch.context() as broken:
        broken.setattr(RUNS[what][0], "save", full)
        done = train(what, tmp_path)
        assert isinstance(done.exception, Refused)
        assert (done.exception.key, done.exception.fields["file"]) == ("file_write", tmp_path / "out")
        assert "--resume" in done.stderr
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "out.checkpoint").exists()
    assert train(what, tmp_path, "--resume").return_value == 0
    assert numbers(what, tmp_path) == numbers(what, whole)
    assert not (tmp_path / "out.checkpoint").exists()
