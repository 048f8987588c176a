"""The app on a real pseudo-terminal: signals, a terminal that goes, any bytes, pastes; the place is kept."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals here", allow_module_level=True)


class Terminal:
    """The app in a process of its own, on a pseudo-terminal of 100 columns; what it writes is read all the time."""

    def __init__(self, home: Path, *args: str, ignored: bool = False, before: str = "") -> None:
        self.ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.modes = termios.tcgetattr(theirs)
        env = {
            **os.environ,
            "UNROLL_HOME": str(home),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "COLORTERM": "truecolor",
        }
        env.pop("UNROLL_LANG", None)

        def alone() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)

        self.process = subprocess.Popen(
            [sys.executable, "-c", f"{before}\nfrom unroll_nn import main\nmain()", *args],
            env=env, stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=alone,
        )  # fmt: skip
        self.theirs, self.wrote, self.gone = theirs, bytearray(), False
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        while not self.gone:
            try:
                if select.select([self.ours], [], [], 0.05)[0]:
                    self.wrote += os.read(self.ours, 1 << 16)
            except (OSError, ValueError):
                return

    def wait(self, found: Callable[[], bool], seconds: float = 30) -> bool:
        """Wait until something holds; whether it came to hold."""
        end = time.monotonic() + seconds
        while not found() and time.monotonic() < end:
            time.sleep(0.02)
        return found()

    def until(self, text: bytes, seconds: float = 30) -> None:
        """Wait for something to be written."""
        assert self.wait(lambda: text in self.wrote, seconds), bytes(self.wrote[-2000:])

    def type(self, data: bytes) -> None:
        """Write to the app, at once."""
        view = memoryview(data)
        while view:
            view = view[os.write(self.ours, view[: 1 << 12]) :]

    def ended(self, seconds: float) -> int | None:
        """The exit code within so many seconds; None where it still runs."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def restored(self) -> bool:
        """Whether the terminal is as it was found: its modes, the normal screen, no reports of the mouse."""
        self.wait(lambda: b"\x1b[?1049l" in self.wrote, 1)
        return (
            b"\x1b[?1049l" in self.wrote
            and b"\x1b[?1000l" in self.wrote
            and termios.tcgetattr(self.theirs) == self.modes
        )

    def hang_up(self) -> None:
        """Let the terminal go."""
        self.gone = True
        self.reader.join()
        os.close(self.theirs)
        os.close(self.ours)

    def close(self) -> None:
        self.gone = True
        self.process.kill()
        self.process.wait()
        for end in (self.ours, self.theirs):
            with contextlib.suppress(OSError):
                os.close(end)


Open = Callable[..., Terminal]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    running: list[Terminal] = []

    def start(*args: str, ignored: bool = False, before: str = "") -> Terminal:
        running.append(Terminal(tmp_path, *args, ignored=ignored, before=before))
        return running[-1]

    yield start
    for terminal in running:
        terminal.close()


def place(home: Path, lesson: str) -> dict[str, Any]:
    """What was kept of a lesson."""
    kept = json.loads((home / "progress.json").read_text(encoding="utf-8"))["lessons"][lesson]
    assert isinstance(kept, dict)
    return kept


@pytest.mark.representative("SIGTERM")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT], ids=lambda s: s.name)
def test_a_signal_ends_it_as_q_does(opened: Open, tmp_path: Path, number: signal.Signals) -> None:
    terminal = opened("neuron")
    terminal.until(b"\x1b[?1049h")
    terminal.until("→".encode())
    terminal.type(b"...")
    time.sleep(0.6)
    terminal.process.send_signal(number)
    assert terminal.ended(3) == 128 + number
    assert terminal.restored()
    assert place(tmp_path, "neuron")["step"] >= 3


def test_a_signal_in_training(opened: Open, tmp_path: Path) -> None:
    terminal = opened("playground")
    terminal.until("→".encode())
    terminal.type(b"F ")
    time.sleep(random.Random(1).uniform(1, 2))
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.ended(3) == 128 + signal.SIGTERM
    assert terminal.restored()
    assert "place" in place(tmp_path, "playground")


def test_a_signal_at_any_moment_of_the_start(opened: Open) -> None:
    draw = random.Random(7)
    for _ in range(4):
        terminal = opened("bptt")
        terminal.wait(lambda: False, draw.uniform(0.05, 0.9))
        terminal.process.send_signal(signal.SIGTERM)
        code = terminal.ended(3)
        assert code in (128 + signal.SIGTERM, -signal.SIGTERM)  # before Python has begun nothing can be handled
        assert termios.tcgetattr(terminal.theirs) == terminal.modes


INTERRUPTED = """
import os, signal
import textual.{module} as at
def interrupted(*args, _real=at.{place}, **options):
    at.{place} = _real
    os.kill(os.getpid(), signal.SIGTERM)
    return _real(*args, **options)
at.{place} = interrupted
"""
"""Sends the signal when the library comes to a place for the first time."""


@pytest.mark.parametrize(
    ("module", "place"),
    [
        ("app", "App.run_async"),
        ("drivers.linux_driver", "LinuxDriver.start_application_mode"),
        ("drivers.linux_driver", "WriterThread.start"),
        ("app", "App._ready"),
    ],
)
def test_a_signal_on_the_way_into_the_terminal(opened: Open, module: str, place: str) -> None:
    terminal = opened("bptt", before=INTERRUPTED.format(module=module, place=place))
    assert terminal.ended(8) == 128 + signal.SIGTERM
    assert b"Traceback" not in terminal.wrote
    assert termios.tcgetattr(terminal.theirs) == terminal.modes


def test_a_signal_on_the_way_out(opened: Open) -> None:
    terminal = opened(before=INTERRUPTED.format(module="app", place="App._shutdown"))
    terminal.until(b"quit")
    terminal.type(b"q")
    assert terminal.ended(8) in (0, 128 + signal.SIGTERM)  # it was about to end by itself
    assert b"Traceback" not in terminal.wrote
    assert termios.tcgetattr(terminal.theirs) == terminal.modes


@pytest.mark.representative("True")
@pytest.mark.parametrize("ignored", [False, True])
def test_a_terminal_that_goes(opened: Open, tmp_path: Path, ignored: bool) -> None:
    """Also where SIGHUP came ignored, as by nohup."""
    terminal = opened("neuron", ignored=ignored)
    terminal.until("→".encode())
    terminal.type(b"..")
    time.sleep(0.6)
    terminal.hang_up()
    assert terminal.ended(3) == 128 + signal.SIGHUP
    assert place(tmp_path, "neuron")["step"] >= 2


def test_bytes_that_are_no_utf_8_and_unfinished_sequences(opened: Open, tmp_path: Path) -> None:
    terminal, draw = opened("neuron"), random.Random(3)
    terminal.until("→".encode())
    for _ in range(40):
        terminal.type(bytes(draw.choice([0xFF, 0xE9, 0xC3, 0x80, 0x9B, 0x00]) for _ in range(5)))
        terminal.type(draw.choice([b"\x1b", b"\x1b[", b"\x1b[<0;3", b"\x1b]0;x", b"\x1bO", b"\x1b[200", b"\x1b[999~"]))
    time.sleep(0.5)
    assert terminal.process.poll() is None
    terminal.type(b"\x1b")
    time.sleep(0.5)
    terminal.type(b"\x1b")
    time.sleep(0.5)
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.ended(3) == 128 + signal.SIGTERM


@pytest.mark.representative("plain")
@pytest.mark.parametrize("how", ["plain", "bracketed", "never ends"])
def test_a_megabyte_pasted(opened: Open, how: str) -> None:
    terminal = opened("neuron")
    terminal.until("→".encode())
    text = b"paste this text into it " * 43_691
    begin, end = (b"", b"") if how == "plain" else (b"\x1b[200~", b"" if how == "never ends" else b"\x1b[201~")
    terminal.type(begin + text + end)
    time.sleep(2.5)
    before = len(terminal.wrote)
    terminal.type(b"?")
    assert terminal.wait(lambda: len(terminal.wrote) > before + 200, 2)
    terminal.type(b"\x1b")
    time.sleep(0.3)
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.ended(3) == 128 + signal.SIGTERM


def test_it_goes_to_the_background_and_comes_back(opened: Open) -> None:
    terminal = opened("neuron")
    terminal.until("→".encode())
    terminal.type(b"\x1a")
    state = Path(f"/proc/{terminal.process.pid}/stat")
    if state.exists():
        assert terminal.wait(lambda: state.read_text().rpartition(")")[2].split()[0] == "T", 3)
    assert terminal.restored()
    before = len(terminal.wrote)
    terminal.process.send_signal(signal.SIGCONT)
    assert terminal.wait(lambda: b"\x1b[?1049h" in terminal.wrote[before:], 3)
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.ended(3) == 128 + signal.SIGTERM


def test_q_ends_it_with_0(opened: Open) -> None:
    terminal = opened("neuron")
    terminal.until("→".encode())
    terminal.type(b"q")
    time.sleep(0.4)
    terminal.type(b"q")
    assert terminal.ended(3) == 0
    assert terminal.restored()
