"""The lecture's other notation: formulas, cells, titles and texts under other names, and nothing else changed."""

from __future__ import annotations

import re

import pytest

from engine.device import HOST
from engine.walks import rules as ruling
from engine.walks.step import split
from lessons.contract.panels import Block, Edge, Graph, Matrix, Node, Product, Row
from lessons.contract.text import load
from lessons.course import find, open_lesson
from lessons.explaining.formulas import law
from lessons.explaining.notation import in_formulas, renamed, respelled, spelled
from lessons.explaining.typeset import entry, family_name, name, naming
from lessons.player.player import Player
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


NOT_SYMBOLS = {
    "i", "j", "k", "n", "t", "f", "T", "K", "H", "ln", "exp", "softmax", "tanh", "diag", "max", "Σ", "E", "net",
}  # fmt: skip
"""Indices, sizes and functions, which may stand in any formula; E and net, by which δ is defined."""


@pytest.mark.parametrize("id", ["srn", "bptt"])
def test_no_text_names_a_symbol_that_its_act_does_not_have(id: str) -> None:
    """What stands between backticks in the text of an act is read or made by its steps, or held."""
    lesson = open_lesson(find(id))
    player, text = Player(lesson, HOST), load(f"lessons.recurrent.{id}", "en")
    player.record = {ask.id: "skipped" for ask in lesson.asks}
    rules = lesson.rule(player.knobs)
    for act in [act for act in lesson.card.acts if act != "train"]:
        here, ops = {*player.start.params, *player.start.inputs, "yhat"}, set[str]()
        for step in (player.reel.step(n) for n in range(1, player.reel.total + 1)):
            if step is not None and step.path[0][0] == act:
                ops.add(step.op)
                here |= {split(name)[0] for name in (*step.values, *ruling.reads(rules[step.op], step.path))}
        shown = " ".join({family_name(family, []) for family in here} | {law(rules[op]) for op in ops})
        player.to_act(act)
        player.forward()
        equations = (panel for panel in lesson.panels(player.view(), text) if isinstance(panel, Product))
        shown += " ".join(f"{left} {' '.join(of)}" for each in equations for left, of in each.equations)
        for formula in text[f"act.{act}"].formulas:
            for symbol in re.findall(r"[A-Za-zδŷ]\w*", re.sub(r"{\w*}|[₀-₉₊₋ₜₖᵀ²,]", "", formula)):
                known = symbol in NOT_SYMBOLS or symbol in {knob.id for knob in lesson.card.knobs}
                assert known or re.search(rf"(?<![A-Za-z]){symbol}", shown), (act, formula, symbol)
