"""A law over all lessons: a state that is not as it should be is refused in words, and never ends in an error."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.fuzz.states import CARDS, try_state

SEED = int(os.environ.get("UNROLL_FUZZ_SEED", "1"))
COUNT = int(os.environ.get("UNROLL_FUZZ_COUNT", "12"))


@pytest.mark.events
@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("lesson", [card.id for card in CARDS if card.id not in ("timeline", "rivals")])
def test_mutated_states(lesson: str, tmp_path: Path) -> None:
    for n in range(COUNT):
        try:
            try_state(random.Random(f"{SEED}.{n}"), lesson, tmp_path)
        except Exception as error:
            state = (tmp_path / "state.json").read_text(encoding="utf-8")[:400]
            raise AssertionError(f"UNROLL_FUZZ_SEED={SEED}, number {n}: {state}") from error
