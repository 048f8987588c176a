"""Drawn mutants: the same for the same seed, each in one place, none in messages, types or texts."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from tests.mutants import draw as drawing
from tests.mutants.change import Mutant, changed, tree_of
from tests.mutants.draw import builds, draw, every

SOURCE = '''
"""1 + 1"""
from typing import TYPE_CHECKING
__all__ = ["a" * 1]
if TYPE_CHECKING:
    ONE = 1
def f(a: tuple[int, 2], b: Array[3] = None) -> Literal[4]:
    """5 + 5"""
    if a == "text" + b:
        raise ValueError(f"{6 + 6} of 7", 8)
    assert a < 9
    warn("ten", 10)
    return f"{a + 11}", a | b, a @ b
'''


def found(monkeypatch: pytest.MonkeyPatch, source: str) -> list[str]:
    monkeypatch.setattr(drawing, "tree_of", lambda module: ast.parse(source))
    return [f"{d.mutant.before} → {d.mutant.after}" for d in every("none")]


def test_texts_types_and_messages_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, SOURCE) == ["a == 'text' + b → a != 'text' + b"]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("x + y", ["x + y → x - y"]),
        ("x ** y", ["x ** y → x * y"]),
        ("x < y", ["x < y → x <= y", "x < y → x >= y"]),
        ("x is None", ["x is None → x is not None"]),
        ("x and y", ["x and y → x or y"]),
        ("not x", ["not x → x"]),
        ("f(-x)", ["-x → x"]),
        ("f(3)", ["f(3) → f(4)", "f(3) → f(2)"]),
        ("f(0)", ["f(0) → f(1)", "f(0) → f(-1)"]),
        ("f(-1)", ["-1 → 1"]),
        ("f(0.5)", ["f(0.5) → f(1.0)"]),
        ("f(True)", ["f(True) → f(False)"]),
        ("x += y", ["x += y → x -= y"]),
        ("a[1:]", ["a[1:] → a[2:]", "a[1:] → a[0:]"]),
        ("f('text', None, ...)", []),
        ("f(x + y, x + y)", ["f(x + y, x + y) → f(x - y, x + y)", "f(x + y, x + y) → f(x + y, x - y)"]),
    ],
)
def test_what_is_changed(source: str, wanted: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, f"def f():\n    {source}") == wanted


def test_a_seed_draws_the_same_again() -> None:
    modules = ["engine.maths.optimisers", "engine.maths.losses"]
    assert draw(3, 25, modules) == draw(3, 25, modules)
    assert draw(3, 25, modules) != draw(4, 25, modules)
    assert len(set(draw(3, 25, modules))) == 25
    assert {drawn.mutant.module for drawn in draw(3, 25, modules)} == set(modules)


def test_every_mutant_changes_one_line() -> None:
    modules = ["engine.gated.kernel.layers", "engine.words.pair", "engine.walks.rules"]
    for drawn in draw(0, 20, modules):
        plain: Any = ast.unparse(tree_of(drawn.mutant.module)).splitlines()
        lines = ast.unparse(changed(drawn.mutant)).splitlines()
        assert sum(a != b for a, b in zip(plain, lines, strict=True)) == 1, drawn


def test_what_cannot_be_compiled_is_told() -> None:
    assert builds(Mutant("engine.maths.activations", "tanh_slope", "return 1 - s**2", "return 1"))
    assert not builds(Mutant("engine.maths.activations", "tanh_slope", "return 1 - s**2", "break"))
