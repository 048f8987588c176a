"""What the terminal can show: asked before the app starts, so that no column breaks later."""

from __future__ import annotations

import os
import re
import select
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.machine.windows import Console

PROBE = "─δ►"


def width_of_probe(timeout: float = 0.1) -> int | None:
    """How many columns PROBE takes, by asking the terminal where its cursor is; None if it does not say in time."""
    try:
        import termios
        import tty
    except ImportError:
        return None
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    try:
        tty.setcbreak(handle)
        sys.stdout.write(f"\r{PROBE}\x1b[6n")
        sys.stdout.flush()
        answer, until = "", time.monotonic() + timeout
        while not answer.endswith("R") and time.monotonic() < until:
            if select.select([handle], [], [], max(0.0, until - time.monotonic()))[0]:
                answer += os.read(handle, 32).decode("ascii", "replace")
    except (OSError, UnicodeError):
        return None
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)
        sys.stdout.write("\r\x1b[2K")
        sys.stdout.flush()
    found = re.search(r"\x1b\[\d+;(\d+)R", answer)
    return int(found[1]) - 1 if found else None


def speaks_utf8() -> bool:
    """Whether what is written is read as UTF-8."""
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def wants_ascii(glyphs: str, console: Console | None = None) -> bool:
    """Whether to draw in ASCII: asked for, a Linux console, no UTF-8, or a terminal that draws our glyphs double.

    `console` is that of Windows; where none is given, the one of this process is asked, if it has one.
    """
    if glyphs != "auto":
        return glyphs == "ascii"
    if os.environ.get("TERM") in ("linux", "dumb") or not speaks_utf8():
        return True
    from tui.machine.windows import draws_double, open_console

    console = console or open_console()
    if console is not None:
        return draws_double(console, PROBE)
    columns = width_of_probe()
    return columns is not None and columns > len(PROBE)


def language(asked: str = "") -> str:
    """The language to speak: the one asked for, else Chinese in a Chinese locale, else English."""
    if asked:
        return asked
    locale = next((os.environ[v] for v in ("UNROLL_LANG", "LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(v)), "")
    return "zh" if locale.lower().startswith("zh") else "en"
