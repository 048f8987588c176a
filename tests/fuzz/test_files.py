"""What commands read, as it is and mutated: done, or refused in one line, and nothing else."""

from __future__ import annotations

import os
import random
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz.files import READ, command, try_file

SEED = int(os.environ.get("UNROLL_FUZZ_SEED", "1"))
COUNT = int(os.environ.get("UNROLL_FUZZ_COUNT", "12"))
KINDS = [kind for kind in READ if kind != "picture" or find_spec("PIL") is not None]


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLL_HOME", "")


@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
def test_a_mutated_file_is_read_or_refused_in_a_line(kind: str, tmp_path: Path) -> None:
    name, content, args = READ[kind]
    (tmp_path / name).write_bytes(content(tmp_path))
    if not name.endswith(".json"):
        assert command(*(each.format(file=tmp_path / name, folder=tmp_path) for each in args)) == (0, "")
    for n in range(COUNT):
        try:
            try_file(random.Random(f"{SEED}.{n}"), kind, tmp_path)
        except Exception as error:
            raise AssertionError(f"UNROLL_FUZZ_SEED={SEED}, number {n}") from error
