"""Nets that translate: the lesson by keys; from the command line train, stop, go on, translate; what can be wrong."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from engine.sequences.files import load, resume
from lessons.data.translations.read import number
from tests.tui.driving import lesson, shown
from tests.tui.test_cli import ENV, unroll

COMMAND = [sys.executable, "-m", "tui.cli", "train", "translate"]
SMALL = ("--hidden", "20", "--batch", "16")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The numbers from 0 to 99 as a file."""
    path = tmp_path_factory.mktemp("pairs") / "numbers.tsv"
    lines = ("".join(a) + "\t" + " ".join(b) for a, b in map(number, range(100)))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


async def test_the_lesson_by_keys(tmp_path: Path) -> None:
    """From the first step through all acts; a switch of teacher forcing; an update opened and left."""
    async with lesson(tmp_path, (120, 36), id="translate", hidden=4, pairs=60) as (pilot, screen):
        player = screen.player
        await pilot.press("right")
        assert player.path[:2] == (("encode", -1), ("s", 0))
        assert "三" in shown(screen, "stage")
        await pilot.press("n")
        assert player.act == "attend"
        await pilot.press("right")
        player.jump("attend/t=1")
        await pilot.press("left", "right")
        assert player.path[:2] == (("attend", -1), ("t", 1))
        assert "attention weights α" in shown(screen, "stage")
        alpha = player.view().get("alpha[1]")
        assert alpha is not None
        assert alpha.sum() == pytest.approx(1)
        await pilot.press("n")
        player.jump("decode/t=1")
        own = player.view().get("w[1]")
        player.edit("force", (1,), "1")
        player.jump("decode/t=1")
        right = player.view().get("w[1]")
        assert own is not None
        assert right is not None
        assert player.start.inputs["translations"][int(right.argmax())] == "three"
        await pilot.press("n", "right")
        assert player.path[:2] == (("backward", -1), ("decoder", -1))
        await pilot.press("n", "right", "right")
        assert player.spot.training
        assert player.spot.n == 2
        assert "B without" in shown(screen, "stage")
        await pilot.press("enter", "right")
        assert player.path[0] == ("update", 2)
        assert {"forward", "encoder", "decoder"} & set(dict(player.path))


@pytest.mark.parametrize("decoding", ["sample", "beam"])
async def test_words_are_drawn_and_beams_kept(decoding: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="translate", hidden=4, pairs=60, decoding=decoding) as (pilot, screen):
        screen.player.jump("decode/t=0")
        await pilot.press("i", "escape")
        assert screen.player.path[:2] == (("decode", -1), ("t", 0))
        stage = shown(screen, "stage")
        assert ("Σ ln ŷ" in stage) == (decoding == "beam")
        assert ("u =" in stage) == (decoding == "sample")


def test_train_and_translate(pairs: Path, tmp_path: Path) -> None:
    out = tmp_path / "net.npz"
    done = unroll("train", "translate", str(pairs), *SMALL, "--updates", "400", "--rate", ".01", "--held", "10",
                  "--watch", "三十五", "--out", str(out), "--json")  # fmt: skip
    said = json.loads(done.stdout)
    assert (said["pairs"], said["held_out"], said["updates"]) == (90, 10, 400)
    assert said["loss"] < 0.2
    assert said["translations"] == [{"source": "三 十 五", "translation": "thirty five"}]
    assert not out.with_name("net.npz.checkpoint").exists()
    model = load(out)
    assert {value.dtype for value in model.theta.values()} == {np.dtype(np.float32)}
    assert unroll("translate", str(out), "三十五", "八").stdout.splitlines() == ["thirty five", "eight"]
    known = unroll("translate", str(out), "八x", "--json")
    assert "not known: x; read as no word" in known.stderr
    (line,) = known.stdout.splitlines()
    assert json.loads(line)["unknown"] == ["x"]
    assert not unroll("translate", str(out), "八x", "--quiet").stderr
    beam = unroll("translate", str(out), "三十五", "--beam", "3").stdout.splitlines()
    assert len(beam) == 3
    assert beam[0].endswith("thirty five")
    scores = [float(each.split()[0]) for each in beam]
    assert scores == sorted(scores, reverse=True)


RUN = (*SMALL, "--updates", "4000", "--keep-every", "0", "--quiet")


@pytest.mark.exhaustive
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=lambda s: s.name)
def test_stopped_and_taken_up(pairs: Path, tmp_path: Path, how: signal.Signals) -> None:
    """The same net as in one go, to the bit."""
    whole, out = tmp_path / "whole.npz", tmp_path / "net.npz"
    assert not unroll("train", "translate", str(pairs), *RUN, "--out", str(whole)).stderr
    kept = out.with_name("net.npz.checkpoint")
    running = subprocess.Popen([*COMMAND, str(pairs), *RUN, "--out", str(out)], env=ENV, stdin=subprocess.DEVNULL)
    while not kept.exists() and running.poll() is None:
        time.sleep(0.02)
    running.send_signal(how)
    running.wait(timeout=60)
    assert not out.exists()
    assert 0 < resume(kept).done < 4000
    other = unroll("train", "translate", str(pairs), *RUN, "--hidden", "21", "--out", str(out), "--resume", code=2)
    assert "hidden was 20, now it is 21" in other.stderr
    unroll("train", "translate", str(pairs), *RUN, "--out", str(out), "--resume")
    one, two = load(whole), load(out)
    for name, value in one.theta.items():
        np.testing.assert_array_equal(two.theta[name], value)


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        (b"", (), "0 pair(s); at least 2 different ones are needed"),
        (b"a\tb\n", (), "1 pair(s)"),
        (b"a\tb\n\tc\n", (), "line 2: nothing before the tab"),
        (b"a\tb\nc\t \n", (), "line 2: nothing after the tab"),
        (b"a\tb\n\n  \nc d\n", (), "line 4: 0 tab(s) instead of one"),
        (b"a\tb\tc\n", (), "line 1: 2 tab(s) instead of one"),
        (b"a\tb\n" + b"w " * 21 + b"\tb\n", (), "line 2: a sentence of 21 words; it may have 20"),
        (b"\xff\xfe\x00", (), "not text in UTF-8"),
        (b"a\tb\nc\td\n", ("--hidden", "0"), "--hidden"),
        (b"a\tb\nc\td\n", ("--resume",), "no checkpoint"),
        (
            b"a\tb\nc\td\n",
            ("--optimiser", "momentum", "--rate", "3e38", "--clip", "1e38", "--epochs", "9"),
            "diverged",
        ),
    ],
)
def test_bad_input(tmp_path: Path, data: bytes, options: tuple[str, ...], said: str) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_bytes(data)
    out = ("--out", str(tmp_path / "net.npz"))
    found = unroll("train", "translate", str(path), "--hidden", "4", *out, *options, code=2).stderr
    assert said in found.splitlines()[-1]
    assert "Traceback" not in found


def test_nets_that_are_none(pairs: Path, tmp_path: Path) -> None:
    assert "no such file" in unroll("translate", str(tmp_path / "none.npz"), "八", code=2).stderr
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04")
    assert "no net that `unroll train translate` wrote" in unroll("translate", str(tmp_path / "bad.npz"), code=2).stderr
    found = unroll("show", "translate", "--set", f"data={pairs}", "--set", "sentence=一百", code=2).stderr
    assert "一百 has no known translation here" in found
    shown_as = unroll("show", "translate", "--set", f"data={pairs}", "--set", "sentence=三十", "--json").stdout
    assert json.loads(shown_as)["inputs"]["target"] == ["thirty"]


async def test_a_word_that_is_not_known_is_said_and_read_as_none(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="translate", hidden=4, pairs=60, sentence="三x八") as (pilot, screen):
        await pilot.press("right")
        assert "Not in the vocabulary: x. It is read as" in shown(screen, "stage")
        screen.player.jump("encode/s=1")
        x = screen.player.view().get("x[1]")
        assert x is not None
        assert not x.any()
        await pilot.press("l")
        assert "不在词表中：x" in shown(screen, "stage")
