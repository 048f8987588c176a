"""A text of 500 letters at 64 hidden units: any row of its ledger opens without filling the memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

from engine.device import HOST
from engine.maths.activations import ACTIVATIONS
from engine.recurrent.unrolled import Unrolled
from engine.walks.reel import Reel
from tests.engine.cases import ALL, GRAINS, make

T, H, K, MOST = 499, 64, 40, 100e6


@pytest.fixture
def net() -> Iterator[Unrolled]:
    case = make(HOST, T, 1, H, K)
    tracemalloc.start()
    yield Unrolled(HOST, ACTIVATIONS["tanh"], *case, ALL)
    tracemalloc.stop()


@pytest.mark.parametrize("t", [0, T // 2, T - 1])
def test_a_row_opened(net: Unrolled, t: int) -> None:
    reel = Reel([net.section_row((("dW", -1),), k, "WUb") for k in range(T)], GRAINS)
    reel.step(reel.starts[t + 1])
    assert len(reel.tape(t)) == 3 + 7 * (t + 1)
    kept, peak = tracemalloc.get_traced_memory()
    assert kept <= peak < MOST


def test_rows_one_after_the_other_as_the_lesson_opens_them(net: Unrolled) -> None:
    reel = Reel([net.section_row((("dW", -1),), k, "W") for k in range(T)], GRAINS)
    for t in (T - 3, T - 2, T - 1, T - 2):
        reel.step(reel.starts[t + 1])
    assert tracemalloc.get_traced_memory()[1] < MOST


def test_the_whole_ledger(net: Unrolled) -> None:
    """All T²/2 norms, the columns, the sum over t: no term is kept."""
    assert len(net.ledger.norms["W"][T - 1]) == T
    reel = Reel([net.section_sum((("sum", -1),))], GRAINS)
    assert reel.get("dW", 5 * 40) is not None
    assert tracemalloc.get_traced_memory()[1] < MOST
