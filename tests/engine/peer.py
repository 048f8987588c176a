"""The SRN a second time, in PyTorch: its autograd knows nothing of ledgers, sweeps or rules."""

from __future__ import annotations

from typing import Any

import pytest

from engine.device import HostArray
from tests.engine.cases import Case

torch: Any = pytest.importorskip("torch", reason="no PyTorch here: pip install 'unroll-nn[peers]'")

HIDDEN: dict[str, Any] = {
    "linear": lambda z: z,
    "ramp": lambda z: torch.clamp(z, -1, 1),
    "sigmoid": lambda z: torch.sigmoid(z),
    "tanh": lambda z: torch.tanh(z),
    "relu": lambda z: torch.relu(z),
}
"""Hidden units by name. The step function is left out: it has no gradient to compare."""


class Peer:
    """The leaves of a net and its inputs as tensors; `case` holds host arrays."""

    def __init__(self, name: str, case: Case) -> None:
        self.f = HIDDEN[name]
        self.leaves = {p: torch.tensor(value, requires_grad=True) for p, value in case.theta._asdict().items()}
        self.x, self.y = [[torch.tensor(one) for one in side] for side in (case.inputs.x, case.inputs.y)]
        self.s_init = torch.tensor(case.inputs.s_init)

    def state(self, before: Any, t: int) -> Any:
        return self.f(self.leaves["U"] @ self.x[t] + self.leaves["W"] @ before + self.leaves["b"])

    def scores(self, s: Any) -> Any:
        return self.leaves["V"] @ s + self.leaves["c"]

    def loss(self, s: Any, t: int) -> Any:
        return -(self.y[t] * torch.log_softmax(self.scores(s), dim=0)).sum()

    def forward(self) -> tuple[list[HostArray], list[HostArray], list[float]]:
        """(s, yhat, E), T of each."""
        with torch.no_grad():
            states = [self.s_init]
            for t in range(len(self.x)):
                states.append(self.state(states[-1], t))
            yhat = [torch.softmax(self.scores(s), dim=0).numpy() for s in states[1:]]
            losses = [float(self.loss(s, t)) for t, s in enumerate(states[1:])]
        return [s.numpy() for s in states[1:]], yhat, losses

    def backward(self, window: int) -> dict[str, HostArray]:
        """Σ_t ∂E_t/∂θ, each E_t on a graph of its own that begins at the detached s[t-window]; left in the leaves."""
        for leaf in self.leaves.values():
            leaf.grad = None
        states = [self.s_init, *(torch.tensor(s) for s in self.forward()[0])]
        for t in range(len(self.x)):
            first = max(0, t - window + 1)
            s = states[first].detach()
            for k in range(first, t + 1):
                s = self.state(s, k)
            self.loss(s, t).backward()
        return {p: leaf.grad.numpy().copy() for p, leaf in self.leaves.items()}

    def clip(self, theta: float) -> float:
        """Cut the leaves' gradients to length theta; how long they were. (PyTorch's own adds 1e-6 to the length.)"""
        length = torch.sqrt(sum((leaf.grad**2).sum() for leaf in self.leaves.values()))
        if length > theta:
            for leaf in self.leaves.values():
                leaf.grad *= theta / length
        return float(length)

    def train(self, optimiser: str, window: int, rate: float, clip: float, updates: int) -> dict[str, HostArray]:
        """The parameters after this many updates."""
        leaves = list(self.leaves.values())
        squares = [torch.zeros_like(leaf) for leaf in leaves]
        ready = {
            "sgd": lambda: torch.optim.SGD(leaves, lr=rate),
            "momentum": lambda: torch.optim.SGD(leaves, lr=rate, momentum=0.9),
            "adam": lambda: torch.optim.Adam(leaves, lr=rate, betas=(0.9, 0.999), eps=1e-8),
        }
        mover = ready[optimiser]() if optimiser in ready else None
        for _ in range(updates):
            self.backward(window)
            self.clip(clip)
            if mover is not None:
                mover.step()
                continue
            with torch.no_grad():  # PyTorch's Adagrad adds its epsilon after the root
                for leaf, square in zip(leaves, squares, strict=True):
                    square += leaf.grad**2
                    leaf -= rate * leaf.grad / torch.sqrt(square + 1e-8)
        return {p: leaf.detach().numpy().copy() for p, leaf in self.leaves.items()}
