"""All that is measured beside a peer, in one table: `python benchmarks/table.py [TEXT] [--only NAME …] [--rounds 10]`.

Each benchmark runs by itself, one after the other, and leaves its rows here; with TEXT, a sentence a line, the commands
from a shell too. What it prints goes into README: ours, the peer's, the peer's over ours with quartiles, what is asked.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import turns

HERE = Path(__file__).parent
ROUNDS = {
    "boltzmann": "--rounds", "captions": "--rounds", "convolution": "--rounds", "recurrent": "--rounds",
    "shallow": "--turns", "trees": "--rounds", "translate": "--rounds", "word2vec": "--rounds",
}  # fmt: skip
"""The benchmarks that have a peer, and the option that says how many turns they take."""


class Row(NamedTuple):
    """What was measured, beside whom; seconds of both; the ratio with its quartiles; what is asked of it."""

    name: str
    peer: str
    mine: float
    other: float
    ratio: float
    low: float
    high: float
    asked: str


def run(script: str, more: list[str]) -> list[Row]:
    """The rows of a benchmark; what it prints goes to standard error."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        given = {**os.environ, turns.ROWS: str(path)}
        subprocess.run([sys.executable, HERE / f"{script}.py", *more], env=given, stdout=sys.stderr, check=True)
        lines = path.read_text(encoding="utf-8").splitlines()
    return [Row(*json.loads(line)) for line in lines]


def time_of(seconds: float) -> str:
    """Seconds with a unit that fits."""
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", nargs="?")
    parser.add_argument("--only", nargs="+", choices=[*ROUNDS, "commands"], default=[*ROUNDS, "commands"])
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    rows = []
    for script in options.only:
        if script in ROUNDS:
            only = ["--only", "speed"] if script == "word2vec" else []
            rows += run(script, [ROUNDS[script], str(options.rounds), *only])
        elif options.text:
            rows += run(script, [options.text])
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores of {processor()}, Python {platform.python_version()}\n")
    print("| | ours | peer | | peer / ours | at least |\n|---|---|---|---|---|---|")
    for row in rows:
        ratio = f"{row.ratio:.2f} ({row.low:.2f}–{row.high:.2f})"
        print(f"| {row.name} | {time_of(row.mine)} | {time_of(row.other)} | {row.peer} | {ratio} | {row.asked} |")


if __name__ == "__main__":
    main()
