"""A mutant given by hand: found whatever the layout, applied to one place, and nowhere else."""

from __future__ import annotations

import ast

import pytest

from engine.maths import activations
from tests.mutants.change import Mutant, NotFound, changed, compiled, load, one_of

SOURCE = '''
def f(a, b):
    """a + b"""
    c = (a
         + b)  # a + b
    a += b
    return c * (a + b)

class C:
    def f(self):
        self.n = g(1, 2)
        g(1)

    def h(self):
        def inner(x):
            return x - 1
        return inner
'''


def after(function: str, old: str, new: str, nth: int = -1) -> str:
    return ast.unparse(changed(Mutant("none", function, old, new, nth), ast.parse(SOURCE)))


@pytest.mark.parametrize(
    ("function", "old", "new", "nth", "was", "found"),
    [
        ("f", "a+b", "a - b", 0, "c = a + b", "c = a - b"),
        ("f", "( a + b )", "a - b", 1, "return c * (a + b)", "return c * (a - b)"),
        ("f", "c = a + b", "c = b", -1, "c = a + b", "c = b"),
        ("f", "a += b", "pass", -1, "    a += b", "    pass"),
        ("f", "a += b\nreturn c * (a + b)", "return a", -1, "    a += b\n    return c * (a + b)", "    return a"),
        ("C.f", "g(1)", "pass", -1, "        g(1)", "        pass"),
        ("C.f", "self.n", "self.m", -1, "self.n = ", "self.m = "),
        ("C.h.inner", "x - 1", "x", -1, "return x - 1", "return x"),
        ("", "x - 1", "x", -1, "return x - 1", "return x"),
    ],
)  # fmt: skip
def test_one_place_is_changed(function: str, old: str, new: str, nth: int, was: str, found: str) -> None:
    plain = ast.unparse(ast.parse(SOURCE))
    assert plain.count(was) == 1
    assert after(function, old, new, nth) == plain.replace(was, found)


@pytest.mark.parametrize(
    ("function", "old", "said"),
    [
        ("f", "a + b", "occurs 2 times"),
        ("f", "a * b", "occurs 0 times"),
        ("C.h", "g(1)", "occurs 0 times"),
        ("none", "a + b", "occurs 0 times"),
    ],
)
def test_what_does_not_occur_once_is_refused(function: str, old: str, said: str) -> None:
    with pytest.raises(NotFound, match=said):
        after(function, old, "0")


def test_a_renamed_piece_is_found_again() -> None:
    with pytest.raises(NotFound, match=r"there is '1 - s \*\* 2'"):
        changed(Mutant("engine.maths.activations", "tanh_slope", "1 - h**2", "1 - h"))


def test_a_loaded_mutant_is_a_module_of_its_own() -> None:
    broken = load("engine.maths.activations", compiled(Mutant("engine.maths.activations", "tanh_slope", "s**2", "s")))
    assert broken.tanh_slope(None, 3) == -2
    assert activations.tanh_slope(None, 3) == -8
    assert load("engine.maths.activations").tanh_slope(None, 3) == -8


def test_the_module_in_which_it_occurs_is_found() -> None:
    modules = ["engine.maths.losses", "engine.maths.activations"]
    assert one_of(modules, "1 - s**2", "1").module == "engine.maths.activations"
    with pytest.raises(NotFound, match="occurs 0 times"):
        one_of(modules, "1 - s**3", "1")
