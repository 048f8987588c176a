"""What numbers a panel holds, whatever its kind."""

from __future__ import annotations

from lessons.contract.panels import Beside, Block, Graph, Item, Matrix, Panel


def blocks_of(panel: Panel) -> list[Block]:
    """The blocks of numbers in a panel."""
    match panel:
        case Matrix():
            items: list[Item] = [item for row in panel.rows for item in row.items.values()]
            return [item for item in items if isinstance(item, Block)]
        case Graph():
            return [node.block for node in panel.nodes if node.block is not None]
        case Beside():
            return [block for stack in panel.stacks for each in stack for block in blocks_of(each)]
    return []


def too_large(block: Block) -> bool:
    """Whether a block is shown in glyphs wherever it stands on a time axis."""
    rows, cols = block.shape
    return rows > 6 or (cols > 2 and (rows > 1 or cols > 3))
