"""`lstm` and `gru` by keys: the ledger row by row, its other face, timesteps and gates as grains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.tui.driving import lesson, shown

ROADS = {"lstm": "gc", "gru": "gh"}


@pytest.mark.parametrize("id", ROADS)
@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_ledger_row_by_row(id: str, size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id=id) as (pilot, screen):
        player = screen.player
        await pilot.press("n", "n", "full_stop")
        assert player.view().path[:2] == (("ledger", -1), ("t", 0))
        await pilot.press("up", "up")  # from a gate to k, to t
        for t in range(3):
            await pilot.press("full_stop")
            view = player.view()
            assert view.path[1] == ("t", t)
            assert view.path[2] == ("k", 0)
            assert view.get(f"reach[{t},0]") is not None
            assert view.get(f"reach[{t + 1},0]") is None
        view = player.view()
        for k in range(3):
            column, sweep = view.get(f"column[{k}]"), view.get(f"{ROADS[id]}[{k}]")
            assert column is not None
            assert sweep is not None
            np.testing.assert_allclose(column, sweep, atol=1e-14)
        lengths = shown(screen, "stage")
        await pilot.press("v")
        assert shown(screen, "stage") != lengths
        await pilot.press("v", "comma")
        assert player.view().path[1] == ("t", 1)


@pytest.mark.parametrize("id", ROADS)
async def test_a_timestep_and_a_gate_are_grains(id: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id=id) as (pilot, screen):
        player = screen.player
        await pilot.press("full_stop")
        assert player.view().path[-1][0].startswith("gate_")
        await pilot.press("up", "full_stop", "full_stop")
        assert player.view().get("E[1]") is not None
        assert player.view().get("h[2]") is None
        await pilot.press("down", "full_stop")
        assert player.view().path[1:] == (("t", 2), player.view().path[2])
        assert player.view().path[2][0].startswith("gate_")


async def test_a_number_may_begin_with_its_point(tmp_path: Path) -> None:
    async with lesson(tmp_path, asks=True, id="lstm") as (pilot, screen):
        for _ in range(40):
            if screen.player.asked is not None:
                break
            await pilot.press("full_stop")
        asked = screen.player.asked
        assert asked is not None
        assert asked.ask.kind == "number"
        await pilot.press("full_stop", "4", "9", "enter")
        assert asked.given == 0.49


@pytest.mark.parametrize(
    ("lang", "cell", "sources", "knob"),
    [
        (
            "en", "net input of the forget gate f",
            ("weights from what is read into the forget gate f", "h₋₁  2×1  start state: h before the first timestep"),
            "bias that the forget gate begins with",
        ),
        (
            "zh", "遗忘门 f 的净输入",
            ("从输入到遗忘门 f 的权重", "h₋₁  2×1  起始状态：第一个时刻之前的 h"),
            "遗忘门偏置的初始值",
        ),
    ],
)  # fmt: skip
async def test_symbols_and_knobs_are_explained(
    lang: str, cell: str, sources: tuple[str, ...], knob: str, tmp_path: Path
) -> None:
    """The cell that is inspected, what it was made from, and the knob that is chosen."""
    async with lesson(tmp_path, (120, 36), id="lstm") as (pilot, screen):
        if lang == "zh":
            await pilot.press("l")
        await pilot.press("full_stop", "full_stop", "i")
        stage = shown(screen, "stage")
        assert cell in stage
        assert [said for said in sources if said not in stage] == []
        await pilot.press("enter")
        assert cell not in shown(screen, "stage")
        assert sources[0] in shown(screen, "stage")
        await pilot.press("escape", "k")
        assert knob not in shown(screen, "stage")
        await pilot.press("down", "down")
        assert knob in shown(screen, "stage")
