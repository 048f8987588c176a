"""Numbers in five columns, rounded first; formulas typeset and carried down to numbers that come out."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from lessons.explaining.figures import cell, eight, ending, figures, five, parted, three, tick, whole
from lessons.explaining.formulas import law
from lessons.explaining.typeset import entry, name
from tui.canvas.canvas import Canvas
from tui.draw.pen import bracket, number


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        (0.263, ".263"), (-0.065, "−.065"), (1.04, "1.04"), (12.3, "12.3"), (456.0, "456"), (4000.0, "4e3"),
        (5e-5, "5e-5"),
        (3e-14, "3e-14"), (0.9996, "1.00"), (9.996, "10.0"), (99.96, "100"), (999.6, "1e3"), (0.0, "0"), (-0.0, "0"),
        (math.nan, "NaN"), (math.inf, "∞"), (-math.inf, "−∞"), (-3e-14, "−3e-14"), (1e100, "1e100"),
        (0.0009996, ".001"),
    ],
)  # fmt: skip
def test_five(x: float, shown: str) -> None:
    assert five(x) == shown


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        (0.263, ".263"), (-0.0651, "−.0651"), (0.00316, ".00316"), (0.09996, ".100"), (0.0009997, ".00100"),
        (0.0009993, "9.99e-4"), (2378.0, "2378"), (-99_999.4, "−99999"), (1.23e6, "1.23e6"),
        (5e-5, "5e-5"), (-0.00051249, "−5.12e-4"), (0.0, "0"), (float("inf"), "∞"),
    ],
)  # fmt: skip
def test_three(x: float, shown: str) -> None:
    assert three(x) == shown


@given(st.floats())
def test_five_is_at_most_five_columns_and_a_cell_exactly(x: float) -> None:
    far = abs(x) >= 9.5e99 or 0 < abs(x) < 1e-9
    assert cell_len(five(x)) <= (7 if far else 5)
    assert 5 <= cell_len(cell(x)) <= (6 if far else 5)
    if x > 0 and 1e-99 < x < 9e99:
        assert cell_len(five(x)) <= 5
        assert cell_len(cell(x)) == 5


@given(st.floats(allow_nan=False, allow_infinity=False), st.booleans())
def test_a_number_keeps_a_figure_before_its_exponent(x: float, counted: bool) -> None:
    for shown in (five(x), three(x), eight(x), cell(x, counted), figures(x, counted), tick(x), *parted(x, x + 1)):
        assert re.fullmatch(r" *(−?(\d*\.)?\d+(e[-+−]?\d+)?|≈−?0) *", shown), shown


@given(st.integers(-9999, 9999), st.floats(-1e6, 1e6), st.floats(1e-12, 1.0))
@example(0, -196550.0, 0.5)
def test_counts_are_whole_and_what_differs_is_seen_to(n: int, x: float, gap: float) -> None:
    assert tick(n) == str(n).replace("-", "−")
    if n >= 0:
        assert cell(n, True).strip() == figures(n, True) == str(n)
    assert len(set(parted(x, x + gap))) == (1 if x == x + gap else 2)


@given(st.floats(allow_nan=False), st.sampled_from(["►", "•", " "]), st.integers(1, 4))
def test_a_cell_of_a_matrix_shows_the_whole_number(x: float, mark: str, cols: int) -> None:
    canvas = Canvas(6 * cols + 8)
    for c in range(cols):
        number(canvas, 6 * c, 0, x, "", mark)
    for c in range(cols):
        bracket(canvas, 6 * c, 0)
    said = re.sub("[][►• ]+", " ", canvas.text()).replace("−", " −").replace("≈ −", "≈−").replace("e -", "e-").split()
    assert said == [cell(x).strip()] * cols


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6))
def test_what_is_shown_is_near(x: float) -> None:
    shown = five(x).replace("−", "-")
    assert float(shown) == pytest.approx(x, rel=0.5 if "e" in shown else 0.05, abs=6e-4)


def test_eight_and_whole() -> None:
    assert eight(0.263430661) == ".26343066"
    assert eight(-0.1) == "−.10000000"
    assert whole(-0.1) == "-0.1"
    assert float(whole(1 / 3)) == 1 / 3


@pytest.mark.parametrize(
    ("symbol", "shown"),
    [
        ("delta[3,1]", "δ₃,₁"), ("s[12]", "s₁₂"), ("s_init", "s₋₁"), ("dW", "∂E/∂W"), ("dW[3]", "∂E₃/∂W"),
        ("dW[3,1]", "(∂E₃/∂W)₁"), ("yhat[2]", "ŷ₂"), ("G_W", "G(W)"), ("E[0]", "E₀"), ("sweep_W", "∂E/∂W"),
        ("h_init", "h₋₁"), ("c2_init", "c₂,₋₁"),
    ],
)  # fmt: skip
def test_names(symbol: str, shown: str) -> None:
    assert name(symbol) == shown


def test_entries() -> None:
    assert entry("W", (0, 1)) == "W₁₂"  # as on the slides: from 1
    assert entry("W", (0, 11)) == "W₁,₁₂"
    assert entry("b", (2,)) == "b₃"
    assert entry("delta[3,1]", (0,)) == "(δ₃,₁)₁"
    assert entry("dW", (0, 1)) == "(∂E/∂W)₁₂"
    assert entry("alpha[2]", (0,)) == "(α₂)₀"  # it lies along time, which counts from 0
    assert entry("E", ()) == "E"


def test_laws() -> None:
    rule = "delta[t,k] = (W.T @ delta[t,k+1]) * (1 - s[k]**2)"
    assert law(rule) == "δₜ,ₖ = (Wᵀ δₜ,ₖ₊₁) ∘ (1 − sₖ²)"
    assert law(rule, {"t": 3, "k": 1}) == "δ₃,₁ = (Wᵀ δ₃,₂) ∘ (1 − s₁²)"
    assert law("dW[t,k] = delta[t,k] @ s[k-1].T") == "(∂Eₜ/∂W)ₖ = δₜ,ₖ sₖ₋₁ᵀ"
    assert law("z[t] = U @ x[t] + W @ s[t-1] + b", {"t": 0}) == "z₀ = U x₀ + W s₋₁ + b"
    assert law("G_W = G_W + dW**2") == "G(W) ← G(W) + (∂E/∂W)²"
    assert law("dw = dw[0]") == "∂E/∂w = ∂E₀/∂w"
    assert law("dw = dw + dw[t]") == "∂E/∂w ← ∂E/∂w + ∂Eₜ/∂w"
    assert law("P[k] = P[k+1] @ J[k+1]") == "Pₖ = Pₖ₊₁ Jₖ₊₁"  # another one of the same family is not overwritten
    assert law("L = 0 * h.T @ h") == "L = 0"
    assert law("P = 1 + 0 * h.T @ h") == "P = 1"
    assert law("u[j] = u[j] - rate * du[j]", {"j": 2}) == "u₂ ← u₂ − η ∂L/∂u₂"
    assert law("netf2[t] = Uf2 @ h[t] + Wf2 @ h2[t-1]", {"t": 0}) == "netf₂,₀ = Uf₂ h₀ + Wf₂ h₂,₋₁"


def test_counts_and_endings() -> None:
    assert (cell(2378.0, True), cell(6.0, True), cell(-6.0, True), cell(0.5, True)) == (
        " 2378",
        " 6   ",
        "−6.00",
        " .500",
    )
    assert (cell(23780.0, True), figures(23780.0, True), figures(0.25, True)) == (" 2e4 ", "23780", ".250")
    assert (ending("abcd", 4), ending("abcde", 4), ending("今天好", 4)) == ("abcd", "…cde", "…好")


def test_two_losses_are_shown_to_the_digit_where_they_part() -> None:
    assert parted(5.865430587, 5.865420836) == ("5.8654306", "5.8654208")
    assert parted(1.5, 1.5) == ("1.50", "1.50")
    assert parted(-2e-9, 3e-9) == ("−2.0000e-9", "3.0000e-9")
