"""--quiet: training from the command line writes nothing on standard error but errors."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from lessons.data.world import world
from tests.tui.test_cli import refused, unroll
from tui.cli.main import cli

SHORT = {
    "word2vec": ("--epochs", "1", "--dim", "8", "--watch", "king"),
    "charnn": ("--updates", "20", "--hidden", "8", "--window", "10", "--batch", "4"),
    "translate": ("--updates", "20", "--hidden", "8", "--batch", "4"),
    "music": ("--updates", "20", "--hidden", "8", "--window", "10", "--batch", "4"),
}
TUNE = "X:1\nT:Scale\nM:6/8\nL:1/8\nK:G\n" + "GAB cde|gfe dcB|GAB cde|g3 G3|\n" * 12


def written(folder: Path, name: str) -> Path:
    """What this command learns from, as a file."""
    lines = [" ".join(words) for words in world("en").sentences(400)]
    text = {"translate": "\n".join(f"{line}\t{line}" for line in lines), "music": TUNE}.get(name, "\n".join(lines))
    path = folder / "world.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_training_command_is_run_here() -> None:
    """Whoever adds one gives it --quiet, and a short run above."""
    train = cli.get_command(click.Context(cli), "train")
    assert isinstance(train, click.Group)
    assert set(SHORT) == set(train.list_commands(click.Context(train)))


@pytest.mark.representative("charnn")
@pytest.mark.parametrize("name", SHORT)
def test_nothing_is_said_but_the_result(tmp_path: Path, name: str) -> None:
    text, out = written(tmp_path, name), tmp_path / "out"
    command = ("train", name, str(text), *SHORT[name], "--out", str(out))
    loud, quiet = unroll(*command, "--json"), unroll(*command, "--quiet", "--json")
    assert len(loud.stderr.splitlines()) > 2
    assert quiet.stderr == ""
    assert json.loads(quiet.stdout)["out"] == str(out)
    assert unroll(*command, "--quiet").stdout == ""
    assert "no such file" in refused("train", name, str(tmp_path / "gone.txt"), "--quiet")
