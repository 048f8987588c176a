"""Laws over all lessons: a mutated state, a mutated bookmark, whatever is typed, is done or refused in words."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.fuzz.kinds import kinds
from tests.fuzz.states import CARDS

SEED = int(os.environ.get("UNROLL_FUZZ_SEED", "1"))
COUNTS = {"state": 12, "bookmark": 20, "typed": 30, "session": 1, "cells": 1}
"""How many of each kind a lesson is tried with, unless UNROLL_FUZZ_COUNT says it."""
DEAR = {
    "state": ("timeline", "rivals"), "bookmark": ("timeline", "rivals"), "typed": ("timeline",),
    "session": ("timeline", "rivals"),
    "cells": ("timeline", "rivals"),
}  # fmt: skip
"""Lessons whose every start takes long: `python -m tests.fuzz` tries them."""


@pytest.mark.events
@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("kind", "lesson"), [(kind, card.id) for kind in COUNTS for card in CARDS if card.id not in DEAR[kind]]
)
def test_nothing_ends_in_an_error(kind: str, lesson: str, tmp_path: Path) -> None:
    attempt = kinds(tmp_path)[kind]
    for n in range(int(os.environ.get("UNROLL_FUZZ_COUNT", COUNTS[kind]))):
        try:
            attempt(random.Random(f"{SEED}.{n}"), lesson)
        except Exception as error:
            state = tmp_path / "state.json"
            shown = state.read_text(encoding="utf-8")[:400] if state.exists() else ""
            raise AssertionError(f"UNROLL_FUZZ_SEED={SEED}, number {n}: {shown}") from error
