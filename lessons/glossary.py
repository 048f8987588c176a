"""What a symbol stands for and what a knob sets, in a few words: a lesson's own, else those that many lessons share."""

from __future__ import annotations

import re

from engine.step import split
from lessons.text import Text
from lessons.typeset import name
from lessons.words import Words

PARTS = re.compile(r"(?P<part>W|U|V|b|z|h|delta_?)(?P<of>\d+|[a-z])")
"""Weights, biases, net inputs, outputs and errors of a layer (W2) or a gate (Wf)."""
GROWN = re.compile(r"(?P<how>d|G_|m_|v_)(?P<of>\w+)")
"""The gradient of a parameter (dWf), and what an optimiser remembers of it (G_Wf)."""


def meaning(text: Text, words: Words, symbol: str) -> str:
    """What the family of a symbol stands for; "" where nobody says so."""
    family = split(symbol)[0]
    said = text.phrase("symbols", family, "") or words.get(f"symbol.{family}", "")
    if said:
        return said
    if (found := PARTS.fullmatch(family)) and (said := _part(words, found["part"].rstrip("_"), found["of"])):
        return said
    if (found := GROWN.fullmatch(family)) and meaning(text, words, found["of"]):
        return words(f"symbol.of.{'gradient' if found['how'] == 'd' else 'memory'}", p=name(found["of"]))
    return ""


def _part(words: Words, part: str, of: str) -> str:
    if of.isdigit():
        return words.get(f"symbol.of.layer_{part}", "").format(n=of)
    gate = words.get(f"symbol.gate.{of}", "")
    return words.get(f"symbol.of.gate_{part}", "").format(gate=gate) if gate else ""


def setting(text: Text, words: Words, knob: str) -> str:
    """What a knob sets; "" where nobody says so."""
    return text.phrase("knobs", knob, "") or words.get(f"knob.{knob}", "")
