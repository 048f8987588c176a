"""Nets that write from the command line: train, stop, go on, write; and all that can be wrong with what is given."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from engine.gated.run.files import load
from lessons.data.world import world
from tests.tui.test_cli import ENV, unroll
from tui.cli.main import is_lesson

COMMAND = [sys.executable, "-m", "tui.cli", "train", "charnn"]
SMALL = ("--hidden", "16", "--window", "20", "--batch", "8")


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world as a file."""
    path = tmp_path_factory.mktemp("text") / "world.txt"
    path.write_text("\n".join(" ".join(words) for words in world("en").sentences(3000)), encoding="utf-8")
    return path


@pytest.mark.representative("lstm")
@pytest.mark.parametrize("cell", ["lstm", "gru", "srn"])
def test_train_and_write(text: Path, tmp_path: Path, cell: str) -> None:
    out = tmp_path / "net.npz"
    done = unroll("train", "charnn", str(text), *SMALL, "--cell", cell, "--layers", "2", "--updates", "1000",
                  "--rate", ".01", "--out", str(out), "--json")  # fmt: skip
    said = json.loads(done.stdout)
    assert said["bits"] < 0.6 * said["even"]
    assert (said["updates"], said["settings"]["cell"]) == (1000, cell)
    assert not out.with_name("net.npz.checkpoint").exists()
    model = load(out)
    assert model.letters == said["letters"]
    assert {value.dtype for value in model.theta.values()} == {np.dtype(np.float32)}
    wrote = unroll("generate", str(out), "--length", "120", "--start", "the", "--seed", "3").stdout
    assert wrote.startswith("the")
    assert len(wrote.rstrip("\n")) > 100
    assert wrote == unroll("generate", str(out), "--length", "120", "--start", "the", "--seed", "3").stdout
    assert wrote != unroll("generate", str(out), "--length", "120", "--start", "the", "--seed", "4").stdout
    likeliest = [unroll("generate", str(out), "--length", "30", "--top", "1", "--seed", n).stdout for n in "12"]
    assert likeliest[0] == likeliest[1]
    assert len(json.loads(unroll("generate", str(out), "--length", "30", "--json").stdout)["text"]) == 30


RUN = (*SMALL, "--updates", "2000", "--keep-every", "0")


@pytest.fixture(scope="module")
def whole(text: Path) -> Path:
    """A net trained in one go."""
    path = text.with_name("whole.npz")
    said = unroll("train", "charnn", str(text), *RUN, "--out", str(path)).stderr
    assert said.splitlines()[-1] == f"written: {path}"  # on a line of its own, where stderr is no terminal too
    return path


@pytest.mark.representative("SIGTERM")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda s: s.name)
def test_stopped_and_taken_up(text: Path, whole: Path, tmp_path: Path, how: signal.Signals) -> None:
    """The same net as in one go, to the bit."""
    out, options = tmp_path / "net.npz", RUN
    kept = out.with_name("net.npz.checkpoint")
    running = subprocess.Popen([*COMMAND, str(text), *options, "--out", str(out)], env=ENV, stderr=subprocess.PIPE,
                               stdin=subprocess.DEVNULL, text=True)  # fmt: skip
    while not kept.exists() and running.poll() is None:
        time.sleep(0.02)
    running.send_signal(how)
    _, err = running.communicate(timeout=60)
    assert not out.exists()
    assert kept.exists()
    if how is not signal.SIGKILL:
        assert running.returncode == 128 + how
        assert "--resume" in err
    said = unroll("train", "charnn", str(text), *options, "--hidden", "17", "--out", str(out), "--resume", code=2)
    assert "hidden was 16, now it is 17" in said.stderr
    unroll("train", "charnn", str(text), *options, "--out", str(out), "--resume")
    one, other = load(whole), load(out)
    for name, value in one.theta.items():
        np.testing.assert_array_equal(other.theta[name], value)


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        (b"", (), "too few to learn from"),
        (b"aaaa", (), "too few to learn from"),
        (b"abcabc", ("--hidden", "0"), "--hidden"),
        (b"abcabc", ("--cell", "dnc"), "--cell"),
        (b"abcabc", ("--out", "nowhere/net.npz"), "there is no folder"),
        (b"abcabc", ("--resume",), "no checkpoint"),
        (b"abcabc" * 9, ("--optimiser", "sgd", "--rate", "1e38", "--clip", "1e38", "--epochs", "90"), "diverged"),
    ],
)
def test_bad_input(tmp_path: Path, data: bytes, options: tuple[str, ...], said: str) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(data)
    place = () if "--out" in options else ("--out", str(tmp_path / "net.npz"))
    found = unroll("train", "charnn", str(path), "--hidden", "4", *place, *options, code=2).stderr
    assert said in found
    assert "Traceback" not in found


def test_nets_that_are_none(tmp_path: Path) -> None:
    assert "no such file" in unroll("generate", str(tmp_path / "none.npz"), code=2).stderr
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04")
    assert "no net" in unroll("generate", str(tmp_path / "bad.npz"), code=2).stderr
    text = tmp_path / "t.txt"
    text.write_text("abc abc abc " * 9)
    unroll("train", "charnn", str(text), "--hidden", "3", "--lower", "--out", str(tmp_path / "net.npz"))
    assert (
        "does not know the letter 'z'" in unroll("generate", str(tmp_path / "net.npz"), "--start", "z", code=2).stderr
    )
    assert unroll("generate", str(tmp_path / "net.npz"), "--start", "ABC").stdout.startswith("abc")
    assert "不认识" in unroll("--lang", "zh", "generate", str(tmp_path / "net.npz"), "--start", "z", code=2).stderr


@pytest.mark.parametrize(
    ("args", "is_one"),
    [
        (["generate"], True), (["generate", "--afresh"], True), (["generate", "--lang", "zh"], True),
        (["generate", "--lang=zh", "--device", "cpu"], True), (["generate", "net.npz"], False),
        (["generate", "--help"], False), (["generate", "--lang", "zh", "net.npz"], False), (["lessons"], False),
    ],
)  # fmt: skip
def test_generate_without_a_file_is_the_lesson(args: list[str], is_one: bool) -> None:
    assert is_lesson(args) == is_one
