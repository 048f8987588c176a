"""How long it takes to start: `unroll --help` against `import textual.app`, first paint against a bare Textual app.

    python benchmarks/startup.py [--rounds 11] [--beside OTHER/bin/unroll [LESSON…]]

First paint is the time from starting the process to the first frame with the app's own words on it, read from a
pseudo-terminal; the bare app has Header and Footer and imports NumPy, as any app of this kind must. With --beside
a lesson's first paint is measured here and in another installation, by turns.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from terminal import Terminal

UNROLL = shutil.which("unroll", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}") or ""
LESSONS = ("bptt", "neuron", "word2vec", "timeline", "generate")

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


def first_paint(command: list[str], words: str, home: str) -> tuple[float, float]:
    """Seconds until `words` come out of a command that runs in a terminal, and seconds of CPU until then."""
    terminal = Terminal(command, home)
    found = terminal.read(60, until=words)
    wall = time.perf_counter() - terminal.began
    cpu = terminal.kill()
    if not found:
        sys.exit(f"{' '.join(command)} did not say {words!r}")
    return wall, cpu


def lessons_beside(lessons: Sequence[str], other: str, rounds: int) -> None:
    """A lesson's first paint here and in another installation, by turns; the ratio of each turn, its median."""
    homes = [tempfile.mkdtemp(), tempfile.mkdtemp()]
    print(f"load {os.getloadavg()[0]:.1f}; ms and ms of CPU, here / beside: medians, least, median of ratios")
    for lesson in lessons:
        turns = []
        for n in range(rounds + 1):
            turn = [
                first_paint([each, lesson], "paused", home) for each, home in zip((UNROLL, other), homes, strict=True)
            ]
            turns += [turn] if n else []  # the first one compiles
        for what, name in enumerate(("wall", "CPU")):
            here, beside = ([turn[side][what] * 1e3 for turn in turns] for side in range(2))
            ratios = [a / b for a, b in zip(here, beside, strict=True)]
            print(
                f"{lesson:<14}{name:<6}{statistics.median(here):>6.0f}/{statistics.median(beside):<6.0f}"
                f"{min(here):>6.0f}/{min(beside):<6.0f}{statistics.median(ratios):>6.3f}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--beside")
    parser.add_argument("lessons", nargs="*")
    options = parser.parse_args()
    rounds, unroll = options.rounds, UNROLL or sys.exit("install unroll first")
    if options.beside:
        lessons_beside(options.lessons or LESSONS, options.beside, rounds)
        return
    home = tempfile.mkdtemp()
    measures = {
        "unroll --help": lambda: wall([unroll, "--help"]),
        "unroll lessons": lambda: wall([unroll, "lessons"]),
        "import textual.app": lambda: wall([sys.executable, "-c", "import textual.app"]),
        "first paint, unroll": lambda: first_paint([unroll], "bptt", home)[0],
        "first paint, bare app": lambda: first_paint([sys.executable, "-c", BARE], "unroll", home)[0],
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
