"""The folder of progress and settings may be anything: missing, a file, a broken link, read-only, full, with pipes.

Commands go on without it, the app says in one line what is the matter and where it kept what was done.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import files
from tests.tui.driving import lesson, shown
from tests.tui.test_coming_back import lesson_of
from tui.app import UnrollApp
from tui.machine import store as stores
from tui.machine.store import Store
from tui.screens.contents import Contents

if sys.platform == "win32":
    pytest.skip("folders of POSIX", allow_module_level=True)

from tests.tui.test_machine import Terminal


def link(folder: Path, target: str) -> Path:
    (folder / "home").symlink_to(folder / target)
    return folder / "home"


def with_pipes(folder: Path) -> Path:
    for name in ("settings.json", "progress.json"):
        os.mkfifo(folder / name)
    return folder


def with_folders(folder: Path) -> Path:
    for name in ("settings.json", "progress.json"):
        (folder / name).mkdir()
    return folder


def endless(folder: Path) -> Path:
    (folder / "settings.json").symlink_to("/dev/zero")
    (folder / "progress.json").symlink_to("/dev/zero")
    return folder


def a_file(folder: Path) -> Path:
    (folder / "home").write_text("x")
    return folder / "home"


def mounted(folder: Path, *options: str) -> Path:
    done = subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)], capture_output=True)
    if done.returncode:
        pytest.skip("nothing can be mounted here")
    return folder


def full(folder: Path) -> Path:
    """A disk of 100 kB that is full."""
    mounted(folder, "-o", "size=100k")
    with contextlib.suppress(OSError), (folder / "fill").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(512))
    return folder


Home = Callable[[Path], Path]
CANNOT: dict[str, tuple[Home, int]] = {
    "a file": (a_file, errno.ENOTDIR),
    "under a file": (lambda folder: a_file(folder) / "deep", errno.ENOTDIR),
    "a broken link": (lambda folder: link(folder, "nowhere"), errno.ENOENT),
    "a link to itself": (lambda folder: link(folder, "home"), errno.ELOOP),
    "too long": (lambda folder: folder / ("x" * 300), errno.ENAMETOOLONG),
    "read-only": (lambda folder: mounted(folder, "-o", "ro"), errno.EROFS),
    "full": (full, errno.ENOSPC),
}
"""Homes that cannot be written, and what is the matter."""
CAN: dict[str, Home] = {
    "missing": lambda folder: folder / "a" / "b",
    "pipes": with_pipes,
    "folders": with_folders,
    "endless": endless,
    "no UTF-8": lambda folder: folder / os.fsdecode(b"\xff"),
}
"""Homes that can, though what lies there may have to go aside."""
COMMANDS = (("--help",), ("lessons",), ("show", "neuron"), ("doctor",), ("doctor", "--clear"))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Callable[[Home], Path]]:
    yield lambda make: make(tmp_path)
    subprocess.run(["umount", str(tmp_path)], capture_output=True)


def run(home: Path, *args: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "UNROLL_HOME": str(home), "LANG": "C.UTF-8", **more}
    command = [sys.executable, "-m", "tui.cli", *args]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, errors="replace")


@pytest.mark.representative("full")
@pytest.mark.parametrize("kind", [*CANNOT, *CAN])
def test_commands_need_no_home(kind: str, home: Callable[[Home], Path]) -> None:
    at = home(CANNOT[kind][0] if kind in CANNOT else CAN[kind])
    for args in COMMANDS[2:4] if kind not in ("pipes", "endless") else COMMANDS:
        done = run(at, *args)
        assert "Traceback" not in done.stderr, args
        assert done.returncode == 0, (args, done.stderr)
        if args == ("doctor",):
            folders = next(line for line in done.stdout.splitlines() if "folders" in line)
            fine = folders.startswith("✓")
            assert fine == (kind in ("missing", "no UTF-8")), folders
            if kind in CANNOT and kind != "a link to itself":
                assert os.strerror(CANNOT[kind][1]) in folders


@pytest.mark.representative("full")
@pytest.mark.parametrize("kind", CANNOT)
def test_the_app_says_it_and_keeps_what_was_done_elsewhere(kind: str, home: Callable[[Home], Path]) -> None:
    make, number = CANNOT[kind]
    terminal = Terminal(home(make), "neuron")
    try:
        terminal.until("→".encode())
        reason = re.escape(os.strerror(number).split(" ")[0].encode())
        assert terminal.wait(lambda: re.search(reason, bytes(terminal.wrote)) is not None, 10)
        for key in (b"\x1b", b".", b".", b"q", b"q"):
            terminal.type(key)
            time.sleep(0.4)
        assert terminal.ended(5) == 1
        assert terminal.restored()
        last = bytes(terminal.wrote).decode(errors="replace").rpartition("\x1b")[2]
        found = re.search(r"unroll: .*kept in (\S+): UNROLL_HOME=\1 unroll", last)
        assert found, last
        kept = Store(Path(found[1]))
        assert kept.trouble == []
        assert kept.progress.lessons["neuron"]["step"] >= 2
    finally:
        terminal.close()


class Full:
    """A disk that is full from now on, for one folder, at any write that goes through `engine.files`."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.is_full, real = folder, False, files.write_whole

        def write_whole(path: Path, content: bytes | str) -> None:
            if self.is_full and path.is_relative_to(self.folder):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            real(path, content)

        monkeypatch.setattr(stores, "write_whole", write_whole)


async def test_a_disk_that_fills_while_a_lesson_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Full(tmp_path, monkeypatch)
    async with lesson(tmp_path, (100, 30)) as (pilot, screen):
        await pilot.press("right", "right", "right")
        screen.unroll.keep(screen.player)
        before = (tmp_path / "progress.json").read_bytes()
        disk.is_full = True
        await pilot.press("right", "right", "n", "q")
        contents = pilot.app.screen
        assert isinstance(contents, Contents)
        assert contents.notice is not None
        assert os.strerror(errno.ENOSPC) in contents.notice.said
        store = screen.unroll.store
        rescued = store.rescue()
        assert rescued is not None
        why, folder = rescued
        assert os.strerror(errno.ENOSPC) in why
        held = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
        assert held["lessons"]["bptt"]["step"] == screen.player.progress[0]
        assert (tmp_path / "progress.json").read_bytes() == before
        disk.is_full = False
        screen.unroll.keep(screen.player)
        assert store.rescue() is None
        assert (tmp_path / "progress.json").read_bytes() != before


# where one is


@pytest.mark.exhaustive
def test_a_folder_that_was_deleted_and_a_home_that_is_relative(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    script = f"mkdir {gone} && cd {gone} && rmdir {gone} && {sys.executable} -m tui.cli"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "LANG": "C.UTF-8"}
    every = ("lessons", "doctor", "show neuron --svg a.svg", "show mlp --set data=a.csv")
    for at in ("here", str(tmp_path / "home")):
        for args in every:
            done = subprocess.run(
                ["sh", "-c", f"{script} {args}"],
                env={**env, "UNROLL_HOME": at},
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert "Traceback" not in done.stderr, args
            assert done.returncode == (2 if "--set" in args or "--svg" in args else 0), (args, done.stderr)
            assert done.stderr.count("\n") == (done.returncode != 0), done.stderr


@pytest.mark.parametrize("then", ["elsewhere", "gone"])
async def test_a_file_of_the_learners_is_found_again_from_elsewhere(
    then: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    text = tmp_path / "one" / "my.txt"
    text.write_text("a text of my own, which is read letter by letter. " * 20, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "one")
    home = tmp_path / "home"
    async with lesson(home, (100, 30), id="generate", corpus="./my.txt", hidden=4) as (pilot, screen):
        screen.player.to_act("train")
        screen.player.history.grow(3)
        screen.player.follow()
        screen.unroll.keep(screen.player)
        window = screen.player.start.inputs["window"]
        await pilot.pause()
    monkeypatch.chdir(tmp_path / "two")
    if then == "gone":
        text.unlink()
        from lessons.data.corpora import read

        read._written.clear()
    app = UnrollApp("generate", Store(home))
    async with app.run_test(size=(160, 40)) as pilot:
        player = lesson_of(app).player
        await pilot.pause()
        if then == "elsewhere":
            assert player.start.inputs["window"] == window
            assert player.spot.n == 3
        else:
            assert "my.txt" in shown(lesson_of(app), "foot")
