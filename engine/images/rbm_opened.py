"""What a small restricted Boltzmann machine says exactly, opened: sections for the probabilities and the gradient."""

from __future__ import annotations

from engine.device import Array, Device
from engine.images.rbm import Theta
from engine.images.rbm_exact import exact, summable, weigh
from engine.walks.reel import Env, Section
from engine.walks.step import Path


def sections(device: Device, theta: Theta, v: Array, known: Env, at: Path) -> list[Section]:
    """p of each of the patterns v (V, M), then the exact gradient; nothing where Z is out of reach.

    `known` has lnZ and, as "expected", what `rbm_exact.expected` gives: both are read when a section is opened.
    """
    if not summable(device, theta):
        return []
    inside, M = (*at, ("exact", -1)), v.shape[1]
    patterns = [v[:, m : m + 1] for m in range(M)]
    return [
        Section(at, lambda: weigh(device, theta, patterns, known.get("lnZ"), at), lambda: known, 1 + 3 * M),
        Section(inside, lambda: exact(device.xp, theta, v, known.get("expected"), inside), lambda: known, 4),
    ]
