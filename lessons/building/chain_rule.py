"""The chain rule on a stage: a derivative as the product of its factors, and a matrix as it is read on the way back."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lessons.building.stage_parts import Parts, flow
from lessons.contract.panels import Block, Label, Matrix
from lessons.explaining.typeset import name


def chain_rule(derivative: str, factors: Sequence[str], lit: Collection[int], priority: int = 8) -> Matrix:
    """∂E/∂W = factor · factor …; `lit` are the numbers of those that the last step computed."""
    product = {i: Label(f"· {each}" if i > 1 else each, written=i - 1 in lit) for i, each in enumerate(factors, 1)}
    return flow("chain", {0: Label(f"{derivative} ="), **product}, priority)


def chain_of_layer(n: int, depth: int, op: str) -> Matrix:
    """∂E/∂W of layer n of `depth`, from the derivative by the layer above, which is known by then; `op` lights it."""
    net, h, W, above = (name(symbol) for symbol in (f"net{n}", f"h{n}", f"W{n}", f"net{n + 1}"))
    front = [f"∂E/∂{h}"] if n == depth else [f"∂E/∂{above}", f"∂{above}/∂{h}"]
    at = len(front)
    lit = {f"delta{n}": (at - 1, at), f"dW{n}": (at + 1,)}
    return chain_rule(f"∂E/∂{W}", [*front, f"∂{h}/∂{net}", f"∂{net}/∂{W}"], lit.get(op, ()))


def transposed(parts: Parts, W: str, shape: tuple[int, int]) -> Block:
    """Weights (rows, cols) with their rows as columns, as they lead an error back; a cell is that of the weight."""
    value = parts.view.get(W)
    shown = None if value is None else value.T
    return Block(W, shown, shape[::-1], "transposed", title=f"{name(W)}ᵀ", **parts.flags(W))
