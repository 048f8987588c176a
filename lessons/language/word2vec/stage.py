"""The stages of `word2vec` up to the first update: the raw text, the pairs, one example with its numbers."""

from __future__ import annotations

from typing import Any

from engine.words.batch import Example
from lessons.building.stage_parts import Rules, laws
from lessons.contract.panels import Item, Matrix, Picture, Row, Stage
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five, number
from lessons.language.word2vec import experiment as exp
from lessons.language.word2vec import training
from lessons.language.word2vec.position import Shown


def panels(view: View, text: Text, rules: Rules) -> Stage:
    """The panels of a position."""
    shown = Shown(view, text)
    if view.training is not None and not view.training.open:
        return training.panels(shown)
    if view.training is not None or view.act == "learn":
        return update(shown, rules)
    if view.act == "corpus":
        return [laws(rules, "share", "keep", "P"), shown.raw(), shown.chances(), shown.word_at_work()]
    pairs, n = exp.pairs(shown.live), view.loop("n") or 0
    drawn = Matrix(id="noise", priority=6, rows=[Row(shown.say("noise"), {0: shown.noise()})])
    counts = "m_drawn" if view.knobs["model"] == "cbow" else "m"
    return [laws(rules, "d", counts), shown.sentence(pairs, n), shown.pairs(pairs, n), shown.pair_at_work(n), drawn]


def update(shown: Shown, rules: Rules) -> Stage:
    """An update opened: the example at work, or the moves."""
    view, of = shown.view, "theta" if shown.tree else "u"
    some = shown.examples
    if ("move", -1) in view.path or not some:
        return [laws(rules, "cut_dv", "v"), shown.moves(), *loss(shown)]
    n = view.loop("n") or 0
    phases = {name for name, index in view.path if index < 0}
    ops = ("h",) if "say" in phases else ("dv",) if "back" in phases else ("p", "q", f"d{of}", f"dh_{of}")
    return [laws(rules, *ops), speaks(shown, n, some), *shown.example(n, some[n]), *loss(shown)]


def speaks(shown: Shown, n: int, some: list[Example]) -> Picture:
    """Who says what to whom, in a line."""
    example = some[n]
    said = " + ".join(shown.words[each.word] for each in example.inputs)
    if shown.tree:
        to = shown.say("way", n=len(example.targets))
    else:
        to = ", ".join(shown.words[each.word] for each in example.targets if not each.noise)
    line = shown.say("example", n=n, all=len(some), said=said, to=to)
    return Picture(id="who", priority=9, marks=[(0, 0, line, "head")])


def loss(shown: Shown) -> list[Matrix]:
    """L so far, and the rate."""
    items: dict[int, Item] = {0: shown.scalar("L", title="L"), 1: shown.scalar("rate", title="rate")}
    return [Matrix(id="loss", priority=5, rows=[Row("", items)])]


def says(view: View, text: Text) -> dict[str, Any]:
    """The fields that the text of `word2vec` may use."""
    knobs, held = view.knobs, exp.held(view.knobs)
    vocabulary = held.corpus.vocabulary
    keep, training_ = view.get("keep[0]"), view.training
    state = training_.state if training_ is not None else None
    return {
        "corpus": knobs["corpus"], "V": number(len(vocabulary.words)), "tokens": number(vocabulary.total),
        "sentences": number(held.corpus.sentences), "bad": number(held.corpus.bad), "dim": knobs["dim"],
        "window": knobs["window"], "K": knobs["negatives"], "sample": f"{float(knobs['sample']):g}",
        "first": vocabulary.words[0], "epochs": knobs["epochs"], "rate": f"{float(knobs['rate']):g}",
        "keep": "·" if keep is None else five(float(keep.reshape(-1)[0])).strip(),
        "form": text.phrase("labels", f"{knobs['model']}_{knobs['loss']}").format(K=knobs["negatives"]),
        "n": number(view.training.n) if view.training else 0,
        "mean": five(training.mean(view)).strip() if state is not None else "·",
        "like": paired(held, 2), "with": paired(held, 1),
        "counts": text.phrase("labels", f"counts_{knobs['model']}"),
        "more": text.phrase("labels", "more_race" if knobs["race"] == "four" else "more_live").replace("`", ""),
    }  # fmt: skip


def paired(held: exp.Held, other: int) -> str:
    """The first word of the first analogy, and another of that analogy."""
    questions = next(iter(held.questions.values()), None)
    return "–" if questions is None else f"{held.words[questions[0][0]]} – {held.words[questions[0][other]]}"
