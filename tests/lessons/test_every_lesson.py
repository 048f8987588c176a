"""What every lesson of the course must have, whatever it teaches: rules that hold, texts, predictions, states."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST, Device, quiet
from engine.walks.reel import rank
from lessons.building.stage_parts import with_law
from lessons.contract.card import Card
from lessons.contract.knobs import Refused
from lessons.contract.panels import Laws
from lessons.contract.phrases import LANGUAGES
from lessons.contract.text import fill, load
from lessons.course import course, open_lesson
from lessons.explaining import explain, figures
from lessons.explaining.formulas import law
from lessons.explaining.inspect import inspect
from lessons.explaining.numbering import numbering, shift
from lessons.explaining.typeset import name as typeset
from lessons.player.player import Player
from lessons.player.show import everything
from lessons.player.state import restore
from tests.engine.ruling import assert_rules_hold
from tests.engine.strict import Strict
from tests.lessons.playing import WITHOUT_WEIGHTS, every_card

every = every_card()
weighted = every_card(*WITHOUT_WEIGHTS)


def make(card: Card, device: Device = HOST, seed: int | None = None) -> Player:
    return Player(open_lesson(card), device, {}, seed)


@every
@pytest.mark.parametrize("seed", [None, 1])
def test_every_rule_gives_its_step(card: Card, seed: int | None) -> None:
    player = make(card, seed=seed)
    assert_rules_hold(HOST, player.reel, player.lesson.rule(player.knobs))


SPOKEN = {
    "ln σ": "ln_σ", "−": "-", "·": "*", "∘": "*", "²": "**2", "^": "**", "√": "sqrt", "≤": "<=", "[": "(", "]": ")",
    " = ": " == ",
}  # fmt: skip
"""How a formula is written on the screen, and in Python."""
FUNCTIONS = {
    "sqrt": np.sqrt, "inf": np.inf,
    "tanh": np.tanh, "sign": np.sign, "exp": np.exp, "e": np.e, "ln": np.log, "max": max, "min": min,
    "abs": abs, "σ": lambda z: 1 / (1 + np.exp(-z)), "ln_σ": lambda z: -np.log1p(np.exp(-z)),
    "argmax": lambda *v: v.index(max(v)) if len(v) > 1 else first(v[0], max), "argmin": lambda v: first(v, min),
}  # fmt: skip


def first(entries: dict[int, float], of: Callable[..., float]) -> int:
    """The number of the first entry that is the largest or smallest."""
    best = of(entries.values())
    return next(i for i, x in entries.items() if abs(x - best) <= 1e-12)


def worth(numbers: str, network: Callable[[Any], Any] | None) -> float:
    """What a formula of numbers comes to; o is what a network answers."""
    said = re.sub(r"\|([^|]*)\|", r"abs(\1)", numbers)
    said = re.sub(
        r"ln ([\d.e−+]+)", r"ln(\1)", re.sub(r"\)([₁-₉])", lambda m: f").item({'₁₂₃₄₅₆₇₈₉'.index(m[1])})", said)
    )
    said = re.sub(r"(arg\w+)\(([^()]*)\)", r"\1({\2})", said)
    for written, python in SPOKEN.items():
        said = said.replace(written, python)
    o = None if network is None else lambda *column: network(np.array(column, dtype=float)[:, None])
    return float(eval(said, {**FUNCTIONS, "o": o}))


@every
def test_every_formula_in_numbers_gives_its_value(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (figures, explain):
        monkeypatch.setattr(module, "three", lambda x: repr(float(x)).replace("-", "−"))  # all figures, and all terms
    monkeypatch.setattr(explain, "MOST_TERMS", 10**6)
    player = make(card, seed=1)
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    for p in range(1, player.reel.total + 1, max(1, player.reel.total // 40)):
        player.move(player.reel, p)
        view, step = player.view(), player.reel.step(p)
        assert step is not None
        for name in step.values:
            held, found = view.get(name), view.writer(name)
            assert held is not None
            assert found is not None
            rule, path, position = found
            for at in {tuple(where(size) for size in held.shape) for where in (lambda n: 0, lambda n: n - 1)}:
                lookup = view.lookup(position)
                with quiet(), numbering(player.lesson, player.knobs, path):
                    cell, shown = explain.explain(rule, path, at, lookup), float(held[at]) + shift(name)
                    said = [worth(each, lookup("o")) for each in (cell.numbers, cell.parts) if each]
                assert cell.value == pytest.approx(float(held[at]), rel=1e-9, abs=1e-12), (rule, at)
                assert said == pytest.approx([shown] * len(said), rel=1e-9, abs=1e-9), (rule, at, cell)
                assert inspect(view, name, at).lines()


@every
def test_the_device_changes_nothing(card: Card, device: Device) -> None:
    there, here = make(card, device), make(card)
    assert there.reel.total == here.reel.total
    for p in range(1, here.reel.total + 1, max(1, here.reel.total // 60)):
        mine, other = here.reel.step(p), there.reel.step(p)
        assert mine is not None
        assert other is not None
        for name, value in mine.values.items():
            np.testing.assert_allclose(device.get(other.values[name]), value, rtol=1e-12, atol=1e-14)


@every
def test_sections_are_as_long_as_they_say(card: Card) -> None:
    reel = make(card).reel
    for n, section in enumerate(reel.sections):
        assert len(reel.tape(n)) == section.length, section.place
        assert all(step.path[: len(section.place)] == section.place for step in reel.tape(n))


@every
def test_every_place_is_finer_than_what_it_stands_in(card: Card) -> None:
    """So that each part of the address is a grain to step at, and none of them two."""
    reel = make(card).reel
    paths = {step.path for section in reel.sections for step in section.open()}
    for path in paths:
        ranks = [rank(reel.grains, path, at) for at in range(len(path))]
        assert ranks == sorted(set(ranks)), path
        assert ranks[-1] < reel.grains["op"], path


@every
def test_which_lessons_have_parameters(card: Card) -> None:
    player = make(card)
    assert bool(player.lesson.weights(player.start)) == (card.id not in WITHOUT_WEIGHTS)


@weighted
def test_the_gradient_check_agrees_and_finds_a_wrong_one(card: Card) -> None:
    player = make(card, seed=1)
    lesson, start = player.lesson, player.start
    every = {name: lesson.check(player.view(), name) for name in lesson.weights(start)}
    for name, found in every.items():
        assert found
        assert max(c.gap for c in found) < 1e-7 * max(1.0, *(abs(c.gradient) for c in found)), name
    exact, numeric = lesson.along(player.view())
    assert abs(exact - numeric) < 1e-7 * max(1.0, abs(exact))
    assert any(c.gradient != 0 for found in every.values() for c in found)


@every
@pytest.mark.parametrize("lang", LANGUAGES)
def test_texts_and_panels_at_every_position(card: Card, lang: str) -> None:
    player = make(card)
    text = load(type(player.lesson).__module__.rpartition(".")[0], lang)
    for act in card.acts:
        assert text[f"act.{act}"].before
        assert text.phrase("acts", act)
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    player.grain = player.lesson.grains["op"]
    for p in range(0, player.reel.total + 1, max(1, player.reel.total // 80)):
        player.move(player.reel, p)
        view = player.view()
        panels = player.lesson.panels(view, text)
        assert panels
        assert len({panel.id for panel in panels} | {"cell", "lens"}) == len(panels) + 2
        fields = player.lesson.says(view, text)
        for paragraph in text[f"act.{player.act}"].before:
            assert "{" not in fill(paragraph, fields)


@every
def test_there_and_back_at_every_grain(card: Card) -> None:
    player = make(card)
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    for grain in sorted(set(player.lesson.grains.values())):
        player.grain = grain
        player.home()
        passed = [0]
        while player.spot.p < player.reel.total and len(passed) < 1500:
            assert player.forward()
            passed.append(player.spot.p)
        assert passed == sorted(set(passed))
        for place in reversed(passed):
            assert player.spot.p == place
            player.back()
        assert player.spot.p == 0


@every
def test_predictions_are_asked_and_their_truth_is_one_of_the_options(card: Card) -> None:
    player = make(card)
    assert len(player.lesson.asks) >= 2
    texts = {lang: load(type(player.lesson).__module__.rpartition(".")[0], lang) for lang in LANGUAGES}
    seen: dict[str, Any] = {}
    for _ in range(20_000):
        moved = player.forward()
        if player.asked is not None:
            ask = player.asked.ask
            answered = player.answer(0.0 if ask.kind == "number" else "?")
            seen[ask.id] = answered.truth
            for text in texts.values():
                fields = player.lesson.says(answered.view or player.view(), text)
                section = text[f"ask.{ask.id}"]
                for said in (*section.before, *section.items, *section.after):
                    fill(said, {"previous": "", **fields})
                if ask.kind == "choice":
                    assert answered.truth in section.phrases()
                else:
                    assert np.isfinite(float(answered.truth))  # type: ignore[arg-type]
            player.skip()
        elif not moved or player.spot.training:
            break
    assert {ask.id for ask in player.lesson.asks if ask.track == "reel"} <= set(seen)


@every
def test_a_state_goes_out_and_comes_in(card: Card, tmp_path: Path) -> None:
    player = make(card, seed=2)
    printed = everything(player, all_steps=False)
    file = tmp_path / "state.json"
    file.write_text(json.dumps(printed), encoding="utf-8")
    knobs, start, seed = restore(player.lesson, str(file), {})
    again = Player(open_lesson(card), HOST, {k: v for k, v in knobs.items() if v != player.knobs[k]}, seed, start)
    assert everything(again, all_steps=False)["result"] == printed["result"]
    name = next(iter(printed["params"]), "nothing")
    for harm, says in (
        ((None, "params has no"), ([["x"]], "rectangle"), ([[[1.0]]], "shape")) if printed["params"] else ()
    ):
        state = {**printed, "params": {**printed["params"], name: harm}}
        file.write_text(json.dumps(state), encoding="utf-8")
        with pytest.raises(Refused, match=says):
            restore(player.lesson, str(file), {})
    file.write_text(json.dumps({**printed, "params": {**printed["params"], "nothing": [1]}}), encoding="utf-8")
    with pytest.raises(Refused, match="no parameter nothing"):
        restore(player.lesson, str(file), {})


@every
def test_json_is_plain_and_steps_are_printed(card: Card) -> None:
    player = make(card)
    found = everything(player, all_steps=True)
    assert json.loads(json.dumps(found)) == found
    assert [step["index"] for step in found["steps"]] == list(range(1, player.reel.total + 1))


@every
def test_chinese_and_english_cards(card: Card) -> None:
    for said in (card.title, card.lead):
        assert set(said) == set(LANGUAGES)
        assert said["en"] != said["zh"]


@weighted
def test_an_edit_by_notches_moves_what_follows(card: Card) -> None:
    player = make(card)
    name = player.lesson.weights(player.start)[0]
    before, moved = everything(player, all_steps=False)["result"], False
    for symbol, index in shown(player, name)[:64]:  # a weight of a word that is not read moves nothing
        player.edit(symbol, index, player.lesson.nudged(player.start, symbol, index, 1))
        moved = everything(player, all_steps=False)["result"] != before
        player.edit(symbol, index, player.lesson.nudged(player.start, symbol, index, -1))
        if moved:
            break
    assert moved
    np.testing.assert_allclose(player.start.params[name], make(card).start.params[name], atol=1e-12)


def shown(player: Player, name: str) -> list[tuple[str, tuple[int, ...]]]:
    """The cells of a parameter as the lesson shows them: the symbol and index that the cursor would have."""
    held = player.start.params[name]
    if player.lesson.editable(name):
        return [(name, index) for index in np.ndindex(held.shape)]
    return [(f"{name}[{i}]", (0,)) for i in range(1, held.size + 1) if player.lesson.editable(f"{name}[{i}]")]


def test_strict_is_used() -> None:
    assert Strict().name == "strict"


@every
def test_a_law_of_what_a_step_did_is_in_sight(card: Card) -> None:
    """Operation by operation, in every act."""
    player, text = make(card), load(card.load.partition(":")[0].rpartition(".")[0], "en")
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    rules, seen = player.lesson.rule(player.knobs), set()
    for p in range(1, player.reel.total + 1):
        step = player.reel.step(p)
        assert step is not None
        if (step.op, step.path[0]) in seen:
            continue
        seen.add((step.op, step.path[0]))
        player.spot = replace(player.spot, p=p)
        player.since = p - 1
        view = player.view()
        (panel,) = (each for each in with_law(player.lesson.panels(view, text), view) if isinstance(each, Laws))
        assert law(rules[step.op]) in panel.laws


def test_the_laws_of_an_act_stay_where_a_coarse_step_followed_them() -> None:
    player, text = make(course()["bptt"]), load("lessons.recurrent.bptt", "en")  # type: ignore[arg-type]
    player.record = {ask.id: "skipped" for ask in player.lesson.asks}
    player.jump("dW/t=3/k=2")
    view = player.view()
    assert len(view.done) > 2
    stage = player.lesson.panels(view, text)
    assert with_law(stage, view) == stage


@weighted
def test_the_gradient_of_every_parameter_is_set_as_one(card: Card) -> None:
    """dUz is ∂E/∂Uz wherever it is shown: no name of a parameter is unknown to the typesetting.

    Theta has one gradient for each of its columns, dtheta.
    """
    params = make(card).start.params
    assert [name for name in params if typeset(f"d{name}") == f"d{name}" and name != "Theta"] == []
