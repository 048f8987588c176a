"""No formula drifts from the code: every rule is evaluated at every step of every walk."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from engine.device import HOST, Device
from engine.maths.activations import ACTIVATIONS
from engine.maths.optimisers import OPTIMISERS
from engine.recurrent import srn
from engine.walks import descent
from engine.walks import rules as language
from engine.walks.gradient_check import rules as check_rules
from tests.engine.cases import ALL, lesson_reel, make, update_reel
from tests.engine.ruling import assert_rules_hold

ELSEWHERE = ("U_met", "W_met", "V_met", "b_met", "c_met", "a", "column", "sweep_")
"""Beginnings of the net's ops that training does not show."""


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("window", [2, ALL], ids=["window=2", "window=all"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_lesson(name: str, window: int, batch: int) -> None:
    net, reel = lesson_reel(HOST, name, make(HOST, 4, batch, 3, 4, seed=batch), window)
    rules = net.rules()
    assert rules == {**srn.rules(ACTIVATIONS[name]), **check_rules(srn.PARAMETERS)}
    assert assert_rules_hold(HOST, reel, rules) == set(rules)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("window", [2, ALL], ids=["window=2", "window=all"])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_update(name: str, optimiser: str, window: int, batch: int) -> None:
    reel = update_reel(HOST, name, optimiser, make(HOST, 4, batch, 3, 4, seed=batch), window, n=2)
    own, net = descent.rules(OPTIMISERS[optimiser], srn.PARAMETERS), srn.rules(ACTIVATIONS[name])
    assert not set(own) & set(net)
    met = assert_rules_hold(HOST, reel, {**own, **net})
    assert set(own) <= met
    assert all(op.startswith(ELSEWHERE) for op in set(net) - met)


def test_on_each_device(device: Device) -> None:
    case = make(device, 3, 2, 3, 4)
    net, reel = lesson_reel(device, "tanh", case, 2)
    assert_rules_hold(device, reel, net.rules())
    reel = update_reel(device, "sigmoid", "adam", case, ALL, n=1)
    own = descent.rules(OPTIMISERS["adam"], srn.PARAMETERS)
    assert_rules_hold(device, reel, {**srn.rules(ACTIVATIONS["sigmoid"]), **own})


def test_a_wrong_rule_is_caught() -> None:
    net, reel = lesson_reel(HOST, "tanh", make(HOST, 3, 2, 3, 4), ALL)
    for op, wrong in {
        "delta": "delta[t,k] = (W @ delta[t,k+1]) * (1 - s[k]**2)",
        "W_term": "dW[t,k] = delta[t,k] @ s[k].T",
        "W_add": "dW[t] = dW[t,k]",
        "column": "column[k] = delta[k,k]",
        "E": "E[t] = -sum(y[t] * z[t])",
    }.items():
        with pytest.raises(AssertionError, match="off by"):
            assert_rules_hold(HOST, reel, {**net.rules(), op: wrong})
    with pytest.raises(AssertionError):
        assert_rules_hold(HOST, reel, {**net.rules(), "net": "s[t] = U @ x[t] + W @ s[t-1] + b"})
    with pytest.raises(AssertionError, match="no rule"):
        assert_rules_hold(HOST, reel, {op: rule for op, rule in net.rules().items() if op != "gap_c"})
    with pytest.raises(AssertionError, match="cannot read"):
        assert_rules_hold(HOST, reel, {**net.rules(), "net": "net[t] = U @ x[t] + W @ s[t] + b"})


def test_the_slope_in_a_rule_is_the_slope_in_the_code() -> None:
    s = np.array([[-1.0, -0.3, 0.0, 0.4, 1.0]])
    for f in ACTIVATIONS.values():
        rule = f"found = {f.slope_rule.format(s='s')} * ones"
        found = language.evaluate(rule, (), {"s": s, "ones": np.ones_like(s)}.get)
        assert np.array_equal(found, f.slope(np, s)), f.name


def test_reads_and_target() -> None:
    path = (("dW", -1), ("t", 3), ("k", 1))
    rule = srn.rules(ACTIVATIONS["tanh"])["delta"]
    assert language.target(rule, path) == "delta[3,1]"
    assert language.reads(rule, path) == ("W", "delta[3,2]", "s[1]")
    assert language.reads("z[t] = U @ x[t] + W @ s[t-1] + b", (("t", 0),)) == ("U", "x[0]", "W", "s_init", "b")
    assert language.reads("E_plus[cell] = E_W(W + h * unit[cell])", (("cell", 2),)) == ("W", "h", "unit[2]")
    assert language.reads("p = p - rate * n", (("n", 4),)) == ("p", "rate")  # n is a bound index here
    assert language.bindings(path) == {"t": 3, "k": 1}


def test_values() -> None:
    known = {"a": 3.0, "M": np.array([[1.0, 2.0]]), "f[0,0]": 1.0, "f[1,0]": 10.0, "f[3,0]": 1000.0}.get
    path = (("t", 2),)
    assert language.evaluate("r = -a**2 + t", path, known) == -7.0
    assert language.evaluate("r = 2 * (a > 1) + (a < 1)", path, known) == 2
    assert language.evaluate("r = total(f, t-2)", path, known) == 11.0  # f[2,0] is not there, and ends the column
    assert language.evaluate("r = batch(M)", path, known).tolist() == [[3.0]]
    assert language.evaluate("r = sum(M.T @ M)", path, known) == 9.0
    with pytest.raises(KeyError, match="b"):
        language.evaluate("r = a + b", path, known)
    with pytest.raises(ValueError, match="cannot hold"):
        language.evaluate("r = [a]", path, known)
    assert isinstance(language.parse("r = a").value, ast.Name)


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("a + b", [3, 4, 5]),
        ("a - b", [-1, 0, 1]),
        ("a * b", [2, 4, 6]),
        ("a / b", [0.5, 1, 1.5]),
        ("a**b", [1, 4, 9]),
        ("a < b", [True, False, False]),
        ("a <= b", [True, True, False]),
        ("a > b", [False, False, True]),
        ("-a", [-1, -2, -3]),
        ("a @ a", 14),
    ],
)
def test_every_operator(formula: str, wanted: list[float]) -> None:
    values = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([2.0, 2.0, 2.0])}
    np.testing.assert_array_equal(language.evaluate(f"c = {formula}", (), values.get), wanted)
