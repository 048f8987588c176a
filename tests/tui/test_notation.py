"""The key `m`: the lecture's other notation on the screen, kept for the next lesson, and no number changed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tui.driving import go, lesson, shown

PLACES = {
    "srn": "cell/t=1/inside",
    "bptt": "dW/t=3/k=1",
    "vanishing": "joints/k=30",
    "lstm": "forward/t=1/gate_i",
    "gru": "backward/k=1",
    "memory": "forward/t=1",
    "generate": "forward/t=1/gate_i",
    "translate": "encode/s=1/gate_z",
}


@pytest.mark.parametrize("id", PLACES)
async def test_every_recurrent_lesson_has_it(id: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id=id) as (pilot, screen):
        go(screen, PLACES[id])
        before = shown(screen, "stage"), shown(screen, "text"), shown(screen, "foot")
        assert "W_" not in "".join(before)
        await pilot.press("m")
        other = shown(screen, "stage")
        assert "W_" in other
        assert screen.context.store.settings.other_notation
        numbers = re.compile(r"[−]?\d*\.\d+")
        assert sorted(set(numbers.findall(other))) == sorted(set(numbers.findall(before[0])))
        await pilot.press("i")
        assert screen.look.drawer is not None
        await pilot.press("escape", "m")
        assert (shown(screen, "stage"), shown(screen, "text"), shown(screen, "foot")) == before


async def test_gated_cells_have_the_letters_of_papers(tmp_path: Path) -> None:
    """W at the input and U at the state, as in Cho et al. 2014, on weights, formulas and edges."""
    async with lesson(tmp_path, (120, 36), id="lstm") as (pilot, screen):
        go(screen, "forward/t=1/gate_i")
        assert "netiₜ = Ui xₜ + Wi hₜ₋₁ + bi" in shown(screen, "stage")
        assert "i = σ(Ui x + Wi h₋₁ + bi)" in " ".join(shown(screen, "text").replace("│", " ").split())
        await pilot.press("m")
        assert "netiₜ = W_i xₜ + U_i hₜ₋₁ + b_i" in shown(screen, "stage")
        assert "i = σ(W_i x + U_i h₋₁ + b_i)" in " ".join(shown(screen, "text").replace("│", " ").split())
        assert not re.search(r"\b[UW]i\b", shown(screen, "stage"))


async def test_it_is_kept_and_others_say_that_they_have_one(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="srn") as (pilot, screen):
        await pilot.press("m")
    async with lesson(tmp_path, (120, 36), id="bptt") as (pilot, screen):
        go(screen, "dW/t=3/k=1")
        assert "W_hh" in shown(screen, "stage")
    async with lesson(tmp_path, (120, 36), id="hebb") as (pilot, screen):
        await pilot.press("m")
        assert "one notation" in screen.look.status
