"""A small multilayer perceptron that tells two classes of points apart: trained at full speed, then asked.

Two hidden layers of 8 tanh units, Adam, 200 epochs in batches of 10; seed 0 draws the weights and the batches.
"""

from __future__ import annotations

from engine.device import HOST, HostArray, quiet, rng
from engine.feedforward import mlp
from engine.feedforward.mlp_training import Batches, Examples, fitted
from engine.maths.activations import ACTIVATIONS
from engine.maths.initial import for_size, layers, xavier
from engine.maths.optimisers import OPTIMISERS, UNCLIPPED
from engine.walks.step import drain
from engine.walks.training import Recipe

HIDDEN, EPOCHS, BATCH, RATE = (8, 8), 200, 10, 0.01
NET = mlp.Net(len(HIDDEN) + 1, ACTIVATIONS["tanh"], "logistic", ACTIVATIONS["tanh"])


def fit(x: HostArray, y: HostArray) -> mlp.Theta:
    """The parameters after training on x (N, M) with classes y (N,), ±1."""
    theta = layers(rng(0), (x.shape[1], *HIDDEN, 1), xavier)
    with quiet():
        theta["W1"] = for_size(theta["W1"], x.T)
        some = Examples(x.T, (y[None, :] + 1) / 2)
        return fitted(NET, theta, Recipe(OPTIMISERS["adam"], RATE, UNCLIPPED), Batches(BATCH, 0), some, EPOCHS)


def decide(theta: mlp.Theta, q: HostArray) -> HostArray:
    """(Q,): the net input of the output unit for points q (Q, M). Its sign is the answer."""
    with quiet():
        z: HostArray = drain(mlp.forward(HOST.xp, NET, theta, q.T, HOST.xp.zeros((1, len(q))))).z[-1][0]
    return z
