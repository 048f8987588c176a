"""A law over all lessons: whatever is typed for a knob, an address or a cell is done, or refused in one line."""

from __future__ import annotations

import os
import random

import pytest

from tests.fuzz.states import CARDS
from tests.fuzz.typed import try_typed

SEED = int(os.environ.get("UNROLL_FUZZ_SEED", "1"))
COUNT = int(os.environ.get("UNROLL_FUZZ_COUNT", "30"))


@pytest.mark.events
@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("lesson", [card.id for card in CARDS if card.id != "timeline"])
def test_whatever_is_typed(lesson: str) -> None:
    for n in range(COUNT):
        try:
            try_typed(random.Random(f"{SEED}.{n}"), lesson)
        except Exception as error:
            raise AssertionError(f"UNROLL_FUZZ_SEED={SEED}, number {n}") from error
