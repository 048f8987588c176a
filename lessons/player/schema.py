"""The schema of states, bookmarks and checkpoints: how symbols are spelled, and which defaults the knobs have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lessons.contract.card import Card

SCHEMA = 3
"""What is written now; docs/json.md says what each number means. What has none is of schema 1."""


def schema_of(kept: Mapping[str, Any]) -> int:
    """The schema of something that was written down. Raises ValueError or TypeError where that is no number."""
    return int(kept.get("schema", 1))


def knobs_then(card: Card, kept: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Knobs as they were given; those that had another default when this was kept have that, or what held then."""
    before = () if schema_of(kept) >= SCHEMA else (knob for knob in card.knobs if knob.was is not None)
    return {**{knob.id: knob.was for knob in before}, **given}


def is_old(card: Card, schema: int) -> bool:
    """Whether symbols of a lesson have been renamed since a schema."""
    return any(number >= schema for number in card.renamed)


def renewed(card: Card, text: str, schema: int = 1) -> str:
    """A symbol, an address or a change in words, in which symbols of a schema stand, as it is spelled now."""
    for number, named in sorted(card.renamed.items()):
        if number >= schema:
            names = "|".join(map(re.escape, named))
            of = re.compile(rf"(?<![A-Za-z])((?:d|[A-Za-z]_)?)({names})(?![A-Za-z])")
            text = of.sub(lambda m, named=named: m[1] + named[m[2]], text)  # type: ignore[misc]
    return text


def renewed_names(card: Card, held: Mapping[str, Any], schema: int = 1) -> dict[str, Any]:
    """The same values in the same order, by the symbols of now: those of the second layer have a 2 behind them too."""
    return {renewed(card, str(name), schema): value for name, value in held.items()}


def renewed_place(card: Card, kept: Mapping[str, Any]) -> Mapping[str, Any]:
    """A bookmark as it would be written now."""
    schema = schema_of(kept)
    if schema >= SCHEMA:
        return kept

    def start(of: Any) -> Any:
        return None if of is None else {**of, "params": renewed_names(card, of["params"], schema)}

    branches = [
        {
            **branch,
            "knobs": knobs_then(card, kept, branch["knobs"]),
            "start": start(branch["start"]),
            "change": renewed(card, branch["change"], schema),
        }
        for branch in kept["branches"]
    ]
    return {
        "language": "en",
        **kept,
        "schema": SCHEMA,
        "given": knobs_then(card, kept, kept["given"]),
        "start": start(kept["start"]),
        "branches": branches,
        "address": renewed(card, str(kept.get("address", "")), schema),
    }


def renewed_tree(card: Card, tree: Any, schema: int = 1) -> Any:
    """Packed data (`engine.walks.packing`) whose mappings have the symbols of now as their keys."""
    if isinstance(tree, list):
        return [renewed_tree(card, each, schema) for each in tree]
    if not isinstance(tree, dict):
        return tree
    if "map" in tree:
        return {
            "map": [[renewed(card, str(name), schema), renewed_tree(card, each, schema)] for name, each in tree["map"]]
        }
    return {key: renewed_tree(card, each, schema) for key, each in tree.items()}
