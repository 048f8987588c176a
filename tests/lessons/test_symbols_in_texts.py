"""No text names a symbol that its lesson does not have, or that docs/notation.md lacks; in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from lessons.contract.card import Card
from lessons.contract.phrases import LANGUAGES
from lessons.course import course
from lessons.explaining.formulas import law
from lessons.explaining.table import entries
from lessons.explaining.typeset import LOWERED, name
from lessons.player.exam import exam
from tests.lessons.playing import played
from tests.lessons.test_glossary import every, symbols, text_of, variants
from tests.notation_page import PAGE

SYMBOL = re.compile(r"[ΔΣΠ]|[A-Za-zŷΑ-Ωα-ω][A-Za-zŷΑ-Ωα-ω_\u0303ʰᵛᵉᵈ]*")
OPERATIONS = frozenset(["cos", "diag", "exp", "ln", "log", "max", "min", "softmax", "tanh", "Var", "Σ", "Δ", "Π"])
"""Functions and operators of mathematics, which may stand in any formula."""
INDICES = frozenset("ijkmnrtKMT")
"""Letters that count: indices, and the numbers of what they count."""
COMMON = frozenset({"f", "w", "x", "P"})
"""An activation function, one weight of a matrix, a value of a function, a probability: they mean this everywhere."""
INTRODUCED: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("caption", "act.look"): {"φ": "stands for whatever the knob `eye` computes from the pixels"},
    ("caption", "act.back"): {"φ": "as in act.look"},
    ("caption", "exam.start"): {"φ": "as in act.look"},
    ("depth", "exam.factor"): {"γ": "the question's own bound of f', as on slide 39"},
    ("depth", "exam.variance"): {"n_in": "Xavier's paper, in words before", "n_out": "Xavier's paper, in words before"},
    ("negative-sampling", "exam.limit"): {"N": "named in the question", "M": "named in the question"},
    ("network", "exam.parity"): {"q": "named in the question: the sum of the inputs"},
    ("hebb", "exam.oja"): {"C": "named in the answer: the mean of x xᵀ"},
    ("rivals", "exam.gini"): {"p": "named beside the formula: the share of a class"},
    ("words", "exam.pmi"): {"PMI": "the name of the quantity", "N": "in words after", "n": "in words after"},
}
"""What a text introduces itself, since no stage computes it: by lesson and section, each with its reason."""
KEYS = frozenset(["tab", "space", "backspace", "j", "w", "h", "e"])
"""Keys, which stand between backticks too."""


WORDS: Mapping[str, frozenset[str]] = {"tree": frozenset({"and", "or", "not"}), "music": frozenset({"A"})}
"""Words of what a lesson reads: its formulas' operators, a note."""


def in_it(formula: str) -> set[str]:
    """The symbols of a formula, without fields and indices."""
    return set(SYMBOL.findall(re.sub(rf"{{[^{{}}]*}}|[{LOWERED}ᵀ²³,]", " ", formula)))


def strings(shown: Any) -> Iterator[str]:
    """All that a panel says; not what it and its parts are called inside."""
    if isinstance(shown, str):
        yield shown
    elif is_dataclass(shown) and not isinstance(shown, type):
        for each in fields(shown):
            if each.name not in ("id", "symbol", "kind", "layout"):
                yield from strings(getattr(shown, each.name))
    elif isinstance(shown, Mapping):
        yield from (said for each in shown.values() for said in strings(each))
    elif isinstance(shown, list | tuple):
        yield from (said for each in shown for said in strings(each))


def computed(card: Card) -> set[str]:
    """The symbols of the rules and of what is held, for every knob that changes them: what an inspector can show."""
    found = {symbol for each in symbols(card) for symbol in in_it(name(each))}
    for given in variants(card):
        made = played(card, **given)
        found |= {symbol for rule in made.lesson.rule(made.knobs).values() for symbol in in_it(law(rule))}
    return found


def on_panels(card: Card) -> set[str]:
    """What stands on the panels at the first steps of each act, and the words that label them."""
    made, text = played(card), text_of(card, "en")
    found = set[str]()
    for act in card.acts:
        made.to_act(act)
        for _ in range(3):
            panels = made.lesson.panels(made.view(), text)
            found |= {symbol for panel in panels for said in strings(panel) for symbol in in_it(said)}
            if act == "train":
                break
            made.forward()
    return found | {symbol for said in text["labels"].phrases().values() for symbol in in_it(said)}


def on_page(card: Card) -> set[str]:
    """The symbols that docs/notation.md has for a lesson: its own, the course's, and what every parameter has."""
    page = PAGE.read_text(encoding="utf-8")
    own = page.partition(f"\n## {card.id}\n")[2].partition("\n## ")[0]
    listed = re.findall(r"(?m)^\| `([^`]+)` \|", own) + [entry.symbol for entry in entries()]
    return {symbol for each in listed for symbol in in_it(each)} | {"E", "G", "J", "o", "net"}


def is_name(formula: str, card: Card) -> bool:
    """Whether backticks hold no formula: a key, a lesson, an act, a knob or its value, an address, a file's ending."""
    words = {*KEYS, "seed", *WORDS.get(card.id, ()), *course(), *card.acts, *(knob.id for knob in card.knobs)}
    words |= {value for knob in card.knobs for value in knob.choices or ()}
    return formula in words or formula.startswith(".") or re.fullmatch(r"\w+/[\w/=]+", formula) is not None


@every
def test_no_text_names_a_symbol_that_its_lesson_does_not_have(card: Card) -> None:
    """Acts, predictions and exam questions; the lesson's own: rules, held values, panels, labels, knobs."""
    knobs = {knob.id for knob in card.knobs}
    has = computed(card)
    stage, page = has | on_panels(card) | knobs, has | on_page(card) | knobs
    seen, missing, used = 0, [], set[tuple[str, str]]()
    for lang in LANGUAGES:
        for id, section in text_of(card, lang).sections.items():
            if not id.startswith(("act.", "ask.", "exam.")):
                continue
            free, own = OPERATIONS | INDICES | COMMON, set(INTRODUCED.get((card.id, id), {}))
            for formula in section.formulas:
                if is_name(formula, card):
                    continue
                seen += 1
                used |= {(id, each) for each in in_it(formula) & own}
                lacking = in_it(formula) - free - own
                missing += [(lang, id, formula, each, "stage") for each in lacking - stage]
                missing += [(lang, id, formula, each, "page") for each in lacking - page]
    assert seen > 0 or card.id == "timeline"
    assert missing == []
    assert used == {(id, each) for (of, id), all_of in INTRODUCED.items() if of == card.id for each in all_of}


CODE = re.compile(r"[\w₀-₉)′ᵀ]\[[-\d,: ]+\]")
"""An entry as it is typed, counted from 0: on screen it has subscripts, counted from 1."""


@every
def test_no_exam_writes_an_entry_as_code(card: Card) -> None:
    """What is asked and what is answered, numbers and worked formulas included, in both languages."""
    assert CODE.search("W₂[0,0] = 1")
    assert not CODE.search("[0, 1) and (W₂)₁₁")
    for lang in LANGUAGES:
        questions = exam(played(card), text_of(card, lang))
        assert questions
        for each in (part for q in questions for part in (q.title, *q.asked, *q.answer)):
            said = each if isinstance(each, str) else " ".join(each.short(10_000))
            assert not CODE.search(said), said
