"""Sessions at random on a real pseudo-terminal: keys, the mouse, pastes, sizes, broken bytes; then it ends as asked."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals here", allow_module_level=True)

import fcntl
import struct
import termios

from lessons.course import course
from tests.fuzz.typed import PIECES
from tests.tui.test_machine import Terminal, place

SEED = int(os.environ.get("UNROLL_FUZZ_SEED", "1"))
EVENTS = int(os.environ.get("UNROLL_FUZZ_COUNT", "150"))
KEYS = [
    b"\x1b[C",
    b"\x1b[D",
    b"\x1b[A",
    b"\x1b[B",
    b"\t",
    b"\x1b[Z",
    b"\r",
    b" ",
    b"\x7f",
    b"\x1b[5~",
    b"\x1b[6~",
    b"\x1b[H",
]
KEYS += [bytes([code]) for code in b"npikecgtfmvzsTla.,<>+-123456789jr/?:[]"]


def drawn(draw: random.Random) -> bytes:
    """What comes from a terminal at one event."""
    kind = draw.random()
    if kind < 0.75:
        return draw.choice(KEYS)
    if kind < 0.87:
        x, y = draw.randrange(1, 120), draw.randrange(1, 40)
        return b"\x1b[<0;%d;%dM\x1b[<0;%d;%dm" % (x, y, x, y)
    text = draw.choice(PIECES)[:200].encode("utf-8", "surrogatepass")
    if kind < 0.93:
        return b"\x1b[200~" + text + b"\x1b[201~"
    return draw.choice([text, b"\xff", b"\x1b", b"\x1b[", b"\x1b[<0;3"])


@pytest.mark.events
@pytest.mark.exhaustive
@pytest.mark.parametrize("n", range(4))
def test_whatever_comes_it_ends_as_asked(n: int, tmp_path: Path) -> None:
    draw = random.Random(f"{SEED}.{n}")
    lesson = draw.choice([*course()])
    terminal, done = Terminal(tmp_path, lesson), list[bytes]()
    try:
        terminal.until("→".encode())
        for _ in range(EVENTS):
            if draw.random() < 0.03:
                size = struct.pack("HHHH", draw.choice([1, 10, 24, 30, 50]), draw.choice([1, 40, 80, 100, 200]), 0, 0)
                fcntl.ioctl(terminal.theirs, termios.TIOCSWINSZ, size)
            done.append(drawn(draw))
            terminal.type(done[-1])
            time.sleep(draw.choice([0, 0, 0, 0.01, 0.05]))
            assert terminal.process.poll() in (None, 0), (lesson, SEED, n, done[-20:])
        terminal.process.send_signal(signal.SIGTERM)
        code = terminal.ended(5)
        assert code in (128 + signal.SIGTERM, 0), (lesson, SEED, n, done[-20:])
        assert terminal.restored()
        assert b"Traceback" not in terminal.wrote
        assert "place" in place(tmp_path, lesson)
    finally:
        terminal.close()
