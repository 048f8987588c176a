"""How long it takes to start: `unroll --help` against `import textual.app`, first paint against a bare Textual app.

    python benchmarks/startup.py [--rounds 11]

First paint is the time from starting the process to the first frame with the app's own words on it, read from a
pseudo-terminal; the bare app has Header and Footer and imports NumPy, as any app of this kind must.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

BARE = """
import numpy
from textual.app import App
from textual.widgets import Footer, Header, Static
class Bare(App):
    def compose(self):
        yield Header()
        yield Static("unroll")
        yield Footer()
Bare().run()
"""


def wall(command: list[str]) -> float:
    """Seconds until a command has ended."""
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def first_paint(command: list[str], words: bytes, home: str) -> float:
    """Seconds until `words` come out of a command that runs in a terminal of 120×36."""
    began = time.perf_counter()
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(TERM="xterm-256color", UNROLL_HOME=home, LANG="C.UTF-8", COLUMNS="120", LINES="36")
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    seen = b""
    while words not in seen and time.perf_counter() - began < 20:
        if select.select([terminal], [], [], 0.5)[0]:
            chunk = os.read(terminal, 65536)
            if b"\x1b[6n" in chunk:
                os.write(terminal, b"\x1b[1;4R")  # what a terminal answers that draws our glyphs single
            seen += chunk
    took = time.perf_counter() - began
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    os.close(terminal)
    return took


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    unroll = shutil.which("unroll") or sys.exit("install unroll first")
    home = tempfile.mkdtemp()
    measures = {
        "unroll --help": lambda: wall([unroll, "--help"]),
        "unroll lessons": lambda: wall([unroll, "lessons"]),
        "import textual.app": lambda: wall([sys.executable, "-c", "import textual.app"]),
        "first paint, unroll": lambda: first_paint([unroll], b"bptt", home),
        "first paint, bare app": lambda: first_paint([sys.executable, "-c", BARE], b"unroll", home),
    }
    for measure in measures.values():
        measure()
    found: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    median = {name: statistics.median(times) for name, times in found.items()}
    for name, seconds in median.items():
        print(f"{name:<24}{seconds * 1e3:>8.0f} ms")
    print(
        f"--help / import textual.app   {median['unroll --help'] / median['import textual.app']:.2f}   (at most 0.50)"
    )
    ratio = median["first paint, unroll"] / median["first paint, bare app"]
    print(f"first paint / bare app        {ratio:.2f}   (at most 1.50)")


if __name__ == "__main__":
    main()
