"""What `unroll train` may write over, and what it may not: inputs, other files, links, pipes, full disks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.gated.run.files import is_net
from engine.words.run.loading import load
from lessons.contract.knobs import Refused
from tests.tui.test_cli import ENV, unroll
from tui.cli.train import WordsTraining

KINDS = {
    "word2vec": ("train", "word2vec", "--dim", "4", "--epochs", "1", "--min-count", "1"),
    "charnn": ("train", "charnn", "--updates", "2", "--hidden", "4", "--window", "5"),
}
TEXT = "one two three one two three four\n" * 20
every_kind = pytest.mark.parametrize("kind", KINDS)
posix = pytest.mark.skipif(os.name == "nt", reason="links and pipes are POSIX's")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def train(kind: str, *given: object, code: int = 0, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return unroll(*KINDS[kind], *map(str, given), code=code)


def written(path: Path, kind: str) -> bool:
    return bool(load(path).words) if kind == "word2vec" else is_net(path)


@every_kind
@posix
@pytest.mark.parametrize("how", ["itself", "link", "hard", "path"])
def test_the_output_is_no_input(text: Path, tmp_path: Path, kind: str, how: str) -> None:
    out = tmp_path / "b.txt"
    if how == "link":
        out.symlink_to(text)
    elif how == "hard":
        out.hardlink_to(text)
    else:
        out = text if how == "itself" else tmp_path / "." / "x" / ".." / "a.txt"
        (tmp_path / "x").mkdir()
    done = train(kind, text, "--out", out, "--force", code=2)
    assert "one of the inputs" in done.stderr
    assert text.read_text(encoding="utf-8") == TEXT


@every_kind
def test_another_file_is_left_as_it_is(text: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "thesis.md"
    out.write_text("# years of work\n", encoding="utf-8")
    assert "--force" in train(kind, text, "--out", out, code=2).stderr
    assert out.read_text(encoding="utf-8") == "# years of work\n"
    train(kind, text, "--out", out, "--force")
    assert written(out, kind)
    train(kind, text, "--out", out)  # ours may be written again: README's commands run twice
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.txt", "thesis.md"]


@every_kind
def test_what_was_learned_is_no_text(text: Path, tmp_path: Path, kind: str) -> None:
    for other in KINDS:
        out = tmp_path / f"{other}.out"
        train(other, text, "--out", out)
        done = train(kind, text, out, "--out", tmp_path / "new", code=2)
        assert "not text" in done.stderr
        assert str(out) in done.stderr


@every_kind
@posix
def test_a_link_is_followed_and_the_mode_is_kept(text: Path, tmp_path: Path, kind: str) -> None:
    real, link = tmp_path / "real.out", tmp_path / "link.out"
    train(kind, text, "--out", real)
    real.chmod(0o600)
    link.symlink_to(real)
    before = real.read_bytes()
    train(kind, text, "--out", link, "--seed", "7")
    assert link.is_symlink()
    assert real.read_bytes() != before
    assert real.stat().st_mode & 0o777 == 0o600


@every_kind
@posix
def test_a_pipe_is_written_through(text: Path, tmp_path: Path, kind: str) -> None:
    pipe, file = tmp_path / "pipe", tmp_path / "file.out"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        train(kind, text, "--out", pipe)
        assert reader.stdout is not None
        through = reader.stdout.read()
    assert not pipe.is_file()
    assert pipe.exists()
    train(kind, text, "--out", file)
    if kind == "word2vec":
        assert through == file.read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.txt", "file.out", "pipe"]


@every_kind
def test_standard_input_and_output(text: Path, tmp_path: Path, kind: str) -> None:
    command = [sys.executable, "-m", "tui.cli", *KINDS[kind], "-", "--out", "-"]
    done = subprocess.run(command, env=ENV, input=TEXT.encode(), capture_output=True, check=True)
    (tmp_path / "got").write_bytes(done.stdout)
    assert written(tmp_path / "got", kind)
    assert "standard output" in train(kind, text, "--out", "-", "--json", code=2).stderr


@every_kind
@pytest.mark.parametrize(
    ("data", "said"),
    [(b"a\0b", "binary"), ("naïve".encode("utf-16"), "binary"), (b"", ""), (b"\x7fELF\0\0", "binary")],
)
def test_no_text(tmp_path: Path, kind: str, data: bytes, said: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    done = train(kind, path, "--out", tmp_path / "out", code=2)
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_bad_bytes_and_dropped_letters_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"caf\xe9 na\xefve\r\nxyz\rabc " * 9)
    done = train("charnn", path, "--symbols", "9", "--out", tmp_path / "out", "--json")
    said = json.loads(done.stdout)
    assert said["bad_bytes"] == 18
    assert said["dropped"] > 0
    assert "\r" not in said["letters"]
    assert "18 bad bytes" in done.stderr


@every_kind
def test_escape_sequences_do_not_reach_the_terminal(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\x1b[2J \x1b[1;31mERR\x1b[0m job [/b] [bold] \x1b[2J\n" * 60, encoding="utf-8")
    watch = ("--watch", "[/b]", "--tokens", "spaces") if kind == "word2vec" else ()
    done = train(kind, path, "--out", tmp_path / "out", *watch)
    assert "\x1b[2J" not in done.stderr
    bad = unroll("neighbours", str(tmp_path / "none\x1b[2J"), "x", code=2)
    assert "\x1b" not in bad.stderr
    assert "␛" in bad.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
@every_kind
def test_a_full_disk_is_said(text: Path, kind: str) -> None:
    done = train(kind, text, "--out", "/dev/full", code=2)
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_too_small_a_disk_is_said_before(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=900_000))
    run = WordsTraining((text,), None, False, {"out": tmp_path / "v", "force": False, "quiet": True})
    run.output.room(900_000)
    with pytest.raises(Refused, match=r"1\.0 MB are needed"):
        run.output.room(1_000_000)
