"""The lecture's other notation: formulas, cells, titles and texts under other names, and nothing else changed."""

from __future__ import annotations

import re

import pytest

from lessons.contract.panels import Block, Edge, Graph, Matrix, Node, Row
from lessons.contract.text import load
from lessons.explaining.formulas import law
from lessons.explaining.notation import in_formulas, renamed, respelled, spelled
from lessons.explaining.typeset import entry, name, naming
from lessons.recurrent.cards import NOTATION as SRN

Z = "net[t] = U @ x[t] + W @ s[t-1] + b"


def test_formulas_are_typeset_in_the_notation_chosen() -> None:
    assert law(Z) == "netₜ = U xₜ + W sₜ₋₁ + b"
    with naming(SRN):
        assert law(Z) == "netₜ = W_hv xₜ + W_hh hₜ₋₁ + b_h"
        assert law(Z, {"t": 0}) == "net₀ = W_hv x₀ + W_hh h₋₁ + b_h"
        assert law("dW[t,k] = delta[t,k] @ s[k-1].T") == "(∂Eₜ/∂W_hh)ₖ = δₜ,ₖ hₖ₋₁ᵀ"
        assert (name("s[3]"), name("s_init"), name("dV"), name("G_U")) == ("h₃", "h₋₁", "∂E/∂W_oh", "G(W_hv)")
        assert entry("W", (0, 1)) == "W_hh₁₂"
    assert name("s[3]") == "s₃"


def test_only_symbols_are_respelled() -> None:
    assert respelled("∂Eₜ/∂W = δ s₋₁ᵀ", SRN) == "∂Eₜ/∂W_hh = δ h₋₁ᵀ"
    assert respelled("Ws and cos(b), W(x), softmax", SRN) == "Ws and cos(b_h), W(x), softmax"
    assert respelled("W", {}) == "W"
    assert in_formulas("What W does: `W s + b`.", SRN) == "What W does: `W_hh h + b_h`."


def test_panels_keep_letters_and_words() -> None:
    block = Block("W", None, (2, 2), title="W")
    matrix = Matrix(id="m", rows=[Row("s", {0: block}), Row("∂E/∂W", {})])
    nodes = [Node("s0", "state", 0, "s₀", block), Node("x0", "input", 0, "s", block), Node("y0", "target", 0, "W")]
    graph = Graph(id="g", layout="time", rows={}, nodes=nodes, edges=[Edge("a", "b", "U")], axis=None)  # type: ignore[arg-type]
    found, drawn = renamed([matrix, graph], SRN)
    assert isinstance(found, Matrix)
    assert isinstance(drawn, Graph)
    assert [row.label for row in found.rows] == ["s", "∂E/∂W_hh"]
    shown = found.rows[0].items[0]
    assert isinstance(shown, Block)
    assert (shown.title, shown.symbol) == ("W_hh", "W")
    assert [node.text for node in drawn.nodes] == ["h₀", "s", "W"]
    assert drawn.edges[0].label == "W_hv"
    assert renamed([matrix], {}) == [matrix]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("id", ["srn", "bptt"])
def test_titles_options_and_names_of_acts_are_respelled_and_fields_are_not(id: str, lang: str) -> None:
    """`m` leaves U, V, W and s in no title, paragraph, option, remark or name of an act; {fields} keep their names."""
    text = load(f"lessons.recurrent.{id}", lang)
    other = spelled(text, SRN)
    assert spelled(text, {}) is text
    for key, section in other.sections.items():
        if key in ("labels", "symbols", "knobs") or key.startswith("exam."):
            assert section == text[key]
            continue
        said = [*section.before, *section.after, section.title, *section.phrases().values()]
        found = [re.findall(r"(?<![A-Za-z_{])(?:[UVW](?![A-Za-z_])|s[₀-₉₋ₜₖ])", each) for each in said]
        assert not any(found), (key, found)
        assert re.findall(r"{\w+}", " ".join(said)) == re.findall(
            r"{\w+}",
            " ".join([*text[key].before, *text[key].after, text[key].title, *text[key].phrases().values()]),
        )
