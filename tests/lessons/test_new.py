"""`python -m lessons.new`: what it writes can be installed on its own, opens, steps, and keeps every lesson's laws."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lessons.new.__main__ import CannotWrite, write

ROOT = Path(__file__).parents[2]


def run(*args: str, path: Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(ROOT)])}
    return subprocess.run(
        [sys.executable, "-m", *args], capture_output=True, text=True, env=environment, cwd=cwd, check=False
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which a new lesson has been installed, as a package of its own."""
    made, site = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("site")
    written = run("lessons.new", "my-lesson", "--into", str(made), path=site)
    assert written.returncode == 0, written.stderr
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check")
    done = run("pip", "install", *offline, "--target", str(site), str(made / "my-lesson"), path=site)
    assert done.returncode == 0, done.stderr
    return site


def test_it_is_in_the_course_and_opens(site: Path, tmp_path: Path) -> None:
    listed = run("tui.cli", "lessons", "--json", path=site, cwd=tmp_path)
    assert "my-lesson" in listed.stdout
    shown = run("tui.cli", "show", "my-lesson", "--json", "--all", path=site, cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    state = json.loads(shown.stdout)
    w, x, y = state["params"]["w"], state["inputs"]["x"], state["inputs"]["y"][0]
    error = sum(a * b for a, b in zip(w, x, strict=True)) - y
    assert state["result"]["loss"] == pytest.approx(error**2 / 2)
    assert state["result"]["grad"]["w"] == pytest.approx([error * v for v in x])
    assert len(state["steps"]) == 2 + 2 * len(w)


@pytest.mark.parametrize(
    "laws", ["tests/lessons/test_every_lesson.py", "tests/lessons/test_exam.py", "tests/tui/test_every_lesson.py"]
)
def test_it_keeps_the_laws_of_every_lesson(site: Path, laws: str) -> None:
    done = run("pytest", "-q", "-p", "no:cacheprovider", "-k", "my-lesson", laws, path=site)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("id", ["My", "2x", "a_b", "", "../up", "a--b"])
def test_an_id_that_is_none(id: str, tmp_path: Path) -> None:
    done = run("lessons.new", id, "--into", str(tmp_path), path=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    write("mine", tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    with pytest.raises(CannotWrite, match="there already"):
        write("mine", tmp_path)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before
