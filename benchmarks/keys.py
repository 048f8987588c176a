"""From a key to what it paints, while training runs at full speed: in every lesson that trains, at its own settings.

    python benchmarks/keys.py [--seconds 6] [--busy 1] [--beside OTHER/bin/unroll] [LESSON…]

The app runs in a terminal as it is shipped. The key is that of the other language, which paints everything anew; the
time ends when the words of that language have come out. With --busy so many processes compute beside it; with --beside
another installation takes turns with this one. Updates tell what the keys cost training.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from terminal import Terminal

from lessons.contract.card import Card
from lessons.course import course, open_lesson

PAUSE = 0.1
"""Seconds between two keys, on average."""
GIVEN = {"word2vec": ("--set", "epochs=1000"), "mlp": ("--set", "tolerance=0")}
"""Knobs without which training would be over too soon to be measured."""
PLAYING = ("playing", "播放")


def delays(unroll: str, card: Card, seconds: float) -> tuple[list[float], int]:
    """ms from each key to what it painted; updates made meanwhile."""
    home, draw, found = Path(tempfile.mkdtemp()), Random(1), list[float]()
    record = {ask.id: "skipped" for ask in open_lesson(card).asks}
    (home / "settings.json").write_text(json.dumps({"speed": 4096.0, "language": "en"}))
    (home / "progress.json").write_text(json.dumps({"lessons": {card.id: {"record": record}}}))
    app = Terminal([unroll, card.id, "--at", "train", *GIVEN.get(card.id, ())], home)
    try:
        if not app.read(30, until="paused"):
            sys.exit(f"{card.id} did not open")
        app.read(0.5)
        app.type(" ")
        app.read(1.0)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            pressed = time.perf_counter()
            app.type("l")
            if not app.read(5, until=PLAYING[(len(found) + 1) % 2]):
                sys.exit(f"{card.id} does not train")
            found.append((time.perf_counter() - pressed) * 1e3)
            app.read(PAUSE * (0.5 + draw.random()))
        app.type(" ")  # where training stops, it is kept
        app.read(1.0)
    finally:
        app.kill()
    place = json.loads((home / "progress.json").read_text())["lessons"][card.id].get("place", {})
    return found, max((int(run["length"]) for run in place.get("branches", ())), default=0)


def compute() -> None:
    while True:
        sum(range(10_000))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--beside")
    options = parser.parse_args()
    here = shutil.which("unroll", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    installed = [each for each in (here, options.beside) if each] or sys.exit("install unroll first")
    cards = [card for card in course().values() if isinstance(card, Card) and "train" in card.acts]
    beside = [multiprocessing.Process(target=compute, daemon=True) for _ in range(options.busy)]
    for process in beside:
        process.start()
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    print(f"{'':<20}{'keys':>6}{'median ms':>11}{'p95 ms':>9}{'longest':>9}{'updates':>10}   (p95 at most 50)")
    for card in cards:
        for unroll in installed if not options.lessons or card.id in options.lessons else ():
            found, updates = delays(unroll, card, options.seconds)
            found.sort()
            shown = f"{found[len(found) // 2]:>11.1f}{found[int(len(found) * 0.95)]:>9.1f}{found[-1]:>9.1f}"
            name = card.id if unroll == here else "  beside"
            print(f"{name:<20}{len(found):>6}{shown}{updates:>10,}", flush=True)
    for process in beside:
        process.kill()
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
