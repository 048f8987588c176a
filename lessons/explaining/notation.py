"""The same symbols under other names: the lecture writes one network in two notations (slides 31 and 38)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from lessons.contract.panels import Beside, Block, Graph, Item, Matrix, Panel, Row, Stage

Names = Mapping[str, str]
"""What each symbol is called instead: {"W": "W_hh"}."""
FORMULA = re.compile("[∂=‖Σδₜₖ]")
"""What makes the label of a row a formula, and no word or letter."""
INDEXED = re.compile("[₋₀-₉]")
"""What makes the text of a node that shows numbers a symbol, s₀, and no letter that is read, s."""


@lru_cache(maxsize=8)
def _pattern(symbols: tuple[str, ...]) -> re.Pattern[str]:
    longest = "|".join(map(re.escape, sorted(symbols, key=len, reverse=True)))
    return re.compile(rf"(?<![A-Za-z_])({longest})(?![A-Za-z_(])")


def respelled(text: str, names: Names) -> str:
    """A formula with every symbol under its other name."""
    return _pattern(tuple(names)).sub(lambda match: names[match[1]], text) if names else text


def in_formulas(paragraph: str, names: Names) -> str:
    """A paragraph whose formulas, between backticks, are respelled."""
    return re.sub(r"`([^`]*)`", lambda match: f"`{respelled(match[1], names)}`", paragraph) if names else paragraph


def renamed(stage: Stage, names: Names) -> Stage:
    """The panels with titles, edges and labels respelled. Formulas are not: `naming` has typeset them so."""
    return [_panel(panel, names) for panel in stage] if names else stage


def _panel(panel: Panel, names: Names) -> Panel:
    match panel:
        case Matrix():
            return replace(panel, rows=[_row(row, names) for row in panel.rows])
        case Graph():
            edges = [replace(edge, label=respelled(edge.label, names)) for edge in panel.edges]
            nodes = [
                replace(node, text=respelled(node.text, names)) if node.block and INDEXED.search(node.text) else node
                for node in panel.nodes
            ]
            return replace(panel, edges=edges, nodes=nodes)
        case Beside():
            return replace(panel, stacks=[[_panel(each, names) for each in stack] for stack in panel.stacks])
    return panel


def _row(row: Row, names: Names) -> Row:
    label = respelled(row.label, names) if FORMULA.search(row.label) else row.label
    items: dict[int, Item] = {
        column: replace(item, title=respelled(item.title, names)) if isinstance(item, Block) else item
        for column, item in row.items.items()
    }
    return replace(row, label=label, items=items)
