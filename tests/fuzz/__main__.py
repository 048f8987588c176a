"""`python -m tests.fuzz --minutes 30 --seed N`: states, bookmarks and what is typed, at random over all lessons.

A failure prints the seed, the number and the lesson that make it again, with its traceback, and the run goes on; the
exit code is 1 where there was one.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

from tests.fuzz.kinds import kinds
from tests.fuzz.states import CARDS

SLOW = 2.0
"""Seconds beyond which one try is said to have been slow."""


def main() -> int:
    """Try until the time is over; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lesson", choices=[card.id for card in CARDS], action="append")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    folder = Path(tempfile.mkdtemp(prefix="unroll-fuzz-"))
    lessons = given.lesson or [card.id for card in CARDS]
    counts, end, number = Counter[str](), time.monotonic() + 60 * given.minutes, 0
    while time.monotonic() < end:
        for kind, attempt in kinds(folder).items():
            for lesson in lessons:
                began = time.monotonic()
                try:
                    attempt(random.Random(f"{given.seed}.{number}"), lesson)
                except Exception:
                    counts["failed"] += 1
                    print(f"seed {given.seed}, number {number}, {kind} of {lesson}", file=sys.stderr)
                    traceback.print_exc()
                took = time.monotonic() - began
                counts[kind] += 1
                if took > SLOW:
                    counts["slow"] += 1
                    print(f"{took:.1f} s: seed {given.seed}, number {number}, {kind} of {lesson}", file=sys.stderr)
                if time.monotonic() > end:
                    break
        number += 1
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
