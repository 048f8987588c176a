"""`python -m tests.fuzz --minutes 30 --seed N`: states, bookmarks, what is typed, sessions of keys and clicks, at
random over all lessons; and every kind of file that commands read.

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
from functools import partial
from pathlib import Path

from tests.fuzz.files import READ, try_file
from tests.fuzz.kinds import kinds
from tests.fuzz.states import CARDS

SLOW = 2.0
"""Seconds of work beyond which one try is said to have been slow."""


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
    tries = [(kind, lesson, attempt) for kind, attempt in kinds(folder).items() for lesson in lessons]
    tries += [] if given.lesson else [("file", kind, partial(try_file, folder=folder)) for kind in READ]
    random.Random(given.seed).shuffle(tries)  # a short run tries some of each
    while time.monotonic() < end:
        for kind, what, attempt in tries:
            began = time.process_time()
            try:
                attempt(random.Random(f"{given.seed}.{number}"), what)
            except Exception:
                counts["failed"] += 1
                print(f"seed {given.seed}, number {number}, {kind} of {what}", file=sys.stderr)
                traceback.print_exc()
            took = time.process_time() - began
            counts[kind] += 1
            if took > SLOW and kind != "session":
                counts["slow"] += 1
                print(f"{took:.1f} s: seed {given.seed}, number {number}, {kind} of {what}", file=sys.stderr)
            if time.monotonic() > end:
                break
        number += 1
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
