"""The schema of states, bookmarks and checkpoints: how symbols are spelled, and which defaults the knobs have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lessons.contract.card import Card

SCHEMA = 3
"""What is written now; docs/json.md says what each number means. What has none is of schema 1."""


def is_old(kept: Mapping[str, Any]) -> bool:
    """Whether something that was written down is from before symbols were renamed."""
    return bool(kept.get("schema", 1) == 1)


def knobs_then(card: Card, kept: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Knobs as they were given; those that had another default when this was kept have that, or what held then."""
    before = () if kept.get("schema", 1) >= SCHEMA else (knob for knob in card.knobs if knob.was is not None)
    return {**{knob.id: knob.was for knob in before}, **given}


def renewed(card: Card, text: str) -> str:
    """A symbol, an address or a change in words, in which symbols of schema 1 stand, as it is spelled now."""
    if not card.renamed:
        return text
    names = "|".join(map(re.escape, card.renamed))
    return re.sub(rf"(?<![A-Za-z])((?:d|[A-Za-z]_)?)({names})(?![A-Za-z])", lambda m: m[1] + card.renamed[m[2]], text)


def renewed_names(card: Card, held: Mapping[str, Any]) -> dict[str, Any]:
    """The same values in the same order, by the symbols of now: those of the second layer have a 2 behind them too."""
    return {renewed(card, str(name)): value for name, value in held.items()}


def renewed_place(card: Card, kept: Mapping[str, Any]) -> Mapping[str, Any]:
    """A bookmark as it would be written now."""
    if kept.get("schema", 1) >= SCHEMA:
        return kept
    branches = [{**branch, "knobs": knobs_then(card, kept, branch["knobs"])} for branch in kept["branches"]]
    given = knobs_then(card, kept, kept["given"])
    place = {"language": "en", **kept, "schema": SCHEMA, "given": given, "branches": branches}
    if not card.renamed or not is_old(kept):
        return place
    for branch in branches:
        branch |= {"start": _start(card, branch["start"]), "change": renewed(card, branch["change"])}
    return {**place, "start": _start(card, kept["start"]), "address": renewed(card, str(kept.get("address", "")))}


def _start(card: Card, start: Any) -> Any:
    return None if start is None else {**start, "params": renewed_names(card, start["params"])}


def renewed_tree(card: Card, tree: Any) -> Any:
    """Packed data (`engine.walks.packing`) whose mappings have the symbols of now as their keys."""
    if isinstance(tree, list):
        return [renewed_tree(card, each) for each in tree]
    if not isinstance(tree, dict):
        return tree
    if "map" in tree:
        return {"map": [[renewed(card, str(name)), renewed_tree(card, each)] for name, each in tree["map"]]}
    return {key: renewed_tree(card, each) for key, each in tree.items()}
