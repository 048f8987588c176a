"""What a symbol stands for and what a knob sets, in a few words: a lesson's own, else those that many lessons share."""

from __future__ import annotations

import re

from engine.walks.step import split
from lessons.contract.phrases import Words
from lessons.contract.text import Text
from lessons.explaining.typeset import SIDES, START, name

GATE = re.compile(r"(?P<part>W|U|b|net|delta_)(?P<of>[a-z])")
LAYER = re.compile(r"(?P<part>W|b|net|h|delta)(?P<of>\d+)")
"""Weights, biases, net inputs, outputs and errors of a gate (Wf) or a layer (W2)."""
GROWN = re.compile(r"(?P<how>d|G_|m_|v_)(?P<of>\w+)")
"""The gradient of a parameter (dWf), and what an optimiser remembers of it (G_Wf)."""


def meaning(text: Text, words: Words, symbol: str) -> str:
    """What a symbol stands for, its indices aside; "" where neither the lesson nor the framework says so.

    A lesson may say one thing of `n` and another of `n[t]`. The letters of a recurrent cell go on in a second layer
    with a 2 behind them: Wf2, h2[t].
    """
    family, indices = split(symbol)
    own = text.phrase("symbols", f"{family}[t]", "") if indices else ""
    known = own or text.phrase("symbols", family, "") or words.get(f"symbol.{family}", "")
    if known:
        return known
    if family.endswith(START):
        return words("symbol.of.start", p=name(family.removesuffix(START)))
    if (grown := GROWN.fullmatch(family)) and meaning(text, words, grown["of"]):
        return words(f"symbol.of.{'gradient' if grown['how'] == 'd' else 'memory'}", p=name(grown["of"]))
    if family[-2:] in SIDES and (said := meaning(text, words, f"{family[:-2]}[0]" if indices else family[:-2])):
        return words(f"symbol.of.side{family[-2:]}", said=said)
    if not indices and (layered := LAYER.fullmatch(family)):
        return words(f"symbol.of.layer_{layered['part']}", n=layered["of"])
    below = family.rstrip("0123456789")
    if (gated := GATE.fullmatch(below)) and (gate := words.get(f"symbol.gate.{gated['of']}", "")):
        known = words.get(f"symbol.of.gate_{gated['part'].rstrip('_')}", "").format(gate=gate)
    elif below != family and (indices or len(below) > 1):
        known = meaning(text, words, f"{below}[0]" if indices else below)
    if known:
        return known if below == family else words("symbol.of.level", said=known, n=family.removeprefix(below))
    if layered := LAYER.fullmatch(family):
        return words(f"symbol.of.layer_{layered['part']}", n=layered["of"])
    return ""


def setting(text: Text, words: Words, knob: str) -> str:
    """What a knob sets; "" where neither the lesson nor the framework says so."""
    return text.phrase("knobs", knob, "") or words.get(f"knob.{knob}", "")
