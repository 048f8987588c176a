"""What two shapes of tree over the same words differ in: the root's vector, and how much of a leaf it is moved by."""

from __future__ import annotations

from engine.device import HOST, Device, HostArray
from engine.maths.activations import Activation
from engine.trees import recursive
from engine.trees.recursive import Forward, Inputs, Theta
from engine.trees.tree import Forest, distances
from engine.walks.step import drain


def passed(device: Device, f: Activation, theta: Theta, nodes: Forest) -> tuple[Inputs, Forward]:
    """One tree and its forward pass; how many words and classes there are is read from L and V."""
    some = recursive.inputs(device, nodes, theta["L"].shape[1], theta["V"].shape[0])
    return some, drain(recursive.forward(device.xp, f, theta, some))


def root(device: Device, f: Activation, theta: Theta, nodes: Forest) -> HostArray:
    """p of the root, (H,)."""
    vector: HostArray = device.get(passed(device, f, theta, nodes)[1].p[len(nodes)])[:, 0]
    return vector


def farthest(device: Device, f: Activation, theta: Theta, nodes: Forest) -> tuple[int, float]:
    """How many nodes stand above the leaf that is farthest from the root, the first of several, and ‖∂p_root/∂p‖₂."""
    some, run = passed(device, f, theta, nodes)
    far = distances(nodes)
    jacobian = recursive.jacobians(device.xp, f, theta, some, run)[far.index(max(far)) + 1]
    return max(far), float(HOST.xp.linalg.norm(device.get(jacobian), 2))
