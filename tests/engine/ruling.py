"""Evaluating every rule at every step of a reel, as the screen would, and comparing with what the step wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.device import Device, quiet
from engine.walks import rules as language
from engine.walks.reel import Reel
from tests.engine.cases import assert_close


class Reader:
    """What a rule at position p may read: symbols of the section of p as they stood before the step."""

    def __init__(self, device: Device, reel: Reel, p: int) -> None:
        self.device, self.reel, self.p = device, reel, p
        self.section = reel.section(p)

    def __call__(self, name: str) -> Any:
        if self.p - 1 > self.reel.starts[self.section]:
            found = self.reel.get(name, self.p - 1)
        else:
            found = self.reel.env(self.section).get(name)
        return self.device.get(found) if hasattr(found, "shape") else found


def assert_rules_hold(device: Device, reel: Reel, rules: Mapping[str, str], tolerance: float = 1e-12) -> set[str]:
    """Every step has a rule, which names what the step wrote and gives what the step gave. The ops that were met."""
    met = set()
    for p in range(1, reel.total + 1):
        step = reel.step(p)
        assert step is not None
        assert step.op in rules, f"no rule for {step.op} at {step.path}"
        rule, read = rules[step.op], Reader(device, reel, p)
        ((name, array),) = step.values.items()
        assert language.target(rule, step.path) == name
        for symbol in language.reads(rule, step.path):
            if "total(" not in rule:  # total reads as much of its family as there is
                assert read(symbol) is not None, f"{rule} at {step.path} cannot read {symbol}"
        wanted = device.get(array)
        with quiet():
            found = np.asarray(language.evaluate(rule, step.path, read), dtype=float)
        if step.op.startswith("gap_"):  # what two nearly equal numbers differ by is rounding, beside the numbers
            assert abs(float(found - wanted)) <= tolerance, f"{rule} at {step.path}"
        else:
            assert_close(np.broadcast_to(found, wanted.shape), wanted, tolerance, f"{rule} at {step.path}")
        met.add(step.op)
    return met
