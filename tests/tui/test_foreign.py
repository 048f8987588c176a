"""Another `engine`, `lessons` or `tui` on the way, or installed over ours, ends in one line with the remedy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.test_cli import unroll
from unroll_nn import FIRST, foreign

ROOT = Path(__file__).parents[2]
START = "import sys; sys.argv[0] = 'unroll'; from unroll_nn import main; main()"


@pytest.mark.parametrize("name", FIRST)
def test_the_first_line_is_that_of_the_package(name: str) -> None:
    assert (ROOT / name / "__init__.py").read_text(encoding="utf-8").startswith(FIRST[name])
    assert foreign() == ""


def started(path: list[Path], *args: str, at: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """`unroll` with these folders before all others."""
    more = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), "LANG": "C.UTF-8", **env}
    return subprocess.run(
        [sys.executable, "-P", "-c", START, *args], env=more, capture_output=True, text=True, timeout=60, cwd=at
    )


def made(folder: Path, name: str, kind: str) -> Path:
    """Somebody else's module, package, or folder without `__init__.py`, which hides nothing of ours."""
    folder.mkdir(exist_ok=True)
    if kind == "module":
        (folder / f"{name}.py").write_text("raise SystemError('imported')\n")
    else:
        (folder / name).mkdir()
        (folder / name / "step.py").write_text("")
        if kind == "package":
            (folder / name / "__init__.py").write_text("raise SystemError('imported')\n")
    return folder


@pytest.mark.parametrize("kind", ["module", "package"])
@pytest.mark.parametrize("name", FIRST)
@pytest.mark.parametrize("args", [("lessons",), ("doctor",), ("show", "neuron", "--json"), ("--help",), ()], ids=str)
def test_one_that_is_found_first(name: str, kind: str, args: tuple[str, ...], tmp_path: Path) -> None:
    done = started([made(tmp_path / "other", name, kind), ROOT], *args)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"unroll: another package is called {name} and is found first ({tmp_path}")
    assert "PYTHONPATH=" in done.stderr
    assert done.stderr.count("\n") == 1
    chinese = started([tmp_path / "other", ROOT], *args, LC_ALL="zh_CN.UTF-8")
    assert chinese.stderr.startswith(f"unroll: 另有一个名为 {name} 的包")


def test_a_folder_of_that_name_without_a_package_hides_nothing(tmp_path: Path) -> None:
    for name in FIRST:
        made(tmp_path / "other", name, "folder")
    assert started([tmp_path / "other", ROOT], "lessons").returncode == 0


def site(folder: Path) -> Path:
    """A folder in which ours is installed: what begins, and the three first files."""
    for name in (*FIRST, "unroll_nn"):
        (folder / name).mkdir(parents=True)
        shutil.copy(ROOT / name / "__init__.py", folder / name / "__init__.py")
    return folder


@pytest.mark.parametrize("name", FIRST)
def test_one_that_was_installed_over_ours_and_one_that_took_it_away(name: str, tmp_path: Path) -> None:
    at = site(tmp_path / "site")
    (at / name / "__init__.py").write_text('"""An engine of chess."""\n')
    done = started([at], "lessons")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"another package called {name} was installed over this one" in done.stderr
    assert "--force-reinstall" in done.stderr
    shutil.rmtree(at / name)
    done = started([at], "lessons", at=tmp_path)
    assert done.returncode == 2
    assert "--force-reinstall" in done.stderr or "is found first" in done.stderr
    assert done.stderr.count("\n") == 1


def test_from_a_folder_with_an_engine_by_python_m(tmp_path: Path) -> None:
    made(tmp_path, "engine", "module")
    command = [sys.executable, "-m", "tui.cli", "lessons"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "LANG": "C.UTF-8"})
    assert done.returncode == 2
    assert "it lies in the folder you are in" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.exhaustive
def test_doctor_says_whose_they_are() -> None:
    line = next(line for line in unroll("doctor").stdout.splitlines() if "engine, lessons, tui" in line)
    assert line.startswith("✓")
