"""`python -m tests.notation_page`: docs/notation.md, from the table and what lessons say of their symbols."""

from __future__ import annotations

import re
from pathlib import Path

from engine.walks.step import split
from lessons.contract.card import Card
from lessons.contract.phrases import Words
from lessons.course import course
from lessons.explaining.glossary import meaning
from lessons.explaining.table import entries
from lessons.explaining.typeset import family_name
from tests.lessons.test_glossary import symbols, text_of

PAGE = Path(__file__).parents[1] / "docs" / "notation.md"
HEAD = """# Symbols

One letter has one role in the whole course: the first notation of the lecture (slides 31–37). `m` shows its second one
(slide 38) in lessons on simple recurrent nets, and the letters of papers in those on gated cells; `M` shows this table.
Timesteps count from 0; units, inputs, examples and layers from 1, as on the slides. An entry of what has an index
stands after brackets: (s₃)₁ is entry 1 of s₃. Arrays of `--json` and entries that are typed, `W[0,1]`, count from 0.

Of every parameter W there are: ∂E/∂W its gradient, ∂Eₜ/∂W of one loss, (∂E/∂W)ₖ one term of it; G(W), m(W), v(W),
what an optimiser accumulates of its gradients; and in the gradient check E₊ and E₋, the loss with one entry a little
larger and smaller, ≈∂E/∂W their central difference, |diff| how far the two are apart, 1ᵢⱼ the matrix that is 1 at this
entry. A layer has its number (W₂), a gate its letter (Wf).

| symbol | what it is | shape | first: slide, lesson | elsewhere |
|---|---|---|---|---|
"""
OF_PARAMETER = re.compile(r"(d|G_|m_|v_|E_plus_|E_minus_|numeric_|gap_|unit_|met_|sweep_)(?P<of>\w+)")
"""What every parameter has, and the head of the page explains."""


def base(symbol: str) -> str:
    """A symbol as it is typeset, without its indices: delta[3,1] is δ."""
    return family_name(split(symbol)[0], [])


def own(card: Card) -> list[str]:
    """The symbols of a lesson but those that every parameter has."""
    found = symbols(card)
    families = {split(symbol)[0] for symbol in found}

    def made(symbol: str) -> bool:
        of = OF_PARAMETER.fullmatch(split(symbol)[0])
        return of is not None and of["of"] in families

    return sorted(symbol for symbol in found if not made(symbol))


def page() -> str:
    """The page as it should be."""
    words, said = Words("en"), HEAD
    for e in entries():
        said += f"| `{e.symbol}` | {e.en} | {e.shape} | {e.first} | {e.other} |\n"
    for card in course().values():
        assert isinstance(card, Card)
        text, known = text_of(card, "en"), dict[str, str]()
        for symbol in own(card):
            known.setdefault(base(symbol), re.sub("[`|]", "", meaning(text, words, symbol)))
        said += f"\n## {card.id}\n\n| symbol | what it is |\n|---|---|\n"
        said += "".join(f"| `{symbol}` | {meant} |\n" for symbol, meant in known.items())
    return said


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
