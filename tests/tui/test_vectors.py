"""Word vectors from the command line: train, stop, go on, ask; and all that can be wrong with what is given."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.words.run.loading import load
from lessons.data.world import world
from tests.tui.test_cli import ENV, unroll

COMMAND = [sys.executable, "-m", "tui.cli", "train", "word2vec"]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world as a file."""
    path = tmp_path_factory.mktemp("text") / "world.txt"
    path.write_text("\n".join(" ".join(words) for words in world("en").sentences(3000)), encoding="utf-8")
    return path


SMALL = ("--dim", "24", "--window", "3", "--epochs", "40", "--alpha", ".05", "--min-count", "1")


@pytest.mark.representative("sg-ns")
@pytest.mark.parametrize("form", ["sg-ns", "cbow-hs"])
def test_train_and_ask(text: Path, tmp_path: Path, form: str) -> None:
    out, (model, loss) = tmp_path / "v.bin", form.split("-")
    done = unroll(
        "train", "word2vec", str(text), *SMALL, "--model", model, "--loss", loss, "--binary", "--out", str(out),
        "--watch", "paris,king", "--json",
    )  # fmt: skip
    said = json.loads(done.stdout)
    held = load(out)
    assert said["words"] == len(held.words)
    assert said["settings"]["model"] == model
    assert said["tokens"] > 100_000
    assert "paris" in done.stderr
    assert not out.with_name("v.bin.checkpoint").exists()
    near = json.loads(unroll("neighbours", str(out), "paris", "king", "--count", "5", "--json").stdout)
    capitals = {row[0] for row in world("en").tables["nation"].rows}
    assert sum(each["word"] in capitals for each in near["neighbours"]["paris"]) >= 4
    assert "paris\n  " in unroll("neighbours", str(out), "paris").stdout
    solved = json.loads(unroll("analogy", str(out), "man", "woman", "king", "--json").stdout)
    assert len(solved["analogy"]["man : woman = king : ?"]) == 10


def test_the_same_seed_gives_the_same_file(text: Path, tmp_path: Path) -> None:
    found = []
    for seed in ("1", "1", "2"):
        out = tmp_path / "v.txt"
        unroll("train", "word2vec", str(text), "--dim", "8", "--epochs", "2", "--seed", seed, "--out", str(out))
        found.append(out.read_bytes())
    assert found[0] == found[1] != found[2]


def stopped(command: list[str], how: signal.Signals) -> tuple[subprocess.Popen[str], str]:
    """A run that gets a signal at some moment of its training, and what it said after it had read its text."""
    with subprocess.Popen(command, env=ENV, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as running:
        assert running.stderr is not None
        assert "words" in running.stderr.readline()
        time.sleep(random.uniform(0.5, 2))
        running.send_signal(how)
        try:
            return running, running.communicate(timeout=60)[1]
        finally:
            running.kill()


@pytest.mark.representative("SIGTERM")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda s: s.name)
def test_stopped_and_taken_up(text: Path, tmp_path: Path, how: signal.Signals) -> None:
    whole, out = tmp_path / "whole.txt", tmp_path / "v.txt"
    options = ("--dim", "16", "--epochs", "60", "--keep-every", "0")
    unroll("train", "word2vec", str(text), *options, "--out", str(whole))
    kept = out.with_name("v.txt.checkpoint")
    for _ in range(2):
        command = [*COMMAND, str(text), *options, "--out", str(out), *(["--resume"] if kept.exists() else [])]
        running, err = stopped(command, how)
        if how is not signal.SIGKILL and not out.exists():
            assert running.returncode == 128 + how
            assert "--resume" in err
            assert kept.exists()
    if not out.exists():
        unroll("train", "word2vec", str(text), *options, "--out", str(out), *(["--resume"] if kept.exists() else []))
    assert out.read_bytes() == whole.read_bytes()


def test_a_checkpoint_of_another_run(text: Path, tmp_path: Path) -> None:
    out = tmp_path / "v.txt"
    assert "no checkpoint" in unroll("train", "word2vec", str(text), "--out", str(out), "--resume", code=2).stderr
    command = [*COMMAND, str(text), "--epochs", "3000", "--dim", "8", "--out", str(out)]
    stopped(command, signal.SIGTERM)
    said = unroll(
        "train", "word2vec", str(text), "--epochs", "3000", "--dim", "9", "--out", str(out), "--resume", code=2
    )
    assert "dim was 8, now it is 9" in said.stderr


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        (b"", (), "no words"),
        (b"\x89PNG\0\0", (), "binary"),
        (b"word", (), "different word(s)"),
        (b"one sentence of few words", (), "lower min-count"),
        (b"a b c a b c", ("--min-count", "1", "--dim", "0"), "--dim"),
        (b"a b c a b c", ("--min-count", "1", "--window", "0"), "--window"),
        (b"a b c a b c", ("--min-count", "1", "--alpha", "0"), "--alpha"),
        (b"a b c a b c", ("--min-count", "1", "--watch", "x"), "x is not among the 3 words"),
        (b"a b c a b c", ("--min-count", "1", "--out", "nowhere/v.txt"), "there is no folder"),
        (b"a b c a b c", ("--min-count", "1", "--out", "."), "a folder"),
        (b"a b c a b c " * 99, ("--min-count", "1", "--epochs", "9", "--alpha", "1e38", "--loss", "hs"), "diverged"),
    ],
)
def test_bad_input(tmp_path: Path, data: bytes, options: tuple[str, ...], said: str) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(data)
    given = options if "--out" in options else (*options, "--out", str(tmp_path / "v.txt"))
    done = unroll("train", "word2vec", str(path), *given, code=2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("unroll: ")
    assert [each.name for each in tmp_path.iterdir()] == ["text.txt"]


def test_files_that_are_none(tmp_path: Path) -> None:
    assert "no such file" in unroll("train", "word2vec", str(tmp_path / "x"), code=2).stderr
    assert "a folder" in unroll("train", "word2vec", str(tmp_path), code=2).stderr
    assert "no such file" in unroll("neighbours", str(tmp_path / "x"), "word", code=2).stderr
    broken = tmp_path / "v.txt"
    broken.write_text("2 2\none 1 2\n")
    assert "cut off" in unroll("neighbours", str(broken), "one", code=2).stderr
    broken.write_text("2 2\none 1 2\ntwo 3 4\n")
    assert "did you mean two?" in unroll("neighbours", str(broken), "twoo", code=2).stderr
    assert "不在" in unroll("analogy", str(broken), "one", "two", "drei", code=2, env={"LANG": "zh_CN.UTF-8"}).stderr


def test_it_speaks_chinese(tmp_path: Path) -> None:
    path, out = tmp_path / "text.txt", tmp_path / "v.txt"
    path.write_text("我 是 学生 我 是 老师\n" * 9, encoding="utf-8")
    done = unroll("--lang", "zh", "train", "word2vec", str(path), "--tokens", "spaces", "--dim", "4", "--out", str(out))
    assert "保留 4 个不同的词" in done.stderr
    assert set(load(out).words) == {"我", "是", "学生", "老师"}


def test_one_long_line_and_bad_bytes(tmp_path: Path) -> None:
    path, out = tmp_path / "text.txt", tmp_path / "v.txt"
    path.write_bytes(b"one two \xff three " * 200_000)
    done = unroll("train", "word2vec", str(path), "--epochs", "1", "--dim", "4", "--out", str(out), "--json")
    assert json.loads(done.stdout)["bad_bytes"] == 200_000
    assert "200,000 bad bytes" in done.stderr
    assert load(out).words == ("one", "two", "three")


@pytest.mark.representative("9")
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc and /dev/shm")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_the_run_and_leave_nothing(text: Path, tmp_path: Path, how: signal.Signals) -> None:
    before = set(Path("/dev/shm").iterdir())
    command = [*COMMAND, str(text), *SMALL, "--threads", "2", "--epochs", "9000", "--out", str(tmp_path / "v.txt")]
    running = subprocess.Popen(command, env=ENV, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    children: list[int] = []
    rooms: set[Path] = set()
    while running.poll() is None and not (len(children) >= 2 and rooms):
        time.sleep(0.05)
        children = children_of(running.pid)
        rooms = set(Path("/dev/shm").iterdir()) - before
    assert len(children) >= 2
    time.sleep(0.3)
    running.send_signal(how)
    running.wait(30)
    assert running.returncode != 0
    for _ in range(2000):
        if not any(Path(f"/proc/{child}").exists() for child in children) and not any(room.exists() for room in rooms):
            break
        time.sleep(0.05)
    else:
        pytest.fail("a worker or its memory is left")


def children_of(process: int) -> list[int]:
    """The processes that a process has started."""
    try:
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def test_two_threads_learn_the_small_world(text: Path, tmp_path: Path) -> None:
    out = tmp_path / "v.txt"
    options = (*SMALL, "--threads", "2")
    unroll("train", "word2vec", str(text), *options, "--out", str(out))
    found = json.loads(unroll("neighbours", str(out), "paris", "--count", "5", "--json").stdout)
    near = {each["word"] for each in found["neighbours"]["paris"]}
    capitals = {row[0] for row in world("en").tables["nation"].rows}
    assert len(near & capitals) >= 4
