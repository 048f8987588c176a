"""The app in a pseudo-terminal, as one has it who sits before it: what comes out, when, and what it cost."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Sequence
from pathlib import Path

ASKED, ANSWER = b"\x1b[6n", b"\x1b[1;4R"
"""What asks where the cursor is, and what a terminal answers that draws our glyphs single."""


class Terminal:
    """A command in a terminal of 120×36. `home` is where the app keeps what it keeps."""

    def __init__(self, command: Sequence[str], home: str | Path) -> None:
        self.began = time.perf_counter()
        self._process, self._terminal = pty.fork()
        if self._process == 0:
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # who has installed it has it compiled
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", UNROLL_HOME=str(home), LANG="C.UTF-8")
            os.environ.update(COLUMNS="120", LINES="36")
            os.execvp(command[0], command)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))

    def read(self, seconds: float, until: str = "") -> bool:
        """Read what comes out for so many seconds, or until these words have come. Whether they have."""
        seen, words, end = b"", until.encode(), time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if not select.select([self._terminal], [], [], left)[0]:
                break
            try:
                chunk = os.read(self._terminal, 65536)
            except OSError:  # it has ended
                break
            if ASKED in chunk:
                os.write(self._terminal, ANSWER)
            seen += chunk
            if until and words in seen:
                return True
        return False

    def type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def kill(self) -> float:
        """End it; the seconds of CPU that it took."""
        os.kill(self._process, signal.SIGKILL)
        _, _, usage = os.wait4(self._process, 0)
        os.close(self._terminal)
        return usage.ru_utime + usage.ru_stime
