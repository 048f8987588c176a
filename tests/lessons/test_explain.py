"""Every cell of every step of the lesson can be explained, and what is explained is its value."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.device import HOST
from engine.maths.activations import ACTIVATIONS
from engine.maths.optimisers import OPTIMISERS
from lessons.contract.panels import Table
from lessons.contract.text import text_of
from lessons.course import course, open_lesson
from lessons.explaining.explain import explain
from lessons.explaining.figures import cells
from lessons.explaining.formulas import law
from lessons.explaining.inspect import Inspection, focus, inspect
from lessons.player.player import Player
from lessons.recurrent.bptt import CARD


def player(**given: object) -> Player:
    made = Player(open_lesson(CARD), HOST, given)
    made.record = {ask.id: "skipped" for ask in made.lesson.asks}
    return made


def explained(p: Player, every: int = 1) -> int:
    """Explain each cell that each step wrote; how many there were."""
    reel, count = p.scrub, 0
    assert reel is not None
    for at in range(1, reel.total + 1, every):
        p.spot = type(p.spot)(p.spot.training, at, p.spot.n, p.spot.open)
        p.since = at - 1
        view = p.view()
        step = reel.step(at)
        assert step is not None
        for symbol in step.values:
            held = view.get(symbol)
            assert held is not None
            for index in itertools.product(*(range(n) for n in held.shape)):
                cell = inspect(view, symbol, index)
                rule, path, position = view.writer(symbol) or ("", (), 0)
                worked = explain(rule, path, index, view.lookup(position))
                assert worked.value == pytest.approx(float(held[index]), rel=1e-9, abs=1e-12), (step, index)
                assert cell.value == pytest.approx(worked.value, rel=1e-9, abs=1e-12)
                count += 1
        focus(view, set())
    return count


def test_every_cell_of_the_example() -> None:
    assert explained(player()) > 700


def test_a_long_sum_is_folded_and_nothing_is_lost() -> None:
    p = Player(open_lesson(course()["lstm"]), HOST, {"hidden": 4})
    p.record = {ask.id: "skipped" for ask in p.lesson.asks}
    steps = ((at, p.reel.step(at)) for at in range(1, p.reel.total + 1))
    p.move(p.reel, next(at for at, step in steps if step is not None and "gh[0]" in step.values))
    cell = inspect(p.view(), "gh[0]", (0,))
    assert cell.numbers.count("·") > 8
    for width in (40, 78):
        lines = cell.lines(width)
        assert all(cells(line) <= width for line in lines)
        assert cell.numbers.replace(" ", "") in "".join(lines).replace(" ", "")
        assert cell.numbers.replace(" ", "") in "".join(cell.short(width)).replace(" ", "")


def test_the_short_form_has_every_number_once() -> None:
    """Where the symbols alone take two lines, what is left is the numbers, in one."""
    cell = Inspection("Z", (), "Z", 3.0, "", "count[0] + count[1] + count[2]", "1.00 + 1.00 + 1.00")
    assert cell.short(24) == ("Z  =  1.00 + 1.00 + 1.00", "   =  3.00")
    assert len(cell.lines(34)) == 3
    assert cell.short(34) == ("Z  =  1.00 + 1.00 + 1.00  =  3.00",)
    assert cell.short(40) == cell.lines(40)
    copied = Inspection("h", (), "h", 0.5, "", "v[0] + v[1] + v[2] + v[3]", ".500")
    assert copied.short(20) == ("h  =  .500",)
    parted = Inspection("q", (0,), "q", 0.25, "", "a·b·(c + d)", "1.00·.500·(.250 + .250)", ".500 · .500")
    assert parted.lines(30)[-1] == "   =  .500 · .500  =  .250"


@pytest.mark.parametrize(("examples", "said"), [("one", "∂E/∂b₁ = δ₁"), ("several", "∂E/∂b₁ = Σ δ₁")])
def test_a_sum_over_examples_is_said_where_there_are_several(examples: str, said: str) -> None:
    p = Player(open_lesson(course()["mlp"]), HOST, {})
    p.record = {ask.id: "skipped" for ask in p.lesson.asks}
    if examples == "several":
        p.jump("update 2")
        p.go_in()
    reel = p.scrub
    assert reel is not None
    for at in range(1, reel.total + 1):
        p.spot = type(p.spot)(p.spot.training, at, p.spot.n, p.spot.open)
        step = reel.step(at)
        if step is not None and "db1" in step.values:
            assert inspect(p.view(), "db1", (0,)).rule == said
            return
    raise AssertionError("no step made it")


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_other_units(activation: str) -> None:
    assert explained(player(activation=activation, text="abcab", hidden=3, start="random", window=2), 7) > 50


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_an_opened_update(optimiser: str) -> None:
    p = player(optimiser=optimiser, clip=0.5)
    p.jump("update 3")
    p.go_in()
    assert explained(p, 3) > 100


def test_the_formula_of_the_slide_comes_out() -> None:
    p = player()
    p.jump("dW/t=3/k=1")
    cell = inspect(p.view(), "delta[3,1]", (0,))
    symbols, numbers = cell.lines(100)
    assert symbols == "(δ₃,₁)₁  =  (W₁₁·(δ₃,₂)₁ + W₂₁·(δ₃,₂)₂)·(1 − (s₁)₁²)"
    assert numbers.strip() == "=  (.500·.311 + .250·.478)·(1 − (−.205)²)  =  .275 · .958  =  .263"
    assert cell.value == pytest.approx(0.26337285, abs=1e-8)
    assert set(cell.sources) == {"W", "delta[3,2]", "s[1]"}


def test_a_given_cell_has_no_formula() -> None:
    p = player()
    p.jump("dW/t=3/k=1")
    cell = inspect(p.view(), "W", (0, 1))
    assert cell.rule == ""
    assert cell.value == -0.25
    assert inspect(p.view(), "delta[3,0]", (0,)).value is None


def test_long_sums_are_shortened_but_right() -> None:
    p = player(text="the quick brown fox", hidden=20)
    p.jump("dW/t=9/k=3")
    cell = inspect(p.view(), "delta[9,3]", (4,))
    assert "…" in cell.symbols
    held = p.view().get("delta[9,3]")
    assert held is not None
    assert cell.value == pytest.approx(float(held[4]))
    assert np.isfinite(cell.value or np.nan)


def test_what_is_counted_has_no_point() -> None:
    held = {"count[2]": np.array([[12.0]]), "total": 48.0, "rate": np.array([[12.0]])}
    cell = explain("f[w] = count[w] / total", (("w", 2),), (0, 0), held.get)
    assert (cell.numbers, cell.value) == ("12 / 48", 0.25)
    both = explain("f[w] = count[w] + total", (("w", 2),), (0, 0), held.get)
    assert (both.parts, both.worth) == ("12 + 48", "60")
    assert explain("f[w] = rate + rate", (("w", 2),), (0, 0), held.get).worth == "24.0"
    assert explain("f[w] = -count[w]", (("w", 2),), (0, 0), held.get).numbers == "−12"


def test_what_is_overwritten_is_no_equation() -> None:
    """The formula of an update has ← before it, and its numbers stand below."""
    p = player()
    p.jump("dW/t=3")
    seen = set()
    p.grain = max(p.lesson.grains.values())
    for _ in range(60):
        p.forward()
        view = p.view()
        for symbol in view.written:
            cell = inspect(view, symbol, (0, 0))
            if cell.symbols and cell.symbols != cell.numbers:
                lines = cell.lines(200)
                assert ("  ←  " in lines[0]) == (" ← " in cell.rule)
                assert lines[1].strip().startswith("=")
                seen.add(cell.sign)
    assert seen == {"=", "←"}


def test_halves_of_a_stack_are_explained_by_what_stands_there() -> None:
    held = {"a": np.array([[1.0], [2.0]]), "b": np.array([[3.0]]), "x": np.array([[1.0], [2.0], [3.0]])}
    for rule, at, symbols, value in (
        ("x = stack(a, b)", 1, "a₂", 2.0),
        ("x = stack(a, b)", 2, "b", 3.0),
        ("y = left(x, a)", 1, "x₂", 2.0),
        ("y = right(x, b)", 0, "x₃", 3.0),
    ):
        cell = explain(rule, (), (at, 0), held.get)
        assert (cell.symbols, cell.value) == (symbols, value)
    assert law("x[n] = stack(p[i], p[j])") == "xₙ = [pᵢ; pⱼ]"
    assert law("y = left(x, a)") == "y = left(x)"


def test_the_weight_that_is_checked_is_in_the_table_before_its_derivative_is_known() -> None:
    p, text = player(), text_of(open_lesson(CARD), "en")
    seen = set()
    for at in range(1, p.reel.total + 1):
        step = p.reel.step(at)
        if step is None or step.path[0][0] != "check":
            continue
        p.move(p.reel, at)
        (_, (parameter, _), (_, i)) = step.path
        table = next(panel for panel in p.lesson.panels(p.view(), text) if panel.id == "checks")
        assert isinstance(table, Table)
        assert table.lit == len(table.rows) - 1
        assert table.rows[-1][0].startswith(f"(∂E/∂{parameter})")
        seen.add((step.op.partition("_")[0], parameter, i, table.rows[-1][2] == "·"))
    assert all(open_yet == (op in ("plus", "minus")) for op, *_, open_yet in seen)
    assert len({(parameter, i) for _, parameter, i, _ in seen}) == 26


def test_of_a_whole_check_the_derivative_that_is_explained_is_the_one_at_the_address() -> None:
    p = player()
    p.jump("check")
    p.grain = 0
    p.move(p.reel, p.reel.total)
    view = p.view()
    assert view.path[1] == ("c", -1)
    found = focus(view, set(), p.lesson.explains)
    assert found is not None
    assert found[0] == "numeric_c[3]"
