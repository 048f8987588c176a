"""The same symbols under other names: the lecture writes one network in two notations (slides 31 and 38)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from lessons.contract.panels import (
    Beside,
    Block,
    Curve,
    Graph,
    Item,
    Label,
    Matrix,
    Panel,
    Picture,
    Plot,
    Product,
    Row,
    Stage,
    Table,
)
from lessons.contract.text import Section, Text

Names = Mapping[str, str]
"""What each symbol is called instead: {"W": "W_hh"}."""
FORMULA = re.compile("[∂=‖Σδₜₖ]")
"""What makes the label of a row a formula, and no word or letter."""
FIELD = re.compile(r"(\{[^{}]*\})")
"""A field in a text, which is filled later."""
INDEXED = re.compile("[₋₀-₉]")
"""What makes the text of a node that shows numbers a symbol, s₀, and no letter that is read, s."""


@lru_cache(maxsize=8)
def _pattern(symbols: tuple[str, ...]) -> re.Pattern[str]:
    longest = "|".join(map(re.escape, sorted(symbols, key=len, reverse=True)))
    return re.compile(rf"(?<![A-Za-z_])({longest})(?![A-Za-z_(])")


def respelled(text: str, names: Names) -> str:
    """A formula with every symbol under its other name. What is named with a place for its index is typeset so."""
    plain = tuple(name for name, other in names.items() if "{" not in other)
    return _pattern(plain).sub(lambda match: names[match[1]], text) if plain else text


def in_formulas(paragraph: str, names: Names) -> str:
    """A paragraph whose formulas, between backticks, are respelled."""

    def formula(found: re.Match[str]) -> str:
        return "".join(part if part[:1] == "{" else respelled(part, names) for part in FIELD.split(found[0]))

    return re.sub(r"`[^`]*`", formula, paragraph) if names else paragraph


UNSPELLED = ("labels", "symbols", "knobs", "exam.")
"""Sections that are left as they are: labels are respelled on the panels, exam questions where they are filled."""


def spelled(text: Text, names: Names) -> Text:
    """A lesson's text with titles, paragraphs, options, verdicts and the names of acts in the other notation."""
    if not names:
        return text
    return Text(
        {key: each if key.startswith(UNSPELLED) else _section(each, names) for key, each in text.sections.items()}
    )


def _section(section: Section, names: Names) -> Section:
    def told(paragraphs: Iterable[str]) -> tuple[str, ...]:
        return tuple(in_formulas(each, names) for each in paragraphs)

    parts = [item.partition(":") for item in told(section.items)]
    return section._replace(
        title=in_formulas(section.title, names),
        before=told(section.before),
        items=tuple(f"{key}{colon}{_formula(phrase, names)}" for key, colon, phrase in parts),
        after=told(section.after),
        remarks=tuple((n, in_formulas(said, names)) for n, said in section.remarks),
    )


def renamed(stage: Stage, names: Names) -> Stage:
    """The panels with titles, edges and labels respelled. Formulas are not: `naming` has typeset them so."""
    return [_panel(panel, names) for panel in stage] if names else stage


def _panel(panel: Panel, names: Names) -> Panel:
    match panel:
        case Matrix():
            return replace(panel, title=_formula(panel.title, names), rows=[_row(row, names) for row in panel.rows])
        case Graph():
            edges = [replace(edge, label=respelled(edge.label, names)) for edge in panel.edges]
            nodes = [
                replace(node, text=respelled(node.text, names)) if node.block and INDEXED.search(node.text) else node
                for node in panel.nodes
            ]
            return replace(panel, edges=edges, nodes=nodes)
        case Picture():
            marks = [(y, x, names.get(mark, mark), role) for y, x, mark, role in panel.marks]
            return replace(panel, marks=marks)
        case Product():
            told = [(respelled(left, names), [respelled(each, names) for each in of]) for left, of in panel.equations]
            return replace(panel, equations=told)
        case Table():
            rows = [tuple(_formula(each, names) for each in row) for row in panel.rows]
            return replace(panel, heads=[_formula(each, names) for each in panel.heads], rows=rows)
        case Plot():
            lines = [replace(line, name=_said(line.name, names)) for line in panel.lines]
            return replace(panel, title=_said(panel.title, names), lines=lines)
        case Curve():
            series = [replace(line, name=_said(line.name, names)) for line in panel.series]
            return replace(panel, title=_said(panel.title, names), series=series)
        case Beside():
            return replace(panel, stacks=[[_panel(each, names) for each in stack] for stack in panel.stacks])
    return panel


def _row(row: Row, names: Names) -> Row:
    items = {column: _item(item, names) for column, item in row.items.items()}
    return replace(row, label=_formula(row.label, names), items=items)


def _item(item: Item, names: Names) -> Item:
    match item:
        case Block():
            return replace(item, title=respelled(item.title, names))
        case Label():
            return replace(item, text=_formula(item.text, names))
    return item


def _formula(text: str, names: Names) -> str:
    """A text that is a formula; letters and words stay."""
    return respelled(text, names) if FORMULA.search(text) else text


def _said(text: str, names: Names) -> str:
    """The title of a plot or the name of a line, where a formula may stand among words: "by" is one of these."""
    return _formula(text, {name: other for name, other in names.items() if name != "by"})
