"""A net in time on the training curve: what the lesson's example makes with the weights that training has reached.

The symbols hold there what the last minibatch made, so that a drawing under the example's words must not show them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.device import HOST, HostArray
from engine.gated.cell import Cell
from engine.gated.run.training import answering
from lessons.building.training_panel import training_of
from lessons.contract.panels import Block
from lessons.contract.view import View
from lessons.data.sequences.task import numbers_of


def tried(view: View, cell: Cell, wanted: Sequence[int | None]) -> Mapping[str, Any]:
    """h_init and h[t] (H,), yhat[t] (K,) of the example x, and the loss E[t] where an answer is `wanted`, by symbol."""
    state, inputs = training_of(view).state, view.start.inputs
    assert state is not None
    theta = {name: HOST.put(view.device.get(value)) for name, value in state.data.theta.items()}
    made = answering(HOST, cell, theta, numbers_of(inputs["x"], inputs["vocabulary"])[None], 0)
    found: dict[str, Any] = {f"{name}[{t}]": now[name][:, 0] for t, now in enumerate(made) for name in ("h", "yhat")}
    found["h_init"] = np.zeros(len(found["h[0]"]))
    return found | {f"E[{t}]": -float(np.log(made[t]["yhat"][y, 0])) for t, y in enumerate(wanted) if y is not None}


def looked_at(block: Block, value: HostArray | None) -> Block:
    """A block in a line that shows these numbers, where there are any, in place of its symbol's: they are only seen."""
    return block if value is None else replace(block, symbol="", values=value[None, : block.shape[1]], lie="row")
