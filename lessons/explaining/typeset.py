"""Symbols as the field writes them: delta[3,1] is δ₃,₁, dW[3] is ∂E₃/∂W."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from engine.walks.step import split
from lessons.explaining.numbering import indices

LOWERED = "₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"
"""Digits, signs and letters that have a lowered form."""
SUBSCRIPTS = str.maketrans("0123456789+-aehijklmnoprstuvx", LOWERED)
UNLOWERED = re.compile("[bcdfgqwyz*]")
"""Letters that have no lowered form in common fonts: an index with one of them stands in brackets."""
LETTERS = {
    "delta": "δ", "W_": "W", "b_": "b", "T_W": "W", "T_b": "b", "T_V": "V",
    "yhat": "ŷ", "theta": "θ", "rate": "η", "eta": "η", "gamma": "γ", "alpha": "α", "eps": "ε",
    "gh": "∂E/∂h", "gc": "∂E/∂c", "delta_i": "δi", "delta_f": "δf", "delta_o": "δo", "delta_g": "δg", "delta_z": "δz",
    "delta_r": "δr", "delta_n": "δn", "delta_h": "δh",
    "gd": "∂E/∂d", "ge": "∂E/∂e", "gq": "∂E/∂q", "gk": "∂E/∂k", "gj": "∂E/∂j", "gx": "∂E/∂x", "galpha": "∂E/∂α",
    "hs": "h", "ks": "k", "ghs": "∂E/∂h", "gks": "∂E/∂k", "htilde": "h̃", "delta_htilde": "δh̃", "delta_a": "δa",
    "cut_dv": "cut_v", "cut_du": "cut_u", "cut_dtheta": "cut_θ", "cut_dnoise": "cut_noise", "dnoise": "∂L/∂u⁻",
    "vh_data": "⟨vhᵀ⟩⁺", "vh_model": "⟨vhᵀ⟩⁻", "h_data": "h⁺", "h_model": "h⁻", "E_vh": "E[vhᵀ]", "E_v": "E[v]",
    "E_h": "E[h]", "net_h": "netʰ", "net_v": "netᵛ", "W_h": "W", "W_v": "W", "b_h": "b", "a_v": "a", "e_h": "e",
    "e_v": "e", "lnZ": "ln Z", "decay": "λ", "F_v": "Fᵛ", "F_x": "Fˣ",
    "du": "∂L/∂u", "dv": "∂L/∂v", "dh": "∂L/∂h", "dtheta": "∂L/∂θ",
    "n_pairs": "n", "half": "½", "rate_all": "η", "count_a": "left", "count_b": "right",
    "one": "1", "g_norm": "‖g‖", "h": "h", "slope": "f'", "in_": "netˣ", "rec": "netˢ", "unit": "1ᵢⱼ",
    "move": "∂s{at}/∂w", "column": "S", "eye": "I", "g_near": "g̃", "clipped": "ĝ", "reach": "ρ", "far": "‖Q{at}‖",
    "road": "Π", "tau": "τ", "oa": "o₁", "ob": "o₂", "oab": "o₃", "bent": "Δ", "same": "Δh", "hit": "g", "answer": "o",
    "wants": "t", "missed": "E", "w_norm": "‖w{at}‖", "norm_delta": "‖δ{at}‖", "norm_dW": "‖∂E/∂W{at}‖", "w_then": "w′",
    "b_then": "b′", "turn": "∂cos/∂v{at}", "grad_W": "∂cos/∂W", "edge": "F", "edges": "F", "keep": "p_keep",
    "share": "ω", "back": "ω′", "P_pos": "P₊", "P_neg": "P₋", "says": "ŷ",
    "says_test": "ŷ_test",
}  # fmt: skip
OF_TWO = {
    "ds": "∂s{t}/∂s{k}", "by_s": "∂E{t}/∂s{k}", "by_yhat": "∂E{t}/∂ŷ{t}", "dyhat_z": "∂ŷ{t}/∂z{t}",
    "dyhat_s": "∂ŷ{t}/∂s{t}", "norm_J": "‖J{at}‖", "norm_ds": "‖∂s{t}/∂s{k}‖",
}  # fmt: skip
"""Derivatives of one symbol by another, each at its place in time."""
START = "_init"
"""What the name of a state ends with that is there before the first timestep: s_init is s₋₁."""
OF_PARAMETER = {
    "E_plus": "E₊", "E_minus": "E₋", "gap": "|diff|", "numeric": "≈∂E/∂{p}", "met": "(∂E/∂{p}){at}", "unit": "1ᵢⱼ",
    "sweep": "∂E/∂{p}", "do": "∂o/∂{p}{at}", "by": "∂E/∂{p}{at}", "share": "ρ({p})",
    "first": "‖δ₁‖({p})", "last": "‖δ‖({p})",
    "f": "{p}(net)", "df": "{p}'(net)", "G": "G({p})", "m": "m({p})", "v": "v({p})",
}  # fmt: skip
"""Families that belong to a parameter: met_W is one term of ∂E/∂W, G_W what AdaGrad remembers of it."""
PARAMETER = re.compile(r"[A-Za-z]\d*|[WUb][acdDfghimnoryz]\d?|va|T[xy]|net")
"""Names of parameters, whose gradient is the family with a d before it."""


SIDES = {"_e": "ᵉ", "_d": "ᵈ"}
"""What the symbols of an encoder and of a decoder end in, and how that is set: z_e[3] is zᵉ₃."""
COMPOSED = re.compile(rf"[{LOWERED}]$|/|^‖")
"""A name that is put in brackets before an entry of it is taken: it has an index, or is a derivative or a norm."""
IN_TIME = frozenset({"alpha", "galpha", "ge"})
"""Families of vectors along the timesteps, whose entries are counted from 0 as these are."""
STACKED = {"hs": "h", "ks": "k", "ghs": "gh", "gks": "gk"}
"""Families that hold the vectors of all places in rows, by the family of one place: row s of hs is h[s]."""
INDEXED = re.compile(rf"(?=[{LOWERED}\[)]|$)")
"""Where the index of a name begins, or its end."""


def subscript(text: str) -> str:
    """An index, lowered; in brackets where one of its letters has no lowered form."""
    return f"[{text}]" if UNLOWERED.search(text) else text.translate(SUBSCRIPTS)


NAMES: ContextVar[Mapping[str, str]] = ContextVar("NAMES", default={})  # noqa: B039 - never changed in place
"""What symbols are called instead, where another notation was chosen."""


@contextmanager
def naming(names: Mapping[str, str]) -> Iterator[None]:
    """Inside, symbols are typeset under these names."""
    token = NAMES.set(names)
    try:
        yield
    finally:
        NAMES.reset(token)


SCORES: ContextVar[bool] = ContextVar("SCORES", default=False)
"""Whether e are the scores of places, as where there is attention, and not errors of outputs."""


@contextmanager
def scoring(places: bool) -> Iterator[None]:
    """Inside, entries of e are counted from 0 as the places are, or from 1."""
    token = SCORES.set(places)
    try:
        yield
    finally:
        SCORES.reset(token)


def name(symbol: str) -> str:
    """A symbol as the field writes it: delta[3,1] is δ₃,₁, dW[3] is ∂E₃/∂W, its k-th term (∂E₃/∂W)ₖ."""
    family, at = split(symbol)
    return family_name(family, indices(family, at))


def family_name(family: str, indices: list[str]) -> str:
    """The same of a family and its indices, which may be letters: delta with t and k is δₜ,ₖ."""
    other = NAMES.get()
    if family.removesuffix(START) in other:
        return placed(other[family.removesuffix(START)], subscript(",".join(indices)) if family in other else "₋₁")
    if family[:1] == "d" and family[1:] in other and family[-2:] in SIDES:
        return placed(f"∂E/∂{other[family[1:]]}", subscript(",".join(indices)))
    if family[-2:] in SIDES and len(family) > 2:
        return INDEXED.sub(SIDES[family[-2:]], family_name(family[:-2], indices), count=1)
    if family.endswith(START):
        before = family.removesuffix(START)
        return numbered(before) + (",₋₁" if before[-1:].isdigit() else "₋₁")
    if family in OF_TWO:
        return placed(OF_TWO[family], subscript(",".join(indices)))
    if family in ("gh", "gc") and len(indices) > 1:
        return f"∂E{subscript(indices[0])}/∂{family[1]}{subscript(indices[1])}"
    if family in LETTERS:
        return placed(LETTERS[family], subscript(",".join(indices)))
    kind, _, of = family.rpartition("_")
    form = OF_PARAMETER.get(kind)
    if form is not None:
        at = subscript(",".join(indices)) if indices else ""
        return form.format(p=numbered(of), at=at)
    if PARAMETER.fullmatch(family[1:]) and family[0] == "d":
        of_t = subscript(indices[0]) if indices else ""
        whole = f"∂E{of_t}/∂{numbered(family[1:])}"
        return f"({whole}){subscript(indices[1])}" if len(indices) > 1 else whole
    layer = family[len(family.rstrip("0123456789")) :]
    if layer and indices and family not in other:  # a layer's number and a timestep's are kept apart
        letters = family.removesuffix(layer)
        return LETTERS.get(letters, letters) + subscript(",".join([layer, *indices]))
    return numbered(family) + (subscript(",".join(indices)) if indices else "")


def numbered(family: str) -> str:
    """A name with its number lowered: W1 is W₁."""
    letters = family.rstrip("0123456789")
    if family in NAMES.get():
        return NAMES.get()[family]
    if family[-2:] in SIDES and len(family) > 2:
        return numbered(family[:-2]) + SIDES[family[-2:]]
    return placed(LETTERS.get(letters, letters), subscript(family[len(letters) :]))


def placed(form: str, at: str) -> str:
    """A name with its lowered index: at its end, or where the name says, ∂s{at}/∂w; of two, t and k, ∂s{t}/∂s{k}."""
    t, _, k = at.partition(",")
    return form.format(at=at, t=t, k=k) if "{" in form else form + at


def entry(symbol: str, at: tuple[int, ...]) -> str:
    """One entry of a symbol, counted from 1 (of what lies along time, from 0): W₁₂, (δ₃,₁)₁ of what has an index."""
    family = split(symbol)[0]
    if family in STACKED and at:
        return entry_of(name(f"{STACKED[family]}[{at[0]}]"), at[1:])
    return entry_of(name(symbol), at, first_of(family))


def first_of(family: str) -> int:
    """What the first entry of a family is called: 0 along timesteps and places, else 1."""
    return int(family not in IN_TIME and not (family == "e" and SCORES.get()))


def entry_of(text: str, at: tuple[int, ...], first: int = 1) -> str:
    """An entry, at places from 0, of what is typeset so; the first one along the first axis is called `first`."""
    if not at:
        return text
    places = [str(at[0] + first), *(str(i + 1) for i in at[1:])]
    low = subscript(("" if all(len(place) == 1 for place in places) else ",").join(places))
    sign = text[: text.startswith("≈")]
    return f"{sign}({text.removeprefix(sign)}){low}" if COMPOSED.search(text) else text + low


def slope(of: str, p: str) -> str:
    """The derivative of a quantity by a parameter: ∂E/∂W, ∂(½ Σ y²)/∂w."""
    return f"∂({of})/∂{numbered(p)}" if " " in of else f"∂{of}/∂{numbered(p)}"
