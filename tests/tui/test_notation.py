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


OTHER = {
    "srn": (r"(?<![A-Za-z_])(?:[UVW](?![A-Za-z_])|s[₀-₉₋ₜₖ])", ("cell/t=1/inside", "cell/t=3/output", "shared/t=2")),
    "bptt": (
        r"(?<![A-Za-z_])(?:[UVW](?![A-Za-z_])|s[₀-₉₋ₜₖ])",
        (
            "forward/t=2", "chain/output/t=3", "chain/state/t=3/k=1", "dV/t=3", "dW/t=3/k=1", "dU/t=3/k=1",
            "sum/columns/k=2", "sum/sweep/k=1", "check/W/cell=2", "train",
        ),
    ),
    "lstm": (r"(?<![A-Za-z_])[UW][ifog](?![A-Za-z_])", ("forward/t=1/gate_i", "backward/k=1", "road/k=1")),
    "gru": (r"(?<![A-Za-z_])[UW][zrn](?![A-Za-z_])", ("forward/t=1/gate_n", "backward/k=1")),
}  # fmt: skip
"""What is spelled otherwise in the other notation, and places that show it."""


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("id", OTHER)
async def test_no_symbol_of_the_first_notation_is_left(id: str, lang: str, tmp_path: Path) -> None:
    spelled_otherwise, places = OTHER[id]
    async with lesson(tmp_path, (120, 46), id=id) as (pilot, screen):
        if lang == "zh":
            await pilot.press("l")
        await pilot.press("m")
        for place in places:
            go(screen, place)
            for part in ("top", "text", "stage", "foot"):
                said = shown(screen, part)
                left = [line for line in said.splitlines() if re.search(spelled_otherwise, line)]
                assert left == [], (place, part)
