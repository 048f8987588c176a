"""The lens: the exact cells around one, where its block is shown in glyphs."""

from __future__ import annotations

from collections.abc import Sequence

from lessons.contract.panels import Block, Graph, Heat, Lens, Matrix, Panel, Tiles
from lessons.explaining.typeset import entry
from tui.draw.pen import Cursor


def lens(block: Block, index: tuple[int, ...]) -> Lens:
    """The exact cells of a block around the entry at `index`."""
    return Lens(
        id="lens", priority=4, title=entry(block.symbol, ()), block=block, focus=block.cell(index) or (0, 0)
    )  # fmt: skip


def lens_for(panels: Sequence[Panel], cell: Cursor, width: int) -> Lens | None:
    """The lens for a cell of these panels, None where its digits are shown already; a Heat has a lens of its own."""
    symbol, index = cell
    held = [
        (panel, block)
        for panel in flat(panels)
        if not isinstance(panel, Heat | Lens)
        for block in panel.blocks()
        if block.symbol == symbol and block.values is not None
    ]
    panel, block = next((each for each in held if each[1].cell(index) is not None), held[0] if held else (None, None))
    if panel is None or block is None or not (isinstance(panel, Tiles) or too_large(block)):
        return None
    timed = panel.axis is not None if isinstance(panel, Matrix) else isinstance(panel, Graph | Tiles)
    return None if not timed and 6 * block.shape[1] < width // 2 else lens(block, index)


def flat(panels: Sequence[Panel]) -> list[Panel]:
    """The panels, each stack of those side by side as its panels."""
    return [each for panel in panels for each in (flat(panel.parts()) or [panel])]


def too_large(block: Block) -> bool:
    """Whether a block is shown in glyphs wherever it stands on a time axis."""
    rows, cols = block.shape
    return rows > 6 or (cols > 2 and (rows > 1 or cols > 3))
