"""`m` leaves no symbol of the first notation on a screen or in an exam: all acts of every lesson that has one."""

from __future__ import annotations

import re

import pytest

from lessons.contract.card import Card
from lessons.contract.phrases import LANGUAGES
from lessons.explaining.notation import in_formulas
from lessons.player.exam import exam
from tests.lessons.playing import CARDS, played
from tests.lessons.test_glossary import text_of
from tui.cli.headless import drawn

SECOND = [card for card in CARDS if card.notation]
both = pytest.mark.parametrize("lang", LANGUAGES)
every = pytest.mark.parametrize("card", SECOND, ids=lambda card: card.id)
STEPS = 9


def first(card: Card) -> re.Pattern[str]:
    """What is spelled otherwise in the second notation: U, V, W and s with a time, or a gate's U, W and b."""
    names = {name.removesuffix("2") for name in card.notation}
    bare = {name.partition("_")[0] for name in names}
    gated = sorted(name for name in bare if re.fullmatch("[UWb][a-z]", name) and name != "by")
    if gated:
        return re.compile(rf"(?<![A-Za-z_])(?:{'|'.join(gated)})(?![A-Za-z_])")
    letters = "".join(sorted(bare & set("UVW")))
    return re.compile(rf"(?<![A-Za-z_])(?:[{letters}](?![A-Za-z_])|s[₀-₉₋ₜₖ])")


def test_the_law_knows_what_is_spelled_otherwise() -> None:
    known = {card.id: first(card).pattern for card in SECOND}
    assert len(known) >= 11
    assert re.search(known["translate"], "∂E/∂Uzᵉ 4×4")
    assert not re.search(known["translate"], "∂E/∂W_zᵉ, b_zᵉ")
    assert re.search(known["lstm"], "bf = 4")
    assert re.search(known["vanishing"], "‖∂s₄₉/∂sₖ‖")
    assert re.search(known["bptt"], "∂E/∂V")
    assert not re.search(known["bptt"], "W_hh hₜ₋₁")


@every
@both
def test_no_symbol_of_the_first_notation_is_left_on_a_screen(card: Card, lang: str) -> None:
    """The panels, the text, the name of the act, the line of the address: the first steps of every act, every grain."""
    old, made, left, seen = first(card), played(card), [], 0
    grains = sorted(made.lesson.grains.values())
    for act in card.acts:
        made.to_act(act)
        for n in range(1 if act == "train" else STEPS):
            said = drawn(made, lang, ascii_only=False, cell=None, other_notation=True, colour=False).text()
            seen += len(said)
            left += [(act, made.spot.p, line.strip()) for line in said.splitlines() if old.search(line)]
            made.grain = grains[n % len(grains)]
            if act != "train":
                made.forward()
    assert seen > 0
    assert left == []


@every
@both
def test_no_symbol_of_the_first_notation_is_left_in_an_exam(card: Card, lang: str) -> None:
    old, left = first(card), []
    for question in exam(played(card), text_of(card, lang), card.notation):
        for each in (question.title, *question.asked, *question.answer):
            said = each if isinstance(each, str) else " ".join(each.short(10_000))
            left += [(question.id, said)] if old.search(said) else []
    assert left == []


@every
@both
def test_no_formula_of_an_act_or_a_prediction_keeps_it(card: Card, lang: str) -> None:
    """Options, remarks and verdicts of every prediction too, whether or not it is asked."""
    old = first(card)
    for id, section in text_of(card, lang).sections.items():
        if id.startswith(("act.", "ask.")):
            for formula in re.findall("`[^`]*`", in_formulas("\n".join(section.said), card.notation)):
                assert not old.search(re.sub(r"{[^{}]*}", "", formula)), (id, formula)
