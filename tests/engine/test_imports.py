"""Loading the engine and the lessons loads no screen, and no GPU library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import importlib, pkgutil, sys

def raises(name):
    raise ImportError(name)

found = []
for room in sys.argv[1].split(","):
    package = importlib.import_module(room)
    for module in pkgutil.walk_packages(package.__path__, f"{room}.", onerror=raises):
        importlib.import_module(module.name)
        found.append(module.name)
assert len(found) > 5, found
print(*sorted(name for name in sys.argv[2].split(",") if name in sys.modules))
"""


@pytest.mark.parametrize(
    ("rooms", "forbidden"),
    [
        ("engine", "textual,rich,click,cupy,cupyx,torch,lessons,tui"),
        ("engine,lessons", "textual,rich,click,cupy,cupyx,torch,tui"),
    ],
)
def test_what_loads_with(rooms: str, forbidden: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, rooms, forbidden], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_the_tables_that_cards_choose_from_load_no_array_library() -> None:
    """A card lists optimisers and activation functions by their tables, and the course opens without NumPy."""
    script = (
        "import sys; from engine.maths.activations import ACTIVATIONS; from engine.maths.optimisers import OPTIMISERS;"
        " print(*ACTIVATIONS, *OPTIMISERS, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    *names, loaded = done.stdout.split()
    assert loaded == "False"
    assert {"tanh", "relu", "sgd", "adam"} <= set(names)
