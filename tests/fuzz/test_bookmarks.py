"""A law over all lessons: a bookmark that is not as it should be is lost in words, and never ends in an error."""

from __future__ import annotations

import os
import random

import pytest

from tests.fuzz.bookmarks import try_bookmark
from tests.fuzz.states import CARDS

SEED = int(os.environ.get("UNROLL_FUZZ_SEED", "1"))
COUNT = int(os.environ.get("UNROLL_FUZZ_COUNT", "20"))


@pytest.mark.events
@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("lesson", [card.id for card in CARDS if card.id not in ("timeline", "rivals")])
def test_mutated_bookmarks(lesson: str) -> None:
    for n in range(COUNT):
        try:
            try_bookmark(random.Random(f"{SEED}.{n}"), lesson)
        except Exception as error:
            raise AssertionError(f"UNROLL_FUZZ_SEED={SEED}, number {n}") from error
