"""A text of 500 letters at 64 hidden units: how long a row of its ledger takes to open and to be shown, and the memory.

python benchmarks/ledger.py [--rows 12]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time

import numpy as np

from engine.device import HOST
from lessons.contract import text as texts
from lessons.course import open_lesson
from lessons.player.player import Player
from lessons.recurrent.bptt import CARD


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=12)
    rng = np.random.default_rng(0)
    written = "".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz ,."), 500))
    player = Player(open_lesson(CARD), HOST, {"text": written, "hidden": 64})
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    said = texts.load("lessons.recurrent.bptt", "en")
    opened, shown = [], []
    for t in rng.integers(0, 499, parser.parse_args().rows):
        began = time.perf_counter()
        player.jump(f"dW/t={t}/k={t // 2}")
        opened.append(time.perf_counter() - began)
        player.lesson.panels(player.view(), said)
        shown.append(time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"a row opens        {statistics.median(opened) * 1e3:6.0f} ms, at most {max(opened) * 1e3:.0f} ms   (250)")
    print(f"and its view       {statistics.median(shown) * 1e3:6.0f} ms, at most {max(shown) * 1e3:.0f} ms")
    print(f"memory, whole      {peak:6.0f} MB with Python and NumPy")


if __name__ == "__main__":
    main()
